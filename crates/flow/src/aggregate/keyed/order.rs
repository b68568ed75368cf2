//! How is a record encoded so that its bytes compare as the record does: what it is ordered by, then its value?
//!
//! Ties are broken by the value, so that the answer never depends on the order in which a source gives its rows.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, StringArray, UInt32Array, new_null_array};
use arrow::datatypes::DataType;
use arrow::row::{RowConverter, Rows, SortField};

use crate::aggregate::memory::broken;
use crate::aggregate::reduce::ASCENDING;
use crate::error::FlowError;

const NO_TEXT: u8 = 0;
const TEXT: u8 = 1;

/// The encoding of one reduction's records.
pub(super) enum Order {
    /// Everything in Arrow's row encoding, the value last.
    Rows(RowConverter),
    /// A value of text after parts of fixed length: written as it is, because nothing follows it. Arrow's encoding, which
    /// may be followed by something, takes nearly twice the room for short texts.
    Text { by: Option<RowConverter>, length: usize },
}

/// Records of a batch, encoded.
pub(super) struct Encoded {
    rows: Option<Rows>,
    texts: Option<StringArray>,
}

impl Order {
    /// For records that are ordered by columns of the types `by` and have values of the type `of`.
    pub(super) fn new(by: Vec<DataType>, of: DataType) -> Result<Self, FlowError> {
        let converter = |types: Vec<DataType>| {
            let fields = types.into_iter().map(|of| SortField::new_with_options(of, ASCENDING)).collect();
            RowConverter::new(fields).map_err(FlowError::internal("aggregate/order"))
        };
        if of == DataType::Utf8 && by.iter().all(fixed) {
            let by = if by.is_empty() { None } else { Some(converter(by)?) };
            return Ok(Self::Text { by, length: 0 });
        }
        Ok(Self::Rows(converter(by.into_iter().chain([of]).collect())?))
    }

    /// Encodes the records of a batch.
    pub(super) fn encode(&mut self, by: Vec<ArrayRef>, value: &ArrayRef) -> Result<Encoded, FlowError> {
        let convert = |converter: &RowConverter, columns: &[ArrayRef]| {
            converter.convert_columns(columns).map_err(FlowError::internal("aggregate/order"))
        };
        match self {
            Self::Rows(converter) => {
                let columns: Vec<ArrayRef> = by.into_iter().chain([value.clone()]).collect();
                Ok(Encoded { rows: Some(convert(converter, &columns)?), texts: None })
            }
            Self::Text { by: converter, length } => {
                let rows = converter.as_ref().map(|converter| convert(converter, &by)).transpose()?;
                if let Some(first) = rows.as_ref().and_then(|rows| rows.iter().next()) {
                    *length = first.data().len();
                }
                Ok(Encoded { rows, texts: Some(value.as_string::<i32>().clone()) })
            }
        }
    }

    /// The values of encoded records; none where there is no record.
    pub(super) fn values(&self, records: &[Option<&[u8]>]) -> Result<ArrayRef, FlowError> {
        match self {
            Self::Rows(converter) => last(converter, records),
            Self::Text { length, .. } => {
                let texts = records.iter().map(|record| text(*record, *length));
                let texts = texts.collect::<Result<StringArray, FlowError>>()?;
                Ok(Arc::new(texts))
            }
        }
    }
}

impl Encoded {
    /// The record of a row, put together in `whole` where it lies in two pieces.
    pub(super) fn record<'r>(&'r self, row: usize, whole: &'r mut Vec<u8>) -> &'r [u8] {
        let by = self.rows.as_ref().map(|rows| rows.row(row));
        let Some(texts) = &self.texts else { return by.map(|by| by.data()).unwrap_or_default() };
        whole.clear();
        whole.extend_from_slice(by.as_ref().map(|by| by.data()).unwrap_or_default());
        if texts.is_null(row) {
            whole.push(NO_TEXT);
        } else {
            whole.push(TEXT);
            whole.extend_from_slice(texts.value(row).as_bytes());
        }
        whole
    }
}

/// Whether every value of the type takes the same room in Arrow's row encoding.
pub(super) fn fixed(of: &DataType) -> bool {
    !matches!(of, DataType::Utf8 | DataType::Binary)
}

/// The text of a record after the `length` bytes that it is ordered by.
fn text(record: Option<&[u8]>, length: usize) -> Result<Option<&str>, FlowError> {
    match record.map(|record| record.get(length..)) {
        None | Some(Some([NO_TEXT])) => Ok(None),
        Some(Some([TEXT, text @ ..])) => std::str::from_utf8(text).map(Some).map_err(|_| broken("a kept text is none")),
        Some(_) => Err(broken("a kept record is cut short")),
    }
}

/// The last column of the encoded records: the values.
fn last(converter: &RowConverter, records: &[Option<&[u8]>]) -> Result<ArrayRef, FlowError> {
    let parser = converter.parser();
    let found = records.iter().flatten().map(|bytes| parser.parse(bytes));
    let columns = converter.convert_rows(found).map_err(FlowError::internal("aggregate/order"))?;
    let values = columns.last().ok_or_else(|| broken("a record without a value"))?;
    let mut next = 0;
    let rows = records.iter().map(|bytes| {
        bytes.map(|_| {
            next += 1;
            next - 1
        })
    });
    let rows = UInt32Array::from_iter(rows);
    if values.is_empty() {
        return Ok(new_null_array(values.data_type(), rows.len()));
    }
    if rows.null_count() == 0 {
        return Ok(values.clone());
    }
    arrow::compute::take(values, &rows, None).map_err(FlowError::internal("aggregate/order"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]
    use super::*;
    use arrow::array::Int64Array;
    use proptest::prelude::*;

    type Record = (Option<i64>, Option<String>);

    fn encoded(order: &mut Order, records: &[Record]) -> Vec<Vec<u8>> {
        let by: ArrayRef = Arc::new(records.iter().map(|record| record.0).collect::<Int64Array>());
        let value: ArrayRef = Arc::new(records.iter().map(|record| record.1.clone()).collect::<StringArray>());
        let found = order.encode(vec![by], &value).unwrap();
        let mut whole = Vec::new();
        (0..records.len()).map(|row| found.record(row, &mut whole).to_vec()).collect()
    }

    proptest! {
        /// A missing value comes before an empty text, which comes before every other.
        #[test]
        fn bytes_compare_as_records_do_and_give_the_value_back(
            records in prop::collection::vec((prop::option::of(-3_i64..3), prop::option::of("[aبñ\u{1f600}\u{0}]{0,9}")), 1..40)
        ) {
            let mut order = Order::new(vec![DataType::Int64], DataType::Utf8).unwrap();
            let bytes = encoded(&mut order, &records);
            for (a, one) in records.iter().zip(&bytes) {
                for (b, other) in records.iter().zip(&bytes) {
                    prop_assert_eq!(a.cmp(b), one.cmp(other));
                }
            }
            let kept: Vec<Option<&[u8]>> = bytes.iter().map(|record| Some(record.as_slice())).chain([None]).collect();
            let values = order.values(&kept).unwrap();
            let back: Vec<Option<String>> = values.as_string::<i32>().iter().map(|text| text.map(str::to_owned)).collect();
            let expected: Vec<Option<String>> = records.iter().map(|record| record.1.clone()).chain([None]).collect();
            prop_assert_eq!(back, expected);
        }
    }

    #[test]
    fn what_was_cut_short_on_the_way_is_found() {
        let mut order = Order::new(vec![DataType::Int64], DataType::Utf8).unwrap();
        let bytes = encoded(&mut order, &[(Some(1), Some("Wanjiru".to_owned()))]);
        assert!(order.values(&[bytes[0].get(..3)]).is_err());
        let (mut broken, last) = (bytes[0].clone(), bytes[0].len() - 1);
        broken[last] = 0xff;
        assert!(order.values(&[Some(&broken)]).is_err());
    }
}
