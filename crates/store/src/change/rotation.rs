//! How does a partner's next set of pseudonyms come into use? Sealed and told first, acknowledged by the partner, and only then used.

use jiff::Timestamp;

use super::partner_key::demand_not_revoked;
use super::record_decision::demand_same_decisions;
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, Transaction, query, stored};
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
    /// How many decisions of people were heeded in it.
    pub decisions_seen: u64,
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
    /// [`StoreError::ChangedMeanwhile`] while another of that partner and purpose is not acknowledged, and when people decided something
    /// or the key was revoked since it was made.
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
        demand_not_revoked(writing.rows(), &self.sealed_to).await?;
        demand_same_decisions(writing.rows(), self.decisions_seen).await?;
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
             receipt_token_sha256, pairs, digest, sealed_to, people_until, decisions_seen, begun_at, begun_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
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
        .bind(stored(self.decisions_seen, "the number of decisions")?)
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
                let there = query(
                    "SELECT id, delivered_at, acknowledged_at, given_up_at FROM pseudonym_rotation WHERE id = $1",
                );
                let row = there.bind(&self.id).fetch_optional(writing.rows()).await?;
                let missing = || StoreError::NotFound { what: "change of pseudonyms", name: self.id.clone() };
                let row = row.ok_or_else(missing)?;
                let cells = Cells::new(&row, "pseudonym_rotation", "id");
                let is_so = cells.get::<Option<i64>>(match self.to {
                    Rotated::Delivered => "delivered_at",
                    Rotated::Acknowledged => "acknowledged_at",
                    Rotated::GivenUp => "given_up_at",
                })?;
                match is_so {
                    Some(_) => Applied::ALREADY,
                    // Somebody ended it otherwise meanwhile.
                    None => Err(StoreError::ChangedMeanwhile { what: "change of pseudonyms", name: self.id.clone() }),
                }
            }
        }
    }
}

/// Refuses what was made while pseudonyms were others: they changed for somebody since they were looked up.
pub(super) async fn demand_same_pseudonyms(rows: &mut Transaction, seen: u64) -> Result<(), StoreError> {
    let there =
        query("SELECT count(*) FROM pseudonym_rotation WHERE acknowledged_at IS NOT NULL").fetch_one(rows).await?;
    match there.only::<i64>()? == stored(seen, "how often pseudonyms changed")? {
        true => Ok(()),
        false => Err(StoreError::ChangedMeanwhile { what: "pseudonyms", name: "sealing".to_owned() }),
    }
}
