//! Is there a value, what stands where there is none, and does a value of a document fit the type it stands for?

use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Decimal128Array, Int64Array, Scalar, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::kernels::zip::zip;
use causeway_model::{Code, Value, ValueType, Violation};

use super::chain::Site;
use super::column::{Mismatch, Step, Stepped, days};
use super::dates::Known;
use super::pseudonym::uuid_bytes;
use crate::types::arrow_type;

/// A missing value is `false`; a refused one stays refused.
pub(super) fn presence() -> Step {
    Step::total(ValueType::Boolean, |input, rows| {
        Ok(rows.build::<bool, BooleanArray>(input.len(), |row| Ok(Some(!input.is_null(row)))))
    })
}

pub(super) fn default(value: Option<&Value>, site: &Site<'_>) -> Result<Step, Violation> {
    let value = stands_for(value, site)?;
    Ok(Step::total(site.input.clone(), move |input, rows| {
        let missing: Vec<bool> = (0..input.len()).map(|row| input.is_null(row) && !rows.is_refused(row)).collect();
        if !value.is_null(0) {
            rows.defaulted += missing.iter().map(|missing| u64::from(*missing)).sum::<u64>();
        }
        fill(input, &value, missing)
    }))
}

pub(super) fn otherwise(value: Option<&Value>, site: &Site<'_>) -> Result<Step, Violation> {
    let value = stands_for(value, site)?;
    let step = Step::total(site.input.clone(), move |input, rows| {
        let refused = rows.forgive();
        rows.otherwise += u64::try_from(refused.len()).unwrap_or(u64::MAX);
        fill(input, &value, (0..input.len()).map(|row| refused.contains_key(&row)).collect())
    });
    Ok(step.forgiving())
}

fn fill(input: &ArrayRef, value: &ArrayRef, rows: Vec<bool>) -> Stepped {
    if !rows.contains(&true) {
        return Ok(input.clone());
    }
    let mask = BooleanArray::from(rows);
    zip(&mask, &Scalar::new(value.clone()), input)
        .map_err(|_| Mismatch { expected: value.data_type().clone(), found: input.data_type().clone() })
}

fn stands_for(value: Option<&Value>, site: &Site<'_>) -> Result<ArrayRef, Violation> {
    let Some(value) = value else { return Ok(new_null_array(&arrow_type(site.input), 1)) };
    if let ValueType::Code(name) = site.input {
        let list = site.context.catalogue.code_list(name);
        let list =
            list.ok_or_else(|| site.wrong(Code::UnknownName, format_args!("the catalogue has no code list `{name}`")))?;
        let known = matches!(value, Value::Text(code) if list.contains(code));
        if !known {
            return Err(site.wrong(Code::TransformType, format_args!("`{value}` is no code of the list `{name}`")));
        }
    }
    fit(value, site.input).ok_or_else(|| {
        site.wrong(Code::TransformType, format_args!("`{value}` is no value of the type `{}`", site.input))
    })
}

/// `value` as a column of one row of the type `of`; none if it does not fit. Nothing is converted that could be meant
/// otherwise: a number is no text, and a decimal keeps every digit or does not fit.
pub(super) fn fit(value: &Value, of: &ValueType) -> Option<ArrayRef> {
    Some(match (of, value) {
        (ValueType::Text | ValueType::Code(_), Value::Text(text)) => text_array(text),
        (ValueType::Integer, Value::Integer(number)) => Arc::new(Int64Array::from(vec![*number])),
        (ValueType::Boolean, Value::Boolean(truth)) => Arc::new(BooleanArray::from(vec![*truth])),
        (ValueType::Decimal(precision, scale), Value::Text(_) | Value::Integer(_)) => {
            let units = units(&value.to_string(), *precision, *scale)?;
            Arc::new(Decimal128Array::from(vec![units]).with_precision_and_scale(*precision, *scale).ok()?)
        }
        (ValueType::Date, Value::Text(text)) => match Known::parse(text).ok()? {
            Known::Day(date) => Arc::new(Date32Array::from(vec![days(date)])),
            Known::Month(_) | Known::Year(_) => return None,
        },
        (ValueType::PartialDate, Value::Text(text)) => {
            Known::parse(text).ok()?;
            text_array(text)
        }
        (ValueType::PartialDate, Value::Integer(year)) => {
            let year = year.to_string();
            Known::parse(&year).ok()?;
            text_array(&year)
        }
        (ValueType::Timestamp, Value::Text(text)) => {
            let moment: jiff::Timestamp = text.parse().ok()?;
            Arc::new(TimestampMicrosecondArray::from(vec![moment.as_microsecond()]).with_timezone("UTC"))
        }
        (ValueType::Uuid, Value::Text(text)) => {
            uuid_bytes(text)?;
            text_array(&text.to_ascii_lowercase())
        }
        (ValueType::Place(levels), Value::Text(text)) => {
            let length = text.chars().count();
            levels.iter().any(|level| usize::from(*level) == length).then(|| text_array(text))?
        }
        _ => return None,
    })
}

fn text_array(text: &str) -> ArrayRef {
    Arc::new(StringArray::from(vec![text]))
}

/// `12.5` in units of 10⁻ˢᶜᵃˡᵉ; none if it is no plain decimal number, or has more digits than there is room for.
fn units(text: &str, precision: u8, scale: i8) -> Option<i128> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |digits| (true, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let fraction = if plain(fraction) { fraction.trim_end_matches('0') } else { return None };
    let scale = usize::from(scale.unsigned_abs());
    if !plain(whole) || fraction.len() > scale {
        return None;
    }
    let units: i128 = format!("{whole}{fraction:0<scale$}").parse().ok()?;
    let room = units < 10_i128.checked_pow(u32::from(precision))?;
    room.then_some(if negative { -units } else { units })
}
