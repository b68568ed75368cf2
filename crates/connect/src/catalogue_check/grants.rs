//! Which rights are the least with which the exchanges can be run?

use std::collections::{BTreeMap, BTreeSet};

use causeway_model::ElementRef;
use causeway_model::catalogue::Catalogue;

use super::needed_columns;
use crate::source::quoted;

/// What to grant so that no more than the needed columns can be read: printable text, a paragraph for each table.
///
/// A SQLite file has no roles: there a view is to be made in a database that holds nothing else, or by its owner.
pub fn least_privilege(catalogue: &Catalogue, needed: &BTreeSet<ElementRef>) -> String {
    let mut tables: BTreeMap<(&str, Option<&str>), BTreeSet<String>> = BTreeMap::new();
    for entity in &catalogue.entities {
        for table in &entity.tables {
            let columns = needed_columns(entity, table, needed);
            tables.entry((&table.source, table.table.as_deref())).or_default().extend(columns);
        }
    }
    let mut out = String::new();
    for ((source, table), columns) in tables.iter().filter(|(_, columns)| !columns.is_empty()) {
        let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
        let columns = names.join(", ");
        match table {
            None => out.push_str(&format!(
                "-- source {source}: a file; have it written with these columns only\n--   {columns}\n\n"
            )),
            Some(table) => {
                let view = quoted(&format!("causeway_{table}"));
                let table = quoted(table);
                out.push_str(&format!(
                    "-- source {source}: SQLite has no roles; read a view, and name it in the catalogue\nCREATE VIEW {view} AS SELECT {columns} FROM {table};\n-- the same table on a database server\n-- GRANT SELECT ({columns}) ON {table} TO causeway;\n\n"
                ));
            }
        }
    }
    out
}
