//! With what is a scheduled transfer asked for? A template, filled in from the occurrence's day.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Occurrence, Timetable};
use crate::request::{Place, TransferRequest};

/// What each transfer serves: a distribution or reporting cycle.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// The cycle's name. `{year}`, `{month}`, `{day}`, `{hour}` and `{week}` (`2026-W07`) stand for the occurrence's time in
    /// the schedule's zone.
    pub name: String,
    /// Days before the occurrence's day as of which the people are wanted; no cut-off day unless said.
    #[serde(default)]
    pub cut_off_days_before: Option<u16>,
    /// Where: only people there. It can only narrow.
    #[serde(default)]
    pub place: Option<Place>,
    /// A note for whoever approves it. Never a person's data.
    #[serde(default)]
    pub note: Option<String>,
}

impl Cycle {
    /// The name at that time, or the placeholder that nobody knows.
    pub(super) fn named(&self, at: DateTime) -> Result<String, String> {
        let (mut name, mut rest) = (String::new(), self.name.as_str());
        while let Some((before, behind)) = rest.split_once('{') {
            let (word, after) = behind.split_once('}').ok_or_else(|| behind.to_owned())?;
            let week = at.date().iso_week_date();
            let filled = match word {
                "year" => format!("{:04}", at.year()),
                "month" => format!("{:02}", at.month()),
                "day" => format!("{:02}", at.day()),
                "hour" => format!("{:02}", at.hour()),
                "week" => format!("{:04}-W{:02}", week.year(), week.week()),
                _ => return Err(word.to_owned()),
            };
            name = name + before + &filled;
            rest = after;
        }
        Ok(name + rest)
    }

    fn cut_off(&self, at: DateTime) -> Option<Date> {
        at.date().checked_sub(i32::from(self.cut_off_days_before?).days()).ok()
    }
}

impl Timetable {
    /// The request that an occurrence makes.
    pub fn request(&self, exchange: &str, occurrence: &Occurrence) -> TransferRequest {
        let cycle = self.schedule.cycle.as_ref();
        TransferRequest {
            exchange: exchange.to_owned(),
            // A name that cannot be filled in was refused when the timetable was made.
            cycle: cycle.and_then(|cycle| cycle.named(occurrence.local).ok()),
            place: cycle.and_then(|cycle| cycle.place.clone()),
            cut_off: cycle.and_then(|cycle| cycle.cut_off(occurrence.local)),
            note: cycle.and_then(|cycle| cycle.note.clone()),
        }
    }
}
