//! What becomes of a transfer whose arrangement ended before it was delivered?

use causeway_model::transfer::Event;

use super::Seen;
use super::writing::{Applied, Change, Writing};
use crate::{Changed, Stamp, Store, StoreError};

/// A transfer without an arrangement in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LapseTransfer {
    /// The transfer as seen.
    pub seen: Seen,
}

impl Store {
    /// Lets a transfer lapse.
    ///
    /// # Errors
    /// [`StoreError::OpenDelivery`] while nobody knows whether it has arrived; [`StoreError::Impossible`] once it has.
    pub async fn lapse(&self, change: Changed<LapseTransfer>, stamp: Stamp) -> Result<Seen, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for LapseTransfer {
    type Outcome = Seen;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Seen>, StoreError> {
        self.seen.demand_no_open_delivery(writing).await?;
        let state = self.seen.advance(writing, Event::Lapse).await?;
        Ok(Applied::Changed(self.seen.next(state)))
    }
}
