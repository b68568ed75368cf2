//! How is an alert sent once more to whoever got it? Whoever got it asks for that, and can tell it by its id.

use super::writing::{Applied, Change, Writing};
use crate::db::query;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// An alert that is to be sent once more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayAlert {
    /// The alert.
    pub alert: String,
}

impl Store {
    /// Lets an alert be sent once more by each way on which it ended, confirmed or given up.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such alert.
    pub async fn replay_alert(&self, change: Changed<ReplayAlert>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for ReplayAlert {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (id, micros) = (&self.alert, writing.micros());
        let there = query("SELECT count(*) FROM alert WHERE id = $1").bind(id);
        if there.fetch_one(writing.rows()).await?.only::<i64>()? == 0 {
            return Err(StoreError::NotFound { what: "alert", name: id.clone() });
        }
        let again = query(
            "UPDATE alert_dispatch SET state = 'waiting', failures = 0, not_before = $1, ended_at = NULL \
             WHERE alert = $2 AND state <> 'waiting'",
        );
        // One that waits is sent anyway.
        match again.bind(micros).bind(id).execute(writing.rows()).await? {
            0 => Applied::ALREADY,
            _ => Applied::NEW,
        }
    }
}
