//! **source** reads records from somebody else's store.
//!
//! In: [`Scan`]s that the plan declares. Out: streams of [`Batch`]es, typed and checked value by value.
//! Guarantees: a consistent snapshot per source; only the declared columns are asked for; a stream that ends without
//! an error is whole. Refuses when: a source cannot be reached, a column is missing or retyped, a stream ends early, a
//! limit is passed, the run is cancelled. Ledger events: none of its own; the transfer records snapshot times.

mod decode;
mod extract;
pub(crate) mod literal;
pub(crate) mod moment;
mod shown;
#[cfg(test)]
mod tests;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use causeway_model::population::Predicate;
use causeway_model::{Code, ElementRef, ValueType};

pub use decode::{BATCH_ROWS, Cell, Decoder};
pub use extract::{Extract, extract};

use crate::{Batch, Personal};

/// A day as ISO 8601 writes it; none outside of the years that a date can have.
pub(crate) fn written_day(days: i32) -> Option<String> {
    let mut out = String::new();
    moment::write_day(days, &mut out).ok().map(|()| out)
}

/// A moment in UTC to the microsecond, so that texts stand in the order of the moments.
pub(crate) fn written_moment(micros: i64) -> Option<String> {
    const DAY: i64 = 86_400_000_000;
    let (days, of_day) = (micros.div_euclid(DAY), micros.rem_euclid(DAY));
    let (seconds, micros) = (of_day / 1_000_000, of_day % 1_000_000);
    let day = written_day(i32::try_from(days).ok()?)?;
    Some(format!("{day}T{:02}:{:02}:{:02}.{micros:06}Z", seconds / 3_600, seconds / 60 % 60, seconds % 60))
}

/// One reading of one table, with exactly the columns that the plan declares.
#[derive(Clone, Debug, PartialEq)]
pub struct Scan {
    /// Source in the catalogue.
    pub source: String,
    /// Entity whose records stand there.
    pub entity: String,
    /// Name of the table or view in the source; none for files.
    pub table: Option<String>,
    /// Columns, in the order in which the batches have them.
    pub columns: Vec<ScanColumn>,
    /// What the source may leave out by itself.
    pub hint: Hint,
}

/// What a source may leave out by itself, to save reading.
///
/// INVARIANT (hint): never relied on. A source may ignore any of it and give more rows; who is outside is decided again
/// on the rows that come. A source that follows it compares byte for byte, whatever its collation, and leaves out only
/// rows for which the condition is certainly not true.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Hint {
    /// Condition over the names of this scan's columns. All its literals stand in the catalogue or the arrangement.
    pub filter: Option<Predicate>,
    /// The narrower condition that most of the rows within the filter meet: for estimates, never to leave a row out.
    pub expected: Option<Predicate>,
    /// Only rows with one of these keys are wanted.
    pub keys: Option<KeyList>,
}

/// Keys of which the records are wanted: a small population is read by its keys.
#[derive(Clone, Debug, PartialEq)]
pub struct KeyList {
    /// Name of the column of the scan.
    pub column: String,
    /// The keys, as the batches would show them. Personal: they are bound, never written into a statement, log or error.
    pub values: Arc<Vec<KeyValue>>,
}

/// A key in a [`KeyList`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyValue {
    /// Text, a code, or a UUID in lower case with dashes.
    Text(Personal<String>),
    /// A whole number.
    Integer(Personal<i64>),
}

/// What a source knows of a scan before it is run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outlook {
    /// The statement that would be sent, without personal values.
    pub statement: Option<String>,
    /// About how many rows would come.
    pub rows: Option<u64>,
    /// Sets of this scan's columns that the source itself holds unique, so that nobody else needs to look.
    pub unique: Vec<BTreeSet<String>>,
}

/// One column of a scan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanColumn {
    /// Name of the column in the batches.
    pub name: String,
    /// Element that it holds.
    pub element: ElementRef,
    /// Name of the column, member or header in the source.
    pub column: String,
    /// Type that its values must have.
    pub value_type: ValueType,
    /// For codes: what is in the list.
    pub codes: Option<Arc<BTreeSet<String>>>,
    /// Longest value, in characters (bytes for `bytes`).
    pub max_length: u32,
    /// Whether a value may be missing.
    pub optional: bool,
    /// strptime notation of dates and moments that are not ISO 8601.
    pub format: Option<String>,
}

/// How a source was held still while it was read, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotInfo {
    /// `read-transaction`, `whole-file`, …
    pub kind: String,
    /// When the snapshot was taken.
    pub taken_at: jiff::Timestamp,
}

/// Batches of one scan. An error ends the stream; an end without an error means that everything was read.
pub type BatchStream = Box<dyn Iterator<Item = Result<Batch, SourceError>> + Send>;

/// A place where records are read.
pub trait Source: Send + Sync {
    /// Name in the catalogue.
    fn name(&self) -> &str;

    /// Takes a snapshot. `now` is the time that [`SnapshotInfo`] tells.
    fn snapshot(&self, now: jiff::Timestamp, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError>;

    /// The same source for many snapshots of a few records each, read by their keys: with a connection that stays open
    /// between them. None where opening it costs nothing.
    fn held(&self) -> Option<Box<dyn Source>> {
        None
    }
}

/// A source held still. Every scan of a transfer sees the same state.
pub trait Snapshot: Send {
    /// How it is held still, and since when.
    fn info(&self) -> SnapshotInfo;

    /// What is known of a scan before it is run.
    fn outlook(&mut self, _scan: &Scan) -> Result<Outlook, SourceError> {
        Ok(Outlook::default())
    }

    /// How many streams may be open at once. Beyond that, the one before must have been drained or dropped.
    fn streams(&self) -> usize {
        1
    }

    /// Begins a scan.
    fn scan(&mut self, scan: &Scan) -> Result<BatchStream, SourceError>;
}

/// Why a source could not be read. Never holds a value.
#[derive(Clone, Debug, thiserror::Error)]
#[error("source `{origin}`: {detail} ({code})")]
pub struct SourceError {
    /// Stable reason.
    pub code: Code,
    /// Source in the catalogue.
    pub origin: String,
    /// What happened, where: table, column, row number; and what was expected.
    pub detail: String,
}

impl SourceError {
    /// An error of `source`.
    pub fn new(code: Code, source: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, origin: source.into(), detail: detail.into() }
    }
}

/// What a run looks at and counts while it reads: shared between the stages and the progress display.
#[derive(Clone, Debug, Default)]
pub struct Watch(Arc<WatchState>);

#[derive(Debug, Default)]
struct WatchState {
    cancelled: AtomicBool,
    /// When the run is to stop by itself.
    until: Option<Instant>,
    rows_released: AtomicU64,
    bytes_spilled: AtomicU64,
    reading: Mutex<Seen>,
}

#[derive(Clone, Debug, Default)]
struct Seen {
    stage: &'static str,
    tables: BTreeMap<String, TableProgress>,
}

/// How far the reading of one table is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TableProgress {
    /// Rows read so far, over all its readings.
    pub read: u64,
    /// About how many there will be, where the source knows.
    pub expected: Option<u64>,
}

impl Watch {
    /// Of a run that is to stop by then.
    #[must_use]
    pub fn until(until: Instant) -> Self {
        Self(Arc::new(WatchState { until: Some(until), ..WatchState::default() }))
    }

    /// Asks the run to stop at the next batch.
    pub fn cancel(&self) {
        self.0.cancelled.store(true, Ordering::Relaxed);
    }

    /// Whether the run was asked to stop, or its time has come.
    pub fn is_cancelled(&self) -> bool {
        self.0.cancelled.load(Ordering::Relaxed) || self.0.until.is_some_and(|until| Instant::now() >= until)
    }

    /// Counts rows that a table of a source gave.
    pub fn read(&self, table: &str, rows: u64) {
        let mut seen = self.seen();
        match seen.tables.get_mut(table) {
            Some(progress) => progress.read += rows,
            None => {
                seen.tables.insert(table.to_owned(), TableProgress { read: rows, expected: None });
            }
        }
    }

    /// Notes that a table is read once (more), and about how many rows that gives.
    pub fn expect(&self, table: &str, rows: Option<u64>) {
        let mut seen = self.seen();
        let progress = seen.tables.entry(table.to_owned()).or_insert(TableProgress { read: 0, expected: Some(0) });
        progress.expected = progress.expected.zip(rows).map(|(known, more)| known + more);
    }

    /// Notes what is being done.
    pub fn enter(&self, stage: &'static str) {
        self.seen().stage = stage;
    }

    /// What is being done, and how far each table is.
    pub fn reading(&self) -> (&'static str, BTreeMap<String, TableProgress>) {
        let seen = self.seen();
        (seen.stage, seen.tables.clone())
    }

    fn seen(&self) -> std::sync::MutexGuard<'_, Seen> {
        self.0.reading.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Counts records that were released into the package.
    pub fn released(&self, rows: u64) {
        self.0.rows_released.fetch_add(rows, Ordering::Relaxed);
    }

    /// Counts bytes that went to encrypted temporary files.
    pub fn spilled(&self, bytes: u64) {
        self.0.bytes_spilled.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Bytes that went to encrypted temporary files so far.
    pub fn bytes_spilled(&self) -> u64 {
        self.0.bytes_spilled.load(Ordering::Relaxed)
    }

    /// Rows read so far, rows released so far.
    pub fn counts(&self) -> (u64, u64) {
        let read = self.seen().tables.values().map(|progress| progress.read).sum();
        (read, self.0.rows_released.load(Ordering::Relaxed))
    }
}
