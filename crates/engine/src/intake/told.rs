//! What is the partner told of each record that it sent? Read from the sealed outcomes, and never of what stood in the target before.

use std::collections::BTreeMap;
use std::path::Path;

use causeway_flow::Personal;
use causeway_flow::accept::target::Stored;
use causeway_model::Code;
use causeway_model::intake::{Intake, RecordOutcome};
use causeway_package::report::ReportReader;
use causeway_store::query::IntakeRow;
use serde::Deserialize;

use super::{OUTCOMES, QUARANTINE, folder};
use crate::error::EngineError;
use crate::house::House;

/// What became of an intake, and of some of its records.
#[derive(Debug)]
pub struct Told {
    /// The intake: its state, counts, and why it was rejected.
    pub row: IntakeRow,
    /// Its records, in the order in which they came; none where nothing is decided yet ([`is_told`]).
    pub records: Vec<RecordTold>,
    /// Whether there are more behind them.
    pub more: bool,
}

/// What became of a record. What is the partner's own in it cannot be printed.
#[derive(Debug)]
pub struct RecordTold {
    /// Its number in what came, from 1.
    pub record: u64,
    /// The partner's id of it, where one could be read.
    pub external_id: Option<Personal<String>>,
    /// What became of it.
    pub outcome: RecordOutcome,
    /// What was wrong, by field or rule.
    pub errors: Vec<ErrorTold>,
    /// What the exchange tells of the row that it became, as text, where it `tells` something.
    pub stored: Option<Personal<String>>,
}

/// What was wrong with a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorTold {
    /// The field, or the rule.
    pub field: String,
    /// Why.
    pub code: Code,
    /// The same in words, without any value.
    pub message: &'static str,
}

/// Whether records have outcomes: some may still wait for a person. Of what was rejected only the bad ones have one.
#[must_use]
pub fn is_told(state: &Intake) -> bool {
    match state {
        Intake::AwaitingReview | Intake::Applied | Intake::Acknowledged => true,
        Intake::Rejected { violations } => violations.iter().any(|one| one.code == Code::TooManyQuarantined),
        Intake::Received
        | Intake::Opened
        | Intake::Validated
        | Intake::Applying { .. }
        | Intake::Cancelled
        // What was told before does not hold any more.
        | Intake::Undoing
        | Intake::Undone => false,
    }
}

/// What became of the records behind number `after`, at most so many. Whether the looker may see it was asked before.
///
/// # Errors
/// There is no such intake, or its sealed outcomes cannot be read.
pub async fn outcomes(house: &House, intake: &str, after: u64, most: usize) -> Result<Told, EngineError> {
    let row = house.intake(intake).await?;
    let name = if matches!(row.state, Intake::Rejected { .. }) { QUARANTINE } else { OUTCOMES };
    // What was quarantined goes with the original; what became of records stays.
    let is_gone = name == QUARANTINE && row.erased_at.is_some();
    if !is_told(&row.state) || is_gone {
        return Ok(Told { row, records: Vec::new(), more: false });
    }
    let path = folder(house, intake).join(name);
    let mut found = tokio::task::block_in_place(|| read(house, &path, after, most))?;
    let more = found.len() > most;
    if more {
        found.pop_last();
    }
    Ok(Told { row, records: found.into_values().collect(), more })
}

/// A line of the outcomes, or of the report of what is quarantined, of which the value is passed over.
#[derive(Deserialize)]
struct Line {
    record: u64,
    external_id: Option<String>,
    outcome: Option<RecordOutcome>,
    #[serde(default)]
    fields: Vec<Why>,
    told: Option<Stored>,
}

#[derive(Deserialize)]
struct Why {
    field: String,
    code: Code,
}

/// Reads all of it and keeps one more than is asked for: records are written down as they are decided, not in order.
fn read(house: &House, path: &Path, after: u64, most: usize) -> Result<BTreeMap<u64, RecordTold>, EngineError> {
    let mut reader = ReportReader::open(path, &house.keys.operation)?;
    let mut kept = BTreeMap::new();
    while let Some(line) = reader.next_line::<Line>()? {
        if line.record <= after {
            continue;
        }
        kept.insert(line.record, RecordTold::of(line));
        if kept.len() > most.saturating_add(1) {
            kept.pop_last();
        }
    }
    Ok(kept)
}

impl RecordTold {
    fn of(line: Line) -> Self {
        let error = |why: Why| ErrorTold { field: why.field, message: why.code.explain().trim(), code: why.code };
        Self {
            record: line.record,
            external_id: line.external_id.map(Personal::new),
            outcome: line.outcome.unwrap_or(RecordOutcome::Quarantined),
            errors: line.fields.into_iter().map(error).collect(),
            stored: line.told.and_then(text).map(Personal::new),
        }
    }
}

/// A value as the partner is told it.
fn text(stored: Stored) -> Option<String> {
    match stored {
        Stored::Null => None,
        Stored::Integer(number) => Some(number.to_string()),
        Stored::Real(bits) => Some(f64::from_bits(bits).to_string()),
        Stored::Text(text) => Some(text),
        Stored::Bytes(bytes) => Some(hex::encode(bytes)),
    }
}
