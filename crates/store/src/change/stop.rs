//! How does the switch come to be thrown, and how back again?

use causeway_model::stop::Stop;

use super::writing::{Applied, Change, Writing};
use crate::db::{query, to_json};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A stop that is to stand from now on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewStop {
    /// The stop.
    pub stop: Stop,
}

/// A stop that moves: a consent to resume, or its withdrawal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoveStop {
    /// The stop as it was read.
    pub seen: Stop,
    /// The stop as it is to be.
    pub next: Stop,
}

impl Store {
    /// Stops a scope. One that is stopped already stays as it is, whoever stopped it.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the id is used.
    pub async fn stop(&self, change: Changed<NewStop>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Moves a stop on.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when it is not any more what was read.
    pub async fn move_stop(&self, change: Changed<MoveStop>, stamp: Stamp) -> Result<(), StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewStop {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (scope, micros) = (self.stop.scope.to_string(), writing.micros());
        let standing = query("SELECT count(*) FROM stop WHERE scope = $1 AND state <> 'lifted'").bind(&scope);
        if standing.fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            return Applied::ALREADY;
        }
        let used = query("SELECT count(*) FROM stop WHERE id = $1").bind(&self.stop.id);
        if used.fetch_one(writing.rows()).await?.only::<i64>()? > 0 {
            return Err(StoreError::Taken { what: "stop", name: self.stop.id.clone() });
        }
        let row = query(
            "INSERT INTO stop (id, scope, stopped_at, stopped_by, state, stop_json, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $3)",
        )
        .bind(&self.stop.id)
        .bind(scope)
        .bind(micros)
        .bind(&self.stop.by.name)
        .bind(self.stop.state.name())
        .bind(to_json(&self.stop)?);
        row.execute(writing.rows()).await?;
        Applied::NEW
    }
}

impl Change for MoveStop {
    type Outcome = ();

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<()>, StoreError> {
        let micros = writing.micros();
        let moved =
            query("UPDATE stop SET state = $1, stop_json = $2, updated_at = $3 WHERE id = $4 AND stop_json = $5")
                .bind(self.next.state.name())
                .bind(to_json(&self.next)?)
                .bind(micros)
                .bind(&self.seen.id)
                .bind(to_json(&self.seen)?)
                .execute(writing.rows())
                .await?;
        if moved == 1 {
            return Ok(Applied::Changed(()));
        }
        Err(StoreError::ChangedMeanwhile { what: "stop", name: self.seen.id.clone() })
    }
}
