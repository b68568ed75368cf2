//! How is a schedule paused, and how does it go on?

use super::writing::{Applied, Change, Writing};
use crate::db::query;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// The schedule of an exchange, to be paused. The event's actor is who pauses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseSchedule {
    /// The exchange.
    pub exchange: String,
    /// Why.
    pub reason: String,
}

/// The schedule of an exchange, to go on. The event's actor is who lets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnpauseSchedule {
    /// The exchange.
    pub exchange: String,
}

impl Store {
    /// Pauses a schedule. One that is paused stays as it is, whoever paused it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pause_schedule(&self, change: Changed<PauseSchedule>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }

    /// Lets a schedule go on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn unpause_schedule(&self, change: Changed<UnpauseSchedule>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for PauseSchedule {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (actor, micros) = (writing.actor().to_owned(), writing.micros());
        if is_paused(writing, &self.exchange).await? {
            return Applied::ALREADY;
        }
        let number = query("SELECT coalesce(max(number), 0) + 1 FROM schedule_pause WHERE exchange = $1");
        let number: i64 = number.bind(&self.exchange).fetch_one(writing.rows()).await?.only()?;
        let row = query(
            "INSERT INTO schedule_pause (exchange, number, paused_at, paused_by, reason) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(&self.exchange)
        .bind(number)
        .bind(micros)
        .bind(actor)
        .bind(&self.reason);
        row.execute(writing.rows()).await?;
        Applied::NEW
    }
}

impl Change for UnpauseSchedule {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (actor, micros) = (writing.actor().to_owned(), writing.micros());
        let ended =
            query("UPDATE schedule_pause SET ended_at = $1, ended_by = $2 WHERE exchange = $3 AND ended_at IS NULL");
        let ended = ended.bind(micros).bind(actor).bind(&self.exchange).execute(writing.rows()).await?;
        if ended == 0 { Applied::ALREADY } else { Applied::NEW }
    }
}

/// Whether the schedule of an exchange is paused now.
pub(super) async fn is_paused(writing: &mut Writing<'_>, exchange: &str) -> Result<bool, StoreError> {
    let standing = query("SELECT count(*) FROM schedule_pause WHERE exchange = $1 AND ended_at IS NULL");
    Ok(standing.bind(exchange).fetch_one(writing.rows()).await?.only::<i64>()? > 0)
}
