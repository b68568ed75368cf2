//! What will a schedule do next, and what did it do last?

use causeway_model::exchange::schedule::{Occurrence, Schedule};
use causeway_model::request::TransferRequest;
use causeway_store::query::{OccurrenceRow, PauseRow};
use jiff::Timestamp;

use super::planned::planned_of;
use crate::error::EngineError;
use crate::house::House;

/// A schedule as people are shown it.
#[derive(Clone, Debug)]
pub struct Preview {
    /// The exchange's version.
    pub version: u32,
    /// The schedule.
    pub schedule: Schedule,
    /// The pause that stands.
    pub paused: Option<PauseRow>,
    /// What was handled last, the oldest first.
    pub last: Vec<OccurrenceRow>,
    /// How many came due and were not handled yet: nobody works here, or not at the moment.
    pub waiting: u32,
    /// What comes.
    pub ahead: Vec<Ahead>,
}

/// An occurrence that comes.
#[derive(Clone, Debug)]
pub struct Ahead {
    /// When.
    pub occurrence: Occurrence,
    /// With what the transfer will be asked for.
    pub request: TransferRequest,
    /// Why it will be skipped, if a blackout does.
    pub blackout: Option<String>,
}

/// How many of those that were handled are shown.
const LAST: u32 = 3;

/// The next `count` occurrences of an exchange's schedule behind `now`, with what was before; none where it has no schedule.
pub async fn preview(
    house: &House,
    exchange: &str,
    count: usize,
    now: Timestamp,
) -> Result<Option<Preview>, EngineError> {
    let Some(planned) = planned_of(house, exchange).await? else { return Ok(None) };
    let table = &planned.timetable;
    let ahead = table.ahead(now).take(count).map(|occurrence| Ahead {
        occurrence,
        request: table.request(exchange, &occurrence),
        blackout: table.blackout(&occurrence).map(str::to_owned),
    });
    let (since, _) = planned.since(house, now).await?;
    let mut last = house.store.handled_occurrences(exchange, Timestamp::MAX, LAST).await?;
    last.reverse();
    Ok(Some(Preview {
        version: planned.exchange.version,
        schedule: table.schedule().clone(),
        paused: house.store.paused_schedules().await?.into_iter().find(|pause| pause.exchange == exchange),
        last,
        waiting: table.due(since, &[], now).iter().map(|one| one.count).sum(),
        ahead: ahead.collect(),
    }))
}
