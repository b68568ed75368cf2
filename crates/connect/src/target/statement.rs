//! Which statements are made of a mapping? Names come from documents that were signed; values are places only.

use causeway_flow::accept::target::{Column, Mapping, Raiser};

use super::dialect::Dialect;

/// The number by which MariaDB filled in the last key of this connection. Its `RETURNING` would ask for the right to insert it.
pub(super) const COUNTED: &str = "SELECT CAST(LAST_INSERT_ID() AS CHAR CHARACTER SET utf8mb4)";

/// A column that must equal a bound value, or be beyond it.
pub(super) struct Condition<'c> {
    pub(super) column: &'c str,
    pub(super) is: &'static str,
}

/// Columns that equal bound values.
pub(super) fn equal<'c>(columns: impl IntoIterator<Item = &'c str>) -> Vec<Condition<'c>> {
    columns.into_iter().map(|column| Condition { column, is: "=" }).collect()
}

/// ` WHERE …`, its values from place `from` on; nothing without conditions.
pub(super) fn conditions(dialect: Dialect, conditions: &[Condition<'_>], from: usize) -> String {
    let parts: Vec<String> = conditions
        .iter()
        .enumerate()
        .map(|(i, condition)| format!("{} {} {}", dialect.name(condition.column), condition.is, dialect.slot(from + i)))
        .collect();
    if parts.is_empty() { String::new() } else { format!(" WHERE {}", parts.join(" AND ")) }
}

/// A column to order by. With its table, since the name alone would mean what is told of it, which is text: 10 before 9.
pub(super) fn by(dialect: Dialect, table: &str, column: &str) -> String {
    format!("{}.{}", dialect.table(table), dialect.name(column))
}

/// The key's columns by name.
pub(super) fn key(mapping: &Mapping) -> Vec<&str> {
    mapping.key.iter().map(|column| column.name.as_str()).collect()
}

/// Reads columns of rows, in `read` as expressions.
pub(super) fn select(dialect: Dialect, mapping: &Mapping, read: &[String], on: &[Condition<'_>], rest: &str) -> String {
    let (read, table) = (read.join(", "), dialect.table(&mapping.table));
    format!("SELECT {read} FROM {table}{}{rest}", conditions(dialect, on, 1))
}

/// Adds a row. The key is asked for where the target fills in some of it.
pub(super) fn insert(dialect: Dialect, mapping: &Mapping, columns: &[&Column], returning: &[String]) -> String {
    let table = dialect.table(&mapping.table);
    let names: Vec<String> = columns.iter().map(|column| dialect.name(&column.name)).collect();
    let slots: Vec<String> = (1..=columns.len()).map(|number| dialect.slot(number)).collect();
    let returning = if returning.is_empty() { String::new() } else { format!(" RETURNING {}", returning.join(", ")) };
    if names.is_empty() && dialect != Dialect::Mariadb {
        return format!("INSERT INTO {table} DEFAULT VALUES{returning}");
    }
    format!("INSERT INTO {table} ({}) VALUES ({}){returning}", names.join(", "), slots.join(", "))
}

/// Changes the row of a key; the version, where we raise it.
pub(super) fn update(dialect: Dialect, mapping: &Mapping, columns: &[&str]) -> String {
    let mut sets: Vec<String> = columns
        .iter()
        .enumerate()
        .map(|(i, column)| format!("{} = {}", dialect.name(column), dialect.slot(i + 1)))
        .collect();
    if let Some(version) = mapping.version.as_ref().filter(|version| version.raised_by == Raiser::Writer) {
        let name = dialect.name(&version.column.name);
        sets.push(format!("{name} = COALESCE({name}, 0) + 1"));
    }
    let on = conditions(dialect, &equal(key(mapping)), columns.len() + 1);
    format!("UPDATE {} SET {}{on}", dialect.table(&mapping.table), sets.join(", "))
}
