//! How does a partner's receipt for invented people count? It is checked like a real one, and ends no transfer.

use causeway_model::permission::Action;
use causeway_package::Environment;
use causeway_package::key::VerifyingKey;
use causeway_package::receipt::{self, Outcome};
use causeway_store::change::{ReceiptOutcome, SandboxReceipt};
use causeway_store::{Changed, Saved};
use serde_json::json;

use super::Accepted;
use super::run_sandbox::run_id;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Accepts a receipt for a package of a sandbox: JSON bytes and detached signature.
pub async fn sandbox_receipt(
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
        what: "package of a sandbox",
        name: causeway_package::manifest::shown(&package),
        help: "a receipt for real people's data is added with `causeway receipt add`",
    };
    let run = house.store.run_of_package(&package).await?.ok_or_else(unknown)?;
    house.permit(actor, Action::AcceptReceipt, &house.of_both(&run.sandbox, &run.partner)).await?;
    let key = house.store.sandbox_key(&run.partner).await?.ok_or_else(unknown)?;
    let receipt = receipt::verify(json, signature, &VerifyingKey::from_pem(&key.signing_key_pem)?)?;
    let expected = receipt::Expected {
        package: package.clone(),
        environment: Environment::Test,
        transfer: run_id(&run.sandbox, run.sequence),
        token_sha256: run.receipt_token_sha256.clone(),
        released: run.released,
        record_digest: run.digest.clone(),
        state: None,
        checkpoint: receipt.checkpoint_seen.clone(),
    };
    let mut found = expected.compare(&receipt).map_err(|error| EngineError::NotProven(error.to_string()))?;
    found.retain(|disagreement| *disagreement != receipt::Disagreement::DigestMissing);
    let mut disagreements: Vec<&'static str> = found.iter().map(|disagreement| disagreement.code()).collect();
    if house.store.ledger().await?.verify(Some(&receipt.checkpoint_seen)).await.is_err() {
        disagreements.push(receipt::Disagreement::Checkpoint.code());
    }
    let (outcome, word) = match receipt.outcome {
        Outcome::Accepted => (ReceiptOutcome::Accepted, "accepted"),
        Outcome::Partial => (ReceiptOutcome::Partial, "partial"),
        Outcome::Rejected => (ReceiptOutcome::Rejected, "rejected"),
    };
    let sha256 = sha256_hex(&String::from_utf8_lossy(json));
    let body = json!({
        "package": package, "outcome": word, "records_loaded": receipt.records_loaded, "data": "synthetic",
        "records_rejected": receipt.records_rejected, "receipt_sha256": sha256, "disagreements": disagreements,
    });
    let event = audit(actor, "sandbox-receipt-accepted", &run.sandbox, body);
    let disputed = outcome == ReceiptOutcome::Rejected || !disagreements.is_empty();
    let change = SandboxReceipt { package, outcome, records_loaded: receipt.records_loaded, disputed, sha256 };
    let saved = house.store.sandbox_receipt(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(Accepted {
        transfer: run_id(&run.sandbox, run.sequence),
        outcome: word.to_owned(),
        records_loaded: receipt.records_loaded,
        disagreements,
        again: saved == Saved::Already,
    })
}
