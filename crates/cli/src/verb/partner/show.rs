//! What is known of a partner: who it is, its keys, who handles data for it, and whether it is ready?

use causeway_engine::{EngineError, House};
use causeway_model::partner::{AttestationKind, readiness};

/// Shows a partner.
pub(super) async fn show(house: &House, name: &str) -> Result<(), EngineError> {
    let found = house.store.partner(name).await?.zip(house.store.partner_life(name).await?);
    let (partner, life) = found.ok_or_else(|| EngineError::Unknown {
        what: "partner",
        name: name.to_owned(),
        help: "see `causeway partner list`",
    })?;
    let profile = &life.profile;
    println!("{name}: {} ({}, keeps data in {})", partner.title, profile.jurisdiction, profile.hosting_country);
    println!("state: {}", life.state);
    if house.store.is_synthetic_only(name).await? {
        match house.store.real_data_asked(name).await? {
            None => println!("takes invented people only"),
            Some(asked) => {
                println!("takes invented people only; {} has asked for real data: {}", asked.by, asked.reason)
            }
        }
    }
    for key in life.state.keys() {
        let confirmed = key.confirmed_by.as_ref().map_or("not confirmed".to_owned(), |by| format!("confirmed by {by}"));
        let proven = if key.possession_proven { "proven" } else { "not proven" };
        let ends = match key.retires_on {
            _ if key.revoked => ", revoked".to_owned(),
            Some(last) => format!(", until {last}"),
            None => String::new(),
        };
        println!("key {} ({}): {confirmed}, {proven}{ends}", key.key, key.purpose);
    }
    for recipient in &profile.recipients {
        println!("{} {} ({}, {})", recipient.kind, recipient.name, recipient.jurisdiction, recipient.hosting_country);
    }
    let attestations = house.store.attestations(name).await?;
    for one in &attestations {
        let accepted = one.accepted_by.as_ref().map_or("not accepted".to_owned(), |by| format!("accepted by {by}"));
        println!("{} until {} ({}): stated by {}, {accepted}", one.kind, one.valid_until, one.evidence, one.stated_by);
    }
    for violation in readiness(&AttestationKind::required(), &attestations, house.today()) {
        println!("not ready: {violation}");
    }
    Ok(())
}
