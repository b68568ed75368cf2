//! Which records are wanted, as what the column that holds their keys can be compared with?
//!
//! Keys are personal: they are bound as an array beside the statement, and never written into it.

use bytes::{BufMut, BytesMut};
use causeway_flow::source::{KeyList, KeyValue, ScanColumn};
use causeway_model::ValueType;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

use super::kind::Kind;
use super::table::Found;

/// Keys of one statement.
const AT_ONCE: usize = 10_000;

/// Numbers of the types that keys are bound as.
const INT8: u32 = 20;
const TEXT: u32 = 25;
const BPCHAR: u32 = 1042;
const UUID: u32 = 2950;

/// Keys in the form of one type of PostgreSQL, each once.
pub(super) struct Keys {
    /// The type of the array that is bound.
    pub(super) array: Type,
    element: u32,
    values: Vec<Vec<u8>>,
}

impl Keys {
    /// The keys as what `found` can be compared with; none where it would take more than its own comparison, so that
    /// every record is to be read.
    pub(super) fn of(list: &KeyList, column: &ScanColumn, found: &Found, is_utf8: bool) -> Option<Self> {
        let (array, element) = match (found.kind, &column.value_type) {
            (Kind::Uuid, ValueType::Uuid | ValueType::Text) => (Type::UUID_ARRAY, UUID),
            (kind, ValueType::Integer | ValueType::Text | ValueType::Code(_)) if kind.is_integer() => {
                (Type::INT8_ARRAY, INT8)
            }
            // A fixed length is compared as what it is, so that an index serves.
            (Kind::Padded, ValueType::Text | ValueType::Code(_)) => (Type::BPCHAR_ARRAY, BPCHAR),
            (kind, ValueType::Text | ValueType::Code(_)) if kind.is_text() => (Type::TEXT_ARRAY, TEXT),
            _ => return None,
        };
        let bound = |key: &KeyValue| bound(key, element);
        let mut values: Vec<Vec<u8>> = list.values.iter().filter_map(bound).collect();
        if !is_utf8 && matches!(element, TEXT | BPCHAR) && values.iter().any(|value| !value.is_ascii()) {
            return None;
        }
        // A key that stood in two statements would give its records twice.
        values.sort_unstable();
        values.dedup();
        Some(Self { array, element, values })
    }

    /// The keys, so many as one statement takes at a time.
    pub(super) fn chunks(&self) -> impl Iterator<Item = Bound<'_>> {
        self.values.chunks(AT_ONCE).map(|values| Bound { element: self.element, values })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// The condition on `found`, whose only parameter they are.
    pub(super) fn condition(found: &Found) -> String {
        let as_text = if found.kind == Kind::Padded { None } else { found.as_text() };
        let column = as_text.unwrap_or_else(|| found.expression());
        format!("{column} = ANY ($1)")
    }
}

/// Keys of one statement, as an array in binary.
pub(super) struct Bound<'k> {
    element: u32,
    values: &'k [Vec<u8>],
}

impl std::fmt::Debug for Bound<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} keys", self.values.len())
    }
}

impl ToSql for Bound<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        // One dimension, nothing missing, type, length, first place.
        for head in [1, 0, self.element, u32::try_from(self.values.len())?, 1] {
            out.put_u32(head);
        }
        for value in self.values {
            out.put_u32(u32::try_from(value.len())?);
            out.put_slice(value);
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A key in binary; none for what no column of that type can hold as the batches would show it.
fn bound(key: &KeyValue, element: u32) -> Option<Vec<u8>> {
    match (key, element) {
        (KeyValue::Integer(value), INT8) => Some(value.expose().to_be_bytes().to_vec()),
        (KeyValue::Text(text), INT8) => {
            let value: i64 = text.expose().parse().ok()?;
            (value.to_string() == *text.expose()).then(|| value.to_be_bytes().to_vec())
        }
        (KeyValue::Text(text), UUID) => super::literal::uuid(text.expose()).map(Vec::from),
        (KeyValue::Text(text), _) => (!text.expose().contains('\0')).then(|| text.expose().clone().into_bytes()),
        (KeyValue::Integer(value), TEXT | BPCHAR) => Some(value.expose().to_string().into_bytes()),
        (KeyValue::Integer(_), _) => None,
    }
}
