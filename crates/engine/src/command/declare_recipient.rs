//! Who handles a partner's data for it, or receives them from it, and where? The partner says so; the arrangement limits it.

use causeway_model::partner::{Profile, Recipient};
use causeway_model::permission::Action;
use causeway_model::{Code, Refused, Violation};
use causeway_store::change::DeclareRecipients;
use causeway_store::{Changed, Saved};
use serde_json::json;

use super::move_partner::life;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Declares somebody for a partner. Nothing goes to the partner under an arrangement that does not name whoever is declared,
/// in the same places.
pub async fn declare_recipient(
    house: &House,
    actor: &str,
    name: &str,
    recipient: Recipient,
) -> Result<Saved, EngineError> {
    house.permit(actor, Action::DeclareRecipient, &house.of_partner(name, name)).await?;
    let (_, life) = life(house, name).await?;
    let mut profile = life.profile.clone();
    match profile.recipients.iter_mut().find(|one| one.name == recipient.name) {
        Some(there) => *there = recipient.clone(),
        None => profile.recipients.push(recipient.clone()),
    }
    if let Some(finding) = profile.check().iter().next() {
        return Err(EngineError::Wrong(format!("{}: {}", finding.message, finding.help)));
    }
    let body = json!({
        "recipient": recipient.name, "kind": recipient.kind, "jurisdiction": recipient.jurisdiction,
        "hosting_country": recipient.hosting_country, "purpose": recipient.purpose,
    });
    save(house, actor, "recipient-declared", life.profile, profile, body).await
}

/// Takes a declaration back.
pub async fn undeclare_recipient(
    house: &House,
    actor: &str,
    name: &str,
    recipient: &str,
) -> Result<Saved, EngineError> {
    house.permit(actor, Action::DeclareRecipient, &house.of_partner(name, name)).await?;
    let (_, life) = life(house, name).await?;
    let mut profile = life.profile.clone();
    profile.recipients.retain(|one| one.name != recipient);
    save(house, actor, "recipient-undeclared", life.profile, profile, json!({ "recipient": recipient })).await
}

async fn save(
    house: &House,
    actor: &str,
    what: &str,
    seen: Profile,
    profile: Profile,
    body: serde_json::Value,
) -> Result<Saved, EngineError> {
    let event = audit(actor, what, &seen.partner, body);
    let change = DeclareRecipients { seen, profile };
    let saved = house.store.declare_recipients(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}

/// What stands against an arrangement that names handlers whom its partner has not declared, or declares others.
pub(crate) async fn handlers(
    house: &House,
    arrangement: &causeway_model::arrangement::Arrangement,
) -> Result<Vec<Violation>, EngineError> {
    let Some(life) = house.store.partner_life(&arrangement.partner).await? else {
        let detail = "it is not registered here";
        return Ok(Refused::one(Code::PartnerNotActive, &arrangement.partner, detail).violations);
    };
    let mut violations = life.profile.recipients_not_agreed(arrangement);
    violations.extend(life.profile.undeclared(arrangement));
    Ok(violations)
}
