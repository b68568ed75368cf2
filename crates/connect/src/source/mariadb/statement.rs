//! Which statement reads a scan, and nothing more than the scan?

use causeway_flow::source::{Scan, ScanColumn};

use super::definition::{Definition, Kind};

/// A name as an identifier of this dialect.
pub(super) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// A text as a literal of this dialect, in a way that no mode and no character set changes.
pub(super) fn text(value: &str) -> String {
    format!("_utf8mb4 {}", bytes(value.as_bytes()))
}

/// Bytes as a literal.
pub(super) fn bytes(value: &[u8]) -> String {
    format!("x'{}'", hex::encode(value))
}

/// Database and name of a table of the catalogue: `table`, or `database.table`.
pub(super) fn place<'t>(database: &'t str, table: &'t str) -> (&'t str, &'t str) {
    table.split_once('.').unwrap_or((database, table))
}

/// A statement whose columns are those of `scan`, and which gives no row.
pub(super) fn head(database: &str, scan: &Scan) -> String {
    format!("{} LIMIT 0", select(database, scan, |_| None))
}

/// The statement that reads all of `scan`, whose columns are `definitions`.
pub(super) fn body(database: &str, scan: &Scan, definitions: &[Definition]) -> String {
    select(database, scan, |place| definitions.get(place).map(|definition| definition.kind))
}

fn select(database: &str, scan: &Scan, kind: impl Fn(usize) -> Option<Kind>) -> String {
    let column = |(place, column): (usize, &ScanColumn)| {
        let name = format!("s.{}", quoted(&column.column));
        match kind(place) {
            // Short floating point numbers are rounded for display; as long ones they are written with every digit.
            Some(Kind::Real { exact: false }) => format!("{name} + 0e0"),
            _ => name,
        }
    };
    let columns: Vec<String> = scan.columns.iter().enumerate().map(column).collect();
    let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
    let (database, table) = place(database, scan.table.as_deref().unwrap_or_default());
    format!("SELECT {columns} FROM {}.{} AS s", quoted(database), quoted(table))
}
