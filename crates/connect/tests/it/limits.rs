//! Are a source's limits kept: rows a second, seconds a statement, hours of the day?

use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use causeway_connect::source;
use causeway_flow::source::{SourceError, Watch};
use causeway_model::Code;
use causeway_model::catalogue::{Limits, Source};

use crate::fixture::{FakePace, now, people, rows, scan, sqlite};

const COLUMNS: &[(&str, &str)] = &[("name", "text")];

fn limited(limits: Limits) -> Source {
    Source { limits, ..sqlite("a.sqlite") }
}

fn read(source: &Source, people_there: usize, pace: &Arc<FakePace>, table: &str) -> Result<usize, SourceError> {
    let dir = tempfile::tempdir().unwrap();
    let store = people(&dir.path().join("a.sqlite"), people_there, "delete");
    store
        .execute_batch(
            "CREATE VIEW slow AS SELECT a.name FROM person a, person b, person c, person d
               WHERE a.id + b.id + c.id + d.id < 0",
        )
        .unwrap();
    let opened = source::open_at_pace(source, dir.path(), pace.clone())?;
    let mut snapshot = opened.snapshot(now(), &Watch::default())?;
    let batches: Result<Vec<_>, _> = snapshot.scan(&scan(Some(table), COLUMNS))?.collect();
    batches.map(|batches| rows(&batches))
}

#[test]
fn rows_a_second_are_kept_without_bursts() {
    let pace = Arc::new(FakePace::default());
    let source = limited(Limits { rows_per_second: Some(100), ..Limits::default() });
    assert_eq!(read(&source, 1_000, &pace, "person").unwrap(), 1_000);
    let slept = *pace.slept.lock().unwrap();
    // Ten batches of a second each; nothing is waited for before the first.
    assert_eq!(slept, Duration::from_secs(9));
}

#[test]
fn a_statement_that_takes_too_long_is_stopped_and_our_own_waiting_does_not_count() {
    let pace = Arc::new(FakePace { step: Duration::from_millis(1), ..FakePace::default() });
    let source = limited(Limits { statement_timeout_s: Some(5), ..Limits::default() });
    let error = read(&source, 2_000, &pace, "slow").unwrap_err();
    assert_eq!(error.code, Code::SourceLimit);
    assert!(error.detail.contains("limit of 5 s"), "{error}");
    let pace = Arc::new(FakePace::default());
    let both = Limits { statement_timeout_s: Some(5), rows_per_second: Some(100), ..Limits::default() };
    assert_eq!(read(&limited(both), 1_000, &pace, "person").unwrap(), 1_000);
    assert!(*pace.slept.lock().unwrap() > Duration::from_secs(5));
}

#[test]
fn a_slow_statement_is_cancelled_while_it_runs() {
    let dir = tempfile::tempdir().unwrap();
    let store = people(&dir.path().join("a.sqlite"), 3_000, "delete");
    store
        .execute_batch(
            "CREATE VIEW slow AS SELECT a.name FROM person a, person b, person c, person d WHERE a.id + d.id < 0",
        )
        .unwrap();
    let watch = Watch::default();
    let mut snapshot = source::open(&sqlite("a.sqlite"), dir.path()).unwrap().snapshot(now(), &watch).unwrap();
    let stream = snapshot.scan(&scan(Some("slow"), COLUMNS)).unwrap();
    watch.cancel();
    assert_eq!(stream.last().unwrap().unwrap_err().code, Code::Cancelled);
    drop(snapshot);
}

#[test]
fn outside_its_window_a_source_is_not_touched_and_a_window_that_closes_stops_the_reading() {
    let window = |window: &str, pace: FakePace, people| {
        let source = limited(Limits { window: Some(window.into()), ..Limits::default() });
        read(&source, people, &Arc::new(pace), "person")
    };
    // It is 22:00.
    assert_eq!(window("18:00-06:00", FakePace::default(), 10).unwrap(), 10);
    let error = window("06:00-18:00", FakePace::default(), 10).unwrap_err();
    assert_eq!(error.code, Code::SourceLimit);
    assert!(error.detail.contains("between 06:00-18:00 UTC"), "{error}");
    let hours = FakePace { step: Duration::from_secs(3_600), at: Mutex::default(), slept: Mutex::default() };
    let error = window("18:00-06:00", hours, 100_000).unwrap_err();
    assert!(error.code == Code::SourceLimit && error.detail.contains("closed"), "{error}");
    assert_eq!(window("evenings", FakePace::default(), 10).unwrap_err().code, Code::SourceLimit);
}

#[test]
fn a_limit_of_nothing_is_refused() {
    let none = Limits { rows_per_second: Some(0), ..Limits::default() };
    assert_eq!(read(&limited(none), 1, &Arc::new(FakePace::default()), "person").unwrap_err().code, Code::SourceLimit);
}
