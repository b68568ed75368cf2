//! What of an event that changes no row: a quarantine opened, a preview of real people, a log verified?

use crate::{Changed, Stamp, Store, StoreError};

impl Store {
    /// Enters an event that stands for itself.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_event(&self, change: Changed<()>, stamp: Stamp) -> Result<(), StoreError> {
        let ((), event) = change.into_parts();
        self.begin().await?.commit(event, stamp).await
    }
}
