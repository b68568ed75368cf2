//! What is kept of invented people's packages: for which keys, that they were made, and that they were received?

use causeway_model::{Code, Refused};

use super::ReceiptOutcome;
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query, stored};
use crate::query::next_run;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// The keys with which a partner takes part in sandboxes. They take the place of those before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxKeys {
    /// The partner.
    pub partner: String,
    /// The age recipient that packages of sandboxes are encrypted to.
    pub age_recipient: String,
    /// The key that signs receipts of sandboxes, PEM.
    pub signing_key_pem: String,
    /// Fingerprints of both, with a blank between.
    pub fingerprint: String,
}

/// A package of invented people that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSandboxRun {
    /// The package's id.
    pub package: String,
    /// The sandbox.
    pub sandbox: String,
    /// Number of the run within the sandbox.
    pub sequence: u64,
    /// The partner.
    pub partner: String,
    /// How many records are in it.
    pub released: u64,
    /// The keyed digest over the records.
    pub digest: String,
    /// SHA-256 of the outer manifest, lower-case hexadecimal.
    pub manifest_sha256: String,
    /// SHA-256 of the receipt token in the inner manifest, lower-case hexadecimal.
    pub receipt_token_sha256: String,
}

/// A partner's receipt for it. Whoever calls has verified signature, token and counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SandboxReceipt {
    /// The package.
    pub package: String,
    /// What the receipt says.
    pub outcome: ReceiptOutcome,
    /// How many records it says were loaded.
    pub records_loaded: u64,
    /// Whether it disagrees with what was sent.
    pub disputed: bool,
    /// SHA-256 of the receipt, lower-case hexadecimal.
    pub sha256: String,
}

impl Store {
    /// Brings in a partner's keys for sandboxes.
    ///
    /// # Errors
    /// [`StoreError::Denied`] when one of them is anybody's key for real people's data.
    pub async fn sandbox_keys(&self, change: Changed<SandboxKeys>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Keeps that a package of invented people was made.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such sandbox, [`StoreError::OutOfSequence`] when another run took the number.
    pub async fn sandbox_run(&self, change: Changed<NewSandboxRun>, stamp: Stamp) -> Result<(), StoreError> {
        self.save(change, stamp).await
    }

    /// Keeps the receipt for it. The same one again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when no sandbox made the package, [`StoreError::ReceiptReplayed`] when it has another receipt.
    pub async fn sandbox_receipt(&self, change: Changed<SandboxReceipt>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for SandboxKeys {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        let signing = self.fingerprint.split(' ').next_back().unwrap_or_default();
        // A partner's fingerprints are those of its recipient and of its signing key, each of fifty characters.
        let real = query(
            "SELECT (SELECT count(*) FROM partner WHERE age_recipient = $1 OR substr(fingerprint, 52) = $2) \
             + (SELECT count(*) FROM officer WHERE fingerprint = $2)",
        );
        if real.bind(&self.age_recipient).bind(signing).fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            let detail = "it is a key for real people's data already: a sandbox takes keys of its own";
            let source = Refused::one(Code::KeyEnvironment, &self.partner, detail);
            return Err(StoreError::Denied { what: "partner", name: self.partner.clone(), source });
        }
        let there = query("SELECT partner, age_recipient, fingerprint FROM sandbox_key WHERE partner = $1");
        if let Some(row) = there.bind(&self.partner).fetch_optional(writing.rows()).await? {
            let cells = Cells::new(&row, "sandbox_key", "partner");
            if cells.get::<&str>("fingerprint")? == self.fingerprint {
                return Applied::ALREADY;
            }
            query("DELETE FROM sandbox_key WHERE partner = $1").bind(&self.partner).execute(writing.rows()).await?;
        }
        query(
            "INSERT INTO sandbox_key (partner, age_recipient, signing_key_pem, fingerprint, added_at, added_by) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&self.partner)
        .bind(&self.age_recipient)
        .bind(&self.signing_key_pem)
        .bind(&self.fingerprint)
        .bind(micros)
        .bind(actor)
        .execute(writing.rows())
        .await?;
        Applied::NEW
    }
}

impl Change for NewSandboxRun {
    type Outcome = ();

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<()>, StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        let known = query("SELECT count(*) FROM sandbox WHERE exchange = $1").bind(&self.sandbox);
        if known.fetch_one(writing.rows()).await?.only::<i64>()? == 0 {
            return Err(StoreError::NotFound { what: "sandbox", name: self.sandbox.clone() });
        }
        let next = next_run(writing.rows(), &self.sandbox).await?;
        if next != self.sequence {
            return Err(StoreError::OutOfSequence { exchange: self.sandbox.clone(), next, sealed: self.sequence });
        }
        query(
            "INSERT INTO sandbox_run (package, sandbox, sequence, partner, released, digest, manifest_sha256, \
             receipt_token_sha256, made_at, made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        )
        .bind(&self.package)
        .bind(&self.sandbox)
        .bind(stored(self.sequence, "the sequence number")?)
        .bind(&self.partner)
        .bind(stored(self.released, "the number of records")?)
        .bind(&self.digest)
        .bind(&self.manifest_sha256)
        .bind(&self.receipt_token_sha256)
        .bind(micros)
        .bind(actor)
        .execute(writing.rows())
        .await?;
        Ok(Applied::Changed(()))
    }
}

impl Change for SandboxReceipt {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let row = query("SELECT package, receipt_sha256 FROM sandbox_run WHERE package = $1").bind(&self.package);
        let row = row.fetch_optional(writing.rows()).await?;
        let unknown = || StoreError::NotFound { what: "package of a sandbox", name: self.package.clone() };
        let row = row.ok_or_else(unknown)?;
        let had: Option<String> = Cells::new(&row, "sandbox_run", "package").get("receipt_sha256")?;
        match had {
            Some(had) if had == self.sha256 => return Applied::ALREADY,
            Some(_) => return Err(StoreError::ReceiptReplayed { package: self.package.clone() }),
            None => {}
        }
        query(
            "UPDATE sandbox_run SET outcome = $1, records_loaded = $2, disputed = $3, receipt_sha256 = $4, received_at = $5 \
             WHERE package = $6",
        )
        .bind(self.outcome.name())
        .bind(stored(self.records_loaded, "the number of records loaded")?)
        .bind(self.disputed)
        .bind(&self.sha256)
        .bind(micros)
        .bind(&self.package)
        .execute(writing.rows())
        .await?;
        Applied::NEW
    }
}
