//! Which files did partners lay into the folders that exchanges name?

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use causeway_store::change::Way;

use super::{Body, Incoming, Received, receive};
use crate::drive::WORKER;
use crate::error::EngineError;
use crate::home::private_folder;
use crate::house::House;

/// What a file's name ends in while it is still being written.
const UNFINISHED: [&str; 3] = [".partial", ".part", ".tmp"];

/// Where files lie from when we claimed them until they are received: in their own folder, so that claiming one is a rename.
const TAKEN: &str = ".taken";

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
        let folder = house.home.root().join(folder);
        match claimed(house, &folder) {
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
        // Where something is left in it, it stays.
        let _ = std::fs::remove_dir(folder.join(TAKEN));
    }
    Ok((taken, troubles))
}

async fn take(house: &House, exchange: &str, file: &Path) -> Result<Received, EngineError> {
    let incoming = Incoming { exchange, way: Way::Folder, client: None, body: Body::File(file), id: None };
    let received = receive(house, WORKER, incoming).await?;
    // CRASH: received and still among the claimed: it is found again, is the same intake, and is removed then.
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != ErrorKind::NotFound => Err(EngineError::file("remove", file)(error)),
        // It is gone where another worker found it, too.
        _ => Ok(received),
    }
}

/// Claims the finished files of a folder, in the order of their names; what an earlier run claimed and did not receive comes first.
///
/// INVARIANT (nothing is removed unread): a file is measured, kept and removed under a name of ours, where its partner writes nothing:
/// the next one may be laid under its own name at any moment.
fn claimed(house: &House, folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let (finished, taken) = (files(folder)?, folder.join(TAKEN));
    if !finished.is_empty() {
        private_folder(&taken)?;
    }
    if taken.exists() {
        is_ours(house, &taken)?;
    }
    let now = house.now().as_microsecond();
    for (at, file) in finished.iter().enumerate() {
        let name: String = file.file_name().unwrap_or_default().to_string_lossy().chars().take(40).collect();
        let claim = taken.join(format!("{now:020}-{at:06}-{}-{name}", house.id("file")));
        // CRASH: claimed: whoever looks next finds it there.
        match std::fs::rename(file, &claim) {
            // Another worker was faster.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            renamed => renamed.map_err(EngineError::file("claim", file))?,
        }
        (house.surroundings.probe)("intake-file-claimed");
    }
    files(&taken)
}

/// Whether a folder is one that only we write to.
fn is_ours(house: &House, folder: &Path) -> Result<(), EngineError> {
    let of = |path: &Path| std::fs::symlink_metadata(path).map_err(EngineError::file("read", path));
    let (its, home) = (of(folder)?, std::fs::metadata(house.home.root()).map_err(EngineError::file("read", folder))?);
    match its.is_dir() && its.uid() == home.uid() && its.mode() & 0o022 == 0 {
        true => Ok(()),
        false => Err(EngineError::Wrong(format!(
            "`{}` can be written by others: what lies there is not taken in; remove it",
            folder.display()
        ))),
    }
}

/// The finished files of a folder, in the order of their names; none where nobody has made it yet.
fn files(folder: &Path) -> Result<Vec<PathBuf>, EngineError> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
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
