//! How does a transfer begin? By being asked for, under stored versions of its exchange and its arrangement.

use causeway_model::transfer::Transfer;

use super::import_document::stored_sha256;
use super::writing::{Applied, Change, Writing};
use super::{DocumentKind, Seen};
use crate::db::{query, to_json};
use crate::{Changed, Stamp, Store, StoreError};

/// A transfer to be begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewTransfer {
    /// Its id, not used before.
    pub id: String,
    /// The exchange.
    pub exchange: String,
    /// Its version.
    pub exchange_version: u32,
    /// The arrangement.
    pub arrangement: String,
    /// Its version.
    pub arrangement_version: u32,
    /// Whether a person said beforehand that an unexpectedly small result is right.
    pub expect_fewer: bool,
}

impl Store {
    /// Stores a requested transfer. The event's actor is who asked.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when a document's version is not stored, [`StoreError::Taken`] when the id is used.
    pub async fn request_transfer(&self, change: Changed<NewTransfer>, stamp: Stamp) -> Result<Seen, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewTransfer {
    type Outcome = Seen;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Seen>, StoreError> {
        let micros = writing.micros();
        for (kind, name, version) in [
            (DocumentKind::Exchange, &self.exchange, self.exchange_version),
            (DocumentKind::Arrangement, &self.arrangement, self.arrangement_version),
        ] {
            if stored_sha256(writing.rows(), kind, name, version).await?.is_none() {
                let name = format!("{name} version {version}");
                return Err(StoreError::NotFound { what: kind.name(), name });
            }
        }
        let used = query("SELECT count(*) FROM transfer WHERE id = $1").bind(&self.id);
        if used.fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            return Err(StoreError::Taken { what: "transfer", name: self.id.clone() });
        }
        let state = Transfer::Requested;
        let row = query(
            "INSERT INTO transfer (id, exchange, exchange_version, arrangement, arrangement_version, requested_by, \
             requested_at, expect_fewer, state, state_json, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $7)",
        )
        .bind(&self.id)
        .bind(&self.exchange)
        .bind(self.exchange_version)
        .bind(&self.arrangement)
        .bind(self.arrangement_version)
        .bind(writing.actor())
        .bind(micros)
        .bind(self.expect_fewer)
        .bind(state.name())
        .bind(to_json(&state)?);
        row.execute(writing.rows()).await?;
        Ok(Applied::Changed(Seen { transfer: self.id.clone(), state, lease: None }))
    }
}
