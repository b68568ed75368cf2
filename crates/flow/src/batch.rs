//! What flows between stages: a batch of records, and which of them cannot be released as they are.

use std::collections::BTreeMap;

use arrow::record_batch::RecordBatch;
use causeway_model::Code;

use crate::Personal;

/// Why one record cannot be released as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Element (`individual.sex`) or output field (`age_band`) that is concerned.
    pub subject: String,
    /// Reason.
    pub code: Code,
    /// The value as it came, for the sealed report only. Invalid bytes are shown as `\xNN`.
    pub value: Personal<Option<String>>,
}

/// Faults by row of a batch; most rows have none.
#[derive(Clone, Debug, Default)]
pub struct Faults(BTreeMap<usize, Vec<Fault>>);

impl Faults {
    /// Adds a fault of `row`.
    pub fn add(&mut self, row: usize, fault: Fault) {
        self.0.entry(row).or_default().push(fault);
    }

    /// Adds several faults of `row`.
    pub fn extend(&mut self, row: usize, faults: &[Fault]) {
        if !faults.is_empty() {
            self.0.entry(row).or_default().extend_from_slice(faults);
        }
    }

    /// Puts the faults of `row` in order; those of equal places stay as they are.
    pub fn sort(&mut self, row: usize, place: impl FnMut(&Fault) -> Option<usize>) {
        if let Some(faults) = self.0.get_mut(&row) {
            faults.sort_by_key(place);
        }
    }

    /// Faults of `row`.
    pub fn of(&self, row: usize) -> &[Fault] {
        self.0.get(&row).map_or(&[], Vec::as_slice)
    }

    /// Whether `row` has a fault.
    pub fn any(&self, row: usize) -> bool {
        self.0.contains_key(&row)
    }

    /// Whether no row has a fault.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Rows with their faults, ascending.
    pub fn iter(&self) -> impl Iterator<Item = (usize, &[Fault])> {
        self.0.iter().map(|(row, faults)| (*row, faults.as_slice()))
    }

    /// The faults of the rows that are kept, renumbered: `kept` are old row numbers in their new order.
    pub fn select(&self, kept: impl IntoIterator<Item = Option<usize>>) -> Self {
        if self.0.is_empty() {
            return Self::default();
        }
        let mut out = Self::default();
        for (new, old) in kept.into_iter().enumerate() {
            if let Some(old) = old {
                out.extend(new, self.of(old));
            }
        }
        out
    }
}

/// A batch of records.
#[derive(Clone, Debug)]
pub struct Batch {
    /// The records, column by column.
    pub records: RecordBatch,
    /// Which of them cannot be released as they are, and why.
    pub faults: Faults,
}
