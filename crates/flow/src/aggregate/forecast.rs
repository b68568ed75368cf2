//! In which order is it cheapest to read, and what does that come to?

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Int64Type};
use causeway_model::ValueType;

use super::run::{Related, chain};
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
        /// For each relation: whether its source is asked for the keys of the records instead of everything.
        by_key: Vec<bool>,
    },
}

/// Decides by what the sources say of themselves; where one says nothing, [`Mode::BuildFirst`].
pub(super) fn mode(extract: &mut Extract, base: &Rel, related: &[Related<'_>]) -> Result<Mode, FlowError> {
    let Some(roots) = rows(extract, base)?.filter(|roots| *roots <= ROOTS) else { return Ok(Mode::BuildFirst) };
    let mut sizes = Vec::with_capacity(related.len());
    for related in related {
        sizes.push(rows(extract, &related.side)?.unwrap_or(0));
    }
    let largest = sizes.iter().copied().max().unwrap_or(0);
    if roots.saturating_mul(4) > largest {
        return Ok(Mode::BuildFirst);
    }
    let by_key = sizes.into_iter().map(|rows| roots.saturating_mul(ROWS_A_KEY) <= rows).collect();
    Ok(Mode::RootsFirst { by_key })
}

/// About how many records a relation has.
pub(super) fn rows(extract: &mut Extract, rel: &Rel) -> Result<Option<u64>, FlowError> {
    match scans(rel).first() {
        None => Ok(None),
        Some(scan) => Ok(extract.outlook(scan)?.rows),
    }
}

/// About how many different keys are met in what is related: no more than there are records, and no more than is related.
pub(super) fn expected(extract: &mut Extract, base: &Rel, related: &[Related<'_>]) -> Result<Option<u64>, FlowError> {
    let Some(records) = rows(extract, base)? else { return Ok(None) };
    let mut all: Option<u64> = Some(0);
    for related in related {
        all = all.zip(rows(extract, &related.side)?).map(|(all, more)| all.saturating_add(more));
    }
    Ok(Some(all.map_or(records, |all| all.min(records))))
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
    /// Part that it plays: `records`, `looked up`, `looked up by key`, `records, read first`.
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
            match mode(extract, base, &related)? {
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
                        let part = if by_key { "looked up by key" } else { "looked up" };
                        foresee(extract, &related.side, part, into)?;
                    }
                    Ok(())
                }
            }
        }
    }
}
