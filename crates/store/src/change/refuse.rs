//! How is it kept that a transfer is not released, and why?

use causeway_model::Violation;
use causeway_model::alert::{Alert, AlertKind, To};
use causeway_model::transfer::Event;

use super::Seen;
use super::writing::{Applied, Change, Writing};
use crate::outbox::post;
use crate::{Changed, Stamp, Store, StoreError};

/// A transfer that is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefuseTransfer {
    /// The transfer as seen.
    pub seen: Seen,
    /// The token of the run that refuses; none before any run began.
    pub token: Option<String>,
    /// The reasons.
    pub violations: Vec<Violation>,
}

impl Store {
    /// Refuses a transfer.
    ///
    /// # Errors
    /// [`StoreError::StaleAttempt`] when another run has it, [`StoreError::Conflict`] when it changed since it was
    /// seen, [`StoreError::Impossible`] once it is sealed.
    pub async fn refuse(&self, change: Changed<RefuseTransfer>, stamp: Stamp) -> Result<Seen, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for RefuseTransfer {
    type Outcome = Seen;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Seen>, StoreError> {
        let refuse = Event::Refuse(self.violations.clone());
        let state = self.seen.advance_attempt(writing, self.token.as_deref(), refuse).await?;
        let (alert, micros) = (Alert::new(AlertKind::TransferFailed, To::Staff, &self.seen.transfer), writing.micros());
        post(writing.rows(), &alert, micros).await?;
        Ok(Applied::Changed(self.seen.next(state)))
    }
}
