//! How does a partner's next set of pseudonyms come into use? Sealed and told first, acknowledged by the partner, and only then used.

use jiff::Timestamp;

use super::writing::{Applied, Change, Writing};
use crate::db::{query, stored};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A change of pseudonyms that is sealed and about to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginRotation {
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
    /// SHA-256 of its outer manifest.
    pub manifest_sha256: String,
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
}

/// How far a change of pseudonyms has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveRotation {
    /// Its id.
    pub id: String,
    /// Where it comes to.
    pub to: Rotated,
}

/// Where a change of pseudonyms comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// It is where the partner takes it.
    Delivered,
    /// The partner has it, and from now on packages carry the new ones.
    Acknowledged,
    /// It is taken back.
    GivenUp,
}

impl Store {
    /// Keeps a change of pseudonyms, before it leaves.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] while another of that partner and purpose is not acknowledged.
    pub async fn begin_rotation(&self, change: Changed<BeginRotation>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Moves a change of pseudonyms on.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is none that could come there.
    pub async fn move_rotation(&self, change: Changed<MoveRotation>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for BeginRotation {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (actor, micros) = (writing.actor().to_owned(), writing.micros());
        let open = query(
            "SELECT count(*) FROM pseudonym_rotation WHERE partner = $1 AND purpose = $2 \
             AND acknowledged_at IS NULL AND given_up_at IS NULL",
        );
        let open = open.bind(&self.partner).bind(&self.purpose).fetch_one(writing.rows()).await?;
        if open.only::<i64>()? > 0 {
            return Err(StoreError::ChangedMeanwhile { what: "pseudonyms of partner", name: self.partner.clone() });
        }
        query(
            "INSERT INTO pseudonym_rotation (id, partner, purpose, exchange, secret, package, manifest_sha256, \
             receipt_token_sha256, pairs, digest, sealed_to, people_until, begun_at, begun_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(&self.id)
        .bind(&self.partner)
        .bind(&self.purpose)
        .bind(&self.exchange)
        .bind(&self.secret)
        .bind(&self.package)
        .bind(&self.manifest_sha256)
        .bind(&self.receipt_token_sha256)
        .bind(stored(self.pairs, "how many pseudonyms change")?)
        .bind(&self.digest)
        .bind(&self.sealed_to)
        .bind(self.people_until.as_microsecond())
        .bind(micros)
        .bind(actor)
        .execute(writing.rows())
        .await?;
        Applied::NEW
    }
}

impl Change for MoveRotation {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let moved = query(match self.to {
            Rotated::Delivered => {
                "UPDATE pseudonym_rotation SET delivered_at = $1 WHERE id = $2 AND delivered_at IS NULL \
                 AND given_up_at IS NULL"
            }
            Rotated::Acknowledged => {
                "UPDATE pseudonym_rotation SET acknowledged_at = $1 WHERE id = $2 AND acknowledged_at IS NULL \
                 AND given_up_at IS NULL"
            }
            Rotated::GivenUp => {
                "UPDATE pseudonym_rotation SET given_up_at = $1 WHERE id = $2 AND acknowledged_at IS NULL \
                 AND given_up_at IS NULL"
            }
        });
        match moved.bind(micros).bind(&self.id).execute(writing.rows()).await? {
            1 => Applied::NEW,
            _ => {
                let there = query("SELECT count(*) FROM pseudonym_rotation WHERE id = $1").bind(&self.id);
                match there.fetch_one(writing.rows()).await?.only::<i64>()? {
                    0 => Err(StoreError::NotFound { what: "change of pseudonyms", name: self.id.clone() }),
                    _ => Applied::ALREADY,
                }
            }
        }
    }
}
