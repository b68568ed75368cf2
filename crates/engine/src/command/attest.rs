//! How does a partner show that it is ready, and who looks at the evidence?

use std::collections::BTreeSet;

use causeway_model::partner::{Attestation, AttestationKind};
use causeway_model::permission::Action;
use causeway_store::change::{AcceptAttestations, NewAttestations};
use causeway_store::{Changed, Saved};
use jiff::civil::Date;
use serde_json::json;

use super::move_partner::life;
use crate::error::EngineError;
use crate::house::{House, audit};

/// States for a partner that it is ready in these respects, with where the evidence lies.
pub async fn attest(
    house: &House,
    actor: &str,
    name: &str,
    kinds: &BTreeSet<AttestationKind>,
    evidence: &str,
    valid_until: Date,
) -> Result<Saved, EngineError> {
    life(house, name).await?;
    house.permit(actor, Action::Attest, &house.of_partner(name, name)).await?;
    if kinds.is_empty() || evidence.trim().is_empty() {
        return Err(EngineError::Wrong(
            "say in which respect, and where the evidence lies: --kind KIND --evidence TEXT".to_owned(),
        ));
    }
    if valid_until < house.today() {
        return Err(EngineError::Wrong(format!("{valid_until} is over: name the last day on which it holds")));
    }
    let one = |kind: &AttestationKind| Attestation {
        kind: *kind,
        evidence: evidence.trim().to_owned(),
        stated_by: actor.to_owned(),
        valid_until,
        accepted_by: None,
    };
    let attestations = kinds.iter().map(one).collect();
    let body = json!({ "kinds": kinds, "evidence": evidence.trim(), "valid_until": valid_until.to_string() });
    let event = audit(actor, "partner-attested", name, body);
    let change = NewAttestations { partner: name.to_owned(), attestations };
    let saved = house.store.attest(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}

/// Accepts the evidence of what a partner stated and nobody accepted yet, in these respects or in all; how many.
pub async fn accept_attestations(
    house: &House,
    actor: &str,
    name: &str,
    kinds: &BTreeSet<AttestationKind>,
) -> Result<Vec<AttestationKind>, EngineError> {
    life(house, name).await?;
    let all = house.store.attestations(name).await?;
    let asked = |one: &&Attestation| kinds.is_empty() || kinds.contains(&one.kind);
    let open: Vec<Attestation> = all.iter().filter(asked).filter(|one| one.accepted_by.is_none()).cloned().collect();
    let mut thing = house.of_partner(name, name);
    for one in &open {
        thing = thing.drafted_by(house.person(&one.stated_by).await?);
    }
    house.permit(actor, Action::AcceptAttestation, &thing).await?;
    if let Some(kind) = kinds.iter().find(|kind| !all.iter().any(|one| one.kind == **kind)) {
        return Err(EngineError::Wrong(format!("partner `{name}` has not stated `{kind}`: nothing can be accepted")));
    }
    let accepted: Vec<AttestationKind> = open.iter().map(|one| one.kind).collect();
    if open.is_empty() {
        return Ok(accepted);
    }
    let stated: Vec<_> = open.iter().map(|one| json!({ "kind": one.kind, "evidence": one.evidence })).collect();
    let event = audit(actor, "attestation-accepted", name, json!({ "attestations": stated }));
    let change = AcceptAttestations { partner: name.to_owned(), attestations: open };
    house.store.accept_attestations(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(accepted)
}
