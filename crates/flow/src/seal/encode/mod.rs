//! How do released records become the bytes of the data file?
//!
//! In: record batches whose columns are the exchange's output fields. Out: bytes, part by part.
//! CSV and JSON Lines are one file whose parts may be cut after any record. Each part of Parquet is a file of its own:
//! ask [`Encoder::part_size`] after each batch, and end the part when it is large enough.

mod csv;
mod json_lines;
mod parquet;

use std::collections::BTreeSet;

use arrow::datatypes::{DataType, FieldRef, Schema, SchemaRef, TimeUnit};
use arrow::record_batch::RecordBatch;
use causeway_model::exchange::{Format, FormatKind};

use super::cell::{Cells, Record};
use super::error::EncodeError;

/// Writes records in one format.
#[derive(Debug)]
pub struct Encoder {
    schema: SchemaRef,
    kind: Kind,
    part: Part,
}

#[derive(Debug)]
enum Kind {
    Csv(csv::CsvEncoder),
    JsonLines(json_lines::JsonLinesEncoder),
    Parquet(Box<parquet::ParquetEncoder>),
}

/// Where the encoder stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// No part was begun yet.
    None,
    /// A part is open and holds this many bytes.
    Open(u64),
    /// A part was ended.
    Ended,
}

impl Encoder {
    /// An encoder for records of `schema`.
    ///
    /// # Errors
    /// No fields, two of one name, a type that no output has, a nested field in CSV.
    pub fn new(format: Format, schema: SchemaRef) -> Result<Self, EncodeError> {
        check(&schema)?;
        let kind = match format.kind {
            FormatKind::Csv => Kind::Csv(csv::CsvEncoder::new(&schema, format.audience)?),
            FormatKind::JsonLines => Kind::JsonLines(json_lines::JsonLinesEncoder::new(&schema)),
            FormatKind::Parquet => Kind::Parquet(Box::new(parquet::ParquetEncoder::new(schema.clone()))),
        };
        Ok(Self { schema, kind, part: Part::None })
    }

    /// The cells of a batch, which must have exactly the encoder's columns.
    ///
    /// # Errors
    /// It has others.
    pub fn cells<'b>(&self, batch: &'b RecordBatch) -> Result<Cells<'b>, EncodeError> {
        let (ours, theirs) = (self.schema.fields(), batch.schema_ref().fields());
        if ours != theirs {
            let same = ours.iter().zip(theirs.iter()).take_while(|(a, b)| a == b).count();
            return Err(EncodeError::OtherColumns { column: same + 1 });
        }
        Cells::of(batch)
    }

    /// Whether each part is a whole file, so that the caller must end parts itself.
    pub fn parts_are_files(&self) -> bool {
        matches!(self.kind, Kind::Parquet(_))
    }

    /// Begins a part. CSV writes its header into the first.
    ///
    /// # Errors
    /// A part is open.
    pub fn begin_part(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let first = match self.part {
            Part::Open(_) => return Err(EncodeError::OutOfOrder),
            Part::None => true,
            Part::Ended => false,
        };
        let before = out.len();
        match &mut self.kind {
            Kind::Csv(csv) if first => csv.header(out),
            Kind::Csv(_) | Kind::JsonLines(_) => {}
            Kind::Parquet(parquet) => parquet.begin(out)?,
        }
        self.part = Part::Open((out.len() - before) as u64);
        Ok(())
    }

    /// Appends one record, whole; `canonical` are its canonical bytes ([`Record::canonical`]). In Parquet, where records wait for their row group, [`Self::batch`] is far faster.
    ///
    /// # Errors
    /// No part is open, or the Parquet library refuses.
    #[inline]
    pub fn record(&mut self, record: Record<'_>, canonical: &[u8], out: &mut Vec<u8>) -> Result<(), EncodeError> {
        let Part::Open(size) = &mut self.part else { return Err(EncodeError::OutOfOrder) };
        let before = out.len();
        match &mut self.kind {
            Kind::Csv(csv) => csv.record(record, canonical, out),
            Kind::JsonLines(lines) => lines.record(record, out),
            Kind::Parquet(parquet) => parquet.batch(&record.cells().batch().slice(record.row(), 1), out)?,
        }
        *size += (out.len() - before) as u64;
        Ok(())
    }

    /// Appends all records of a batch.
    ///
    /// # Errors
    /// No part is open, or the Parquet library refuses.
    pub fn batch(&mut self, cells: &Cells<'_>, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if let Kind::Parquet(parquet) = &mut self.kind {
            let Part::Open(size) = &mut self.part else { return Err(EncodeError::OutOfOrder) };
            let before = out.len();
            parquet.batch(cells.batch(), out)?;
            *size += (out.len() - before) as u64;
            return Ok(());
        }
        let mut canonical = Vec::new();
        cells.records().try_for_each(|record| {
            canonical.clear();
            record.canonical(&mut canonical);
            self.record(record, &canonical, out)
        })
    }

    /// Bytes of the open part, those included that wait for the end of a row group; 0 when none is open.
    pub fn part_size(&self) -> u64 {
        match (&self.part, &self.kind) {
            (Part::Open(size), Kind::Parquet(parquet)) => size + parquet.waiting(),
            (Part::Open(size), _) => *size,
            _ => 0,
        }
    }

    /// Ends the part.
    ///
    /// # Errors
    /// No part is open, or the Parquet library refuses.
    pub fn end_part(&mut self, out: &mut Vec<u8>) -> Result<(), EncodeError> {
        if !matches!(self.part, Part::Open(_)) {
            return Err(EncodeError::OutOfOrder);
        }
        if let Kind::Parquet(parquet) = &mut self.kind {
            parquet.end(out)?;
        }
        self.part = Part::Ended;
        Ok(())
    }
}

/// Whether every field has a name of its own and a type that an output may have.
pub(super) fn check(schema: &Schema) -> Result<(), EncodeError> {
    check_fields(schema.fields().iter(), "")
}

fn check_fields<'f>(fields: impl Iterator<Item = &'f FieldRef>, within: &str) -> Result<(), EncodeError> {
    let mut names = BTreeSet::new();
    for field in fields {
        let path = format!("{within}{}", field.name());
        if !names.insert(field.name()) {
            return Err(EncodeError::DuplicateName { field: path });
        }
        check_type(field, path)?;
    }
    if names.is_empty() { Err(EncodeError::NoFields) } else { Ok(()) }
}

fn check_type(field: &FieldRef, path: String) -> Result<(), EncodeError> {
    match field.data_type() {
        DataType::Utf8
        | DataType::Int64
        | DataType::Decimal128(..)
        | DataType::Boolean
        | DataType::Date32
        // Without a zone it would not be known which moment is meant.
        | DataType::Timestamp(TimeUnit::Microsecond, Some(_))
        | DataType::Binary => Ok(()),
        DataType::List(item) => check_type(item, format!("{path}.{}", item.name())),
        DataType::Struct(members) => check_fields(members.iter(), &format!("{path}.")),
        other => Err(EncodeError::UnsupportedType { field: path, found: other.to_string() }),
    }
}
