//! How does a value of PostgreSQL's binary format become a cell, exactly or as a fault?

use causeway_flow::source::{Cell, Decoder};

/// Days and microseconds from 1970-01-01 to 2000-01-01, from which PostgreSQL counts.
const DAYS: i32 = 10_957;
const MICROS: i64 = 946_684_800_000_000;

/// How a column's values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Bool,
    Int2,
    Int4,
    Int8,
    Oid,
    Float4,
    Float8,
    Numeric,
    /// Text, varchar, enums, JSON, names: bytes of UTF-8.
    Text,
    /// `char(n)`: blanks at the end mean nothing.
    Padded,
    Uuid,
    Date,
    /// Without a zone: whose clock it was, only the catalogue's `format` says.
    Timestamp,
    Timestamptz,
    Bytes,
    /// A version byte, then text.
    Jsonb,
    Array,
    /// Anything else, as the server writes it.
    AsText,
}

impl Kind {
    /// The kind of a base type, by its number, class (`e`: enum) and category (`A`: array).
    pub(crate) fn of(oid: u32, class: &str, category: &str) -> Self {
        match (oid, class, category) {
            (_, "e", _) => Self::Text,
            (_, _, "A") => Self::Array,
            (16, ..) => Self::Bool,
            (17, ..) => Self::Bytes,
            (18 | 19 | 25 | 114 | 1043, ..) => Self::Text,
            (20, ..) => Self::Int8,
            (21, ..) => Self::Int2,
            (23, ..) => Self::Int4,
            (26, ..) => Self::Oid,
            (700, ..) => Self::Float4,
            (701, ..) => Self::Float8,
            (1042, ..) => Self::Padded,
            (1082, ..) => Self::Date,
            (1114, ..) => Self::Timestamp,
            (1184, ..) => Self::Timestamptz,
            (1700, ..) => Self::Numeric,
            (2950, ..) => Self::Uuid,
            (3802, ..) => Self::Jsonb,
            _ => Self::AsText,
        }
    }
}

/// A value that is not of the length that its type has: the server and we disagree on what is sent.
#[derive(Debug)]
pub(super) struct Misread;

/// Pushes the value of a column. `zoned`: the catalogue says how a moment without a zone is to be read, and that is UTC.
#[inline]
pub(super) fn push(
    decoder: &mut Decoder,
    column: usize,
    kind: Kind,
    zoned: bool,
    value: &[u8],
    scratch: &mut String,
) -> Result<(), Misread> {
    let cell = match kind {
        Kind::Text | Kind::AsText => Cell::Text(value),
        Kind::Padded => Cell::Text(trimmed(value)),
        Kind::Uuid => Cell::Uuid(value.try_into().map_err(|_| Misread)?),
        Kind::Date => Cell::Date(i32::from_be_bytes(array(value)?).saturating_add(DAYS)),
        Kind::Bool => Cell::Boolean(array::<1>(value)? != [0]),
        Kind::Int2 => Cell::Integer(i16::from_be_bytes(array(value)?).into()),
        Kind::Int4 => Cell::Integer(i32::from_be_bytes(array(value)?).into()),
        Kind::Int8 => Cell::Integer(i64::from_be_bytes(array(value)?)),
        Kind::Oid => Cell::Integer(u32::from_be_bytes(array(value)?).into()),
        Kind::Float4 => Cell::Real(f32::from_be_bytes(array(value)?).into()),
        Kind::Float8 => Cell::Real(f64::from_be_bytes(array(value)?)),
        Kind::Numeric => match numeric(value, scratch)? {
            Some((unscaled, scale)) => Cell::Decimal(unscaled, scale),
            None => Cell::Number(scratch),
        },
        Kind::Timestamptz => Cell::Timestamp(i64::from_be_bytes(array(value)?).saturating_add(MICROS)),
        Kind::Timestamp => {
            let micros = i64::from_be_bytes(array(value)?).saturating_add(MICROS);
            if zoned {
                Cell::Timestamp(micros)
            } else {
                use std::fmt::Write;
                scratch.clear();
                let written = jiff::Timestamp::from_microsecond(micros).map(|at| at.to_zoned(jiff::tz::TimeZone::UTC));
                let _ = match written {
                    Ok(at) => write!(scratch, "{}", at.datetime()),
                    Err(_) => write!(scratch, "out of range"),
                };
                Cell::Text(scratch.as_bytes())
            }
        }
        Kind::Bytes => Cell::Bytes(value),
        Kind::Jsonb => Cell::Text(value.get(1..).ok_or(Misread)?),
        Kind::Array => Cell::Nested(b"an array"),
    };
    decoder.push(column, cell);
    Ok(())
}

fn array<const N: usize>(value: &[u8]) -> Result<[u8; N], Misread> {
    value.try_into().map_err(|_| Misread)
}

fn trimmed(mut value: &[u8]) -> &[u8] {
    while let [rest @ .., b' '] = value {
        value = rest;
    }
    value
}

/// A numeric as unscaled value and scale; none, with its text in `scratch`, where it is not finite or has too many digits.
///
/// Format: count of digits, weight of the first, sign, digits after the point, then digits of base 10,000.
fn numeric(value: &[u8], scratch: &mut String) -> Result<Option<(i128, u8)>, Misread> {
    let (head, digits) = value.split_at_checked(8).ok_or(Misread)?;
    let word =
        |at: usize| head.get(at..at + 2).and_then(|two| two.try_into().ok()).map(u16::from_be_bytes).ok_or(Misread);
    let (count, weight, sign, scale) = (word(0)?, word(2)?.cast_signed(), word(4)?, word(6)?);
    if digits.len() != usize::from(count) * 2 {
        return Err(Misread);
    }
    let digit = |at: i64| {
        let pair = usize::try_from(at).ok().and_then(|at| digits.get(at * 2..at * 2 + 2));
        pair.and_then(|two| two.try_into().ok()).map_or(0, u16::from_be_bytes)
    };
    scratch.clear();
    match sign {
        0xC000 => scratch.push_str("NaN"),
        0xD000 => scratch.push_str("Infinity"),
        0xF000 => scratch.push_str("-Infinity"),
        _ => {
            let exact = u8::try_from(scale).ok().filter(|scale| *scale <= 38);
            if let Some(found) =
                exact.and_then(|scale| unscaled(weight, sign, scale, &digit).map(|value| (value, scale)))
            {
                return Ok(Some(found));
            }
            write_numeric(weight, sign, scale, &digit, scratch);
        }
    }
    Ok(None)
}

/// Digits of base 10,000 down to the last that the scale shows, cut to it.
fn unscaled(weight: i16, sign: u16, scale: u8, digit: &impl Fn(i64) -> u16) -> Option<i128> {
    let groups_after = i64::from(scale).div_euclid(4) + i64::from(!scale.is_multiple_of(4));
    let last = i64::from(weight) + groups_after;
    let mut value: i128 = 0;
    for at in 0..=last {
        value = value.checked_mul(10_000)?.checked_add(digit(at).into())?;
    }
    let beyond = groups_after * 4 - i64::from(scale);
    let value = value / 10_i128.pow(u32::try_from(beyond).ok()?);
    Some(if sign == 0x4000 { -value } else { value })
}

fn write_numeric(weight: i16, sign: u16, scale: u16, digit: &impl Fn(i64) -> u16, out: &mut String) {
    use std::fmt::Write;
    if sign == 0x4000 {
        out.push('-');
    }
    for at in 0..=i64::from(weight) {
        let _ = if at == 0 { write!(out, "{}", digit(at)) } else { write!(out, "{:04}", digit(at)) };
    }
    if weight < 0 {
        out.push('0');
    }
    if scale > 0 {
        out.push('.');
        let mut fraction = String::new();
        let mut at = i64::from(weight) + 1;
        // Groups that stand between the point and the first digit are zero.
        for _ in 0..(-1 - i64::from(weight)).max(0) {
            fraction.push_str("0000");
        }
        at = at.max(0);
        while fraction.len() < usize::from(scale) {
            let _ = write!(fraction, "{:04}", digit(at));
            at += 1;
        }
        out.push_str(fraction.get(..usize::from(scale)).unwrap_or(&fraction));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A numeric as the server sends it.
    fn sent(weight: i16, sign: u16, scale: u16, digits: &[u16]) -> Vec<u8> {
        let head = [digits.len() as u16, weight.cast_unsigned(), sign, scale];
        head.iter().chain(digits).flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn numerics_are_exact_or_told_as_text() {
        let mut text = String::new();
        type Case<'c> = (&'c [u8], Option<(i128, u8)>);
        let cases: [Case<'_>; 8] = [
            (&sent(0, 0, 2, &[12, 5000]), Some((1250, 2))),
            (&sent(0, 0x4000, 2, &[12, 5000]), Some((-1250, 2))),
            (&sent(-1, 0, 4, &[5]), Some((5, 4))),
            (&sent(-2, 0, 8, &[1]), Some((1, 8))),
            (&sent(1, 0, 0, &[1]), Some((10_000, 0))),
            (&sent(0, 0, 0, &[]), Some((0, 0))),
            (&sent(0, 0, 3, &[7, 1230]), Some((7123, 3))),
            (&sent(0, 0xC000, 0, &[]), None),
        ];
        for (value, expected) in cases {
            assert_eq!(numeric(value, &mut text).unwrap(), expected, "{value:?}");
        }
        assert_eq!(text, "NaN");
        assert_eq!(numeric(&sent(11, 0, 0, &[1]), &mut text).unwrap(), None);
        assert_eq!(text, format!("1{}", "0".repeat(44)));
        assert_eq!(numeric(&sent(-11, 0, 41, &[1000]), &mut text).unwrap(), None);
        assert_eq!(text, format!("0.{}1", "0".repeat(40)));
        assert!(numeric(&[0, 1, 0], &mut text).is_err());
    }
}
