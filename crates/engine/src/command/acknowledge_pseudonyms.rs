//! How does the partner say that it knows the new pseudonyms? By the receipt of the package that told it; from then on they are used.

use causeway_model::permission::Action;
use causeway_package::key::VerifyingKey;
use causeway_package::manifest::shown;
use causeway_package::receipt::{self, Expected, Outcome, Receipt};
use causeway_store::change::{MoveRotation, Rotated};
use causeway_store::{Changed, Saved};
use serde_json::json;

use super::rotate_pseudonyms::tell_the_rest;
use super::signed_by_partner;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{Connectors, House, audit};
use crate::keys::kept;

/// What was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledged {
    /// The partner.
    pub partner: String,
    /// The purpose.
    pub purpose: String,
    /// How many pseudonyms.
    pub pairs: u64,
    /// How many it was told of now: of people whom it got since.
    pub rest: u64,
    /// Whether it was acknowledged before.
    pub again: bool,
}

/// Accepts the partner's receipt of a change of pseudonyms: JSON bytes and detached signature.
pub async fn acknowledge_pseudonyms(
    house: &House,
    connectors: &dyn Connectors,
    actor: &str,
    json: &[u8],
    signature: &[u8],
) -> Result<Acknowledged, EngineError> {
    // Which package it is about is read before the signature only to find the key that must have made it.
    let claimed: serde_json::Value =
        serde_json::from_slice(json).map_err(|_| EngineError::NotProven("the receipt is no JSON".to_owned()))?;
    let package = claimed.get("package").and_then(serde_json::Value::as_str).unwrap_or_default();
    let row = house.store.rotation_of(package).await?.ok_or_else(|| EngineError::Unknown {
        what: "change of pseudonyms in package",
        name: shown(package),
        help: "the receipt must be for the package that told of it",
    })?;
    house.permit(actor, Action::AcceptReceipt, &house.of_both(&row.id, &row.partner)).await?;
    let verify = |key: &VerifyingKey| receipt::verify(json, signature, key);
    let about = (row.id.as_str(), row.partner.as_str());
    let receipt: Receipt = signed_by_partner(house, actor, Action::AcceptReceipt, about, verify).await?;
    let expected = Expected {
        package: row.package.clone(),
        environment: kept(house.environment()),
        transfer: row.id.clone(),
        token_sha256: row.receipt_token_sha256.clone(),
        released: row.pairs,
        record_digest: row.digest.clone(),
        checkpoint: receipt.checkpoint_seen.clone(),
        state: None,
    };
    let mut found = expected.compare(&receipt).map_err(|error| EngineError::NotProven(error.to_string()))?;
    found.retain(|one| *one != receipt::Disagreement::DigestMissing);
    if receipt.outcome != Outcome::Accepted || !found.is_empty() {
        let why: Vec<&str> = found.iter().map(|one| one.code()).collect();
        let why = if why.is_empty() { "it did not load all of them".to_owned() } else { why.join(", ") };
        return Err(EngineError::NotProven(format!(
            "`{}` does not know all new pseudonyms: {why}; packages go on with the old ones",
            row.partner
        )));
    }
    if row.given_up_at.is_some() {
        return Err(EngineError::Wrong(format!(
            "that change of the pseudonyms of `{}` was given up: packages go on with the old ones",
            row.partner
        )));
    }
    // Whom it got meanwhile it has under the old ones: it is told of them before anything leaves with the new ones.
    let rest = if row.acknowledged_at.is_none() { tell_the_rest(house, connectors, actor, &row).await? } else { 0 };
    let body = json!({
        "package": row.package, "partner": row.partner, "purpose": row.purpose, "pairs": row.pairs,
        "receipt_sha256": sha256_hex(&String::from_utf8_lossy(json)),
    });
    let event = audit(actor, "pseudonyms-changed", &row.id, body);
    let change = MoveRotation { id: row.id.clone(), to: Rotated::Acknowledged };
    let saved = house.store.move_rotation(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    let again = saved == Saved::Already;
    Ok(Acknowledged { partner: row.partner, purpose: row.purpose, pairs: row.pairs, rest, again })
}
