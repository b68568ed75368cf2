//! How do sound records come to stand in the target, once each, and what is told of every one?

use std::collections::BTreeSet;
use std::sync::Arc;

use causeway_flow::FlowError;
use causeway_flow::accept::target::Session;
use causeway_flow::accept::{self, Applied, Checks, Known, Mapped, Opened, Place, Quarantined, Sound, UndoKey};
use causeway_model::intake::RecordOutcome;
use causeway_model::partner::KeyPurpose;
use causeway_model::{Code, Violation};
use causeway_package::inbound::sealed;
use causeway_package::key::Recipient;
use causeway_store::change::{IntakeStep, SeenIntake};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::decides::Deciding;
use super::outcomes::Outcomes;
use super::review::Decided;
use super::target::{Sealing, failed, session, undo_key};
use super::{Step, open, stopped};
use crate::error::EngineError;
use crate::keys::kept;

/// Groups of which one entry of the ledger tells, at most.
const TOLD_AT_ONCE: u64 = 500;

/// Applies a validated intake, from where an earlier run was cut off.
pub(super) async fn apply(step: &Step<'_>) -> Result<(), EngineError> {
    let Step { house, row, .. } = step;
    let recipient = recipient(step).await?;
    let opened = match open::opened(step, 0).await? {
        Ok(opened) => opened,
        // It was opened before: what was a reason not to open it is one not to go on, and no verdict on it any more.
        Err(violation) => return Err(super::super::gate::held(&row.id, violation)),
    };
    let (checks, mapped) = step.pinned.ready()?;
    // One that a person ended writes nothing, and so decides nothing.
    let deciding = match row.left_out_at {
        Some(_) => None,
        None => Deciding::of(step, &checks).await?,
    };
    let mut session = session(step, &mapped)?;
    let undo = undo_key(step).await?;
    let begin = IntakeStep::Begin { undo_key: Some(sealed(undo.bytes(), house.keys.recipient())?) };
    let seen = step.moved(step.seen(), begin, "intake-applying", json!({})).await?;
    let decided = Decided::of(step).await?;
    let outcomes = Outcomes::begin(step, recipient.as_ref())?;
    // Whatever shut the gate since it was opened: the first of its own looks is a second away.
    step.gate.look().await;
    step.held()?;
    let later = Arc::new(house.store.intakes_after(&row.id).await?);
    let place = step.place();
    let run = Run {
        step,
        seen: &seen,
        place: &place,
        checks: &checks,
        mapped: &mapped,
        undo: &undo,
        later: &later,
        decided: &decided,
        deciding: deciding.as_ref(),
    };
    let ended = tokio::task::block_in_place(|| run.all(&opened, session.as_mut(), outcomes));
    step.held()?;
    let (counts, waiting) = ended?.finish(&decided.kept)?;
    // CRASH: the outcomes are sealed and the intake does not say so: the next run asks the target, which applied all of it, and
    // seals them once more.
    (house.surroundings.probe)("intake-outcomes-sealed");
    let body = json!({ "counts": counts });
    match waiting.is_empty() {
        true => step.moved(seen, IntakeStep::Apply(counts, decided.heeded), "intake-applied", body).await?,
        false => step.moved(seen, IntakeStep::Wait(counts, waiting, decided.heeded), "intake-applied", body).await?,
    };
    Ok(())
}

/// The partner's key that outcomes are sealed to. What goes beyond the terms now holds the intake, and is no verdict on it, since some of it
/// may be applied already. One that a person ended writes nothing: neither the terms nor a missing key hold it.
async fn recipient(step: &Step<'_>) -> Result<Option<Recipient>, EngineError> {
    let Step { house, row, .. } = step;
    let is_ended = row.left_out_at.is_some();
    if !is_ended && let Some(violation) = open::beyond(step).await?.into_iter().next() {
        return Err(super::super::gate::held(&row.id, violation));
    }
    match house.partner_key(&row.partner, KeyPurpose::Recipient).await? {
        Some(key) => Ok(Some(Recipient::parse(&key.text)?.meant_for(kept(house.environment())))),
        None if is_ended => Ok(None),
        None => {
            let violation =
                Violation::new(Code::KeyNotVerified, &row.partner, "it has no current key to seal outcomes to");
            Err(super::super::gate::held(&row.id, violation))
        }
    }
}

/// One run over all records.
struct Run<'r> {
    step: &'r Step<'r>,
    seen: &'r SeenIntake,
    place: &'r str,
    checks: &'r Checks,
    mapped: &'r Mapped,
    undo: &'r UndoKey,
    later: &'r Arc<BTreeSet<String>>,
    decided: &'r Decided,
    deciding: Option<&'r Deciding>,
}

impl Run<'_> {
    fn all(&self, opened: &Opened, session: &mut dyn Session, mut outcomes: Outcomes) -> Result<Outcomes, EngineError> {
        let key = self.step.key();
        let mut quarantined = |line: &Quarantined<'_>| {
            let fields: Vec<(&str, Code)> = line.fields.iter().map(|one| (one.field, one.code)).collect();
            outcomes.known(line.record, line.external_id, RecordOutcome::Quarantined, &fields)
        };
        let judged = accept::validate(opened, self.checks, &mut self.step.reading(), &key, &mut quarantined);
        let validated = match judged.map_err(stopped)? {
            Ok(validated) => validated,
            // It comes to the same whoever walks: another verdict means that what it was judged by was altered.
            Err(rejected) => return Err(stopped(FlowError::Refused(rejected.violations))),
        };
        let mut told = Told::default();
        let mut trouble = None;
        let mut take = |sound: Sound| {
            for head in sound.again() {
                outcomes.known(head.number, Some(head.external_id.expose()), RecordOutcome::Duplicate, &[])?;
            }
            for head in &sound.batch().heads {
                self.step.held().map_err(|error| FlowError::Write { what: "the target", detail: error.to_string() })?;
                let place = Place { batch: sound.batch(), head };
                let applied = match self.one(session, place) {
                    Ok(applied) => applied,
                    Err(error) => {
                        let detail = error.to_string();
                        trouble = Some(error);
                        return Err(FlowError::Write { what: "the target", detail });
                    }
                };
                outcomes.applied(self.checks, place, &applied)?;
                told.add(head.number, &head.digest, &applied);
                if told.groups == TOLD_AT_ONCE {
                    self.tell(&mut told)?;
                }
            }
            Ok(())
        };
        let walked = validated.each(opened, self.checks, &mut self.step.reading(), &key, &mut take);
        if told.groups > 0 {
            self.tell(&mut told).map_err(stopped)?;
        }
        match (walked, trouble) {
            (_, Some(error)) => Err(error),
            (walked, None) => walked.map(|()| outcomes).map_err(stopped),
        }
    }

    fn one(&self, session: &mut dyn Session, place: Place<'_>) -> Result<Applied, EngineError> {
        let inbound = &self.step.pinned.inbound;
        let sequence = inbound.sequence.as_ref();
        let sequence = sequence.and_then(|name| self.checks.fields().iter().position(|field| field == name));
        let known = Known { intake: self.place, sequence, later: self.later };
        let decide = || self.deciding.map_or(Ok(None), |deciding| deciding.record(self.step, place));
        let mut keeper = Sealing::new(self.undo, self.step.house).deciding(&decide);
        let said = self.decided.said(place.head.number);
        let applied = Applied::of(session, &mut keeper, (self.checks, self.mapped), place, known, said);
        match (applied, keeper.unfit) {
            (Err(_), Some(field)) => {
                let field = self.checks.fields().get(field).cloned().unwrap_or_default();
                Ok(Applied::quarantined(field, Code::WrongState))
            }
            (applied, _) => applied.map_err(|error| keeper.trouble.take().unwrap_or_else(|| failed(self.step, &error))),
        }
    }

    /// Tells the ledger of the groups applied since it was told last: counts and a digest, never who.
    fn tell(&self, told: &mut Told) -> Result<(), FlowError> {
        let Told { groups, first, last, outcomes, digest } = std::mem::take(told);
        let body = json!({
            "groups": groups, "first": first, "last": last, "outcomes": outcomes, "digest": hex::encode(digest.finalize()),
            "attempt": match &self.seen.state {
                causeway_model::intake::Intake::Applying { attempt } => *attempt,
                _ => 0,
            },
        });
        let (house, id) = (self.step.house, &self.step.row.id);
        let told =
            tokio::runtime::Handle::current().block_on(house.record(self.step.actor, "intake-applied", id, body));
        told.map_err(|error| FlowError::Write { what: "the ledger", detail: error.to_string() })
    }
}

/// Groups of which the ledger was not told yet.
#[derive(Default)]
struct Told {
    groups: u64,
    first: u64,
    last: u64,
    outcomes: std::collections::BTreeMap<&'static str, u64>,
    digest: Sha256,
}

impl Told {
    fn add(&mut self, number: u64, digest: &[u8; 32], applied: &Applied) {
        if self.groups == 0 {
            self.first = number;
        }
        self.groups += 1;
        self.last = number;
        *self.outcomes.entry(applied.outcome.as_str()).or_default() += 1;
        self.digest.update(format!("{number} {} {}\n", applied.outcome, hex::encode(digest)));
    }
}
