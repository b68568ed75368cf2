//! How does a partner prove that it erased what was in a package? By an answer about the package that it signs, with the token of its
//! receipt.

use causeway_model::permission::Action;
use causeway_package::manifest::shown;
use causeway_package::notice::{Answer, verify_answer};
use causeway_store::change::CertifyErasure;
use causeway_store::{Changed, Saved};
use serde_json::json;

use super::signed_by_partner;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::keys::kept;

/// What was certified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certified {
    /// The package.
    pub package: String,
    /// The partner.
    pub partner: String,
    /// How many records it deleted.
    pub records: u64,
    /// How many were in the package: another number is asked about.
    pub released: u64,
    /// Whether the same certificate was there already.
    pub again: bool,
}

/// Accepts a certificate: JSON bytes and detached signature.
pub async fn accept_certificate(
    house: &House,
    actor: &str,
    json: &[u8],
    signature: &[u8],
) -> Result<Certified, EngineError> {
    // Which package it is about is read before the signature only to find the key that must have made it.
    let claimed: serde_json::Value =
        serde_json::from_slice(json).map_err(|_| EngineError::NotProven("the certificate is no JSON".to_owned()))?;
    let about = claimed.get("about").and_then(serde_json::Value::as_str).unwrap_or_default();
    let unknown = || EngineError::Unknown {
        what: "package",
        name: shown(about),
        help: "the certificate must be for a package of this installation: see `causeway retention list`",
    };
    let one = house.store.kept_package(about).await?.ok_or_else(unknown)?;
    let package = house.store.package(about).await?.ok_or_else(unknown)?;
    let partner = house.arrangement_version(&one.arrangement, one.arrangement_version).await?.value.partner;
    house.permit(actor, Action::AcceptAnswer, &house.of_both(&one.transfer, &partner)).await?;
    let verify = |key: &causeway_package::key::VerifyingKey| verify_answer(json, signature, key);
    let about = (one.transfer.as_str(), partner.as_str());
    let answer: Answer = signed_by_partner(house, actor, Action::AcceptAnswer, about, verify).await?;
    let refuse =
        |what: &str| Err(EngineError::NotProven(format!("nothing is certified of package {}: {what}", one.package)));
    if answer.environment != kept(house.environment()) {
        return refuse("the certificate is of another environment");
    }
    if sha256_hex(&answer.token) != package.receipt_token_sha256 {
        return refuse("the token is not that of the package: whoever signed it did not open it");
    }
    let Some(certificate) = answer.certificate else { return refuse("it says nothing of a deletion") };
    if certificate.deleted_at > house.now() {
        return refuse("it says that it will be deleted: ask for a certificate of what was");
    }
    let text = String::from_utf8_lossy(json).into_owned();
    let until = house.store.last_days().await?.get(&one.package).copied().unwrap_or(one.facts.purge_by);
    let body = json!({
        "package": one.package, "partner": partner, "deleted_at": certificate.deleted_at, "records": certificate.records,
        "in_backups_until": certificate.in_backups_until, "certificate_sha256": sha256_hex(&text),
        "late": until < house.today(),
    });
    let event = audit(actor, "erasure-certified", &one.transfer, body);
    let change = CertifyErasure {
        package: one.package.clone(),
        deleted_at: certificate.deleted_at,
        records: certificate.records,
        in_backups_until: certificate.in_backups_until,
        text,
        signature: hex::encode(signature),
    };
    let saved = house.store.certify_erasure(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(Certified {
        package: one.package,
        partner,
        records: certificate.records,
        released: one.facts.released,
        again: saved == Saved::Already,
    })
}
