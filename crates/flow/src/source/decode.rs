//! How does a cell of any source become a checked value of the catalogue's type, or a fault?
//!
//! A bad cell is never an error: it becomes null and leaves a [`Fault`] with the value as it came. A row knows nothing
//! of the rows around it. An empty text is a value where the type is `text`, and a missing value everywhere else.

use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryBuilder, BooleanBuilder, Date32Builder, Decimal128Builder, Int64Builder,
    TimestampMicrosecondBuilder,
};
use arrow::datatypes::{DataType, Field, Schema};
use arrow::record_batch::{RecordBatch, RecordBatchOptions};
use causeway_model::{Code, ValueType};

use super::shown::shown;
use super::texts::{Gathered, Texts};
use super::{Scan, ScanColumn, SourceError, literal, moment};
use crate::lookup::Lookup;
use crate::{Batch, Fault, Faults, Personal};

/// Rows of a batch, at most.
pub const BATCH_ROWS: usize = 8_192;

/// Bytes of values after which a batch is full although it has fewer rows.
const BATCH_BYTES: usize = 16 << 20;

/// Bytes of one value that nothing can make acceptable: Arrow's offsets are 32 bits.
const CELL_BYTES: usize = 256 << 20;

/// A cell as a source gives it.
#[derive(Clone, Copy, Debug)]
pub enum Cell<'c> {
    /// No value.
    Null,
    /// Text; not yet known to be UTF-8.
    Text(&'c [u8]),
    /// A number as it is written in a text format, digit by digit.
    Number(&'c str),
    /// A whole number.
    Integer(i64),
    /// A binary floating point number.
    Real(f64),
    /// True or false.
    Boolean(bool),
    /// Bytes.
    Bytes(&'c [u8]),
    /// Days since 1970-01-01 in the Gregorian calendar.
    Date(i32),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(i64),
    /// A UUID.
    Uuid(&'c [u8; 16]),
    /// An exact number: unscaled value, digits after the point.
    Decimal(i128, u8),
    /// A list, an object: no single value, and of the wrong type whatever is declared.
    Nested(&'c [u8]),
}

/// Builds batches from cells, row by row.
#[derive(Debug)]
pub struct Decoder {
    source: String,
    schema: Arc<Schema>,
    columns: Vec<Column>,
    faults: Faults,
    rows: usize,
    bytes: usize,
    /// Cells that this row has got.
    cells: usize,
}

impl Decoder {
    /// A decoder for the columns of `scan`.
    pub fn new(scan: &Scan) -> Self {
        let fields: Vec<Field> =
            scan.columns.iter().map(|c| Field::new(&c.name, crate::types::arrow_type(&c.value_type), true)).collect();
        Self {
            source: scan.source.clone(),
            schema: Arc::new(Schema::new(fields)),
            columns: scan.columns.iter().map(Column::new).collect(),
            faults: Faults::default(),
            rows: 0,
            bytes: 0,
            cells: 0,
        }
    }

    /// Takes a cell of the row for `column` of the scan, in any order; a second one for the same column is ignored.
    #[inline]
    pub fn push(&mut self, column: usize, cell: Cell<'_>) {
        let Some(target) = self.columns.get_mut(column) else { return };
        if target.filled > self.rows {
            return;
        }
        target.filled += 1;
        self.cells += 1;
        if let Cell::Text(bytes) | Cell::Bytes(bytes) = cell {
            self.bytes += bytes.len();
        }
        if let Err(code) = target.accept(cell) {
            target.append_null();
            self.fault(column, code, cell);
        }
    }

    #[cold]
    fn fault(&mut self, column: usize, code: Code, cell: Cell<'_>) {
        let value = if code == Code::ValueMissing { None } else { shown(cell) };
        let subject = self.columns.get(column).map(|column| column.subject.clone()).unwrap_or_default();
        self.faults.add(self.rows, Fault { subject, code, value: Personal::new(value) });
    }

    /// Whether a column is of UUIDs, so that sixteen bytes are one.
    pub fn takes_uuid(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|column| matches!(column.builder, Builder::Uuid(_)))
    }

    /// Ends the row, in which columns that got no cell have no value; returns how many rows are waiting.
    pub fn end_row(&mut self) -> usize {
        if self.cells < self.columns.len() {
            for column in 0..self.columns.len() {
                self.push(column, Cell::Null);
            }
        }
        self.cells = 0;
        self.rows += 1;
        self.rows
    }

    /// Whether the waiting rows should be taken before the next one is begun.
    pub fn is_full(&self) -> bool {
        self.rows >= BATCH_ROWS || self.bytes >= BATCH_BYTES
    }

    /// The rows that are waiting, as a batch.
    pub fn take(&mut self) -> Result<Batch, SourceError> {
        let (mut arrays, mut found) = (Vec::with_capacity(self.columns.len()), BTreeSet::new());
        for column in &mut self.columns {
            let Gathered { column: array, invalid } = column.finish();
            arrays.push(array);
            for (row, text) in invalid {
                let (subject, value) = (column.subject.clone(), Personal::new(shown(Cell::Text(&text))));
                self.faults.add(row, Fault { subject, code: Code::InvalidUtf8, value });
                found.insert(row);
            }
        }
        // A row's faults stand in the order of its columns, whenever they were found.
        let place = |fault: &Fault| self.columns.iter().position(|column| column.subject == fault.subject);
        found.into_iter().for_each(|row| self.faults.sort(row, place));
        let options = RecordBatchOptions::new().with_row_count(Some(self.rows));
        let records = RecordBatch::try_new_with_options(self.schema.clone(), arrays, &options);
        let records = records.map_err(|_| {
            SourceError::new(Code::WrongType, &self.source, "the columns of a batch do not fit each other: report it")
        })?;
        self.rows = 0;
        self.bytes = 0;
        Ok(Batch { records, faults: std::mem::take(&mut self.faults) })
    }
}

#[derive(Debug)]
struct Column {
    subject: String,
    builder: Builder,
    max_length: usize,
    optional: bool,
    format: Option<String>,
    scratch: String,
    filled: usize,
}

#[derive(Debug)]
enum Builder {
    Text(Texts),
    Place(Texts),
    Code(Texts, Lookup<()>),
    PartialDate(Texts),
    Uuid(Texts),
    Integer(Int64Builder),
    Decimal(Decimal128Builder, u8, i8),
    Boolean(BooleanBuilder),
    Date(Date32Builder),
    Timestamp(TimestampMicrosecondBuilder),
    Bytes(BinaryBuilder),
}

impl Column {
    fn new(column: &ScanColumn) -> Self {
        let text = Texts::new;
        let builder = match &column.value_type {
            ValueType::Text => Builder::Text(text()),
            ValueType::Place(_) => Builder::Place(text()),
            // A code column without its list knows no code, and every record that has one says so.
            ValueType::Code(_) => {
                let codes = column.codes.iter().flat_map(|codes| codes.iter());
                Builder::Code(text(), Lookup::new(codes.map(|code| (code, ()))))
            }
            ValueType::PartialDate => Builder::PartialDate(text()),
            ValueType::Uuid => Builder::Uuid(text()),
            ValueType::Integer => Builder::Integer(Int64Builder::new()),
            ValueType::Decimal(precision, scale) => {
                let builder = Decimal128Builder::new().with_data_type(DataType::Decimal128(*precision, *scale));
                Builder::Decimal(builder, *precision, *scale)
            }
            ValueType::Boolean => Builder::Boolean(BooleanBuilder::new()),
            ValueType::Date => Builder::Date(Date32Builder::new()),
            ValueType::Timestamp => Builder::Timestamp(TimestampMicrosecondBuilder::new().with_timezone("UTC")),
            ValueType::Bytes => Builder::Bytes(BinaryBuilder::new()),
        };
        Self {
            subject: column.element.to_string(),
            builder,
            max_length: usize::try_from(column.max_length).unwrap_or(usize::MAX),
            optional: column.optional,
            format: column.format.clone(),
            scratch: String::new(),
            filled: 0,
        }
    }

    #[inline]
    fn accept(&mut self, cell: Cell<'_>) -> Result<(), Code> {
        match cell {
            Cell::Null => self.missing(),
            Cell::Text([]) if !matches!(self.builder, Builder::Text(_)) => self.missing(),
            Cell::Text(bytes) => match &mut self.builder {
                Builder::Bytes(_) => self.bytes(bytes),
                // A code that is in its list is valid text.
                Builder::Code(texts, codes) => match codes.get(bytes) {
                    Some(()) => {
                        texts.push(bytes);
                        Ok(())
                    }
                    None => std::str::from_utf8(bytes).map_or(Err(Code::InvalidUtf8), |_| Err(Code::CodeUnknown)),
                },
                Builder::Uuid(texts) if literal::is_usual_uuid(bytes) => {
                    texts.push(bytes);
                    Ok(())
                }
                // Whether it is UTF-8 is seen when the batch is taken, unless its characters must be counted.
                Builder::Text(texts) | Builder::Place(texts) if bytes.len() <= self.max_length.min(CELL_BYTES) => {
                    texts.push(bytes);
                    Ok(())
                }
                _ => self.text(std::str::from_utf8(bytes).map_err(|_| Code::InvalidUtf8)?),
            },
            Cell::Number(text) => self.number(text),
            Cell::Integer(value) => self.integer(value),
            Cell::Real(value) => self.real(value),
            Cell::Boolean(value) => match &mut self.builder {
                Builder::Boolean(builder) => {
                    builder.append_value(value);
                    Ok(())
                }
                _ => Err(Code::WrongType),
            },
            Cell::Bytes(bytes) => self.bytes(bytes),
            Cell::Date(days) => self.date(days),
            Cell::Timestamp(micros) => self.timestamp(micros),
            Cell::Uuid(uuid) => self.uuid(uuid),
            Cell::Decimal(unscaled, scale) => self.decimal(unscaled, scale),
            Cell::Nested(_) => Err(Code::WrongType),
        }
    }

    fn missing(&mut self) -> Result<(), Code> {
        if !self.optional {
            return Err(Code::ValueMissing);
        }
        self.append_null();
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), Code> {
        let format = self.format.as_deref();
        match &mut self.builder {
            Builder::Text(texts) | Builder::Place(texts) => {
                // Counting characters is needed only where there are more bytes than allowed characters.
                let long = text.len() > self.max_length && text.chars().nth(self.max_length).is_some();
                if long || text.len() > CELL_BYTES {
                    return Err(Code::ValueOversize);
                }
                texts.push(text.as_bytes());
            }
            Builder::Code(texts, codes) => {
                codes.get(text.as_bytes()).ok_or(Code::CodeUnknown)?;
                texts.push(text.as_bytes());
            }
            Builder::PartialDate(texts) => {
                moment::partial_date(text, format, &mut self.scratch)?;
                texts.push(self.scratch.as_bytes());
            }
            Builder::Uuid(texts) => texts.push(&literal::uuid(text)?),
            Builder::Integer(builder) => builder.append_value(literal::integer(text)?),
            Builder::Decimal(builder, precision, scale) => {
                builder.append_value(literal::decimal(text, *precision, *scale)?);
            }
            Builder::Boolean(builder) => builder.append_value(literal::boolean(text)?),
            Builder::Date(builder) => builder.append_value(moment::date(text, format)?),
            Builder::Timestamp(builder) => builder.append_value(moment::timestamp(text, format)?),
            Builder::Bytes(_) => return self.bytes(text.as_bytes()),
        }
        Ok(())
    }

    /// Numbers are numbers; a whole number may also stand for a code, a place, a year or an identifier, as it is written.
    fn number(&mut self, text: &str) -> Result<(), Code> {
        match &self.builder {
            Builder::Integer(_) | Builder::Decimal(..) => self.text(text),
            Builder::Boolean(_) if matches!(text, "0" | "1") => self.text(text),
            Builder::Text(_) | Builder::Place(_) | Builder::Code(..) | Builder::PartialDate(_)
                if literal::is_integer(text) =>
            {
                self.text(text)
            }
            _ => Err(Code::WrongType),
        }
    }

    fn integer(&mut self, value: i64) -> Result<(), Code> {
        use std::fmt::Write;
        if let Builder::Integer(builder) = &mut self.builder {
            builder.append_value(value);
            return Ok(());
        }
        let mut text = literal::Digits::default();
        write!(text, "{value}").map_err(|_| Code::WrongType)?;
        self.number(text.as_str())
    }

    fn real(&mut self, value: f64) -> Result<(), Code> {
        match &mut self.builder {
            Builder::Integer(builder) => {
                let whole = literal::exact(value, 19, 0)?;
                builder.append_value(i64::try_from(whole).map_err(|_| Code::WrongType)?);
            }
            Builder::Decimal(builder, precision, scale) => {
                builder.append_value(literal::exact(value, *precision, *scale)?);
            }
            _ => return Err(Code::WrongType),
        }
        Ok(())
    }

    /// A day may also stand for a partial date that is whole.
    fn date(&mut self, days: i32) -> Result<(), Code> {
        match &mut self.builder {
            Builder::Date(builder) => builder.append_value(moment::known_day(days)?),
            Builder::PartialDate(texts) => {
                moment::write_day(days, &mut self.scratch)?;
                texts.push(self.scratch.as_bytes());
            }
            _ => return Err(Code::WrongType),
        }
        Ok(())
    }

    fn timestamp(&mut self, micros: i64) -> Result<(), Code> {
        let Builder::Timestamp(builder) = &mut self.builder else { return Err(Code::WrongType) };
        builder.append_value(moment::known_moment(micros)?);
        Ok(())
    }

    /// A UUID is also text, as it is written.
    fn uuid(&mut self, uuid: &[u8; 16]) -> Result<(), Code> {
        let (Builder::Uuid(texts) | Builder::Text(texts)) = &mut self.builder else { return Err(Code::WrongType) };
        texts.push(&literal::written_uuid(uuid));
        Ok(())
    }

    fn decimal(&mut self, unscaled: i128, scale: u8) -> Result<(), Code> {
        match &mut self.builder {
            Builder::Integer(builder) => {
                let whole = literal::rescaled(unscaled, scale, 19, 0)?;
                builder.append_value(i64::try_from(whole).map_err(|_| Code::WrongType)?);
            }
            Builder::Decimal(builder, precision, to) => {
                builder.append_value(literal::rescaled(unscaled, scale, *precision, *to)?);
            }
            _ => return Err(Code::WrongType),
        }
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> Result<(), Code> {
        let Builder::Bytes(builder) = &mut self.builder else { return Err(Code::WrongType) };
        if bytes.len() > self.max_length.min(CELL_BYTES) {
            return Err(Code::ValueOversize);
        }
        builder.append_value(bytes);
        Ok(())
    }

    fn append_null(&mut self) {
        match &mut self.builder {
            Builder::Text(texts)
            | Builder::Place(texts)
            | Builder::Code(texts, _)
            | Builder::PartialDate(texts)
            | Builder::Uuid(texts) => texts.push_none(),
            Builder::Integer(builder) => builder.append_null(),
            Builder::Decimal(builder, ..) => builder.append_null(),
            Builder::Boolean(builder) => builder.append_null(),
            Builder::Date(builder) => builder.append_null(),
            Builder::Timestamp(builder) => builder.append_null(),
            Builder::Bytes(builder) => builder.append_null(),
        }
    }

    fn finish(&mut self) -> Gathered {
        self.filled = 0;
        let column: ArrayRef = match &mut self.builder {
            Builder::Text(texts)
            | Builder::Place(texts)
            | Builder::Code(texts, _)
            | Builder::PartialDate(texts)
            | Builder::Uuid(texts) => return texts.finish(),
            Builder::Integer(builder) => Arc::new(builder.finish()),
            Builder::Decimal(builder, ..) => Arc::new(builder.finish()),
            Builder::Boolean(builder) => Arc::new(builder.finish()),
            Builder::Date(builder) => Arc::new(builder.finish()),
            Builder::Timestamp(builder) => Arc::new(builder.finish()),
            Builder::Bytes(builder) => Arc::new(builder.finish()),
        };
        Gathered { column, invalid: Vec::new() }
    }
}
