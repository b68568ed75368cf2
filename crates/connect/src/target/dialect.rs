//! How does each kind of database want names, places of values, and values written?

use causeway_flow::accept::target::{Column, Datum, Stored};
use causeway_model::ValueType;

use crate::source::{TableName, quoted};

/// A kind of database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
    Mariadb,
}

impl Dialect {
    /// A name of a column.
    pub(super) fn name(self, name: &str) -> String {
        match self {
            Dialect::Sqlite | Dialect::Postgres => quoted(name),
            Dialect::Mariadb => format!("`{}`", name.replace('`', "``")),
        }
    }

    /// A name of a table, as the catalogue writes it.
    pub(super) fn table(self, table: &str) -> String {
        match self {
            Dialect::Sqlite => format!("\"main\".{}", quoted(table)),
            Dialect::Postgres => TableName::parse(table).sql(),
            Dialect::Mariadb => match table.split_once('.') {
                Some((database, table)) => format!("{}.{}", self.name(database), self.name(table)),
                None => self.name(table),
            },
        }
    }

    /// Where the value number `number` goes, counted from 1.
    pub(super) fn slot(self, number: usize) -> String {
        match self {
            Dialect::Postgres => format!("${number}"),
            Dialect::Sqlite | Dialect::Mariadb => "?".to_owned(),
        }
    }

    /// What makes a row stay as it was read until the transaction ends. SQLite has one writer at a time.
    pub(super) fn lock(self) -> &'static str {
        match self {
            Dialect::Sqlite => "",
            Dialect::Postgres | Dialect::Mariadb => " FOR UPDATE",
        }
    }

    /// Whether an insert tells the key that was filled in.
    pub(super) fn returns(self) -> bool {
        self != Dialect::Mariadb
    }

    /// A column as it is read: in the server's own exact spelling, except bytes.
    ///
    /// A floating point number of MariaDB is rounded for display unless it is taken for one of double length; numbers may be
    /// filled with zeros, and bits are bytes, unless something is added.
    pub(super) fn read(self, column: &Column, declared: &str) -> String {
        let name = self.name(&column.name);
        match self {
            Dialect::Sqlite => name,
            Dialect::Postgres => format!("{name}::pg_catalog.text"),
            Dialect::Mariadb if column.value_type == ValueType::Bytes => name,
            Dialect::Mariadb => {
                let number = |kinds: &[&str]| kinds.iter().any(|kind| declared.starts_with(kind));
                let inner = if number(&["tinyint", "smallint", "mediumint", "int", "bigint", "bit", "year"]) {
                    format!("{name} + 0")
                } else if number(&["float"]) {
                    format!("CAST({name} AS DOUBLE)")
                } else {
                    name
                };
                format!("CAST({inner} AS CHAR CHARACTER SET utf8mb4)")
            }
        }
    }

    /// Whether a column of that declared type can hold bytes as bytes. Another one would hold their spelling.
    pub(super) fn holds_bytes(self, declared: &str) -> bool {
        match self {
            Dialect::Sqlite => true,
            Dialect::Postgres => declared == "bytea",
            Dialect::Mariadb => declared.contains("blob") || declared.contains("binary"),
        }
    }

    /// What was read, as bytes where the column is of bytes.
    pub(super) fn stored(self, column: &Column, stored: Stored) -> Stored {
        match (self, stored) {
            (Dialect::Postgres, Stored::Text(text)) if column.value_type == ValueType::Bytes => {
                let bytes = text.strip_prefix("\\x").and_then(|digits| hex::decode(digits).ok());
                bytes.map_or(Stored::Text(text), Stored::Bytes)
            }
            // It does not tell the two apart.
            (Dialect::Mariadb, Stored::Text(text)) if column.value_type == ValueType::Bytes => {
                Stored::Bytes(text.into_bytes())
            }
            (_, stored) => stored,
        }
    }

    /// A value as it is bound.
    pub(super) fn bind(self, datum: &Datum) -> Stored {
        match (self, datum) {
            (_, Datum::Null) => Stored::Null,
            (_, Datum::Bytes(bytes)) => Stored::Bytes(bytes.clone()),
            (Dialect::Sqlite | Dialect::Mariadb, Datum::Integer(value)) => Stored::Integer(*value),
            (Dialect::Sqlite | Dialect::Mariadb, Datum::Boolean(value)) => Stored::Integer(i64::from(*value)),
            // It takes no zone; the session's is UTC.
            (Dialect::Mariadb, Datum::Timestamp(_)) => {
                let written = datum.written().unwrap_or_default();
                Stored::Text(written.trim_end_matches('Z').replace('T', " "))
            }
            (_, other) => other.written().map_or(Stored::Null, Stored::Text),
        }
    }

    /// What stood in a column, as it is put there again.
    pub(super) fn again(self, declared: &str, stored: &Stored) -> Stored {
        match (self, stored) {
            (Dialect::Mariadb, Stored::Text(text)) if declared.starts_with("bit") => {
                text.parse().map_or_else(|_| stored.clone(), Stored::Integer)
            }
            _ => stored.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_a_name_whatever_is_in_it() {
        assert_eq!(Dialect::Sqlite.table("or\"der; --"), "\"main\".\"or\"\"der; --\"");
        assert_eq!(Dialect::Postgres.table("camp.\"or\"\"der\""), "\"camp\".\"or\"\"der\"");
        assert_eq!(Dialect::Mariadb.name("or`der; --"), "`or``der; --`");
        let bits = Column::new("b`", ValueType::Integer);
        assert_eq!(Dialect::Mariadb.read(&bits, "bit(3)"), "CAST(`b``` + 0 AS CHAR CHARACTER SET utf8mb4)");
        assert_eq!(Dialect::Postgres.read(&Column::new("b\"", ValueType::Text), "text"), "\"b\"\"\"::pg_catalog.text");
    }
}
