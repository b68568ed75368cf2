//! Which of PostgreSQL's types comes in which form, and as which of the catalogue's can it be read?

use causeway_model::ValueType;

/// How the values of a column come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `boolean`.
    Bool,
    /// `smallint`.
    Int2,
    /// `integer`.
    Int4,
    /// `bigint`.
    Int8,
    /// `oid`.
    Oid,
    /// `real`.
    Float4,
    /// `double precision`.
    Float8,
    /// `numeric`, of any size.
    Numeric,
    /// `text`, `varchar`, `json`: as they are. Enums: their labels.
    Text,
    /// `char(n)`: the blanks at its end mean nothing.
    Padded,
    /// `uuid`.
    Uuid,
    /// `date`.
    Date,
    /// `timestamp with time zone`.
    Moment,
    /// `timestamp`, on nobody knows whose clock.
    Clock,
    /// `bytea`.
    Bytes,
    /// Arrays and composite types, as text: no single value.
    Nested,
    /// Everything else, as the server writes it: `name`, `"char"`, `citext`, `time`, `interval`, `jsonb`, `xml`, `inet`,
    /// ranges, `money`, `bit` …
    Written,
}

const TEXT: u32 = 25;

impl Kind {
    /// The kind of a type: its number, `typtype` and `typcategory` of `pg_type`. Domains are asked for by their base.
    pub(super) fn of(oid: u32, typtype: &str, category: &str) -> Self {
        match oid {
            16 => Kind::Bool,
            17 => Kind::Bytes,
            20 => Kind::Int8,
            21 => Kind::Int2,
            23 => Kind::Int4,
            TEXT | 114 | 1043 => Kind::Text,
            26 => Kind::Oid,
            700 => Kind::Float4,
            701 => Kind::Float8,
            1042 => Kind::Padded,
            1082 => Kind::Date,
            1114 => Kind::Clock,
            1184 => Kind::Moment,
            1700 => Kind::Numeric,
            2950 => Kind::Uuid,
            _ if typtype == "e" => Kind::Text,
            _ if typtype == "c" || category == "A" => Kind::Nested,
            _ => Kind::Written,
        }
    }

    /// The number of the type that the column has in the answer, whose own type is `oid`.
    pub(super) fn answered(self, oid: u32) -> u32 {
        if self.is_cast() { TEXT } else { oid }
    }

    /// Whether the server is asked to write it as text.
    pub(super) fn is_cast(self) -> bool {
        matches!(self, Kind::Nested | Kind::Written)
    }

    /// Whether it is a whole number.
    pub(super) fn is_integer(self) -> bool {
        matches!(self, Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Oid)
    }

    /// Whether it is text.
    pub(super) fn is_text(self) -> bool {
        matches!(self, Kind::Text | Kind::Padded | Kind::Written)
    }

    /// Whether values of `value_type` may come of it. `with_format` tells that the catalogue says how to read moments.
    ///
    /// | element | columns |
    /// |---|---|
    /// | text | text, whole numbers, `uuid` |
    /// | code, place, partial date | text, whole numbers (partial date: `date` too) |
    /// | uuid | `uuid`, text |
    /// | integer, decimal | numbers, text |
    /// | boolean | `boolean`, whole numbers, text |
    /// | date | `date`, text |
    /// | timestamp | `timestamptz`, text; `timestamp` where the catalogue gives a format: then it is in UTC |
    /// | bytes | `bytea`, text |
    ///
    /// What does not fit is refused before it is read; were it read all the same, each value would be a fault.
    pub(super) fn fits(self, value_type: &ValueType, with_format: bool) -> bool {
        if self.is_text() {
            return true;
        }
        let number = self.is_integer() || matches!(self, Kind::Float4 | Kind::Float8 | Kind::Numeric);
        match value_type {
            ValueType::Text => self.is_integer() || self == Kind::Uuid,
            ValueType::Code(_) | ValueType::Place(_) => self.is_integer(),
            ValueType::PartialDate => self.is_integer() || self == Kind::Date,
            ValueType::Uuid => self == Kind::Uuid,
            ValueType::Integer | ValueType::Decimal(..) => number,
            ValueType::Boolean => self == Kind::Bool || self.is_integer(),
            ValueType::Date => self == Kind::Date,
            ValueType::Timestamp => self == Kind::Moment || (self == Kind::Clock && with_format),
            ValueType::Bytes => self == Kind::Bytes,
        }
    }
}
