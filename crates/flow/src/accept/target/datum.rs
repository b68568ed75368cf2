//! What is a value, as it came in and as it stands in a target, and are the two the same?

use std::fmt;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
use causeway_model::{Code, ValueType};
use serde::{Deserialize, Serialize};

use crate::source::{literal, moment};

const DAY_US: i64 = 86_400_000_000;

/// A value that came in. It cannot be printed.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Datum {
    /// None.
    Null,
    /// Text; also a partial date, a code, a place, and a UUID in lower case with dashes.
    Text(String),
    /// A whole number.
    Integer(i64),
    /// An exact number: unscaled value, digits after the point.
    Decimal(i128, u8),
    /// True or false.
    Boolean(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// A value as a target holds it. It cannot be printed, and two are equal only where every byte is.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stored {
    /// None.
    Null,
    /// A whole number, where the target tells numbers from texts.
    Integer(i64),
    /// The bits of a floating point number, where it tells these too.
    Real(u64),
    /// Text, as the target writes the value.
    Text(String),
    /// Bytes, or what should be text and is not UTF-8.
    Bytes(#[serde(with = "hexadecimal")] Vec<u8>),
}

impl Datum {
    /// The value of a row of a column that a decoder filled.
    ///
    /// # Errors
    /// The column is none of the catalogue's.
    pub fn of(column: &dyn Array, row: usize) -> Result<Self, Code> {
        use arrow::datatypes::DataType;
        if row >= column.len() {
            return Err(Code::WrongType);
        }
        if column.is_null(row) {
            return Ok(Datum::Null);
        }
        Ok(match column.data_type() {
            DataType::Utf8 => Datum::Text(column.as_string::<i32>().value(row).to_owned()),
            DataType::Int64 => Datum::Integer(column.as_primitive::<Int64Type>().value(row)),
            DataType::Decimal128(_, scale) => {
                let scale = u8::try_from(*scale).map_err(|_| Code::WrongType)?;
                Datum::Decimal(column.as_primitive::<Decimal128Type>().value(row), scale)
            }
            DataType::Boolean => Datum::Boolean(column.as_boolean().value(row)),
            DataType::Date32 => Datum::Date(column.as_primitive::<Date32Type>().value(row)),
            DataType::Timestamp(_, _) => Datum::Timestamp(
                column.as_primitive_opt::<TimestampMicrosecondType>().ok_or(Code::WrongType)?.value(row),
            ),
            DataType::Binary => Datum::Bytes(column.as_binary::<i32>().value(row).to_vec()),
            _ => return Err(Code::WrongType),
        })
    }

    /// Reads what a target holds as a value of that type; moments there are in UTC. Codes are not looked up: what stands there
    /// stands there.
    ///
    /// # Errors
    /// It is no value of that type.
    pub fn read(value_type: &ValueType, stored: &Stored) -> Result<Self, Code> {
        let text = match stored {
            Stored::Null => return Ok(Datum::Null),
            Stored::Text(text) => text.as_str(),
            Stored::Integer(value) => return Datum::of_integer(value_type, *value),
            Stored::Real(bits) => return Datum::of_real(value_type, f64::from_bits(*bits)),
            Stored::Bytes(bytes) => {
                let is_bytes = *value_type == ValueType::Bytes;
                return if is_bytes { Ok(Datum::Bytes(bytes.clone())) } else { Err(Code::InvalidUtf8) };
            }
        };
        Ok(match value_type {
            ValueType::Text | ValueType::Code(_) | ValueType::Place(_) => Datum::Text(text.to_owned()),
            ValueType::PartialDate => {
                let mut written = String::new();
                moment::partial_date(text, None, &mut written)?;
                Datum::Text(written)
            }
            ValueType::Uuid => {
                let written = literal::uuid(text)?;
                Datum::Text(String::from_utf8_lossy(&written).into_owned())
            }
            ValueType::Integer => Datum::Integer(literal::integer(text)?),
            ValueType::Decimal(precision, scale) => decimal(text, *precision, *scale)?,
            ValueType::Boolean => Datum::Boolean(literal::boolean(text)?),
            ValueType::Date => Datum::Date(moment::date(text, None)?),
            ValueType::Timestamp => Datum::Timestamp(moment::timestamp(&zoned(text), None)?),
            ValueType::Bytes => return Err(Code::WrongType),
        })
    }

    fn of_integer(value_type: &ValueType, value: i64) -> Result<Self, Code> {
        match (value_type, value) {
            (ValueType::Boolean, 0 | 1) => Ok(Datum::Boolean(value == 1)),
            (ValueType::Boolean, _) => Err(Code::WrongType),
            _ => Self::read(value_type, &Stored::Text(value.to_string())),
        }
    }

    fn of_real(value_type: &ValueType, value: f64) -> Result<Self, Code> {
        match value_type {
            ValueType::Decimal(precision, scale) => {
                // What a decimal became in a column of floating point numbers is that decimal, as long as its shortest
                // spelling is: so it is told where digits were lost.
                decimal(&value.to_string(), *precision, *scale)
            }
            ValueType::Integer => {
                let whole = literal::exact(value, 19, 0)?;
                i64::try_from(whole).map(Datum::Integer).map_err(|_| Code::WrongType)
            }
            _ => Err(Code::WrongType),
        }
    }

    /// As text that every target reads as this value: ISO 8601 in UTC, plain decimal notation. None for null and bytes.
    pub fn written(&self) -> Option<String> {
        match self {
            Datum::Null | Datum::Bytes(_) => None,
            Datum::Text(text) => Some(text.clone()),
            Datum::Integer(value) => Some(value.to_string()),
            Datum::Decimal(unscaled, scale) => Some(plain(*unscaled, *scale)),
            Datum::Boolean(value) => Some(value.to_string()),
            Datum::Date(days) => day(*days),
            Datum::Timestamp(micros) => {
                let (days, of_day) = (micros.div_euclid(DAY_US), micros.rem_euclid(DAY_US));
                let (seconds, micros) = (of_day / 1_000_000, of_day % 1_000_000);
                let date = day(i32::try_from(days).ok()?)?;
                let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
                Some(format!("{date}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"))
            }
        }
    }

    /// Which of two values of a sequence is the newer one; none where they cannot be compared.
    pub fn newer(&self, other: &Self) -> Option<std::cmp::Ordering> {
        match (self, other) {
            (Datum::Text(one), Datum::Text(two)) => Some(one.as_bytes().cmp(two.as_bytes())),
            (Datum::Integer(one), Datum::Integer(two)) => Some(one.cmp(two)),
            (Datum::Date(one), Datum::Date(two)) => Some(one.cmp(two)),
            (Datum::Timestamp(one), Datum::Timestamp(two)) => Some(one.cmp(two)),
            (Datum::Decimal(one, scale), Datum::Decimal(two, same)) if scale == same => Some(one.cmp(two)),
            _ => None,
        }
    }
}

impl Stored {
    /// What a target gave: text where it is UTF-8.
    pub fn text(bytes: Vec<u8>) -> Self {
        String::from_utf8(bytes).map_or_else(|error| Stored::Bytes(error.into_bytes()), Stored::Text)
    }
}

/// A decimal number with whatever zeros follow it, as databases write them.
fn decimal(text: &str, precision: u8, scale: i8) -> Result<Datum, Code> {
    let places = u8::try_from(scale).map_err(|_| Code::WrongType)?;
    let text = match text.split_once('.') {
        Some((whole, fraction)) if fraction.len() > usize::from(places) => {
            let kept = fraction.trim_end_matches('0');
            if kept.is_empty() { whole.to_owned() } else { format!("{whole}.{kept}") }
        }
        _ => text.to_owned(),
    };
    literal::decimal(&text, precision, scale).map(|unscaled| Datum::Decimal(unscaled, places))
}

/// A moment with its zone as RFC 3339 has it: databases leave UTC out, or its minutes.
fn zoned(text: &str) -> String {
    let time = text.get(10..).unwrap_or_default();
    match time.rfind(['+', '-']) {
        Some(at) if time.len() - at == 3 => format!("{text}:00"),
        None if !time.ends_with(['Z', 'z']) => format!("{text}Z"),
        _ => text.to_owned(),
    }
}

fn day(days: i32) -> Option<String> {
    let mut out = String::new();
    moment::write_day(days, &mut out).ok().map(|()| out)
}

/// `-0.05` of -5 and two digits.
fn plain(unscaled: i128, scale: u8) -> String {
    let (sign, digits) = (if unscaled < 0 { "-" } else { "" }, unscaled.unsigned_abs().to_string());
    let places = usize::from(scale);
    if places == 0 {
        return format!("{sign}{digits}");
    }
    let digits = format!("{digits:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    format!("{sign}{whole}.{fraction}")
}

impl fmt::Debug for Datum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[personal]")
    }
}

/// Bytes as hexadecimal digits, where they are written down to be sealed.
mod hexadecimal {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&hex::encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(deserializer)?).map_err(serde::de::Error::custom)
    }
}
