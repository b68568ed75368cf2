//! How does a set that lies by come into use? By a second officer, whose signature is over the digest of the very set.

use causeway_model::Person;
use causeway_model::arrangement::{Arrangement, State};
use causeway_model::permission::Action;
use causeway_store::change::{
    ActivateSet, DocumentKind, DraftArrangement, InUse, NewDocument, StagedDocument, StagedKind,
};
use causeway_store::query::StagedSet;
use causeway_store::{Changed, Saved};
use serde_json::json;

use super::stage_configuration::{Signing, drafter, listed, signature, told, whole};
use crate::configuration::{Part, Report, check, set_digest, signed_bytes, standing};
use crate::documents::Read;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Brings a set into use, whole. The outcome says whether it was there before.
pub async fn activate_configuration(house: &House, by: Signing<'_>, set: &str) -> Result<(usize, Saved), EngineError> {
    let outcome = activate(house, by, set).await;
    told(house, by.officer, "activate", set, outcome).await
}

async fn activate(house: &House, by: Signing<'_>, set: &str) -> Result<(usize, Saved), EngineError> {
    let found = staged(house, set).await?;
    let drafter = drafter(&found);
    let person = house
        .permit(by.officer, Action::ActivateConfiguration, &whole(house, set).drafted_by(drafter.clone()))
        .await?
        .person;
    let operation = &house.home.config().operation;
    // What is in use is counted before it is read: whatever comes in between is then seen by the store.
    let changes_seen = house.store.configuration_changes().await?;
    let documents = house.store.staged_documents(set).await?;
    if set_digest(operation, &documents) != found.sha256 {
        return Err(EngineError::NotProven(format!("the documents of set `{set}` are not those that were signed")));
    }
    let activated = house.store.activations().await?.into_iter().any(|activation| activation.set == set);
    let standing = standing(house).await?;
    if !activated {
        let parts = documents.iter().map(Part::staged).collect::<Result<Vec<_>, _>>()?;
        let mut report = Report::default();
        check(&parts, &standing, operation, &mut report);
        report.refuse_errors(&format!("set {set}"))?;
    }
    let signature = signature(house, by, &signed_bytes("activate", set, &found.sha256)).await?;
    let event = audit(
        by.officer,
        "configuration-activated",
        set,
        json!({ "sha256": &found.sha256, "staged_by": &found.staged_by, "documents": listed(&documents) }),
    );
    let drafts = drafts(&documents, &drafter)?;
    let change = ActivateSet {
        name: set.to_owned(),
        sha256: found.sha256,
        key: person.key,
        signature,
        changes_seen,
        in_use: in_use_after(standing.in_use(), &documents),
        drafts,
    };
    let saved = house.store.activate_set(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok((documents.len(), saved))
}

/// The set of that name.
pub(super) async fn staged(house: &House, set: &str) -> Result<StagedSet, EngineError> {
    house.store.staged_set(set).await?.ok_or_else(|| EngineError::Unknown {
        what: "staged set",
        name: set.to_owned(),
        help: "see `causeway configuration history`",
    })
}

/// Arrangements come in as drafts of whoever staged them, for their parties to sign.
fn drafts(documents: &[StagedDocument], drafter: &Person) -> Result<Vec<DraftArrangement>, EngineError> {
    let arrangements = documents.iter().filter(|one| one.kind == StagedKind::Arrangement);
    let draft = |one: &StagedDocument| {
        let arrangement = Read::<Arrangement>::text(&one.name, one.text.clone())?.value;
        let state = State::draft(&arrangement, one.sha256(), drafter.clone());
        let (kind, name) = (DocumentKind::Arrangement, one.name.clone());
        let document = NewDocument { kind, name, version: one.version, text: one.text.clone() };
        Ok(DraftArrangement { document, state })
    };
    arrangements.map(draft).collect()
}

fn in_use_after(mut in_use: Vec<InUse>, documents: &[StagedDocument]) -> Vec<InUse> {
    for document in documents {
        let kind = document.kind.name();
        // There is one catalogue in use, whatever its name.
        in_use.retain(|one| one.kind != kind || (kind != "catalogue" && one.name != document.name));
        in_use.push(InUse { kind: kind.to_owned(), name: document.name.clone(), version: document.version });
    }
    in_use.sort();
    in_use
}
