//! Can we read what is needed, and could we do more than read?

use causeway_model::catalogue::Source;

use super::{Check, Place, Seen};
use crate::inspect::{ColumnShape, SourceShape};

impl Check<'_> {
    /// Whether this process, or its user, could change the whole source.
    pub(super) fn writable(&mut self, source: &Source, at: String, shape: &SourceShape) {
        if !shape.writable {
            return;
        }
        if let Some(user) = &shape.user {
            let name = &source.name;
            let message = format!("`{user}` is an administrator of source `{name}`: it could change everything there");
            let help = "a gateway only reads: make a user without rights, and grant what `causeway catalogue check --grants` prints";
            self.findings.error("source-writable", at, message, help);
            return;
        }
        let message = format!("this process could write to source `{}`", source.name);
        if source.connect.is_file() {
            let help = "have the file belong to another user, and remove the right to write: `chmod a-w FILE`";
            self.findings.warn("source-writable", at, message, help);
        } else {
            let help =
                "a gateway only reads: run it as a user of its own, and remove the right to write: `chmod a-w FILE`";
            self.findings.error("source-writable", at, message, help);
        }
    }

    /// Whether the user could change the table, and whether it sees all of it.
    pub(super) fn rights(&mut self, at: &Place, seen: &Seen<'_>) {
        let Some(user) = &seen.shape.user else { return };
        let (table, source) = (seen.table.table.as_deref().unwrap_or_default(), &seen.source.name);
        // An administrator is told once, not for each table.
        if seen.found.writable && !seen.shape.writable {
            let message = format!("`{user}` could write to table `{table}` of source `{source}`");
            let help =
                "a gateway only reads: revoke INSERT, UPDATE, DELETE and TRUNCATE, and let another user own the table";
            self.findings.error("source-writable", at.table(), message, help);
        }
        if seen.found.filtered {
            let message = format!("source `{source}` hides rows of table `{table}` from `{user}` (row security)");
            let help =
                "who is shared is decided there, silently: if that is not meant, let a policy show this user every row";
            self.findings.warn("rows-filtered", at.table(), message, help);
        }
    }

    /// A column that is needed and may not be read.
    pub(super) fn unreadable(&mut self, pointer: &str, column: &ColumnShape, seen: &Seen<'_>) {
        let (user, table) = (seen.shape.user.as_deref().unwrap_or_default(), seen.table.table.as_deref());
        let (column, table, source) = (&column.name, table.unwrap_or_default(), &seen.source.name);
        let message = format!("`{user}` may not read column `{column}` of table `{table}` of source `{source}`");
        let help = "have it granted: `causeway catalogue check --grants` prints the statements";
        self.findings.error("column-unreadable", pointer, message, help);
    }
}
