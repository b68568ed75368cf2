//! How does a partner become known here, with the keys that packages are sealed to and receipts are signed with?

use causeway_package::key::{Recipient, VerifyingKey};
use causeway_store::Changed;
use causeway_store::change::{NewPartner, PartnerState};
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};

/// A partner's public keys, each with the fingerprint that was confirmed out of band.
pub struct PartnerKeys<'k> {
    /// To whom packages are sealed.
    pub recipient: &'k Recipient,
    /// Its confirmed fingerprint.
    pub recipient_confirmed: &'k str,
    /// What receipts are signed with.
    pub signing: &'k VerifyingKey,
    /// Its confirmed fingerprint.
    pub signing_confirmed: &'k str,
}

/// Adds a partner.
pub async fn add_partner(
    house: &House,
    actor: &str,
    name: &str,
    title: &str,
    keys: PartnerKeys<'_>,
) -> Result<(), EngineError> {
    let (recipient, signing) = (keys.recipient.fingerprint(), keys.signing.fingerprint());
    for (what, fingerprint, confirmed) in
        [("age recipient", &recipient, keys.recipient_confirmed), ("signing key", &signing, keys.signing_confirmed)]
    {
        if !fingerprint.confirmed_by(confirmed) {
            return Err(EngineError::Wrong(format!(
                "the fingerprint of the {what} is {fingerprint}, not what was confirmed: ask the partner again by another way"
            )));
        }
    }
    let both = format!("{recipient} {signing}");
    let event = audit(
        actor,
        "partner-added",
        name,
        json!({ "age_recipient": recipient.to_string(), "signing_key": signing.to_string() }),
    );
    let partner = NewPartner {
        name: name.to_owned(),
        title: title.to_owned(),
        age_recipient: keys.recipient.as_str().to_owned(),
        signing_key_pem: keys.signing.to_pem()?,
        fingerprint: both,
        state: PartnerState::Active,
    };
    house.store.add_partner(Changed::new(partner, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(())
}
