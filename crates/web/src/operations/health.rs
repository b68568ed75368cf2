//! Does this process answer, and can the house do what it is for?

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use causeway_engine::Lookout;
use serde_json::{Map, Value, json};

/// The process answers. That says nothing of the rest.
pub async fn live() -> Json<Value> {
    Json(json!({ "live": true }))
}

/// The database takes a change, the ledger's head verifies, a worker is at work, and there is room. What exactly is wrong stands in
/// the log.
pub async fn ready(State(lookout): State<Arc<Lookout>>) -> (StatusCode, Json<Value>) {
    let health = lookout.health().await;
    let mut checks = Map::new();
    for (name, found) in &health.checks {
        if let Err(why) = found {
            tracing::warn!(check = name, why, "not ready");
        }
        checks.insert((*name).to_owned(), Value::from(if found.is_ok() { "ok" } else { "failed" }));
    }
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": health.is_ready(), "checks": checks })))
}
