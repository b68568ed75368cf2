//! How does an officer's signature under an arrangement come to be kept?

use super::DocumentKind;
use super::import_document::stored_sha256;
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A signature to be kept. Whoever calls has verified it against the officer's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewApproval {
    /// The arrangement's name.
    pub arrangement: String,
    /// Its version.
    pub version: u32,
    /// The digest of the text that was signed, lower-case hexadecimal.
    pub sha256: String,
    /// Who signed.
    pub officer: String,
    /// The detached signature, hexadecimal.
    pub signature: String,
}

impl Store {
    /// Keeps an officer's approval of a stored version of an arrangement.
    ///
    /// # Errors
    /// [`StoreError::OtherText`] when another text is stored under the version; [`StoreError::OfficerRevoked`];
    /// [`StoreError::Taken`] when the officer has approved it with another signature.
    pub async fn approve(&self, change: Changed<NewApproval>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewApproval {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let Self { arrangement, version, sha256, officer, signature } = self;
        let (version, micros) = (*version, writing.micros());
        match stored_sha256(writing.rows(), DocumentKind::Arrangement, arrangement, version).await? {
            None => {
                let name = format!("{arrangement} version {version}");
                return Err(StoreError::NotFound { what: "arrangement", name });
            }
            Some(there) if there != *sha256 => {
                return Err(StoreError::OtherText { arrangement: arrangement.clone(), version });
            }
            Some(_) => {}
        }
        let row = query("SELECT name, revoked_at FROM officer WHERE name = $1").bind(officer);
        let row = row.fetch_optional(writing.rows()).await?;
        let Some(row) = row else { return Err(StoreError::NotFound { what: "officer", name: officer.clone() }) };
        if Cells::new(&row, "officer", "name").optional_time("revoked_at")?.is_some() {
            return Err(StoreError::OfficerRevoked { officer: officer.clone() });
        }
        let there = query("SELECT signature FROM approval WHERE arrangement = $1 AND version = $2 AND officer = $3")
            .bind(arrangement)
            .bind(version)
            .bind(officer)
            .fetch_optional(writing.rows())
            .await?;
        match there.map(|row| row.only::<String>()).transpose()? {
            Some(there) if there == *signature => return Applied::ALREADY,
            Some(_) => return Err(StoreError::Taken { what: "approval by officer", name: officer.clone() }),
            None => {}
        }
        query(
            "INSERT INTO approval (arrangement, version, sha256, officer, signature, approved_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(arrangement)
        .bind(version)
        .bind(sha256)
        .bind(officer)
        .bind(signature)
        .bind(micros)
        .execute(writing.rows())
        .await?;
        Applied::NEW
    }
}
