//! Which programs of partners may ask here, and by what are they known?

use jiff::Timestamp;

use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// Never `*`: a column that a newer program adds must not change what a running one has prepared.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT name, partner, acts_as, registration, made_at, added_at, added_by, revoked_at FROM client",
            $rest
        )
    };
}

/// A partner's program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientRow {
    /// Its name.
    pub name: String,
    /// The partner.
    pub partner: String,
    /// As whom it acts: a partner's role.
    pub acts_as: String,
    /// What the partner signed about it last.
    pub registration: String,
    /// When that was made, as it says.
    pub made_at: Timestamp,
    /// Since when it is known.
    pub added_at: Timestamp,
    /// Who brought it in.
    pub added_by: String,
    /// From when on it may ask nothing.
    pub revoked_at: Option<Timestamp>,
    /// What it may be about.
    pub scopes: Vec<String>,
}

/// What a program proves itself by that cannot sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientSecret {
    /// By what its partner is known at that door.
    pub partner_id: String,
    /// SHA-256 of its password.
    pub password_sha256: String,
    /// SHA-256 of its subscription key.
    pub key_sha256: String,
}

/// A public key or a certificate of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientKeyRow {
    /// Its thumbprint; of a certificate SHA-256.
    pub thumbprint: String,
    /// `sig`, `enc` or `certificate`.
    pub usage: String,
    /// The key, a JWK; empty of a certificate.
    pub jwk: String,
    /// Since when.
    pub added_at: Timestamp,
    /// Until when, where that is known.
    pub ends_at: Option<Timestamp>,
}

impl ClientKeyRow {
    /// Whether it counts at `now`.
    #[must_use]
    pub fn counts(&self, now: Timestamp) -> bool {
        self.ends_at.is_none_or(|ends| ends > now)
    }
}

impl Reader {
    /// A program, also one that is revoked.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn client(&self, name: &str) -> Result<Option<ClientRow>, StoreError> {
        let row = query(select!(" WHERE name = $1")).bind(name).fetch_optional(&self.pool).await?;
        let Some(row) = row else { return Ok(None) };
        Ok(Some(self.with_scopes(client(&row)?).await?))
    }

    /// Up to `limit` programs by name, behind the one named: of all partners.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn clients_after(&self, after: Option<&str>, limit: u32) -> Result<Vec<ClientRow>, StoreError> {
        let rows = query(select!(" WHERE name > $1 ORDER BY name LIMIT $2")).bind(after.unwrap_or_default());
        let mut found = Vec::new();
        for row in &rows.bind(limit).fetch_all(&self.pool).await? {
            found.push(self.with_scopes(client(row)?).await?);
        }
        Ok(found)
    }

    /// Keys and certificates of a program, the oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn client_keys(&self, name: &str) -> Result<Vec<ClientKeyRow>, StoreError> {
        let rows = query(
            "SELECT thumbprint, usage, jwk, added_at, ends_at FROM client_key WHERE client = $1 UNION ALL \
             SELECT sha256, 'certificate', '', added_at, ends_at FROM client_certificate WHERE client = $1 \
             ORDER BY added_at, thumbprint",
        );
        rows.bind(name).fetch_all(&self.pool).await?.iter().map(key).collect()
    }

    /// The secrets of a program that has some.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn client_secret(&self, name: &str) -> Result<Option<ClientSecret>, StoreError> {
        let row = query("SELECT client, partner_id, password_sha256, key_sha256 FROM client_secret WHERE client = $1");
        let row = row.bind(name).fetch_optional(&self.pool).await?;
        row.map(|row| {
            let cells = Cells::new(&row, "client_secret", "client");
            Ok(ClientSecret {
                partner_id: cells.get("partner_id")?,
                password_sha256: cells.get("password_sha256")?,
                key_sha256: cells.get("key_sha256")?,
            })
        })
        .transpose()
    }

    /// Whether a program that is not revoked may be about this.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_granted(&self, scope: &str) -> Result<bool, StoreError> {
        let count = query(
            "SELECT count(*) FROM client_grant g JOIN client c ON c.name = g.client \
             WHERE g.scope = $1 AND c.revoked_at IS NULL",
        );
        Ok(count.bind(scope).fetch_one(&self.pool).await?.only::<i64>()? > 0)
    }

    async fn with_scopes(&self, mut client: ClientRow) -> Result<ClientRow, StoreError> {
        let rows = query("SELECT scope FROM client_grant WHERE client = $1 ORDER BY scope").bind(&client.name);
        for row in rows.fetch_all(&self.pool).await? {
            client.scopes.push(row.only()?);
        }
        Ok(client)
    }
}

fn client(row: &Row) -> Result<ClientRow, StoreError> {
    let cells = Cells::new(row, "client", "name");
    Ok(ClientRow {
        name: cells.get("name")?,
        partner: cells.get("partner")?,
        acts_as: cells.get("acts_as")?,
        registration: cells.get("registration")?,
        made_at: cells.time("made_at")?,
        added_at: cells.time("added_at")?,
        added_by: cells.get("added_by")?,
        revoked_at: cells.optional_time("revoked_at")?,
        scopes: Vec::new(),
    })
}

fn key(row: &Row) -> Result<ClientKeyRow, StoreError> {
    let cells = Cells::new(row, "client_key", "thumbprint");
    Ok(ClientKeyRow {
        thumbprint: cells.get("thumbprint")?,
        usage: cells.get("usage")?,
        jwk: cells.get("jwk")?,
        added_at: cells.time("added_at")?,
        ends_at: cells.optional_time("ends_at")?,
    })
}
