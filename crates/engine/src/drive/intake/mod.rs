//! How is what came in carried from the sealed body to the partner's outcomes, whatever dies on the way? A file a step.
//!
//! Recovery walks the same way again: validation comes to the same from the sealed body and the documents, and the target knows
//! what was applied.

mod acknowledge;
mod apply;
mod decides;
mod open;
mod outcomes;
mod review;
mod target;
mod undo;
mod validate;

use std::path::PathBuf;

use causeway_flow::FlowError;
use causeway_flow::accept::{Opened, Records};
use causeway_model::Violation;
use causeway_model::inbound::FormatKind;
use causeway_model::intake::Intake;
use causeway_package::inbound::Source;
use causeway_store::Changed;
use causeway_store::change::{IntakeStep, MoveIntake, SeenIntake};
use causeway_store::query::IntakeRow;
use serde_json::Value;

use super::Lease;
use super::gate::Gate;
use crate::error::EngineError;
use crate::house::{Connectors, House, audit};
use crate::intake::{BODY, Pinned, folder};

/// Carries an intake as far as it goes without a person.
pub async fn take_in(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    lease: &Lease,
) -> Result<(), EngineError> {
    let mut row = house.intake(lease.id()).await?;
    clear(house, &row.id, lease.token())?;
    while row.state.is_unfinished() || house.store.intake_is_decided(&row.id).await? {
        // INVARIANT (a stop holds): looked up before each step, every second while it is taken, and before each group.
        let gate = Gate::open_intake(house, &row, lease).await?;
        let pinned = Pinned::of(house, &row.versions).await?;
        let step = Step { house, connectors, actor, lease, gate: &gate, row: &row, pinned: &pinned };
        match &row.state {
            Intake::Received => open::open(&step).await?,
            Intake::Opened => validate::validate(&step).await?,
            Intake::Validated | Intake::AwaitingReview | Intake::Applying { .. } => apply::apply(&step).await?,
            Intake::Undoing => undo::undo(&step).await?,
            _ => acknowledge::acknowledge(&step).await?,
        }
        row = house.intake(lease.id()).await?;
    }
    Ok(())
}

/// Clears what runs before this one were writing when they died: it is named by their leases.
fn clear(house: &House, intake: &str, token: &str) -> Result<(), EngineError> {
    let folder = folder(house, intake);
    if !folder.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(&folder).map_err(EngineError::file("read", &folder))? {
        let path = entry.map_err(EngineError::file("read", &folder))?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if name.contains(".run-") && !name.ends_with(token) {
            super::room::remove(&path)?;
        }
    }
    Ok(())
}

/// What a step has at hand.
pub(super) struct Step<'s> {
    pub(super) house: &'s House,
    pub(super) connectors: &'s dyn Connectors,
    pub(super) actor: &'s str,
    pub(super) lease: &'s Lease,
    pub(super) gate: &'s Gate,
    pub(super) row: &'s IntakeRow,
    pub(super) pinned: &'s Pinned,
}

impl Step<'_> {
    /// Moves the intake, with its entry, from where it was seen.
    pub(super) async fn moved(
        &self,
        seen: SeenIntake,
        step: IntakeStep,
        event: &str,
        body: Value,
    ) -> Result<SeenIntake, EngineError> {
        let event = audit(self.actor, event, &self.row.id, body);
        let moved = MoveIntake { seen, step };
        let moved = self.house.store.move_intake(Changed::new(moved, event), self.house.stamp()).await?;
        self.house.sequence().await?;
        Ok(moved)
    }

    /// The intake as it was read, under our lease.
    pub(super) fn seen(&self) -> SeenIntake {
        self.row.seen().under(self.lease.token())
    }

    /// Why it may not go on now, if it may not.
    pub(super) fn held(&self) -> Result<(), EngineError> {
        match self.gate.why() {
            Some(violation) => Err(super::gate::held(&self.row.id, violation)),
            None => Ok(()),
        }
    }

    /// Nothing of it is applied, for these reasons.
    pub(super) async fn rejected(
        &self,
        violations: Vec<Violation>,
        counts: Option<causeway_model::intake::Counts>,
    ) -> Result<(), EngineError> {
        let body = serde_json::json!({ "violations": violations, "counts": counts });
        self.moved(self.seen(), IntakeStep::Reject(violations, counts), "intake-rejected", body).await.map(|_| ())
    }

    /// The body as it was kept.
    pub(super) async fn source(&self) -> Result<Source, EngineError> {
        match self.house.store.intake_body(&self.row.id).await? {
            Some(bytes) => Ok(Source::bytes(bytes)),
            None => Ok(Source::file(&self.path(BODY))),
        }
    }

    /// A file of the intake.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        folder(self.house, &self.row.id).join(name)
    }

    /// What its groups are called by in the target: what is applied after it was undone is another thing than what was.
    pub(super) fn place(&self) -> String {
        match self.row.undone {
            0 => self.row.id.clone(),
            times => format!("{}/{times}", self.row.id),
        }
    }

    /// What reads the records of the opened body, as often as it takes.
    pub(super) fn reading(&self) -> impl FnMut(&Opened) -> Result<Box<dyn Records>, FlowError> + '_ {
        let kind: FormatKind = self.pinned.inbound.format.kind;
        move |opened| {
            let plain = opened.read(&self.house.keys.operation).map_err(|error| unread(&error))?;
            let records = self.connectors.records(plain, kind);
            records.map(|records| records as Box<dyn Records>).map_err(causeway_flow::accept::unread)
        }
    }

    /// By what digests of this partner's records are keyed.
    pub(super) fn key(&self) -> zeroize::Zeroizing<[u8; 32]> {
        self.house.keys.intakes(&self.row.partner, &self.row.versions.exchange.0)
    }
}

/// What kept us from reading or writing: it is tried again.
pub(super) fn stopped(error: FlowError) -> EngineError {
    EngineError::Wrong(error.to_string())
}

fn unread(error: &causeway_flow::accept::Unopened) -> FlowError {
    match error.violation() {
        Some(violation) => FlowError::refuse(violation),
        None => FlowError::Write { what: "the body of an intake", detail: error.to_string() },
    }
}
