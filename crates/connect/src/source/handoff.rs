//! How do batches pass from the thread that reads to the stage that asks, with back-pressure and without a false end?
//!
//! INVARIANT (an end is whole): the receiving side ends only after the sending side said that it had read everything.
//! A reader that dies, or whose snapshot is dropped, leaves an error.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use causeway_flow::Batch;
use causeway_flow::source::{SourceError, Watch};
use causeway_model::Code;

/// Batches that may wait between the reader and the stage.
const DEPTH: usize = 2;

#[derive(Default)]
struct State {
    waiting: VecDeque<Result<Batch, SourceError>>,
    /// The sender said that everything was read.
    whole: bool,
    /// The sender is gone, with or without having said so.
    ended: bool,
    /// The receiver is gone, or the snapshot under it.
    closed: bool,
}

/// The place where the two sides meet.
#[derive(Default)]
pub(crate) struct Handoff {
    state: Mutex<State>,
    moved: Condvar,
}

impl Handoff {
    /// The two sides of a new handoff.
    pub(crate) fn pair(origin: &str, watch: &Watch) -> (Sender, Stream) {
        let shared = Arc::new(Self::default());
        let stream = Stream { shared: shared.clone(), origin: origin.to_owned(), watch: watch.clone(), over: false };
        (Sender(shared), stream)
    }

    /// Tells both sides that nothing more will be taken.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.moved.notify_all();
    }

    /// Whether the stream was drained, dropped or closed.
    pub(crate) fn is_over(&self) -> bool {
        let state = self.state();
        state.closed || state.ended
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'s>(&self, state: MutexGuard<'s, State>) -> MutexGuard<'s, State> {
        self.moved.wait(state).unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reader's side.
pub(crate) struct Sender(Arc<Handoff>);

impl Sender {
    /// Hands over, waiting while enough batches wait; false when nobody wants them any more.
    pub(crate) fn send(&self, item: Result<Batch, SourceError>) -> bool {
        let mut state = self.0.state();
        while state.waiting.len() >= DEPTH && !state.closed {
            state = self.0.wait(state);
        }
        if state.closed {
            return false;
        }
        state.waiting.push_back(item);
        self.0.moved.notify_all();
        true
    }

    /// Says that everything was read.
    pub(crate) fn whole(&self) {
        self.0.state().whole = true;
    }

    /// Whether nobody wants batches any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.0.state().closed
    }

    /// The meeting place, to be closed from outside.
    pub(crate) fn shared(&self) -> Arc<Handoff> {
        self.0.clone()
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        self.0.state().ended = true;
        self.0.moved.notify_all();
    }
}

/// The stage's side: batches until the end or the first error.
pub(crate) struct Stream {
    shared: Arc<Handoff>,
    origin: String,
    watch: Watch,
    over: bool,
}

impl Stream {
    fn receive(&self) -> Option<Result<Batch, SourceError>> {
        if self.watch.is_cancelled() {
            return Some(Err(cancelled(&self.origin)));
        }
        let mut state = self.shared.state();
        while state.waiting.is_empty() && !state.ended && !state.closed {
            state = self.shared.wait(state);
        }
        let early = |detail: &str| Some(Err(SourceError::new(Code::SourceEndedEarly, &self.origin, detail)));
        match state.waiting.pop_front() {
            Some(item) => {
                self.shared.moved.notify_all();
                Some(item)
            }
            None if state.whole => None,
            None if state.closed => early("its snapshot was given up before everything was read"),
            None => early("its reader stopped without saying why"),
        }
    }
}

impl Iterator for Stream {
    type Item = Result<Batch, SourceError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.over {
            return None;
        }
        let item = self.receive();
        match &item {
            Some(Ok(_)) => {}
            _ => {
                self.over = true;
                self.shared.close();
            }
        }
        item
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.shared.close();
    }
}

/// The error of a run that was asked to stop.
pub(crate) fn cancelled(origin: &str) -> SourceError {
    SourceError::new(Code::Cancelled, origin, "the run was cancelled while it was read")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_dies_is_an_error_and_a_closed_stream_stops_its_reader() {
        let (sender, mut stream) = Handoff::pair("store", &Watch::default());
        drop(sender);
        assert!(matches!(stream.next(), Some(Err(e)) if e.code == Code::SourceEndedEarly));
        assert!(stream.next().is_none());

        let (sender, stream) = Handoff::pair("store", &Watch::default());
        drop(stream);
        assert!(!sender.send(Err(cancelled("store"))));

        let (sender, mut stream) = Handoff::pair("store", &Watch::default());
        sender.shared().close();
        assert!(matches!(stream.next(), Some(Err(e)) if e.code == Code::SourceEndedEarly));

        let (sender, mut stream) = Handoff::pair("store", &Watch::default());
        sender.whole();
        drop(sender);
        assert!(stream.next().is_none());
    }
}
