//! How long is a server waited for, and what happens to its statement when it is not?

use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use causeway_flow::source::SourceError;
use causeway_model::Code;
use tokio::runtime::Runtime;

use super::session::Session;
use crate::source::Refuse;
use crate::source::handoff::{Handoff, cancelled};
use crate::source::pump::Run;
use crate::source::server::{LOOK, SILENCE};

/// What a waiting reader looks at.
pub(super) struct Wait<'r> {
    pub(super) runtime: &'r Runtime,
    pub(super) session: &'r Session,
    pub(super) run: &'r Run,
    pub(super) wanted: Arc<Handoff>,
    /// When the snapshot is too old, on the pace's clock.
    pub(super) dies: Option<Duration>,
    /// How long the server has worked for the statement: our own waiting is not its time.
    pub(super) spent: Cell<Duration>,
}

impl Wait<'_> {
    /// What the server sends next. Stops waiting when it is cancelled, when nobody wants it, when it takes too long; then
    /// the statement is stopped too.
    pub(super) fn for_next<T>(&self, next: impl Future<Output = T>) -> Result<T, SourceError> {
        let pace = &self.run.brakes.pace;
        self.still_young()?;
        let since = pace.elapsed();
        let found = self.runtime.block_on(async {
            let mut next = std::pin::pin!(next);
            loop {
                if let Ok(found) = tokio::time::timeout(LOOK, next.as_mut()).await {
                    return Ok(found);
                }
                if let Err(error) = self.go_on(pace.elapsed().saturating_sub(since)) {
                    self.session.cancel().await;
                    return Err(error);
                }
            }
        });
        self.spent.set(self.spent.get() + pace.elapsed().saturating_sub(since));
        found
    }

    fn still_young(&self) -> Result<(), SourceError> {
        if self.dies.is_some_and(|dies| self.run.brakes.pace.elapsed() >= dies) {
            let detail = "its snapshot grew older than `snapshot_max_age_s` allows";
            return Err(SourceError::new(Code::SourceLimit, &self.run.origin, detail));
        }
        Ok(())
    }

    /// After so long a silence.
    fn go_on(&self, silence: Duration) -> Result<(), SourceError> {
        let origin = &self.run.origin;
        if self.run.watch.is_cancelled() {
            return Err(cancelled(origin));
        }
        if self.wanted.is_over() {
            return Err(Refuse(origin).early("nobody wants the rest"));
        }
        self.still_young()?;
        match self.run.brakes.statement_timeout {
            Some(limit) if self.spent.get() + silence >= limit => {
                let (limit, silence) = (limit.as_secs(), silence.as_secs());
                let detail = format!(
                    "a statement took longer than its limit of {limit} s; the server was silent for the last {silence} s"
                );
                Err(SourceError::new(Code::SourceLimit, origin, detail))
            }
            None if silence >= SILENCE => {
                let detail = format!(
                    "the server was silent for {} s: the network stalls, or the statement needs longer (then give it a `statement_timeout_s`)",
                    SILENCE.as_secs()
                );
                Err(Refuse(origin).early(detail))
            }
            _ => Ok(()),
        }
    }
}
