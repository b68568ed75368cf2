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
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, ListArray, StringArray, StructArray,
    TimestampMicrosecondArray,
};
use arrow::buffer::{BooleanBuffer, NullBuffer};
use arrow::record_batch::RecordBatch;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use causeway_package::canonical::CELL_SEPARATOR;

use super::civil::{write_date, write_moment};
use super::error::EncodeError;
use super::json;

/// One column of a batch.
pub(crate) struct Column<'b> {
    /// Which rows have a value; all if none.
    nulls: Option<&'b NullBuffer>,
    pub(super) values: Values<'b>,
}

/// The values of a column as the slices that they lie in: a cell is then a few loads, which the compiler can inline.
pub(super) enum Values<'b> {
    Text(Runs<'b>),
    Integer(&'b [i64]),
    Decimal(&'b [i128], i8),
    Boolean(&'b BooleanBuffer),
    Date(&'b [i32]),
    Moment(&'b [i64]),
    Bytes(Runs<'b>),
    List(&'b [i32], Box<Column<'b>>),
    /// Members with their names as JSON, colon included.
    Struct(Vec<(Vec<u8>, Column<'b>)>),
}

/// Runs of bytes that lie behind one another.
pub(super) struct Runs<'b> {
    offsets: &'b [i32],
    data: &'b [u8],
    /// Whether no byte of any run is special to CSV or JSON; then runs are copied unseen. Found for texts only.
    pub(super) plain: bool,
}

/// Whether CSV or JSON may have to quote or escape something because of `byte`; E2 begins U+2028.
fn is_special(byte: u8) -> bool {
    matches!(byte, 0..=0x1f | b'"' | b',' | b'\\' | 0xe2)
}

impl<'b> Runs<'b> {
    fn texts(array: &'b StringArray) -> Self {
        let (offsets, data) = (array.value_offsets(), array.value_data());
        let ends = offsets.first().zip(offsets.last());
        let all = ends.and_then(|(from, to)| data.get(*from as usize..*to as usize)).unwrap_or_default();
        // A look without early exit is done in vectors, many times faster than cell by cell; with one exit a page.
        let plain = all.chunks(4096).all(|page| !page.iter().fold(false, |found, byte| found | is_special(*byte)));
        Self { offsets, data, plain }
    }

    #[inline]
    pub(super) fn run(&self, row: usize) -> &'b [u8] {
        let (from, to) = ends(self.offsets, row);
        self.data.get(from..to).unwrap_or_default()
    }

    /// Appends a run. Most are short, and a copy of a fixed length is far cheaper: what it took too much is cut off again.
    #[inline]
    fn append(&self, row: usize, out: &mut Vec<u8>) {
        let (from, to) = ends(self.offsets, row);
        let length = to.saturating_sub(from);
        match self.data.get(from..).and_then(<[u8]>::first_chunk::<SHORT>) {
            Some(wide) if length <= SHORT => {
                out.extend_from_slice(wide);
                out.truncate(out.len() - SHORT + length);
            }
            _ => out.extend_from_slice(self.data.get(from..to).unwrap_or_default()),
        }
    }
}

/// A run of up to so many bytes is copied in one go with what stands behind it.
const SHORT: usize = 16;

/// Where the items of `row` begin and end.
#[inline]
pub(super) fn ends(offsets: &[i32], row: usize) -> (usize, usize) {
    match offsets.get(row..) {
        Some([from, to, ..]) => (*from as usize, *to as usize),
        _ => (0, 0),
    }
}

impl<'b> Column<'b> {
    /// `path` names the field in an error.
    pub(crate) fn of(array: &'b ArrayRef, path: &str) -> Result<Self, EncodeError> {
        let unsupported =
            || EncodeError::UnsupportedType { field: path.to_owned(), found: array.data_type().to_string() };
        let any = array.as_any();
        let values = if let Some(array) = any.downcast_ref::<StringArray>() {
            Values::Text(Runs::texts(array))
        } else if let Some(array) = any.downcast_ref::<Int64Array>() {
            Values::Integer(array.values())
        } else if let Some(array) = any.downcast_ref::<Decimal128Array>() {
            Values::Decimal(array.values(), array.scale())
        } else if let Some(array) = any.downcast_ref::<BooleanArray>() {
            Values::Boolean(array.values())
        } else if let Some(array) = any.downcast_ref::<Date32Array>() {
            Values::Date(array.values())
        } else if let Some(array) = any.downcast_ref::<TimestampMicrosecondArray>() {
            Values::Moment(array.values())
        } else if let Some(array) = any.downcast_ref::<BinaryArray>() {
            Values::Bytes(Runs { offsets: array.value_offsets(), data: array.value_data(), plain: false })
        } else if let Some(array) = any.downcast_ref::<ListArray>() {
            let items = Self::of(array.values(), &format!("{path}.item"))?;
            Values::List(array.value_offsets(), Box::new(items))
        } else if let Some(array) = any.downcast_ref::<StructArray>() {
            let mut members = Vec::with_capacity(array.fields().len());
            for (field, member) in array.fields().iter().zip(array.columns()) {
                let column = Self::of(member, &format!("{path}.{}", field.name()))?;
                members.push((json::member_name(field.name()), column));
            }
            Values::Struct(members)
        } else {
            return Err(unsupported());
        };
        Ok(Self { nulls: array.nulls().filter(|nulls| nulls.null_count() > 0), values })
    }

    #[inline]
    pub(super) fn is_null(&self, row: usize) -> bool {
        self.nulls.is_some_and(|nulls| nulls.is_null(row))
    }

    /// Appends the text of the cell; nothing for no value.
    #[inline]
    pub(super) fn write(&self, row: usize, out: &mut Vec<u8>) {
        if self.is_null(row) {
            return;
        }
        match &self.values {
            Values::Text(texts) => texts.append(row, out),
            Values::Integer(numbers) => write_integer(at(numbers, row), out),
            Values::Decimal(numbers, scale) => write_decimal(at(numbers, row), *scale, out),
            Values::Boolean(bits) => out.extend_from_slice(if bits.value(row) { b"true" } else { b"false" }),
            Values::Date(days) => write_date(at(days, row), out),
            Values::Moment(micros) => write_moment(at(micros, row), out),
            Values::Bytes(runs) => write_base64(runs.run(row), out),
            Values::List(..) | Values::Struct(..) => json::write_value(self, row, out),
        }
    }
}

/// The value of a row. Rows come from [`Cells::records`], which knows that there is one.
#[inline]
fn at<T: Copy + Default>(values: &[T], row: usize) -> T {
    debug_assert!(row < values.len());
    values.get(row).copied().unwrap_or_default()
}

fn write_integer(value: i64, out: &mut Vec<u8>) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
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
