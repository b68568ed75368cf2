//! How are keys of different stores compared? As canonical bytes, never by a collation.

use std::collections::HashSet;

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use causeway_model::{Code, Violation};
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::error::FlowError;

/// Sixteen bytes that stand for a key while a run lasts.
///
/// A keyed 128-bit hash of the key's canonical bytes, under a key of this run that no source can know: two different keys
/// of a billion have the same with a probability below 10⁻²⁰.
pub(crate) type ShortKey = u128;

/// Shortens keys.
#[derive(Clone)]
pub(crate) struct Shortener(SipHasher13);

impl Default for Shortener {
    fn default() -> Self {
        // The standard library's own random state: nothing outside this process can choose keys that collide.
        use std::hash::{BuildHasher, Hasher};
        let random = std::collections::hash_map::RandomState::new();
        let half = |word: u8| {
            let mut hasher = random.build_hasher();
            hasher.write_u8(word);
            hasher.finish()
        };
        Self(SipHasher13::new_with_keys(half(0), half(1)))
    }
}

impl Shortener {
    /// What stands for the key with these canonical bytes.
    pub(crate) fn shorten(&self, canonical: &[u8]) -> ShortKey {
        use std::hash::Hasher;
        let mut hasher = self.0;
        hasher.write(canonical);
        hasher.finish128().as_u128()
    }

    /// What stands for the key of each row; none where a part of it is missing.
    pub(crate) fn all(&self, keys: &Keys, rows: usize) -> Result<Vec<Option<ShortKey>>, FlowError> {
        let (mut bytes, mut before) = (Vec::with_capacity(64), Vec::with_capacity(64));
        let mut short = Vec::with_capacity(rows);
        if let [column] = keys.columns.as_slice()
            && let Some(texts) = column.as_string_opt::<i32>()
        {
            // What belongs to one record often stands behind one another.
            let mut last: Option<(&str, ShortKey)> = None;
            for text in texts {
                short.push(text.map(|text| match last {
                    Some((before, key)) if before == text => key,
                    _ => {
                        bytes.clear();
                        part(&mut bytes, text.as_bytes());
                        last.insert((text, self.shorten(&bytes))).1
                    }
                }));
            }
            return Ok(short);
        }
        let mut last = None;
        for row in 0..rows {
            let whole = keys.write(row, &mut bytes)?;
            if whole && (last.is_none() || bytes != before) {
                last = Some(self.shorten(&bytes));
                std::mem::swap(&mut bytes, &mut before);
            }
            short.push(last.filter(|_| whole));
        }
        Ok(short)
    }
}

/// Key columns of a batch.
pub(crate) struct Keys {
    columns: Vec<ArrayRef>,
}

impl Keys {
    pub(crate) fn of<'n>(records: &RecordBatch, names: impl IntoIterator<Item = &'n str>) -> Result<Self, FlowError> {
        let column = |name: &str| {
            let found = records.column_by_name(name).cloned();
            found.ok_or_else(|| FlowError::Internal {
                place: "aggregate/key",
                detail: format!("no key column `{name}`"),
            })
        };
        Ok(Self { columns: names.into_iter().map(column).collect::<Result<_, _>>()? })
    }

    /// Writes the key of `row` into `into`; `false` if a part of it is missing, so that it equals no other.
    ///
    /// INVARIANT (byte keys): text is compared byte for byte, UUIDs were brought to one spelling when they were read;
    /// parts are length-prefixed, so that no two different keys have the same bytes.
    pub(crate) fn write(&self, row: usize, into: &mut Vec<u8>) -> Result<bool, FlowError> {
        into.clear();
        for column in &self.columns {
            if column.is_null(row) {
                return Ok(false);
            }
            match column.data_type() {
                DataType::Utf8 => part(into, column.as_string::<i32>().value(row).as_bytes()),
                DataType::Int64 => part(into, &column.as_primitive::<Int64Type>().value(row).to_be_bytes()),
                DataType::Date32 => part(into, &column.as_primitive::<Date32Type>().value(row).to_be_bytes()),
                DataType::Decimal128(..) => {
                    part(into, &column.as_primitive::<Decimal128Type>().value(row).to_be_bytes())
                }
                DataType::Timestamp(..) => {
                    part(into, &column.as_primitive::<TimestampMicrosecondType>().value(row).to_be_bytes())
                }
                DataType::Boolean => part(into, &[u8::from(column.as_boolean().value(row))]),
                DataType::Binary => part(into, column.as_binary::<i32>().value(row)),
                other => {
                    return Err(FlowError::Internal { place: "aggregate/key", detail: format!("{other} is no key") });
                }
            }
        }
        Ok(true)
    }
}

fn part(into: &mut Vec<u8>, bytes: &[u8]) {
    into.extend_from_slice(&(bytes.len() as u32).to_be_bytes());
    into.extend_from_slice(bytes);
}

/// Keys that were met, of which each may be met once.
#[derive(Default)]
pub(crate) struct Unique {
    shortener: Shortener,
    met: HashSet<ShortKey>,
    /// Whether the source itself holds the keys unique.
    proven: bool,
    /// Those that were met again, where that is no reason to refuse.
    again: Option<HashSet<ShortKey>>,
}

impl Unique {
    /// Nothing needs to be remembered where the source proves it: `proven`.
    pub(crate) fn new(proven: bool) -> Self {
        Self { proven, ..Self::default() }
    }

    /// Whether nothing needs to be noted.
    pub(crate) fn is_proven(&self) -> bool {
        self.proven
    }

    /// Remembers keys that are met again instead of refusing them.
    pub(crate) fn leaving_out(self) -> Self {
        Self { again: Some(HashSet::new()), ..self }
    }

    /// Notes a key of `entity`; refuses `duplicate-key` if it was met before, or says that it was.
    pub(crate) fn add(&mut self, key: &[u8], entity: &str) -> Result<bool, FlowError> {
        if self.proven {
            return Ok(true);
        }
        let short = self.shortener.shorten(key);
        match &mut self.again {
            _ if self.met.insert(short) => Ok(true),
            Some(again) => {
                again.insert(short);
                Ok(false)
            }
            None => Err(duplicate(entity)),
        }
    }

    /// Which of the keys were met again, by row; one that is not whole equals no other.
    pub(crate) fn are_repeated(&self, keys: &[Option<ShortKey>]) -> Vec<bool> {
        let again = |key: &ShortKey| self.again.as_ref().is_some_and(|again| again.contains(key));
        keys.iter().map(|key| key.as_ref().is_some_and(again)).collect()
    }

    /// What stands for the keys of these rows.
    pub(crate) fn short(&self, keys: &Keys, rows: &[u32]) -> Result<Vec<Option<ShortKey>>, FlowError> {
        let mut key = Vec::new();
        let mut short = |row: &u32| Ok(keys.write(*row as usize, &mut key)?.then(|| self.shortener.shorten(&key)));
        rows.iter().map(&mut short).collect()
    }
}

/// The refusal of a key that occurs again.
pub(crate) fn duplicate(entity: &str) -> FlowError {
    let detail = "a key occurs several times where the catalogue says that it is unique";
    FlowError::refuse(Violation::new(Code::DuplicateKey, entity, detail))
}
