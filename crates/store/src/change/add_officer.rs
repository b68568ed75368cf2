//! How does a person become an officer, whose signature counts?

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
        let (officer, event) = change.into_parts();
        let mut writing = self.begin().await?;
        let (same, others): (i64, i64) = sqlx::query_as(
            "SELECT count(CASE WHEN name = $1 AND role = $2 AND public_key_pem = $3 AND fingerprint = $4 \
             AND revoked_at IS NULL THEN 1 END), count(*) FROM officer WHERE name = $1 OR fingerprint = $4",
        )
        .bind(&officer.name)
        .bind(&officer.role)
        .bind(&officer.public_key_pem)
        .bind(&officer.fingerprint)
        .fetch_one(writing.rows())
        .await?;
        match (same, others) {
            (1, 1) => {
                writing.abandon().await?;
                return Ok(Saved::Already);
            }
            (_, 0) => {}
            _ => return Err(StoreError::Taken { what: "officer with this name or key", name: officer.name }),
        }
        sqlx::query(
            "INSERT INTO officer (name, role, public_key_pem, fingerprint, added_at) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(officer.name)
        .bind(officer.role)
        .bind(officer.public_key_pem)
        .bind(officer.fingerprint)
        .bind(stamp.micros())
        .execute(writing.rows())
        .await?;
        writing.commit(event, stamp).await?;
        Ok(Saved::New)
    }
}
