//! What becomes of a transfer that failed for as long as it is tried?

use causeway_model::alert::{Alert, AlertKind, To};
use causeway_model::transfer::Event;

use super::Seen;
use super::writing::{Applied, Change, Writing};
use crate::outbox::post;
use crate::{Changed, Stamp, Store, StoreError};

/// A transfer that nobody tries any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AbandonTransfer {
    /// The transfer as seen.
    pub seen: Seen,
}

impl Store {
    /// Gives a transfer up.
    ///
    /// # Errors
    /// [`StoreError::OpenDelivery`] while nobody knows whether it has arrived; [`StoreError::Impossible`] once it has.
    pub async fn abandon(&self, change: Changed<AbandonTransfer>, stamp: Stamp) -> Result<Seen, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for AbandonTransfer {
    type Outcome = Seen;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Seen>, StoreError> {
        self.seen.demand_no_open_delivery(writing).await?;
        let state = self.seen.advance(writing, Event::GiveUp).await?;
        let (alert, micros) = (Alert::new(AlertKind::TransferFailed, To::Staff, &self.seen.transfer), writing.micros());
        post(writing.rows(), &alert, micros).await?;
        Ok(Applied::Changed(self.seen.next(state)))
    }
}
