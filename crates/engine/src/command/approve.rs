//! How does an officer approve an arrangement? By a detached signature over exactly its text.

use causeway_package::key::{SigningKey, VerifyingKey};
use causeway_store::Changed;
use causeway_store::change::NewApproval;
use serde_json::json;

use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{House, audit};

/// The bytes that an officer signs: domain, identifier, version and digest of the text, a line each.
pub fn approval_bytes(arrangement: &str, version: u32, sha256: &str) -> Vec<u8> {
    format!("causeway-approval/1\n{arrangement}\n{version}\n{sha256}\n").into_bytes()
}

/// Approves the latest version of an arrangement as `officer`, whose private key must be the registered one.
pub async fn approve(house: &House, officer: &str, arrangement: &str, key: &SigningKey) -> Result<u32, EngineError> {
    let read = house.arrangement(arrangement).await?;
    let known = house.store.officer(officer).await?.filter(|officer| officer.revoked_at.is_none());
    let known = known.ok_or_else(|| EngineError::Unknown {
        what: "officer",
        name: officer.to_owned(),
        help: "add the officer's key with `causeway officer add`",
    })?;
    let sha256 = sha256_hex(&read.text);
    let bytes = approval_bytes(arrangement, read.value.version, &sha256);
    let signature = key.sign(&bytes);
    if !VerifyingKey::from_pem(&known.public_key_pem)?.verifies(&bytes, &signature) {
        return Err(EngineError::Wrong(format!(
            "this key is not the one registered for `{officer}` ({})",
            known.fingerprint
        )));
    }
    let event = audit(
        officer,
        "arrangement-approved",
        arrangement,
        json!({ "version": read.value.version, "sha256": &sha256, "officer": officer }),
    );
    let approval = NewApproval {
        arrangement: arrangement.to_owned(),
        version: read.value.version,
        sha256,
        officer: officer.to_owned(),
        signature: hex::encode(signature),
    };
    house.store.approve(Changed::new(approval, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(read.value.version)
}
