//! Which exchanges in use have a schedule, who brought them into use, and up to where was it handled?

use std::collections::BTreeMap;

use causeway_model::exchange::Exchange;
use causeway_model::exchange::schedule::{Paused, Since, Timetable};
use causeway_store::change::DocumentKind;
use causeway_store::query::{DocumentListing, PauseRow};
use jiff::Timestamp;

use crate::documents::AnyExchange;
use crate::error::EngineError;
use crate::house::House;

/// An exchange in use that has a schedule.
pub(crate) struct Planned {
    /// The exchange.
    pub exchange: Exchange,
    /// Its schedule, ready to be asked.
    pub timetable: Timetable,
    /// Its versions, the oldest first. The newest is in use.
    versions: Vec<DocumentListing>,
}

/// Every exchange in use that has a schedule, by name; and those whose schedule cannot be read.
pub(crate) async fn planned(house: &House) -> Result<(Vec<Planned>, Vec<(String, EngineError)>), EngineError> {
    let mut versions: BTreeMap<String, Vec<DocumentListing>> = BTreeMap::new();
    for listing in house.store.documents(DocumentKind::Exchange).await? {
        versions.entry(listing.name.clone()).or_default().push(listing);
    }
    let (mut found, mut troubles) = (Vec::new(), Vec::new());
    for (name, versions) in versions {
        match one(house, &name, versions).await {
            Ok(planned) => found.extend(planned),
            Err(error @ EngineError::Store(_)) => return Err(error),
            Err(error) => troubles.push((name, error)),
        }
    }
    Ok((found, troubles))
}

/// The exchange of that name, if it has a schedule.
pub(crate) async fn planned_of(house: &House, name: &str) -> Result<Option<Planned>, EngineError> {
    let listed = house.store.documents(DocumentKind::Exchange).await?;
    let versions: Vec<DocumentListing> = listed.into_iter().filter(|listing| listing.name == name).collect();
    if versions.is_empty() {
        house.exchange(name).await?;
    }
    one(house, name, versions).await
}

async fn one(house: &House, name: &str, mut versions: Vec<DocumentListing>) -> Result<Option<Planned>, EngineError> {
    versions.sort_by_key(|listing| listing.version);
    let Some(newest) = versions.last() else { return Ok(None) };
    let Some(exchange) = version(house, name, newest.version).await? else { return Ok(None) };
    let Some(schedule) = &exchange.schedule else { return Ok(None) };
    let timetable = schedule.timetable().map_err(|wrong| {
        let wrong: Vec<String> = wrong.into_iter().map(|bad| bad.message).collect();
        EngineError::Wrong(format!("the schedule of exchange `{name}` cannot be followed: {}", wrong.join("; ")))
    })?;
    Ok(Some(Planned { exchange, timetable, versions }))
}

async fn version(house: &House, name: &str, version: u32) -> Result<Option<Exchange>, EngineError> {
    let found = house.store.document(DocumentKind::Exchange, name, version).await?;
    // What comes in has no schedule.
    Ok(found.map(|found| AnyExchange::text(name, found.text)).transpose()?.and_then(AnyExchange::provided))
}

impl Planned {
    /// Who brought the version in use into use.
    pub fn brought_in_by(&self) -> &str {
        self.versions.last().map_or("", |newest| newest.imported_by.as_str())
    }

    /// Behind which moment occurrences are to be handled, and the last one that was, up to `now`.
    ///
    /// Occurrences that a clock set too far ahead has handled lie behind `now`, and hold nothing up.
    pub async fn since(&self, house: &House, now: Timestamp) -> Result<(Since, Option<Timestamp>), EngineError> {
        let schedule = self.timetable.schedule();
        let last = house.store.handled_occurrences(&self.exchange.exchange, now, 1).await?.into_iter().next();
        let seen = last.as_ref().map(|row| row.due_at);
        let local = last.filter(|row| row.time_zone == schedule.time_zone).map(|row| row.due_local);
        let newest = self.versions.last().map_or(Timestamp::MAX, |newest| newest.imported_at);
        let after = match seen {
            Some(seen) if seen >= newest => seen,
            _ => seen.unwrap_or(Timestamp::MIN).max(self.in_use_since(house).await?),
        };
        Ok((Since { after, local }, seen))
    }

    /// Since when the schedule says these times: what an older version missed is missed by this one only where it said the same.
    async fn in_use_since(&self, house: &House) -> Result<Timestamp, EngineError> {
        let mut since = Timestamp::MAX;
        for listing in self.versions.iter().rev() {
            let there = version(house, &listing.name, listing.version).await?;
            let same = there
                .and_then(|there| there.schedule)
                .is_some_and(|there| self.timetable.schedule().same_times(&there));
            if !same {
                break;
            }
            since = since.min(listing.imported_at);
        }
        Ok(since)
    }

    /// The pauses that were not over at `since`.
    pub async fn pauses(&self, house: &House, since: Timestamp) -> Result<Vec<Paused>, EngineError> {
        let rows = house.store.schedule_pauses(&self.exchange.exchange, since).await?;
        let paused = |row: PauseRow| Paused { from: row.paused_at, until: row.ended_at };
        Ok(rows.into_iter().map(paused).collect())
    }
}
