//! How are governance documents laid by, so that a second officer can bring them into use?

use super::DocumentKind;
use super::import_document::sha256_hex;
use super::writing::{Applied, Change, Writing};
use crate::db::{named, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

named! {
    /// What can be laid by.
    StagedKind {
        /// What this installation holds.
        Catalogue = "catalogue",
        /// The text of an arrangement: a draft, until its parties sign.
        Arrangement = "arrangement",
        /// One configured flow under an arrangement.
        Exchange = "exchange",
        /// Figures from which an impact assessment is due.
        Thresholds = "thresholds",
    }
}

named! {
    /// Where a set comes from.
    SetOrigin {
        /// A directory that was imported.
        Directory = "directory",
        /// One file.
        File = "file",
        /// An earlier set, gone back to.
        RollBack = "roll-back",
    }
}

impl StagedKind {
    /// The document that it becomes; thresholds become none.
    pub fn document(self) -> Option<DocumentKind> {
        match self {
            Self::Catalogue => Some(DocumentKind::Catalogue),
            Self::Arrangement => Some(DocumentKind::Arrangement),
            Self::Exchange => Some(DocumentKind::Exchange),
            Self::Thresholds => None,
        }
    }
}

/// A document of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagedDocument {
    /// Which kind.
    pub kind: StagedKind,
    /// Its name.
    pub name: String,
    /// Its version: the next of what is in use.
    pub version: u32,
    /// Its text, with everything frozen into it that it refers to.
    pub text: String,
}

impl StagedDocument {
    /// SHA-256 of the text, lower-case hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        sha256_hex(&self.text)
    }
}

/// A set to be laid by. Whoever calls has checked it and verified the signature against the officer's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStagedSet {
    /// Its name.
    pub name: String,
    /// The digest that was signed.
    pub sha256: String,
    /// Where it comes from.
    pub origin: SetOrigin,
    /// Fingerprint of the key of whoever lays it by; the event's actor is its name.
    pub key: String,
    /// The signature, hexadecimal.
    pub signature: String,
    /// What is in it.
    pub documents: Vec<StagedDocument>,
}

impl Store {
    /// Lays a set by. Nothing is in use before it is activated.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another set has the name.
    pub async fn stage_set(&self, change: Changed<NewStagedSet>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewStagedSet {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let there = query("SELECT sha256 FROM staged_set WHERE name = $1").bind(&self.name);
        let there = there.fetch_optional(writing.rows()).await?;
        match there.map(|row| row.only::<String>()).transpose()? {
            Some(there) if there == self.sha256 => return Applied::ALREADY,
            Some(_) => return Err(StoreError::Taken { what: "staged set", name: self.name.clone() }),
            None => {}
        }
        let row = query(
            "INSERT INTO staged_set (name, sha256, origin, staged_by, staged_key, signature, staged_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&self.name)
        .bind(&self.sha256)
        .bind(self.origin.name())
        .bind(writing.actor())
        .bind(&self.key)
        .bind(&self.signature)
        .bind(micros);
        row.execute(writing.rows()).await?;
        for document in &self.documents {
            let row = query(
                "INSERT INTO staged_document (staged, kind, name, version, text, sha256) VALUES ($1, $2, $3, $4, $5, $6)",
            )
            .bind(&self.name)
            .bind(document.kind.name())
            .bind(&document.name)
            .bind(document.version)
            .bind(&document.text)
            .bind(document.sha256());
            row.execute(writing.rows()).await?;
        }
        Applied::NEW
    }
}
