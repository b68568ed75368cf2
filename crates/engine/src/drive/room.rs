//! Where does a run put what is in the making? In a folder of its own, named by the token of its lease, so that whoever finds
//! one whose token nobody holds may clear it, whatever its run still tries.

use std::path::Path;

use super::following::state_path;
use super::{disclosure_path, report_path};
use crate::error::EngineError;
use crate::house::House;

/// The report of who is left out, until it is whole.
pub(super) const REPORT: &str = "report.age";

/// The disclosure set, until it is whole.
pub(super) const PEOPLE: &str = "people.age";

/// Who is in the state of a delta and not in it: asked until it is sealed for good, and never moved out.
pub(super) const STAYED: &str = "stayed.age";

/// Written before anything is moved out of the room: transfer and package.
pub(super) const MOVED: &str = "moved";

/// Clears the room of a run that is over; whether there was a package in it, or one that it had moved out and that never came
/// to exist. Its token is nobody's, so that nothing of it can be committed any more.
pub(super) async fn clear(house: &House, room: &Path) -> Result<bool, EngineError> {
    let token = room.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let mut found = holds_a_package(room);
    let note = std::fs::read_to_string(room.join(MOVED)).unwrap_or_default();
    if let Some((transfer, package)) = note.split_once(' ')
        && house.store.package(package).await?.is_none()
    {
        // CRASH: moved out, not committed: no transfer knows it and nothing was delivered.
        found |= remove(&house.home.packages().join(package))?;
        remove(&disclosure_path(house, transfer, token))?;
        remove(&state_path(house, transfer, token))?;
    }
    remove(room)?;
    Ok(found)
}

/// As the one who loses a transfer does with what it made of it. Where it sealed the package that another delivers, the report
/// is that package's, and stays.
pub(super) async fn leave(house: &House, room: &Path, transfer: &str, token: &str) -> Result<(), EngineError> {
    clear(house, room).await?;
    let row = house.store.transfer(transfer).await?;
    if row.is_some_and(|row| row.attempt_token.as_deref() != Some(token)) {
        remove(&report_path(house, transfer, token))?;
    }
    Ok(())
}

fn holds_a_package(room: &Path) -> bool {
    std::fs::read_dir(room).is_ok_and(|entries| entries.flatten().any(|entry| entry.path().is_dir()))
}

/// Removes a file or a folder with all that is in it; whether it was there.
pub(super) fn remove(path: &Path) -> Result<bool, EngineError> {
    let removed = if path.is_dir() { std::fs::remove_dir_all(path) } else { std::fs::remove_file(path) };
    match removed {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(EngineError::file("remove", path)(error)),
    }
}
