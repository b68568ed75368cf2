//! How are the tables of a database read one after the other from one state of it?
//!
//! One thread owns the connection, begins a transaction with a consistent snapshot, and answers one scan after the other
//! from it. Whatever happens, it ends the statement, the transaction and the connection before it ends itself.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender as Asks, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use causeway_flow::source::{BatchStream, Outlook, Scan, Snapshot, SnapshotInfo, Source, SourceError, Watch};
use causeway_model::Code;
use causeway_model::catalogue::SnapshotMode;
use jiff::Timestamp;

use super::MariadbSource;
use super::reading::Reading;
use super::session::Session;
use super::target::Target;
use crate::source::Refuse;
use crate::source::handoff::{Handoff, Sender};
use crate::source::pump::{self, Run};

impl Source for MariadbSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn snapshot(&self, now: Timestamp, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        let closes = self.brakes.enter(now)?;
        let origin = self.name.clone();
        let run = Run { origin: origin.clone(), watch: watch.clone(), brakes: self.brakes.clone(), closes };
        let target = Arc::new(Target::new(self)?);
        let actor = Actor { run: run.clone(), target, mode: self.server.snapshot, age: self.max_age };
        let (asks, asked) = channel();
        let (ready, begun) = sync_channel(1);
        let thread = std::thread::Builder::new().name("source-mariadb".to_owned());
        let thread = thread.spawn(move || actor.act(&ready, &asked)).map_err(|e| pump::no_thread(&origin, &e))?;
        let mode = self.server.snapshot;
        let mut snapshot =
            MariadbSnapshot { asks: Some(asks), thread: Some(thread), current: None, run, taken_at: now, mode };
        match begun.recv() {
            Ok(Ok(())) => Ok(Box::new(snapshot)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(snapshot.gone()),
        }
    }
}

/// What the snapshot asks of the thread that owns the connection.
enum Ask {
    /// The rows of a scan; answered once they begin to come.
    Scan(Scan, Sender, SyncSender<Result<(), SourceError>>),
    /// What is known of a scan.
    Outlook(Scan, SyncSender<Result<Outlook, SourceError>>),
}

struct MariadbSnapshot {
    asks: Option<Asks<Ask>>,
    thread: Option<JoinHandle<()>>,
    current: Option<Arc<Handoff>>,
    run: Run,
    taken_at: Timestamp,
    mode: SnapshotMode,
}

impl MariadbSnapshot {
    fn gone(&mut self) -> SourceError {
        self.asks = None;
        Refuse(&self.run.origin).early("its reader stopped without saying why")
    }

    fn is_busy(&self) -> bool {
        self.current.as_ref().is_some_and(|current| !current.is_over())
    }

    fn ask<T>(&mut self, ask: Ask, answer: &Receiver<Result<T, SourceError>>) -> Result<T, SourceError> {
        if self.asks.as_ref().is_none_or(|asks| asks.send(ask).is_err()) {
            return Err(self.gone());
        }
        answer.recv().unwrap_or_else(|_| Err(self.gone()))
    }
}

impl Snapshot for MariadbSnapshot {
    fn info(&self) -> SnapshotInfo {
        let kind = match self.mode {
            SnapshotMode::Transaction => "consistent-snapshot",
            SnapshotMode::None => "none",
        };
        SnapshotInfo { kind: kind.to_owned(), taken_at: self.taken_at }
    }

    fn outlook(&mut self, scan: &Scan) -> Result<Outlook, SourceError> {
        // The one connection that there is has other things to say.
        if self.is_busy() {
            return Ok(Outlook::default());
        }
        let (answer, answered) = sync_channel(1);
        self.ask(Ask::Outlook(scan.clone(), answer), &answered)
    }

    fn scan(&mut self, scan: &Scan) -> Result<BatchStream, SourceError> {
        if self.is_busy() {
            let detail = "one scan at a time: drain or drop the stream before";
            return Err(SourceError::new(Code::SourceLimit, &self.run.origin, detail));
        }
        let (out, stream) = Handoff::pair(&self.run.origin, &self.run.watch);
        self.current = Some(out.shared());
        let (begun, answered) = sync_channel(1);
        self.ask(Ask::Scan(scan.clone(), out, begun), &answered)?;
        Ok(Box::new(stream))
    }
}

impl Drop for MariadbSnapshot {
    fn drop(&mut self) {
        if let Some(current) = &self.current {
            current.close();
        }
        self.asks = None;
        // The transaction is over when the thread is: whoever dropped the snapshot may count on that.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Actor {
    run: Run,
    target: Arc<Target>,
    mode: SnapshotMode,
    age: Option<Duration>,
}

impl Actor {
    fn act(&self, ready: &SyncSender<Result<(), SourceError>>, asks: &Receiver<Ask>) {
        let mut session = match self.begin() {
            Ok(session) => session,
            Err(error) => {
                let _ = ready.send(Err(error));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        for ask in asks {
            let mut reading = Reading { session: &mut session, run: &self.run, mode: self.mode };
            match ask {
                Ask::Scan(scan, out, begun) => {
                    if let Err(error) = reading.scan(&scan, &out, &begun) {
                        let _ = begun.send(Err(error));
                    }
                }
                Ask::Outlook(scan, answer) => {
                    let _ = answer.send(reading.outlook(&scan));
                }
            }
        }
        session.quit();
    }

    fn begin(&self) -> Result<Session, SourceError> {
        let mut session = Session::open(&self.target, &self.run)?;
        if self.mode == SnapshotMode::Transaction {
            let begun = session.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
            begun.map_err(|trouble| session.refuse(trouble, "taking a snapshot"))?;
            session.wire.patience.hold(self.age);
        }
        Ok(session)
    }
}
