//! How are days and moments of Arrow written as ISO 8601, and read back?
//!
//! Own arithmetic, because Arrow's range (years ±5.8 million) is wider than any calendar library's and a date must be
//! written as it is or not at all. Proleptic Gregorian, astronomical years: the year before 1 is 0.

/// Days from 1970-01-01 to 2000-03-01, from which cycles of four hundred years are counted.
const CYCLE_BEGINS: i64 = 11_017;
const DAYS_IN_400_YEARS: i64 = 146_097;
const DAYS_IN_100_YEARS: i64 = 36_524;
const DAYS_IN_4_YEARS: i64 = 1_461;
const MICROS_IN_DAY: i64 = 86_400_000_000;

/// Year, month and day that lie `days` after 1970-01-01.
pub(crate) fn civil(days: i64) -> (i64, i64, i64) {
    let since = days - CYCLE_BEGINS;
    let mut left = since.rem_euclid(DAYS_IN_400_YEARS);
    // The last century and the last year of a leap cycle are a day longer, hence the limits of three.
    let centuries = (left / DAYS_IN_100_YEARS).min(3);
    left -= centuries * DAYS_IN_100_YEARS;
    let leap_cycles = left / DAYS_IN_4_YEARS;
    left -= leap_cycles * DAYS_IN_4_YEARS;
    let years = (left / 365).min(3);
    left -= years * 365;
    let year = 2000 + 400 * since.div_euclid(DAYS_IN_400_YEARS) + 100 * centuries + 4 * leap_cycles + years;
    // From March on, five months have 153 days, over and over.
    let month = (5 * left + 2) / 153;
    let day = left - (153 * month + 2) / 5 + 1;
    if month < 10 { (year, month + 3, day) } else { (year + 1, month - 9, day) }
}

/// Days from 1970-01-01 to a day, if there is such a day.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(-10_000_000..=10_000_000).contains(&year) {
        return None;
    }
    let (march_year, march_month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let in_cycle = march_year.rem_euclid(400);
    let days = march_year.div_euclid(400) * DAYS_IN_400_YEARS + in_cycle * 365 + in_cycle / 4 - in_cycle / 100
        + (153 * march_month + 2) / 5
        + day
        - 1
        + days_of_year_zero();
    (civil(days) == (year, month, day)).then_some(days)
}

/// Days from 1970-01-01 to 0000-03-01.
const fn days_of_year_zero() -> i64 {
    CYCLE_BEGINS - 5 * DAYS_IN_400_YEARS
}

/// Two digits.
fn two(number: i64) -> [u8; 2] {
    [b'0' + (number / 10 % 10) as u8, b'0' + (number % 10) as u8]
}

/// Writes a day: `2026-06-30`; years outside 0–9999 with a sign and at least six digits (ISO 8601 expanded).
pub(super) fn write_date(day: i32, out: &mut Vec<u8>) {
    write_day(i64::from(day), out);
}

fn write_day(since: i64, out: &mut Vec<u8>) {
    let (year, month, day) = civil(since);
    if (0..=9999).contains(&year) {
        let ([a, b], [c, d], [e, f], [g, h]) = (two(year / 100), two(year), two(month), two(day));
        out.extend_from_slice(&[a, b, c, d, b'-', e, f, b'-', g, h]);
        return;
    }
    out.push(if year < 0 { b'-' } else { b'+' });
    let mut digits = itoa::Buffer::new();
    let digits = digits.format(year.unsigned_abs()).as_bytes();
    (digits.len()..6).for_each(|_| out.push(b'0'));
    out.extend_from_slice(digits);
    let ([e, f], [g, h]) = (two(month), two(day));
    out.extend_from_slice(&[b'-', e, f, b'-', g, h]);
}

/// Writes a moment in UTC: `2026-06-30T12:00:00Z`, with six digits of a second's fraction unless they are zero.
pub(super) fn write_moment(micros: i64, out: &mut Vec<u8>) {
    write_day(micros.div_euclid(MICROS_IN_DAY), out);
    let of_day = micros.rem_euclid(MICROS_IN_DAY);
    let (seconds, fraction) = (of_day / 1_000_000, of_day % 1_000_000);
    let ([a, b], [c, d], [e, f]) = (two(seconds / 3600), two(seconds / 60 % 60), two(seconds % 60));
    out.extend_from_slice(&[b'T', a, b, b':', c, d, b':', e, f]);
    if fraction != 0 {
        let ([a, b], [c, d], [e, f]) = (two(fraction / 10_000), two(fraction / 100), two(fraction));
        out.extend_from_slice(&[b'.', a, b, c, d, e, f]);
    }
    out.push(b'Z');
}

/// Reads what [`write_date`] writes, and nothing else.
pub(super) fn read_date(text: &str) -> Option<i32> {
    read_day(text).and_then(|day| i32::try_from(day).ok())
}

fn read_day(text: &str) -> Option<i64> {
    let (unsigned, negative, expanded) = match text.as_bytes().first()? {
        b'-' => (text.get(1..)?, true, true),
        b'+' => (text.get(1..)?, false, true),
        _ => (text, false, false),
    };
    let mut parts = unsigned.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let sound = if expanded { (6..=7).contains(&year.len()) } else { year.len() == 4 };
    if parts.next().is_some() || !sound {
        return None;
    }
    let magnitude = number(year, year.len())?;
    // An expanded year that fits four digits has a shorter spelling: there is one text for one day.
    if expanded && !negative && magnitude <= 9999 || negative && magnitude == 0 {
        return None;
    }
    days(if negative { -magnitude } else { magnitude }, number(month, 2)?, number(day, 2)?)
}

/// Reads what [`write_moment`] writes, and nothing else.
pub(super) fn read_moment(text: &str) -> Option<i64> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let (clock, fraction) = match time.split_once('.') {
        Some((clock, fraction)) => (clock, number(fraction, 6).filter(|micros| *micros != 0)?),
        None => (time, 0),
    };
    let mut parts = clock.split(':');
    let (hour, minute, second) = (parts.next()?, parts.next()?, parts.next()?);
    let (hour, minute, second) = (number(hour, 2)?, number(minute, 2)?, number(second, 2)?);
    if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    // In 128 bits: the first day that 64 bits of microseconds reach begins before they do.
    let of_day = (hour * 3600 + minute * 60 + second) * 1_000_000 + fraction;
    i64::try_from(i128::from(read_day(date)?) * i128::from(MICROS_IN_DAY) + i128::from(of_day)).ok()
}

/// A number of exactly `digits` ASCII digits.
fn number(text: &str, digits: usize) -> Option<i64> {
    (text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use proptest::prelude::*;

    use super::*;

    fn date(day: i32) -> String {
        let mut out = Vec::new();
        write_date(day, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn moment(micros: i64) -> String {
        let mut out = Vec::new();
        write_moment(micros, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn days_agree_with_a_calendar_library() {
        let epoch = jiff::civil::date(1970, 1, 1);
        let strides = (-4_371_000..=2_932_000).step_by(89).chain(-30_000..30_000);
        for day in strides {
            let expected = epoch.checked_add(jiff::Span::new().days(day)).unwrap();
            if expected.year() >= 0 {
                assert_eq!(date(day), expected.to_string());
            }
            assert_eq!(read_date(&date(day)), Some(day));
        }
    }

    #[test]
    fn moments_show_microseconds_only_when_there_are_any() {
        assert_eq!(moment(1_782_820_800_000_000), "2026-06-30T12:00:00Z");
        assert_eq!(moment(1_782_820_800_000_250), "2026-06-30T12:00:00.000250Z");
        assert_eq!(moment(-1), "1969-12-31T23:59:59.999999Z");
    }

    #[test]
    fn years_outside_four_digits_are_expanded() {
        assert_eq!(date(2_932_897), "+010000-01-01");
        assert_eq!(date(-719_529), "-000001-12-31");
        assert_eq!(date(-719_528), "0000-01-01");
    }

    #[test]
    fn days_that_are_not_and_other_spellings_are_refused() {
        for text in [
            "2025-02-29",
            "1900-02-29",
            "2024-13-01",
            "2024-00-10",
            "2024-01-00",
            "2024-1-01",
            "+002024-01-01",
            "",
            "-",
        ] {
            assert_eq!(read_date(text), None, "{text}");
        }
        for text in [
            "2026-06-30T24:00:00Z",
            "2026-06-30T12:00:00",
            "2026-06-30T12:00:00.5Z",
            "2026-06-30 12:00:00Z",
            "2026-06-30T12:00:00.000000Z",
        ] {
            assert_eq!(read_moment(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_day_and_moment_comes_back(day: i32, micros: i64) {
            prop_assert_eq!(read_date(&date(day)), Some(day));
            prop_assert_eq!(read_moment(&moment(micros)), Some(micros));
        }
    }
}
