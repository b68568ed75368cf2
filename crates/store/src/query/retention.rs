//! Which packages are kept here, and which did their partners certify to have erased?

use jiff::Timestamp;

use crate::change::SealedFacts;
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A package that is kept here, or that a partner may still have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptPackage {
    /// Its id.
    pub package: String,
    /// Its transfer.
    pub transfer: String,
    /// The name of the transfer's state.
    pub state: String,
    /// The token of the run that sealed it.
    pub attempt_token: Option<String>,
    /// The exchange.
    pub exchange: String,
    /// The arrangement.
    pub arrangement: String,
    /// Its version.
    pub arrangement_version: u32,
    /// SHA-256 of its outer manifest.
    pub manifest_sha256: String,
    /// When it was sealed.
    pub sealed_at: Timestamp,
    /// Counts, and the day by which the partner erases it.
    pub facts: SealedFacts,
    /// When its receipt was accepted.
    pub receipted_at: Option<Timestamp>,
    /// When its bytes were erased here.
    pub erased_at: Option<Timestamp>,
    /// Whether a delivery was ever begun: then the partner may have it.
    pub was_begun: bool,
    /// Since when it is known to hold somebody who is erased.
    pub person_erased_at: Option<Timestamp>,
    /// When the partner certified to have erased what was in it.
    pub certified_at: Option<Timestamp>,
}

const KEPT: &str = "SELECT package.id AS id, transfer.id AS transfer, transfer.state AS state, \
                    transfer.attempt_token AS attempt_token, transfer.exchange AS exchange, \
                    transfer.arrangement AS arrangement, transfer.arrangement_version AS arrangement_version, \
                    package.manifest_sha256 AS manifest_sha256, package.sealed_at AS sealed_at, \
                    transfer.sealed_json AS sealed_json, package.erased_at AS erased_at, \
                    receipt.accepted_at AS receipted_at, package_erase_due.since AS person_erased_at, \
                    erasure_certificate.accepted_at AS certified_at, \
                    (SELECT count(*) FROM delivery WHERE delivery.transfer = transfer.id) AS begun \
                    FROM package JOIN transfer ON transfer.id = package.transfer \
                    LEFT JOIN receipt ON receipt.package = package.id \
                    LEFT JOIN package_erase_due ON package_erase_due.package = package.id \
                    LEFT JOIN erasure_certificate ON erasure_certificate.package = package.id";

impl Reader {
    /// Packages whose bytes are kept here, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn kept_packages(&self) -> Result<Vec<KeptPackage>, StoreError> {
        let rows = query(format!("{KEPT} WHERE package.erased_at IS NULL ORDER BY package.sealed_at, package.id"));
        rows.fetch_all(&self.pool).await?.iter().map(kept).collect()
    }

    /// Packages that are kept here, or that a partner may have and has not certified to have erased; oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn packages_somewhere(&self) -> Result<Vec<KeptPackage>, StoreError> {
        let rows = query(format!(
            "{KEPT} WHERE package.erased_at IS NULL OR (erasure_certificate.package IS NULL AND EXISTS \
             (SELECT 1 FROM delivery WHERE delivery.transfer = transfer.id)) ORDER BY package.sealed_at, package.id"
        ));
        rows.fetch_all(&self.pool).await?.iter().map(kept).collect()
    }

    /// One package, whatever became of it.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn kept_package(&self, id: &str) -> Result<Option<KeptPackage>, StoreError> {
        let row = query(format!("{KEPT} WHERE package.id = $1")).bind(id);
        row.fetch_optional(&self.pool).await?.as_ref().map(kept).transpose()
    }
}

fn kept(row: &Row) -> Result<KeptPackage, StoreError> {
    let cells = Cells::new(row, "package", "id");
    Ok(KeptPackage {
        package: cells.get("id")?,
        transfer: cells.get("transfer")?,
        state: cells.get("state")?,
        attempt_token: cells.get("attempt_token")?,
        exchange: cells.get("exchange")?,
        arrangement: cells.get("arrangement")?,
        arrangement_version: cells.count("arrangement_version")?,
        manifest_sha256: cells.get("manifest_sha256")?,
        sealed_at: cells.time("sealed_at")?,
        facts: cells.json("sealed_json")?,
        receipted_at: cells.optional_time("receipted_at")?,
        erased_at: cells.optional_time("erased_at")?,
        was_begun: cells.count::<u32>("begun")? > 0,
        person_erased_at: cells.optional_time("person_erased_at")?,
        certified_at: cells.optional_time("certified_at")?,
    })
}
