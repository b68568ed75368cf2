//! What is written down of each record: for the partner its outcome, which the operation tells its program, for the operation what waits
//! for a person. Both are sealed while they are written, and stand under their names once they are whole.

use std::path::PathBuf;

use causeway_flow::FlowError;
use causeway_flow::accept::target::{Row, Stored};
use causeway_flow::accept::{Applied, Head};
use causeway_model::Code;
use causeway_model::intake::{Counts, RecordOutcome};
use causeway_package::key::Recipient;
use causeway_package::report::ReportWriter;
use causeway_store::change::WaitingRecord;
use serde::Serialize;

use super::Step;
use crate::error::EngineError;
use crate::intake::OUTCOMES;

/// What waits for a person, sealed to the operation.
const REVIEW: &str = "review.age";

/// A line of the outcomes.
#[derive(Serialize)]
struct Line<'l> {
    record: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    external_id: Option<&'l str>,
    outcome: RecordOutcome,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    fields: Vec<Why<'l>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    told: Option<&'l Stored>,
}

#[derive(Serialize)]
struct Why<'l> {
    field: &'l str,
    code: Code,
}

/// A line of what waits.
#[derive(Serialize)]
struct Waiting<'l> {
    record: u64,
    external_id: &'l str,
    codes: Vec<&'static str>,
    candidates: Vec<Candidate<'l>>,
}

#[derive(Serialize)]
struct Candidate<'l> {
    number: usize,
    key: &'l [Stored],
    stored: &'l [Stored],
}

/// Both files in the making.
pub(super) struct Outcomes {
    partner: ReportWriter,
    review: ReportWriter,
    /// Each with the name under which it is made, and its own.
    names: [(PathBuf, PathBuf); 2],
    /// Place in the row's key of what the partner is told, if it is told anything.
    tells: Option<usize>,
    pub(super) counts: Counts,
    pub(super) waiting: Vec<WaitingRecord>,
}

impl Outcomes {
    pub(super) fn begin(step: &Step<'_>, partner: &Recipient) -> Result<Self, EngineError> {
        let making = |name: &str| (step.path(&format!("{name}.{}", step.lease.token())), step.path(name));
        let names = [making(OUTCOMES), making(REVIEW)];
        let inbound = &step.pinned.inbound;
        let key = inbound.apply.root().map(|root| root.key.as_slice()).unwrap_or_default();
        let tells = inbound.tells.as_ref().and_then(|tells| key.iter().position(|one| one.column == tells.column));
        Ok(Self {
            partner: ReportWriter::shared(&names[0].0, &[partner.clone(), step.house.keys.recipient().clone()])?,
            review: ReportWriter::create(&names[1].0, step.house.keys.recipient())?,
            names,
            tells,
            counts: Counts::default(),
            waiting: Vec::new(),
        })
    }

    /// A record of which it is known without the target.
    pub(super) fn known(
        &mut self,
        record: u64,
        external_id: Option<&str>,
        outcome: RecordOutcome,
        fields: &[(&str, Code)],
    ) -> Result<(), FlowError> {
        let fields = fields.iter().map(|(field, code)| Why { field, code: *code }).collect();
        self.line(&Line { record, external_id, outcome, fields, told: None })
    }

    /// A record that was applied, or was not.
    pub(super) fn applied(&mut self, head: &Head, applied: &Applied) -> Result<(), FlowError> {
        let told = self.tells.and_then(|at| applied.key.get(at));
        let fields = applied.why.iter().map(|(field, code)| Why { field, code: *code }).collect();
        let external_id = Some(head.external_id.expose().as_str());
        self.line(&Line { record: head.number, external_id, outcome: applied.outcome, fields, told })?;
        // Somebody changes its row whenever we look: that is a person's too.
        if !matches!(applied.outcome, RecordOutcome::Waiting | RecordOutcome::Conflict) {
            return Ok(());
        }
        let codes: Vec<&'static str> = applied.why.iter().map(|(_, code)| code.as_str()).collect();
        self.waiting.push(WaitingRecord {
            record: head.number,
            codes: codes.iter().map(|code| (*code).to_owned()).collect(),
            candidates: applied.candidates.len() as u64,
        });
        let candidate = |(at, row): (usize, &Row)| (at + 1, row.key.clone(), row.stored.clone());
        let rows: Vec<_> = applied.candidates.iter().enumerate().map(candidate).collect();
        let candidates = rows.iter().map(|(number, key, stored)| Candidate { number: *number, key, stored }).collect();
        let waiting = Waiting { record: head.number, external_id: head.external_id.expose(), codes, candidates };
        self.review.line(&waiting).map_err(failed)
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), FlowError> {
        self.counts.records += 1;
        self.counts.add(line.outcome);
        self.partner.line(line).map_err(failed)
    }

    /// Closes both and gives them their names.
    pub(super) fn finish(self) -> Result<(Counts, Vec<WaitingRecord>), EngineError> {
        let Self { partner, review, names, counts, waiting, .. } = self;
        partner.finish()?;
        review.finish()?;
        for (made, name) in &names {
            std::fs::rename(made, name).map_err(EngineError::file("name", name))?;
        }
        Ok((counts, waiting))
    }
}

fn failed(error: causeway_package::PackageError) -> FlowError {
    FlowError::Write { what: "outcomes", detail: error.to_string() }
}
