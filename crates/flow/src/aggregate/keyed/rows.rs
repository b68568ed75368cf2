//! Where are the records kept that cannot be reduced while they are read: the one that belongs to each key, and lists?

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, UInt32Array, new_null_array};
use arrow::compute::{concat_batches, interleave, take_record_batch};
use arrow::datatypes::{Field, SchemaRef};
use arrow::record_batch::RecordBatch;

use super::index::{push_tight, reserve_tight};
use crate::error::FlowError;

/// Records that are put together.
const TOGETHER: usize = 4_096;

/// Records of one partition, each with the number of the key that it belongs to.
pub(super) struct Rows {
    waiting: Vec<RecordBatch>,
    waiting_rows: usize,
    batches: Vec<RecordBatch>,
    owners: Vec<u32>,
    held: usize,
}

impl Rows {
    pub(super) fn new() -> Self {
        Self { waiting: Vec::new(), waiting_rows: 0, batches: Vec::new(), owners: Vec::new(), held: 0 }
    }

    /// Keeps the records of a batch that stand in `rows`, which belong to `owners`.
    pub(super) fn add(&mut self, batch: &RecordBatch, rows: &[u32], owners: &[u32]) -> Result<(), FlowError> {
        if rows.is_empty() {
            return Ok(());
        }
        let picked = UInt32Array::from(rows.to_vec());
        let records = take_record_batch(batch, &picked).map_err(FlowError::internal("aggregate/rows"))?;
        self.keep(records, owners)
    }

    /// Keeps records that belong to `owners`.
    pub(super) fn keep(&mut self, records: RecordBatch, owners: &[u32]) -> Result<(), FlowError> {
        reserve_tight(&mut self.owners, owners.len());
        self.owners.extend_from_slice(owners);
        self.waiting_rows += records.num_rows();
        self.held += records.get_array_memory_size();
        self.waiting.push(records);
        if self.waiting_rows >= TOGETHER { self.settle() } else { Ok(()) }
    }

    fn settle(&mut self) -> Result<(), FlowError> {
        let Some(first) = self.waiting.first() else { return Ok(()) };
        let whole = concat_batches(first.schema_ref(), &self.waiting).map_err(FlowError::internal("aggregate/rows"))?;
        self.held -= self.waiting.iter().map(RecordBatch::get_array_memory_size).sum::<usize>();
        self.held += whole.get_array_memory_size();
        self.waiting.clear();
        self.waiting_rows = 0;
        push_tight(&mut self.batches, whole);
        Ok(())
    }

    /// Everything as one batch, and whom each record belongs to.
    pub(super) fn whole(&mut self, schema: &SchemaRef) -> Result<(RecordBatch, Vec<u32>), FlowError> {
        self.settle()?;
        let batches = std::mem::take(&mut self.batches);
        let owners = std::mem::take(&mut self.owners);
        self.held = 0;
        let whole = concat_batches(schema, &batches).map_err(FlowError::internal("aggregate/rows"))?;
        Ok((whole, owners))
    }

    pub(super) fn bytes(&self) -> usize {
        self.held + self.owners.capacity() * 4
    }
}

/// Records of one partition in the order of their keys: those of key `k` stand in `begins[k]..begins[k + 1]` of `order`.
pub(super) struct Grouped {
    pub(super) records: RecordBatch,
    begins: Vec<u32>,
    order: Vec<u32>,
}

impl Grouped {
    /// Groups records by their owners, numbers below `keys`; records of one owner stay in the order in which they came.
    pub(super) fn new(records: RecordBatch, owners: &[u32], keys: usize) -> Self {
        let mut begins = vec![0_u32; keys + 1];
        for owner in owners {
            if let Some(count) = begins.get_mut(*owner as usize + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut begins {
            sum += *count;
            *count = sum;
        }
        let mut next = begins.clone();
        let mut order = vec![0; owners.len()];
        for (row, owner) in owners.iter().enumerate() {
            if let Some(at) = next.get_mut(*owner as usize) {
                if let Some(place) = order.get_mut(*at as usize) {
                    *place = row as u32;
                }
                *at += 1;
            }
        }
        Self { records, begins, order }
    }

    /// Rows of a key.
    pub(super) fn of(&self, number: u32) -> &[u32] {
        let at = number as usize;
        match self.begins.get(at..at + 2) {
            Some([from, to]) => self.order.get(*from as usize..*to as usize).unwrap_or_default(),
            _ => &[],
        }
    }

    pub(super) fn bytes(&self) -> usize {
        self.records.get_array_memory_size() + (self.begins.capacity() + self.order.capacity()) * 4
    }
}

/// Rows of several parts as columns of `schema`: `picks` are part and row; no pick is no value.
pub(super) fn gather(
    parts: &[&RecordBatch],
    schema: &SchemaRef,
    picks: &[Option<(usize, usize)>],
) -> Result<Vec<ArrayRef>, FlowError> {
    let nowhere = (parts.len(), 0);
    let picks: Vec<(usize, usize)> = picks.iter().map(|pick| pick.unwrap_or(nowhere)).collect();
    let column = |(at, field): (usize, &Arc<Field>)| {
        let missing = new_null_array(field.data_type(), 1);
        let parts = parts.iter().filter_map(|part| Some(part.columns().get(at)?.as_ref()));
        let arrays: Vec<&dyn Array> = parts.chain([missing.as_ref()]).collect();
        interleave(&arrays, &picks).map_err(FlowError::internal("aggregate/rows"))
    };
    schema.fields().iter().enumerate().map(column).collect()
}
