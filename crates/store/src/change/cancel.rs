//! How does a person stop a transfer before anything has left?

use causeway_model::transfer::Event;

use super::Seen;
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
        let (CancelTransfer { seen }, event) = change.into_parts();
        let mut writing = self.begin().await?;
        let state = seen.advance(&mut writing, Event::Cancel, stamp.micros()).await?;
        writing.commit(event, stamp).await?;
        Ok(seen.next(state))
    }
}
