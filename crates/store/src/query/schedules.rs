//! Which schedules are paused, and what became of their occurrences?

use jiff::Timestamp;
use jiff::civil::DateTime;

use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A pause of a schedule, under way or over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PauseRow {
    /// The exchange.
    pub exchange: String,
    /// When it was paused.
    pub paused_at: Timestamp,
    /// By whom.
    pub paused_by: String,
    /// Why.
    pub reason: String,
    /// When it went on; none while it is paused.
    pub ended_at: Option<Timestamp>,
}

/// An occurrence that was handled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OccurrenceRow {
    /// The exchange.
    pub exchange: String,
    /// When it was due.
    pub due_at: Timestamp,
    /// What the schedule said of it.
    pub due_local: DateTime,
    /// In which zone.
    pub time_zone: String,
    /// When the first was due of those for which it stands.
    pub first_due_at: Timestamp,
    /// For how many it stands.
    pub occurrences: u32,
    /// Why it was skipped, if it was.
    pub skipped: Option<String>,
    /// Why, for people.
    pub detail: String,
    /// The transfer that it asked for, if it did.
    pub transfer: Option<String>,
    /// When it was handled.
    pub handled_at: Timestamp,
}

const OCCURRENCE: &str = "SELECT exchange, due_at, due_local, time_zone, first_due_at, occurrences, skipped, detail, \
                          transfer, handled_at FROM schedule_occurrence";

impl Reader {
    /// The pauses of an exchange's schedule that were not over before `since`, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn schedule_pauses(&self, exchange: &str, since: Timestamp) -> Result<Vec<PauseRow>, StoreError> {
        let rows = query(
            "SELECT exchange, paused_at, paused_by, reason, ended_at FROM schedule_pause \
             WHERE exchange = $1 AND (ended_at IS NULL OR ended_at >= $2) ORDER BY number",
        );
        let rows = rows.bind(exchange).bind(since.as_microsecond()).fetch_all(&self.pool).await?;
        rows.iter().map(pause).collect()
    }

    /// The schedules that are paused now, by the names of their exchanges.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn paused_schedules(&self) -> Result<Vec<PauseRow>, StoreError> {
        let rows = query(
            "SELECT exchange, paused_at, paused_by, reason, ended_at FROM schedule_pause \
             WHERE ended_at IS NULL ORDER BY exchange",
        );
        rows.fetch_all(&self.pool).await?.iter().map(pause).collect()
    }

    /// The newest `limit` occurrences of an exchange that were due until then and were handled, the newest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn handled_occurrences(
        &self,
        exchange: &str,
        until: Timestamp,
        limit: u32,
    ) -> Result<Vec<OccurrenceRow>, StoreError> {
        let rows = query(format!("{OCCURRENCE} WHERE exchange = $1 AND due_at <= $2 ORDER BY due_at DESC LIMIT $3"));
        let rows = rows.bind(exchange).bind(until.as_microsecond()).bind(limit);
        rows.fetch_all(&self.pool).await?.iter().map(occurrence).collect()
    }
}

fn pause(row: &Row) -> Result<PauseRow, StoreError> {
    let cells = Cells::new(row, "schedule_pause", "exchange");
    Ok(PauseRow {
        exchange: cells.get("exchange")?,
        paused_at: cells.time("paused_at")?,
        paused_by: cells.get("paused_by")?,
        reason: cells.get("reason")?,
        ended_at: cells.optional_time("ended_at")?,
    })
}

fn occurrence(row: &Row) -> Result<OccurrenceRow, StoreError> {
    let cells = Cells::new(row, "schedule_occurrence", "exchange");
    let local: String = cells.get("due_local")?;
    Ok(OccurrenceRow {
        exchange: cells.get("exchange")?,
        due_at: cells.time("due_at")?,
        due_local: local.parse().map_err(|_| cells.damaged("due_local"))?,
        time_zone: cells.get("time_zone")?,
        first_due_at: cells.time("first_due_at")?,
        occurrences: cells.count("occurrences")?,
        skipped: cells.get("skipped")?,
        detail: cells.get("detail")?,
        transfer: cells.get("transfer")?,
        handled_at: cells.time("handled_at")?,
    })
}
