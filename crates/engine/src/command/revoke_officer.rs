//! How does an officer cease to count, with the key?

use causeway_model::permission::{Action, Role};
use causeway_store::change::RevokeOfficer;
use causeway_store::{Changed, Saved};
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};

/// Revokes a person and the key. What was signed before and is in force stays; what waits to come into force does not count it.
pub async fn revoke_officer(house: &House, actor: &str, name: &str, reason: &str) -> Result<Saved, EngineError> {
    let officers = house.store.officers().await?;
    let known = officers.iter().find(|officer| officer.name == name).ok_or_else(|| EngineError::Unknown {
        what: "officer",
        name: name.to_owned(),
        help: "see `causeway officer list`",
    })?;
    let thing = match &known.partner {
        Some(partner) => house.of_partner(name, partner),
        None => house.own(name),
    };
    house.permit(actor, Action::RevokeOfficer, &thing).await?;
    if let Err(refused) = causeway_model::refused::reason_given("revoke", reason) {
        return Err(house.deny(actor, "revoke-officer", name, refused).await);
    }
    if known.revoked_at.is_some() {
        return Ok(Saved::Already);
    }
    let represents = |officer: &&causeway_store::query::Officer| {
        officer.revoked_at.is_none() && officer.roles.contains(&Role::Representative)
    };
    if represents(&known) && officers.iter().filter(represents).count() == 1 {
        return Err(EngineError::Wrong(format!("`{name}` is the last representative: add another one first")));
    }
    let event = audit(actor, "officer-revoked", name, json!({ "fingerprint": known.fingerprint, "reason": reason }));
    let revoke = RevokeOfficer { name: name.to_owned() };
    let saved = house.store.revoke_officer(Changed::new(revoke, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}
