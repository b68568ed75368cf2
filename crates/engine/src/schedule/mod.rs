//! What do schedules ask for, and when next?
//!
//! Whoever works calls [`tick`] now and then, and may sleep until [`next_due`]. Any number may call it at once, die in the middle
//! and begin again: each occurrence is one transaction, which is made once.
//!
//! - `planned`: which exchanges in use have a schedule, and up to where was it handled;
//! - `handle`: what becomes of one occurrence;
//! - `preview`: what people are shown of it.

mod handle;
mod planned;
mod preview;

use causeway_model::arrangement::Arrangement;
use causeway_model::assessment::Scheduled;
use causeway_model::document::Findings;
use causeway_model::exchange::Exchange;
use causeway_model::hierarchy::level_name;
use causeway_store::StoreError;
use jiff::Timestamp;

use crate::error::EngineError;
use crate::house::House;

pub use handle::{Handled, Outcome};
pub use preview::{Ahead, Preview, preview};

use planned::{Planned, planned};

/// Who acts where a schedule does: nobody of that name can sign anything.
pub const SCHEDULE: &str = "schedule";

/// What a tick did.
#[derive(Debug, Default)]
pub struct Ticked {
    /// Occurrences that were handled by it, by exchange and time.
    pub handled: Vec<Handled>,
    /// Exchanges whose schedule could not be followed, and why. The others were.
    pub troubles: Vec<(String, EngineError)>,
}

/// Handles every occurrence that came due up to `now` and was not handled yet: asks for its transfer, or skips it with a
/// reason. Sends and reads nothing.
///
/// # Errors
/// When the database fails: what was handled until then stays handled.
pub async fn tick(house: &House, now: Timestamp) -> Result<Ticked, EngineError> {
    let mut ticked = Ticked::default();
    let (all, troubles) = planned(house).await?;
    ticked.troubles = troubles;
    for one in all {
        match followed(house, &one, now, &mut ticked.handled).await {
            Err(error @ EngineError::Store(_)) => return Err(error),
            Err(error) => ticked.troubles.push((one.exchange.exchange.clone(), error)),
            Ok(()) => {}
        }
    }
    if !ticked.handled.is_empty() {
        house.sequence().await?;
    }
    Ok(ticked)
}

async fn followed(
    house: &House,
    planned: &Planned,
    now: Timestamp,
    handled: &mut Vec<Handled>,
) -> Result<(), EngineError> {
    let (since, mut seen) = planned.since(house, now).await?;
    let pauses = planned.pauses(house, since.after).await?;
    for decided in planned.timetable.due(since, &pauses, now) {
        match handle::handle(house, planned, &decided, seen).await {
            // Somebody else was faster, paused it or brought in another version: the next tick decides anew.
            Err(EngineError::Store(StoreError::ChangedMeanwhile { .. })) => return Ok(()),
            Err(error) => return Err(error),
            Ok(None) => {}
            Ok(Some(one)) => {
                handled.push(one);
                seen = Some(decided.occurrence.due);
            }
        }
        // CRASH: some of them handled: the next tick goes on behind the last that was.
        (house.surroundings.probe)("occurrence-handled");
    }
    Ok(())
}

/// When the next occurrence of any schedule is due behind `now`; none where there is no schedule.
pub async fn next_due(house: &House, now: Timestamp) -> Result<Option<Timestamp>, EngineError> {
    let (all, _) = planned(house).await?;
    Ok(all.iter().filter_map(|one| one.timetable.ahead(now).next()).map(|one| one.due).min())
}

/// What is scheduled under an arrangement from `now` until `end`, where each transfer is expected to release `records_each`.
/// A schedule that is paused counts: it goes on one day.
pub(crate) async fn scheduled(
    house: &House,
    arrangement: &Arrangement,
    records_each: u64,
    [now, end]: [Timestamp; 2],
) -> Result<Vec<Scheduled>, EngineError> {
    let (all, _) = planned(house).await?;
    let end = end.min(arrangement.valid.ends_at());
    let of_it = all.iter().filter(|one| one.exchange.arrangement == arrangement.arrangement);
    let counted = of_it.filter_map(|one| one.timetable.between(now, end));
    Ok(counted.map(|(transfers, last)| Scheduled { last, transfers, records_each }).collect())
}

/// Findings where the schedule of an exchange starts more often than the terms of its arrangement agree, on any level.
pub async fn too_frequent(house: &House, exchange: &Exchange) -> Result<Findings, EngineError> {
    let timetable = exchange.schedule.as_ref().and_then(|schedule| schedule.timetable().ok());
    let Some(timetable) = timetable else { return Ok(Findings::default()) };
    let arrangement = house.arrangement(&exchange.arrangement).await?.value;
    let frequencies = match house.effective(&arrangement).await? {
        Ok(effective) => effective.frequencies,
        // Levels that do not stand are told elsewhere.
        Err(_) => vec![(level_name(&arrangement), arrangement.frequency)],
    };
    Ok(timetable.too_frequent(&frequencies, house.now()))
}
