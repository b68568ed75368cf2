//! How is a value of the catalogue or an arrangement written into a statement, so that it cannot be anything but a value?
//!
//! `COPY` takes no parameters. So each value is written by its type, from a parsed value, never from its text; a text of
//! anything but plain letters, digits and a few marks is written as the digits of its bytes.

use causeway_model::Value;
use jiff::civil::Date;

/// A text. None for what PostgreSQL cannot hold: then nothing is equal to it.
pub(super) fn text(value: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':' | b'/' | b' ');
    if value.contains('\0') {
        None
    } else if value.bytes().all(plain) {
        Some(format!("'{value}'::pg_catalog.text"))
    } else {
        // In a query of its own, the text is made once and not for each row.
        let digits = hex::encode(value);
        Some(format!("(SELECT pg_catalog.convert_from(pg_catalog.decode('{digits}', 'hex'), 'UTF8'))"))
    }
}

/// A whole number; none for a value that is none.
pub(super) fn integer(value: &Value) -> Option<String> {
    match value {
        Value::Integer(value) => Some(format!("'{value}'::pg_catalog.int8")),
        _ => None,
    }
}

/// An exact decimal number of at most `scale` digits after the point, as the population's conditions read them.
pub(super) fn decimal(value: &Value, scale: i8) -> Option<String> {
    let text = match value {
        Value::Integer(value) => value.to_string(),
        Value::Text(text) => text.clone(),
        Value::Boolean(_) => return None,
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = whole.strip_prefix('-').unwrap_or(whole);
    let is_number = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    let sound = !digits.is_empty()
        && digits.len() <= 38
        && is_number(digits)
        && is_number(fraction)
        && i8::try_from(fraction.len()).is_ok_and(|length| length <= scale)
        && (fraction.is_empty() != text.contains('.'));
    sound.then(|| format!("'{text}'::pg_catalog.numeric"))
}

/// A day of the years 1 to 9999, written as ISO 8601.
pub(super) fn date(value: &Value) -> Option<String> {
    let Value::Text(text) = value else { return None };
    let date: Date = text.parse().ok()?;
    (date.year() >= 1).then(|| format!("'{date}'::pg_catalog.date"))
}

/// A moment of the years 1 to 9999; in a column without a zone, in UTC.
pub(super) fn moment(value: &Value, with_zone: bool) -> Option<String> {
    let Value::Text(text) = value else { return None };
    let moment: jiff::Timestamp = text.parse().ok()?;
    let moment = jiff::Timestamp::from_microsecond(moment.as_microsecond()).ok()?;
    let at = moment.to_zoned(jiff::tz::TimeZone::UTC).datetime();
    let (written, zone) = (at.to_string(), if with_zone { "Z" } else { "" });
    let kind = if with_zone { "timestamptz" } else { "timestamp" };
    (at.year() >= 1).then(|| format!("'{written}{zone}'::pg_catalog.{kind}"))
}

/// A truth value.
pub(super) fn boolean(value: &Value) -> Option<String> {
    match value {
        Value::Boolean(true) => Some("true".to_owned()),
        Value::Boolean(false) => Some("false".to_owned()),
        _ => None,
    }
}

/// The bytes of a UUID in lower case with dashes; none for any other spelling, which no batch has.
pub(super) fn uuid(text: &str) -> Option<[u8; 16]> {
    let bytes = text.as_bytes();
    let dashes = [8, 13, 18, 23];
    let sound = bytes.len() == 36
        && bytes.iter().enumerate().all(|(place, byte)| match byte {
            b'-' => dashes.contains(&place),
            _ => !dashes.contains(&place) && matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        });
    let digits: String = text.chars().filter(|letter| *letter != '-').collect();
    let mut uuid = [0; 16];
    (sound && hex::decode_to_slice(digits, &mut uuid).is_ok()).then_some(uuid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_texts_stand_as_they_are() {
        assert_eq!(text("KE-04 b").as_deref(), Some("'KE-04 b'::pg_catalog.text"));
        for value in ["it's", "a\\'b", "né", "\u{202e}", "$1", "a;b", "\n", "--\"", "%"] {
            let written = text(value).unwrap();
            assert!(written.starts_with("(SELECT") && !written.contains(value), "{written}");
        }
        assert_eq!(text("a\0b"), None);
    }

    #[test]
    fn values_of_another_type_are_not_written() {
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(decimal(&text("1.50"), 2).as_deref(), Some("'1.50'::pg_catalog.numeric"));
        for nonsense in ["1.505", "1.", ".5", "1e5", "NaN", "", "-", "--1", "1'"] {
            assert_eq!(decimal(&text(nonsense), 2), None, "{nonsense}");
        }
        assert_eq!(date(&text("2011-02-17")).as_deref(), Some("'2011-02-17'::pg_catalog.date"));
        for nonsense in ["infinity", "2011-02-30", "-000044-03-15", "today"] {
            assert_eq!(date(&text(nonsense)), None, "{nonsense}");
        }
        let at = moment(&text("2026-01-01T01:30:00.25+03:00"), true);
        assert_eq!(at.as_deref(), Some("'2025-12-31T22:30:00.25Z'::pg_catalog.timestamptz"));
        assert_eq!(integer(&text("1")), None);
        assert!(uuid("0a0a0a0a-0b0b-0c0c-0d0d-0e0e0e0e0e0f").is_some());
        for nonsense in ["0A0a0a0a-0b0b-0c0c-0d0d-0e0e0e0e0e0f", "0a0a0a0a0b0b0c0c0d0d0e0e0e0e0e0f", "é"] {
            assert_eq!(uuid(nonsense), None, "{nonsense}");
        }
    }
}
