//! Which tokens do partners' programs hold, and which proofs were used? Neither is governance, so nothing here enters the ledger: what
//! is done with a token has its entry.

use jiff::Timestamp;

use crate::db::{Cells, Transaction, query};
use crate::step::{Step, Steps};
use crate::{Reader, Store, StoreError};

/// A token that is to be made: for a client that is not revoked, by a proof that was not used.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The client.
    pub client: String,
    /// SHA-256 of what the proof is told apart by, and when the proof ends; none where a certificate proved it.
    pub proof: Option<(String, Timestamp)>,
    /// The thumbprint of the key, or SHA-256 of the certificate or password, that proved it.
    pub proven_by: String,
    /// SHA-256 of the token.
    pub sha256: String,
    /// What it is for, a blank between.
    pub scopes: String,
    /// The certificate that must be shown with it.
    pub certificate: Option<String>,
    /// Now.
    pub now: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issued {
    /// It counts from now on.
    Now,
    /// The proof was used before.
    UsedBefore,
    /// The client is revoked, or what proved it has ended.
    NotAnyMore,
}

/// A token that counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRow {
    /// The client.
    pub client: String,
    /// Its partner.
    pub partner: String,
    /// What it is for.
    pub scopes: Vec<String>,
    /// The certificate that must be shown with it.
    pub certificate: Option<String>,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What makes tokens, also from a task of its own.
#[derive(Clone, Debug)]
pub struct Tokens {
    steps: Steps,
}

impl Store {
    /// What makes tokens.
    #[must_use]
    pub fn tokens(&self) -> Tokens {
        Tokens { steps: Steps::of(self) }
    }
}

impl Tokens {
    /// Makes a token, and forgets what has ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn issue(&self, token: &NewToken) -> Result<Issued, StoreError> {
        self.steps.take(token).await
    }
}

impl Reader {
    /// The token of this SHA-256, if it counts: it has not ended, and its client is not revoked.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn token(&self, sha256: &str, now: Timestamp) -> Result<Option<TokenRow>, StoreError> {
        let row = query(
            "SELECT t.sha256 AS sha256, t.client AS client, c.partner AS partner, t.scopes AS scopes, \
             t.certificate AS certificate, t.expires_at AS expires_at FROM access_token t \
             JOIN client c ON c.name = t.client WHERE t.sha256 = $1 AND t.expires_at > $2 AND c.revoked_at IS NULL",
        );
        let row = row.bind(sha256).bind(now.as_microsecond()).fetch_optional(&self.pool).await?;
        row.map(|row| {
            let cells = Cells::new(&row, "access_token", "client");
            Ok(TokenRow {
                client: cells.get("client")?,
                partner: cells.get("partner")?,
                scopes: cells.get::<&str>("scopes")?.split(' ').map(str::to_owned).collect(),
                certificate: cells.get("certificate")?,
                expires_at: cells.time("expires_at")?,
            })
        })
        .transpose()
    }
}

impl Step for NewToken {
    type Outcome = Issued;

    async fn apply(&self, rows: &mut Transaction) -> Result<Issued, StoreError> {
        let now = self.now.as_microsecond();
        let counts = query(
            "SELECT (SELECT count(*) FROM client c JOIN client_key k ON k.client = c.name WHERE c.name = $1 AND c.revoked_at IS NULL \
             AND k.thumbprint = $2 AND (k.ends_at IS NULL OR k.ends_at > $3)) \
             + (SELECT count(*) FROM client c JOIN client_certificate k ON k.client = c.name WHERE c.name = $1 \
             AND c.revoked_at IS NULL AND k.sha256 = $2 AND (k.ends_at IS NULL OR k.ends_at > $3)) \
             + (SELECT count(*) FROM client c JOIN client_secret k ON k.client = c.name WHERE c.name = $1 \
             AND c.revoked_at IS NULL AND k.password_sha256 = $2)",
        );
        let counts = counts.bind(&self.client).bind(&self.proven_by).bind(now);
        if counts.fetch_one(&mut *rows).await?.only::<i64>()? == 0 {
            return Ok(Issued::NotAnyMore);
        }
        for ended in
            ["DELETE FROM access_token WHERE expires_at <= $1", "DELETE FROM assertion_seen WHERE expires_at <= $1"]
        {
            query(ended).bind(now).execute(rows).await?;
        }
        if let Some((jti, ends)) = &self.proof {
            let seen = query(
                "INSERT INTO assertion_seen (client, jti_sha256, expires_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
            );
            let seen = seen.bind(&self.client).bind(jti).bind(ends.as_microsecond());
            if seen.execute(rows).await? == 0 {
                return Ok(Issued::UsedBefore);
            }
        }
        query(
            "INSERT INTO access_token (sha256, client, scopes, certificate, issued_at, expires_at) \
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(&self.sha256)
        .bind(&self.client)
        .bind(&self.scopes)
        .bind(&self.certificate)
        .bind(now)
        .bind(self.expires_at.as_microsecond())
        .execute(rows)
        .await?;
        Ok(Issued::Now)
    }
}
