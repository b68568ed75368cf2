//! Which instants does a wall clock mean, also where it is put forward or back?
//!
//! A schedule says times of a wall clock. Each of them happens exactly once:
//! - a time that the clock passes over happens at the moment that it is put forward, together with whatever else falls
//!   into that gap;
//! - a time that the clock shows twice happens the first time.
//!
//! So instants never go back while wall-clock times go on, and an occurrence is known by its wall-clock time, which stays
//! when a government changes its mind and the rules of the zone with it.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use super::Occurrence;
use super::check::BadSchedule;

/// More than any clock is put back at once.
const PUT_BACK: SignedDuration = SignedDuration::from_hours(4);

/// Times of a wall clock in a zone.
#[derive(Clone, Debug)]
pub(super) struct Clock {
    cron: Cron,
    zone: TimeZone,
}

impl Clock {
    pub(super) fn new(cron: &str, zone: &str) -> Result<Self, Vec<BadSchedule>> {
        match (read_cron(cron), read_zone(zone)) {
            (Ok(cron), Ok(zone)) => Ok(Self { cron, zone }),
            (cron, zone) => Err([cron.err(), zone.err()].into_iter().flatten().collect()),
        }
    }

    /// The occurrences behind `after`, in their order.
    pub(super) fn ahead(&self, after: Timestamp) -> impl Iterator<Item = Occurrence> + '_ {
        let mut at = Some(self.local(after));
        let mut step = move || {
            let next = self.next(at?);
            at = next;
            self.occurrence(next?)
        };
        let mut peeked = None;
        std::iter::from_fn(move || {
            let mut found = peeked.take().or_else(&mut step)?;
            loop {
                match step() {
                    // In the same gap, or before `after` in the hour that the clock shows twice: the last one stands.
                    Some(next) if next.due == found.due || found.due <= after => found = next,
                    next => {
                        peeked = next;
                        return (found.due > after).then_some(found);
                    }
                }
            }
        })
    }

    /// The occurrences up to `last`, the newest first.
    pub(super) fn back(&self, last: Timestamp) -> impl Iterator<Item = Occurrence> + '_ {
        let mut at = self.local(last).checked_add(PUT_BACK).ok();
        let mut before: Option<Timestamp> = None;
        std::iter::from_fn(move || {
            loop {
                at = self.previous(at?);
                let found = self.occurrence(at?)?;
                if found.due <= last && before != Some(found.due) {
                    before = Some(found.due);
                    return Some(found);
                }
            }
        })
    }

    fn local(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(at)
    }

    fn next(&self, civil: DateTime) -> Option<DateTime> {
        let from = civil.to_zoned(TimeZone::UTC).ok()?;
        Some(self.cron.find_next_occurrence(&from, false).ok()?.datetime())
    }

    fn previous(&self, civil: DateTime) -> Option<DateTime> {
        let from = civil.to_zoned(TimeZone::UTC).ok()?;
        Some(self.cron.find_previous_occurrence(&from, false).ok()?.datetime())
    }

    fn occurrence(&self, local: DateTime) -> Option<Occurrence> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        let due = match ambiguous.offset() {
            AmbiguousOffset::Gap { after, .. } => {
                let before_it = after.to_timestamp(local).ok()?;
                self.zone.following(before_it).next()?.timestamp()
            }
            _ => ambiguous.earlier().ok()?,
        };
        Some(Occurrence { due, local })
    }
}

fn read_cron(text: &str) -> Result<Cron, BadSchedule> {
    let bad = |why: String| BadSchedule {
        code: "schedule-cron",
        pointer: "/cron".to_owned(),
        message: why,
        help: "write minute, hour, day of the month, month, day of the week: `0 6 1 * *`",
    };
    if text.split_whitespace().count() != 5 {
        return Err(bad(format!("`{text}` does not have five fields")));
    }
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    parser.parse(text).map_err(|error| bad(format!("`{text}` cannot be read: {error}").to_lowercase()))
}

fn read_zone(name: &str) -> Result<TimeZone, BadSchedule> {
    TimeZoneDatabase::bundled().get(name).map_err(|_| BadSchedule {
        code: "schedule-time-zone",
        pointer: "/time_zone".to_owned(),
        message: format!("`{name}` is no time zone of the IANA's list"),
        help: "write for instance `Africa/Nairobi`",
    })
}
