//! How does a version of an arrangement go from draft into force, and out of it again?

use std::collections::BTreeSet;

use causeway_model::arrangement::{Arrangement, Event, State};
use causeway_model::hierarchy::{effective, widenings};
use causeway_model::permission::Action;
use causeway_model::{Refused, Violation};
use causeway_store::Changed;
use causeway_store::change::{Move, MoveArrangement};
use causeway_store::query::ArrangementLife;
use serde_json::json;

use super::declare_recipient::handlers;
use super::{Moved, gate, lapse_under_way};
use crate::error::EngineError;
use crate::house::{House, audit};

/// Who acts where only time has passed.
pub const CLOCK: &str = "clock";

/// Lays the newest draft before the parties.
pub async fn propose_arrangement(house: &House, actor: &str, name: &str) -> Result<(u32, Moved<State>), EngineError> {
    let life = version_of(house, name, None, |state| matches!(state, State::Draft { .. })).await?;
    let arrangement = house.arrangement_version(name, life.version).await?.value;
    house.permit(actor, Action::ProposeArrangement, &house.of_both(name, &arrangement.partner)).await?;
    if matches!(life.state, State::Proposed { .. } | State::Agreed { .. }) {
        return Ok((life.version, Moved::Already(life.state)));
    }
    if let Err(refused) = within_levels(house, &arrangement).await? {
        return Err(house.deny(actor, "propose-arrangement", name, refused).await);
    }
    one(house, actor, "propose-arrangement", name, life, Event::Propose).await
}

/// Brings the newest agreed version into force; the version before it is superseded in the same transaction.
pub async fn activate_arrangement(house: &House, actor: &str, name: &str) -> Result<(u32, Moved<State>), EngineError> {
    let life =
        version_of(house, name, None, |state| matches!(state, State::Agreed { .. } | State::Proposed { .. })).await?;
    let read = house.arrangement_version(name, life.version).await?;
    let thing = house.of_both(name, &read.value.partner).drafted_by(life.state.terms().drafter.clone());
    house.permit(actor, Action::ActivateArrangement, &thing).await?;
    if matches!(life.state, State::InForce { .. }) {
        return Ok((life.version, Moved::Already(life.state)));
    }
    let mut violations = Vec::new();
    if let Err(refused) = within_levels(house, &read.value).await? {
        violations.extend(refused.violations);
    }
    violations.extend(read.value.origin_violations());
    violations.extend(house.synthetic_only(&read.value).await?);
    violations.extend(handlers(house, &read.value).await?);
    if let Err(refused) = Refused::unless_empty(violations) {
        return Err(house.deny(actor, "activate-arrangement", name, refused).await);
    }
    let revoked = revoked(house).await?;
    let gate = gate(house, &read.value, None).await?;
    let version = life.version;
    let mut moves = vec![(version, life.state, Event::Activate { now: house.now(), revoked, gate })];
    let before = house.newest_in_force(name).await?.filter(|before| {
        before.version != version && matches!(before.state, State::InForce { .. } | State::Suspended { .. })
    });
    if let Some(before) = before {
        moves.push((before.version, before.state, Event::Supersede { by: version }));
    }
    let states = move_arrangement(house, actor, "activate-arrangement", name, moves, None).await?;
    first(states).map(|state| (version, Moved::Now(state)))
}

/// Takes terms out of force for now; what is under way lapses.
pub async fn suspend_arrangement(
    house: &House,
    actor: &str,
    name: &str,
    reason: &str,
) -> Result<(u32, Moved<State>), EngineError> {
    let life = in_use(house, actor, name, Action::SuspendArrangement).await?;
    if matches!(life.state, State::Suspended { .. }) {
        return Ok((life.version, Moved::Already(life.state)));
    }
    let event = Event::Suspend { reason: reason.to_owned() };
    let moved = one(house, actor, "suspend-arrangement", name, life, event).await?;
    lapse_under_way(house, actor, name).await?;
    Ok(moved)
}

/// Brings suspended terms back into force.
pub async fn resume_arrangement(house: &House, actor: &str, name: &str) -> Result<(u32, Moved<State>), EngineError> {
    let life = in_use(house, actor, name, Action::ResumeArrangement).await?;
    if matches!(life.state, State::InForce { .. }) {
        return Ok((life.version, Moved::Already(life.state)));
    }
    let gate = gate(house, &house.arrangement_version(name, life.version).await?.value, None).await?;
    let event = Event::Resume { now: house.now(), gate };
    one(house, actor, "resume-arrangement", name, life, event).await
}

/// Ends terms for good; what is under way lapses.
pub async fn terminate_arrangement(
    house: &House,
    actor: &str,
    name: &str,
    reason: &str,
) -> Result<(u32, Moved<State>), EngineError> {
    let life = in_use(house, actor, name, Action::TerminateArrangement).await?;
    if life.state.name() == "terminated" {
        return Ok((life.version, Moved::Already(life.state)));
    }
    let event = Event::Terminate { reason: reason.to_owned() };
    let moved = one(house, actor, "terminate-arrangement", name, life, event).await?;
    lapse_under_way(house, actor, name).await?;
    Ok(moved)
}

/// Ends every version whose last day is over; their names. What is under way under them lapses.
pub async fn expire_arrangements(house: &House) -> Result<Vec<String>, EngineError> {
    let mut expired = Vec::new();
    for life in house.store.arrangements_ending_by(house.today()).await? {
        if life.state.terms().valid.is_over(house.now()) {
            let name = life.arrangement.clone();
            one(house, CLOCK, "expire-arrangement", &name, life, Event::Expire { now: house.now() }).await?;
            lapse_under_way(house, CLOCK, &name).await?;
            expired.push(name);
        }
    }
    Ok(expired)
}

/// The version named; else the newest of those that `wanted` takes, else the newest.
pub(super) async fn version_of(
    house: &House,
    name: &str,
    version: Option<u32>,
    wanted: impl Fn(&State) -> bool,
) -> Result<ArrangementLife, EngineError> {
    let lives = house.store.arrangement_lives(name).await?;
    let found = match version {
        Some(version) => lives.iter().find(|life| life.version == version),
        None => lives.iter().rev().find(|life| wanted(&life.state)).or(lives.last()),
    };
    found.cloned().ok_or_else(|| EngineError::Unknown {
        what: "arrangement",
        name: version.map_or_else(|| name.to_owned(), |version| format!("{name} version {version}")),
        help: "draft it with `causeway arrangement draft`",
    })
}

/// The version that is or was last in force, or else the newest, if the actor may.
async fn in_use(house: &House, actor: &str, name: &str, action: Action) -> Result<ArrangementLife, EngineError> {
    let life = match house.newest_in_force(name).await? {
        Some(life) => life,
        None => version_of(house, name, None, |_| true).await?,
    };
    let partner = house.arrangement_version(name, life.version).await?.value.partner;
    house.permit(actor, action, &house.of_both(name, &partner)).await?;
    Ok(life)
}

/// Whether a text stands under frameworks that are in force, is nowhere wider, and leaves anything in common.
async fn within_levels(house: &House, arrangement: &Arrangement) -> Result<Result<(), Refused>, EngineError> {
    let levels = match house.levels(arrangement).await? {
        Ok(levels) => levels,
        Err(refused) => return Ok(Err(refused)),
    };
    let all: Vec<&Arrangement> = levels.iter().collect();
    let wider: Vec<Violation> = widenings(&all);
    Ok(Refused::unless_empty(wider).and_then(|()| effective(&all).map(|_| ())))
}

/// Fingerprints of all keys that were revoked.
async fn revoked(house: &House) -> Result<BTreeSet<String>, EngineError> {
    let officers = house.store.officers().await?.into_iter().filter(|officer| officer.revoked_at.is_some());
    Ok(officers.map(|officer| officer.fingerprint).collect())
}

async fn one(
    house: &House,
    actor: &str,
    what: &str,
    name: &str,
    life: ArrangementLife,
    event: Event,
) -> Result<(u32, Moved<State>), EngineError> {
    let version = life.version;
    let states = move_arrangement(house, actor, what, name, vec![(version, life.state, event)], None).await?;
    first(states).map(|state| (version, Moved::Now(state)))
}

fn first(states: Vec<State>) -> Result<State, EngineError> {
    states.into_iter().next().ok_or_else(|| EngineError::Wrong("nothing was moved".to_owned()))
}

/// Moves versions that are in the states seen, all or none. A refusal stands in the ledger.
pub(super) async fn move_arrangement(
    house: &House,
    actor: &str,
    what: &str,
    name: &str,
    moves: Vec<(u32, State, Event)>,
    signature: Option<String>,
) -> Result<Vec<State>, EngineError> {
    let said: Vec<_> = moves
        .iter()
        .map(|(version, seen, event)| {
            let reason = match event {
                Event::Suspend { reason } | Event::Terminate { reason } => Some(reason),
                _ => None,
            };
            let party = match event {
                Event::Sign { signature, .. } => Some(&signature.party),
                _ => None,
            };
            json!({
                "version": version, "from": seen.name(), "event": event.name(), "reason": reason, "party": party,
                "sha256": seen.terms().digest,
            })
        })
        .collect();
    let audited = audit(actor, "arrangement-moved", name, json!({ "moves": said }));
    let moves = moves.into_iter().map(|(version, seen, event)| Move { version, seen, event }).collect();
    let change = MoveArrangement { arrangement: name.to_owned(), moves, signature };
    match house.store.move_arrangement(Changed::new(change, audited), house.stamp()).await {
        Ok(states) => {
            house.sequence().await?;
            Ok(states)
        }
        Err(error) => Err(house.lost(actor, what, name, error).await),
    }
}
