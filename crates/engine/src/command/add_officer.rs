//! How does a person become known here, with a key and one role or several?

use std::collections::BTreeSet;

use causeway_model::permission::{Action, Role};
use causeway_package::key::VerifyingKey;
use causeway_store::change::NewOfficer;
use causeway_store::{Changed, Saved};
use serde_json::json;

use crate::actor::CLIENTS;
use crate::error::EngineError;
use crate::house::{House, audit};

/// A person to be added.
pub struct NewPerson<'p> {
    /// The name.
    pub name: &'p str,
    /// The roles.
    pub roles: &'p BTreeSet<Role>,
    /// The partner for which the person works; none for the operation.
    pub partner: Option<&'p str>,
    /// The public key.
    pub key: &'p VerifyingKey,
    /// Its fingerprint, as the person told it by another way.
    pub confirmed: &'p str,
}

/// Adds a person whose key's fingerprint was confirmed out of band, or roles to one who is there; the fingerprint.
///
/// The first person of an installation is a representative and is added by nobody. A partner's first administrator is
/// brought in by whoever may invite the partner; after that the partner's administrators add its people.
pub async fn add_officer(house: &House, actor: &str, person: NewPerson<'_>) -> Result<(String, Saved), EngineError> {
    let NewPerson { name, roles, partner, key, confirmed } = person;
    let fingerprint = key.fingerprint();
    if !fingerprint.confirmed_by(confirmed) {
        return Err(EngineError::Wrong(format!(
            "the key's fingerprint is {fingerprint}, not what was confirmed: ask {name} again by another way"
        )));
    }
    if name.starts_with(CLIENTS) {
        return Err(EngineError::Wrong(format!(
            "`{CLIENTS}` begins the names of partners' programs: call the person otherwise"
        )));
    }
    if roles.is_empty() {
        return Err(EngineError::Wrong("say in which role: --role ROLE".to_owned()));
    }
    if let Some(role) = roles.iter().find(|role| role.is_partners() != partner.is_some()) {
        let whose = if role.is_partners() {
            "of a partner's people: say whose with --partner NAME"
        } else {
            "of the operation's own people: leave --partner out"
        };
        return Err(EngineError::Wrong(format!("`{role}` is a role {whose}")));
    }
    let actor = introduced_by(house, actor, name, roles, partner).await?;
    if let Err(refused) = house.demand_environment(name, key.environment()) {
        return Err(house.deny(&actor, Action::AddOfficer.as_str(), name, refused).await);
    }
    let event = audit(
        &actor,
        "officer-added",
        name,
        json!({ "roles": roles, "partner": partner, "fingerprint": fingerprint.to_string() }),
    );
    let officer = NewOfficer {
        name: name.to_owned(),
        roles: roles.clone(),
        partner: partner.map(str::to_owned),
        public_key_pem: key.to_pem()?,
        fingerprint: fingerprint.to_string(),
    };
    let saved = house.store.add_officer(Changed::new(officer, event), house.stamp()).await?;
    house.sequence().await?;
    Ok((fingerprint.to_string(), saved))
}

/// Who introduces somebody, if that is permitted.
async fn introduced_by(
    house: &House,
    actor: &str,
    name: &str,
    roles: &BTreeSet<Role>,
    partner: Option<&str>,
) -> Result<String, EngineError> {
    let there = house.store.officers().await?;
    if there.is_empty() {
        return if roles.contains(&Role::Representative) {
            Ok(name.to_owned())
        } else {
            Err(EngineError::Wrong(
                "nobody is registered here yet: add a representative first, who then permits all others".to_owned(),
            ))
        };
    }
    let Some(partner) = partner else {
        house.permit(actor, Action::AddOfficer, &house.own(name)).await?;
        return Ok(actor.to_owned());
    };
    if house.store.partner(partner).await?.is_none() {
        return Err(EngineError::Unknown {
            what: "partner",
            name: partner.to_owned(),
            help: "invite it with `causeway partner add`",
        });
    }
    let administrates = |officer: &&causeway_store::query::Officer| {
        officer.partner.as_deref() == Some(partner)
            && officer.revoked_at.is_none()
            && officer.roles.contains(&Role::PartnerAdministrator)
    };
    let is_first = !there.iter().any(|officer| administrates(&officer));
    // The first one again is the first one still.
    let again = there.iter().filter(administrates).count() == 1 && there.iter().any(|officer| officer.name == name);
    let action = match (is_first, again) {
        (true, _) if roles.contains(&Role::PartnerAdministrator) => Action::AddPartner,
        (false, true) if house.actor(actor).await?.partner.is_none() => Action::AddPartner,
        _ => Action::AddOfficer,
    };
    house.permit(actor, action, &house.of_partner(name, partner)).await?;
    Ok(actor.to_owned())
}
