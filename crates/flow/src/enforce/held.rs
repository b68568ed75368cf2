//! What of an answer waits until all of it was read? Only then is it known which keys occur again.

use std::collections::VecDeque;

use arrow::array::UInt32Array;
use arrow::compute::take_record_batch;
use arrow::record_batch::RecordBatch;

use super::people::PersonKeys;
use crate::aggregate::{ShortKey, Unique};
use crate::error::FlowError;

/// Released records, with who is in them and what stands for the key of each.
#[derive(Default)]
pub(super) struct Held {
    batches: VecDeque<(RecordBatch, PersonKeys, Vec<Option<ShortKey>>)>,
    settled: bool,
}

impl Held {
    pub(super) fn put(&mut self, records: RecordBatch, people: PersonKeys, keys: Vec<Option<ShortKey>>) {
        self.batches.push_back((records, people, keys));
    }

    /// Leaves out every record of a key that occurred again, the first of them too; how many these are.
    pub(super) fn settle(&mut self, unique: &Unique) -> Result<u64, FlowError> {
        self.settled = true;
        let mut left_out = 0;
        for (records, people, keys) in &mut self.batches {
            let repeated = unique.are_repeated(keys);
            let kept: Vec<u32> = (0_u32..).zip(&repeated).filter(|(_, again)| !**again).map(|(row, _)| row).collect();
            if kept.len() == keys.len() {
                continue;
            }
            left_out += (keys.len() - kept.len()) as u64;
            *people = people.only(kept.iter().map(|row| *row as usize));
            *keys = kept.iter().filter_map(|row| keys.get(*row as usize).copied()).collect();
            let taken = take_record_batch(records, &UInt32Array::from(kept));
            *records = taken.map_err(FlowError::internal("enforce/held"))?;
        }
        Ok(left_out)
    }

    /// Whether all was read.
    pub(super) fn is_settled(&self) -> bool {
        self.settled
    }

    pub(super) fn next(&mut self) -> Option<(RecordBatch, PersonKeys)> {
        self.batches.pop_front().map(|(records, people, _)| (records, people))
    }
}
