//! How does a catalogue, an arrangement or an exchange come in? As a version that is never edited again.

use sha2::{Digest as _, Sha256};

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, Transaction, named, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

named! {
    /// Which governance document.
    DocumentKind {
        /// What this installation holds.
        Catalogue = "catalogue",
        /// The signed terms between parties.
        Arrangement = "arrangement",
        /// One configured flow under an arrangement.
        Exchange = "exchange",
    }
}

/// A version of a document to be stored; the digest is made here, so that it is always the text's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDocument {
    /// Which kind.
    pub kind: DocumentKind,
    /// Its name.
    pub name: String,
    /// Its version, from 1.
    pub version: u32,
    /// Its canonical text, with everything frozen into it that it refers to.
    pub text: String,
}

impl Store {
    /// Stores a version of a document. The event's actor is who imported it.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when that version holds another text.
    pub async fn import_document(&self, change: Changed<NewDocument>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewDocument {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let sha256 = sha256_hex(&self.text);
        match stored_sha256(writing.rows(), self.kind, &self.name, self.version).await? {
            Some(there) if there == sha256 => return Applied::ALREADY,
            Some(_) => return Err(StoreError::Taken { what: self.kind.name(), name: self.name.clone() }),
            None => {}
        }
        let twin = query("SELECT count(*) FROM sandbox WHERE exchange = $1").bind(&self.name);
        if self.kind == DocumentKind::Exchange && twin.fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            return Err(StoreError::Taken { what: "sandbox", name: self.name.clone() });
        }
        let row = query(
            "INSERT INTO document (kind, name, version, text, sha256, imported_at, imported_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(self.kind.name())
        .bind(&self.name)
        .bind(self.version)
        .bind(&self.text)
        .bind(sha256)
        .bind(micros)
        .bind(writing.actor());
        row.execute(writing.rows()).await?;
        Applied::NEW
    }
}

/// The digest stored with a version, if that is there.
pub(super) async fn stored_sha256(
    connection: &mut Transaction,
    kind: DocumentKind,
    name: &str,
    version: u32,
) -> Result<Option<String>, StoreError> {
    let row = query("SELECT name, sha256 FROM document WHERE kind = $1 AND name = $2 AND version = $3")
        .bind(kind.name())
        .bind(name)
        .bind(version)
        .fetch_optional(connection)
        .await?;
    row.map(|row| Cells::new(&row, "document", "name").get("sha256")).transpose()
}

/// SHA-256 in lower-case hexadecimal.
pub(crate) fn sha256_hex(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}
