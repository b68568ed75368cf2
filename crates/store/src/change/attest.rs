//! How is it kept that a partner stated its readiness, and that somebody looked at the evidence?

use causeway_model::partner::Attestation;

use super::writing::{Applied, Change, Writing};
use crate::db::query;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// What a partner states. Nothing that was stated before is taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAttestations {
    /// The partner.
    pub partner: String,
    /// What it states.
    pub attestations: Vec<Attestation>,
}

/// Attestations whose evidence is accepted by the event's actor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptAttestations {
    /// The partner.
    pub partner: String,
    /// Which, as they were read.
    pub attestations: Vec<Attestation>,
}

impl Store {
    /// Keeps attestations. The same ones again change nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn attest(&self, change: Changed<NewAttestations>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Keeps who accepted attestations.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when one is not there.
    pub async fn accept_attestations(
        &self,
        change: Changed<AcceptAttestations>,
        stamp: Stamp,
    ) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewAttestations {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, mut new) = (writing.micros(), 0);
        for one in &self.attestations {
            new += query(
                "INSERT INTO attestation (partner, kind, evidence, valid_until, stated_by, stated_at) \
                 VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (partner, kind, evidence, valid_until) DO NOTHING",
            )
            .bind(&self.partner)
            .bind(one.kind.as_str())
            .bind(&one.evidence)
            .bind(one.valid_until.to_string())
            .bind(&one.stated_by)
            .bind(micros)
            .execute(writing.rows())
            .await?;
        }
        if new == 0 { Applied::ALREADY } else { Applied::NEW }
    }
}

impl Change for AcceptAttestations {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, actor, mut new) = (writing.micros(), writing.actor().to_owned(), 0);
        for one in &self.attestations {
            new += query(
                "UPDATE attestation SET accepted_by = $1, accepted_at = $2 WHERE partner = $3 AND kind = $4 \
                 AND evidence = $5 AND valid_until = $6 AND accepted_by IS NULL",
            )
            .bind(&actor)
            .bind(micros)
            .bind(&self.partner)
            .bind(one.kind.as_str())
            .bind(&one.evidence)
            .bind(one.valid_until.to_string())
            .execute(writing.rows())
            .await?;
        }
        if new == 0 { Applied::ALREADY } else { Applied::NEW }
    }
}
