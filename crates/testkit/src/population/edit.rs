//! How does a test change one thing about one invented person and leave everything else as it is?
//!
//! Each function changes a population on disk and fails, rather than doing nothing, when what it names is not there.

use std::fs;
use std::io::Write;
use std::path::Path;

use rusqlite::{Connection, OpenFlags, ToSql, params};

use super::error::PopulationError;
use super::write::at;
use super::{BIOMETRICS, REGISTRATION, VERIFICATION};

/// One of the two databases of a population.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Store {
    /// `progres.sqlite`
    Registration,
    /// `bims.sqlite`
    Biometrics,
}

impl Store {
    /// The store's file name.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Registration => REGISTRATION,
            Self::Biometrics => BIOMETRICS,
        }
    }
}

/// Adds a confidentiality mark to a person, against everyone (`*`) or against a partner by name.
///
/// # Errors
/// When nobody has this id, or the store cannot be written.
pub fn set_mark(dir: &Path, individual_id: &str, withheld_from: &str) -> Result<(), PopulationError> {
    change(dir, Store::Registration, "individual", individual_id, |store| {
        store.execute(
            "INSERT INTO confidentiality_mark (individual_id, withheld_from, reason_class)
             SELECT individual_id, ?2, 'protection' FROM individual WHERE individual_id = ?1",
            params![individual_id, withheld_from],
        )
    })
}

/// Removes every mark of a person, who need not have one.
///
/// # Errors
/// When the store cannot be written.
pub fn clear_marks(dir: &Path, individual_id: &str) -> Result<(), PopulationError> {
    within(dir, Store::Registration, |store| {
        store.execute("DELETE FROM confidentiality_mark WHERE individual_id = ?", [individual_id])
    })
    .map(drop)
}

/// Sets a person's consent to sharing: `given`, `refused`, `withdrawn`, or whatever else a test wants to see refused.
///
/// # Errors
/// When nobody has this id, or the store cannot be written.
pub fn set_consent(dir: &Path, individual_id: &str, consent: &str) -> Result<(), PopulationError> {
    set_column(dir, Store::Registration, "individual", individual_id, "consent_sharing", consent)
}

/// Sets one column of the row of `table` whose primary key is `key` (of every row, where `key` is the first column of a
/// key of several). [`super::RawText`] sets text that is not UTF-8.
///
/// # Errors
/// When there is no such table, column or row, or the store refuses the value.
pub fn set_column(
    dir: &Path,
    store: Store,
    table: &str,
    key: impl ToSql + ToString,
    column: &str,
    value: impl ToSql,
) -> Result<(), PopulationError> {
    let find =
        "SELECT k.name FROM pragma_table_info(?1) AS k, pragma_table_info(?1) AS c WHERE k.pk = 1 AND c.name = ?2";
    let primary = within(dir, store, |store| {
        store.prepare(find)?.query_map([table, column], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()
    })?;
    let Some(primary) = primary.first() else {
        return Err(PopulationError::NoSuchColumn { table: table.to_owned(), column: column.to_owned() });
    };
    // The names are the schema's own by now; quoting is for columns called like a keyword.
    let update = format!("UPDATE \"{table}\" SET \"{column}\" = ?2 WHERE \"{primary}\" = ?1");
    change(dir, store, table, &key.to_string(), |store| store.execute(&update, params![key, value]))
}

/// Removes a person from every table and file. The household stays as it was, its `group_size` included, and so does
/// what the household was given.
///
/// # Errors
/// When nobody has this id, or a store or file cannot be written.
pub fn delete_person(dir: &Path, individual_id: &str) -> Result<(), PopulationError> {
    change(dir, Store::Registration, "individual", individual_id, |store| {
        for table in ["document", "specific_need", "language", "confidentiality_mark"] {
            store.execute(&format!("DELETE FROM {table} WHERE individual_id = ?"), [individual_id])?;
        }
        store.execute("DELETE FROM individual WHERE individual_id = ?", [individual_id])
    })?;
    within(dir, Store::Biometrics, |store| {
        store.execute("DELETE FROM enrolment WHERE individual_id = ?", [individual_id])
    })?;
    forget_verification(&dir.join(VERIFICATION), individual_id)
}

/// Writes the file without the person's lines, byte for byte as the others were.
fn forget_verification(path: &Path, individual_id: &str) -> Result<(), PopulationError> {
    let before = fs::read_to_string(path).map_err(at(path))?;
    let mut after = Vec::with_capacity(before.len());
    for (index, line) in before.split_inclusive('\n').enumerate() {
        let broken = || PopulationError::Line { path: path.to_path_buf(), line: index + 1 };
        let object: serde_json::Value = serde_json::from_str(line).map_err(|_| broken())?;
        let whose = object.get("individual_id").and_then(serde_json::Value::as_str).ok_or_else(broken)?;
        if whose != individual_id {
            after.extend_from_slice(line.as_bytes());
        }
    }
    let mut file = tempfile::NamedTempFile::new_in(path.parent().unwrap_or(Path::new("."))).map_err(at(path))?;
    file.write_all(&after).map_err(at(path))?;
    file.persist(path).map_err(at(path)).map(drop)
}

/// Runs an edit that must touch at least one row.
fn change(
    dir: &Path,
    store: Store,
    table: &str,
    key: &str,
    edit: impl FnOnce(&Connection) -> rusqlite::Result<usize>,
) -> Result<(), PopulationError> {
    match within(dir, store, edit)? {
        0 => Err(PopulationError::NoSuchRow { table: table.to_owned(), key: key.to_owned() }),
        _ => Ok(()),
    }
}

/// Runs `work` in one transaction on a store that is there already.
fn within<T>(
    dir: &Path,
    store: Store,
    work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
) -> Result<T, PopulationError> {
    let path = dir.join(store.file());
    let run = || {
        let mut store = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let transaction = store.transaction()?;
        let result = work(&transaction)?;
        transaction.commit()?;
        Ok(result)
    };
    run().map_err(|source| PopulationError::Store { path: path.clone(), source })
}
