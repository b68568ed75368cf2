//! How is an alert tried again that was given up, or that no setting had a way for?

use super::writing::{Applied, Change, Writing};
use crate::db::query;
use crate::outbox::again;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// An alert that is to be tried again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetryAlert {
    /// The alert.
    pub alert: String,
}

impl Store {
    /// Lets what was given up of an alert be tried again; where it has no way, one is looked for anew. What was confirmed stays so.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such alert.
    pub async fn retry_alert(&self, change: Changed<RetryAlert>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for RetryAlert {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (id, micros) = (&self.alert, writing.micros());
        let there = query("SELECT count(*) FROM alert WHERE id = $1").bind(id);
        if there.fetch_one(writing.rows()).await?.only::<i64>()? == 0 {
            return Err(StoreError::NotFound { what: "alert", name: id.clone() });
        }
        let again = again(writing.rows(), id, micros).await?;
        let anew = query(
            "UPDATE alert SET addressed_at = NULL WHERE id = $1 AND addressed_at IS NOT NULL \
             AND NOT EXISTS (SELECT 1 FROM alert_dispatch WHERE alert_dispatch.alert = alert.id)",
        );
        let anew = anew.bind(id).execute(writing.rows()).await?;
        if again + anew == 0 { Applied::ALREADY } else { Applied::NEW }
    }
}
