//! In which order is it cheapest to read, and what does that come to?

use std::collections::HashSet;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use causeway_model::ValueType;

use super::key::Keys;
use super::related::{Related, chain, here_of};
use crate::error::FlowError;
use crate::plan::rel::Rel;
use crate::plan::{Plan, scans};
use crate::source::{Extract, KeyList, KeyValue, Scan};
use crate::{Batch, Personal};

/// Records that may be read first at most, and held until what belongs to them was read.
const ROOTS: u64 = 250_000;

/// Reading by keys is cheaper than reading everything when there are so many times more rows than keys. Measured: lists of
/// a thousand keys cost a server as much as a whole scan at about one key in 25 rows.
const ROWS_A_KEY: u64 = 40;

/// In which order records and what belongs to them are read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// What belongs to records is read first, whole, and looked up by each of them.
    BuildFirst,
    /// The records are few: they are read first, and of the rest only what belongs to them is kept.
    RootsFirst {
        /// For each relation: whether its source is asked for the keys of the records instead of everything, however many of them have one in
        /// common. Of the others that is decided once they are read.
        by_key: Vec<bool>,
    },
}

/// Decides by what the sources say of themselves; where one says nothing, [`Mode::BuildFirst`].
pub(super) fn mode(extract: &mut Extract, base: &Rel, sizes: &[Option<u64>]) -> Result<Mode, FlowError> {
    let Some(roots) = rows(extract, base)?.filter(|roots| *roots <= ROOTS) else { return Ok(Mode::BuildFirst) };
    let sizes = sizes.iter().map(|rows| rows.unwrap_or(0));
    if roots.saturating_mul(4) > sizes.clone().max().unwrap_or(0) {
        return Ok(Mode::BuildFirst);
    }
    Ok(Mode::RootsFirst { by_key: sizes.map(|rows| roots.saturating_mul(ROWS_A_KEY) <= rows).collect() })
}

/// About how many records each of the related relations has.
pub(super) fn sizes(extract: &mut Extract, related: &[Related<'_>]) -> Result<Vec<Option<u64>>, FlowError> {
    related.iter().map(|related| rows(extract, &related.side)).collect()
}

/// Whether the records that were read have so few different keys that reading by them is cheaper: members of one household have one key.
pub(super) fn are_few(extract: &mut Extract, side: &Rel, here: &str, roots: &[Batch]) -> Result<bool, FlowError> {
    match rows(extract, side)? {
        Some(rows) => no_more_than(rows / ROWS_A_KEY, here, roots),
        None => Ok(false),
    }
}

/// Whether batches have no more than so many different keys in a column.
fn no_more_than(most: u64, here: &str, roots: &[Batch]) -> Result<bool, FlowError> {
    let (mut different, mut key) = (HashSet::new(), Vec::new());
    for batch in roots {
        let column = Keys::of(&batch.records, [here])?;
        for row in 0..batch.records.num_rows() {
            if !column.write(row, &mut key)? || different.contains(&key) {
                continue;
            }
            different.insert(key.clone());
            if different.len() as u64 > most {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// About how many records a relation has.
pub(super) fn rows(extract: &mut Extract, rel: &Rel) -> Result<Option<u64>, FlowError> {
    match scans(rel).first() {
        None => Ok(None),
        Some(scan) => Ok(extract.outlook(scan)?.rows),
    }
}

/// About how many different keys are met in what is related: no more than there are records, and no more than is related.
pub(super) fn expected(extract: &mut Extract, base: &Rel, sizes: &[Option<u64>]) -> Result<Option<u64>, FlowError> {
    let all = sizes.iter().try_fold(0_u64, |all, more| Some(all.saturating_add((*more)?)));
    Ok(rows(extract, base)?.map(|records| all.map_or(records, |all| all.min(records))))
}

/// The keys of `roots` as what the table behind `rel` is asked for, if that table has them in one column of its own.
pub(super) fn key_list(rel: &Rel, there: &str, here: &str, roots: &[Batch]) -> Result<Option<KeyList>, FlowError> {
    let Some(scan) = scans(rel).first().copied() else { return Ok(None) };
    let Some(column) = scan.columns.iter().find(|column| column.name == there) else { return Ok(None) };
    if !matches!(column.value_type, ValueType::Text | ValueType::Uuid | ValueType::Code(_) | ValueType::Integer) {
        return Ok(None);
    }
    let mut values = Vec::new();
    for batch in roots {
        let Some(keys) = batch.records.column_by_name(here) else { return Ok(None) };
        let rows = (0..keys.len()).filter(|row| keys.is_valid(*row));
        match keys.data_type() {
            DataType::Utf8 => {
                let texts = keys.as_string::<i32>();
                values.extend(rows.map(|row| KeyValue::Text(Personal::new(texts.value(row).to_owned()))));
            }
            DataType::Int64 => {
                let numbers = keys.as_primitive::<Int64Type>();
                values.extend(rows.map(|row| KeyValue::Integer(Personal::new(numbers.value(row)))));
            }
            _ => return Ok(None),
        }
    }
    Ok(Some(KeyList { column: there.to_owned(), values: values.into() }))
}

/// One reading of one table, foreseen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Source in the catalogue.
    pub source: String,
    /// Table in the source; none for files.
    pub table: Option<String>,
    /// The statement that would be sent, where the source takes statements.
    pub statement: Option<String>,
    /// About how many rows would come.
    pub rows: Option<u64>,
    /// Part that it plays: `records`, `looked up`, `looked up by key`, `looked up, by key if there are few`, `records, read first`.
    pub part: &'static str,
}

/// What a run would read, in the order in which it would begin.
pub fn forecast(plan: &Plan, extract: &mut Extract) -> Result<Vec<Reading>, FlowError> {
    let mut readings = Vec::new();
    if let Some(own) = &plan.own {
        foresee(extract, &own.bundle, "records", &mut readings)?;
    }
    foresee(extract, &plan.bundle, "records", &mut readings)?;
    Ok(readings)
}

fn foresee(extract: &mut Extract, rel: &Rel, part: &'static str, into: &mut Vec<Reading>) -> Result<(), FlowError> {
    match rel {
        Rel::Scan(scan) => {
            let outlook = extract.outlook(scan)?;
            let Scan { source, table, .. } = scan.clone();
            into.push(Reading { source, table, statement: outlook.statement, rows: outlook.rows, part });
            Ok(())
        }
        Rel::Merge { input, .. }
        | Rel::Filter { input, .. }
        | Rel::Release { input, .. }
        | Rel::Distinct { input, .. }
        | Rel::Compute { input, .. } => foresee(extract, input, part, into),
        Rel::Facet { .. } | Rel::Relate { .. } | Rel::Gather { .. } => {
            let (_, related, base) = chain(rel);
            let sizes = sizes(extract, &related)?;
            match mode(extract, base, &sizes)? {
                Mode::BuildFirst => {
                    for related in &related {
                        foresee(extract, &related.side, "looked up", into)?;
                    }
                    foresee(extract, base, part, into)
                }
                Mode::RootsFirst { by_key } => {
                    let first = if part == "records" { "records, read first" } else { part };
                    foresee(extract, base, first, into)?;
                    for (related, by_key) in related.iter().zip(by_key) {
                        let in_one = matches!(here_of(related.rel), [_]);
                        let part = match by_key {
                            true => "looked up by key",
                            false if in_one => "looked up, by key if there are few",
                            false => "looked up",
                        };
                        foresee(extract, &related.side, part, into)?;
                    }
                    Ok(())
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use std::sync::Arc;

    use arrow::array::{ArrayRef, StringArray};
    use arrow::record_batch::RecordBatch;

    use super::*;
    use crate::Faults;

    #[test]
    fn keys_that_records_have_in_common_count_once_and_missing_ones_not_at_all() {
        let batch = |keys: &[Option<&str>]| {
            let keys: ArrayRef = Arc::new(keys.iter().copied().collect::<StringArray>());
            let records = RecordBatch::try_from_iter_with_nullable([("household", keys, true)]).unwrap();
            Batch { records, faults: Faults::default() }
        };
        let roots = [batch(&[Some("h1"), Some("h2"), None, Some("h1")]), batch(&[Some("h2"), Some("h3"), None])];
        assert!(no_more_than(3, "household", &roots).unwrap());
        assert!(!no_more_than(2, "household", &roots).unwrap());
        assert!(no_more_than(0, "household", &[batch(&[None])]).unwrap());
    }
}
