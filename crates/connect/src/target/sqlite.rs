//! How is a SQLite database written? By one writer at a time, who takes its lock before reading.

use std::path::Path;
use std::time::Duration;

use causeway_flow::accept::target::{Stored, TargetError};
use causeway_model::Code;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ToSql, params_from_iter};

use super::dialect::Dialect;
use super::link::{Fields, Link, Trouble};
use super::wanted::Wanted;

/// An open SQLite database.
pub(super) struct Sqlite {
    connection: Connection,
    shown: String,
}

impl Sqlite {
    /// Opens a file that has to be there; `shown` is its name for messages.
    pub(super) fn open(target: &str, shown: &str, path: &Path, patience: Duration) -> Result<Self, TargetError> {
        // Makes sure that it is one, and no empty file that SQLite would take for an empty database.
        drop(
            crate::source::connect_sqlite(target, shown, path)
                .map_err(|error| TargetError::new(Code::TargetUnreachable, target, error.detail))?,
        );
        let open = || {
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            let connection = Connection::open_with_flags(path, flags)?;
            connection.busy_timeout(patience)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
            connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
            connection.pragma_update(None, "temp_store", "memory")?;
            connection.pragma_update(None, "foreign_keys", true)?;
            // A journal that is emptied costs less than one that is removed. It is so for this connection; WAL stays WAL.
            if connection.pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0))? == "delete" {
                connection.pragma_update(None, "journal_mode", "truncate")?;
            }
            // What a marker says must be on the disk before anybody is told.
            connection.pragma_update(None, "synchronous", "full")?;
            Ok(connection)
        };
        let opened = open().map_err(|error: rusqlite::Error| trouble(shown, &error).error(target));
        Ok(Self { connection: opened?, shown: shown.to_owned() })
    }

    fn trouble(&self, error: &rusqlite::Error) -> Trouble {
        trouble(&self.shown, error)
    }
}

impl Link for Sqlite {
    fn dialect(&self) -> Dialect {
        Dialect::Sqlite
    }

    fn columns(&mut self, table: &str) -> Result<Option<Vec<(String, String)>>, Trouble> {
        let read = || {
            let mut statement = self.connection.prepare("SELECT name, type FROM pragma_table_xinfo(?1, 'main')")?;
            let rows = statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<(String, String)>>>()
        };
        let columns = read().map_err(|error| self.trouble(&error))?;
        Ok((!columns.is_empty()).then_some(columns))
    }

    fn unfit(&mut self, table: &str) -> Result<Option<String>, Trouble> {
        let kind = "SELECT type FROM main.sqlite_schema WHERE name = ?1 COLLATE NOCASE AND type IN ('table', 'view')";
        let kind = self.connection.query_row(kind, [table], |row| row.get::<_, String>(0));
        let kind = kind.map_err(|error| self.trouble(&error))?;
        Ok((kind != "table").then(|| "it is a view: name the table below it".to_owned()))
    }

    fn rights(&mut self, _wanted: &[Wanted]) -> Result<Vec<String>, Trouble> {
        // A file has no users: who may write to it may do anything in it.
        match self.connection.is_readonly("main").map_err(|error| self.trouble(&error))? {
            true => Ok(vec![format!("this process may not write to `{}`", self.shown)]),
            false => Ok(Vec::new()),
        }
    }

    fn begin(&mut self) -> Result<(), Trouble> {
        self.connection.execute_batch("BEGIN IMMEDIATE").map_err(|error| self.trouble(&error))
    }

    fn alone(&mut self, _table: &str) -> Result<(), Trouble> {
        // Whoever began holds the whole file.
        Ok(())
    }

    fn commit(&mut self) -> Result<(), Trouble> {
        self.connection.execute_batch("COMMIT").map_err(|error| self.trouble(&error))
    }

    fn rollback(&mut self) -> Result<(), Trouble> {
        self.connection.execute_batch("ROLLBACK").map_err(|error| self.trouble(&error))
    }

    fn rows(&mut self, statement: &str, binds: &[Stored]) -> Result<Vec<Fields>, Trouble> {
        let read = || {
            let mut statement = self.connection.prepare_cached(statement)?;
            let columns = statement.column_count();
            let mut rows = statement.query(params_from_iter(binds.iter().map(Bound)))?;
            let mut out = Vec::new();
            while let Some(row) = rows.next()? {
                let field = |column| row.get_ref(column).map(stored);
                out.push((0..columns).map(field).collect::<rusqlite::Result<Fields>>()?);
            }
            Ok(out)
        };
        read().map_err(|error| self.trouble(&error))
    }

    fn run(&mut self, statement: &str, binds: &[Stored]) -> Result<u64, Trouble> {
        let run = || {
            let touched =
                self.connection.prepare_cached(statement)?.execute(params_from_iter(binds.iter().map(Bound)))?;
            Ok(u64::try_from(touched).unwrap_or(u64::MAX))
        };
        run().map_err(|error| self.trouble(&error))
    }
}

struct Bound<'b>(&'b Stored);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Stored::Null => ToSqlOutput::Owned(Value::Null),
            Stored::Integer(value) => ToSqlOutput::Owned(Value::Integer(*value)),
            Stored::Real(bits) => ToSqlOutput::Owned(Value::Real(f64::from_bits(*bits))),
            Stored::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Stored::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
        })
    }
}

fn stored(value: ValueRef<'_>) -> Stored {
    match value {
        ValueRef::Null => Stored::Null,
        ValueRef::Integer(value) => Stored::Integer(value),
        ValueRef::Real(value) => Stored::Real(value.to_bits()),
        ValueRef::Text(text) => Stored::text(text.to_vec()),
        ValueRef::Blob(bytes) => Stored::Bytes(bytes.to_vec()),
    }
}

/// SQLite's trouble as ours. Its own message is left out: it may quote what it was given.
fn trouble(shown: &str, error: &rusqlite::Error) -> Trouble {
    let extended = error.sqlite_error().map_or(0, |error| error.extended_code);
    match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => {
            let rule = match extended {
                275 => "a CHECK is not met",
                787 => "a row that it refers to is not there, or is referred to",
                1299 => "a column that needs a value has none",
                1555 | 2067 | 2579 => {
                    return Trouble::Taken(format!("a unique key is taken (SQLite's code {extended})"));
                }
                1811 => "a trigger is against it",
                3091 => "a value is of another type than its column",
                _ => "a constraint is not met",
            };
            Trouble::refused(format!("{rule} (SQLite's code {extended})"))
        }
        Some(ErrorCode::TooBig | ErrorCode::TypeMismatch) => {
            Trouble::refused(format!("a value does not fit (SQLite's code {extended})"))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            Trouble::Busy(format!("`{shown}` is held by another writer"))
        }
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
            Trouble::Rights(format!("this process may not write to `{shown}`"))
        }
        Some(ErrorCode::Unknown) => {
            Trouble::Missing(format!("`{shown}` does not take the statement (SQLite's code {extended})"))
        }
        _ => Trouble::Lost(format!("`{shown}` cannot be written (SQLite's code {extended})")),
    }
}
