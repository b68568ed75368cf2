//! How does what came in go once it has done its work? Its bytes first, then the entry, as with packages.
//!
//! The original, and what was sealed of its records, goes 30 days after nothing waits any more; the key of the undo plan after the days
//! that the exchange names. Counts, digests, what became of each record and the acknowledgement stay.

use std::path::Path;

use causeway_store::Changed;
use causeway_store::change::{DocumentKind, EraseIntake, Erased};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use serde_json::json;

use crate::documents::AnyExchange;
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::intake::{BODY, KEPT_DAYS, QUARANTINE, REVIEW, folder};

/// Intakes that one sweep looks at for each reason, at most: others wait for it.
const TOGETHER: u32 = 100;

/// How long whoever began just before the day has to finish.
const MARGIN: SignedDuration = SignedDuration::from_hours(1);

/// What a sweep erased of intakes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ErasedIntakes {
    /// Originals.
    pub originals: usize,
    /// Keys of undo plans.
    pub undo_keys: usize,
}

/// Erases what is due, and tells what stood in the way of others.
///
/// # Errors
/// When the database fails.
pub async fn purge_intakes(house: &House, actor: &str) -> Result<(ErasedIntakes, Vec<EngineError>), EngineError> {
    let (mut gone, mut troubles) = (ErasedIntakes::default(), Vec::new());
    for intake in house.store.intakes_kept(before(house, KEPT_DAYS), TOGETHER).await? {
        match original(house, actor, &intake).await {
            Ok(()) => gone.originals += 1,
            Err(error) => troubles.push(error),
        }
    }
    for (exchange, version) in house.store.undoable_versions().await? {
        let days = match undo_days(house, &exchange, version).await {
            Ok(days) => days,
            Err(error) => {
                troubles.push(error);
                continue;
            }
        };
        for intake in house.store.undoable((&exchange, version), before(house, days), TOGETHER).await? {
            match entered(house, actor, &intake, Erased::UndoKey).await {
                Ok(()) => gone.undo_keys += 1,
                Err(error) => troubles.push(error),
            }
        }
    }
    Ok((gone, troubles))
}

/// What last moved before this is due.
fn before(house: &House, days: i64) -> Timestamp {
    let span = SignedDuration::from_hours(24 * days) + MARGIN;
    house.now().saturating_sub(span).unwrap_or(Timestamp::MIN)
}

async fn undo_days(house: &House, exchange: &str, version: u32) -> Result<i64, EngineError> {
    let found = house.store.document(DocumentKind::Exchange, exchange, version).await?;
    let found = found.ok_or_else(|| EngineError::Unknown {
        what: "version of document",
        name: format!("{exchange} version {version}"),
        help: "an intake was read by it: bring the database back from a backup",
    })?;
    match AnyExchange::text(exchange, found.text)? {
        AnyExchange::Accepts(read) => Ok(i64::from(read.value.undo_days)),
        AnyExchange::Provides(_) => {
            Err(EngineError::Wrong(format!("exchange `{exchange}` provides: nothing comes in by it")))
        }
    }
}

async fn original(house: &House, actor: &str, intake: &str) -> Result<(), EngineError> {
    let folder = folder(house, intake);
    if folder.exists() {
        for name in [BODY, QUARANTINE, REVIEW] {
            remove(&folder.join(name))?;
        }
        std::fs::File::open(&folder)
            .and_then(|folder| folder.sync_all())
            .map_err(EngineError::file("sync", &folder))?;
    }
    // CRASH: the files are gone and no entry says so: the next sweep finds the intake due, removes nothing, and enters it.
    (house.surroundings.probe)("intake-purge-not-recorded");
    entered(house, actor, intake, Erased::Original).await
}

fn remove(path: &Path) -> Result<(), EngineError> {
    match std::fs::remove_file(path) {
        Ok(()) => Ok(()),
        // It lay in its row, or is gone already.
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(EngineError::file("remove", path)(error)),
    }
}

async fn entered(house: &House, actor: &str, intake: &str, what: Erased) -> Result<(), EngineError> {
    let in_backups_until = house.today().saturating_add(i64::from(house.home.config().backup_days).days());
    let named = match what {
        Erased::Original => "original",
        Erased::UndoKey => "undo-key",
    };
    let body = json!({ "what": named, "gone_at": house.now().to_string(), "in_backups_until": in_backups_until });
    let event = audit(actor, "intake-erased", intake, body);
    let change = EraseIntake { intake: intake.to_owned(), what };
    house.store.erase_intake(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(())
}
