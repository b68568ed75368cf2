//! Does this process answer, and can the house do what it is for?

use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use causeway_engine::{Health, Lookout};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;

use super::FRESH;

/// The process answers. That says nothing of the rest.
pub async fn live() -> Json<Value> {
    Json(json!({ "live": true }))
}

/// What was tried last. Trying takes the lock of whoever writes, which must not be had as often as anybody asks.
pub struct Tried {
    lookout: Arc<Lookout>,
    last: Mutex<Option<(Instant, Health)>>,
}

impl Tried {
    /// Nothing is tried yet.
    pub fn of(lookout: Arc<Lookout>) -> Self {
        Self { lookout, last: Mutex::new(None) }
    }
}

/// The database takes a change, the ledger's head verifies, a worker is at work, and there is room. What exactly is wrong stands in
/// the log.
pub async fn ready(State(tried): State<Arc<Tried>>) -> (StatusCode, Json<Value>) {
    let mut last = tried.last.lock().await;
    let health = match last.take().filter(|(at, _)| at.elapsed() < FRESH) {
        Some(fresh) => last.insert(fresh),
        None => {
            let health = tried.lookout.health().await;
            for (check, found) in &health.checks {
                if let Err(why) = found {
                    tracing::warn!(check, why, "not ready");
                }
            }
            last.insert((Instant::now(), health))
        }
    };
    answer(&health.1)
}

fn answer(health: &Health) -> (StatusCode, Json<Value>) {
    let word = |found: &Result<(), String>| Value::from(if found.is_ok() { "ok" } else { "failed" });
    let checks: Map<_, _> = health.checks.iter().map(|(name, found)| ((*name).to_owned(), word(found))).collect();
    let status = if health.is_ready() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(json!({ "ready": health.is_ready(), "checks": checks })))
}
