//! What is to be done about the occurrences that have come due? Start, or skip with a reason.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::{CatchUp, Occurrence, Timetable};
use crate::named::named;

/// How late an occurrence may start that is not caught up with.
pub(super) const ON_TIME: SignedDuration = SignedDuration::from_mins(15);

/// How many occurrences are caught up with.
pub(super) const MOST_CAUGHT_UP: usize = 10;

/// How many occurrences are looked at. What lies further back is not counted any more.
const MOST_LOOKED_AT: usize = 500;

/// Up to where everything was handled before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Since {
    /// The last one that was, or since when the schedule is in use.
    pub after: Timestamp,
    /// What the schedule said of it, where it was read in the same zone.
    pub local: Option<DateTime>,
}

/// A time in which the schedule was paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paused {
    /// Since when.
    pub from: Timestamp,
    /// Until when; none while it goes on.
    pub until: Option<Timestamp>,
}

named! {
    /// Why a schedule skips an occurrence.
    Skipped, "reason to skip" {
        /// It lies in a blackout.
        Blackout = "blackout",
        /// The schedule was paused.
        Paused = "paused",
        /// Nobody was there to start it on time, and the schedule does not catch up.
        Missed = "missed",
        /// A later one starts for it.
        Overtaken = "overtaken",
        /// It would start later than the schedule allows.
        TooLate = "too-late",
        /// More were missed than are caught up with.
        TooMany = "too-many",
    }
}

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Ask for the transfer.
    Start,
    /// Skip it.
    Skip(Skipped),
}

/// What is to be done about an occurrence, or about several in a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The occurrence; the newest where there are several.
    pub occurrence: Occurrence,
    /// What is to be done.
    pub verdict: Verdict,
    /// How many it stands for, itself included.
    pub count: u32,
    /// The occurrence with which they begin.
    pub first: Occurrence,
    /// Whether more lie before, which nobody counted.
    pub more: bool,
}

impl Timetable {
    /// What is to be done about everything that came due behind `since` and up to `now`, the oldest first.
    pub fn due(&self, since: Since, pauses: &[Paused], now: Timestamp) -> Vec<Decided> {
        let is_new = |one: &Occurrence| one.due > since.after && since.local.is_none_or(|local| one.local > local);
        let mut looked: Vec<Occurrence> =
            self.clock.back(now).take_while(is_new).take(MOST_LOOKED_AT.saturating_add(1)).collect();
        let more = looked.len() > MOST_LOOKED_AT;
        looked.truncate(MOST_LOOKED_AT);
        let mut standing = 0_usize;
        let judged: Vec<(Occurrence, Verdict)> = looked
            .into_iter()
            .map(|one| {
                let verdict = self.judge(&one, pauses, standing, now);
                // Those that would start, were there not too many or too late, fill the places from the newest.
                standing += usize::from(!matches!(verdict, Verdict::Skip(Skipped::Blackout | Skipped::Paused)));
                (one, verdict)
            })
            .collect();
        let mut decided: Vec<Decided> = Vec::new();
        for (one, verdict) in judged.into_iter().rev() {
            match decided.last_mut() {
                Some(last) if verdict != Verdict::Start && last.verdict == verdict => {
                    last.occurrence = one;
                    last.count += 1;
                }
                _ => decided.push(Decided { occurrence: one, verdict, count: 1, first: one, more: false }),
            }
        }
        if let Some(oldest) = decided.first_mut() {
            oldest.more = more;
        }
        decided
    }

    /// `newer` of those that could start are newer than this one.
    fn judge(&self, one: &Occurrence, pauses: &[Paused], newer: usize, now: Timestamp) -> Verdict {
        // What was due before a pause and is not started yet does not start in it either.
        let paused = |pause: &Paused| pause.until.is_none_or(|until| pause.from <= one.due && one.due < until);
        let late = now.duration_since(one.due);
        let latest = self.schedule.latest_start.map_or(ON_TIME, |minutes| SignedDuration::from_mins(minutes.into()));
        let skipped = match self.schedule.catch_up {
            _ if self.blackout(one).is_some() => Skipped::Blackout,
            _ if pauses.iter().any(paused) => Skipped::Paused,
            CatchUp::Skip if late > ON_TIME => Skipped::Missed,
            CatchUp::Latest if newer > 0 => Skipped::Overtaken,
            _ if newer >= MOST_CAUGHT_UP => Skipped::TooMany,
            CatchUp::Latest | CatchUp::All if late > latest => Skipped::TooLate,
            _ => return Verdict::Start,
        };
        Verdict::Skip(skipped)
    }
}
