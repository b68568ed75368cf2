//! Who lets a client ask about single people again that seemed to be guessing?

use super::writing::{Applied, Change, Writing};
use crate::db::query;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A hold that is lifted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiftHold {
    /// The client.
    pub client: String,
    /// The exchange.
    pub exchange: String,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Lifts it. What it asked before counts no more as nearly the same.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when nothing holds it.
    pub async fn lift_hold(&self, change: Changed<LiftHold>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for LiftHold {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (micros, actor) = (writing.micros(), writing.actor().to_owned());
        let lift = query(
            "UPDATE look_up_hold SET lifted_at = $1, lifted_by = $2, reason = $3 \
             WHERE client = $4 AND exchange = $5 AND lifted_at IS NULL",
        );
        let lift = lift.bind(micros).bind(actor).bind(&self.reason).bind(&self.client).bind(&self.exchange);
        if lift.execute(writing.rows()).await? == 0 {
            return Err(StoreError::NotFound { what: "hold of client", name: self.client.clone() });
        }
        query("DELETE FROM look_up_near WHERE client = $1 AND exchange = $2")
            .bind(&self.client)
            .bind(&self.exchange)
            .execute(writing.rows())
            .await?;
        Applied::NEW
    }
}
