//! What becomes of a transfer whose arrangement ended before it was delivered, or whose package nobody took?

use causeway_model::alert::Alert;
use causeway_model::alert::Alert;
use causeway_model::alert::Alert;
use causeway_model::transfer::Event;

use crate::outbox::post;
use super::Seen;
use crate::outbox::post;
/// A transfer that nothing comes of any more.
use crate::outbox::post;
/// A transfer that nothing comes of any more.

/// A transfer that nothing comes of any more.
    /// Who is told.
    pub tell: Vec<Alert>,
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LapseTransfer {
    /// Who is told.
    pub tell: Vec<Alert>,
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
        let micros = writing.micros();
        for alert in &self.tell {
            post(writing.rows(), alert, micros).await?;
        }
}

impl Change for LapseTransfer {
    type Outcome = Seen;
        let micros = writing.micros();
        for alert in &self.tell {
            post(writing.rows(), alert, micros).await?;
        }

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
