//! How does a field of a row become a cell, exactly, or one that the decoder calls a fault?
//!
//! A server writes numbers, days and moments as text. What is not exactly what its type promises, such as the day
//! `0000-00-00`, is handed on as it is written, so that the report shows it.

use causeway_flow::source::{Cell, Decoder, ScanColumn};
use causeway_model::ValueType;

use super::definition::Kind;
use super::failure::Trouble;
use super::fields::Fields;
use super::moment;

/// How the fields of one column are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// A whole number, zeros before it ignored.
    Integer,
    /// A whole number as truth: 0 or 1.
    Truth,
    /// Bits as a whole number.
    Bits,
    /// A number with a point.
    Decimal,
    /// A floating point number.
    Real,
    /// As it is written.
    Text,
    /// Bytes.
    Bytes,
    /// Sixteen bytes that are a UUID.
    Uuid,
    /// `YYYY-MM-DD`
    Day,
    /// `YYYY-MM-DD HH:MM:SS[.fraction]` in UTC.
    Moment,
}

impl How {
    /// How fields of a column of `kind` are read for an element; the catalogue's notation for a datetime included.
    pub(super) fn of(kind: Kind, column: &ScanColumn) -> Self {
        match kind {
            Kind::Integer { .. } if column.value_type == ValueType::Boolean => Self::Truth,
            // The year `0000` is no year; for a whole number it is 0.
            Kind::Year if column.value_type == ValueType::PartialDate => Self::Text,
            Kind::Integer { .. } | Kind::Year => Self::Integer,
            Kind::Bits => Self::Bits,
            Kind::Decimal(_) => Self::Decimal,
            Kind::Real { .. } => Self::Real,
            Kind::Bytes if column.value_type == ValueType::Uuid => Self::Uuid,
            Kind::Bytes => Self::Bytes,
            Kind::Date => Self::Day,
            Kind::Timestamp => Self::Moment,
            // A notation that says no more than what a datetime looks like makes it UTC.
            Kind::Datetime => match column.format.as_deref() {
                Some("%Y-%m-%d %H:%M:%S" | "%Y-%m-%d %H:%M:%S%.f" | "%F %T" | "%F %T%.f") => Self::Moment,
                _ => Self::Text,
            },
            Kind::Text | Kind::Time | Kind::Other => Self::Text,
        }
    }
}

/// Pushes the fields of a row.
pub(super) fn push_row(row: &[u8], columns: &[How], decoder: &mut Decoder) -> Result<(), Trouble> {
    // A scan without columns asks for something, because the language wants it, and reads nothing of it.
    if columns.is_empty() {
        return Ok(());
    }
    let mut fields = Fields(row);
    for (place, how) in columns.iter().enumerate() {
        match fields.value() {
            Some(Some(field)) => push(field, *how, place, decoder),
            Some(None) => decoder.push(place, Cell::Null),
            None => return Err(Trouble::Garbled("a row is cut")),
        }
    }
    if fields.0.is_empty() { Ok(()) } else { Err(Trouble::Garbled("a row has more columns than were asked for")) }
}

fn push(field: &[u8], how: How, place: usize, decoder: &mut Decoder) {
    let cell = match how {
        How::Text => Cell::Text(field),
        How::Integer => integer(field).unwrap_or_else(|| as_written(field)),
        How::Truth => match field {
            b"0" => Cell::Boolean(false),
            b"1" => Cell::Boolean(true),
            _ => integer(field).unwrap_or_else(|| as_written(field)),
        },
        How::Bits => bits(field),
        How::Decimal => decimal(field).unwrap_or_else(|| as_written(field)),
        How::Real => {
            std::str::from_utf8(field).ok().and_then(|text| text.parse().ok()).map_or(Cell::Nested(field), Cell::Real)
        }
        How::Bytes => Cell::Bytes(field),
        How::Uuid => field.try_into().map_or(Cell::Bytes(field), Cell::Uuid),
        How::Day => moment::day(field).map_or(Cell::Text(field), Cell::Date),
        How::Moment => moment::moment(field).map_or(Cell::Text(field), Cell::Timestamp),
    };
    decoder.push(place, cell);
}

/// A number that has no place in 64 bits, or is no number: the decoder decides, and shows it as it is written.
fn as_written(field: &[u8]) -> Cell<'_> {
    std::str::from_utf8(field).map_or(Cell::Nested(field), Cell::Number)
}

fn integer(field: &[u8]) -> Option<Cell<'static>> {
    let (negative, digits) = match field {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    if digits.is_empty() {
        return None;
    }
    // Eighteen digits cannot overflow; more are rare enough to be checked one by one, and counted downwards, as the most
    // negative number has no positive twin.
    let mut value: i64 = 0;
    for digit in digits {
        let digit = i64::from(digit.wrapping_sub(b'0'));
        if digit > 9 {
            return None;
        }
        value = match digits.len() {
            ..=18 => value * 10 + digit,
            _ => value.checked_mul(10)?.checked_sub(digit)?,
        };
    }
    let value = match (digits.len() <= 18, negative) {
        (true, false) | (false, true) => value,
        (true, true) => -value,
        (false, false) => value.checked_neg()?,
    };
    Some(Cell::Integer(value))
}

fn bits(field: &[u8]) -> Cell<'_> {
    if field.len() > 8 {
        return Cell::Nested(field);
    }
    let value = field.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
    i64::try_from(value).map_or(Cell::Decimal(i128::from(value), 0), Cell::Integer)
}

/// A number with a point: zeros that add nothing at its end are dropped where the digits would be too many.
fn decimal(field: &[u8]) -> Option<Cell<'static>> {
    let (negative, text) = match field {
        [b'-', text @ ..] => (true, text),
        text => (false, text),
    };
    let point = text.iter().position(|byte| *byte == b'.');
    let (whole, fraction) = match point {
        Some(point) => (text.get(..point)?, text.get(point + 1..)?),
        None => (text, &b""[..]),
    };
    let needed = fraction.len() - fraction.iter().rev().take_while(|byte| **byte == b'0').count();
    let fraction = if text.len() > 38 { fraction.get(..needed)? } else { fraction };
    let mut value: i128 = 0;
    for digit in whole.iter().chain(fraction) {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i128::from(digit))?;
    }
    Some(Cell::Decimal(if negative { -value } else { value }, u8::try_from(fraction.len()).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(cell: Option<Cell<'_>>) -> String {
        cell.map_or_else(|| "none".to_owned(), |cell| format!("{cell:?}"))
    }

    #[test]
    fn whole_numbers_are_exact_up_to_64_bits() {
        for text in ["0", "-1", "9223372036854775807", "-9223372036854775808", "999999999999999999"] {
            assert_eq!(shown(integer(text.as_bytes())), format!("Integer({text})"));
        }
        assert_eq!(shown(integer(b"00042")), "Integer(42)");
        assert_eq!(shown(integer(b"0000000000000000000000042")), "Integer(42)");
        for text in ["9223372036854775808", "-9223372036854775809", "18446744073709551615", "", "-", "1a", "1e3"] {
            assert_eq!(shown(integer(text.as_bytes())), "none", "{text}");
        }
        assert_eq!(shown(Some(bits(&[1, 0]))), "Integer(256)");
        assert_eq!(shown(Some(bits(&[0xff; 8]))), "Decimal(18446744073709551615, 0)");
    }

    #[test]
    fn decimals_are_exact_or_left_as_written() {
        assert_eq!(shown(decimal(b"-0.50")), "Decimal(-50, 2)");
        assert_eq!(shown(decimal(b"12")), "Decimal(12, 0)");
        let long = b"12345678901234567890.120000000000000000000000000000";
        assert_eq!(shown(decimal(long)), "Decimal(1234567890123456789012, 2)");
        assert_eq!(shown(decimal(&[b'9'; 65])), "none");
        assert_eq!(shown(decimal(b"1x")), "none");
    }
}
