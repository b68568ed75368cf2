//! What does the server's own description of its tables say: columns, engines, rows, unique indexes?
//!
//! It shows only what the user has some right to.

use std::collections::{BTreeMap, BTreeSet};

use super::failure::Trouble;
use super::session::Session;
use super::statement::{place, text};

/// A column as the server describes it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) table: String,
    pub(crate) name: String,
    /// `varchar`
    pub(super) data_type: String,
    /// `varchar(40)`
    pub(crate) declared: String,
    /// None for what is no text.
    pub(super) charset: Option<String>,
    pub(crate) collation: Option<String>,
    pub(crate) nullable: bool,
    /// Characters that fit, for text.
    pub(super) characters: Option<u64>,
}

/// The visible columns of one table, or of all.
pub(super) fn columns(session: &mut Session, table: Option<&str>) -> Result<Vec<Column>, Trouble> {
    let database = session.target.database.clone();
    let condition = match table {
        Some(table) => within(&database, table, ""),
        None => format!("TABLE_SCHEMA = {}", text(&database)),
    };
    let sql = format!(
        "SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, CHARACTER_SET_NAME, COLLATION_NAME, IS_NULLABLE, \
         CHARACTER_MAXIMUM_LENGTH FROM information_schema.COLUMNS WHERE {condition} \
         ORDER BY TABLE_NAME, ORDINAL_POSITION"
    );
    let rows = session.rows(&sql)?;
    Ok(rows.into_iter().filter_map(column).collect())
}

/// The condition for one table of the catalogue.
fn within(database: &str, table: &str, prefix: &str) -> String {
    let (database, table) = place(database, table);
    format!("{prefix}TABLE_SCHEMA = {} AND {prefix}TABLE_NAME = {}", text(database), text(table))
}

fn column(row: Vec<Option<String>>) -> Option<Column> {
    let mut fields = row.into_iter();
    let mut next = || fields.next().flatten();
    let (table, name) = (next()?, next()?);
    let (data_type, declared) = (next().unwrap_or_default(), next().unwrap_or_default());
    let (charset, collation) = (next(), next());
    let nullable = next().is_none_or(|word| word != "NO");
    let characters = next().and_then(|number| number.parse().ok());
    Some(Column { table, name, data_type, declared, charset, collation, nullable, characters })
}

/// Why a table cannot be held still: its engine has no transactions, or it is a view, which does not show its tables' engines.
pub(super) fn not_held_still(session: &mut Session, table: &str) -> Result<Option<String>, Trouble> {
    let sql = format!(
        "SELECT t.ENGINE FROM information_schema.TABLES AS t LEFT JOIN information_schema.ENGINES AS e ON e.ENGINE = t.ENGINE \
         WHERE {} AND COALESCE(e.TRANSACTIONS, 'NO') <> 'YES'",
        within(&session.target.database, table, "t.")
    );
    Ok(session.rows(&sql)?.into_iter().next().map(|row| match row.into_iter().flatten().next() {
        Some(engine) => format!("its engine {engine} has no transactions (convert it, or write `snapshot: none`)"),
        None => "it is a view, and the engines of its tables cannot be seen (name a table, or write `snapshot: none`)"
            .to_owned(),
    }))
}

/// About how many rows a table has.
pub(super) fn table_rows(session: &mut Session, table: &str) -> Result<Option<u64>, Trouble> {
    let sql = format!(
        "SELECT TABLE_ROWS FROM information_schema.TABLES WHERE {}",
        within(&session.target.database, table, "")
    );
    Ok(session.rows(&sql)?.into_iter().flatten().flatten().next().and_then(|number| number.parse().ok()))
}

/// Sets of whole columns that a unique index holds unique.
pub(super) fn unique(session: &mut Session, table: &str) -> Result<Vec<BTreeSet<String>>, Trouble> {
    let sql = format!(
        "SELECT INDEX_NAME, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS \
         WHERE {} AND NON_UNIQUE = 0",
        within(&session.target.database, table, "")
    );
    let mut sets: BTreeMap<String, Option<BTreeSet<String>>> = BTreeMap::new();
    for row in session.rows(&sql)? {
        let mut fields = row.into_iter();
        let mut next = || fields.next().flatten();
        let Some(index) = next() else { continue };
        let set = sets.entry(index).or_insert_with(|| Some(BTreeSet::new()));
        // An index over an expression, or over the beginning of a text, says nothing of whole columns.
        match (next(), next()) {
            (Some(column), None) => {
                if let Some(set) = set {
                    set.insert(column);
                }
            }
            _ => *set = None,
        }
    }
    Ok(sets.into_values().flatten().collect())
}
