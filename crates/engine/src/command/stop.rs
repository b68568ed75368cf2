//! How is a partner, the operation or everything stopped at once, and by whom resumed? One stops; two resume.

use causeway_model::permission::{Action, Owner, Thing};
use causeway_model::stop::{Event, Scope, State, Stop, is_stopped};
use causeway_model::{Code, Violation};
use causeway_package::key::SigningKey;
use causeway_store::change::{MoveStop, NewStop};
use causeway_store::{Changed, Saved};
use serde_json::json;

use super::signer::signer;
use crate::error::EngineError;
use crate::house::{House, audit};

/// What came of a word on the switch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Switched {
    /// It is so from now on.
    Now(Stop),
    /// It was so before; nothing changed.
    Already(Stop),
    /// Nothing of that is stopped.
    NotStopped,
}

/// The reason why nothing may go to `partner` now, if everything, the operation or the partner is stopped.
pub(crate) async fn stopped(house: &House, partner: &str) -> Result<Option<Violation>, EngineError> {
    let stops = house.store.standing_stops().await?;
    Ok(is_stopped(&stops, partner, &house.home.config().operation).map(Stop::violation))
}

/// The reason why nothing may go to `partner` now: it is stopped, or no active partner.
///
/// INVARIANT (a stop holds): asked by everything that leaves besides transfers, before it is begun and before it gets its name.
pub(crate) async fn held_back(house: &House, partner: &str) -> Result<Option<Violation>, EngineError> {
    if let Some(stop) = stopped(house, partner).await? {
        return Ok(Some(stop));
    }
    let life = house.store.partner_life(partner).await?;
    let state = life.as_ref().map_or("unknown", |life| life.state.name());
    let inactive = || Violation::new(Code::PartnerNotActive, partner, format!("it is {state}"));
    Ok((state != "active").then(inactive))
}

/// Stops `scope` at once. It takes no key: whoever must stop something may not have one at hand.
pub async fn stop(house: &House, name: &str, scope: Scope, reason: &str) -> Result<Switched, EngineError> {
    let thing = thing(house, &scope).await?;
    let who = house.permit(name, Action::Stop, &thing).await?;
    let id = house.id("st");
    let made = match Stop::new(id, scope.clone(), who.person, house.now(), reason.to_owned()) {
        Ok(made) => made,
        Err(error) => return Err(house.deny(name, Action::Stop.as_str(), &thing.name, error).await),
    };
    let event = audit(name, "stopped", &thing.name, json!({ "stop": made.id, "reason": reason }));
    let saved = house.store.stop(Changed::new(NewStop { stop: made.clone() }, event), house.stamp()).await?;
    if saved == Saved::New {
        house.sequence().await?;
        return Ok(Switched::Now(made));
    }
    Ok(standing(house, &scope).await?.map_or(Switched::NotStopped, Switched::Already))
}

/// The text by which an officer consents to resume.
fn resume_text(stop: &Stop) -> String {
    format!("causeway-resume/1\n{}\n{}\n", stop.id, stop.scope)
}

/// Consents, as one of two, to resume what was stopped.
pub async fn resume(house: &House, name: &str, key: &SigningKey, scope: &Scope) -> Result<Switched, EngineError> {
    let who = signer(house, name, key).await?;
    let thing = thing(house, scope).await?;
    house.permit(name, Action::Resume, &thing).await?;
    let Some(seen) = standing(house, scope).await? else { return Ok(Switched::NotStopped) };
    if matches!(&seen.state, State::Resuming { first } if *first == who.person) {
        return Ok(Switched::Already(seen));
    }
    let next = match seen.clone().apply(Event::Resume(who.person)) {
        Ok(next) => next,
        Err(error) => return Err(house.deny(name, Action::Resume.as_str(), &thing.name, error).await),
    };
    let signature = hex::encode(key.sign(resume_text(&seen).as_bytes()));
    let what = if next.stands() { "resume-consented" } else { "resumed" };
    let body = json!({ "stop": seen.id, "signature": signature });
    moved(house, seen, next, audit(name, what, &thing.name, body)).await
}

/// Takes the first of two consents back, so that it stays stopped.
pub async fn object(house: &House, name: &str, scope: &Scope) -> Result<Switched, EngineError> {
    let thing = thing(house, scope).await?;
    house.permit(name, Action::Stop, &thing).await?;
    let Some(seen) = standing(house, scope).await? else { return Ok(Switched::NotStopped) };
    if seen.state == State::Standing {
        return Ok(Switched::Already(seen));
    }
    let next = match seen.clone().apply(Event::Object) {
        Ok(next) => next,
        Err(error) => return Err(house.deny(name, Action::Stop.as_str(), &thing.name, error).await),
    };
    let body = json!({ "stop": seen.id });
    moved(house, seen, next, audit(name, "resume-objected", &thing.name, body)).await
}

async fn moved(
    house: &House,
    seen: Stop,
    next: Stop,
    event: causeway_store::AuditEvent,
) -> Result<Switched, EngineError> {
    let change = MoveStop { seen, next: next.clone() };
    let (actor, what) = (event.actor.clone(), event.event.clone());
    let scope = next.scope.to_string();
    if let Err(error) = house.store.move_stop(Changed::new(change, event), house.stamp()).await {
        return Err(house.lost(&actor, &what, &scope, error).await);
    }
    house.sequence().await?;
    Ok(Switched::Now(next))
}

async fn standing(house: &House, scope: &Scope) -> Result<Option<Stop>, EngineError> {
    Ok(house.store.standing_stops().await?.into_iter().find(|stop| stop.scope == *scope))
}

/// What the permission is asked about. A partner that nobody knows cannot be stopped.
async fn thing(house: &House, scope: &Scope) -> Result<Thing, EngineError> {
    let thing = house.own(&scope.to_string());
    let Scope::Partner { partner, .. } = scope else { return Ok(thing) };
    if house.store.partner(partner).await?.is_none() {
        let help = "see `causeway partner list`";
        return Err(EngineError::Unknown { what: "partner", name: partner.clone(), help });
    }
    Ok(thing.owned_by(Owner::Both(partner.clone())))
}
