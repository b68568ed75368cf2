//! Which secrets are a partner's pseudonyms made with?

use jiff::Timestamp;

use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A change of pseudonyms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RotationRow {
    /// Its id.
    pub id: String,
    /// The partner.
    pub partner: String,
    /// The purpose.
    pub purpose: String,
    /// The exchange in whose folder it is put.
    pub exchange: String,
    /// The name of the file with the secret.
    pub secret: String,
    /// The package of old and new pseudonyms.
    pub package: String,
    /// SHA-256 of its receipt token.
    pub receipt_token_sha256: String,
    /// How many pseudonyms are in it.
    pub pairs: u64,
    /// The keyed digest of them.
    pub digest: String,
    /// The key that it is sealed to.
    pub sealed_to: String,
    /// When it was asked whom the partner has.
    pub people_until: Timestamp,
    /// How many decisions of people were heeded in it.
    pub decisions_seen: u64,
    /// When it began.
    pub begun_at: Timestamp,
    /// When it was where the partner takes it.
    pub delivered_at: Option<Timestamp>,
    /// When the partner acknowledged it: from then on it is in use.
    pub acknowledged_at: Option<Timestamp>,
    /// When it was taken back.
    pub given_up_at: Option<Timestamp>,
}

const ROTATION: &str = "SELECT id, partner, purpose, exchange, secret, package, receipt_token_sha256, pairs, digest, sealed_to, people_until, \
                        decisions_seen, begun_at, delivered_at, acknowledged_at, given_up_at FROM pseudonym_rotation";

impl Reader {
    /// How often the pseudonyms of any partner changed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pseudonyms_changed(&self) -> Result<u64, StoreError> {
        let row =
            query("SELECT 'all' AS id, count(*) AS many FROM pseudonym_rotation WHERE acknowledged_at IS NOT NULL");
        Cells::new(&row.fetch_one(&self.pool).await?, "pseudonym_rotation", "id").count("many")
    }

    /// How many notices, and how many packages of old and new pseudonyms, a partner got or may have; of those sealed to one key if it is
    /// named.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn besides_packages(&self, sealed_to: Option<&str>) -> Result<(u64, u64), StoreError> {
        let row = query(
            "SELECT 'all' AS id, (SELECT count(*) FROM notice WHERE begun_at IS NOT NULL AND ($1 = '' OR sealed_to = $1)) AS notices, \
             (SELECT count(*) FROM pseudonym_rotation WHERE $1 = '' OR sealed_to = $1) AS crosswalks",
        );
        let row = row.bind(sealed_to.unwrap_or_default()).fetch_one(&self.pool).await?;
        let cells = Cells::new(&row, "the notices", "id");
        Ok((cells.count("notices")?, cells.count("crosswalks")?))
    }

    /// The changes of a partner's pseudonyms for a purpose, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn rotations(&self, partner: &str, purpose: &str) -> Result<Vec<RotationRow>, StoreError> {
        let rows = query(format!("{ROTATION} WHERE partner = $1 AND purpose = $2 ORDER BY begun_at, id"));
        rows.bind(partner).bind(purpose).fetch_all(&self.pool).await?.iter().map(rotation).collect()
    }

    /// The change of pseudonyms that was told in this package.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn rotation_of(&self, package: &str) -> Result<Option<RotationRow>, StoreError> {
        let row = query(format!("{ROTATION} WHERE package = $1")).bind(package);
        row.fetch_optional(&self.pool).await?.as_ref().map(rotation).transpose()
    }
}

fn rotation(row: &Row) -> Result<RotationRow, StoreError> {
    let cells = Cells::new(row, "pseudonym_rotation", "id");
    Ok(RotationRow {
        id: cells.get("id")?,
        partner: cells.get("partner")?,
        purpose: cells.get("purpose")?,
        exchange: cells.get("exchange")?,
        secret: cells.get("secret")?,
        package: cells.get("package")?,
        receipt_token_sha256: cells.get("receipt_token_sha256")?,
        pairs: cells.count("pairs")?,
        digest: cells.get("digest")?,
        sealed_to: cells.get("sealed_to")?,
        people_until: cells.time("people_until")?,
        decisions_seen: cells.count("decisions_seen")?,
        begun_at: cells.time("begun_at")?,
        delivered_at: cells.optional_time("delivered_at")?,
        acknowledged_at: cells.optional_time("acknowledged_at")?,
        given_up_at: cells.optional_time("given_up_at")?,
    })
}
