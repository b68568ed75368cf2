//! How does a value of the text protocol become a cell?

use causeway_flow::source::{Cell, Decoder};

/// How a column's values are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Whole numbers, also larger than 64 bits hold with a sign.
    Integer,
    /// Digits with a point.
    Decimal,
    /// Binary floating point.
    Real,
    /// Big-endian bits.
    Bit,
    /// Text, enums, sets, JSON, days, times.
    Text,
    /// A moment in the session's zone, which is UTC.
    Timestamp,
    /// Bytes; sixteen of them may be a UUID.
    Bytes,
    /// What no element can be.
    Geometry,
}

/// Number of the character set `binary`.
const BINARY: u16 = 63;

impl Kind {
    /// The kind by the number of its type in the protocol and its character set.
    pub(super) fn of(number: u8, charset: u16) -> Self {
        match number {
            1 | 2 | 3 | 8 | 9 | 13 => Self::Integer,
            0 | 246 => Self::Decimal,
            4 | 5 => Self::Real,
            7 | 17 => Self::Timestamp,
            16 => Self::Bit,
            255 => Self::Geometry,
            15 | 249..=254 if charset == BINARY => Self::Bytes,
            _ => Self::Text,
        }
    }

    /// The kind by the name that `information_schema` gives the type.
    pub(super) fn named(name: &str) -> Self {
        match name {
            "tinyint" | "smallint" | "mediumint" | "int" | "bigint" | "year" => Self::Integer,
            "decimal" => Self::Decimal,
            "float" | "double" => Self::Real,
            "bit" => Self::Bit,
            "timestamp" => Self::Timestamp,
            "binary" | "varbinary" | "tinyblob" | "blob" | "mediumblob" | "longblob" => Self::Bytes,
            "char" | "varchar" | "tinytext" | "text" | "mediumtext" | "longtext" | "enum" | "set" | "date"
            | "datetime" | "time" | "json" | "uuid" | "inet4" | "inet6" => Self::Text,
            _ => Self::Geometry,
        }
    }
}

/// Pushes the value of a column.
#[inline]
pub(super) fn push(decoder: &mut Decoder, column: usize, kind: &Kind, value: &[u8], scratch: &mut String) {
    let text = || std::str::from_utf8(value).unwrap_or("?");
    let cell = match kind {
        Kind::Text => Cell::Text(value),
        Kind::Integer => match text().parse() {
            Ok(number) => Cell::Integer(number),
            Err(_) => Cell::Number(text()),
        },
        Kind::Decimal => Cell::Number(text()),
        Kind::Real => text().parse().map_or(Cell::Text(value), Cell::Real),
        Kind::Bit => {
            let number = value.iter().try_fold(0_i64, |sum, byte| Some(sum.checked_mul(256)? + i64::from(*byte)));
            number.map_or(Cell::Nested(b"64 bits"), Cell::Integer)
        }
        Kind::Timestamp => {
            scratch.clear();
            scratch.push_str(text());
            scratch.push('Z');
            Cell::Text(scratch.as_bytes())
        }
        Kind::Bytes => match value.try_into() {
            Ok(uuid) if decoder.takes_uuid(column) => Cell::Uuid(uuid),
            _ => Cell::Bytes(value),
        },
        Kind::Geometry => Cell::Nested(b"a shape"),
    };
    decoder.push(column, cell);
}
