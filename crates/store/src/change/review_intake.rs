//! How is it kept what a person decided on a record that waits, until it is carried out?

use std::collections::BTreeSet;

use causeway_model::intake::{Intake, Verdict};
use causeway_model::{Code, Refused};

use super::move_intake::{Heeded, WaitingRecord};
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query, stored, to_json};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A decision on a record that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewIntake {
    /// The intake.
    pub intake: String,
    /// The record's number in the file.
    pub record: u64,
    /// What was decided.
    pub verdict: Verdict,
    /// The candidate's number, where it is one.
    pub candidate: Option<u64>,
    /// Keyed digest of the candidates by which it was decided.
    pub chosen: Option<String>,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Keeps a decision, in place of an earlier one that no run went by yet.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such record, [`StoreError::Denied`] when it does not wait any more, or is being
    /// applied by another decision.
    pub async fn review_intake(&self, change: Changed<ReviewIntake>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl ReviewIntake {
    fn denied(&self, detail: &str) -> StoreError {
        let name = format!("{} record {}", self.intake, self.record);
        let source = Refused::one(Code::WrongState, &name, detail);
        StoreError::Denied { what: "intake", name, source }
    }
}

impl Change for ReviewIntake {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (id, record, micros) = (&self.intake, stored(self.record, "a record's number")?, writing.micros());
        let officer = writing.actor().to_owned();
        let row = query("SELECT id, state_json, left_out_at, reviewers FROM intake WHERE id = $1").bind(id);
        let row = row.fetch_optional(writing.rows()).await?;
        let row = row.ok_or_else(|| StoreError::NotFound { what: "intake", name: id.clone() })?;
        let cells = Cells::new(&row, "intake", "id");
        let (state, ended): (Intake, Option<i64>) = (cells.json("state_json")?, cells.get("left_out_at")?);
        let mut reviewers: BTreeSet<String> = cells.optional_json("reviewers")?.unwrap_or_default();
        let waits = query(
            "SELECT record, decision, candidate, chosen, settled_at FROM intake_waiting WHERE intake = $1 AND record = $2",
        );
        let waits = waits.bind(id).bind(record).fetch_optional(writing.rows()).await?;
        let waits = waits.ok_or_else(|| StoreError::NotFound {
            what: "record that waits in the intake",
            name: format!("{id} record {}", self.record),
        })?;
        let cells = Cells::new(&waits, "intake_waiting", "record");
        let (decision, settled): (Option<String>, Option<i64>) = (cells.get("decision")?, cells.get("settled_at")?);
        let said = (decision.as_deref(), cells.optional_count("candidate")?, cells.get::<Option<String>>("chosen")?);
        if said == (Some(self.verdict.as_str()), self.candidate, self.chosen.clone()) {
            return Applied::ALREADY;
        }
        if settled.is_some() {
            return Err(self.denied("it waits no more: what was decided on it is carried out"));
        }
        if ended.is_some() {
            return Err(self.denied("somebody ended the intake: what waits is left out"));
        }
        match state {
            Intake::AwaitingReview => {}
            Intake::Applying { .. } if decision.is_none() => {}
            Intake::Applying { .. } => return Err(self.denied("it is being applied by what was decided before")),
            other => return Err(self.denied(&format!("the intake is {other}: nothing of it waits for a decision"))),
        }
        let decided = query(
            "UPDATE intake_waiting SET decision = $1, candidate = $2, chosen = $3, reason = $4, officer = $5, decided_at = $6 \
             WHERE intake = $7 AND record = $8",
        );
        let candidate = self.candidate.map(|number| stored(number, "a candidate")).transpose()?;
        let decided = decided.bind(self.verdict.as_str()).bind(candidate).bind(self.chosen.clone()).bind(&self.reason);
        decided.bind(&officer).bind(micros).bind(id).bind(record).execute(writing.rows()).await?;
        if reviewers.insert(officer) {
            let kept = query("UPDATE intake SET reviewers = $1 WHERE id = $2").bind(to_json(&reviewers)?).bind(id);
            kept.execute(writing.rows()).await?;
        }
        Applied::NEW
    }
}

/// Says of what waited what came of it in a run that ended: what waits no more is settled; what was decided, and waits all the same, is
/// to be decided anew. A decision that the run did not know stays, unless its record waits no more. Whether something waits that did not
/// wait undecided before.
pub(super) async fn settle(
    writing: &mut Writing<'_>,
    id: &str,
    waiting: &[WaitingRecord],
    heeded: &[Heeded],
) -> Result<bool, StoreError> {
    let micros = writing.micros();
    let mut known = BTreeSet::new();
    let still: BTreeSet<u64> = waiting.iter().map(|one| one.record).collect();
    let rows = query("SELECT record, decided_at FROM intake_waiting WHERE intake = $1 AND settled_at IS NULL").bind(id);
    for row in rows.fetch_all(writing.rows()).await? {
        let cells = Cells::new(&row, "intake_waiting", "record");
        let (record, decided_at) = (cells.count::<u64>("record")?, cells.optional_time("decided_at")?);
        let went_by = heeded.iter().any(|one| one.record == record && Some(one.decided_at) == decided_at);
        let number = stored(record, "a record's number")?;
        if !went_by {
            known.insert(record);
        }
        if went_by == still.contains(&record) {
            let anew = query(
                "UPDATE intake_waiting SET decision = NULL, candidate = NULL, chosen = NULL, reason = NULL, officer = NULL, \
                 decided_at = NULL WHERE intake = $1 AND record = $2",
            );
            anew.bind(id).bind(number).execute(writing.rows()).await?;
        }
        if !still.contains(&record) {
            let settled = query("UPDATE intake_waiting SET settled_at = $1 WHERE intake = $2 AND record = $3");
            settled.bind(micros).bind(id).bind(number).execute(writing.rows()).await?;
        }
    }
    Ok(!still.is_subset(&known))
}
