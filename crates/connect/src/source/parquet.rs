//! How is a Parquet file scanned, with only the declared columns read from it?

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use ::parquet::arrow::ProjectionMask;
use ::parquet::arrow::arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Float64Type, Int64Type};
use causeway_flow::source::{BATCH_ROWS, Cell, Decoder, Scan, SourceError};
use causeway_model::Code;

use super::file::OpenFile;
use super::pump::Rows;
use super::refuse::Refuse;

/// Records of a Parquet file.
pub(crate) struct ParquetRows {
    open: OpenFile,
    reader: ParquetRecordBatchReader,
    /// For each column of the scan, its place among the projected columns.
    places: Vec<usize>,
    arrays: Vec<ArrayRef>,
    rows: usize,
    row: usize,
}

impl ParquetRows {
    /// Reads the footer and finds the scan's columns in it.
    pub(crate) fn new(open: OpenFile, scan: &Scan) -> Result<Self, SourceError> {
        let builder = footer(&open)?;
        let (origin, shown) = open.names();
        let refuse = Refuse(&origin);
        let schema = builder.schema().clone();
        let mut roots = Vec::new();
        for column in &scan.columns {
            let (place, field) = schema
                .fields()
                .find(&column.column)
                .ok_or_else(|| refuse.missing(format!("`{shown}` has no column `{}`", column.column)))?;
            if carried(field.data_type()).is_none() {
                let detail =
                    format!("column `{}` of `{shown}` is {}: no single value", column.column, field.data_type());
                return Err(SourceError::new(Code::ColumnRetyped, origin, detail));
            }
            roots.push(place);
        }
        let mut projected = roots.clone();
        projected.sort_unstable();
        projected.dedup();
        let places = roots.iter().filter_map(|root| projected.iter().position(|place| place == root)).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), projected);
        let reader = builder.with_projection(mask).with_batch_size(BATCH_ROWS).build();
        let reader = reader.map_err(|_| refuse.malformed(format!("`{shown}` is damaged: it cannot be read")))?;
        Ok(Self { open, reader, places, arrays: Vec::new(), rows: 0, row: 0 })
    }

    fn refill(&mut self) -> Result<bool, SourceError> {
        let (origin, shown) = self.open.names();
        let damaged = || Refuse(&origin).malformed(format!("`{shown}` is damaged: a page cannot be read"));
        while self.row >= self.rows {
            let Some(batch) = self.reader.next() else { return Ok(false) };
            let batch = batch.map_err(|_| damaged())?;
            let column = |place: &usize| batch.columns().get(*place).and_then(normal);
            self.arrays = self.places.iter().map(column).collect::<Option<_>>().ok_or_else(damaged)?;
            (self.rows, self.row) = (batch.num_rows(), 0);
        }
        Ok(true)
    }
}

impl Rows for ParquetRows {
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError> {
        if !self.refill()? {
            return Ok(false);
        }
        for (column, array) in self.arrays.iter().enumerate() {
            let cell = match cell(array, self.row) {
                // Parquet's own UUIDs are sixteen bytes.
                Cell::Bytes(bytes) if decoder.takes_uuid(column) => {
                    bytes.try_into().map_or(Cell::Bytes(bytes), Cell::Uuid)
                }
                cell => cell,
            };
            decoder.push(column, cell);
        }
        self.row += 1;
        Ok(true)
    }

    fn finish(&mut self, _rows: u64) -> Result<(), SourceError> {
        self.open.unchanged()
    }
}

/// The type in which values of a Parquet column reach the decoder: what is exact stays exact, as text where needed.
fn carried(data_type: &DataType) -> Option<DataType> {
    match data_type {
        DataType::Null | DataType::Boolean => Some(data_type.clone()),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Some(DataType::Int64),
        DataType::UInt8 | DataType::UInt16 | DataType::UInt32 => Some(DataType::Int64),
        DataType::Float16 | DataType::Float32 | DataType::Float64 => Some(DataType::Float64),
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => {
            Some(DataType::Binary)
        }
        DataType::UInt64 | DataType::Decimal128(..) | DataType::Decimal256(..) | DataType::Date32 => {
            Some(DataType::Utf8)
        }
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Some(DataType::Utf8),
        DataType::Timestamp(..) => Some(DataType::Utf8),
        DataType::Dictionary(_, values) => carried(values),
        _ => None,
    }
}

/// The array in the type in which its values reach the decoder.
fn normal(array: &ArrayRef) -> Option<ArrayRef> {
    let array = match array.data_type() {
        // Whatever zone the file shows it in, the moment itself is stored in UTC.
        DataType::Timestamp(unit, Some(_)) => &cast(array, &DataType::Timestamp(*unit, Some("+00:00".into()))).ok()?,
        _ => array,
    };
    let out = cast(array, &carried(array.data_type())?).ok()?;
    // A cast makes null of what it cannot convert; here that would be a lost value.
    (out.logical_null_count() == array.logical_null_count()).then_some(out)
}

fn cell(array: &ArrayRef, row: usize) -> Cell<'_> {
    if array.is_null(row) {
        return Cell::Null;
    }
    match array.data_type() {
        DataType::Boolean => Cell::Boolean(array.as_boolean().value(row)),
        DataType::Int64 => Cell::Integer(array.as_primitive::<Int64Type>().value(row)),
        DataType::Float64 => Cell::Real(array.as_primitive::<Float64Type>().value(row)),
        DataType::Binary => Cell::Bytes(array.as_binary::<i32>().value(row)),
        DataType::Utf8 => Cell::Text(array.as_string::<i32>().value(row).as_bytes()),
        DataType::Null => Cell::Null,
        _ => Cell::Nested(b"a type that cannot be read"),
    }
}

/// Columns of a Parquet file: name, type, whether a value may be missing.
pub(crate) fn columns(open: &OpenFile) -> Result<Vec<(String, String, bool)>, SourceError> {
    let schema = footer(open)?.schema().clone();
    Ok(schema.fields().iter().map(|f| (f.name().clone(), f.data_type().to_string(), f.is_nullable())).collect())
}

fn footer(open: &OpenFile) -> Result<ParquetRecordBatchReaderBuilder<File>, SourceError> {
    let (origin, shown) = open.names();
    let refuse = Refuse(&origin);
    let mut file = open.handle()?;
    let magic = |file: &mut File, from| {
        let mut bytes = [0; 4];
        file.seek(from).and_then(|_| file.read_exact(&mut bytes)).is_ok_and(|()| &bytes == b"PAR1")
    };
    if !magic(&mut file, SeekFrom::Start(0)) {
        return Err(refuse.unreachable(format!("`{shown}` is not a Parquet file")));
    }
    if !magic(&mut file, SeekFrom::End(-4)) {
        return Err(refuse.early(format!("`{shown}` is cut off: its footer is missing")));
    }
    ParquetRecordBatchReaderBuilder::try_new(file)
        .map_err(|_| refuse.malformed(format!("`{shown}` is damaged: its footer cannot be read")))
}
