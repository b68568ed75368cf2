//! How does a person become an officer, whose signature counts?

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// An officer to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewOfficer {
    /// The name by which approvals call the officer.
    pub name: String,
    /// The office held.
    pub role: String,
    /// The public key, PEM.
    pub public_key_pem: String,
    /// The key's fingerprint, confirmed by whoever adds it.
    pub fingerprint: String,
}

impl Store {
    /// Adds an officer.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the name has other facts or is revoked, or the key is another officer's.
    pub async fn add_officer(&self, change: Changed<NewOfficer>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewOfficer {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let row = query(
            "SELECT count(CASE WHEN name = $1 AND role = $2 AND public_key_pem = $3 AND fingerprint = $4 \
             AND revoked_at IS NULL THEN 1 END) AS same, count(*) AS found FROM officer WHERE name = $1 OR fingerprint = $4",
        )
        .bind(&self.name)
        .bind(&self.role)
        .bind(&self.public_key_pem)
        .bind(&self.fingerprint)
        .fetch_one(writing.rows())
        .await?;
        let cells = Cells::new(&row, "officer", "same");
        match (cells.get::<i64>("same")?, cells.get::<i64>("found")?) {
            (1, 1) => return Applied::ALREADY,
            (_, 0) => {}
            _ => return Err(StoreError::Taken { what: "officer with this name or key", name: self.name.clone() }),
        }
        query("INSERT INTO officer (name, role, public_key_pem, fingerprint, added_at) VALUES ($1, $2, $3, $4, $5)")
            .bind(&self.name)
            .bind(&self.role)
            .bind(&self.public_key_pem)
            .bind(&self.fingerprint)
            .bind(micros)
            .execute(writing.rows())
            .await?;
        Applied::NEW
    }
}
