//! What is committed after the network was touched? How it ended.

use causeway_model::transfer::Event;

use super::Seen;
use super::writing::{Applied, Change, Writing};
use crate::db::{named, query};
use crate::{Changed, Stamp, Store, StoreError};

named! {
    /// How a delivery attempt ended.
    DeliveryOutcome {
        /// The package is where the partner takes it.
        Arrived = "arrived",
        /// It is not.
        Failed = "failed",
        /// The attempt was cut off, and it was found afterwards that the package is not whole there.
        Interrupted = "interrupted",
    }
}

/// A delivery attempt that has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FinishDelivery {
    /// The transfer as seen.
    pub seen: Seen,
    /// The attempt.
    pub attempt: u32,
    /// How it ended.
    pub outcome: DeliveryOutcome,
    /// The reason, for people: never anything of the package.
    pub detail: Option<String>,
}

impl Store {
    /// Commits the outcome of an attempt. Only an arrival changes the transfer's state.
    ///
    /// # Errors
    /// [`StoreError::NoOpenDelivery`] when the attempt is not under way.
    pub async fn finish_delivery(&self, change: Changed<FinishDelivery>, stamp: Stamp) -> Result<Seen, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for FinishDelivery {
    type Outcome = Seen;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Seen>, StoreError> {
        let (seen, micros) = (&self.seen, writing.micros());
        let finished = query(
            "UPDATE delivery SET outcome_at = $1, outcome = $2, detail = $3 \
             WHERE transfer = $4 AND attempt = $5 AND outcome IS NULL",
        )
        .bind(micros)
        .bind(self.outcome.name())
        .bind(&self.detail)
        .bind(&seen.transfer)
        .bind(self.attempt)
        .execute(writing.rows())
        .await?;
        if finished != 1 {
            return Err(StoreError::NoOpenDelivery { transfer: seen.transfer.clone(), attempt: self.attempt });
        }
        let state = if self.outcome == DeliveryOutcome::Arrived {
            seen.advance(writing, Event::Arrive).await?
        } else {
            seen.check(writing).await?;
            seen.state.clone()
        };
        Ok(Applied::Changed(seen.next(state)))
    }
}
