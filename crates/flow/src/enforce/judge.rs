//! May this person be shared with this partner?

use std::collections::HashSet;

use arrow::array::{Array, AsArray};
use arrow::datatypes::DataType;
use arrow::record_batch::RecordBatch;
use causeway_model::{Code, Violation};

use crate::Batch;
use crate::aggregate::predicate;
use crate::error::FlowError;
use crate::plan::rel::SubjectRules;

/// What the rules say of one person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// May be shared.
    Release,
    /// Is not in the agreed population.
    Outside,
    /// Is left out by a rule.
    Withheld(Code),
    /// Cannot be released as the record stands.
    Faulted,
    /// Comes from a country that would receive the data: nothing of this transfer may leave.
    Origin(Box<Violation>),
}

/// A verdict for each record of the batch.
///
/// INVARIANT (refusal is the default): a missing consent is no consent; a mark that names nobody names everybody; a
/// condition that is unknown keeps the person outside.
///
/// INVARIANT (one no): in an answer nobody's record refuses it: a refusal would tell whoever asks that somebody is known.
pub fn judge(batch: &Batch, rules: &SubjectRules) -> Result<Vec<Verdict>, FlowError> {
    let records = &batch.records;
    let inside = predicate::evaluate(&rules.population, records)?;
    let consents = rules.consent.as_ref().map(|(column, given)| consents(records, column, given)).transpose()?;
    let marked = rules.marked.as_deref().map(|column| flags(records, column)).transpose()?;
    let household = rules.household_withheld.as_deref().map(|column| flags(records, column)).transpose()?;
    let origins = rules.origin.as_ref().map(|(column, countries)| origins(records, column, countries)).transpose()?;
    let at = |column: &Option<Vec<bool>>, row: usize| {
        column.as_ref().is_some_and(|values| values.get(row).copied().unwrap_or(true))
    };
    let verdict = |(row, inside): (usize, Option<bool>)| {
        if inside == Some(false) || (inside.is_none() && !batch.faults.any(row)) {
            Verdict::Outside
        } else if batch.faults.any(row) {
            Verdict::Faulted
        } else if consents.as_ref().is_some_and(|given| given.get(row) != Some(&true)) {
            Verdict::Withheld(Code::NoConsent)
        } else if at(&marked, row) {
            Verdict::Withheld(Code::ConfidentialityMark)
        } else if at(&household, row) {
            Verdict::Withheld(Code::HouseholdWithheld)
        } else if rules.alone && origins.as_ref().is_some_and(|origins| !matches!(origins.get(row), Some(None))) {
            Verdict::Withheld(Code::CountryOfOrigin)
        } else if let Some(Some(country)) = origins.as_ref().and_then(|origins| origins.get(row)) {
            Verdict::Origin(Box::new(Violation::new(
                Code::CountryOfOrigin,
                country,
                "a person of the population comes from a country where a recipient is bound or keeps data",
            )))
        } else {
            Verdict::Release
        }
    };
    Ok(inside.iter().copied().enumerate().map(verdict).collect())
}

/// A boolean control column; a missing value counts as set.
pub(super) fn flags(records: &RecordBatch, name: &str) -> Result<Vec<bool>, FlowError> {
    let column = records.column_by_name(name).filter(|column| *column.data_type() == DataType::Boolean);
    let column = column.ok_or_else(|| missing(name))?.as_boolean();
    Ok((0..column.len()).map(|row| column.is_null(row) || column.value(row)).collect())
}

fn consents(records: &RecordBatch, name: &str, given: &[String]) -> Result<Vec<bool>, FlowError> {
    let column = records.column_by_name(name).ok_or_else(|| missing(name))?;
    match column.data_type() {
        DataType::Utf8 => {
            let given: HashSet<&str> = given.iter().map(String::as_str).collect();
            let column = column.as_string::<i32>();
            Ok((0..column.len()).map(|row| column.is_valid(row) && given.contains(column.value(row))).collect())
        }
        DataType::Boolean => {
            let column = column.as_boolean();
            let means = |value: bool| given.iter().any(|given| *given == value.to_string());
            Ok((0..column.len()).map(|row| column.is_valid(row) && means(column.value(row))).collect())
        }
        _ => Err(missing(name)),
    }
}

fn origins(records: &RecordBatch, name: &str, countries: &[String]) -> Result<Vec<Option<String>>, FlowError> {
    let column = records.column_by_name(name).filter(|column| *column.data_type() == DataType::Utf8);
    let column = column.ok_or_else(|| missing(name))?.as_string::<i32>();
    let forbidden = |value: &str| countries.iter().find(|country| *country == value).cloned();
    Ok((0..column.len()).map(|row| if column.is_valid(row) { forbidden(column.value(row)) } else { None }).collect())
}

fn missing(name: &str) -> FlowError {
    FlowError::refuse(Violation::new(Code::RuleFailed, name, "a control column is missing or of another type"))
}
