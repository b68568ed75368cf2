//! What of an event that changes no row: a quarantine opened, a preview of real people, a log verified?

use super::writing::{Applied, Change, Writing};
use crate::{Changed, Stamp, Store, StoreError};

impl Store {
    /// Enters an event that stands for itself.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_event(&self, change: Changed<()>, stamp: Stamp) -> Result<(), StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for () {
    type Outcome = ();

    async fn apply(&self, _: &mut Writing<'_>) -> Result<Applied<()>, StoreError> {
        Ok(Applied::Changed(()))
    }
}
