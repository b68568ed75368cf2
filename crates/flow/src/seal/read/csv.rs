//! How is our CSV read back?
//!
//! An empty cell is no value, whatever its type: CSV cannot tell it from empty text.

use std::io::Read;

use arrow::datatypes::SchemaRef;
use causeway_model::exchange::Audience;

use super::build::{Building, Columns};
use super::{Records, Rows, batches};
use crate::seal::error::{EncodeError, ReadError};
use crate::seal::spreadsheet::undo;

/// The records of a CSV file (all parts joined) whose fields are `schema`'s, written for `audience`.
///
/// # Errors
/// The schema is not flat; the file's header tells other fields; while reading, see [`ReadError`].
pub fn csv<'r>(data: impl Read + 'r, schema: SchemaRef, audience: Audience) -> Result<Records<'r>, ReadError> {
    if let Some(field) = schema.fields().iter().find(|field| field.data_type().is_nested()) {
        return Err(EncodeError::NestedInCsv { field: field.name().clone() }.into());
    }
    let reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(data);
    batches(CsvRows { reader, row: ::csv::StringRecord::new(), audience, header_read: false }, schema)
}

struct CsvRows<R> {
    reader: ::csv::Reader<R>,
    row: ::csv::StringRecord,
    audience: Audience,
    header_read: bool,
}

impl<R: Read> CsvRows<R> {
    fn advance(&mut self, columns: &Columns) -> Result<bool, ReadError> {
        let record = columns.record();
        self.reader.read_record(&mut self.row).map_err(|error| match error.into_kind() {
            ::csv::ErrorKind::Io(source) => ReadError::Io { record: record - 1, source },
            ::csv::ErrorKind::Utf8 { .. } => ReadError::Record { record, problem: "it is not UTF-8" },
            ::csv::ErrorKind::UnequalLengths { .. } => {
                ReadError::Record { record, problem: "it has more or fewer cells than the header" }
            }
            _ => ReadError::Record { record, problem: "it is not CSV" },
        })
    }

    fn check_header(&mut self, columns: &Columns) -> Result<(), ReadError> {
        let there = self.advance(columns)?;
        let fields = columns.schema().fields();
        let names = fields.iter().map(Some).chain([None]);
        for (at, field) in names.enumerate() {
            let cell = self.row.get(at).filter(|_| there).map(|cell| value(cell, self.audience));
            if cell != field.map(|field| field.name().as_str()) {
                let expected = field.map_or_else(String::new, |field| field.name().clone());
                return Err(ReadError::OtherFields { field: at + 1, expected });
            }
        }
        Ok(())
    }
}

fn value(cell: &str, audience: Audience) -> &str {
    match audience {
        Audience::People => undo(cell),
        Audience::Machine => cell,
    }
}

impl<R: Read> Rows for CsvRows<R> {
    fn next(&mut self, columns: &mut Columns) -> Result<bool, ReadError> {
        if !self.header_read {
            self.check_header(columns)?;
            self.header_read = true;
        }
        if !self.advance(columns)? {
            return Ok(false);
        }
        let audience = self.audience;
        columns.push(self.row.iter(), |building: &mut Building, cell| {
            if cell.is_empty() {
                building.null();
                Some(())
            } else {
                building.text(value(cell, audience))
            }
        })?;
        Ok(true)
    }
}
