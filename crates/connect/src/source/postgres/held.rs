//! How are a few records read by their keys again and again, without signing in each time?
//!
//! A connection and the statements that it has prepared stay; a transaction does not: each snapshot begins one and ends it.

use std::cell::Cell as Counter;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use causeway_flow::Batch;
use causeway_flow::source::{BatchStream, KeyList, Scan, Snapshot, SnapshotInfo, Source, SourceError, Watch};
use causeway_model::Code;
use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::PostgresSource;
use super::read::{ByKeys, Known};
use super::session::Session;
use super::wait::Wait;
use super::worker::Worker;
use crate::source::handoff::Handoff;
use crate::source::pump::{self, Run};

/// Connections that are kept while nobody reads.
const KEPT: usize = 2;

/// Rows of one statement. More is not what somebody asks for by a few keys.
const ROWS: usize = 200_000;

/// A PostgreSQL database whose connections stay open.
pub(super) struct HeldPostgres {
    source: PostgresSource,
    lines: Arc<Mutex<Vec<Line>>>,
}

/// A connection outside a transaction, and what it has prepared.
struct Line {
    worker: Worker,
    known: Arc<Prepared>,
}

/// What was prepared, by the shape of the scan.
type Prepared = Mutex<Vec<(Scan, Arc<Known>)>>;

impl HeldPostgres {
    pub(super) fn new(source: PostgresSource) -> Self {
        Self { source, lines: Arc::default() }
    }

    /// A connection on which a transaction has begun.
    fn begun(&self) -> Result<Line, SourceError> {
        loop {
            let Some(line) = locked(&self.lines).pop() else {
                // Signing in begins one.
                let worker = Worker::start(self.source.clone(), None)?;
                return Ok(Line { worker, known: Arc::default() });
            };
            const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
            // A connection that the server has closed meanwhile is none.
            if line.worker.ask(|session, runtime| runtime.block_on(session.execute(BEGIN))).is_ok() {
                return Ok(line);
            }
        }
    }
}

impl Source for HeldPostgres {
    fn name(&self) -> &str {
        &self.source.name
    }

    fn snapshot(&self, now: Timestamp, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        let brakes = &self.source.brakes;
        let closes = brakes.enter(now)?;
        let run = Run { origin: self.source.name.clone(), watch: watch.clone(), brakes: brakes.clone(), closes };
        let dies = self.source.max_age.map(|age| brakes.pace.elapsed() + age);
        let line = self.begun()?;
        Ok(Box::new(HeldSnapshot { line: Some(line), lines: Arc::clone(&self.lines), run, taken_at: now, dies }))
    }
}

struct HeldSnapshot {
    /// None once something went wrong on it.
    line: Option<Line>,
    lines: Arc<Mutex<Vec<Line>>>,
    run: Run,
    taken_at: Timestamp,
    dies: Option<Duration>,
}

impl Snapshot for HeldSnapshot {
    fn info(&self) -> SnapshotInfo {
        SnapshotInfo { kind: "read-transaction".to_owned(), taken_at: self.taken_at }
    }

    fn scan(&mut self, scan: &Scan) -> Result<BatchStream, SourceError> {
        let gone = || crate::source::Refuse(&self.run.origin).early("its connection has ended");
        let line = self.line.as_ref().ok_or_else(gone)?;
        let (known, scan, run, dies) = (Arc::clone(&line.known), scan.clone(), self.run.clone(), self.dies);
        let read = line.worker.ask(move |session, runtime| read((session, runtime), &known, &scan, &run, dies));
        match read {
            Ok(batches) => Ok(Box::new(batches.into_iter().map(Ok))),
            Err(error) => {
                // What it has prepared may be what went wrong: a table that was altered. The next begins anew.
                self.line = None;
                Err(error)
            }
        }
    }
}

impl Drop for HeldSnapshot {
    fn drop(&mut self) {
        let Some(line) = self.line.take() else { return };
        // A connection on which that fails is closed: no transaction begins on it again.
        let is_told = line.worker.tell(|session, runtime| drop(runtime.block_on(session.execute("ROLLBACK"))));
        let mut lines = locked(&self.lines);
        if is_told && lines.len() < KEPT {
            lines.push(line);
        }
    }
}

/// Rows of one scan by keys, all of them.
fn read(
    (session, runtime): (&Session, &Runtime),
    known: &Prepared,
    scan: &Scan,
    run: &Run,
    dies: Option<Duration>,
) -> Result<Vec<Batch>, SourceError> {
    let (out, _stream) = Handoff::pair(&run.origin, &run.watch);
    let wait = Wait { runtime, session, run, wanted: out.shared(), dies, spent: Counter::new(Duration::ZERO) };
    let shape = shape(scan);
    let found = locked(known).iter().find(|(scan, _)| *scan == shape).map(|(_, found)| Arc::clone(found));
    let found = match found {
        Some(found) => found,
        None => {
            let found = Arc::new(Known::find(&wait, scan)?);
            locked(known).push((shape, Arc::clone(&found)));
            found
        }
    };
    let Some(keys) = found.keys(scan, session.is_utf8) else {
        let table = scan.table.as_deref().unwrap_or_default();
        let detail = format!("table `{table}` would be read whole for a few records: relate it by one key");
        return Err(SourceError::new(Code::SourceLimit, &run.origin, detail));
    };
    let mut rows = ByKeys::of(&wait, scan, &found, &keys);
    pump::collect(&mut rows, scan, run, ROWS)
}

/// The scan without what differs from one question to the next.
fn shape(scan: &Scan) -> Scan {
    let mut shape = scan.clone();
    shape.hint.keys = shape.hint.keys.map(|keys| KeyList { column: keys.column, values: Arc::default() });
    shape
}

fn locked<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}
