//! How is a number written with a fixed count of decimals, and never rounded?

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal128Type, Int64Type};
use causeway_model::exchange::NumberRule;
use causeway_model::{Code, ValueType, Violation};

use super::chain::Site;
use super::column::{Mismatch, Step};
use crate::types::arrow_type;

const MOST_DECIMALS: u8 = 38;

pub(super) fn format(rule: NumberRule, site: &Site<'_>) -> Result<Step, Violation> {
    let scale = match site.input {
        ValueType::Integer => 0,
        ValueType::Decimal(_, scale) => scale.unsigned_abs(),
        _ => return Err(site.takes("integer or decimal")),
    };
    if rule.decimals > MOST_DECIMALS {
        return Err(site.wrong(Code::TransformType, format_args!("writes at most {MOST_DECIMALS} decimals")));
    }
    let expected = arrow_type(site.input);
    let decimals = rule.decimals;
    let step = Step::partial(ValueType::Text, move |input, rows| {
        let whole = input.as_primitive_opt::<Int64Type>();
        let units = input.as_primitive_opt::<Decimal128Type>();
        let value = |row: usize| match (whole, units) {
            (Some(whole), _) => Some(i128::from(whole.value(row))),
            (_, Some(units)) => Some(units.value(row)),
            _ => None,
        };
        if whole.is_none() && units.is_none() {
            return Err(Mismatch { expected: expected.clone(), found: input.data_type().clone() });
        }
        Ok(rows.write(input.len(), |row, out| {
            if input.is_null(row) {
                return Ok(false);
            }
            let written = value(row).and_then(|value| write(value, scale, decimals));
            out.push_str(&written.ok_or(Code::TransformRefused)?);
            Ok(true)
        }))
    });
    Ok(Step::unless(decimals >= scale, step))
}

/// `units` of 10⁻ˢᶜᵃˡᵉ with `decimals` digits after the point; none where digits other than 0 would be lost.
fn write(units: i128, scale: u8, decimals: u8) -> Option<String> {
    let (scale, decimals) = (usize::from(scale), usize::from(decimals));
    let digits = format!("{:0>width$}", units.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at_checked(digits.len() - scale)?;
    let fraction = match fraction.split_at_checked(decimals) {
        Some((kept, lost)) if lost.bytes().all(|digit| digit == b'0') => kept.to_owned(),
        Some(_) => return None,
        None => format!("{fraction:0<decimals$}"),
    };
    let sign = if units < 0 { "-" } else { "" };
    let point = if decimals == 0 { "" } else { "." };
    Some(format!("{sign}{whole}{point}{fraction}"))
}
