//! How long is a server waited for, and what ends the waiting?
//!
//! Looked at whenever the server has nothing to say, and with every buffer that it fills. Time in which the rows wait for
//! us is not the server's.

use std::sync::Arc;
use std::time::{Duration, Instant};

use causeway_flow::source::SourceError;
use causeway_model::Code;

use crate::source::Refuse;
use crate::source::handoff::{Handoff, cancelled};
use crate::source::pump::Run;
use crate::source::server::{CONNECT, LOOK, SILENCE};

/// How long ending a statement that was given up may take.
const ENDING: Duration = Duration::from_secs(5);

/// What one waiting is bound by.
pub(super) struct Patience {
    run: Run,
    /// The greatest age of the snapshot, and when on the pace's clock it is reached.
    age: Option<(Duration, Duration)>,
    /// Who wants the rows of the running statement.
    out: Option<Arc<Handoff>>,
    /// When the ending of a statement that was given up began.
    ending: Option<Instant>,
    /// How long the server may be silent, and when it was last heard. Both are of the network, and go by the machine's own
    /// clock whatever the pace of the run.
    silence: Duration,
    heard: Instant,
    /// How long the statement has kept the server busy, up to `since`; none while it waits for us.
    spent: Duration,
    since: Option<Duration>,
}

impl Patience {
    /// For a server that is to answer at once.
    pub(super) fn new(run: Run) -> Self {
        let now = run.brakes.pace.elapsed();
        let (silence, heard) = (CONNECT, Instant::now());
        Self { run, age: None, out: None, ending: None, silence, heard, spent: Duration::ZERO, since: Some(now) }
    }

    /// For a connection whose only purpose is to end something.
    pub(super) fn ending(run: Run) -> Self {
        let mut patience = Self::new(run);
        patience.end();
        patience
    }

    /// From now on a snapshot is held that must not become older than `most`.
    pub(super) fn hold(&mut self, most: Option<Duration>) {
        self.age = most.map(|most| (most, self.now() + most));
    }

    /// A statement begins that is answered at once, or after somebody else's lock.
    pub(super) fn prompt(&mut self) {
        self.begin(None, CONNECT);
    }

    /// A statement begins that writes, and may take so long.
    pub(super) fn wait(&mut self, silence: Duration) {
        self.begin(None, silence);
    }

    /// A statement begins whose rows `out` takes.
    pub(super) fn scan(&mut self, out: Arc<Handoff>) {
        let silence = self.run.brakes.statement_timeout.map_or(SILENCE, |limit| limit + LOOK * 10);
        self.begin(Some(out), silence);
    }

    /// The next statement of the same scan begins.
    pub(super) fn again(&mut self) {
        self.begin(self.out.clone(), self.silence);
    }

    /// Nothing is wanted any more but the end.
    pub(super) fn end(&mut self) {
        self.begin(None, ENDING);
        self.ending = Some(self.heard);
    }

    fn begin(&mut self, out: Option<Arc<Handoff>>, silence: Duration) {
        let now = self.now();
        self.out = out;
        self.silence = silence;
        self.ending = None;
        self.heard = Instant::now();
        self.spent = Duration::ZERO;
        self.since = Some(now);
    }

    /// The server said something.
    pub(super) fn heard(&mut self) {
        self.heard = Instant::now();
    }

    /// The rows wait for us, or go on.
    pub(super) fn pause(&mut self, paused: bool) {
        let now = self.now();
        if let Some(since) = self.since {
            self.spent += now.saturating_sub(since);
        }
        self.since = (!paused).then_some(now);
        self.heard();
    }

    /// Whether to go on waiting.
    pub(super) fn check(&self) -> Result<(), SourceError> {
        let (now, origin) = (self.now(), self.run.origin.as_str());
        let limit = |detail: String| Err(SourceError::new(Code::SourceLimit, origin, detail));
        if let Some(begun) = self.ending {
            // The whole ending is bound, not each silence in it: a server may go on sending.
            return if begun.elapsed() < ENDING { Ok(()) } else { Err(self.silent()) };
        }
        if self.run.watch.is_cancelled() {
            return Err(cancelled(origin));
        }
        if self.out.as_ref().is_some_and(|out| out.is_over()) {
            return Err(Refuse(origin).early("its snapshot was given up before everything was read"));
        }
        self.run.brakes.still_open(self.run.closes)?;
        let running = self.since.map_or(Duration::ZERO, |since| now.saturating_sub(since));
        match self.run.brakes.statement_timeout {
            Some(most) if self.spent + running >= most => {
                return limit(format!(
                    "a statement took longer than its limit of {} s (`statement_timeout_s`)",
                    most.as_secs()
                ));
            }
            _ => {}
        }
        match self.age {
            Some((most, stale)) if now >= stale => {
                return limit(format!(
                    "its snapshot became older than its limit of {} s (`snapshot_max_age_s`)",
                    most.as_secs()
                ));
            }
            _ => {}
        }
        if self.heard.elapsed() >= self.silence { Err(self.silent()) } else { Ok(()) }
    }

    fn silent(&self) -> SourceError {
        let seconds = self.silence.as_secs();
        Refuse(&self.run.origin).early(format!(
            "the server was silent for {seconds} s: the network stalls, or it is slow (`statement_timeout_s` lets it take longer)"
        ))
    }

    fn now(&self) -> Duration {
        self.run.brakes.pace.elapsed()
    }
}
