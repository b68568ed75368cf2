//! Can records be found and written as the mapping says, without changing what a row is known by, and undone?

use std::collections::BTreeSet;

use super::super::{Field, Inbound, OnWrite, TableMap, Unmatched};
use super::unknown;
use crate::document::Findings;

impl Inbound {
    pub(super) fn check_applied(&self, findings: &mut Findings) {
        if self.apply.tables.first().is_none_or(|table| table.each.is_some()) {
            findings.error("apply", "/apply/tables", "the record's own table comes first", "name it, without `each`");
        }
        let (mut tables, mut lists) = (BTreeSet::new(), BTreeSet::new());
        for (i, table) in self.apply.tables.iter().enumerate() {
            let at = format!("/apply/tables/{i}");
            if !tables.insert(&table.table) || !lists.insert(&table.each) {
                let help = "name each table once, and each list once";
                findings.error("duplicate-name", at.clone(), format!("`{}` stands twice", table.table), help);
            }
            let fields: &[Field] = match &table.each {
                None => &self.record,
                Some(list) => match self.field(list).filter(|field| field.is_nested()) {
                    Some(field) => &field.fields,
                    None => {
                        unknown(findings, format!("{at}/each"), "list of records", list);
                        continue;
                    }
                },
            };
            self.check_table(findings, &at, table, fields);
            let (matching, at) = match table.each {
                None if table.matching.is_empty() => (&self.matching, String::new()),
                None => {
                    let help = "the record's own lists stand in `match` of the document";
                    findings.error("match", format!("{at}/match"), "it is for nested records", help);
                    continue;
                }
                Some(_) => (&table.matching, at),
            };
            check_match(findings, &format!("{at}/match"), matching, table, fields);
        }
        if let (Some(sequence), Some(root)) = (&self.sequence, self.apply.root())
            && root.column_of(sequence).is_none()
        {
            let help = "map it to a column of the record's table";
            findings.error("sequence", "/sequence", "nothing in the target tells how new a row is", help);
        }
        self.check_used(findings);
    }

    fn check_table(&self, findings: &mut Findings, at: &str, table: &TableMap, fields: &[Field]) {
        let named = table.table.split('.').all(|part| !part.is_empty()) && table.table.matches('.').count() < 2;
        if !named {
            findings.error("apply", format!("{at}/table"), "it names no table", "write TABLE or SCHEMA.TABLE");
        }
        if table.key.is_empty() {
            findings.error("no-key", format!("{at}/key"), "nothing tells its rows apart", "name its key columns");
        }
        let mut columns = BTreeSet::new();
        for (j, map) in table.columns.iter().enumerate() {
            let at = format!("{at}/columns/{j}");
            let raised = table.version.as_ref().is_some_and(|version| version.column == map.column);
            if !columns.insert(&map.column) || raised {
                let message = format!("`{}` is written twice", map.column);
                findings.error("duplicate-name", format!("{at}/column"), message, "map each column once");
            }
            if map.from.is_some() == map.constant.is_some() {
                findings.error(
                    "column-source",
                    at.clone(),
                    "it gets nothing, or two things",
                    "write `from` or `constant`",
                );
            }
            if let Some(name) = &map.from
                && !fields.iter().any(|field| field.name == *name && !field.is_nested())
            {
                unknown(findings, format!("{at}/from"), "field", name);
            }
            let identifies =
                table.key.iter().any(|key| key.column == map.column) || table.belongs.contains(&map.column);
            if identifies && matches!(map.on, OnWrite::Both | OnWrite::Update) {
                findings.error(
                    "key-written",
                    format!("{at}/on"),
                    format!("an update would change `{}`, by which the row is known", map.column),
                    "write `on: insert` or `on: never`",
                );
            }
        }
        if table.columns.iter().all(|map| map.on == OnWrite::Never) {
            findings.error("apply", format!("{at}/columns"), "nothing would be written", "map at least one column");
        }
        for (j, key) in table.key.iter().enumerate() {
            let mapped = table.columns.iter().any(|map| map.column == key.column);
            if mapped == key.value_type.is_some() {
                let help = "write `type` where the column is mapped to nothing, and only there";
                findings.error("key-type", format!("{at}/key/{j}"), "its type is said twice, or not at all", help);
            }
        }
        let key = self.apply.root().filter(|_| table.each.is_some()).map_or(0, |root| root.key.len());
        if table.belongs.len() != key {
            findings.error(
                "belongs",
                format!("{at}/belongs"),
                format!("{} columns tie its rows to the record's, whose key has {key}", table.belongs.len()),
                "name the columns that hold the key of the record's row, in its order; none where it is the record's own",
            );
        }
        if table.unmatched == Unmatched::Insert && table.retire.is_none() {
            findings.error(
                "no-retire",
                format!("{at}/retire"),
                "a row that is inserted could not be undone: nothing is ever deleted",
                "write `retire: { column, value }`, the status of a row that is not used any more",
            );
        }
    }

    /// Fields that come in and of which nothing is made.
    fn check_used(&self, findings: &mut Findings) {
        let read = |name: &str| self.rules.iter().any(|rule| rule.reads.iter().any(|path| path.ends_with(name)));
        for (i, field) in self.record.iter().enumerate() {
            let mark = field.name == self.external_id || self.sequence.as_ref() == Some(&field.name);
            let decided = self.decides.iter().any(|one| one.field == field.name || one.person == field.name);
            let mapped = match field.is_nested() {
                true => self.apply.tables.iter().any(|table| table.each.as_ref() == Some(&field.name)),
                false => self.apply.root().is_some_and(|table| table.column_of(&field.name).is_some()),
            };
            if !(mark || decided || mapped || read(&field.name)) {
                findings.warn(
                    "field-unused",
                    format!("/record/{i}"),
                    format!("`{}` comes in, and nothing is made of it", field.name),
                    "leave it out: what is not needed is not taken in",
                );
            }
        }
    }
}

fn check_match(findings: &mut Findings, at: &str, lists: &[Vec<String>], table: &TableMap, fields: &[Field]) {
    if lists.is_empty() && table.unmatched == Unmatched::Wait {
        let help = "name the fields by which a row is found, or write `unmatched: insert`";
        findings.error("match", at, "no record would ever find its row", help);
    }
    for (i, list) in lists.iter().enumerate() {
        let at = format!("{at}/{i}");
        if list.is_empty() {
            findings.error("match", at.clone(), "every row would be found by it", "name at least one field");
        }
        for name in list {
            if !fields.iter().any(|field| field.name == *name && !field.is_nested()) {
                unknown(findings, at.clone(), "field", name);
            } else if table.column_of(name).is_none() {
                let help = "map it, with `on: never` if it is not to be written";
                findings.error(
                    "match",
                    at.clone(),
                    format!("`{name}` is mapped to no column of `{}`", table.table),
                    help,
                );
            }
        }
    }
}
