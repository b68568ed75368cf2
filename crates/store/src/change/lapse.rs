//! What becomes of a transfer whose arrangement ended before it was delivered, or whose package nobody took?

use causeway_model::alert::Alert;
use causeway_model::transfer::Event;

use super::Seen;
use super::writing::{Applied, Change, Writing};
use crate::outbox::post;
use crate::{Changed, Stamp, Store, StoreError};

/// A transfer that nothing comes of any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LapseTransfer {
    /// The transfer as seen.
    pub seen: Seen,
    /// Who is told.
    pub tell: Vec<Alert>,
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
        let micros = writing.micros();
        for alert in &self.tell {
            post(writing.rows(), alert, micros).await?;
        }
        Ok(Applied::Changed(self.seen.next(state)))
    }
}
