//! How do sound records come to stand in the target, once each, and what is told of every one?

use std::collections::BTreeSet;
use std::sync::Arc;

use causeway_flow::FlowError;
use causeway_flow::accept::target::{Keeper, Session, TargetError};
use causeway_flow::accept::{self, Applied, Checks, Known, Mapped, Opened, Place, Quarantined, Sound, UndoKey};
use causeway_model::intake::RecordOutcome;
use causeway_model::partner::KeyPurpose;
use causeway_model::{Code, Violation};
use causeway_package::inbound::{sealed, unsealed};
use causeway_package::key::Recipient;
use causeway_store::change::{IntakeStep, SeenIntake};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::outcomes::Outcomes;
use super::{Step, open, stopped};
use crate::environment::target_allowed;
use crate::error::EngineError;
use crate::house::House;
use crate::keys::kept;

/// Groups of which one entry of the ledger tells, at most.
const TOLD_AT_ONCE: u64 = 500;

/// Applies a validated intake, from where an earlier run was cut off.
pub(super) async fn apply(step: &Step<'_>) -> Result<(), EngineError> {
    let Step { house, row, .. } = step;
    // Some of it may be applied already: what goes beyond the terms now holds it, and is no verdict on it.
    if let Some(violation) = open::beyond(step).await?.into_iter().next() {
        return Err(super::super::gate::held(&row.id, violation));
    }
    let recipient = house.partner_key(&row.partner, KeyPurpose::Recipient).await?;
    let Some(recipient) = recipient else {
        let violation = Violation::new(Code::KeyNotVerified, &row.partner, "it has no current key to seal outcomes to");
        return Err(super::super::gate::held(&row.id, violation));
    };
    let recipient = Recipient::parse(&recipient.text)?.meant_for(kept(house.environment()));
    let opened = match open::opened(step, 0).await? {
        Ok(opened) => opened,
        // It was opened before: what was a reason not to open it is one not to go on, and no verdict on it any more.
        Err(violation) => return Err(super::super::gate::held(&row.id, violation)),
    };
    let (checks, mapped) = step.pinned.ready()?;
    let mut session = session(step, &mapped)?;
    let undo = undo_key(step).await?;
    let begin = IntakeStep::Begin { undo_key: Some(sealed(undo.bytes(), house.keys.recipient())?) };
    let seen = step.moved(step.seen(), begin, "intake-applying", json!({})).await?;
    let outcomes = Outcomes::begin(step, &recipient)?;
    // Whatever shut the gate since it was opened: the first of its own looks is a second away.
    step.gate.look().await;
    step.held()?;
    let later = Arc::new(house.store.intakes_after(&row.id).await?);
    let run = Run { step, seen: &seen, checks: &checks, mapped: &mapped, undo: &undo, later: &later };
    let ended = tokio::task::block_in_place(|| run.all(&opened, session.as_mut(), outcomes));
    step.held()?;
    let (counts, waiting) = ended?.finish()?;
    // CRASH: the outcomes are sealed and the intake does not say so: the next run asks the target, which applied all of it, and
    // seals them once more.
    (house.surroundings.probe)("intake-outcomes-sealed");
    let body = json!({ "counts": counts });
    match waiting.is_empty() {
        true => step.moved(seen, IntakeStep::Apply(counts), "intake-applied", body).await?,
        false => step.moved(seen, IntakeStep::Wait(counts, waiting), "intake-applied", body).await?,
    };
    Ok(())
}

/// An open session of the exchange's target. What people must mend holds the intake; what may pass is tried again.
fn session(step: &Step<'_>, mapped: &Mapped) -> Result<Box<dyn Session>, EngineError> {
    let Step { house, connectors, pinned, row, .. } = step;
    let name = &pinned.inbound.apply.target;
    let target = pinned.catalogue.targets.iter().find(|target| target.name == *name);
    let held = |violation| super::super::gate::held(&row.id, violation);
    let target =
        target.ok_or_else(|| held(Violation::new(Code::UnknownName, name, "the catalogue names no such target")))?;
    target_allowed(house.environment(), target).map_err(held)?;
    let opened = tokio::task::block_in_place(|| connectors.target(target, &house.home.sources()).open(mapped.layout()));
    opened.map_err(|error| failed(step, &error))
}

fn failed(step: &Step<'_>, error: &TargetError) -> EngineError {
    match error.may_pass() {
        true => EngineError::Wrong(error.to_string()),
        false => super::super::gate::held(&step.row.id, Violation::new(error.code, &error.target, &error.detail)),
    }
}

/// The key of the intake's undo plan: made by the first run that applies, kept since.
async fn undo_key(step: &Step<'_>) -> Result<UndoKey, EngineError> {
    let house = step.house;
    let Some(kept) = house.store.intake_undo_key(&step.row.id).await? else { return Ok(UndoKey::new(house.random())) };
    let mut bytes = zeroize::Zeroizing::new([0; 32]);
    let mut plain = unsealed(std::io::Cursor::new(kept), &house.keys.operation)?;
    std::io::Read::read_exact(&mut plain, bytes.as_mut_slice())
        .map_err(|_| EngineError::Wrong(format!("the undo key of intake {} is damaged", step.row.id)))?;
    Ok(UndoKey::new(*bytes))
}

/// One run over all records.
struct Run<'r> {
    step: &'r Step<'r>,
    seen: &'r SeenIntake,
    checks: &'r Checks,
    mapped: &'r Mapped,
    undo: &'r UndoKey,
    later: &'r Arc<BTreeSet<String>>,
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
                outcomes.applied(head, &applied)?;
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
            (_, Some(error)) => Err(failed(self.step, &error)),
            (walked, None) => walked.map(|()| outcomes).map_err(stopped),
        }
    }

    fn one(&self, session: &mut dyn Session, place: Place<'_>) -> Result<Applied, TargetError> {
        let inbound = &self.step.pinned.inbound;
        let sequence = inbound.sequence.as_ref();
        let sequence = sequence.and_then(|name| self.checks.fields().iter().position(|field| field == name));
        let known = Known { intake: &self.step.row.id, sequence, later: self.later };
        let mut keeper = Sealing { undo: self.undo, house: self.step.house };
        Applied::of(session, &mut keeper, (self.checks, self.mapped), place, known, None)
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

/// Seals what stood there before under the intake's key, and passes on where dying matters.
struct Sealing<'s> {
    undo: &'s UndoKey,
    house: &'s House,
}

impl Keeper for Sealing<'_> {
    fn seal(&mut self, before: &[u8]) -> Result<Vec<u8>, String> {
        self.undo.seal(self.house.random(), before).ok_or_else(|| "it cannot be sealed".to_owned())
    }

    fn mark(&mut self, mark: &'static str) {
        (self.house.surroundings.probe)(mark);
    }
}
