//! Whose signature counts, and under what does it stand?

use jiff::Timestamp;

use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// An officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// The name.
    pub name: String,
    /// The office held.
    pub role: String,
    /// The public key, PEM.
    pub public_key_pem: String,
    /// The key's fingerprint.
    pub fingerprint: String,
    /// Since when.
    pub added_at: Timestamp,
    /// From when on the key does not count any more.
    pub revoked_at: Option<Timestamp>,
}

/// An officer's signature under a version of an arrangement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// The arrangement.
    pub arrangement: String,
    /// Its version.
    pub version: u32,
    /// The digest of the text signed.
    pub sha256: String,
    /// Who signed.
    pub officer: String,
    /// The signature, hexadecimal.
    pub signature: String,
    /// When it came in.
    pub approved_at: Timestamp,
}

impl Reader {
    /// An officer, also one whose key is revoked.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn officer(&self, name: &str) -> Result<Option<Officer>, StoreError> {
        let row =
            query("SELECT name, role, public_key_pem, fingerprint, added_at, revoked_at FROM officer WHERE name = $1");
        row.bind(name).fetch_optional(&self.pool).await?.as_ref().map(officer).transpose()
    }

    /// All officers, by name.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn officers(&self) -> Result<Vec<Officer>, StoreError> {
        let rows =
            query("SELECT name, role, public_key_pem, fingerprint, added_at, revoked_at FROM officer ORDER BY name");
        rows.fetch_all(&self.pool).await?.iter().map(officer).collect()
    }

    /// The approvals of a version of an arrangement, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn approvals(&self, arrangement: &str, version: u32) -> Result<Vec<Approval>, StoreError> {
        let rows = query(
            "SELECT arrangement, version, sha256, officer, signature, approved_at FROM approval \
             WHERE arrangement = $1 AND version = $2 ORDER BY approved_at, officer",
        );
        rows.bind(arrangement).bind(version).fetch_all(&self.pool).await?.iter().map(approval).collect()
    }
}

fn officer(row: &Row) -> Result<Officer, StoreError> {
    let cells = Cells::new(row, "officer", "name");
    Ok(Officer {
        name: cells.get("name")?,
        role: cells.get("role")?,
        public_key_pem: cells.get("public_key_pem")?,
        fingerprint: cells.get("fingerprint")?,
        added_at: cells.time("added_at")?,
        revoked_at: cells.optional_time("revoked_at")?,
    })
}

fn approval(row: &Row) -> Result<Approval, StoreError> {
    let cells = Cells::new(row, "approval", "arrangement");
    Ok(Approval {
        arrangement: cells.get("arrangement")?,
        version: cells.count("version")?,
        sha256: cells.get("sha256")?,
        officer: cells.get("officer")?,
        signature: cells.get("signature")?,
        approved_at: cells.time("approved_at")?,
    })
}
