//! Does the house do its work, and how does it stand in numbers? For whoever runs it, without a name or an id.

mod health;
mod metrics;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use causeway_engine::Lookout;

/// How long what was found is told again: the house is looked at once in that time, whoever asks.
const FRESH: Duration = Duration::from_secs(2);

/// `/health/live`, `/health/ready`, `/metrics`.
pub fn routes(lookout: Arc<Lookout>) -> Router {
    let tried = Arc::new(health::Tried::of(Arc::clone(&lookout)));
    let measured = Arc::new(metrics::Measured::of(lookout));
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready).with_state(tried))
        .route("/metrics", get(metrics::tell).with_state(measured))
}
