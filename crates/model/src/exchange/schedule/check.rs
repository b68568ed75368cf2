//! What is wrong with a schedule in itself, and does it run more often than agreed?

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::due::ON_TIME;
use super::{CatchUp, MOST_COUNTED, Schedule, Timetable};
use crate::arrangement::{Frequency, days_before};
use crate::document::Findings;
use crate::refused::SHORTEST_REASON;

/// Something that is wrong with a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSchedule {
    /// Stable kebab-case code.
    pub code: &'static str,
    /// JSON pointer into the schedule.
    pub pointer: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: &'static str,
}

/// From when on a schedule is tried out where nobody says when it is.
const ANY_TIME: Timestamp = Timestamp::constant(1_767_225_600, 0);

/// How far it is tried out.
const TRIED: SignedDuration = SignedDuration::from_hours(24 * 800);
const TRIED_AT_MOST: usize = 800;

/// Days before an occurrence from which a cut-off day is a slip of the pen.
const LONGEST_CUT_OFF: u16 = 366;

impl Schedule {
    /// What is wrong with it in itself, without what the clock says.
    pub(super) fn wrong(&self) -> Vec<BadSchedule> {
        let mut found = Vec::new();
        let mut add = |code, pointer: String, message: String, help| {
            found.push(BadSchedule { code, pointer, message, help });
        };
        for (place, window) in self.blackout.iter().enumerate() {
            let at = format!("/blackout/{place}");
            let empty = match (&window.dates, &window.weekly) {
                (Some(days), None) => days.to < days.from,
                (None, Some(week)) => week.minutes().is_none_or(|(from, to)| from == to),
                _ => {
                    let message = "a blackout has `dates` or `weekly`, one of them".to_owned();
                    add("schedule-blackout", at, message, "write each window as an entry of its own");
                    continue;
                }
            };
            if empty {
                let message = "a blackout ends before it begins, or its times cannot be read".to_owned();
                let help = "write days, or times of the week such as `friday 18:00`";
                add("schedule-blackout", at.clone(), message, help);
            }
            if window.reason.trim().chars().count() < SHORTEST_REASON {
                let message = "a blackout has no reason".to_owned();
                add("schedule-blackout", at, message, "say in a few words why nothing starts then");
            }
        }
        let on_time = ON_TIME.as_mins();
        match (self.catch_up, self.latest_start) {
            (CatchUp::Skip, Some(_)) => add(
                "schedule-latest-start",
                "/latest_start".to_owned(),
                format!("with `catch_up: skip` an occurrence starts within {on_time} minutes or not at all"),
                "leave it out, or choose `latest` or `all`",
            ),
            (CatchUp::Latest | CatchUp::All, None | Some(0)) => add(
                "schedule-latest-start",
                "/catch_up".to_owned(),
                "nobody says how late an occurrence may start".to_owned(),
                "write `latest_start` in minutes after its time",
            ),
            _ => {}
        }
        if let Some(cycle) = &self.cycle {
            if let Err(word) = cycle.named(jiff::civil::DateTime::MIN) {
                let help = "there are `{year}`, `{month}`, `{day}`, `{hour}`, `{week}`";
                add("schedule-cycle", "/cycle/name".to_owned(), format!("nothing stands for `{{{word}}}`"), help);
            }
            if cycle.cut_off_days_before.is_some_and(|days| days > LONGEST_CUT_OFF) {
                let message = format!("the cut-off day lies more than {LONGEST_CUT_OFF} days back");
                add("schedule-cycle", "/cycle/cut_off_days_before".to_owned(), message, "write fewer days");
            }
        }
        found
    }

    /// Findings on the schedule of an exchange.
    pub(crate) fn check(&self, findings: &mut Findings) {
        let timetable = match self.timetable() {
            Ok(timetable) => timetable,
            Err(wrong) => {
                for bad in wrong {
                    findings.error(bad.code, format!("/schedule{}", bad.pointer), bad.message, bad.help);
                }
                return;
            }
        };
        let fields: Vec<&str> = self.cron.split_whitespace().collect();
        let both = |fields: &[&str]| matches!(fields, [_, _, day, _, weekday] if *day != "*" && *weekday != "*");
        if both(&fields) {
            let message = "it runs on the days of the month and on the days of the week: either will do";
            findings.warn("schedule-either-day", "/schedule/cron", message, "write `MON#1` for the first Monday");
        }
        let until = ANY_TIME.saturating_add(TRIED).unwrap_or(Timestamp::MAX);
        if timetable.ahead(ANY_TIME).next().is_none() {
            findings.error("schedule-never", "/schedule/cron", "no day is ever like that", "write a day that comes");
            return;
        }
        let mut names = BTreeSet::new();
        let tried = timetable.ahead(ANY_TIME).take(TRIED_AT_MOST).take_while(|one| one.due < until);
        let cycles = tried.filter_map(|one| timetable.request("", &one).cycle);
        if let Some(name) = cycles.into_iter().find(|name| !names.insert(name.clone())) {
            let message = format!("two occurrences would both be of the cycle `{name}`");
            let help = "name what tells them apart: `{year}-{month}`, `{week}`, `{year}-{month}-{day}`";
            findings.error("schedule-cycle-repeats", "/schedule/cycle/name", message, help);
        }
    }
}

impl Timetable {
    /// Findings where it starts more often, from `now` on, than one of `frequencies` agrees, with the name of the level.
    ///
    /// An occurrence that lies exactly as many days back as are agreed counts: its package left some minutes after its time.
    pub fn too_frequent(&self, frequencies: &[(String, Frequency)], now: Timestamp) -> Findings {
        let mut findings = Findings::default();
        let until = now.saturating_add(TRIED).unwrap_or(Timestamp::MAX);
        let tried = self.ahead(now).take(MOST_COUNTED).take_while(|one| one.due < until);
        let due: Vec<Timestamp> = tried.filter(|one| self.blackout(one).is_none()).map(|one| one.due).collect();
        for (level, frequency) in frequencies {
            let (at_most, days) = (frequency.at_most, frequency.days);
            let later = due.iter().skip(usize::try_from(at_most).unwrap_or(usize::MAX));
            let found = due.iter().zip(later).find(|(first, one)| **first >= days_before(**one, days));
            if let Some((_, one)) = found {
                let count = u64::from(at_most) + 1;
                let message = format!(
                    "it starts {count} times in the {days} days up to {one}, and {level} agrees {at_most} in {days} days"
                );
                let help = "let it start less often, or amend the arrangement";
                findings.error("schedule-too-frequent", "/schedule/cron", message, help);
            }
        }
        findings
    }
}
