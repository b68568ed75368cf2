//! How is a PostgreSQL database scanned from one exported snapshot, over several connections?
//!
//! One connection begins a read-only transaction of the level repeatable read and exports its snapshot. Each scan has a
//! connection and a thread of its own, takes the same snapshot, and streams `COPY … (FORMAT binary)`, which costs the
//! server least. A scan by keys binds them, which COPY cannot. A replica will do.
//!
//! | file | answers |
//! |---|---|
//! | [`session`], [`worker`], [`refusal`] | how is a connection opened, kept, asked, and what do its refusals mean |
//! | [`name`], [`table`], [`kind`], [`ask`] | what is really there, and as what can it be read |
//! | [`statement`], [`filter`], [`keys`], [`literal`], [`outlook`] | what is sent, and what is known before |
//! | [`held`] | how are a few records read again and again |
//! | [`read`], [`wait`], [`cells`], [`numeric`] | how do rows come and become cells, and what if they stop coming |

mod ask;
mod cells;
mod copied;
mod filter;
mod held;
mod keys;
mod kind;
mod literal;
mod name;
mod numeric;
mod outlook;
mod read;
mod refusal;
mod session;
mod statement;
mod table;
mod wait;
mod worker;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use causeway_flow::source::{BatchStream, Outlook, Scan, Snapshot, SnapshotInfo, Source, SourceError, Watch};
use causeway_model::Code;
use causeway_model::catalogue::Server;
use jiff::Timestamp;

use super::handoff::Handoff;
use super::pace::Brakes;
use super::pump::{self, Run};
pub(crate) use ask::answers;
pub(crate) use name::TableName;
pub(crate) use refusal::refused;
use worker::Worker;

/// Streams that may be open at once, each with a connection of its own.
const STREAMS: usize = 3;

/// The port of a server that does not say.
const PORT: u16 = 5432;

/// A PostgreSQL database.
#[derive(Clone)]
pub(crate) struct PostgresSource {
    pub(crate) name: String,
    pub(crate) server: Server,
    pub(crate) base: PathBuf,
    pub(crate) brakes: Arc<Brakes>,
    pub(crate) max_age: Option<Duration>,
}

impl Source for PostgresSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn snapshot(&self, now: Timestamp, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        let closes = self.brakes.enter(now)?;
        let run = Run { origin: self.name.clone(), watch: watch.clone(), brakes: self.brakes.clone(), closes };
        let dies = self.max_age.map(|age| self.brakes.pace.elapsed() + age);
        let worker = Worker::start(self.clone(), dies)?;
        let id = worker.ask(|session, runtime| runtime.block_on(session.export_snapshot()))?;
        Ok(Box::new(PostgresSnapshot { source: self.clone(), worker, id, run, taken_at: now, dies, open: Vec::new() }))
    }

    fn held(&self) -> Option<Box<dyn Source>> {
        Some(Box::new(held::HeldPostgres::new(self.clone())))
    }
}

struct PostgresSnapshot {
    source: PostgresSource,
    /// Holds the transaction whose snapshot is shared.
    worker: Worker,
    id: String,
    run: Run,
    taken_at: Timestamp,
    /// When the snapshot is too old, on the pace's clock.
    dies: Option<Duration>,
    open: Vec<(Arc<Handoff>, std::thread::JoinHandle<()>)>,
}

impl Snapshot for PostgresSnapshot {
    fn info(&self) -> SnapshotInfo {
        SnapshotInfo { kind: "exported-snapshot".to_owned(), taken_at: self.taken_at }
    }

    fn streams(&self) -> usize {
        STREAMS
    }

    fn outlook(&mut self, scan: &Scan) -> Result<Outlook, SourceError> {
        let scan = scan.clone();
        self.worker.ask(move |session, runtime| runtime.block_on(outlook::outlook(session, &scan)))
    }

    fn scan(&mut self, scan: &Scan) -> Result<BatchStream, SourceError> {
        let over = self.open.iter().filter(|(handoff, _)| handoff.is_over()).count();
        if self.open.len() - over >= STREAMS {
            let detail = format!("{STREAMS} scans at a time: drain or drop a stream before");
            return Err(SourceError::new(Code::SourceLimit, &self.run.origin, detail));
        }
        self.end(|handoff| handoff.is_over());
        let (out, stream) = Handoff::pair(&self.run.origin, &self.run.watch);
        let handoff = out.shared();
        let (begun, answer) = sync_channel(1);
        let reading = read::Reading {
            source: self.source.clone(),
            snapshot: self.id.clone(),
            scan: scan.clone(),
            run: self.run.clone(),
            dies: self.dies,
        };
        let thread = std::thread::Builder::new().name("source-postgres".to_owned());
        let thread =
            thread.spawn(move || reading.run(&out, &begun)).map_err(|e| pump::no_thread(&self.run.origin, &e))?;
        self.open.push((handoff, thread));
        match answer.recv() {
            Ok(Ok(())) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(super::Refuse(&self.run.origin).early("its reader stopped without saying why")),
        }
    }
}

impl PostgresSnapshot {
    /// Waits for the ends of those readings whose rows nobody wants any more.
    fn end(&mut self, which: impl Fn(&Handoff) -> bool) {
        for (handoff, thread) in std::mem::take(&mut self.open) {
            if which(&handoff) {
                let _ = thread.join();
            } else {
                self.open.push((handoff, thread));
            }
        }
    }
}

impl Drop for PostgresSnapshot {
    fn drop(&mut self) {
        self.open.iter().for_each(|(handoff, _)| handoff.close());
        // Every transaction is over when its thread is: whoever dropped the snapshot may count on that.
        self.end(|_| true);
    }
}
