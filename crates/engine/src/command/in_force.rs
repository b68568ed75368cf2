//! Is an arrangement in force now? Signatures are verified each time, not remembered.

use std::collections::BTreeSet;

use causeway_model::arrangement::InForce;
use causeway_model::{Code, Violation};
use causeway_package::key::VerifyingKey;

use super::approval_bytes;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::House;

/// The latest version of an arrangement, in force, with the digest of its text; or why it is not.
pub async fn in_force(house: &House, name: &str) -> Result<Result<(InForce, String), Violation>, EngineError> {
    let read = house.arrangement(name).await?;
    let sha256 = sha256_hex(&read.text);
    let bytes = approval_bytes(name, read.value.version, &sha256);
    let mut signed = BTreeSet::new();
    let mut keys = BTreeSet::new();
    for approval in house.store.approvals(name, read.value.version).await? {
        let Some(officer) =
            house.store.officer(&approval.officer).await?.filter(|officer| officer.revoked_at.is_none())
        else {
            continue;
        };
        let signature = hex::decode(&approval.signature).unwrap_or_default();
        // One key under two names is one officer.
        if VerifyingKey::from_pem(&officer.public_key_pem)?.verifies(&bytes, &signature)
            && keys.insert(officer.fingerprint)
        {
            signed.insert(approval.officer);
        }
    }
    let partner = house.store.partner(&read.value.partner).await?;
    if partner.is_none_or(|partner| partner.state != causeway_store::change::PartnerState::Active) {
        return Ok(Err(Violation::new(
            Code::NotInForce,
            name,
            format!("partner `{}` is not active", read.value.partner),
        )));
    }
    let today = house.now().to_zoned(jiff::tz::TimeZone::UTC).date();
    Ok(InForce::new(read.value, &signed, today).map(|arrangement| (arrangement, sha256)))
}
