//! What is found after a crash, and what is done about it?
//!
//! The same steps as on the happy path finish what was begun: recovery only takes leases away from those who are gone, and clears
//! what never became a package.

use causeway_store::Safeguard;

use super::room;
use crate::crosswalk::clear_rotations;
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

/// Clears what is nobody's, and names the transfers that are left. Others may be at work meanwhile.
pub async fn recover(house: &House) -> Result<Recovered, EngineError> {
    let mut found = Recovered { destroyed: clear(house).await?, ..Recovered::default() };
    found.waiting = house.store.requests_awaiting_approval().await?.into_iter().map(|row| row.transfer).collect();
    for row in house.store.unfinished_transfers().await? {
        if row.state.is_unfinished() && !found.waiting.contains(&row.id) {
            found.unfinished.push(row.id);
        }
    }
    Ok(found)
}

/// Takes leases away that are nobody's any more and clears their rooms; how many packages were destroyed.
pub(super) async fn clear(house: &House) -> Result<usize, EngineError> {
    // CRASH: leaves that were committed and not ordered are ordered now.
    house.sequence().await?;
    // In this order: a room is made after its lease was taken, and a worker's lock before either.
    let rooms = entries(&house.home.staging())?;
    let workers = house.workers()?;
    let left = house.store.leases().void(&workers.gone, house.now()).await?;
    workers.forget_gone(house)?;
    clear_rotations(house).await?;
    clear_intakes(house).await?;
    let mut destroyed = 0;
    let rooms = rooms.into_iter().filter(|_| house.surroundings.safeguards().stand(Safeguard::LeavingsDestroyed));
    for room in rooms {
        let name = room.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if left.iter().chain(&workers.alive).any(|kept| kept == name) {
            continue;
        }
        destroyed += usize::from(room::clear(house, &room).await?);
    }
    Ok(destroyed)
}

/// Clears folders of intakes that nobody knows: a body that was kept and whose row never came to be.
async fn clear_intakes(house: &House) -> Result<(), EngineError> {
    let folder = house.home.intakes();
    if !folder.exists() {
        return Ok(());
    }
    for entry in entries(&folder)? {
        let id = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        // Whoever receives makes the folder before the row: what is young may become one.
        if is_old(house, &entry) && house.store.intake(id).await?.is_none() {
            room::remove(&entry)?;
        }
    }
    Ok(())
}

/// Whether nothing was written there for an hour.
fn is_old(house: &House, path: &std::path::Path) -> bool {
    let written = path.metadata().and_then(|meta| meta.modified()).ok();
    let written = written.and_then(|time| jiff::Timestamp::try_from(time).ok());
    written.is_some_and(|written| house.now().duration_since(written) > jiff::SignedDuration::from_hours(1))
}

fn entries(path: &std::path::Path) -> Result<Vec<std::path::PathBuf>, EngineError> {
    let entries = std::fs::read_dir(path).map_err(EngineError::file("read", path))?;
    let mut found = Vec::new();
    for entry in entries {
        found.push(entry.map_err(EngineError::file("read", path))?.path());
    }
    found.sort();
    Ok(found)
}
