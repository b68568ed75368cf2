//! Whose signature counts, and under what does it stand?

use std::collections::{BTreeMap, BTreeSet};

use causeway_model::permission::Role;
use jiff::Timestamp;

use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// An officer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Officer {
    /// The name.
    pub name: String,
    /// The roles. A word that an earlier program took and that is no role permits nothing, and is left out.
    pub roles: BTreeSet<Role>,
    /// The partner whose person it is; none for the operation's own.
    pub partner: Option<String>,
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
        let row = query(
            "SELECT name, role, partner, public_key_pem, fingerprint, added_at, revoked_at FROM officer WHERE name = $1",
        );
        let Some(row) = row.bind(name).fetch_optional(&self.pool).await? else { return Ok(None) };
        let mut found = officer(&row)?;
        let roles = query("SELECT officer, role FROM officer_role WHERE officer = $1").bind(name);
        for row in roles.fetch_all(&self.pool).await? {
            found.roles.extend(role(&row)?);
        }
        Ok(Some(found))
    }

    /// All officers, by name.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn officers(&self) -> Result<Vec<Officer>, StoreError> {
        self.officers_after(None, u32::MAX).await
    }

    /// Up to `limit` officers, by name, behind the one named: a page of a list.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn officers_after(&self, after: Option<&str>, limit: u32) -> Result<Vec<Officer>, StoreError> {
        let rows = query(
            "SELECT name, role, partner, public_key_pem, fingerprint, added_at, revoked_at FROM officer \
             WHERE name > $1 ORDER BY name LIMIT $2",
        );
        let rows = rows.bind(after.unwrap_or_default()).bind(limit).fetch_all(&self.pool).await?;
        let mut found = BTreeMap::new();
        for row in &rows {
            let officer = officer(row)?;
            found.insert(officer.name.clone(), officer);
        }
        let (Some(first), Some(last)) = (found.keys().next(), found.keys().next_back()) else { return Ok(Vec::new()) };
        let roles = query("SELECT officer, role FROM officer_role WHERE officer BETWEEN $1 AND $2");
        for row in roles.bind(first).bind(last).fetch_all(&self.pool).await? {
            let name: String = Cells::new(&row, "officer_role", "officer").get("officer")?;
            if let Some(officer) = found.get_mut(&name) {
                officer.roles.extend(role(&row)?);
            }
        }
        Ok(found.into_values().collect())
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
        roles: role(row)?.into_iter().collect(),
        partner: cells.get("partner")?,
        public_key_pem: cells.get("public_key_pem")?,
        fingerprint: cells.get("fingerprint")?,
        added_at: cells.time("added_at")?,
        revoked_at: cells.optional_time("revoked_at")?,
    })
}

fn role(row: &Row) -> Result<Option<Role>, StoreError> {
    Ok(Cells::new(row, "officer", "role").get::<&str>("role")?.parse().ok())
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
