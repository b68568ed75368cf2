//! Which workers are at work, and when was each seen last? Each says so itself, wherever it runs.

use jiff::{SignedDuration, Timestamp};

use crate::db::{Cells, Row, Transaction, query};
use crate::step::{Step, Steps};
use crate::{Reader, Store, StoreError};

/// A worker that was not seen for so long is not at work.
pub const SILENT: SignedDuration = SignedDuration::from_mins(2);

/// How far clocks of one installation may be apart.
const CLOCKS_DIFFER: SignedDuration = SignedDuration::from_hours(1);

/// A worker that was not seen for so long is forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

/// What a worker says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Beat {
    /// Its name.
    pub worker: String,
    /// The version of its program.
    pub program: String,
    /// Since when it is at work.
    pub began_at: Timestamp,
    /// When it was seen last.
    pub seen_at: Timestamp,
    /// When the next occurrence of a schedule is due, as far as it knows.
    pub next_run: Option<Timestamp>,
}

impl Beat {
    /// Whether it is at work at this moment, as far as anybody can tell. One that was seen a little ahead has another clock; one that was
    /// seen far ahead died before a clock was set back.
    #[must_use]
    pub fn is_alive(&self, now: Timestamp) -> bool {
        let silent = now.duration_since(self.seen_at);
        silent <= SILENT && silent >= -CLOCKS_DIFFER
    }
}

/// What tells of workers.
#[derive(Clone, Debug)]
pub struct Beats {
    steps: Steps,
}

impl Store {
    /// What tells of workers.
    #[must_use]
    pub fn beats(&self) -> Beats {
        Beats { steps: Steps::of(self) }
    }
}

impl Beats {
    /// Says that a worker is at work, and forgets those of whom nothing was seen for a day.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn say(&self, beat: &Beat) -> Result<(), StoreError> {
        self.steps.take(&Say(beat)).await
    }

    /// Says that a worker has ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end(&self, worker: &str) -> Result<(), StoreError> {
        self.steps.take(&Gone(worker)).await
    }
}

impl Store {
    /// Whether a transaction can be begun that writes, and taken back: the disk is not full, the server is no standby, nobody holds the
    /// lock of writers for good.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn can_write(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let trial = Beat {
            worker: "a trial that is taken back".to_owned(),
            program: String::new(),
            began_at: now,
            seen_at: now,
            next_run: None,
        };
        let said = say(&mut transaction, &trial).await;
        transaction.rollback().await?;
        said
    }
}

impl Reader {
    /// The workers that were seen, the newest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn workers_seen(&self) -> Result<Vec<Beat>, StoreError> {
        let rows =
            query("SELECT worker, program, began_at, seen_at, next_run FROM worker_beat ORDER BY seen_at DESC, worker");
        rows.fetch_all(&self.pool).await?.iter().map(read).collect()
    }
}

struct Say<'a>(&'a Beat);

impl Step for Say<'_> {
    type Outcome = ();

    async fn apply(&self, rows: &mut Transaction) -> Result<(), StoreError> {
        say(rows, self.0).await?;
        let long_ago = self.0.seen_at.saturating_sub(FORGOTTEN).unwrap_or(Timestamp::MIN).as_microsecond();
        query("DELETE FROM worker_beat WHERE seen_at < $1").bind(long_ago).execute(rows).await?;
        Ok(())
    }
}

struct Gone<'a>(&'a str);

impl Step for Gone<'_> {
    type Outcome = ();

    async fn apply(&self, rows: &mut Transaction) -> Result<(), StoreError> {
        query("DELETE FROM worker_beat WHERE worker = $1").bind(self.0).execute(rows).await?;
        Ok(())
    }
}

/// Writes what a worker says.
async fn say(rows: &mut Transaction, beat: &Beat) -> Result<(), StoreError> {
    let row = query(
        "INSERT INTO worker_beat (worker, program, began_at, seen_at, next_run) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (worker) DO UPDATE SET seen_at = excluded.seen_at, next_run = excluded.next_run",
    );
    let row = row.bind(&beat.worker).bind(&beat.program).bind(beat.began_at.as_microsecond());
    let next = beat.next_run.map(Timestamp::as_microsecond);
    row.bind(beat.seen_at.as_microsecond()).bind(next).execute(rows).await?;
    Ok(())
}

fn read(row: &Row) -> Result<Beat, StoreError> {
    let cells = Cells::new(row, "worker_beat", "worker");
    Ok(Beat {
        worker: cells.get("worker")?,
        program: cells.get("program")?,
        began_at: cells.time("began_at")?,
        seen_at: cells.time("seen_at")?,
        next_run: cells.optional_time("next_run")?,
    })
}
