//! How are records written as CSV?
//!
//! RFC 4180 with LF: a header in the first part; quotes only where a cell has a quote, comma, CR or LF. No value and
//! empty text are both an empty cell. A record whose only cell is empty is written `""`: many readers skip an empty
//! line. Written for people, cells that a spreadsheet would run are neutralised (see [`super::super::spreadsheet`]).

use arrow::datatypes::{DataType, Schema};
use causeway_model::exchange::Audience;
use causeway_package::canonical::CELL_SEPARATOR;

use crate::seal::cell::{Record, Values};
use crate::seal::error::EncodeError;
use crate::seal::spreadsheet::{needs_apostrophe, neutralise_from};

#[derive(Debug)]
pub(super) struct CsvEncoder {
    names: Vec<String>,
    audience: Audience,
}

impl CsvEncoder {
    pub(super) fn new(schema: &Schema, audience: Audience) -> Result<Self, EncodeError> {
        let nested =
            schema.fields().iter().find(|field| matches!(field.data_type(), DataType::List(_) | DataType::Struct(_)));
        match nested {
            Some(field) => Err(EncodeError::NestedInCsv { field: field.name().clone() }),
            None => Ok(Self { names: schema.fields().iter().map(|field| field.name().clone()).collect(), audience }),
        }
    }

    pub(super) fn header(&self, out: &mut Vec<u8>) {
        let start = out.len();
        for (at, name) in self.names.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            self.text(name.as_bytes(), false, out);
        }
        end_line(start, out);
    }

    /// Writes a record whose canonical bytes are `canonical`.
    #[inline]
    pub(super) fn record(&self, record: Record<'_>, canonical: &[u8], out: &mut Vec<u8>) {
        let (start, row) = (out.len(), record.row());
        if self.audience == Audience::Machine && self.is_plain(canonical) {
            out.extend(canonical.iter().map(|byte| if *byte == CELL_SEPARATOR { b',' } else { *byte }));
            return end_line(start, out);
        }
        for (at, column) in record.cells().columns().iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            match &column.values {
                Values::Text(texts) => {
                    if !column.is_null(row) {
                        self.text(texts.run(row), texts.plain, out);
                    }
                }
                // A plain number or a word: never quoted, never run.
                Values::Integer(_) | Values::Decimal(..) | Values::Boolean(_) => column.write(row, out),
                // Base64 may begin with a plus, a date of antiquity with a minus; neither ever needs quotes.
                _ => {
                    let cell = out.len();
                    column.write(row, out);
                    if self.audience == Audience::People {
                        neutralise_from(out, cell);
                    }
                }
            }
        }
        end_line(start, out);
    }

    /// Whether a record is the same in CSV but for what stands between its cells: nearly all are. No cell needs quotes, and
    /// none holds what separates them.
    #[inline]
    fn is_plain(&self, canonical: &[u8]) -> bool {
        let separators = canonical.iter().filter(|byte| **byte == CELL_SEPARATOR).count();
        separators + 1 == self.names.len() && !needs_quotes(canonical)
    }

    /// `plain`: that the cell needs no quotes is known already.
    #[inline]
    fn text(&self, cell: &[u8], plain: bool, out: &mut Vec<u8>) {
        let neutralised = self.audience == Audience::People && needs_apostrophe(cell);
        if plain || !needs_quotes(cell) {
            if neutralised {
                out.push(b'\'');
            }
            out.extend_from_slice(cell);
        } else {
            quoted(cell, neutralised, out);
        }
    }
}

fn quoted(cell: &[u8], neutralised: bool, out: &mut Vec<u8>) {
    out.extend_from_slice(if neutralised { b"\"'" } else { b"\"" });
    // Mostly it was a comma: then there is nothing to double.
    let doubled = cell.iter().fold(false, |found, byte| found | (*byte == b'"'));
    if !doubled {
        out.extend_from_slice(cell);
        out.push(b'"');
        return;
    }
    for piece in cell.split_inclusive(|byte| *byte == b'"') {
        out.extend_from_slice(piece);
        if piece.ends_with(b"\"") {
            out.push(b'"');
        }
    }
    out.push(b'"');
}

/// Without early exit, so that the compiler turns it into vector instructions: cells are short, and nearly all are plain.
#[inline]
fn needs_quotes(cell: &[u8]) -> bool {
    cell.iter().fold(false, |found, byte| found | matches!(byte, b'"' | b',' | b'\n' | b'\r'))
}

#[inline]
fn end_line(start: usize, out: &mut Vec<u8>) {
    if out.len() == start {
        out.extend_from_slice(b"\"\"");
    }
    out.push(b'\n');
}
