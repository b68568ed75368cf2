//! How do several elements become one text, and how does a constant become a column?

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, StringArray, UInt32Array};
use arrow::compute::take;
use causeway_model::{Code, Value, ValueType, Violation};

use super::TransformError;
use super::column::show;
use super::substitute::fit;
use crate::types::arrow_type;

/// Type of several elements joined: text. Bytes cannot be joined.
pub fn concat_type(field: &str, inputs: &[ValueType]) -> Result<ValueType, Violation> {
    if inputs.contains(&ValueType::Bytes) {
        let detail = "`concat`: takes anything but bytes, and is given `bytes`";
        return Err(Violation::new(Code::TransformType, field, detail));
    }
    Ok(ValueType::Text)
}

/// Joins columns row by row. A missing value is left out with its separator; where all are missing there is no value.
///
/// `["Zawadi", null, "Mfano"]` joined by a space is `Zawadi Mfano`.
pub fn concat(field: &str, columns: &[ArrayRef], separator: &str) -> Result<ArrayRef, TransformError> {
    let rows = columns.first().map_or(0, |column| column.len());
    if columns.iter().any(|column| column.len() != rows) {
        return Err(TransformError::new(field, "columns of different lengths"));
    }
    let joined = |row: usize| {
        let parts: Vec<String> = columns.iter().filter_map(|column| show(column.as_ref(), row)).collect();
        (!parts.is_empty()).then(|| parts.join(separator))
    };
    Ok(Arc::new((0..rows).map(joined).collect::<StringArray>()))
}

/// Type of a constant: boolean, integer or text.
pub fn constant_type(value: &Value) -> ValueType {
    match value {
        Value::Boolean(_) => ValueType::Boolean,
        Value::Integer(_) => ValueType::Integer,
        Value::Text(_) => ValueType::Text,
    }
}

/// The same value in `rows` rows, typed by [`constant_type`].
pub fn constant(field: &str, value: &Value, rows: usize) -> Result<ArrayRef, TransformError> {
    let value_type = constant_type(value);
    let refused = || TransformError::new(field, format!("a constant that is no `{}`", arrow_type(&value_type)));
    let one = fit(value, &value_type).ok_or_else(refused)?;
    take(one.as_ref(), &UInt32Array::from(vec![0; rows]), None).map_err(|_| refused())
}
