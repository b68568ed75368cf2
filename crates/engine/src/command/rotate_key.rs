//! How does a partner's next key take the place of one, and how does a key end at once?

use causeway_model::partner::{Event, KeyPurpose};
use causeway_model::permission::Action;
use causeway_model::{Code, Refused};
use causeway_package::key::{Fingerprint, Recipient, VerifyingKey};
use causeway_store::Changed;
use causeway_store::change::{KeyText, MovePartner, RegisterKeys};
use causeway_store::query::PartnerKey;
use jiff::civil::Date;
use serde_json::json;

use super::lapse::lapse_sealed_to;
use super::move_partner::{Moved, life, move_partner};
use crate::error::EngineError;
use crate::house::{House, audit};

/// Public keys that take the place of a partner's.
#[derive(Default)]
pub struct NextKeys {
    /// To whom packages are sealed.
    pub recipient: Option<Recipient>,
    /// What receipts are signed with.
    pub signing: Option<VerifyingKey>,
}

impl NextKeys {
    fn texts(&self) -> Result<Vec<KeyText>, EngineError> {
        let mut texts = Vec::new();
        if let Some(key) = &self.recipient {
            let (fingerprint, text) = (key.fingerprint().to_string(), key.as_str().to_owned());
            texts.push(KeyText { fingerprint, purpose: KeyPurpose::Recipient, text });
        }
        if let Some(key) = &self.signing {
            let (fingerprint, text) = (key.fingerprint().to_string(), key.to_pem()?);
            texts.push(KeyText { fingerprint, purpose: KeyPurpose::Signing, text });
        }
        Ok(texts)
    }
}

/// Takes in a partner's next keys. They count once their possession is proven and their fingerprints are confirmed; the keys
/// before them then go on until the end of `others_until`. The fingerprints of the keys.
pub async fn rotate_key(
    house: &House,
    actor: &str,
    name: &str,
    next: &NextKeys,
    others_until: Date,
) -> Result<(Vec<String>, Moved), EngineError> {
    house.permit(actor, Action::RotateKey, &house.of_partner(name, name)).await?;
    let (_, life) = life(house, name).await?;
    let recipient = next.recipient.iter().map(|key| ("age recipient", key.environment()));
    let signing = next.signing.iter().map(|key| ("signing key", key.environment()));
    for (what, environment) in recipient.chain(signing) {
        if let Err(refused) = house.demand_environment(what, environment) {
            return Err(house.deny(actor, "rotate-key", name, refused).await);
        }
    }
    let keys = next.texts()?;
    if keys.is_empty() {
        return Err(EngineError::Wrong(
            "say which key is next: --recipient FILE, --signing-key FILE, or both".to_owned(),
        ));
    }
    if others_until < house.today() {
        let help = "name the last day on which the key before it counts; one that is lost is revoked besides";
        return Err(EngineError::Wrong(format!("{others_until} is over: {help}")));
    }
    let prints: Vec<String> = keys.iter().map(|key| key.fingerprint.clone()).collect();
    let waits = |key: &KeyText| {
        let known = life.state.keys().iter().find(|check| check.key == key.fingerprint);
        known.is_some_and(|check| !check.revoked && check.others_until == Some(others_until))
    };
    if keys.iter().all(waits) {
        return Ok((prints, Moved::Already(life.state)));
    }
    let rotate = |key: &KeyText| Event::RotateKey { key: key.fingerprint.clone(), purpose: key.purpose, others_until };
    let events = keys.iter().map(rotate).collect();
    let body = json!({ "keys": prints, "others_until": others_until.to_string() });
    let event = audit(actor, "key-registered", name, body);
    let change = RegisterKeys { moved: MovePartner { partner: name.to_owned(), seen: life.state, events }, keys };
    match house.store.register_keys(Changed::new(change, event), house.stamp()).await {
        Ok(state) => {
            house.sequence().await?;
            Ok((prints, Moved::Now(state)))
        }
        Err(error) => Err(house.lost(actor, "rotate-key", name, error).await),
    }
}

/// Confirms a key by its fingerprint, as the partner told it by another way: not by whoever brought the key in.
pub async fn confirm_key(house: &House, actor: &str, name: &str, told: &str) -> Result<(String, Moved), EngineError> {
    let (_, life) = life(house, name).await?;
    let keys = house.store.partner_keys(name).await?;
    let Some(key) = keys.iter().find(|key| is_told(key, told)) else {
        // Whoever may not confirm learns nothing; whoever may, that the partner must be asked again.
        house.permit(actor, Action::VerifyPartner, &house.of_partner(name, name)).await?;
        let detail = "no key of the partner has this fingerprint: ask the partner again by another way";
        let refused = Refused::one(Code::KeyNotVerified, name, detail);
        return Err(house.deny(actor, "confirm-key", name, refused).await);
    };
    let thing = house.of_partner(name, name).drafted_by(house.person(&key.registered_by).await?);
    house.permit(actor, Action::VerifyPartner, &thing).await?;
    let known = life.state.keys().iter().find(|check| check.key == key.fingerprint);
    if known.is_some_and(|check| check.confirmed_by.is_some() && !check.revoked) {
        return Ok((key.fingerprint.clone(), Moved::Already(life.state)));
    }
    let event = Event::ConfirmFingerprint { key: key.fingerprint.clone(), by: actor.to_owned() };
    let body = json!({ "key": key.fingerprint });
    let moved = move_partner(house, actor, "confirm-key", (name, life.state), vec![event], body).await?;
    Ok((key.fingerprint.clone(), moved))
}

/// Ends at once what a key may do. What is sealed to it and not delivered lapses; the ids of these transfers.
pub async fn revoke_key(
    house: &House,
    actor: &str,
    name: &str,
    told: &str,
    reason: &str,
) -> Result<(String, Moved, Vec<String>), EngineError> {
    house.permit(actor, Action::RevokeKey, &house.of_partner(name, name)).await?;
    let (_, life) = life(house, name).await?;
    let keys = house.store.partner_keys(name).await?;
    let Some(key) = keys.into_iter().find(|key| is_told(key, told)) else {
        let help = "see `causeway partner show`";
        return Err(EngineError::Unknown { what: "key", name: told.to_owned(), help });
    };
    if let Err(refused) = causeway_model::refused::reason_given("revoke-key", reason) {
        return Err(house.deny(actor, "revoke-key", name, refused).await);
    }
    let revoked = life.state.keys().iter().any(|check| check.key == key.fingerprint && check.revoked);
    let moved = if revoked {
        Moved::Already(life.state)
    } else {
        let event = Event::RevokeKey { key: key.fingerprint.clone() };
        let body = json!({ "key": key.fingerprint, "reason": reason });
        move_partner(house, actor, "revoke-key", (name, life.state), vec![event], body).await?
    };
    let lapsed = lapse_sealed_to(house, actor, &key.fingerprint).await?;
    Ok((key.fingerprint, moved, lapsed))
}

/// Whether what a person typed is the fingerprint of the key.
pub(crate) fn is_told(key: &PartnerKey, told: &str) -> bool {
    let fingerprint: Option<Fingerprint> = match key.purpose {
        KeyPurpose::Recipient => Recipient::parse(&key.text).ok().map(|key| key.fingerprint()),
        KeyPurpose::Signing => VerifyingKey::from_pem(&key.text).ok().map(|key| key.fingerprint()),
    };
    fingerprint.is_some_and(|fingerprint| fingerprint.confirmed_by(told))
}
