//! Which records alone are wanted, because somebody asked for them?

use std::collections::HashSet;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use arrow::record_batch::RecordBatch;

use super::run::select;
use crate::Batch;
use crate::error::FlowError;
use crate::source::{KeyList, KeyValue, Scan};

/// Records that have, in each named column, one of the named values. Everybody, if nothing is named.
#[derive(Clone, Debug, Default)]
pub struct Only(Vec<KeyList>);

impl Only {
    /// Records that meet every list; the source is asked for the first.
    pub fn of(lists: Vec<KeyList>) -> Self {
        Self(lists)
    }

    /// Whether nothing is named.
    pub fn is_everybody(&self) -> bool {
        self.0.is_empty()
    }

    /// What the source of the root records is asked for.
    pub(super) fn hint(&self) -> Option<KeyList> {
        self.0.first().cloned()
    }

    /// What holds rows of `scan`, which was asked for `keys`, to what is wanted.
    pub(super) fn wanted(&self, scan: &Scan, keys: KeyList) -> Wanted {
        // Only the root's own scan was asked for the first of the lists.
        let is_root = self.0.first() == Some(&keys);
        let lists = if is_root { self.0.clone() } else { vec![keys] };
        let there = |list: &KeyList| scan.columns.iter().any(|column| column.name == list.column);
        Wanted(lists.into_iter().filter(there).map(|list| (list.column, Values::of(&list.values))).collect())
    }
}

/// What a row must have, column by column.
pub(super) struct Wanted(Vec<(String, Values)>);

struct Values {
    texts: HashSet<String>,
    numbers: HashSet<i64>,
}

impl Values {
    fn of(values: &[KeyValue]) -> Self {
        let (mut texts, mut numbers) = (HashSet::new(), HashSet::new());
        for value in values {
            match value {
                KeyValue::Text(text) => drop(texts.insert(text.expose().clone())),
                KeyValue::Integer(number) => drop(numbers.insert(*number.expose())),
            }
        }
        Self { texts, numbers }
    }

    /// Whether each row has one of them. A row without a value has none.
    fn among(&self, records: &RecordBatch, column: &str) -> Vec<bool> {
        let Some(found) = records.column_by_name(column) else { return vec![false; records.num_rows()] };
        let has = |row: usize| match found.data_type() {
            DataType::Utf8 => self.texts.contains(found.as_string::<i32>().value(row)),
            DataType::Int64 => self.numbers.contains(&found.as_primitive::<Int64Type>().value(row)),
            _ => false,
        };
        (0..records.num_rows()).map(|row| found.is_valid(row) && has(row)).collect()
    }
}

impl Wanted {
    /// The rows of a batch that are wanted.
    pub(super) fn of(&self, batch: Batch) -> Result<Batch, FlowError> {
        let mut kept = vec![true; batch.records.num_rows()];
        for (column, values) in &self.0 {
            kept.iter_mut().zip(values.among(&batch.records, column)).for_each(|(kept, has)| *kept &= has);
        }
        select(&batch, kept.into_iter().enumerate().filter(|(_, kept)| *kept).map(|(row, _)| row).collect())
    }
}
