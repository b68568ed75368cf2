//! How is it kept that what an intake was made of is gone?

use super::writing::{Applied, Change, Writing};
use crate::db::query;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// What of an intake is erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Erased {
    /// The file as it came, and what was sealed of its records.
    Original,
    /// The key of its undo plan.
    UndoKey,
}

/// An intake of which something is erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EraseIntake {
    /// The intake.
    pub intake: String,
    /// What of it.
    pub what: Erased,
}

impl Store {
    /// Notes that something of an intake is erased; what lies in its row goes with it. Its counts and digests stay.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when it is under way again.
    pub async fn erase_intake(&self, change: Changed<EraseIntake>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for EraseIntake {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let row = query(
            "SELECT CASE WHEN state IN ('acknowledged', 'rejected', 'cancelled', 'undone') THEN 1 ELSE 0 END AS ended \
             FROM intake WHERE id = $1",
        );
        let row = row.bind(&self.intake).fetch_optional(writing.rows()).await?;
        if row.map(|row| row.only::<i64>()).transpose()? != Some(1) {
            return Err(StoreError::ChangedMeanwhile { what: "intake", name: self.intake.clone() });
        }
        let erased = match self.what {
            Erased::Original => {
                query("UPDATE intake SET erased_at = $1, body = NULL WHERE id = $2 AND erased_at IS NULL").bind(micros)
            }
            Erased::UndoKey => query("UPDATE intake SET undo_key = NULL WHERE id = $1 AND undo_key IS NOT NULL"),
        };
        match erased.bind(&self.intake).execute(writing.rows()).await? {
            1 => Applied::NEW,
            _ => Applied::ALREADY,
        }
    }
}
