//! What may be asked of this house over the network, and how is it answered?
//!
//! - [`address`]: where it may be asked in the clear;
//! - [`api`]: what programs of partners ask, on an address of its own;
//! - [`ping`]: what clients of PING's own API ask, at the same address;
//! - [`tls`]: encrypted, without a key;
//! - [`operations`]: health and figures, for whoever runs it;
//!
//! Nothing here holds a private key: it is given a [`Lookout`].

pub mod address;
pub mod api;
pub mod operations;
mod ping;
mod problem;
pub mod tls;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use causeway_engine::Lookout;
use tokio::net::TcpListener;
use tokio::sync::watch::Receiver;

/// How long calls that are being answered may go on once the process is asked to end.
const GRACE: Duration = Duration::from_secs(20);

/// Everything that can be asked.
pub fn routes(lookout: Arc<Lookout>) -> Router {
    Router::new()
        .merge(operations::routes(lookout))
        .fallback(problem::nothing_there)
        .layer(axum::middleware::from_fn(problem::unstored))
}

/// Answers until it is asked to end: then no call is taken any more, and those under way have twenty seconds.
///
/// # Errors
/// When nothing can be taken from the address any more.
pub async fn serve(listener: TcpListener, routes: Router, mut ending: Receiver<bool>) -> std::io::Result<()> {
    let mut over = ending.clone();
    let asked = async move {
        // Whoever can no longer ask, leaves it at work.
        if ending.wait_for(|ending| *ending).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let late = async move {
        if over.wait_for(|ending| *ending).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        served = axum::serve(listener, routes).with_graceful_shutdown(asked) => served,
        () = late => Ok(()),
    }
}
