//! Which rights are the least with which the exchanges can be run?

use std::collections::{BTreeMap, BTreeSet};

use causeway_model::ElementRef;
use causeway_model::catalogue::{Catalogue, Connection, Server};

use super::needed_columns;
use crate::source::{TableName, quoted};

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
    let mut before = None;
    for ((source, table), columns) in tables.iter().filter(|(_, columns)| !columns.is_empty()) {
        let names: Vec<String> = columns.iter().map(|name| quoted(name)).collect();
        let columns = names.join(", ");
        let connect = catalogue.source(source).map(|source| &source.connect);
        match (table, connect) {
            (None, _) => out.push_str(&format!(
                "-- source {source}: a file; have it written with these columns only\n--   {columns}\n\n"
            )),
            (Some(table), Some(Connection::Postgres(server))) => {
                if before != Some(*source) {
                    out.push_str(&database(source, server));
                }
                out.push_str(&columns_of_table(&TableName::parse(table), &columns, &server.user));
            }
            (Some(table), _) => {
                let view = quoted(&format!("causeway_{table}"));
                let table = quoted(table);
                out.push_str(&format!(
                    "-- source {source}: SQLite has no roles; read a view, and name it in the catalogue\nCREATE VIEW {view} AS SELECT {columns} FROM {table};\n-- the same table on a database server\n-- GRANT SELECT ({columns}) ON {table} TO causeway;\n\n"
                ));
            }
        }
        before = Some(*source);
    }
    out
}

/// What a user of PostgreSQL needs before any table.
fn database(source: &str, server: &Server) -> String {
    let (database, user) = (quoted(&server.database), quoted(&server.user));
    format!(
        "-- source {source}: PostgreSQL, as the owner of the database and its tables\nGRANT CONNECT ON DATABASE {database} TO {user};\n\n"
    )
}

/// Takes every right to a table away, and gives back that of reading some columns.
fn columns_of_table(table: &TableName, columns: &str, user: &str) -> String {
    let (schema, table, user) = (quoted(&table.schema), table.sql(), quoted(user));
    format!(
        "GRANT USAGE ON SCHEMA {schema} TO {user};\nREVOKE ALL ON {table} FROM {user};\nGRANT SELECT ({columns}) ON {table} TO {user};\n\n"
    )
}
