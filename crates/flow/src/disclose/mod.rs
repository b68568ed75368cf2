//! **disclose** turns released records into an answer that is told at once and never stored.
//!
//! In: [`Cleared`]. Out: [`Disclosed`]: records as JSON, each with the people in it. Guarantees: an answer holds no more than it was
//! cleared for; it exists only once the clearance does. Refuses when: the shape cannot hold a record. Ledger events: none of its own; whoever tells an answer writes first that it is told.

mod find;
mod flat;
mod pages;

use std::collections::BTreeSet;

use causeway_model::exchange::{Format, FormatKind, Online, Shape};
use causeway_model::{ElementRef, Form};

use crate::enforce::{Clearance, Cleared, PersonKeys};
use crate::error::FlowError;
use crate::plan::Plan;
use crate::seal::{EncodeError, Encoder, elements};
use flat::Flat;

pub use find::{Found, Question, find};
pub use pages::Pages;

/// Records that may be told to one client.
///
/// INVARIANT (two seals): made only from [`Cleared`] that ended in a [`Clearance`]; never stored, and it cannot be printed.
pub struct Disclosed {
    /// Rows of JSON, one after the other, without what stands between them.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// Rows before which each record ends.
    records: Vec<usize>,
    people: Vec<PersonKeys>,
    /// What it comes to.
    pub clearance: Clearance,
    /// What of the people is in it: each element with the form in which it is told.
    pub elements: BTreeSet<(ElementRef, Form)>,
}

impl Disclosed {
    /// How many rows there are: as many as records, unless their shape is flat.
    pub fn rows(&self) -> usize {
        self.ends.len()
    }

    /// A row as one JSON object.
    pub fn row(&self, row: usize) -> &[u8] {
        let from = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(row).and_then(|to| self.bytes.get(from..*to)).unwrap_or_default()
    }

    /// How many records there are.
    pub fn records(&self) -> usize {
        self.records.len()
    }

    /// The rows of one record.
    pub fn of_record(&self, record: usize) -> std::ops::Range<usize> {
        let from = record.checked_sub(1).and_then(|before| self.records.get(before)).copied().unwrap_or(0);
        from..self.records.get(record).copied().unwrap_or(from)
    }

    /// Keys of everybody who is in it: only to be made pseudonyms of.
    pub fn people(&self) -> impl Iterator<Item = &[u8]> {
        self.people.iter().flat_map(PersonKeys::iter)
    }

    /// Keys of the people in each record, record by record.
    pub fn people_by_record(&self) -> impl Iterator<Item = Vec<&[u8]>> {
        self.people.iter().flat_map(|keys| (0..keys.records()).map(|record| keys.of_record(record).collect()))
    }
}

/// Writes cleared records as an answer.
pub fn disclose(mut cleared: Cleared, plan: &Plan, format: Format, online: &Online) -> Result<Disclosed, FlowError> {
    debug_assert_eq!(format.kind, FormatKind::JsonLines, "the check of an exchange holds answers to JSON");
    let mut writer = match &online.shape {
        Shape::Records => Writer::Records(Box::new(Encoder::new(format, cleared.schema()).map_err(encoding)?)),
        Shape::Flat(names) => Writer::Flat(Flat::new(&cleared.schema(), names)?),
    };
    let (mut bytes, mut ends, mut records, mut people) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    if let Writer::Records(encoder) = &mut writer {
        encoder.begin_part(&mut bytes).map_err(encoding)?;
    }
    while let Some(batch) = cleared.next_batch()? {
        people.push(cleared.take_disclosed());
        match &mut writer {
            Writer::Records(encoder) => {
                let mut canonical = Vec::new();
                let cells = encoder.cells(&batch).map_err(encoding)?;
                for record in cells.records() {
                    canonical.clear();
                    encoder.record(record, &canonical, &mut bytes).map_err(encoding)?;
                    // What is a line elsewhere is a row here.
                    if bytes.last() == Some(&b'\n') {
                        bytes.pop();
                    }
                    ends.push(bytes.len());
                    records.push(ends.len());
                }
            }
            Writer::Flat(flat) => flat.batch(&batch, &mut bytes, &mut ends, &mut records)?,
        }
    }
    Ok(Disclosed { bytes, ends, records, people, clearance: cleared.clearance()?, elements: elements(plan) })
}

enum Writer {
    Records(Box<Encoder>),
    Flat(Flat),
}

fn encoding(error: EncodeError) -> FlowError {
    FlowError::Write { what: "records", detail: error.to_string() }
}
