//! What is found after a crash, and what is done about it?
//!
//! The same steps as on the happy path finish what was begun: recovery only clears away what never became a package.

use causeway_package::seal::{destroy_unfinished, is_finished};

use crate::error::EngineError;
use crate::house::House;

/// What recovery found.
#[derive(Clone, Debug, Default)]
pub struct Recovered {
    /// Unfinished or orphaned packages that were destroyed.
    pub destroyed: usize,
    /// Transfers that still have to be carried on.
    pub unfinished: Vec<String>,
    /// Transfers that wait for people.
    pub waiting: Vec<String>,
}

/// Clears staging and orphans, and names the transfers that are left. Called before any work begins.
pub async fn recover(house: &House) -> Result<Recovered, EngineError> {
    let mut found = Recovered::default();
    // CRASH: leaves that were committed and not ordered are ordered now.
    house.sequence().await?;
    for folder in folders(&house.home.staging())? {
        // CRASH: a file system without nameless files gave a spill file a name for a moment: it holds nothing, or ciphertext
        // under a key that is gone.
        if !folder.is_dir() {
            std::fs::remove_file(&folder).map_err(EngineError::file("remove", &folder))?;
            continue;
        }
        // CRASH: a package in staging was never committed, finished or not: its run is repeated from the beginning.
        if !is_finished(&folder) {
            destroy_unfinished(&folder)?;
        }
        if folder.exists() {
            std::fs::remove_dir_all(&folder).map_err(EngineError::file("remove", &folder))?;
        }
        found.destroyed += 1;
    }
    for folder in folders(&house.home.packages())? {
        let id = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // CRASH: moved out of staging, not committed: no transfer knows it and nothing was delivered.
        if house.store.package(id).await?.is_none() {
            std::fs::remove_dir_all(&folder).map_err(EngineError::file("remove", &folder))?;
            found.destroyed += 1;
        }
    }
    for file in folders(&house.home.sealed())? {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.ends_with(".part") {
            std::fs::remove_file(&file).map_err(EngineError::file("remove", &file))?;
        }
    }
    found.waiting = house.store.requests_awaiting_approval().await?.into_iter().map(|row| row.transfer).collect();
    for row in house.store.unfinished_transfers().await? {
        if row.state.is_unfinished() && !found.waiting.contains(&row.id) {
            found.unfinished.push(row.id);
        }
    }
    Ok(found)
}

fn folders(path: &std::path::Path) -> Result<Vec<std::path::PathBuf>, EngineError> {
    let entries = std::fs::read_dir(path).map_err(EngineError::file("read", path))?;
    let mut found = Vec::new();
    for entry in entries {
        found.push(entry.map_err(EngineError::file("read", path))?.path());
    }
    found.sort();
    Ok(found)
}
