//! What was sealed, and what did the partner say of it?

use jiff::Timestamp;

use crate::change::{ReceiptOutcome, SealedFacts};
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A package as stored: its digests, never its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// Its id.
    pub id: String,
    /// The transfer it belongs to.
    pub transfer: String,
    /// SHA-256 of its outer manifest.
    pub manifest_sha256: String,
    /// SHA-256 of its receipt token.
    pub receipt_token_sha256: String,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// When its bytes were erased.
    pub erased_at: Option<Timestamp>,
}

/// A receipt as accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The package.
    pub package: String,
    /// The receipt, byte for byte.
    pub text: String,
    /// The partner's signature.
    pub signature: String,
    /// What it says.
    pub outcome: ReceiptOutcome,
    /// How many records it says were loaded.
    pub records_loaded: u64,
    /// When it was accepted.
    pub accepted_at: Timestamp,
}

/// A package sealed under an arrangement, as its frequency counts it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The transfer.
    pub transfer: String,
    /// Its exchange.
    pub exchange: String,
    /// When the package was sealed.
    pub sealed_at: Timestamp,
    /// How many records are in it.
    pub records: u64,
}

impl Reader {
    /// Fingerprint of the key that a package is sealed to; none for a package of an older program.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn sealed_to(&self, package: &str) -> Result<Option<String>, StoreError> {
        let row = query("SELECT fingerprint FROM package_key WHERE package = $1").bind(package);
        row.fetch_optional(&self.pool).await?.map(|row| row.only()).transpose()
    }

    /// A package.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn package(&self, id: &str) -> Result<Option<Package>, StoreError> {
        let row = query(
            "SELECT id, transfer, manifest_sha256, receipt_token_sha256, sealed_at, erased_at FROM package \
             WHERE id = $1",
        )
        .bind(id)
        .fetch_optional(&self.pool)
        .await?;
        row.as_ref().map(package).transpose()
    }

    /// Packages whose bytes are not erased, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn held_packages(&self) -> Result<Vec<Package>, StoreError> {
        let rows = query(
            "SELECT id, transfer, manifest_sha256, receipt_token_sha256, sealed_at, erased_at FROM package \
             WHERE erased_at IS NULL ORDER BY sealed_at, id",
        );
        rows.fetch_all(&self.pool).await?.iter().map(package).collect()
    }

    /// A package's receipt.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn receipt(&self, package: &str) -> Result<Option<Receipt>, StoreError> {
        let row = query(
            "SELECT package, text, signature, outcome, records_loaded, accepted_at FROM receipt \
             WHERE package = $1",
        )
        .bind(package);
        row.fetch_optional(&self.pool).await?.as_ref().map(receipt).transpose()
    }

    /// What was sealed under an arrangement, whatever its version, at `since` or later, oldest first. A transfer
    /// that was cancelled or lapsed does not count, unless a program had begun to take its package: the frequency is not used up by what
    /// could not be delivered.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn releases_since(&self, arrangement: &str, since: Timestamp) -> Result<Vec<Release>, StoreError> {
        let rows = query(
            "SELECT transfer.id AS id, transfer.exchange AS exchange, package.sealed_at AS sealed_at, \
             transfer.sealed_json AS sealed_json FROM transfer JOIN package ON package.transfer = transfer.id \
             WHERE transfer.arrangement = $1 AND package.sealed_at >= $2 \
             AND (transfer.state NOT IN ('cancelled', 'lapsed') \
               OR EXISTS (SELECT 1 FROM part_taking WHERE part_taking.package = package.id)) \
             ORDER BY package.sealed_at, transfer.id",
        );
        let rows = rows.bind(arrangement).bind(since.as_microsecond()).fetch_all(&self.pool).await?;
        let mut released = rows.iter().map(release).collect::<Result<Vec<_>, _>>()?;
        released.extend(self.told_since(arrangement, since).await?);
        released.sort_by_key(|one| one.sealed_at);
        Ok(released)
    }
}

fn package(row: &Row) -> Result<Package, StoreError> {
    let cells = Cells::new(row, "package", "id");
    Ok(Package {
        id: cells.get("id")?,
        transfer: cells.get("transfer")?,
        manifest_sha256: cells.get("manifest_sha256")?,
        receipt_token_sha256: cells.get("receipt_token_sha256")?,
        sealed_at: cells.time("sealed_at")?,
        erased_at: cells.optional_time("erased_at")?,
    })
}

fn receipt(row: &Row) -> Result<Receipt, StoreError> {
    let cells = Cells::new(row, "receipt", "package");
    Ok(Receipt {
        package: cells.get("package")?,
        text: cells.get("text")?,
        signature: cells.get("signature")?,
        outcome: cells.named("outcome", ReceiptOutcome::from_name)?,
        records_loaded: cells.count("records_loaded")?,
        accepted_at: cells.time("accepted_at")?,
    })
}

fn release(row: &Row) -> Result<Release, StoreError> {
    let cells = Cells::new(row, "transfer", "id");
    let facts: Option<SealedFacts> = cells.optional_json("sealed_json")?;
    Ok(Release {
        transfer: cells.get("id")?,
        exchange: cells.get("exchange")?,
        sealed_at: cells.time("sealed_at")?,
        records: facts.map_or(0, |facts| facts.released),
    })
}
