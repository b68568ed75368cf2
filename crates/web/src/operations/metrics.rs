//! How does the house stand, in the words of Prometheus?
//!
//! The text is made anew for each call from what the database counts; counting is done at most every two seconds, whoever asks.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use causeway_engine::{Lookout, Seen};
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;
use tokio::sync::Mutex;

use super::FRESH;
use crate::problem::problem;

const TEXT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Numbers may be fractions: ages in seconds are.
type Number = Gauge<f64, AtomicU64>;

/// What was counted last, and how long the database took each time.
pub struct Measured {
    lookout: Arc<Lookout>,
    last: Mutex<Option<(Instant, String)>>,
    database: Histogram,
}

impl Measured {
    /// Nothing is counted yet.
    pub fn of(lookout: Arc<Lookout>) -> Self {
        Self { lookout, last: Mutex::new(None), database: Histogram::new(exponential_buckets(0.001, 2.0, 14)) }
    }

    async fn text(&self) -> Result<String, ()> {
        let mut last = self.last.lock().await;
        if let Some((_, text)) = last.as_ref().filter(|(at, _)| at.elapsed() < FRESH) {
            return Ok(text.clone());
        }
        let begun = Instant::now();
        let seen = self.lookout.look().await.map_err(|error| tracing::warn!(why = %error, "no figures"))?;
        self.database.observe(begun.elapsed().as_secs_f64());
        let mut text = String::new();
        encode(&mut text, &registry(&seen, &self.database)).map_err(|_| ())?;
        *last = Some((Instant::now(), text.clone()));
        Ok(text)
    }
}

/// Tells the figures.
pub async fn tell(State(measured): State<Arc<Measured>>) -> Response {
    match measured.text().await {
        Ok(text) => ([(CONTENT_TYPE, TEXT)], text).into_response(),
        Err(()) => problem(StatusCode::SERVICE_UNAVAILABLE, "no-figures", "the database does not answer"),
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of Prometheus are floating")]
fn registry(seen: &Seen, database: &Histogram) -> Registry {
    let mut registry = Registry::with_prefix("causeway");
    let mut tell = |name: &str, help: &str, number: f64| {
        let gauge = Number::default();
        gauge.set(number);
        registry.register(name, help, gauge);
    };
    let figures = &seen.figures;
    let age = |since: jiff::Timestamp| seen.at.duration_since(since).as_secs_f64().max(0.0);
    tell("requests_awaiting_approval", "Requests that wait for an officer", figures.awaiting_approval as f64);
    tell(
        "oldest_waiting_seconds",
        "Age of the transfer that waits longest for a worker",
        figures.waiting_since.map_or(0.0, age),
    );
    tell("leases_held", "Transfers in a worker's hands", figures.leases_held as f64);
    tell("leases_failing", "Transfers whose last try failed", figures.leases_failing as f64);
    tell("deliveries_open", "Deliveries of which nobody knows how they ended", figures.open_deliveries as f64);
    tell("packages_ready", "Packages that lie ready for partners' programs", figures.packages_ready as f64);
    tell("receipts_due", "Packages that arrived and are not receipted", figures.receipts_due as f64);
    tell("receipts_overdue", "Those of them that should be receipted by now", figures.receipts_overdue as f64);
    tell("packages_held", "Packages whose bytes are kept", figures.packages_held as f64);
    tell("reports_sealed", "Sealed reports of runs with what was withheld and quarantined", seen.reports as f64);
    tell("disclosure_sets", "Packages whose content is recorded", figures.disclosure_sets as f64);
    tell("disclosure_entries", "Entries of all disclosure sets", figures.disclosed_entries as f64);
    tell("schedules_paused", "Schedules that are paused", figures.schedules_paused as f64);
    tell("stops_standing", "Stops that stand", figures.stops as f64);
    tell("ledger_entries", "Entries of the ledger under a checkpoint", figures.ledger_leaves as f64);
    tell("ledger_pending", "Entries that wait for a checkpoint", figures.ledger_pending as f64);
    tell("alerts_waiting", "Alerts to be sent, by way", figures.alerts_waiting as f64);
    tell("alerts_dead", "Alerts that were given up, by way", figures.alerts_dead as f64);
    tell("intake_records_waiting", "Records that came in and wait for a person", figures.records_waiting as f64);
    tell("intakes_held", "Intakes whose last try was held back or failed", figures.intakes_held as f64);
    tell("workers", "Workers that are at work", seen.workers.len() as f64);
    if let Some(beat) = seen.workers.iter().map(|beat| age(beat.seen_at)).reduce(f64::min) {
        tell("worker_beat_age_seconds", "Since when no worker was seen", beat);
    }
    if let Some(next) = seen.workers.iter().filter_map(|beat| beat.next_run).min() {
        tell("next_run_timestamp_seconds", "When the next occurrence of a schedule is due", next.as_second() as f64);
    }
    if let Some(free) = seen.free_bytes {
        tell("staging_free_bytes", "Free bytes where packages are made", free as f64);
    }
    let transfers = Family::<Vec<(String, String)>, Number>::default();
    for (state, count) in &figures.transfers {
        transfers.get_or_create(&vec![("state".to_owned(), state.clone())]).set(*count as f64);
    }
    registry.register("transfers", "Transfers by state", transfers);
    let intakes = Family::<Vec<(String, String)>, Number>::default();
    for (state, count) in &figures.intakes {
        intakes.get_or_create(&vec![("state".to_owned(), state.clone())]).set(*count as f64);
    }
    registry.register("intakes", "Intakes by state", intakes);
    let program = Family::<Vec<(String, String)>, Number>::default();
    program.get_or_create(&vec![("version".to_owned(), env!("CARGO_PKG_VERSION").to_owned())]).set(1.0);
    registry.register("build", "The program that answers", program);
    registry.register("database_seconds", "How long the database took to count", database.clone());
    registry
}
