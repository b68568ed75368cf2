//! How does a partner go from invited to active, and out again?

use causeway_model::partner::{Event, State};
use causeway_model::permission::Action;
use causeway_package::key::{Recipient, VerifyingKey};
use causeway_store::Changed;
use causeway_store::change::MovePartner;
use causeway_store::query::{Partner, PartnerLife};
use serde_json::{Value, json};

use super::prove_key::unconfirmed;
use crate::error::EngineError;
use crate::house::{House, audit};

/// What became of a command on a partner or an arrangement.
#[derive(Clone, Debug)]
pub enum Moved<S = State> {
    /// It is in this state now.
    Now(S),
    /// It was so already; nothing changed.
    Already(S),
}

/// Confirms what is not confirmed yet of a partner's keys, and finds them trusted: not by whoever added the partner.
pub async fn verify_partner(
    house: &House,
    actor: &str,
    name: &str,
    recipient_confirmed: Option<&str>,
    signing_confirmed: Option<&str>,
) -> Result<Moved, EngineError> {
    let (row, life) = life(house, name).await?;
    let thing = house.of_partner(name, name).drafted_by(house.person(&row.added_by).await?);
    house.permit(actor, Action::VerifyPartner, &thing).await?;
    if matches!(life.state, State::Verified { .. } | State::Active { .. }) {
        return Ok(Moved::Already(life.state));
    }
    let recipient = Recipient::parse(&row.age_recipient)?.fingerprint();
    let signing = VerifyingKey::from_pem(&row.signing_key_pem)?.fingerprint();
    let open: Vec<&str> = unconfirmed(&life.state).collect();
    let mut events = Vec::new();
    for (what, flag, fingerprint, told) in [
        ("age recipient", "--recipient-fingerprint", recipient, recipient_confirmed),
        ("signing key", "--signing-fingerprint", signing, signing_confirmed),
    ] {
        let key = fingerprint.to_string();
        match told {
            Some(told) if !fingerprint.confirmed_by(told) => {
                return Err(EngineError::Wrong(format!(
                    "the fingerprint of the {what} is {fingerprint}, not what was told: ask the partner again by another way"
                )));
            }
            Some(_) if open.contains(&key.as_str()) => {
                events.push(Event::ConfirmFingerprint { key, by: actor.to_owned() });
            }
            None if open.contains(&key.as_str()) => {
                return Err(EngineError::Wrong(format!(
                    "nobody has confirmed the {what}: have the partner tell its fingerprint by another way, and give it with {flag}"
                )));
            }
            _ => {}
        }
    }
    events.push(Event::Verify);
    move_partner(house, actor, "verify-partner", (name, life.state), events, json!({})).await
}

/// Lets data go to a verified partner: not by whoever added it.
pub async fn activate_partner(house: &House, actor: &str, name: &str) -> Result<Moved, EngineError> {
    let (row, life) = life(house, name).await?;
    let thing = house.of_partner(name, name).drafted_by(house.person(&row.added_by).await?);
    house.permit(actor, Action::ActivatePartner, &thing).await?;
    if matches!(life.state, State::Active { .. }) {
        return Ok(Moved::Already(life.state));
    }
    move_partner(house, actor, "activate-partner", (name, life.state), vec![Event::Activate], json!({})).await
}

/// Lets nothing go to a partner for now.
pub async fn suspend_partner(house: &House, actor: &str, name: &str, reason: &str) -> Result<Moved, EngineError> {
    let (_, life) = life(house, name).await?;
    house.permit(actor, Action::SuspendPartner, &house.of_partner(name, name)).await?;
    if matches!(life.state, State::Suspended { .. }) {
        return Ok(Moved::Already(life.state));
    }
    let (event, body) = (Event::Suspend { reason: reason.to_owned() }, json!({ "reason": reason }));
    move_partner(house, actor, "suspend-partner", (name, life.state), vec![event], body).await
}

/// Ends a partner's suspension.
pub async fn resume_partner(house: &House, actor: &str, name: &str) -> Result<Moved, EngineError> {
    let (_, life) = life(house, name).await?;
    house.permit(actor, Action::ResumePartner, &house.of_partner(name, name)).await?;
    if matches!(life.state, State::Active { .. }) {
        return Ok(Moved::Already(life.state));
    }
    move_partner(house, actor, "resume-partner", (name, life.state), vec![Event::Resume], json!({})).await
}

/// Ends a partnership for good.
pub async fn close_partner(house: &House, actor: &str, name: &str, reason: &str) -> Result<Moved, EngineError> {
    let (_, life) = life(house, name).await?;
    house.permit(actor, Action::ClosePartner, &house.of_partner(name, name)).await?;
    if matches!(life.state, State::Closed { .. }) {
        return Ok(Moved::Already(life.state));
    }
    let (event, body) = (Event::Close { reason: reason.to_owned() }, json!({ "reason": reason }));
    move_partner(house, actor, "close-partner", (name, life.state), vec![event], body).await
}

/// A partner, and how far the acquaintance has come.
pub(super) async fn life(house: &House, name: &str) -> Result<(Partner, PartnerLife), EngineError> {
    let found = house.store.partner(name).await?.zip(house.store.partner_life(name).await?);
    found.ok_or_else(|| EngineError::Unknown {
        what: "partner",
        name: name.to_owned(),
        help: "invite it with `causeway partner add`",
    })
}

/// Moves a partner that is in the state seen. A refusal stands in the ledger.
pub(super) async fn move_partner(
    house: &House,
    actor: &str,
    what: &str,
    (name, seen): (&str, State),
    events: Vec<Event>,
    mut body: Value,
) -> Result<Moved, EngineError> {
    if let Some(members) = body.as_object_mut() {
        let names: Vec<&str> = events.iter().map(Event::name).collect();
        members.insert("events".to_owned(), json!(names));
        members.insert("from".to_owned(), json!(seen.name()));
    }
    let event = audit(actor, "partner-moved", name, body);
    let change = MovePartner { partner: name.to_owned(), seen, events };
    match house.store.move_partner(Changed::new(change, event), house.stamp()).await {
        Ok(state) => {
            house.sequence().await?;
            Ok(Moved::Now(state))
        }
        Err(error) => Err(house.lost(actor, what, name, error).await),
    }
}
