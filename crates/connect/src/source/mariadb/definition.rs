//! What type does a column of an answer have, and which elements can be read from it?
//!
//! | column | elements |
//! |---|---|
//! | tinyint … bigint, signed or not, zero-filled or not; bit | integer, decimal, boolean, code, place, text |
//! | year | integer, partial-date |
//! | decimal | integer, decimal |
//! | float, double | integer, decimal, where the number is exactly that |
//! | char, varchar, text, enum, set, json, uuid, inet in any character set | all but bytes |
//! | binary, varbinary, blob | bytes; uuid of 16 bytes |
//! | date | date, partial-date |
//! | datetime | timestamp, where the catalogue's `format` says how to read it |
//! | timestamp | timestamp |
//! | time | text |
//! | geometry and whatever else there is | none |

use causeway_model::ValueType;

use super::fields::Fields;

/// Character set of bytes.
const BINARY: u16 = 63;

/// Digits after the point of a number that has no fixed number of them.
const FLOATING: u8 = 31;

const UNSIGNED: u16 = 1 << 5;

/// What a server tells of a column of its answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Definition {
    pub(super) name: String,
    pub(super) kind: Kind,
}

/// Type of a column, as far as reading it goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A whole number of up to 64 bits, written in digits, perhaps after zeros.
    Integer {
        /// Whether it is never negative, and may be beyond 63 bits.
        unsigned: bool,
    },
    /// A year of four digits, or `0000`.
    Year,
    /// Bits, the high ones first.
    Bits,
    /// An exact number with that many digits after the point.
    Decimal(u8),
    /// A binary floating point number.
    Real {
        /// Whether the server writes all its digits; if not, it rounds them for display.
        exact: bool,
    },
    /// Text.
    Text,
    /// Bytes.
    Bytes,
    /// A day.
    Date,
    /// Day and time of nobody knows which zone.
    Datetime,
    /// A moment, in the session's zone.
    Timestamp,
    /// A time of the day, or a span.
    Time,
    /// Something that no element can be read from.
    Other,
}

impl Definition {
    /// Reads a server's description of a column.
    pub(super) fn parse(packet: &[u8]) -> Option<Self> {
        let mut fields = Fields(packet);
        // Catalogue, database, table, its true name; then the column, and its true name.
        for _ in 0..4 {
            fields.value()?;
        }
        let name = String::from_utf8_lossy(fields.value()?.unwrap_or_default()).into_owned();
        fields.value()?;
        fields.length()?;
        let charset = fields.u16()?;
        fields.u32()?;
        let (number, flags, decimals) = (fields.u8()?, fields.u16()?, fields.u8()?);
        let kind = match number {
            1 | 2 | 3 | 8 | 9 => Kind::Integer { unsigned: flags & UNSIGNED != 0 },
            0 | 246 => Kind::Decimal(decimals),
            4 => Kind::Real { exact: false },
            5 => Kind::Real { exact: decimals >= FLOATING },
            7 => Kind::Timestamp,
            10 | 14 => Kind::Date,
            11 => Kind::Time,
            12 => Kind::Datetime,
            13 => Kind::Year,
            16 => Kind::Bits,
            245 => Kind::Text,
            15 | 247..=254 if charset == BINARY => Kind::Bytes,
            15 | 247..=254 => Kind::Text,
            _ => Kind::Other,
        };
        Some(Self { name, kind })
    }
}

impl Kind {
    /// Whether values of an element of this type can be read from such a column.
    pub(super) fn holds(self, value_type: &ValueType) -> bool {
        use ValueType as T;
        match self {
            Self::Integer { .. } | Self::Bits => {
                matches!(value_type, T::Integer | T::Decimal(..) | T::Boolean | T::Code(_) | T::Place(_) | T::Text)
            }
            Self::Year => matches!(value_type, T::Integer | T::PartialDate),
            Self::Decimal(_) | Self::Real { .. } => matches!(value_type, T::Integer | T::Decimal(..)),
            Self::Text => !matches!(value_type, T::Bytes),
            Self::Bytes => matches!(value_type, T::Bytes | T::Uuid),
            Self::Date => matches!(value_type, T::Date | T::PartialDate),
            Self::Datetime | Self::Timestamp => matches!(value_type, T::Timestamp),
            Self::Time => matches!(value_type, T::Text),
            Self::Other => false,
        }
    }

    /// What it is called in an error.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Integer { .. } => "a whole number",
            Self::Year => "a year",
            Self::Bits => "bits",
            Self::Decimal(_) => "a decimal number",
            Self::Real { .. } => "a floating point number",
            Self::Text => "text",
            Self::Bytes => "bytes",
            Self::Date => "a date",
            Self::Datetime => "a datetime",
            Self::Timestamp => "a timestamp",
            Self::Time => "a time",
            Self::Other => "of a type that no element has",
        }
    }
}
