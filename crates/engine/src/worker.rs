//! Which processes work in a data folder, and which of them are gone? Each holds the lock of a file of its own there.

use std::path::{Path, PathBuf};

use causeway_store::{Lock, StoreError};

use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::House;

/// What a lock's file is called: the worker's name and this.
const LOCKED: &str = ".lock";

/// This process as a worker.
pub(crate) struct Worker {
    name: String,
    file: PathBuf,
    _lock: Lock,
}

/// Who works in this data folder.
pub(crate) struct Workers {
    /// Those whose lock is held.
    pub(crate) alive: Vec<String>,
    /// Those whose lock is free: they died.
    pub(crate) gone: Vec<String>,
}

impl Worker {
    fn begin(folder: &Path, name: String) -> Result<Self, EngineError> {
        private_folder(folder)?;
        // Under another name until it is locked: nobody takes one that begins for one that died.
        let lock = Lock::take(&folder.join(format!("{name}.begins")))?;
        let (before, file) = (folder.join(format!("{name}.begins{LOCKED}")), folder.join(format!("{name}{LOCKED}")));
        std::fs::rename(before, &file).map_err(EngineError::file("name", &file))?;
        Ok(Self { _lock: lock, file, name })
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // The lock is still held: nobody takes one that ended well for one that died.
        let _ = std::fs::remove_file(&self.file);
    }
}

impl Workers {
    /// Forgets those that are gone, once nothing is theirs any more.
    pub(crate) fn forget_gone(&self, house: &House) -> Result<(), EngineError> {
        self.gone.iter().try_for_each(|name| {
            let file = house.home.workers().join(format!("{name}{LOCKED}"));
            match std::fs::remove_file(&file) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    Err(EngineError::file("remove", file)(error))
                }
                _ => Ok(()),
            }
        })
    }
}

impl House {
    /// The name under which this process takes leases; from then on it holds the lock of that name.
    pub(crate) fn worker(&self) -> Result<&str, EngineError> {
        if let Some(worker) = self.worker.get() {
            return Ok(&worker.name);
        }
        let begun = Worker::begin(&self.home.workers(), self.id("worker"))?;
        Ok(&self.worker.get_or_init(|| begun).name)
    }

    /// Who works in this data folder, and who did and died.
    pub(crate) fn workers(&self) -> Result<Workers, EngineError> {
        let folder = self.home.workers();
        let mut workers = Workers { alive: Vec::new(), gone: Vec::new() };
        let entries = match std::fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(workers),
            Err(error) => return Err(EngineError::file("read", folder)(error)),
        };
        for entry in entries.flatten() {
            let file = entry.file_name();
            let name = file.to_str().and_then(|file| file.strip_suffix(LOCKED));
            let Some(name) = name.filter(|name| !name.contains('.')) else { continue };
            match Lock::take(&folder.join(name)) {
                Ok(_) => workers.gone.push(name.to_owned()),
                Err(StoreError::Locked { .. }) => workers.alive.push(name.to_owned()),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(workers)
    }
}
