//! How does a person stop a transfer before anything has left?

use causeway_model::transfer::Event;

use super::Seen;
use super::writing::{Applied, Change, Writing};
use crate::{Changed, Stamp, Store, StoreError};

/// A transfer that is stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CancelTransfer {
    /// The transfer as seen.
    pub seen: Seen,
}

impl Store {
    /// Cancels a transfer. A run that has it finds its state changed when it comes to seal.
    ///
    /// # Errors
    /// [`StoreError::Impossible`] once it is being delivered.
    pub async fn cancel(&self, change: Changed<CancelTransfer>, stamp: Stamp) -> Result<Seen, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for CancelTransfer {
    type Outcome = Seen;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Seen>, StoreError> {
        let state = self.seen.advance(writing, Event::Cancel).await?;
        Ok(Applied::Changed(self.seen.next(state)))
    }
}
