//! How is a process asked to end that runs for months, and how does its service manager learn that it is ready?

use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch::{self, Receiver};
use tokio::task::JoinHandle;
use tracing::{info, warn};

/// Turns true at SIGTERM or Ctrl-C, from now on; a second Ctrl-C ends the process at once. Abort the task when the work is done.
pub fn ending() -> (Receiver<bool>, JoinHandle<()>) {
    let (ask, ending) = watch::channel(false);
    // Heard before anybody is told that it is ready: until then a signal ends the process.
    let signals =
        signal(SignalKind::terminate()).and_then(|terminate| Ok((terminate, signal(SignalKind::interrupt())?)));
    let waiting = tokio::spawn(async move {
        let (mut terminate, mut interrupt) = match signals {
            Ok(signals) => signals,
            Err(error) => {
                warn!("signals cannot be waited for: {error}");
                // Whoever holds `ask` keeps it at work.
                return ask.closed().await;
            }
        };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        info!("asked to end: what is in hand has twenty seconds");
        tell(NotifyState::Stopping);
        let _nobody_works_any_more = ask.send(true);
        interrupt.recv().await;
        std::process::exit(130);
    });
    (ending, waiting)
}

/// Says to the service manager that it works from now on.
pub fn ready() {
    tell(NotifyState::Ready);
}

fn tell(state: NotifyState<'_>) {
    // Where no service manager listens, nothing is said.
    if let Err(error) = sd_notify::notify(&[state]) {
        warn!("the service manager cannot be told: {error}");
    }
}
