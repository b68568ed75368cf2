//! What types do data elements have, and how is a literal of a document read as one?

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Type of a data element.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ValueType {
    /// Unicode text, kept exactly.
    Text,
    /// Whole number of 64 bits.
    Integer,
    /// Exact decimal number: total digits, digits after the point.
    Decimal(u8, i8),
    /// True or false.
    Boolean,
    /// A day of the Gregorian calendar.
    Date,
    /// A date of which only year, or year and month, may be known: ISO 8601 `2011`, `2011-02`, `2011-02-17`.
    PartialDate,
    /// A moment, kept in UTC to the microsecond.
    Timestamp,
    /// A UUID, written in lower case with dashes.
    Uuid,
    /// A code of the named code list.
    Code(String),
    /// A place code whose prefixes are its parents: prefix length of level 0, 1, 2 …
    Place(Vec<u8>),
    /// Bytes that are carried, never looked into.
    Bytes,
}

impl ValueType {
    /// Whether values of this type are carried as text.
    pub fn is_textual(&self) -> bool {
        matches!(
            self,
            ValueType::Text | ValueType::PartialDate | ValueType::Uuid | ValueType::Code(_) | ValueType::Place(_)
        )
    }
}

impl fmt::Display for ValueType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueType::Text => f.write_str("text"),
            ValueType::Integer => f.write_str("integer"),
            ValueType::Decimal(precision, scale) => write!(f, "decimal({precision},{scale})"),
            ValueType::Boolean => f.write_str("boolean"),
            ValueType::Date => f.write_str("date"),
            ValueType::PartialDate => f.write_str("partial-date"),
            ValueType::Timestamp => f.write_str("timestamp"),
            ValueType::Uuid => f.write_str("uuid"),
            ValueType::Code(list) => write!(f, "code({list})"),
            ValueType::Place(levels) => {
                let levels: Vec<String> = levels.iter().map(u8::to_string).collect();
                write!(f, "place({})", levels.join(","))
            }
            ValueType::Bytes => f.write_str("bytes"),
        }
    }
}

/// A word that names no type.
#[derive(Clone, Debug, thiserror::Error)]
#[error(
    "`{0}` is no type: use text, integer, decimal(P,S), boolean, date, partial-date, timestamp, uuid, code(LIST), place(L0,L1,…) or bytes"
)]
pub struct UnknownType(String);

impl FromStr for ValueType {
    type Err = UnknownType;

    fn from_str(text: &str) -> Result<Self, UnknownType> {
        let unknown = || UnknownType(text.to_owned());
        let (name, arguments) = match text.split_once('(') {
            Some((name, rest)) => (name, Some(rest.strip_suffix(')').ok_or_else(unknown)?)),
            None => (text, None),
        };
        match (name, arguments) {
            ("text", None) => Ok(ValueType::Text),
            ("integer", None) => Ok(ValueType::Integer),
            ("boolean", None) => Ok(ValueType::Boolean),
            ("date", None) => Ok(ValueType::Date),
            ("partial-date", None) => Ok(ValueType::PartialDate),
            ("timestamp", None) => Ok(ValueType::Timestamp),
            ("uuid", None) => Ok(ValueType::Uuid),
            ("bytes", None) => Ok(ValueType::Bytes),
            ("code", Some(list)) if !list.is_empty() => Ok(ValueType::Code(list.to_owned())),
            ("decimal", Some(arguments)) => {
                let (precision, scale) = arguments.split_once(',').ok_or_else(unknown)?;
                let precision: u8 = precision.trim().parse().map_err(|_| unknown())?;
                let scale: i8 = scale.trim().parse().map_err(|_| unknown())?;
                let sound = (1..=38).contains(&precision) && scale >= 0 && scale.unsigned_abs() <= precision;
                if sound { Ok(ValueType::Decimal(precision, scale)) } else { Err(unknown()) }
            }
            ("place", Some(levels)) => {
                let levels: Result<Vec<u8>, _> = levels.split(',').map(|level| level.trim().parse()).collect();
                let levels = levels.map_err(|_| unknown())?;
                let rising = levels.iter().zip(levels.iter().skip(1)).all(|(a, b)| a < b);
                if rising { Ok(ValueType::Place(levels)) } else { Err(unknown()) }
            }
            _ => Err(unknown()),
        }
    }
}

impl Serialize for ValueType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ValueType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for ValueType {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ValueType".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "Type of a data element.",
            "pattern": r"^(text|integer|boolean|date|partial-date|timestamp|uuid|bytes|decimal\(\d+,\d+\)|code\(.+\)|place\(\d+(,\d+)*\))$"
        })
    }
}

/// A literal of a document: what a population or a code map compares with or writes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Value {
    /// `true` or `false`.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// Anything else: text, a date as ISO 8601, a decimal number in quotes.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Boolean(value) => write!(f, "{value}"),
            Value::Integer(value) => write!(f, "{value}"),
            Value::Text(value) => f.write_str(value),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    #[test]
    fn types_round_trip_and_nonsense_is_refused() {
        for text in ["text", "decimal(12,2)", "code(sex)", "place(2,5,8)", "uuid", "partial-date"] {
            assert_eq!(text.parse::<ValueType>().unwrap().to_string(), text);
        }
        for text in ["string", "decimal(2,12)", "decimal(12)", "code()", "place(5,2)", "date(1)", "code(sex"] {
            assert!(text.parse::<ValueType>().is_err(), "{text}");
        }
    }
}
