//! How are a few records read by their keys again and again, without signing in each time?
//!
//! A connection and the statements that it has prepared stay; a transaction does not: each snapshot begins one and ends it. Its statements
//! are sent by the thread that asks, which would wait for another one longer than for the server.

use std::cell::Cell as Counter;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use causeway_flow::Batch;
use causeway_flow::source::{BatchStream, KeyList, Scan, Snapshot, SnapshotInfo, Source, SourceError, Watch};
use causeway_model::Code;
use jiff::Timestamp;
use tokio::runtime::Runtime;

use super::PostgresSource;
use super::read::{ByKeys, Known};
use super::session::{Session, runtime};
use super::wait::Wait;
use crate::source::handoff::Handoff;
use crate::source::pump::{self, Run};
use crate::source::server::CONNECT;

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
    session: Session,
    runtime: Runtime,
    known: Prepared,
}

/// What was prepared, by the shape of the scan.
type Prepared = Vec<(Scan, Arc<Known>)>;

impl HeldPostgres {
    pub(super) fn new(source: PostgresSource) -> Self {
        Self { source, lines: Arc::default() }
    }

    /// A connection on which a transaction has begun.
    fn begun(&self) -> Result<Line, SourceError> {
        loop {
            let Some(line) = locked(&self.lines).pop() else {
                let runtime = runtime(&self.source.name)?;
                // Signing in begins one.
                let session = runtime.block_on(Session::open(&self.source))?;
                return Ok(Line { session, runtime, known: Vec::new() });
            };
            const BEGIN: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
            let begun = async { tokio::time::timeout(CONNECT, line.session.execute(BEGIN)).await };
            // A connection that the server has closed meanwhile is none.
            if matches!(line.runtime.block_on(begun), Ok(Ok(()))) {
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
        let line = self.line.as_mut().ok_or_else(gone)?;
        match read(line, scan, &self.run, self.dies) {
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
        line.runtime.block_on(line.ended());
        let mut lines = locked(&self.lines);
        if lines.len() < KEPT {
            lines.push(line);
        }
    }
}

impl Line {
    /// Sends the end of the transaction, and waits for no answer: what is asked next stands behind it, and fails where it failed.
    async fn ended(&self) {
        let mut ended = pin!(self.session.client.batch_execute("ROLLBACK"));
        poll_fn(|context| {
            let _ = ended.as_mut().poll(context);
            Poll::Ready(())
        })
        .await;
        // The connection's own task writes what was asked.
        tokio::task::yield_now().await;
    }
}

/// Rows of one scan by keys, all of them.
fn read(line: &mut Line, scan: &Scan, run: &Run, dies: Option<Duration>) -> Result<Vec<Batch>, SourceError> {
    let Line { session, runtime, known } = line;
    let (session, runtime) = (&*session, &*runtime);
    let (out, _stream) = Handoff::pair(&run.origin, &run.watch);
    let wait = Wait { runtime, session, run, wanted: out.shared(), dies, spent: Counter::new(Duration::ZERO) };
    let shape = shape(scan);
    let found = known.iter().find(|(scan, _)| *scan == shape).map(|(_, found)| Arc::clone(found));
    let found = match found {
        Some(found) => found,
        None => {
            let found = Arc::new(Known::find(&wait, scan)?);
            known.push((shape, Arc::clone(&found)));
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
