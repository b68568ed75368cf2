//! How does a request move on, and its transfer with it?

use causeway_model::Violation;
use causeway_model::request::State;
use causeway_model::transfer::Event;

use super::Seen;
use super::writing::{Applied, Change, Writing};
use crate::db::{query, to_json};
use crate::{Changed, Stamp, Store, StoreError};

/// A decision about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecideRequest {
    /// The transfer as seen.
    pub seen: Seen,
    /// The request's state as seen.
    pub from: State,
    /// Its next state.
    pub to: State,
    /// What the rules deny and two consents may lift.
    pub denied: Vec<Violation>,
    /// The reasons with which the transfer ends, where the request is refused.
    pub violations: Vec<Violation>,
}

impl Store {
    /// Stores a decision: a refused request ends its transfer as refused, a withdrawn one as cancelled.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when the request is not any more what was seen, [`StoreError::Conflict`] when the transfer
    /// is not, [`StoreError::Impossible`] when it is too late for the transfer.
    pub async fn decide_request(&self, change: Changed<DecideRequest>, stamp: Stamp) -> Result<Seen, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for DecideRequest {
    type Outcome = Seen;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Seen>, StoreError> {
        let micros = writing.micros();
        let denied = if self.denied.is_empty() { None } else { Some(to_json(&self.denied)?) };
        let moved = query(
            "UPDATE request SET state = $1, state_json = $2, denied_json = coalesce($3, denied_json), updated_at = $4 \
             WHERE transfer = $5 AND state_json = $6",
        )
        .bind(self.to.name())
        .bind(to_json(&self.to)?)
        .bind(denied)
        .bind(micros)
        .bind(&self.seen.transfer)
        .bind(to_json(&self.from)?)
        .execute(writing.rows())
        .await?;
        if moved != 1 {
            return Err(StoreError::ChangedMeanwhile { what: "request", name: self.seen.transfer.clone() });
        }
        let state = match &self.to {
            State::Refused { .. } => self.seen.advance(writing, Event::Refuse(self.violations.clone())).await?,
            State::Withdrawn => self.seen.advance(writing, Event::Cancel).await?,
            _ => {
                self.seen.check(writing).await?;
                self.seen.state.clone()
            }
        };
        Ok(Applied::Changed(self.seen.next(state)))
    }
}
