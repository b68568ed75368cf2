//! What is the text of one cell, and what are the canonical bytes of one record?
//!
//! | type | text |
//! |---|---|
//! | text | as it is |
//! | whole number | `-42` |
//! | decimal | exactly the digits of its scale: `12.50` |
//! | boolean | `true`, `false` |
//! | date | ISO 8601: `2026-06-30` |
//! | moment | RFC 3339 in UTC: `2026-06-30T12:00:00Z`, `2026-06-30T12:00:00.000250Z` |
//! | bytes | base64 with padding (RFC 4648, section 4) |
//! | list, struct | compact JSON (see [`super::json`]) |
//! | nothing | nothing |
//!
//! Columns are found once per batch ([`Cells`]); a cell is then written without allocation.

use arrow::array::{
    Array, ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, ListArray, StringArray,
    StructArray, TimestampMicrosecondArray,
};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_package::canonical::CELL_SEPARATOR;

use super::civil::{write_date, write_moment};
use super::error::EncodeError;
use super::json;

/// One column of a batch, as the type that it is.
pub(super) enum Column<'b> {
    Text(&'b StringArray),
    Integer(&'b Int64Array),
    Decimal(&'b Decimal128Array, i8),
    Boolean(&'b BooleanArray),
    Date(&'b Date32Array),
    Moment(&'b TimestampMicrosecondArray),
    Bytes(&'b BinaryArray),
    List(&'b ListArray, Box<Column<'b>>),
    /// Members with their names as JSON, colon included.
    Struct(&'b StructArray, Vec<(Vec<u8>, Column<'b>)>),
}

impl<'b> Column<'b> {
    /// `path` names the field in an error.
    fn of(array: &'b ArrayRef, path: &str) -> Result<Self, EncodeError> {
        fn typed<T: 'static>(array: &ArrayRef) -> Option<&T> {
            array.as_any().downcast_ref()
        }
        let column = match array.data_type() {
            DataType::Utf8 => typed(array).map(Self::Text),
            DataType::Int64 => typed(array).map(Self::Integer),
            DataType::Decimal128(_, scale) => typed(array).map(|array| Self::Decimal(array, *scale)),
            DataType::Boolean => typed(array).map(Self::Boolean),
            DataType::Date32 => typed(array).map(Self::Date),
            DataType::Timestamp(..) => typed(array).map(Self::Moment),
            DataType::Binary => typed(array).map(Self::Bytes),
            DataType::List(item) => match typed::<ListArray>(array) {
                Some(list) => {
                    let items = Self::of(list.values(), &format!("{path}.{}", item.name()))?;
                    Some(Self::List(list, Box::new(items)))
                }
                None => None,
            },
            DataType::Struct(fields) => match typed::<StructArray>(array) {
                Some(record) => {
                    let mut members = Vec::with_capacity(fields.len());
                    for (field, member) in fields.iter().zip(record.columns()) {
                        let column = Self::of(member, &format!("{path}.{}", field.name()))?;
                        members.push((json::member_name(field.name()), column));
                    }
                    Some(Self::Struct(record, members))
                }
                None => None,
            },
            _ => None,
        };
        column.ok_or_else(|| EncodeError::UnsupportedType {
            field: path.to_owned(),
            found: array.data_type().to_string(),
        })
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Text(array) => array.is_null(row),
            Self::Integer(array) => array.is_null(row),
            Self::Decimal(array, _) => array.is_null(row),
            Self::Boolean(array) => array.is_null(row),
            Self::Date(array) => array.is_null(row),
            Self::Moment(array) => array.is_null(row),
            Self::Bytes(array) => array.is_null(row),
            Self::List(array, _) => array.is_null(row),
            Self::Struct(array, _) => array.is_null(row),
        }
    }

    /// Appends the text of the cell; nothing for no value.
    #[inline]
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            return;
        }
        match self {
            Self::Text(array) => out.extend_from_slice(array.value(row).as_bytes()),
            Self::Integer(array) => out.extend_from_slice(itoa::Buffer::new().format(array.value(row)).as_bytes()),
            Self::Decimal(array, scale) => write_decimal(array.value(row), *scale, out),
            Self::Boolean(array) => out.extend_from_slice(if array.value(row) { b"true" } else { b"false" }),
            Self::Date(array) => write_date(array.value(row), out),
            Self::Moment(array) => write_moment(array.value(row), out),
            Self::Bytes(array) => write_base64(array.value(row), out),
            Self::List(..) | Self::Struct(..) => json::write_value(self, row, out),
        }
    }
}

/// A decimal number with exactly the digits of its scale.
fn write_decimal(value: i128, scale: i8, out: &mut Vec<u8>) {
    if value < 0 {
        out.push(b'-');
    }
    let mut buffer = itoa::Buffer::new();
    // Most amounts fit 64 bits, whose division is many times faster.
    let digits = match u64::try_from(value.unsigned_abs()) {
        Ok(small) => buffer.format(small),
        Err(_) => buffer.format(value.unsigned_abs()),
    };
    let after = usize::try_from(scale).unwrap_or(0);
    match digits.len().checked_sub(after).and_then(|at| digits.as_bytes().split_at_checked(at)) {
        Some((whole, fraction)) => {
            out.extend_from_slice(if whole.is_empty() { b"0" } else { whole });
            if !fraction.is_empty() {
                out.push(b'.');
                out.extend_from_slice(fraction);
            }
        }
        None => {
            out.extend_from_slice(b"0.");
            out.resize(out.len() + after.saturating_sub(digits.len()), b'0');
            out.extend_from_slice(digits.as_bytes());
        }
    }
    if scale < 0 && value != 0 {
        out.resize(out.len() + usize::from(scale.unsigned_abs()), b'0');
    }
}

fn write_base64(bytes: &[u8], out: &mut Vec<u8>) {
    let start = out.len();
    let length = bytes.len().div_ceil(3) * 4;
    out.resize(start + length, 0);
    if let Some(target) = out.get_mut(start..) {
        // The target has the length that the encoding needs, the only thing that could fail.
        let written = STANDARD.encode_slice(bytes, target);
        debug_assert_eq!(written.ok(), Some(length));
    }
}

/// The cells of a batch, ready to be written.
pub struct Cells<'b> {
    batch: &'b RecordBatch,
    columns: Vec<Column<'b>>,
}

impl<'b> Cells<'b> {
    /// The cells of `batch`.
    ///
    /// # Errors
    /// A column has a type that no output field has.
    pub fn of(batch: &'b RecordBatch) -> Result<Self, EncodeError> {
        let columns = batch
            .schema_ref()
            .fields()
            .iter()
            .zip(batch.columns())
            .map(|(field, array)| Column::of(array, field.name()))
            .collect::<Result<_, _>>()?;
        Ok(Self { batch, columns })
    }

    /// The batch itself.
    pub fn batch(&self) -> &'b RecordBatch {
        self.batch
    }

    pub(super) fn columns(&self) -> &[Column<'b>] {
        &self.columns
    }

    /// The records, in order.
    pub fn records(&self) -> impl ExactSizeIterator<Item = Record<'_>> {
        (0..self.batch.num_rows()).map(|row| Record { cells: self, row })
    }
}

impl std::fmt::Debug for Cells<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Cells({} records of {} fields)", self.batch.num_rows(), self.columns.len())
    }
}

/// One record of a batch. Made only by [`Cells::records`], so that its row is there.
#[derive(Clone, Copy, Debug)]
pub struct Record<'c> {
    cells: &'c Cells<'c>,
    row: usize,
}

impl<'c> Record<'c> {
    pub(super) fn row(self) -> usize {
        self.row
    }

    pub(super) fn cells(self) -> &'c Cells<'c> {
        self.cells
    }

    /// Appends the canonical bytes that enter the record digest: the cells, joined by U+001F.
    pub fn canonical(self, out: &mut Vec<u8>) {
        for (at, column) in self.cells.columns.iter().enumerate() {
            if at > 0 {
                out.push(CELL_SEPARATOR);
            }
            column.write(self.row, out);
        }
    }
}

/// Appends the canonical bytes of row `row` of `batch`; of many rows, [`Cells`] is the faster way.
///
/// # Errors
/// A column has a type that no output field has, or the batch has no such row.
pub fn canonical(batch: &RecordBatch, row: usize, out: &mut Vec<u8>) -> Result<(), EncodeError> {
    let cells = Cells::of(batch)?;
    let record = cells.records().nth(row).ok_or(EncodeError::NoSuchRow { row, rows: batch.num_rows() })?;
    record.canonical(out);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn decimal(value: i128, scale: i8) -> String {
        let mut out = Vec::new();
        write_decimal(value, scale, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn decimals_have_exactly_the_digits_of_their_scale() {
        for (value, scale, text) in [
            (1250, 2, "12.50"),
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 3, "-0.005"),
            (-12, 0, "-12"),
            (99, 2, "0.99"),
            (100, 2, "1.00"),
            (7, -2, "700"),
            (0, -2, "0"),
            (i128::MIN, 38, "-1.70141183460469231731687303715884105728"),
        ] {
            assert_eq!(decimal(value, scale), text);
        }
    }

    #[test]
    fn bytes_are_base64_with_padding() {
        for (bytes, text) in [(b"".as_slice(), ""), (b"\xfb", "+w=="), (b"\xff\xff", "//8="), (b"abc", "YWJj")] {
            let mut out = b"x".to_vec();
            write_base64(bytes, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{text}"));
        }
    }
}
