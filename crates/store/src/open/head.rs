//! What is the newest thing we have promised? The newest checkpoint, kept where a restored database does not bring an
//! older one along.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use causeway_ledger::{Checkpoint, VerifierKey};

use crate::StoreError;

/// The saved head.
#[derive(Debug)]
pub(super) struct Saved {
    pub(super) text: String,
    pub(super) checkpoint: Checkpoint,
}

/// Reads the saved head, if there is one.
pub(super) fn read(path: &Path, key: &VerifierKey) -> Result<Option<Saved>, StoreError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => {
            return Err(StoreError::File { doing: "read the saved head", path: path.to_owned(), source });
        }
    };
    let checkpoint =
        Checkpoint::verify(&text, key).map_err(|source| StoreError::BadHead { path: path.to_owned(), source })?;
    Ok(Some(Saved { text, checkpoint }))
}

/// Replaces the saved head: at every moment there is the old or the new one, whole and on the disk.
/// A newer one stays: several processes may write heads here, and each knows only its own.
pub(crate) async fn write(
    path: &Path,
    text: String,
    key: VerifierKey,
    probe: fn(&'static str),
) -> Result<(), StoreError> {
    let path = path.to_owned();
    let failed = {
        let path = path.clone();
        move |source| StoreError::File { doing: "write the saved head", path, source }
    };
    match tokio::task::spawn_blocking(move || replace(&path, &text, &key, probe)).await {
        Ok(outcome) => outcome.map_err(failed),
        Err(stopped) => Err(failed(io::Error::other(stopped))),
    }
}

fn replace(path: &Path, text: &str, key: &VerifierKey, probe: fn(&'static str)) -> io::Result<()> {
    let folder = match path.parent() {
        // An empty parent is the current directory.
        Some(directory) if directory.as_os_str().is_empty() => Path::new("."),
        Some(directory) => directory,
        None => Path::new("/"),
    };
    let folder = File::open(folder)?;
    folder.lock()?;
    let saved = fs::read_to_string(path).ok();
    let size = |text: &str| Checkpoint::verify(text, key).ok().map(|checkpoint| checkpoint.size);
    if saved.is_some_and(|saved| saved == text || size(&saved) > size(text)) {
        return Ok(());
    }
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = PathBuf::from(beside);
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    super::file::owner_only(&mut options);
    let mut file = options.open(&beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // CRASH: the old head stands, the database is newer than it, and the next start writes the head again.
    probe("store-head-beside");
    fs::rename(&beside, path)?;
    // The rename itself must survive a power cut.
    folder.sync_all()
}
