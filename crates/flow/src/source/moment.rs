//! How is a date or a moment read from text, and how is one that does not exist told from one that is misspelt?
//!
//! Without a `format` only ISO 8601 is read: `2011-02-17`, and for moments RFC 3339 with an offset or `Z`. A moment
//! without an offset is refused, because nobody wrote down whose clock it was. With a `format` (strptime notation) the
//! catalogue has said how to read it; there, a moment whose notation has no offset is in UTC.

use causeway_model::Code;
use jiff::civil::Date;
use jiff::fmt::strtime::BrokenDownTime;

const DAY_US: i64 = 86_400_000_000;

/// A day, as days since 1970-01-01, in the years 1 to 9999.
pub(crate) fn date(text: &str, format: Option<&str>) -> Result<i32, Code> {
    let date = match format {
        None => iso_date(text.as_bytes())?,
        Some(format) => broken_down(format, text)?.to_date().map_err(|e| misread(&e))?,
    };
    known_day(days(date))
}

/// A moment, as microseconds since 1970-01-01T00:00:00Z, in the years 1 to 9999 of UTC. More digits than that are refused
/// unless they are zeros.
pub(crate) fn timestamp(text: &str, format: Option<&str>) -> Result<i64, Code> {
    let micros = match format {
        None => rfc_3339(text)?,
        Some(format) => in_notation(text, format)?,
    };
    known_moment(micros)
}

/// By our own arithmetic, because the library's moments end before the year 9999 does.
fn in_notation(text: &str, format: &str) -> Result<i64, Code> {
    let parsed = broken_down(format, text)?;
    // What a zone's name means depends on the day and on a table of all zones. Taken for UTC, it would be hours wrong.
    if parsed.iana_time_zone().is_some() {
        return Err(Code::WrongType);
    }
    if let Some(at) = parsed.timestamp() {
        let exact = at.subsec_nanosecond() % 1_000 == 0;
        return if exact { Ok(at.as_microsecond()) } else { Err(Code::WrongType) };
    }
    let at = parsed.to_datetime().map_err(|e| misread(&e))?;
    if at.subsec_nanosecond() % 1_000 != 0 {
        return Err(Code::WrongType);
    }
    let of_day = i64::from(at.hour()) * 3_600 + i64::from(at.minute()) * 60 + i64::from(at.second());
    let seconds = of_day - parsed.offset().map_or(0, |offset| i64::from(offset.seconds()));
    let micros = seconds * 1_000_000 + i64::from(at.subsec_nanosecond() / 1_000);
    Ok(i64::from(days(at.date())) * DAY_US + micros)
}

/// A date of which the day, or month and day, may be unknown: writes it as ISO 8601.
pub(crate) fn partial_date(text: &str, format: Option<&str>, out: &mut String) -> Result<(), Code> {
    use std::fmt::Write;
    out.clear();
    let Some(format) = format else {
        match text.len() {
            4 => iso_date_of(text.as_bytes(), b"01", b"01")?,
            7 => match text.as_bytes() {
                [year @ .., b'-', month_1, month_2] => iso_date_of(year, &[*month_1, *month_2], b"01")?,
                _ => return Err(Code::WrongType),
            },
            _ => iso_date(text.as_bytes())?,
        };
        out.push_str(text);
        return Ok(());
    };
    let parsed = broken_down(format, text)?;
    if parsed.year().is_some_and(|year| year < 1) {
        return Err(Code::DateImpossible);
    }
    let written = match (parsed.year(), parsed.month(), parsed.day()) {
        (Some(1..), None, None) if parsed.day_of_year().is_some() => None,
        (Some(year @ 1..), None, None) => Some(write!(out, "{year:04}")),
        (Some(year @ 1..), Some(month), None) => Some(write!(out, "{year:04}-{month:02}")),
        _ => None,
    };
    match written {
        Some(written) => written.map_err(|_| Code::WrongType),
        None => {
            let date = parsed.to_date().map_err(|e| misread(&e))?;
            if date.year() < 1 {
                return Err(Code::DateImpossible);
            }
            write!(out, "{date}").map_err(|_| Code::WrongType)
        }
    }
}

/// A day that a source gives as a number, if the calendar of the catalogue has it: years 1 to 9999.
pub(super) fn known_day(days: i32) -> Result<i32, Code> {
    if (FIRST_DAY..=LAST_DAY).contains(&days) { Ok(days) } else { Err(Code::DateImpossible) }
}

/// A moment that a source gives as a number, if it is in the years 1 to 9999.
pub(super) fn known_moment(micros: i64) -> Result<i64, Code> {
    let day = i32::try_from(micros.div_euclid(DAY_US)).map_err(|_| Code::DateImpossible)?;
    known_day(day).map(|_| micros)
}

/// Writes a day as ISO 8601.
pub(crate) fn write_day(days: i32, out: &mut String) -> Result<(), Code> {
    use std::fmt::Write;
    out.clear();
    let since = jiff::Span::new().try_days(known_day(days)?).map_err(|_| Code::DateImpossible)?;
    let date = Date::constant(1970, 1, 1).checked_add(since).map_err(|_| Code::DateImpossible)?;
    write!(out, "{date}").map_err(|_| Code::WrongType)
}

/// 0001-01-01 and 9999-12-31 as days since 1970-01-01.
const FIRST_DAY: i32 = -719_162;
const LAST_DAY: i32 = 2_932_896;

/// Exactly `YYYY-MM-DD`.
fn iso_date(text: &[u8]) -> Result<Date, Code> {
    match text {
        [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] => iso_date_of(&[*y1, *y2, *y3, *y4], &[*m1, *m2], &[*d1, *d2]),
        _ => Err(Code::WrongType),
    }
}

fn iso_date_of(year: &[u8], month: &[u8], day: &[u8]) -> Result<Date, Code> {
    let numbers = (digits(year)?, digits(month)?, digits(day)?);
    let (Ok(year @ 1..), Ok(month), Ok(day)) =
        (i16::try_from(numbers.0), i8::try_from(numbers.1), i8::try_from(numbers.2))
    else {
        return Err(Code::DateImpossible);
    };
    Date::new(year, month, day).map_err(|_| Code::DateImpossible)
}

/// `YYYY-MM-DDTHH:MM:SS[.fraction](Z|±HH:MM)`; the `T` may be a blank.
fn rfc_3339(text: &str) -> Result<i64, Code> {
    let wrong = Code::WrongType;
    let (date, rest) = text.as_bytes().split_at_checked(10).ok_or(wrong)?;
    let date = iso_date(date)?;
    let [b'T' | b't' | b' ', h1, h2, b':', m1, m2, b':', s1, s2, rest @ ..] = rest else { return Err(wrong) };
    let (hour, minute, second) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?, digits(&[*s1, *s2])?);
    let (micros, zone) = fraction(rest)?;
    let offset = match zone {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), h1, h2, b':', m1, m2] => {
            let (hours, minutes) = (digits(&[*h1, *h2])?, digits(&[*m1, *m2])?);
            if hours > 23 || minutes > 59 {
                return Err(Code::DateImpossible);
            }
            let seconds = i64::from(hours * 3_600 + minutes * 60);
            if *sign == b'-' { -seconds } else { seconds }
        }
        _ => return Err(wrong),
    };
    // A leap second has no place on the scale that we keep moments on.
    if hour > 23 || minute > 59 || second > 59 {
        return Err(Code::DateImpossible);
    }
    let seconds = i64::from(hour * 3_600 + minute * 60 + second) - offset;
    Ok(i64::from(days(date)) * DAY_US + seconds * 1_000_000 + i64::from(micros))
}

/// Microseconds of `.123456`, and what follows.
fn fraction(text: &[u8]) -> Result<(u32, &[u8]), Code> {
    let [b'.', rest @ ..] = text else { return Ok((0, text)) };
    let length = rest.iter().take_while(|b| b.is_ascii_digit()).count();
    let (fraction, rest) = rest.split_at_checked(length).ok_or(Code::WrongType)?;
    let (kept, beyond) = fraction.split_at_checked(6).unwrap_or((fraction, &[]));
    if fraction.is_empty() || beyond.iter().any(|b| *b != b'0') {
        return Err(Code::WrongType);
    }
    let scale = 10_u32.pow(u32::try_from(6 - kept.len()).unwrap_or(0));
    Ok((digits(kept)? * scale, rest))
}

fn digits(text: &[u8]) -> Result<u32, Code> {
    let mut value = 0;
    for byte in text {
        if !byte.is_ascii_digit() {
            return Err(Code::WrongType);
        }
        value = value * 10 + u32::from(byte - b'0');
    }
    Ok(value)
}

fn broken_down(format: &str, text: &str) -> Result<BrokenDownTime, Code> {
    BrokenDownTime::parse(format, text).map_err(|e| misread(&e))
}

/// A part out of its range (month 13, 30 February) is a date that does not exist; all else is no date.
fn misread(error: &jiff::Error) -> Code {
    if error.is_range() { Code::DateImpossible } else { Code::WrongType }
}

/// Days since 1970-01-01, counted in years that begin in March, so that the leap day comes last.
fn days(date: Date) -> i32 {
    let month = i32::from(date.month());
    let year = i32::from(date.year()) - i32::from(month <= 2);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + i32::from(date.day()) - 1;
    365 * year + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}
