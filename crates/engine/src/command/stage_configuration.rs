//! How is a change of the configuration laid by for a second officer: all of it, or nothing?

use std::path::Path;

use causeway_model::Person;
use causeway_model::arrangement::{Arrangement, amend};
use causeway_model::permission::{Action, Thing};
use causeway_package::key::{SigningKey, VerifyingKey};
use causeway_store::change::{NewStagedSet, SetOrigin, StagedDocument, StagedKind};
use causeway_store::{Changed, Saved, StoreError};
use serde_json::json;

use crate::configuration::{Bringing, Part, Proposal, Report, check, propose, set_digest, signed_bytes, standing};
use crate::documents::{AnyExchange, Read, read_catalogue};
use crate::error::EngineError;
use crate::house::{House, audit};

/// An officer who signs: who it is, and with which key.
#[derive(Clone, Copy)]
pub struct Signing<'k> {
    /// The name.
    pub officer: &'k str,
    /// The private key.
    pub key: &'k SigningKey,
}

/// A set that lies by.
#[derive(Clone, Debug)]
pub struct Staged {
    /// Its name.
    pub set: String,
    /// The digest that was signed.
    pub sha256: String,
    /// How many documents are in it.
    pub documents: usize,
    /// Whether it lay there before, exactly so.
    pub again: bool,
}

/// Lays by what a directory changes. Nothing is laid by when it changes nothing.
pub async fn stage_configuration(
    house: &House,
    by: Signing<'_>,
    dir: &Path,
    set: &str,
    bringing: Bringing,
) -> Result<(Proposal, Option<Staged>), EngineError> {
    let staging = async {
        // Who may not lay anything by learns nothing of what is in use.
        house.permit(by.officer, Action::ImportConfiguration, &whole(house, set)).await?;
        let proposal = propose(house, dir, bringing).await?.sound(&dir.display().to_string())?;
        if proposal.documents.is_empty() {
            return Ok((proposal, None));
        }
        let staged = lay_by(house, by, set, SetOrigin::Directory, &proposal.documents).await?;
        if let Some(from) = bringing.promoted_from {
            house
                .record(by.officer, "configuration-promoted", set, json!({ "from": from, "sha256": staged.sha256 }))
                .await?;
        }
        Ok((proposal, Some(staged)))
    };
    told(house, by.officer, "stage", set, staging.await).await
}

/// Lays by one file, a catalogue or an exchange, as a set of its own.
pub async fn stage_file(house: &House, by: Signing<'_>, kind: StagedKind, path: &Path) -> Result<Staged, EngineError> {
    let name = path.display().to_string();
    let staging = async {
        house.permit(by.officer, Action::ImportConfiguration, &whole(house, &name)).await?;
        let document = match kind {
            StagedKind::Catalogue => {
                let read = read_catalogue(path)?;
                read.refuse_errors(&read.value.check())?;
                let text = serde_json::to_string(&read.value).map_err(|error| EngineError::Wrong(error.to_string()))?;
                StagedDocument { kind, name: read.value.catalogue, version: read.value.version, text }
            }
            _ => {
                let read = AnyExchange::file(path)?;
                let (name, version, _) = read.names();
                let name = name.to_owned();
                StagedDocument { kind, name, version, text: read.into_text() }
            }
        };
        let set = format!("{}-{}-{}", kind.name(), document.name, document.version);
        let mut report = Report::default();
        let operation = &house.home.config().operation;
        check(&[Part::staged(&document)?], &standing(house).await?, operation, &mut report);
        report.refuse_errors(&name)?;
        lay_by(house, by, &set, SetOrigin::File, &[document]).await
    };
    told(house, by.officer, "stage", &name, staging.await).await
}

/// Signs and stores a set whose documents were checked.
pub(super) async fn lay_by(
    house: &House,
    by: Signing<'_>,
    set: &str,
    origin: SetOrigin,
    documents: &[StagedDocument],
) -> Result<Staged, EngineError> {
    let action = match origin {
        SetOrigin::RollBack => Action::RollBackConfiguration,
        SetOrigin::Directory | SetOrigin::File => Action::ImportConfiguration,
    };
    let person = house.permit(by.officer, action, &whole(house, set)).await?.person;
    for document in documents.iter().filter(|one| one.kind == StagedKind::Arrangement) {
        may_draft(house, by.officer, document).await?;
    }
    let operation = &house.home.config().operation;
    let sha256 = set_digest(operation, documents);
    let signature = signature(house, by, &signed_bytes("stage", set, &sha256)).await?;
    let event = audit(
        by.officer,
        "configuration-staged",
        set,
        json!({ "sha256": &sha256, "origin": origin.name(), "documents": listed(documents) }),
    );
    let new = NewStagedSet {
        name: set.to_owned(),
        sha256: sha256.clone(),
        origin,
        key: person.key,
        signature,
        documents: documents.to_vec(),
    };
    let saved = house.store.stage_set(Changed::new(new, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(Staged { set: set.to_owned(), sha256, documents: documents.len(), again: saved == Saved::Already })
}

/// Whether the officer may draft an arrangement, or amend the version that is in force.
async fn may_draft(house: &House, officer: &str, document: &StagedDocument) -> Result<(), EngineError> {
    let name = &document.name;
    let new: Arrangement = Read::text(name, document.text.clone())?.value;
    let before = house.newest_in_force(name).await?;
    let action = if before.is_some() { Action::AmendArrangement } else { Action::DraftArrangement };
    house.permit(officer, action, &house.of_both(name, &new.partner)).await?;
    if let Some(before) = before {
        let old = house.arrangement_version(name, before.version).await?.value;
        if let Err(refused) = amend(&before.state, &old, &new) {
            return Err(house.deny(officer, action.as_str(), name, refused).await);
        }
    }
    Ok(())
}

pub(super) fn whole(house: &House, set: &str) -> Thing {
    Thing::of_operation(set, &house.home.config().operation)
}

/// The officer's signature, hexadecimal, by the key that is registered.
pub(super) async fn signature(house: &House, by: Signing<'_>, bytes: &[u8]) -> Result<String, EngineError> {
    let known = house.store.officer(by.officer).await?.ok_or_else(|| EngineError::Unknown {
        what: "officer",
        name: by.officer.to_owned(),
        help: "add the officer's key with `causeway officer add`",
    })?;
    if let Err(refused) = house.demand_environment(by.officer, by.key.environment()) {
        return Err(house.deny(by.officer, "sign", by.officer, refused).await);
    }
    let signature = by.key.sign(bytes);
    if !VerifyingKey::from_pem(&known.public_key_pem)?.verifies(bytes, &signature) {
        return Err(EngineError::Wrong(format!(
            "this key is not the one registered for `{}` ({})",
            by.officer, known.fingerprint
        )));
    }
    Ok(hex::encode(signature))
}

pub(super) fn listed(documents: &[StagedDocument]) -> serde_json::Value {
    let one = |document: &StagedDocument| {
        json!({
            "kind": document.kind.name(), "name": document.name, "version": document.version, "sha256": document.sha256(),
        })
    };
    documents.iter().map(one).collect()
}

/// Passes the outcome on; an attempt that was refused stands in the ledger, with a word for the reason.
pub(super) async fn told<T>(
    house: &House,
    officer: &str,
    deed: &str,
    subject: &str,
    outcome: Result<T, EngineError>,
) -> Result<T, EngineError> {
    if let Err(error) = &outcome
        && let Some(reason) = reason(error)
    {
        house.record(officer, "configuration-refused", subject, json!({ "deed": deed, "reason": reason })).await?;
    }
    outcome
}

/// A word for why; none where the attempt is in the ledger already, or the system failed.
fn reason(error: &EngineError) -> Option<&'static str> {
    Some(match error {
        EngineError::Findings { .. } => "findings",
        EngineError::Document(_) => "unreadable",
        EngineError::Unknown { .. } => "unknown-name",
        EngineError::Wrong(_) | EngineError::Package(_) => "wrong",
        EngineError::NotProven(_) => "not-proven",
        EngineError::Store(StoreError::SameOfficer { .. }) => "own-draft",
        EngineError::Store(StoreError::ActivatedAlready { .. }) => "activated-already",
        EngineError::Store(StoreError::Withdrawn { .. }) => "withdrawn",
        EngineError::Store(StoreError::NotNext { .. }) => "version-not-next",
        EngineError::Store(StoreError::ConfigurationChanged) => "changed-meanwhile",
        EngineError::Store(StoreError::Taken { .. }) => "name-taken",
        EngineError::Store(StoreError::NotFound { .. }) => "unknown-name",
        _ => return None,
    })
}

/// The person who laid a set by.
pub(crate) fn drafter(set: &causeway_store::query::StagedSet) -> Person {
    Person::new(&set.staged_by, &set.staged_key)
}
