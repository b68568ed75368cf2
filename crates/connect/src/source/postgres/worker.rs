//! How is a connection kept for as long as a snapshot is, and asked now and then?

use std::sync::mpsc::{RecvTimeoutError, Sender, channel, sync_channel};
use std::time::Duration;

use causeway_flow::source::SourceError;
use tokio::runtime::Runtime;

use super::PostgresSource;
use super::session::{Session, runtime};
use crate::source::Refuse;

/// How often a connection of which nothing is asked shows that somebody is still there.
const SIGN_OF_LIFE: Duration = Duration::from_secs(60);

type Task = Box<dyn FnOnce(&Session, &Runtime) + Send>;

/// A connection with a thread of its own, which answers one question after the other.
pub(crate) struct Worker {
    asks: Option<Sender<Task>>,
    thread: Option<std::thread::JoinHandle<()>>,
    origin: String,
}

impl Worker {
    /// Opens a connection on a thread of its own; its transaction ends at `dies`, on the pace's clock.
    pub(crate) fn start(source: PostgresSource, dies: Option<Duration>) -> Result<Self, SourceError> {
        let origin = source.name.clone();
        let (asks, asked) = channel::<Task>();
        let (ready, begun) = sync_channel(1);
        let thread = std::thread::Builder::new().name("source-postgres".to_owned());
        let act = move || {
            let opened = runtime(&source.name).and_then(|runtime| {
                let session = runtime.block_on(Session::open(&source))?;
                Ok((runtime, session))
            });
            let (runtime, session) = match opened {
                Ok(opened) => opened,
                Err(error) => {
                    let _ = ready.send(Err(error));
                    return;
                }
            };
            let _ = ready.send(Ok(()));
            loop {
                match asked.recv_timeout(SIGN_OF_LIFE) {
                    Ok(task) => task(&session, &runtime),
                    Err(RecvTimeoutError::Timeout) => {
                        let too_old = dies.is_some_and(|dies| source.brakes.pace.elapsed() >= dies);
                        if too_old || runtime.block_on(session.execute("SELECT 1")).is_err() {
                            break;
                        }
                    }
                    Err(RecvTimeoutError::Disconnected) => break,
                }
            }
            runtime.block_on(session.finish());
        };
        let thread = thread.spawn(act).map_err(|error| crate::source::pump::no_thread(&origin, &error))?;
        let worker = Self { asks: Some(asks), thread: Some(thread), origin };
        match begun.recv() {
            Ok(Ok(())) => Ok(worker),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Refuse(&worker.origin).early("its reader stopped without saying why")),
        }
    }

    /// Asks the thread; waits for its answer.
    pub(crate) fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Session, &Runtime) -> Result<T, SourceError> + Send + 'static,
    ) -> Result<T, SourceError> {
        let gone = || Refuse(&self.origin).early("the connection that holds its snapshot has ended");
        let (answer, answered) = sync_channel(1);
        let task: Task = Box::new(move |session, runtime| {
            let _ = answer.send(question(session, runtime));
        });
        self.asks.as_ref().ok_or_else(gone)?.send(task).map_err(|_| gone())?;
        answered.recv().map_err(|_| gone())?
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.asks = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
