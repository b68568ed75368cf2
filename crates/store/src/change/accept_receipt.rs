//! How does the partner's receipt count, and count once?

use causeway_model::alert::{Alert, AlertKind, To};
use causeway_model::transfer::Event;

use super::Seen;
use super::state::dispute;
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, named, query, stored};
use crate::outbox::post;
use crate::{Changed, Saved, Stamp, Store, StoreError};

named! {
    /// What the receipt says became of the data.
    ReceiptOutcome {
        /// All records are loaded.
        Accepted = "accepted",
        /// Some are.
        Partial = "partial",
        /// None is.
        Rejected = "rejected",
    }
}

/// A receipt. Whoever calls has verified its signature against the partner's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewReceipt {
    /// The transfer as seen.
    pub seen: Seen,
    /// The package that was opened.
    pub package: String,
    /// SHA-256 of the token in the receipt, lower-case hexadecimal.
    pub token_sha256: String,
    /// The receipt, byte for byte as it was signed.
    pub text: String,
    /// The partner's signature.
    pub signature: String,
    /// What it says.
    pub outcome: ReceiptOutcome,
    /// How many records it says were loaded.
    pub records_loaded: u64,
    /// In what it disagrees with what was sent, by stable codes: it is then disputed, as a rejection always is.
    pub disagreements: Vec<&'static str>,
}

impl Store {
    /// Accepts a receipt. The same one again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::ReceiptUnproven`] when the token is not the package's or the package not the transfer's;
    /// [`StoreError::ReceiptReplayed`] when the package has another receipt.
    pub async fn accept_receipt(&self, change: Changed<NewReceipt>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewReceipt {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let Self { seen, package, text, signature, .. } = self;
        let micros = writing.micros();
        let row = query("SELECT id, transfer, receipt_token_sha256 FROM package WHERE id = $1").bind(package);
        let row = row.fetch_optional(writing.rows()).await?;
        let Some(row) = row else { return Err(StoreError::NotFound { what: "package", name: package.clone() }) };
        let cells = Cells::new(&row, "package", "id");
        let proven = cells.get::<&str>("receipt_token_sha256")? == self.token_sha256;
        if !proven || cells.get::<&str>("transfer")? != seen.transfer {
            return Err(StoreError::ReceiptUnproven { package: package.clone() });
        }
        let there = query("SELECT package, text, signature FROM receipt WHERE package = $1").bind(package);
        if let Some(row) = there.fetch_optional(writing.rows()).await? {
            let cells = Cells::new(&row, "receipt", "package");
            let same = cells.get::<&str>("text")? == text && cells.get::<&str>("signature")? == signature;
            return if same { Applied::ALREADY } else { Err(StoreError::ReceiptReplayed { package: package.clone() }) };
        }
        let disputed = !self.disagreements.is_empty() || self.outcome == ReceiptOutcome::Rejected;
        let step = if disputed { Event::Dispute } else { Event::Acknowledge };
        seen.advance(writing, step).await?;
        query(
            "INSERT INTO receipt (package, text, signature, outcome, records_loaded, accepted_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(package)
        .bind(text)
        .bind(signature)
        .bind(self.outcome.name())
        .bind(stored(self.records_loaded, "the number of records loaded")?)
        .bind(micros)
        .execute(writing.rows())
        .await?;
        if !self.disagreements.is_empty() {
            dispute(writing, package, &self.disagreements).await?;
        }
        if disputed {
            let alert = Alert::new(AlertKind::ReceiptDisputed, To::Staff, &seen.transfer).with("package", package);
            post(writing.rows(), &alert, micros).await?;
        }
        Applied::NEW
    }
}
