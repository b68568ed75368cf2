//! Does the house do its work, and how does it stand in numbers? For whoever runs it, without a name or an id.

mod health;
mod metrics;

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use causeway_engine::Lookout;

/// `/health/live`, `/health/ready`, `/metrics`.
pub fn routes(lookout: Arc<Lookout>) -> Router {
    let measured = Arc::new(metrics::Measured::of(Arc::clone(&lookout)));
    Router::new()
        .route("/health/live", get(health::live))
        .route("/health/ready", get(health::ready).with_state(lookout))
        .route("/metrics", get(metrics::tell).with_state(measured))
}
