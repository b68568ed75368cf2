//! What is committed before the network is touched? That it is about to be.

use causeway_model::transfer::{Event, Transfer};

use super::Seen;
use crate::{Changed, Stamp, Store, StoreError};

/// A delivery attempt that is about to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginDelivery {
    /// The transfer as seen.
    pub seen: Seen,
}

impl Store {
    /// Commits the intent to deliver; the attempt's number is in the state returned.
    ///
    /// # Errors
    /// [`StoreError::OpenDelivery`] when nobody has said yet how an earlier attempt ended.
    pub async fn begin_delivery(&self, change: Changed<BeginDelivery>, stamp: Stamp) -> Result<Seen, StoreError> {
        let (BeginDelivery { seen }, event) = change.into_parts();
        let mut writing = self.begin().await?;
        seen.demand_no_open_delivery(&mut writing).await?;
        let state = seen.advance(&mut writing, Event::Send, stamp.micros()).await?;
        if let Transfer::Delivering { attempt, .. } = &state {
            sqlx::query("INSERT INTO delivery (transfer, attempt, intent_at) VALUES ($1, $2, $3)")
                .bind(&seen.transfer)
                .bind(*attempt)
                .bind(stamp.micros())
                .execute(writing.rows())
                .await?;
        }
        // CRASH: after this commit the attempt has an intent without an outcome, which the next start resolves.
        writing.commit(event, stamp).await?;
        Ok(seen.next(state))
    }
}
