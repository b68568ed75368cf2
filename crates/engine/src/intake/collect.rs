//! Which files did partners lay into the folders that exchanges name?

use std::path::{Path, PathBuf};

use causeway_store::change::Way;

use super::{Body, Incoming, Received, receive};
use crate::drive::WORKER;
use crate::error::EngineError;
use crate::house::House;

/// What a file's name ends in while it is still being written.
const UNFINISHED: [&str; 3] = [".partial", ".part", ".tmp"];

/// A file that was taken from a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// The exchange.
    pub exchange: String,
    /// What became of it.
    pub received: Received,
}

/// Takes every finished file from the folders of exchanges in use, and what kept some of them from being taken.
pub async fn collect(house: &House) -> Result<(Vec<Collected>, Vec<EngineError>), EngineError> {
    let (mut taken, mut troubles) = (Vec::new(), Vec::new());
    for (name, inbound) in house.accepting().await? {
        let Some(folder) = inbound.folder() else { continue };
        match files(&house.home.root().join(folder)) {
            Ok(files) => {
                for file in files {
                    match take(house, &name, &file).await {
                        Ok(received) => taken.push(Collected { exchange: name.clone(), received }),
                        Err(error) => troubles.push(error),
                    }
                }
            }
            Err(error) => troubles.push(error),
        }
    }
    Ok((taken, troubles))
}

async fn take(house: &House, exchange: &str, file: &Path) -> Result<Received, EngineError> {
    let incoming = Incoming { exchange, way: Way::Folder, client: None, body: Body::File(file), id: None };
    let received = receive(house, WORKER, incoming).await?;
    // CRASH: received and still in the folder: it is found again, is the same intake, and is removed then.
    std::fs::remove_file(file).map_err(EngineError::file("remove", file))?;
    Ok(received)
}

/// The finished files of a folder, in the order of their names; none where nobody has made it yet.
fn files(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(EngineError::file("read", folder))?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry.map_err(EngineError::file("read", folder))?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_file = entry.file_type().map_err(EngineError::file("read", folder))?.is_file();
        if is_file && !name.starts_with('.') && !UNFINISHED.iter().any(|end| name.ends_with(end)) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}
