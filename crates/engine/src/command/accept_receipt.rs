//! How does a partner's receipt end a transfer? Once, and only if it proves that this package was opened.

use causeway_model::partner::KeyPurpose;
use causeway_model::permission::Action;
use causeway_model::{Code, Refused};
use causeway_package::PackageError;
use causeway_package::delta::StateDigest;
use causeway_package::key::VerifyingKey;
use causeway_package::receipt::{self, Outcome, Receipt};
use causeway_store::change::{NewReceipt, ReceiptOutcome};
use causeway_store::{Changed, Saved};
use serde_json::json;

use crate::documents::sha256_hex;
use crate::drive::{arrive, purge_states};
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::keys::kept;

/// What became of a receipt.
#[derive(Clone, Debug)]
pub struct Accepted {
    /// The transfer that it ends.
    pub transfer: String,
    /// What it says.
    pub outcome: String,
    /// Records loaded.
    pub records_loaded: u64,
    /// In what it disagrees with what was sent: stable codes; then the transfer is disputed.
    pub disagreements: Vec<&'static str>,
    /// Whether the same receipt was there already.
    pub again: bool,
}

/// Accepts a receipt: JSON bytes and detached signature.
pub async fn accept_receipt(
    house: &House,
    actor: &str,
    json: &[u8],
    signature: &[u8],
) -> Result<Accepted, EngineError> {
    // Which package it is about is read before the signature only to find the key that must have made it.
    let claimed: serde_json::Value =
        serde_json::from_slice(json).map_err(|_| EngineError::NotProven("the receipt is no JSON".to_owned()))?;
    let package = claimed.get("package").and_then(serde_json::Value::as_str).unwrap_or_default().to_owned();
    let unknown = || EngineError::Unknown {
        what: "package",
        name: causeway_package::manifest::shown(&package),
        help: "the receipt must be for a package of this installation",
    };
    let held = house.store.package(&package).await?.ok_or_else(unknown)?;
    let transfer = house.store.transfer(&held.transfer).await?.ok_or_else(unknown)?;
    let arrangement = house.arrangement_version(&transfer.arrangement, transfer.arrangement_version).await?.value;
    house.permit(actor, Action::AcceptReceipt, &house.of_both(&transfer.id, &arrangement.partner)).await?;
    let verify = |key: &VerifyingKey| receipt::verify(json, signature, key);
    let about = (transfer.id.as_str(), arrangement.partner.as_str());
    let receipt: Receipt = signed_by_partner(house, actor, Action::AcceptReceipt, about, verify).await?;
    let facts = transfer.sealed.clone().ok_or_else(unknown)?;
    let state = house.store.state_of(&package).await?;
    let expected = receipt::Expected {
        package: package.clone(),
        environment: kept(house.environment()),
        transfer: transfer.id.clone(),
        token_sha256: held.receipt_token_sha256.clone(),
        released: facts.released,
        record_digest: facts.digest.clone(),
        state: state.map(|sent| StateDigest { count: sent.state.records, digest: sent.state.digest }),
        checkpoint: receipt.checkpoint_seen.clone(),
    };
    let mut found = expected.compare(&receipt).map_err(|error| EngineError::NotProven(error.to_string()))?;
    found.retain(|disagreement| *disagreement != receipt::Disagreement::DigestMissing);
    // What a delta starts from must be what the partner says that it holds: it is asked, not guessed.
    if found.contains(&receipt::Disagreement::StateMissing) {
        let detail = "the receipt does not say which state is held: the partner signs it again, with count and digest of the state";
        return Err(EngineError::NotProven(detail.to_owned()));
    }
    let mut disagreements: Vec<&'static str> = found.iter().map(|disagreement| disagreement.code()).collect();
    // What the partner saw must be a checkpoint of this very log.
    house.sequence().await?;
    if house.store.ledger().await?.verify(Some(&receipt.checkpoint_seen)).await.is_err() {
        disagreements.push(receipt::Disagreement::Checkpoint.code());
    }
    // Nobody may have told how much was handed over; but only who has all of it can open it.
    let seen = match transfer.awaits_partner() {
        true => arrive(house, actor, &transfer, "its receipt proves that it was opened").await?,
        false => transfer.seen(),
    };
    let (outcome, word) = match receipt.outcome {
        Outcome::Accepted => (ReceiptOutcome::Accepted, "accepted"),
        Outcome::Partial => (ReceiptOutcome::Partial, "partial"),
        Outcome::Rejected => (ReceiptOutcome::Rejected, "rejected"),
    };
    let text = String::from_utf8_lossy(json).into_owned();
    let event = audit(
        actor,
        "receipt-accepted",
        &transfer.id,
        json!({
            "package": package, "outcome": word, "records_loaded": receipt.records_loaded, "records_rejected": receipt.records_rejected,
            "receipt_sha256": sha256_hex(&text), "disagreements": disagreements,
        }),
    );
    let change = NewReceipt {
        seen,
        package,
        token_sha256: held.receipt_token_sha256,
        text,
        signature: hex::encode(signature),
        outcome,
        records_loaded: receipt.records_loaded,
        disagreements: disagreements.clone(),
    };
    let saved = house.store.accept_receipt(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    // CRASH: the receipt counts and older sets are still there: the next receipt, or the next sweep, purges them.
    (house.surroundings.probe)("receipt-accepted");
    purge_states(house).await?;
    Ok(Accepted {
        transfer: transfer.id,
        outcome: word.to_owned(),
        records_loaded: receipt.records_loaded,
        disagreements,
        again: saved == Saved::Already,
    })
}

/// What a partner signed about `subject`, if a signing key of the partner made the signature that counts today. An attempt with
/// another stands in the ledger.
pub(crate) async fn signed_by_partner<T>(
    house: &House,
    actor: &str,
    action: Action,
    (subject, partner): (&str, &str),
    verify: impl Fn(&VerifyingKey) -> Result<T, PackageError>,
) -> Result<T, EngineError> {
    let life = house.store.partner_life(partner).await?;
    let mut failed = None;
    for key in house.store.partner_keys(partner).await?.iter().rev().filter(|key| key.purpose == KeyPurpose::Signing) {
        let signed = match verify(&VerifyingKey::from_pem(&key.text)?) {
            Ok(signed) => signed,
            Err(error) => {
                failed.get_or_insert(error);
                continue;
            }
        };
        let checks = life.as_ref().map(|life| life.state.keys()).unwrap_or_default();
        let check = checks.iter().find(|check| check.key == key.fingerprint);
        let distrust = check.and_then(|check| check.distrust(house.today()));
        return match distrust {
            Some(violation) => Err(house.deny(actor, action.as_str(), subject, violation.into()).await),
            None => Ok(signed),
        };
    }
    let detail = "it is signed by no key of the partner over exactly these bytes";
    let refused = Refused::one(Code::SignatureOtherText, subject, detail);
    let denied = house.deny(actor, action.as_str(), subject, refused).await;
    Err(failed.map_or(denied, EngineError::from))
}
