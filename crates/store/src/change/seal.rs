//! How does a package come to exist? By this commit: before it there is only ciphertext in staging.

use std::collections::BTreeSet;

use causeway_model::environment::DataKind;
use causeway_model::transfer::Event;
use causeway_model::{ElementRef, Form};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Seen;
use super::alarm::tell_of_unusual;
use super::move_arrangement::demand_open;
use super::partner_key::demand_not_revoked;
use super::record_decision::demand_same_decisions;
use super::rotation::demand_same_pseudonyms;
use super::state::{PackageState, demand_base, demand_undisputed, keep};
use super::synthetic_only::demand_real;
use super::writing::{Applied, Change, Writing};
use crate::db::{query, stored, to_json};
use crate::query::next_sequence;
use crate::{Changed, Safeguard, Stamp, Store, StoreError};

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

/// An element of which something left, and its form.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedElement {
    /// The element.
    pub element: ElementRef,
    /// The form in which it left.
    pub form: Form,
}

/// What left in a package: kept, so that nobody has to work it out later from what has changed since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageContent {
    /// The entity whose keys the disclosure set was made of.
    pub subject: String,
    /// How many people are in the set.
    pub people: u64,
    /// Version of the exchange by which it was made.
    pub exchange_version: u32,
    /// The catalogue by which it was made.
    pub catalogue: String,
    /// Its version.
    pub catalogue_version: u32,
    /// Each element with its form.
    pub elements: BTreeSet<SharedElement>,
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
    /// Fingerprint of the key that it is sealed to.
    pub sealed_to: String,
    /// The exchange's sequence number in the inner manifest.
    pub sequence: u64,
    /// Counts and digests.
    pub facts: SealedFacts,
    /// What leaves in it.
    pub content: PackageContent,
    /// The state that it leads to, where its exchange is sent as states.
    pub state: Option<PackageState>,
    /// Whose data the signed manifest says that it holds.
    pub data: DataKind,
    /// SHA-256 of the receipt token in the inner manifest, lower-case hexadecimal.
    pub receipt_token_sha256: String,
    /// How many decisions of people were recorded when it was looked whom it may hold.
    pub decisions_seen: u64,
    /// How often pseudonyms had changed when they were looked up for it.
    pub pseudonyms_seen: u64,
}

impl Store {
    /// Stores a sealed package and its transfer's state.
    ///
    /// # Errors
    /// [`StoreError::StaleAttempt`] when another run has the transfer, [`StoreError::OutOfSequence`] when another
    /// transfer of the exchange took the number, [`StoreError::Taken`] when the package id is used,
    /// [`StoreError::ChangedMeanwhile`] when the arrangement is out of force, the key revoked, a state disputed, people decided something or
    /// pseudonyms changed since, [`StoreError::Denied`] when
    /// the data are real and the partner is for invented people only.
    pub async fn seal(&self, change: Changed<SealTransfer>, stamp: Stamp) -> Result<Seen, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for SealTransfer {
    type Outcome = Seen;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Seen>, StoreError> {
        let (seen, micros) = (&self.seen, writing.micros());
        let used = query("SELECT count(*) FROM package WHERE id = $1").bind(&self.package);
        if used.fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            return Err(StoreError::Taken { what: "package", name: self.package.clone() });
        }
        let safeguards = writing.safeguards();
        if safeguards.stand(Safeguard::TermsAtSealing) {
            demand_open(writing, &seen.transfer).await?;
        }
        if self.data == DataKind::Real {
            demand_real(writing.rows(), &seen.transfer).await?;
        }
        if safeguards.stand(Safeguard::KeyAtSealing) {
            demand_not_revoked(writing.rows(), &self.sealed_to).await?;
        }
        if safeguards.stand(Safeguard::DecisionsAtSealing) {
            demand_same_decisions(writing.rows(), self.decisions_seen).await?;
        }
        demand_same_pseudonyms(writing.rows(), self.pseudonyms_seen).await?;
        let seal = Event::Seal { package: self.package.clone() };
        let state = seen.advance_attempt(writing, Some(&self.token), seal).await?;
        let exchange = query("SELECT exchange FROM transfer WHERE id = $1").bind(&seen.transfer);
        let exchange: String = exchange.fetch_one(writing.rows()).await?.only()?;
        tell_of_unusual(writing, self, &exchange).await?;
        let next = next_sequence(writing.rows(), &exchange).await?;
        if next != self.sequence {
            return Err(StoreError::OutOfSequence { exchange, next, sealed: self.sequence });
        }
        if let Some(state) = &self.state {
            demand_undisputed(writing, &exchange).await?;
            demand_base(writing, state).await?;
        }
        query("UPDATE transfer SET sequence = $1, sealed_json = $2 WHERE id = $3")
            .bind(stored(self.sequence, "the sequence number")?)
            .bind(to_json(&self.facts)?)
            .bind(&seen.transfer)
            .execute(writing.rows())
            .await?;
        query(
            "INSERT INTO package (id, transfer, manifest_sha256, receipt_token_sha256, sealed_at) \
             VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&self.package)
        .bind(&seen.transfer)
        .bind(&self.facts.manifest_sha256)
        .bind(&self.receipt_token_sha256)
        .bind(micros)
        .execute(writing.rows())
        .await?;
        let key = query("INSERT INTO package_key (package, fingerprint) VALUES ($1, $2)");
        key.bind(&self.package).bind(&self.sealed_to).execute(writing.rows()).await?;
        let PackageContent { subject, people, exchange_version, catalogue, catalogue_version, elements } =
            &self.content;
        query(
            "INSERT INTO package_content (package, subject, people, exchange_version, catalogue, catalogue_version, \
             elements_json) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&self.package)
        .bind(subject)
        .bind(stored(*people, "how many people are in it")?)
        .bind(*exchange_version)
        .bind(catalogue)
        .bind(*catalogue_version)
        .bind(to_json(elements)?)
        .execute(writing.rows())
        .await?;
        if let Some(state) = &self.state {
            keep(writing, &self.package, state).await?;
        }
        Ok(Applied::Changed(seen.next(state)))
    }
}
