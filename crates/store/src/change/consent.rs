//! How is a signed consent kept, by which a denial may be lifted for one transfer?

use causeway_model::permission::Role;

use super::writing::{Applied, Change, Writing};
use crate::db::query;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A consent. Whoever calls has verified its signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewConsent {
    /// The transfer.
    pub transfer: String,
    /// As what it is given.
    pub role: Role,
    /// Who gives it.
    pub officer: String,
    /// Why.
    pub reason: String,
    /// The text signed.
    pub text: String,
    /// The signature, hexadecimal.
    pub signature: String,
}

impl Store {
    /// Keeps a consent.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another consent was given in that role.
    pub async fn consent(&self, change: Changed<NewConsent>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewConsent {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let same =
            query("SELECT officer = $3 AND text = $4 FROM exceptional_consent WHERE transfer = $1 AND role = $2")
                .bind(&self.transfer)
                .bind(self.role.as_str())
                .bind(&self.officer)
                .bind(&self.text)
                .fetch_optional(writing.rows())
                .await?;
        match same.map(|row| row.only()).transpose()? {
            Some(true) => return Applied::ALREADY,
            Some(false) => {
                let name = format!("{} for {}", self.role, self.transfer);
                return Err(StoreError::Taken { what: "consent as", name });
            }
            None => {}
        }
        query(
            "INSERT INTO exceptional_consent (transfer, role, officer, reason, text, signature, given_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&self.transfer)
        .bind(self.role.as_str())
        .bind(&self.officer)
        .bind(&self.reason)
        .bind(&self.text)
        .bind(&self.signature)
        .bind(micros)
        .execute(writing.rows())
        .await?;
        Applied::NEW
    }
}
