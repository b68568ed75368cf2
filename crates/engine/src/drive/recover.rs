//! What is found after a crash, and what is done about it?
//!
//! The same steps as on the happy path finish what was begun: recovery only takes leases away from those who are gone, and clears
//! what never became a package.

use causeway_store::Safeguard;
use jiff::{SignedDuration, Timestamp};

use super::room;
use crate::crosswalk::clear_rotations;
use crate::error::EngineError;
use crate::house::House;
use crate::intake::{alone, upload};

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
        if row.state.is_unfinished() && !row.awaits_partner() && !found.waiting.contains(&row.id) {
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
    upload::clear(house).await?;
    let mut destroyed = 0;
    let rooms = rooms.into_iter().filter(|_| house.surroundings.safeguards().stand(Safeguard::LeavingsDestroyed));
    for room in rooms {
        let name = room.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if left.iter().chain(&workers.alive).any(|kept| kept == name) {
            continue;
        }
        destroyed += usize::from(room::clear(house, &room).await?);
    }
    clear_answers(house).await?;
    Ok(destroyed)
}

/// For so long a set whose answer is not recorded may be one of an answer that will be; after that it is looked for, for a day.
const RECORDED: SignedDuration = SignedDuration::from_hours(1);
const LOOKED_FOR: SignedDuration = SignedDuration::from_hours(25);

/// Removes sets of answers that were never recorded, so that nobody was told of whom they hold.
async fn clear_answers(house: &House) -> Result<(), EngineError> {
    let mut old = Vec::new();
    for path in entries(&house.home.sealed())? {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(id) = name.strip_suffix(".people.age").filter(|id| id.starts_with("an-")) else { continue };
        if age(house, &path).is_some_and(|age| age > RECORDED && age < LOOKED_FOR) {
            old.push((id.to_owned(), path));
        }
    }
    if old.is_empty() {
        return Ok(());
    }
    // By their ids: a round is closed whenever somebody works again, and its answer is of the day on which it was asked.
    let ids: Vec<&str> = old.iter().map(|(id, _)| id.as_str()).collect();
    let recorded = house.store.recorded_answers(&ids).await?;
    old.retain(|(id, _)| !recorded.contains(id));
    old.iter().try_for_each(|(_, path)| room::remove(path).map(|_| ()))
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
        if age(house, &entry).is_none_or(|age| age <= RECORDED) {
            continue;
        }
        // One that is sent again now is somebody's.
        if let Ok(_alone) = alone(&entry, id)
            && house.store.intake(id).await?.is_none()
        {
            room::remove(&entry)?;
        }
    }
    Ok(())
}

/// How long ago something was written there.
fn age(house: &House, path: &std::path::Path) -> Option<SignedDuration> {
    let written = path.metadata().and_then(|meta| meta.modified()).ok()?;
    Some(house.now().duration_since(Timestamp::try_from(written).ok()?))
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
