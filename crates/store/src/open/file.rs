//! How does SQLite treat the file, and who else may read it? Durably, and nobody.

use std::fs::{self, OpenOptions};
use std::io;
use std::path::Path;

use crate::StoreError;
use crate::db::{Pool, sqlite};

/// Of every connection. A database that someone else has edited must not run their code in ours.
const COMMON: &str = "PRAGMA busy_timeout = 15000; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;";

/// A commit is on the disk when it returns.
const DURABLE: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;";

/// The connection that writes keeps 16 MiB of pages, and 4,000 in the write-ahead log before they are written to their places: those that
/// change again and again, once.
const WRITES: &str = "PRAGMA cache_size = -16384; PRAGMA wal_autocheckpoint = 4000;";

/// Refuses every statement that writes.
const READS: &str = "PRAGMA query_only = ON;";

/// Makes the file if it is not there, readable by its owner only, and refuses one that others can read.
///
/// SQLite gives the write-ahead log and its index the permissions of the database.
pub(super) fn make_private(path: &Path) -> Result<(), StoreError> {
    let failed = |doing| move |source| StoreError::File { doing, path: path.to_owned(), source };
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    owner_only(&mut options);
    match options.open(path) {
        Ok(_) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(failed("make the database")(error)),
    }
    let metadata = fs::metadata(path).map_err(failed("look at"))?;
    if is_open_to_others(&metadata) { Err(StoreError::TooOpen { path: path.to_owned() }) } else { Ok(()) }
}

/// Connects to write. A commit is on the disk when it returns.
pub(super) async fn connect(path: &Path) -> Result<Pool, StoreError> {
    let writing = sqlite::Pool::open(path.to_owned(), [COMMON, DURABLE, WRITES].concat(), 1).await?;
    let reading = sqlite::Pool::open(path.to_owned(), [COMMON, DURABLE].concat(), 3).await?;
    Ok(Pool::Sqlite { reading, writing })
}

/// Connects to read. The file is opened for writing all the same, because a reader of a write-ahead log may have to
/// restore its index after a crash; the connection itself refuses every statement that writes.
pub(super) async fn connect_to_read(path: &Path) -> Result<Pool, StoreError> {
    let reading = sqlite::Pool::open(path.to_owned(), [COMMON, READS].concat(), 2).await?;
    Ok(Pool::Sqlite { writing: reading.clone(), reading })
}

#[cfg(unix)]
pub(super) fn owner_only(options: &mut OpenOptions) {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600);
}

#[cfg(not(unix))]
pub(super) fn owner_only(_: &mut OpenOptions) {}

#[cfg(unix)]
pub(crate) fn is_open_to_others(metadata: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o077 != 0
}

#[cfg(not(unix))]
pub(crate) fn is_open_to_others(_: &fs::Metadata) -> bool {
    false
}
