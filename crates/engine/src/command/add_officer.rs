//! How does an officer's public key become known here?

use causeway_package::key::VerifyingKey;
use causeway_store::Changed;
use causeway_store::change::NewOfficer;
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};

/// Adds an officer whose key's fingerprint was confirmed out of band.
pub async fn add_officer(
    house: &House,
    actor: &str,
    name: &str,
    role: &str,
    key: &VerifyingKey,
    confirmed: &str,
) -> Result<String, EngineError> {
    let fingerprint = key.fingerprint();
    if !fingerprint.confirmed_by(confirmed) {
        return Err(EngineError::Wrong(format!(
            "the key's fingerprint is {fingerprint}, not what was confirmed: ask {name} again by another way"
        )));
    }
    let event = audit(actor, "officer-added", name, json!({ "role": role, "fingerprint": fingerprint.to_string() }));
    let officer = NewOfficer {
        name: name.to_owned(),
        role: role.to_owned(),
        public_key_pem: key.to_pem()?,
        fingerprint: fingerprint.to_string(),
    };
    house.store.add_officer(Changed::new(officer, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(fingerprint.to_string())
}
