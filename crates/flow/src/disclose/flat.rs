//! How is a record laid on rows without lists?
//!
//! Its own values stand on each row, the n-th item of every list on the n-th row: a record with two languages and three needs
//! has three rows, and each of them stands once. Source of the rule: `docs/decisions/0023-pings-own-api.md`, 7.

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Schema};
use arrow::record_batch::RecordBatch;

use crate::error::FlowError;
use crate::seal::{Column, member_name, write_value};

/// Where one member of a row comes from.
struct Member {
    /// Its name as JSON, colon included.
    name: Vec<u8>,
    /// Column of the batch.
    column: usize,
    /// Member of the items, where the column is a list of records.
    of_item: Option<usize>,
}

/// Lays records on rows.
pub(super) struct Flat {
    members: Vec<Member>,
}

impl Flat {
    /// Of columns like `schema`; `names` says how each output is called.
    pub(super) fn new(schema: &Schema, names: &BTreeMap<String, String>) -> Result<Self, FlowError> {
        let mut members = Vec::new();
        let mut add = |output: &str, column, of_item| {
            let called = names.get(output).ok_or_else(|| FlowError::Internal {
                place: "disclose/flat",
                detail: format!("nothing says how `{output}` is called"),
            })?;
            members.push(Member { name: member_name(called), column, of_item });
            Ok::<_, FlowError>(())
        };
        for (column, field) in schema.fields().iter().enumerate() {
            match field.data_type() {
                DataType::List(item) => match item.data_type() {
                    DataType::Struct(fields) => {
                        for (at, member) in fields.iter().enumerate() {
                            add(&format!("{}.{}", field.name(), member.name()), column, Some(at))?;
                        }
                    }
                    _ => add(field.name(), column, None)?,
                },
                _ => add(field.name(), column, None)?,
            }
        }
        Ok(Self { members })
    }

    /// Appends the rows of a batch: where each row ends, and before which row each record does.
    pub(super) fn batch(
        &self,
        batch: &RecordBatch,
        bytes: &mut Vec<u8>,
        ends: &mut Vec<usize>,
        records: &mut Vec<usize>,
    ) -> Result<(), FlowError> {
        let mut sources = Vec::with_capacity(self.members.len());
        for member in &self.members {
            sources.push(Source::of(batch, member)?);
        }
        for record in 0..batch.num_rows() {
            let rows = sources.iter().map(|source| source.items(record)).max().unwrap_or(0).max(1);
            for row in 0..rows {
                let mut before = b'{';
                for (member, source) in self.members.iter().zip(&sources) {
                    bytes.push(before);
                    bytes.extend_from_slice(&member.name);
                    match source.place(record, row) {
                        None => bytes.extend_from_slice(b"null"),
                        Some(place) => write_value(&source.values, place, bytes),
                    }
                    before = b',';
                }
                if before == b'{' {
                    bytes.push(b'{');
                }
                bytes.push(b'}');
                ends.push(bytes.len());
            }
            records.push(ends.len());
        }
        Ok(())
    }
}

/// The values of one member, over a batch.
struct Source<'b> {
    values: Column<'b>,
    /// Where the items of each record are among the values; none where the values are the records' own.
    items: Option<Vec<std::ops::Range<usize>>>,
}

impl<'b> Source<'b> {
    fn of(batch: &'b RecordBatch, member: &Member) -> Result<Self, FlowError> {
        let lost = || FlowError::Internal { place: "disclose/flat", detail: "a column is not there".to_owned() };
        let column = batch.columns().get(member.column).ok_or_else(lost)?;
        let encoding =
            |error: crate::seal::EncodeError| FlowError::Write { what: "records", detail: error.to_string() };
        let Some(list) = column.as_list_opt::<i32>() else {
            return Ok(Self { values: Column::of(column, "row").map_err(encoding)?, items: None });
        };
        let values = match member.of_item {
            None => list.values(),
            Some(at) => list.values().as_struct_opt().and_then(|items| items.columns().get(at)).ok_or_else(lost)?,
        };
        let ranges = list.offsets().windows(2).enumerate().map(|(row, ends)| match ends {
            [from, to] if list.is_valid(row) => *from as usize..*to as usize,
            _ => 0..0,
        });
        Ok(Self { values: Column::of(values, "row").map_err(encoding)?, items: Some(ranges.collect()) })
    }

    /// How many rows the record needs for it.
    fn items(&self, record: usize) -> usize {
        self.items.as_ref().and_then(|items| items.get(record)).map_or(0, ExactSizeIterator::len)
    }

    /// Where the value for a row of a record stands; none where its list has no item for that row.
    fn place(&self, record: usize, row: usize) -> Option<usize> {
        match &self.items {
            None => Some(record),
            Some(items) => items.get(record).cloned()?.nth(row),
        }
    }
}
