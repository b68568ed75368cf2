//! How is it kept that a transfer is not released, and why?

use causeway_model::Violation;
use causeway_model::transfer::Event;

use super::Seen;
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
        let (RefuseTransfer { seen, token, violations }, event) = change.into_parts();
        let mut writing = self.begin().await?;
        let refuse = Event::Refuse(violations);
        let state = seen.advance_attempt(&mut writing, token.as_deref(), refuse, stamp.micros()).await?;
        writing.commit(event, stamp).await?;
        Ok(seen.next(state))
    }
}
