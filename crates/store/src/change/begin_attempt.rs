//! How does a run take a transfer into its hands, from the queue or from a run that was cut off?

use causeway_model::transfer::Event;

use super::Seen;
use super::writing::{Applied, Change, Writing};
use crate::db::query;
use crate::{Changed, Stamp, Store, StoreError};

/// A run that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginAttempt {
    /// The transfer as seen.
    pub seen: Seen,
    /// The run's token, unguessable and used once: only who holds it may seal or refuse.
    pub token: String,
}

impl Store {
    /// Puts the transfer in preparation under a new token; an earlier run's token is void from here on.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when it changed since it was seen, [`StoreError::Impossible`] in a later state.
    pub async fn begin_attempt(&self, change: Changed<BeginAttempt>, stamp: Stamp) -> Result<Seen, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for BeginAttempt {
    type Outcome = Seen;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Seen>, StoreError> {
        let state = self.seen.advance(writing, Event::Begin).await?;
        query("UPDATE transfer SET attempt_token = $1 WHERE id = $2")
            .bind(&self.token)
            .bind(&self.seen.transfer)
            .execute(writing.rows())
            .await?;
        Ok(Applied::Changed(self.seen.next(state)))
    }
}
