//! For which rows of a batch is a condition true, false, unknown?

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use causeway_model::population::{InSet, Predicate, Range};
use causeway_model::{Code, Value, Violation};

use crate::error::FlowError;
use crate::lookup::Lookup;

type Truth = Vec<Option<bool>>;

/// Truth of `predicate` for every row. A literal that does not fit its column's type refuses `rule-failed`.
pub(crate) fn evaluate(predicate: &Predicate, records: &RecordBatch) -> Result<Truth, FlowError> {
    let rows = records.num_rows();
    match predicate {
        Predicate::All(parts) => {
            let mut truth = vec![Some(true); rows];
            for part in parts {
                combine(&mut truth, evaluate(part, records)?, Some(false));
            }
            Ok(truth)
        }
        Predicate::Any(parts) => {
            let mut truth = vec![Some(false); rows];
            for part in parts {
                combine(&mut truth, evaluate(part, records)?, Some(true));
            }
            Ok(truth)
        }
        Predicate::Not(part) => {
            Ok(evaluate(part, records)?.into_iter().map(|truth| truth.map(|truth| !truth)).collect())
        }
        Predicate::Null(path) => {
            let column = column(records, &path.element)?;
            Ok((0..rows).map(|row| Some(column.is_null(row))).collect())
        }
        Predicate::In(set) => is_in(column(records, &set.element)?, set),
        Predicate::Range(range) => between(column(records, &range.element)?, range),
    }
}

/// Kleene's and (where `decides` is false) or or (where it is true).
fn combine(truth: &mut Truth, part: Truth, decides: Option<bool>) {
    for (whole, part) in truth.iter_mut().zip(part) {
        *whole = match (*whole, part) {
            (a, b) if a == decides || b == decides => decides,
            (None, _) | (_, None) => None,
            _ => decides.map(|decides| !decides),
        };
    }
}

fn column<'r>(records: &'r RecordBatch, name: &str) -> Result<&'r ArrayRef, FlowError> {
    records
        .column_by_name(name)
        .ok_or_else(|| FlowError::Internal { place: "aggregate/predicate", detail: format!("no column `{name}`") })
}

fn is_in(column: &ArrayRef, set: &InSet) -> Result<Truth, FlowError> {
    if let DataType::Utf8 = column.data_type() {
        let text = column.as_string::<i32>();
        let values = Lookup::new(set.values.iter().map(|value| (value.to_string(), ())));
        let known = |text: &str| values.get(text.as_bytes()).is_some();
        return Ok((0..text.len()).map(|row| text.is_valid(row).then(|| known(text.value(row)))).collect());
    }
    let values: Vec<i128> =
        set.values.iter().map(|value| number(column.data_type(), value, &set.element)).collect::<Result<_, _>>()?;
    let numbers = Numbers::of(column)?;
    Ok((0..column.len()).map(|row| numbers.at(row).map(|number| values.contains(&number))).collect())
}

fn between(column: &ArrayRef, range: &Range) -> Result<Truth, FlowError> {
    if let DataType::Utf8 = column.data_type() {
        let text = column.as_string::<i32>();
        let (from, to) = (range.from.as_ref().map(Value::to_string), range.to.as_ref().map(Value::to_string));
        let inside = |value: &str| {
            from.as_deref().is_none_or(|from| from <= value) && to.as_deref().is_none_or(|to| value <= to)
        };
        return Ok((0..text.len()).map(|row| text.is_valid(row).then(|| inside(text.value(row)))).collect());
    }
    let end = |value: &Option<Value>| {
        value.as_ref().map(|value| number(column.data_type(), value, &range.element)).transpose()
    };
    let (from, to) = (end(&range.from)?, end(&range.to)?);
    let numbers = Numbers::of(column)?;
    let inside = |number: i128| from.is_none_or(|from| from <= number) && to.is_none_or(|to| number <= to);
    Ok((0..column.len()).map(|row| numbers.at(row).map(inside)).collect())
}

/// A column whose values compare as whole numbers.
enum Numbers<'a> {
    Integer(&'a arrow::array::Int64Array),
    Date(&'a arrow::array::Date32Array),
    Decimal(&'a arrow::array::Decimal128Array),
    Moment(&'a arrow::array::TimestampMicrosecondArray),
    Boolean(&'a arrow::array::BooleanArray),
}

impl<'a> Numbers<'a> {
    fn of(column: &'a ArrayRef) -> Result<Self, FlowError> {
        Ok(match column.data_type() {
            DataType::Int64 => Self::Integer(column.as_primitive::<Int64Type>()),
            DataType::Date32 => Self::Date(column.as_primitive::<Date32Type>()),
            DataType::Decimal128(..) => Self::Decimal(column.as_primitive::<Decimal128Type>()),
            DataType::Timestamp(..) => Self::Moment(column.as_primitive::<TimestampMicrosecondType>()),
            DataType::Boolean => Self::Boolean(column.as_boolean()),
            other => {
                return Err(FlowError::Internal {
                    place: "aggregate/predicate",
                    detail: format!("{other} cannot be compared"),
                });
            }
        })
    }

    fn at(&self, row: usize) -> Option<i128> {
        match self {
            Self::Integer(array) => array.is_valid(row).then(|| i128::from(array.value(row))),
            Self::Date(array) => array.is_valid(row).then(|| i128::from(array.value(row))),
            Self::Decimal(array) => array.is_valid(row).then(|| array.value(row)),
            Self::Moment(array) => array.is_valid(row).then(|| i128::from(array.value(row))),
            Self::Boolean(array) => array.is_valid(row).then(|| i128::from(array.value(row))),
        }
    }
}

/// A literal as the whole number that a column of `data_type` holds for it.
fn number(data_type: &DataType, value: &Value, element: &str) -> Result<i128, FlowError> {
    let found = match (data_type, value) {
        (DataType::Boolean, Value::Boolean(value)) => Some(i128::from(*value)),
        (DataType::Int64, Value::Integer(value)) => Some(i128::from(*value)),
        (DataType::Decimal128(_, scale), value) => decimal(&value.to_string(), *scale),
        (DataType::Date32, Value::Text(text)) => days(text),
        (DataType::Timestamp(..), Value::Text(text)) => {
            text.parse::<jiff::Timestamp>().ok().map(|moment| i128::from(moment.as_microsecond()))
        }
        _ => None,
    };
    found.ok_or_else(|| {
        let detail = format!("a value of the condition does not fit the type of `{element}`");
        FlowError::refuse(Violation::new(Code::RuleFailed, element, detail))
    })
}

fn days(text: &str) -> Option<i128> {
    let date: jiff::civil::Date = text.parse().ok()?;
    let epoch = jiff::civil::date(1970, 1, 1);
    Some(i128::from(date.since(epoch).ok()?.get_days()))
}

fn decimal(text: &str, scale: i8) -> Option<i128> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let scale = usize::try_from(scale).ok()?;
    if fraction.len() > scale || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    format!("{whole}{fraction:0<scale$}").parse().ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use std::sync::Arc;

    use arrow::array::{Date32Array, Decimal128Array, Int64Array, StringArray};

    use super::*;

    fn truth(predicate: &str) -> Truth {
        let records = RecordBatch::try_from_iter([
            ("camp", Arc::new(StringArray::from(vec![Some("A"), Some("a"), None])) as ArrayRef),
            ("born", Arc::new(Date32Array::from(vec![Some(0), None, Some(365)]))),
            ("size", Arc::new(Int64Array::from(vec![Some(1), Some(2), Some(3)]))),
            (
                "paid",
                Arc::new(
                    Decimal128Array::from(vec![Some(150), Some(10), None]).with_precision_and_scale(9, 2).unwrap(),
                ),
            ),
        ])
        .unwrap();
        evaluate(&causeway_model::document::Document::parse("p", predicate).unwrap().read().unwrap(), &records).unwrap()
    }

    #[test]
    fn each_type_compares_exactly_and_missing_is_unknown() {
        assert_eq!(truth("in: { element: camp, values: [A] }"), [Some(true), Some(false), None]);
        assert_eq!(truth("range: { element: born, from: '1970-06-01' }"), [Some(false), None, Some(true)]);
        assert_eq!(truth("range: { element: size, from: 2, to: 2 }"), [Some(false), Some(true), Some(false)]);
        assert_eq!(truth("in: { element: paid, values: ['1.5', '0.10'] }"), [Some(true), Some(true), None]);
        assert_eq!(truth("not: { in: { element: camp, values: [A] } }"), [Some(false), Some(true), None]);
        assert_eq!(
            truth("any: [ { null: { element: camp } }, { in: { element: size, values: [1] } } ]"),
            [Some(true), Some(false), Some(true)]
        );
    }

    #[test]
    fn a_literal_of_another_type_refuses() {
        let records = RecordBatch::try_from_iter([("size", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]).unwrap();
        let predicate = Predicate::In(InSet { element: "size".into(), values: vec![Value::Text("1".into())] });
        let error = evaluate(&predicate, &records).unwrap_err();
        assert_eq!(error.violations().first().unwrap().code, Code::RuleFailed);
    }
}
