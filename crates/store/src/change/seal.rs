//! How does a package come to exist? By this commit: before it there is only ciphertext in staging.

use causeway_model::transfer::Event;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Seen;
use crate::db::{stored, to_json};
use crate::query::next_sequence;
use crate::{Changed, Stamp, Store, StoreError};

/// What is kept of a sealed package's content: counts and digests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SealedFacts {
    /// How many records are in it.
    pub released: u64,
    /// The keyed digest over the records, as in the inner manifest.
    pub digest: String,
    /// SHA-256 of the outer manifest, lower-case hexadecimal.
    pub manifest_sha256: String,
    /// When the partner must have purged it.
    pub purge_by: Date,
}

/// A transfer whose package is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealTransfer {
    /// The transfer as seen.
    pub seen: Seen,
    /// The token of the run that sealed.
    pub token: String,
    /// The package's id.
    pub package: String,
    /// The exchange's sequence number in the inner manifest.
    pub sequence: u64,
    /// Counts and digests.
    pub facts: SealedFacts,
    /// SHA-256 of the receipt token in the inner manifest, lower-case hexadecimal.
    pub receipt_token_sha256: String,
}

impl Store {
    /// Stores a sealed package and its transfer's state.
    ///
    /// # Errors
    /// [`StoreError::StaleAttempt`] when another run has the transfer, [`StoreError::OutOfSequence`] when another
    /// transfer of the exchange took the number, [`StoreError::Taken`] when the package id is used.
    pub async fn seal(&self, change: Changed<SealTransfer>, stamp: Stamp) -> Result<Seen, StoreError> {
        let (sealing, event) = change.into_parts();
        let SealTransfer { seen, token, package, sequence, facts, receipt_token_sha256 } = sealing;
        let mut writing = self.begin().await?;
        let used: i64 = sqlx::query_scalar("SELECT count(*) FROM package WHERE id = $1")
            .bind(&package)
            .fetch_one(writing.rows())
            .await?;
        if used > 0 {
            return Err(StoreError::Taken { what: "package", name: package });
        }
        let seal = Event::Seal { package: package.clone() };
        let state = seen.advance_attempt(&mut writing, Some(&token), seal, stamp.micros()).await?;
        let exchange: String = sqlx::query_scalar("SELECT exchange FROM transfer WHERE id = $1")
            .bind(&seen.transfer)
            .fetch_one(writing.rows())
            .await?;
        let next = next_sequence(writing.rows(), &exchange).await?;
        if next != sequence {
            return Err(StoreError::OutOfSequence { exchange, next, sealed: sequence });
        }
        sqlx::query("UPDATE transfer SET sequence = $1, sealed_json = $2 WHERE id = $3")
            .bind(stored(sequence, "the sequence number")?)
            .bind(to_json(&facts)?)
            .bind(&seen.transfer)
            .execute(writing.rows())
            .await?;
        sqlx::query(
            "INSERT INTO package (id, transfer, manifest_sha256, receipt_token_sha256, sealed_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(package)
        .bind(&seen.transfer)
        .bind(facts.manifest_sha256)
        .bind(receipt_token_sha256)
        .bind(stamp.micros())
        .execute(writing.rows())
        .await?;
        writing.commit(event, stamp).await?;
        Ok(seen.next(state))
    }
}
