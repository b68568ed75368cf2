//! Who may work in the database? The process that holds the lock file beside it.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::{Path, PathBuf};

use crate::StoreError;

/// A lock held; the system releases it when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of `database` (or of another thing that is worked in), without waiting.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has it.
    pub fn take(database: &Path) -> Result<Self, StoreError> {
        let path = path(database);
        let mut options = OpenOptions::new();
        // The file is never removed: two processes could then hold locks on two files of one name.
        options.read(true).write(true).create(true).truncate(false);
        super::file::owner_only(&mut options);
        let failed = |source| StoreError::File { doing: "open the lock", path: path.clone(), source };
        let file = options.open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StoreError::Locked { lock: path }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}

/// The lock file of a database: its name and `.lock`.
fn path(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push(".lock");
    name.into()
}
