//! At which minute does an arrangement begin and end, and when are people told that it will?

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp};

use super::Validity;

/// Days before the end at which people are warned.
pub const WARNING_DAYS: [u16; 3] = [90, 30, 7];

impl Validity {
    /// Whether `day` lies inside.
    pub fn contains(&self, day: Date) -> bool {
        self.from <= day && day <= self.until
    }

    /// The first minute: midnight of the first day in UTC.
    pub fn begins_at(&self) -> Timestamp {
        // A day whose midnight cannot be told never begins.
        midnight(self.from).unwrap_or(Timestamp::MAX)
    }

    /// The first minute at which it holds no more: midnight after the last day in UTC.
    pub fn ends_at(&self) -> Timestamp {
        self.until.tomorrow().ok().and_then(midnight).unwrap_or(Timestamp::MAX)
    }

    /// Whether it holds at that moment.
    pub fn holds_at(&self, now: Timestamp) -> bool {
        self.begins_at() <= now && now < self.ends_at()
    }

    /// Whether its end has come.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends_at() <= now
    }

    /// The days that both have in common; none if there are none.
    pub fn intersection(&self, other: &Validity) -> Option<Validity> {
        let common = Validity { from: self.from.max(other.from), until: self.until.min(other.until) };
        (common.from <= common.until).then_some(common)
    }
}

/// Which warning is due on `today` for something that holds until `until`: the nearest of [`WARNING_DAYS`] that is
/// reached; none before the first and none after the end. Whoever warns remembers which was given.
pub fn warning(until: Date, today: Date) -> Option<u16> {
    warning_of(&WARNING_DAYS, until, today)
}

/// The same with other days, in whatever order they stand.
pub fn warning_of(days: &[u16], until: Date, today: Date) -> Option<u16> {
    let left = u16::try_from(today.until(until).ok()?.get_days()).ok()?;
    days.iter().copied().filter(|days| left <= *days).min()
}

/// The day before `days` days.
pub(crate) fn days_before(now: Timestamp, days: u32) -> Timestamp {
    let hours = Span::new().try_hours(i64::from(days) * 24);
    hours.and_then(|span| now.checked_sub(span)).unwrap_or(Timestamp::MIN)
}

/// The day in UTC of a moment.
pub(crate) fn day_of(now: Timestamp) -> Date {
    now.to_zoned(TimeZone::UTC).date()
}

pub(crate) fn midnight(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use jiff::civil::date;

    #[test]
    fn it_ends_at_the_minute() {
        let valid = Validity { from: date(2026, 1, 1), until: date(2026, 12, 31) };
        let at = |text: &str| valid.holds_at(text.parse().unwrap());
        assert!(!at("2025-12-31T23:59:59Z") && at("2026-01-01T00:00:00Z"));
        assert!(at("2026-12-31T23:59:59Z") && !at("2027-01-01T00:00:00Z"));
        assert!(!at("2027-01-01T01:00:00+01:00"), "the day is UTC's");
    }

    #[test]
    fn warnings_come_at_ninety_thirty_and_seven_days() {
        let until = date(2026, 12, 31);
        let told = |month, day| warning(until, date(2026, month, day));
        assert_eq!([told(10, 1), told(10, 2), told(11, 30), told(12, 1)], [None, Some(90), Some(90), Some(30)]);
        assert_eq!([told(12, 23), told(12, 24), told(12, 31)], [Some(30), Some(7), Some(7)]);
        assert_eq!(warning(until, date(2027, 1, 1)), None);
    }
}
