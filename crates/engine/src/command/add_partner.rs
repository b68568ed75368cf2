//! How does a partner become known here, with the keys that packages are sealed to and receipts are signed with?

use causeway_model::partner::{Event, KeyPurpose, Profile, State};
use causeway_model::permission::Action;
use causeway_package::key::{Recipient, VerifyingKey};
use causeway_store::change::NewPartner;
use causeway_store::{Changed, Saved, StoreError};
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};

/// A partner's public keys, each with its fingerprint where that was told by another way already.
pub struct PartnerKeys<'k> {
    /// To whom packages are sealed.
    pub recipient: &'k Recipient,
    /// Its confirmed fingerprint.
    pub recipient_confirmed: Option<&'k str>,
    /// What receipts are signed with.
    pub signing: &'k VerifyingKey,
    /// Its confirmed fingerprint.
    pub signing_confirmed: Option<&'k str>,
}

/// Invites a partner. It can receive nothing until its keys are proven, it is activated and has shown that it is ready.
pub async fn add_partner(
    house: &House,
    actor: &str,
    profile: Profile,
    keys: PartnerKeys<'_>,
) -> Result<(State, Saved), EngineError> {
    let name = profile.partner.clone();
    house.permit(actor, Action::AddPartner, &house.of_partner(&name, &name)).await?;
    for (what, environment) in
        [("age recipient", keys.recipient.environment()), ("signing key", keys.signing.environment())]
    {
        if let Err(refused) = house.demand_environment(what, environment) {
            return Err(house.deny(actor, Action::AddPartner.as_str(), &name, refused).await);
        }
    }
    let (recipient, signing) = (keys.recipient.fingerprint(), keys.signing.fingerprint());
    let mut state = State::Invited { keys: Vec::new() };
    for (what, purpose, fingerprint, confirmed) in [
        ("age recipient", KeyPurpose::Recipient, &recipient, keys.recipient_confirmed),
        ("signing key", KeyPurpose::Signing, &signing, keys.signing_confirmed),
    ] {
        let key = fingerprint.to_string();
        state = taken(house, actor, &name, state.apply(Event::RegisterKey { key: key.clone(), purpose })).await?;
        let Some(confirmed) = confirmed else { continue };
        if !fingerprint.confirmed_by(confirmed) {
            return Err(EngineError::Wrong(format!(
                "the fingerprint of the {what} is {fingerprint}, not what was confirmed: ask the partner again by another way"
            )));
        }
        let by = actor.to_owned();
        state = taken(house, actor, &name, state.apply(Event::ConfirmFingerprint { key, by })).await?;
    }
    let event = audit(
        actor,
        "partner-added",
        &name,
        json!({
            "age_recipient": recipient.to_string(), "signing_key": signing.to_string(), "state": state.name(),
            "synthetic_only": profile.synthetic_only,
            "confirmed": [keys.recipient_confirmed.is_some(), keys.signing_confirmed.is_some()],
        }),
    );
    let partner = NewPartner {
        name: name.clone(),
        title: profile.title.clone(),
        age_recipient: keys.recipient.as_str().to_owned(),
        signing_key_pem: keys.signing.to_pem()?,
        fingerprint: format!("{recipient} {signing}"),
        profile,
        state: state.clone(),
    };
    let saved = match house.store.add_partner(Changed::new(partner, event), house.stamp()).await {
        Err(StoreError::Denied { source, .. }) => {
            return Err(house.deny(actor, Action::AddPartner.as_str(), &name, source).await);
        }
        saved => saved?,
    };
    house.sequence().await?;
    Ok((state, saved))
}

/// The state, or the refusal in the ledger.
async fn taken(
    house: &House,
    actor: &str,
    name: &str,
    next: Result<State, causeway_model::Refused>,
) -> Result<State, EngineError> {
    match next {
        Ok(state) => Ok(state),
        Err(refused) => Err(house.deny(actor, "add-partner", name, refused).await),
    }
}
