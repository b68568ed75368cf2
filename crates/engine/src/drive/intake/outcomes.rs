//! What is written down of each record: for the partner its outcome, which the operation tells its program, for the operation what waits
//! for a person. Both are sealed while they are written, and stand under their names once they are whole.

use std::collections::BTreeSet;
use std::path::PathBuf;

use causeway_flow::FlowError;
use causeway_flow::accept::target::Stored;
use causeway_flow::accept::{Applied, Checks, Place, Question};
use causeway_model::Code;
use causeway_model::intake::{Counts, RecordOutcome};
use causeway_package::key::Recipient;
use causeway_package::report::ReportWriter;
use causeway_store::change::WaitingRecord;
use serde::Serialize;

use super::Step;
use crate::error::EngineError;
use crate::intake::{OUTCOMES, REVIEW};

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
    /// Without a key of the partner's the operation alone can read them.
    pub(super) fn begin(step: &Step<'_>, partner: Option<&Recipient>) -> Result<Self, EngineError> {
        let making = |name: &str| (step.path(&format!("{name}.{}", step.lease.token())), step.path(name));
        let names = [making(OUTCOMES), making(REVIEW)];
        let inbound = &step.pinned.inbound;
        let key = inbound.apply.root().map(|root| root.key.as_slice()).unwrap_or_default();
        let tells = inbound.tells.as_ref().and_then(|tells| key.iter().position(|one| one.column == tells.column));
        let readers: Vec<Recipient> = partner.into_iter().chain([step.house.keys.recipient()]).cloned().collect();
        Ok(Self {
            partner: ReportWriter::shared(names[0].0.as_path(), &readers)?,
            review: ReportWriter::create(names[1].0.as_path(), step.house.keys.recipient())?,
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
    pub(super) fn applied(&mut self, checks: &Checks, place: Place<'_>, applied: &Applied) -> Result<(), FlowError> {
        let told = self.tells.and_then(|at| applied.key.get(at));
        let fields = applied.why.iter().map(|(field, code)| Why { field, code: *code }).collect();
        let (record, external_id) = (place.head.number, Some(place.head.external_id.expose().as_str()));
        self.line(&Line { record, external_id, outcome: applied.outcome, fields, told })?;
        // Somebody changes its row whenever we look: that is a person's too.
        let Some(unclear) = &applied.unclear else { return Ok(()) };
        let codes: Vec<String> = applied.why.iter().map(|(_, code)| code.as_str().to_owned()).collect();
        let candidates = unclear.candidates.len() as u64;
        self.waiting.push(WaitingRecord { record, codes: codes.clone(), candidates });
        self.review.line(&Question::new(checks, place, codes, unclear)).map_err(failed)
    }

    fn line(&mut self, line: &Line<'_>) -> Result<(), FlowError> {
        self.counts.records += 1;
        self.counts.add(line.outcome);
        self.partner.line(line).map_err(failed)
    }

    /// Closes both and gives them their names; what was decided on, and waits no more, stays beside what waits.
    pub(super) fn finish(self, decided: &[Question]) -> Result<(Counts, Vec<WaitingRecord>), EngineError> {
        let Self { partner, mut review, names, counts, waiting, .. } = self;
        let waits: BTreeSet<u64> = waiting.iter().map(|one| one.record).collect();
        for question in decided.iter().filter(|one| !waits.contains(&one.record)) {
            review.line(question)?;
        }
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
