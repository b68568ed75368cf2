//! How is a process asked to end that runs for months, and how does its service manager learn that it is ready?

use sd_notify::NotifyState;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch::{self, Receiver};
use tokio::task::JoinHandle;
use tracing::{info, warn};

/// Turns true at SIGTERM or Ctrl-C; a second Ctrl-C ends the process at once. Abort the task when the work is done.
pub fn ending() -> (Receiver<bool>, JoinHandle<()>) {
    let (ask, ending) = watch::channel(false);
    let waiting = tokio::spawn(async move {
        match asked().await {
            Ok(()) => info!("asked to end: what is in hand has twenty seconds"),
            Err(error) => warn!("signals cannot be waited for: {error}"),
        }
        tell(NotifyState::Stopping);
        let _nobody_works_any_more = ask.send(true);
        if tokio::signal::ctrl_c().await.is_ok() {
            std::process::exit(130);
        }
    });
    (ending, waiting)
}

async fn asked() -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        _ = terminate.recv() => Ok(()),
        interrupted = tokio::signal::ctrl_c() => interrupted,
    }
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
