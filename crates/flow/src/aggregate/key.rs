//! How are keys of different stores compared? As canonical bytes, never by a collation.

use std::collections::{HashMap, HashSet};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use causeway_model::{Code, Violation};
use sha2::{Digest, Sha256};

use crate::error::FlowError;

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
///
/// Sixteen bytes of a digest stand for each key, so that long keys of many people fit the memory.
#[derive(Default)]
pub(crate) struct Unique(HashSet<[u8; 16]>);

impl Unique {
    /// Notes a key of `entity`; refuses `duplicate-key` if it was met before.
    pub(crate) fn add(&mut self, key: &[u8], entity: &str) -> Result<(), FlowError> {
        let mut short = [0; 16];
        for (to, from) in short.iter_mut().zip(Sha256::digest(key)) {
            *to = from;
        }
        if self.0.insert(short) {
            return Ok(());
        }
        let detail = "a key occurs several times where the catalogue says that it is unique";
        Err(FlowError::refuse(Violation::new(Code::DuplicateKey, entity, detail)))
    }
}

/// Rows of a batch by key; rows without a whole key are left out.
pub(crate) fn group(records: &RecordBatch, names: &[&str]) -> Result<HashMap<Vec<u8>, Vec<u32>>, FlowError> {
    let keys = Keys::of(records, names.iter().copied())?;
    let mut groups: HashMap<Vec<u8>, Vec<u32>> = HashMap::new();
    let mut key = Vec::new();
    for row in 0..records.num_rows() {
        if keys.write(row, &mut key)? {
            match groups.get_mut(&key) {
                Some(rows) => rows.push(row as u32),
                None => {
                    groups.insert(key.clone(), vec![row as u32]);
                }
            }
        }
    }
    Ok(groups)
}
