//! What becomes of a transfer whose arrangement ended before it was delivered?

use causeway_model::transfer::Event;

use super::Seen;
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
        let (LapseTransfer { seen }, event) = change.into_parts();
        let mut writing = self.begin().await?;
        seen.demand_no_open_delivery(&mut writing).await?;
        let state = seen.advance(&mut writing, Event::Lapse, stamp.micros()).await?;
        writing.commit(event, stamp).await?;
        Ok(seen.next(state))
    }
}
