//! When must nothing start, though the schedule says so?

use jiff::civil::{Date, DateTime, Weekday};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A window in which nothing starts: days, or hours of every week. One of the two, and always a reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Blackout {
    /// From one day to another.
    #[serde(default)]
    pub dates: Option<Days>,
    /// From one time of the week to another.
    #[serde(default)]
    pub weekly: Option<Week>,
    /// Why, for people.
    pub reason: String,
}

/// Days, the first and the last included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Days {
    /// First day.
    #[schemars(with = "String")]
    pub from: Date,
    /// Last day.
    #[schemars(with = "String")]
    pub to: Date,
}

/// Times of the week, `friday 18:00`: from the first, up to the second, which is outside again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Week {
    /// First minute.
    pub from: String,
    /// The minute at which it is over.
    pub to: String,
}

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

impl Blackout {
    /// Whether that time of the wall clock lies inside. A window that cannot be read covers everything.
    pub(super) fn covers(&self, local: DateTime) -> bool {
        match (&self.dates, &self.weekly) {
            (Some(days), None) => days.from <= local.date() && local.date() <= days.to,
            (None, Some(week)) => week.minutes().is_none_or(|(from, to)| {
                let at = minute_of_week(local.weekday(), local.hour(), local.minute());
                if from < to { from <= at && at < to } else { from <= at || at < to }
            }),
            _ => true,
        }
    }
}

impl Week {
    /// Minutes from the beginning of Monday to both ends.
    pub(super) fn minutes(&self) -> Option<(i32, i32)> {
        Some((time_of_week(&self.from)?, time_of_week(&self.to)?))
    }
}

fn time_of_week(text: &str) -> Option<i32> {
    let (day, time) = text.split_once(' ')?;
    let (hour, minute) = time.split_once(':')?;
    let digits = |text: &str| text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !(digits(hour) && digits(minute)) {
        return None;
    }
    let (hour, minute): (i8, i8) = (hour.parse().ok()?, minute.parse().ok()?);
    let (_, weekday) = WEEKDAYS.iter().find(|(name, _)| *name == day)?;
    (hour < 24 && minute < 60).then(|| minute_of_week(*weekday, hour, minute))
}

fn minute_of_week(day: Weekday, hour: i8, minute: i8) -> i32 {
    (i32::from(day.to_monday_zero_offset()) * 24 + i32::from(hour)) * 60 + i32::from(minute)
}
