//! When does an exchange run by itself, when not, and for which cycle?
//!
//! Everything here is computed from the document and from instants that are given. Rules of time zones come with the
//! program, not from the machine, so that a preview and a run agree wherever they are made.

mod blackout;
mod check;
mod clock;
mod cycle;
mod due;

use jiff::Timestamp;
use jiff::civil::DateTime;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use blackout::{Blackout, Days, Week};
pub use check::BadSchedule;
pub use cycle::Cycle;
pub use due::{Decided, Paused, Since, Skipped, Verdict};

use clock::Clock;

/// The schedule of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Minute, hour, day of the month, month, day of the week, as cron writes them: `0 6 1 * *`.
    pub cron: String,
    /// IANA name of the zone in which they are read: `Africa/Nairobi`.
    pub time_zone: String,
    /// Days and hours of the week, in that zone, at which nothing starts. An occurrence inside is skipped, and told.
    #[serde(default)]
    pub blackout: Vec<Blackout>,
    /// What becomes of occurrences that nobody was there to start.
    pub catch_up: CatchUp,
    /// Minutes after its time until which an occurrence may still start. Goes with `latest` and `all`.
    #[serde(default)]
    pub latest_start: Option<u32>,
    /// With what each transfer is asked for; nothing but the exchange unless said.
    #[serde(default)]
    pub cycle: Option<Cycle>,
}

/// What becomes of occurrences that nobody was there to start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CatchUp {
    /// They are skipped: an occurrence starts within a quarter of an hour or not at all.
    Skip,
    /// The newest of them starts, for all of them.
    Latest,
    /// Each of them starts, the newest ten at the most.
    All,
}

/// One time at which a schedule says that it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Occurrence {
    /// When.
    pub due: Timestamp,
    /// What the schedule says of it, in its zone. It is known by this where rules of the zone change.
    pub local: DateTime,
}

/// A schedule that makes sense, ready to be asked.
#[derive(Clone, Debug)]
pub struct Timetable {
    clock: Clock,
    schedule: Schedule,
}

/// Occurrences of a year that are counted at the most; more than one an hour.
const MOST_COUNTED: usize = 10_000;

impl Schedule {
    /// The schedule, ready to be asked.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn timetable(&self) -> Result<Timetable, Vec<BadSchedule>> {
        let wrong = self.wrong();
        match Clock::new(&self.cron, &self.time_zone) {
            Ok(clock) if wrong.is_empty() => Ok(Timetable { clock, schedule: self.clone() }),
            Ok(_) => Err(wrong),
            Err(mut bad) => {
                bad.extend(wrong);
                Err(bad)
            }
        }
    }

    /// Whether `other` says the same times: what was missed of one was missed of the other.
    pub fn same_times(&self, other: &Schedule) -> bool {
        (&self.cron, &self.time_zone) == (&other.cron, &other.time_zone)
    }
}

impl Timetable {
    /// The schedule that it was made of.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The occurrences behind `after`, also those in a blackout, in their order.
    pub fn ahead(&self, after: Timestamp) -> impl Iterator<Item = Occurrence> + '_ {
        self.clock.ahead(after)
    }

    /// Why nothing starts at that occurrence, if it lies in a blackout.
    pub fn blackout(&self, occurrence: &Occurrence) -> Option<&str> {
        let found = self.schedule.blackout.iter().find(|window| window.covers(occurrence.local));
        found.map(|window| window.reason.as_str())
    }

    /// How many start behind `now` and before `end`, and the last of them; counted no further than a schedule goes on that
    /// runs once an hour.
    pub fn between(&self, now: Timestamp, end: Timestamp) -> Option<(u32, Timestamp)> {
        let within = self.ahead(now).take(MOST_COUNTED).take_while(|one| one.due < end);
        within
            .filter(|one| self.blackout(one).is_none())
            .fold(None, |sum, one| Some((sum.map_or(0, |(count, _)| count) + 1, one.due)))
    }
}

#[cfg(test)]
mod tests;
