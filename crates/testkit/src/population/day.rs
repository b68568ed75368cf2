//! Which calendar day is it, as a number that can be counted with cheaply and written as ISO 8601?

use std::fmt;

/// A day, counted from 1 January 1970 in the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Day(pub(super) i32);

/// The population is as it stood on 1 October 2026.
pub(super) const AS_OF: Day = Day::of(2026, 10, 1);

impl Day {
    /// A date of the Gregorian calendar; month and day from 1.
    pub(super) const fn of(year: i32, month: i32, day: i32) -> Self {
        // Years that begin in March put the leap day last, which makes the months' lengths a straight line.
        let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
        let days = 365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        Self(days + (153 * month + 2) / 5 + day - 1 - 719_468)
    }

    pub(super) const fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    pub(super) fn year(self) -> i32 {
        self.parts().0
    }

    /// 1 January of the same year: what stands for a birthday that is not known.
    pub(super) fn new_year(self) -> Self {
        Self::of(self.year(), 1, 1)
    }

    /// Whole years from this day to `AS_OF`, by average years.
    pub(super) fn age(self) -> i32 {
        (AS_OF.0 - self.0) * 100 / 36_525
    }

    fn parts(self) -> (i32, i32, i32) {
        let days = self.0 + 719_468;
        let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year + year / 4 - year / 100);
        let month = (5 * of_year + 2) / 153;
        let day = of_year - (153 * month + 2) / 5 + 1;
        let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        (era * 400 + year + carry, month, day)
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.parts();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use jiff::civil::{Date, date};

    use super::*;

    #[test]
    fn it_agrees_with_a_calendar_on_every_day_of_two_centuries() {
        let mut expected: Date = date(1899, 12, 31);
        let mut day = Day::of(1899, 12, 31);
        while expected < date(2100, 3, 2) {
            assert_eq!(day.to_string(), expected.to_string());
            assert_eq!(day.new_year().to_string(), format!("{}-01-01", expected.year()));
            expected = expected.tomorrow().unwrap();
            day = day.plus(1);
        }
        assert_eq!(Day::of(1970, 1, 1).0, 0);
    }
}
