//! With whom do we exchange, and under which keys?

use causeway_model::partner::{Attestation, KeyPurpose, Profile, State};
use jiff::Timestamp;

use crate::change::PartnerState;
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// The name by which documents call it.
    pub name: String,
    /// Its title, for people.
    pub title: String,
    /// The age recipient that packages are encrypted to.
    pub age_recipient: String,
    /// The key that signs its receipts, PEM.
    pub signing_key_pem: String,
    /// The confirmed fingerprint over its keys.
    pub fingerprint: String,
    /// Its state's name, as it is searched by.
    pub state: PartnerState,
    /// When it was added.
    pub added_at: Timestamp,
    /// By whom.
    pub added_by: String,
}

/// How far the acquaintance with a partner has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerLife {
    /// Who it is.
    pub profile: Profile,
    /// Its state, with its keys.
    pub state: State,
    /// SHA-256 of the only answer to the newest challenge, and when it was put.
    pub challenge: Option<(String, Timestamp)>,
}

/// A key that a partner handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartnerKey {
    /// Its fingerprint.
    pub fingerprint: String,
    /// What it is for.
    pub purpose: KeyPurpose,
    /// The public key: an age recipient, or PEM.
    pub text: String,
    /// When it came in.
    pub registered_at: Timestamp,
    /// Who brought it in.
    pub registered_by: String,
    /// When it was revoked.
    pub revoked_at: Option<Timestamp>,
}

impl Reader {
    /// How far the acquaintance with a partner has come.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn partner_life(&self, name: &str) -> Result<Option<PartnerLife>, StoreError> {
        let row = query(
            "SELECT partner, profile_json, state_json, challenge_sha256, challenged_at FROM partner_life WHERE partner = $1",
        );
        let Some(row) = row.bind(name).fetch_optional(&self.pool).await? else { return Ok(None) };
        let cells = Cells::new(&row, "partner_life", "partner");
        let challenge = cells.get::<Option<String>>("challenge_sha256")?.zip(cells.optional_time("challenged_at")?);
        Ok(Some(PartnerLife { profile: cells.json("profile_json")?, state: partner_state(&cells)?, challenge }))
    }

    /// The keys that a partner handed in, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn partner_keys(&self, name: &str) -> Result<Vec<PartnerKey>, StoreError> {
        let rows = query(
            "SELECT fingerprint, purpose, key_text, registered_at, registered_by, revoked_at FROM partner_key \
             WHERE partner = $1 ORDER BY registered_at, purpose, fingerprint",
        );
        rows.bind(name).fetch_all(&self.pool).await?.iter().map(partner_key).collect()
    }

    /// Whether a key was revoked, whosever it is.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn key_is_revoked(&self, fingerprint: &str) -> Result<bool, StoreError> {
        let rows = query("SELECT count(*) FROM partner_key WHERE fingerprint = $1 AND revoked_at IS NOT NULL");
        Ok(rows.bind(fingerprint).fetch_one(&self.pool).await?.only::<i64>()? > 0)
    }

    /// What a partner has stated of its readiness, by kind and time.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn attestations(&self, partner: &str) -> Result<Vec<Attestation>, StoreError> {
        let rows = query(
            "SELECT partner, kind, evidence, valid_until, stated_by, accepted_by FROM attestation \
             WHERE partner = $1 ORDER BY kind, stated_at, valid_until, evidence",
        );
        rows.bind(partner).fetch_all(&self.pool).await?.iter().map(attestation).collect()
    }

    /// A partner.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn partner(&self, name: &str) -> Result<Option<Partner>, StoreError> {
        let row = query(
            "SELECT name, title, age_recipient, signing_key_pem, fingerprint, state, added_at, added_by \
             FROM partner WHERE name = $1",
        );
        row.bind(name).fetch_optional(&self.pool).await?.as_ref().map(partner).transpose()
    }

    /// All partners, by name.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn partners(&self) -> Result<Vec<Partner>, StoreError> {
        let rows = query(
            "SELECT name, title, age_recipient, signing_key_pem, fingerprint, state, added_at, added_by \
             FROM partner ORDER BY name",
        );
        rows.fetch_all(&self.pool).await?.iter().map(partner).collect()
    }

    /// Up to `limit` partners, by name, behind the one named: a page of a list.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn partners_after(&self, after: Option<&str>, limit: u32) -> Result<Vec<Partner>, StoreError> {
        let rows = query(
            "SELECT name, title, age_recipient, signing_key_pem, fingerprint, state, added_at, added_by \
             FROM partner WHERE name > $1 ORDER BY name LIMIT $2",
        );
        rows.bind(after.unwrap_or_default()).bind(limit).fetch_all(&self.pool).await?.iter().map(partner).collect()
    }
}

fn partner(row: &Row) -> Result<Partner, StoreError> {
    let cells = Cells::new(row, "partner", "name");
    Ok(Partner {
        name: cells.get("name")?,
        title: cells.get("title")?,
        age_recipient: cells.get("age_recipient")?,
        signing_key_pem: cells.get("signing_key_pem")?,
        fingerprint: cells.get("fingerprint")?,
        state: cells.named("state", PartnerState::from_name)?,
        added_at: cells.time("added_at")?,
        added_by: cells.get("added_by")?,
    })
}

fn partner_key(row: &Row) -> Result<PartnerKey, StoreError> {
    let cells = Cells::new(row, "partner_key", "fingerprint");
    Ok(PartnerKey {
        fingerprint: cells.get("fingerprint")?,
        purpose: cells.named("purpose", |word| word.parse().ok())?,
        text: cells.get("key_text")?,
        registered_at: cells.time("registered_at")?,
        registered_by: cells.get("registered_by")?,
        revoked_at: cells.optional_time("revoked_at")?,
    })
}

fn attestation(row: &Row) -> Result<Attestation, StoreError> {
    let cells = Cells::new(row, "attestation", "partner");
    Ok(Attestation {
        kind: cells.named("kind", |word| word.parse().ok())?,
        evidence: cells.get("evidence")?,
        stated_by: cells.get("stated_by")?,
        valid_until: cells.named("valid_until", |word| word.parse().ok())?,
        accepted_by: cells.get("accepted_by")?,
    })
}

/// A partner's state, of a row of `partner_life`.
pub(crate) fn partner_state(cells: &Cells<'_>) -> Result<State, StoreError> {
    cells.json("state_json")
}
