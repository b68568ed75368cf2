//! How is each type of the catalogue carried in Arrow?

use arrow::datatypes::{DataType, TimeUnit};
use causeway_model::ValueType;

/// The Arrow type that carries `value_type`.
///
/// Text, partial dates, UUIDs, codes and places are `Utf8`; a UUID is in lower case with dashes.
pub fn arrow_type(value_type: &ValueType) -> DataType {
    match value_type {
        ValueType::Text | ValueType::PartialDate | ValueType::Uuid | ValueType::Code(_) | ValueType::Place(_) => {
            DataType::Utf8
        }
        ValueType::Integer => DataType::Int64,
        ValueType::Decimal(precision, scale) => DataType::Decimal128(*precision, *scale),
        ValueType::Boolean => DataType::Boolean,
        ValueType::Date => DataType::Date32,
        ValueType::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        ValueType::Bytes => DataType::Binary,
    }
}
