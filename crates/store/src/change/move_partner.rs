//! How does a partner move from one state to the next, when others may move it too?

use causeway_model::partner::{Event, State};

use super::partner_key::{keep_current, revoke};
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, Transaction, query, to_json};
use crate::query::partner_state;
use crate::{Changed, Stamp, Store, StoreError};

/// What happens to a partner, decided on its state as seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MovePartner {
    /// The partner.
    pub partner: String,
    /// Its state as it was read.
    pub seen: State,
    /// What happens to it, in this order.
    pub events: Vec<Event>,
}

/// A challenge to prove the partner's keys by. It takes the place of one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChallengePartner {
    /// The partner.
    pub partner: String,
    /// SHA-256 of the only answer, lower-case hexadecimal.
    pub answer_sha256: String,
}

impl Store {
    /// Moves a partner; its state afterwards.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when it changed since it was seen, [`StoreError::Denied`] when its state does not take
    /// an event.
    pub async fn move_partner(&self, change: Changed<MovePartner>, stamp: Stamp) -> Result<State, StoreError> {
        self.save(change, stamp).await
    }

    /// Keeps the digest of the only answer to a challenge.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such partner.
    pub async fn challenge_partner(&self, change: Changed<ChallengePartner>, stamp: Stamp) -> Result<(), StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for MovePartner {
    type Outcome = State;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<State>, StoreError> {
        let current = current(writing.rows(), &self.partner).await?;
        if current != self.seen {
            return Err(StoreError::ChangedMeanwhile { what: "partner", name: self.partner.clone() });
        }
        let denied = |source| StoreError::Denied { what: "partner", name: self.partner.clone(), source };
        let next = self.events.iter().cloned().try_fold(current, State::apply).map_err(denied)?;
        let micros = writing.micros();
        let life = query("UPDATE partner_life SET state_json = $1, updated_at = $2 WHERE partner = $3");
        life.bind(to_json(&next)?).bind(micros).bind(&self.partner).execute(writing.rows()).await?;
        let row = query("UPDATE partner SET state = $1 WHERE name = $2");
        row.bind(next.name()).bind(&self.partner).execute(writing.rows()).await?;
        for event in &self.events {
            if let Event::RevokeKey { key } = event {
                revoke(writing, &self.partner, key).await?;
            }
        }
        keep_current(writing, &self.partner, &next).await?;
        Ok(Applied::Changed(next))
    }
}

impl Change for ChallengePartner {
    type Outcome = ();

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<()>, StoreError> {
        current(writing.rows(), &self.partner).await?;
        let micros = writing.micros();
        let row = query("UPDATE partner_life SET challenge_sha256 = $1, challenged_at = $2 WHERE partner = $3");
        row.bind(&self.answer_sha256).bind(micros).bind(&self.partner).execute(writing.rows()).await?;
        Ok(Applied::Changed(()))
    }
}

pub(super) async fn current(connection: &mut Transaction, partner: &str) -> Result<State, StoreError> {
    let row = query("SELECT partner, state_json FROM partner_life WHERE partner = $1").bind(partner);
    let row = row.fetch_optional(connection).await?;
    let row = row.ok_or_else(|| StoreError::NotFound { what: "partner", name: partner.to_owned() })?;
    partner_state(&Cells::new(&row, "partner_life", "partner"))
}
