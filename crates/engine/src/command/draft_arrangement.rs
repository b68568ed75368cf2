//! How does the text of an arrangement come in, the first time and when it is amended? As a draft that nothing edits.

use std::path::Path;

use causeway_model::arrangement::{Arrangement, Change, State, amend};
use causeway_model::permission::Action;
use causeway_store::change::{DocumentKind, DraftArrangement, NewDocument};
use causeway_store::{Changed, Saved};
use serde_json::json;

use super::enquire::{followed, may_follow};
use crate::documents::{Read, sha256_hex};
use crate::error::EngineError;
use crate::house::{House, audit};

/// What was drafted.
pub struct Drafted {
    /// The text.
    pub read: Read<Arrangement>,
    /// Whether it is new.
    pub saved: Saved,
    /// The version that it amends, and everything that it changes.
    pub amends: Option<(u32, Vec<Change>)>,
}

/// Brings in an arrangement's text: exactly what the parties will sign. Where a version is or was in force, it must amend that.
pub async fn draft_arrangement(
    house: &House,
    actor: &str,
    path: &Path,
    enquiry: Option<&str>,
) -> Result<Drafted, EngineError> {
    let read: Read<Arrangement> = Read::file(path)?;
    check(house, &read).await?;
    let (name, version) = (read.value.arrangement.clone(), read.value.version);
    let before = house.newest_in_force(&name).await?;
    let action = if before.is_some() { Action::AmendArrangement } else { Action::DraftArrangement };
    let person = house.permit(actor, action, &house.of_both(&name, &read.value.partner)).await?.person;
    let enquired = match enquiry {
        Some(enquiry) => Some(may_follow(house, actor, enquiry, &read.value).await?),
        None => None,
    };
    let there = house.store.document(DocumentKind::Arrangement, &name, version).await?;
    let has_state = house.store.arrangement_lives(&name).await?.iter().any(|life| life.version == version);
    if has_state && there.is_some_and(|document| document.text == read.text) {
        // A draft whose enquiry was not noted is noted now.
        if let Some(row) = &enquired {
            followed(house, actor, row, &read.value).await?;
        }
        return Ok(Drafted { read, saved: Saved::Already, amends: None });
    }
    let mut amends = None;
    if let Some(before) = before {
        let old = house.arrangement_version(&name, before.version).await?.value;
        match amend(&before.state, &old, &read.value) {
            Ok(amendment) => amends = Some((amendment.from, amendment.changes)),
            Err(refused) => return Err(house.deny(actor, action.as_str(), &name, refused).await),
        }
    }
    let sha256 = sha256_hex(&read.text);
    let changes: Vec<String> = amends.iter().flat_map(|(_, changes)| changes).map(Change::to_string).collect();
    let event = audit(
        actor,
        "arrangement-drafted",
        &name,
        json!({ "version": version, "sha256": sha256, "amends": amends.as_ref().map(|(from, _)| from), "changes": changes }),
    );
    let state = State::draft(&read.value, sha256, person);
    let document = NewDocument { kind: DocumentKind::Arrangement, name, version, text: read.text.clone() };
    let saved =
        house.store.draft_arrangement(Changed::new(DraftArrangement { document, state }, event), house.stamp()).await?;
    house.sequence().await?;
    if let Some(row) = &enquired {
        followed(house, actor, row, &read.value).await?;
    }
    Ok(Drafted { read, saved, amends })
}

/// What is wrong with the text here, located.
async fn check(house: &House, read: &Read<Arrangement>) -> Result<(), EngineError> {
    let mut findings = read.value.check(&house.catalogue().await?);
    let operation = house.operation();
    if read.value.operation != operation {
        let message = format!("it is for operation `{}`, and this is `{operation}`", read.value.operation);
        findings.error("other-operation", "/operation", message, "draft it where it belongs");
    }
    if house.store.partner(&read.value.partner).await?.is_none() {
        let message = format!("partner `{}` is not registered here", read.value.partner);
        findings.error("unknown-partner", "/partner", message, "add it with `causeway partner add`");
    }
    for name in [operation, &read.value.partner] {
        if read.value.party_registered_as(name).is_none() {
            let message = format!("no party is registered here as `{name}`, so nobody can sign for it");
            findings.error("unknown-party", "/parties", message, "say `registered_as` of the party");
        }
    }
    read.refuse_errors(&findings)
}
