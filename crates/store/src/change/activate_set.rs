//! How does a set that was laid by come into use? Whole or not at all, by somebody else than who laid it by.

use causeway_model::Person;
use causeway_model::configuration::{Event, State};
use serde::{Deserialize, Serialize};

use super::import_document::{DocumentKind, NewDocument};
use super::move_arrangement::DraftArrangement;
use super::stage_set::{StagedDocument, StagedKind};
use super::withdraw_set::withdrawn_by;
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, Transaction, query, to_json};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A document in use.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct InUse {
    /// Its kind, by name.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: u32,
}

/// A set to be brought into use. Whoever calls has checked it against what is in use, and the signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActivateSet {
    /// The set.
    pub name: String,
    /// The digest that was signed.
    pub sha256: String,
    /// Fingerprint of the key of whoever activates; the event's actor is its name.
    pub key: String,
    /// The signature, hexadecimal.
    pub signature: String,
    /// How often the configuration had changed when the set was checked: [`crate::Reader::configuration_changes`].
    pub changes_seen: i64,
    /// Everything that is in use from then on.
    pub in_use: Vec<InUse>,
    /// The first state of each arrangement in the set.
    pub drafts: Vec<DraftArrangement>,
}

impl Store {
    /// Brings a set into use: all its documents in one transaction.
    ///
    /// # Errors
    /// [`StoreError::SameOfficer`], [`StoreError::ActivatedAlready`] by another officer, [`StoreError::NotNext`] when a
    /// version does not follow the one in use, [`StoreError::ConfigurationChanged`] since it was checked.
    pub async fn activate_set(&self, change: Changed<ActivateSet>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for ActivateSet {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        let row = query("SELECT name, sha256, staged_by, staged_key FROM staged_set WHERE name = $1").bind(&self.name);
        let Some(row) = row.fetch_optional(writing.rows()).await? else {
            return Err(StoreError::NotFound { what: "staged set", name: self.name.clone() });
        };
        let cells = Cells::new(&row, "staged_set", "name");
        let (sha256, officer, key): (String, String, String) =
            (cells.get("sha256")?, cells.get("staged_by")?, cells.get("staged_key")?);
        let set = || self.name.clone();
        if sha256 != self.sha256 {
            return Err(StoreError::Taken { what: "staged set", name: set() });
        }
        let by = query("SELECT activated_by FROM activation WHERE staged = $1").bind(&self.name);
        match by.fetch_optional(writing.rows()).await?.map(|row| row.only::<String>()).transpose()? {
            Some(by) if by == actor => return Applied::ALREADY,
            Some(officer) => return Err(StoreError::ActivatedAlready { set: set(), officer }),
            None => {}
        }
        if let Some(officer) = withdrawn_by(writing.rows(), &self.name).await? {
            return Err(StoreError::Withdrawn { set: set(), officer });
        }
        // INVARIANT (two people): by name and by key, whatever the caller believes.
        let staged = State::Staged { by: Person::new(&officer, &key) };
        if staged.apply(&self.name, Event::Activate { by: Person::new(&actor, &self.key) }).is_err() {
            return Err(StoreError::SameOfficer { set: set(), officer });
        }
        if changes(writing.rows()).await? != self.changes_seen {
            return Err(StoreError::ConfigurationChanged);
        }
        for document in documents(writing.rows(), &self.name).await? {
            follows(writing.rows(), &document).await?;
            match document.kind.document() {
                // Thresholds stay where they were staged: the newest in an activated set are in use.
                None => {}
                Some(DocumentKind::Arrangement) => {
                    let draft = self.drafts.iter().find(|draft| draft.document.name == document.name);
                    let missing = || StoreError::NotFound { what: "first state of", name: document.name.clone() };
                    let draft = draft.filter(|draft| draft.document.text == document.text).ok_or_else(missing)?;
                    draft.apply(writing).await?;
                }
                Some(kind) => {
                    let StagedDocument { name, version, text, .. } = document;
                    NewDocument { kind, name, version, text }.apply(writing).await?;
                }
            }
        }
        let number = query("SELECT coalesce(max(number), 0) + 1 FROM activation");
        let number: i64 = number.fetch_one(writing.rows()).await?.only()?;
        let row = query(
            "INSERT INTO activation (number, staged, activated_by, activated_key, signature, activated_at, state_json) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(number)
        .bind(&self.name)
        .bind(&actor)
        .bind(&self.key)
        .bind(&self.signature)
        .bind(micros)
        .bind(to_json(&self.in_use)?);
        row.execute(writing.rows()).await?;
        Applied::NEW
    }
}

/// How often the configuration has changed: documents and activations are only ever added.
pub(crate) const CHANGES: &str = "SELECT (SELECT count(*) FROM document) + (SELECT count(*) FROM activation)";

async fn changes(rows: &mut Transaction) -> Result<i64, StoreError> {
    query(CHANGES).fetch_one(rows).await?.only()
}

async fn documents(rows: &mut Transaction, set: &str) -> Result<Vec<StagedDocument>, StoreError> {
    let found = query(
        "SELECT staged, kind, name, version, text, sha256 FROM staged_document WHERE staged = $1 ORDER BY kind, name",
    );
    found.bind(set).fetch_all(rows).await?.iter().map(staged_document).collect()
}

/// A row of `staged_document`, its text checked against its digest.
pub(crate) fn staged_document(row: &crate::db::Row) -> Result<StagedDocument, StoreError> {
    let cells = Cells::new(row, "staged_document", "staged");
    let document = StagedDocument {
        kind: cells.named("kind", StagedKind::from_name)?,
        name: cells.get("name")?,
        version: cells.count("version")?,
        text: cells.get("text")?,
    };
    let sha256: String = cells.get("sha256")?;
    if document.sha256() == sha256 { Ok(document) } else { Err(cells.damaged("text")) }
}

/// The version of a document is the next of what is there.
async fn follows(rows: &mut Transaction, document: &StagedDocument) -> Result<(), StoreError> {
    let (kind, name) = (document.kind, &document.name);
    let newest = match kind.document() {
        Some(_) => query("SELECT coalesce(max(version), 0) FROM document WHERE kind = $1 AND name = $2"),
        None => query(
            "SELECT coalesce(max(d.version), 0) FROM staged_document d JOIN activation a ON a.staged = d.staged \
             WHERE d.kind = $1 AND d.name = $2",
        ),
    };
    let newest: i64 = newest.bind(kind.name()).bind(name).fetch_one(rows).await?.only()?;
    let next = u32::try_from(newest + 1).unwrap_or(u32::MAX);
    if document.version == next {
        return Ok(());
    }
    Err(StoreError::NotNext { what: kind.name(), name: name.clone(), found: document.version, next })
}
