//! How do the invented people get into the stores and files of an operation?

pub(super) mod biometrics;
pub(super) mod files;
pub(super) mod registration;

use std::path::{Path, PathBuf};

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};

use super::error::PopulationError;

/// Bytes bound as a column's text whether or not they are UTF-8, as `CAST(x'…' AS TEXT)` would store them.
#[derive(Debug, Clone, Copy)]
pub struct RawText<'a>(pub &'a [u8]);

impl ToSql for RawText<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(ValueRef::Text(self.0)))
    }
}

/// Writes one store in one transaction. A store that failed half way is not a store: the caller throws the directory away.
fn in_new_store(path: &Path, write: impl FnOnce(&Connection) -> rusqlite::Result<()>) -> Result<(), PopulationError> {
    let build = || {
        let mut store = Connection::open(path)?;
        // Generated data can be generated again, so nothing waits for the disk.
        store.pragma_update(None, "synchronous", "OFF")?;
        store.pragma_update(None, "journal_mode", "MEMORY")?;
        let transaction = store.transaction()?;
        write(&transaction)?;
        transaction.commit()
    };
    build().map_err(|source| PopulationError::Store { path: path.to_path_buf(), source })
}

/// Turns an input or output error into one that names the file.
pub(super) fn at<E: Into<std::io::Error>>(path: &Path) -> impl FnOnce(E) -> PopulationError {
    let path: PathBuf = path.to_path_buf();
    move |error| PopulationError::File { path, source: error.into() }
}
