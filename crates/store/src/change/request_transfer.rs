//! How does a transfer begin? By being asked for, under stored versions of its exchange and its arrangement.

use causeway_model::transfer::Transfer;

use super::import_document::stored_sha256;
use super::{DocumentKind, Seen};
use crate::db::to_json;
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
        let (transfer, event) = change.into_parts();
        let mut writing = self.begin().await?;
        for (kind, name, version) in [
            (DocumentKind::Exchange, &transfer.exchange, transfer.exchange_version),
            (DocumentKind::Arrangement, &transfer.arrangement, transfer.arrangement_version),
        ] {
            if stored_sha256(writing.rows(), kind, name, version).await?.is_none() {
                let name = format!("{name} version {version}");
                return Err(StoreError::NotFound { what: kind.name(), name });
            }
        }
        let used: i64 = sqlx::query_scalar("SELECT count(*) FROM transfer WHERE id = $1")
            .bind(&transfer.id)
            .fetch_one(writing.rows())
            .await?;
        if used > 0 {
            return Err(StoreError::Taken { what: "transfer", name: transfer.id });
        }
        let state = Transfer::Requested;
        sqlx::query(
            "INSERT INTO transfer (id, exchange, exchange_version, arrangement, arrangement_version, requested_by, \
             requested_at, expect_fewer, state, state_json, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $7)",
        )
        .bind(&transfer.id)
        .bind(transfer.exchange)
        .bind(transfer.exchange_version)
        .bind(transfer.arrangement)
        .bind(transfer.arrangement_version)
        .bind(&event.actor)
        .bind(stamp.micros())
        .bind(transfer.expect_fewer)
        .bind(state.name())
        .bind(to_json(&state)?)
        .execute(writing.rows())
        .await?;
        writing.commit(event, stamp).await?;
        Ok(Seen { transfer: transfer.id, state })
    }
}
