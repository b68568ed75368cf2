//! How does a cell of any source become a checked value of the catalogue's type, or a fault?

use arrow::datatypes::{Field, Schema};
use arrow::record_batch::RecordBatch;
use std::sync::Arc;

use super::{Scan, SourceError};
use crate::{Batch, Faults};

/// A cell as a source gives it.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'c> {
    /// No value.
    Null,
    /// Text; not yet known to be UTF-8.
    Text(&'c [u8]),
    /// A whole number.
    Integer(i64),
    /// A binary floating point number.
    Real(f64),
    /// True or false.
    Boolean(bool),
    /// Bytes.
    Bytes(&'c [u8]),
}

/// Builds batches from cells, row by row.
#[derive(Debug)]
pub struct Decoder {
    schema: Arc<Schema>,
    faults: Faults,
}

impl Decoder {
    /// A decoder for the columns of `scan`.
    pub fn new(scan: &Scan) -> Self {
        let fields: Vec<Field> =
            scan.columns.iter().map(|c| Field::new(&c.name, crate::types::arrow_type(&c.value_type), true)).collect();
        Self { schema: Arc::new(Schema::new(fields)), faults: Faults::default() }
    }

    /// Takes the next cell of the row, in the order of the scan's columns.
    pub fn push(&mut self, _column: usize, _cell: Cell<'_>) {}

    /// Ends the row; returns how many rows are waiting.
    pub fn end_row(&mut self) -> usize {
        0
    }

    /// The rows that are waiting, as a batch.
    pub fn take(&mut self) -> Result<Batch, SourceError> {
        Ok(Batch { records: RecordBatch::new_empty(self.schema.clone()), faults: std::mem::take(&mut self.faults) })
    }
}
