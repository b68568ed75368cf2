//! Does whoever works die between the record and the answer, and is the record then whole, and nobody told what is not in it?

use std::time::{Duration, Instant};

use serde_json::json;

use super::place::at_work;
use super::told::{Desk, disclosures};
use crate::governance::place::Kind;

/// Where it dies here.
pub const MARKS: [&str; 2] = ["rows-recorded", "round-recorded"];

fn died_at(mark: &str, kind: Kind) {
    let mut desk = Desk::open(kind);
    let one = desk.people().into_iter().find(|one| one.told).unwrap();
    let rows = json!({ "parameters": { "numbers": [one.number] } });
    let ask = |desk: &Desk| match mark {
        "rows-recorded" => desk.ask("/exchanges/desk-rows/rows", &rows),
        _ => desk.look(&json!({ "individual_no": one.number })),
    };
    desk.gateway.worker.end();
    desk.gateway.worker = at_work(&desk.copy.street, Some(mark));
    let begun = Instant::now();
    // Until the one that dies sits at the desk, nobody may.
    let reply = loop {
        let reply = ask(&desk);
        let is_dead = desk.gateway.worker.is_over();
        if is_dead || reply.status != 503 {
            break reply;
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(100));
    };
    assert_eq!((reply.status, reply.code().as_str()), (503, "come-again"), "{mark}: {reply:?}");
    desk.gateway.worker.died();
    desk.gateway.worker = at_work(&desk.copy.street, None);
    let begun = Instant::now();
    let reply = loop {
        let reply = ask(&desk);
        if reply.status != 503 {
            break reply;
        }
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(100));
    };
    let told = desk.sealed(&reply);
    assert!(told["records"] == 1 || told["found"] == true, "{told}");
    let said = disclosures(&desk, &one.id);
    let expected = if mark == "rows-recorded" { 2 } else { 1 };
    let found = said["disclosures"].as_array().unwrap();
    assert_eq!(found.len(), expected, "what was recorded and not told is told of too: {said}");
    assert!(found.iter().all(|one| one["status"] == "arrived"));
    desk.copy.street.good(&["ledger", "verify"]).unwrap();
    let event = if mark == "rows-recorded" { "rows-told" } else { "looked-up" };
    assert_eq!(desk.copy.leaves().iter().filter(|leaf| leaf.event == event).count(), 2);
    desk.ended();
}

#[test]
fn dying_between_record_and_rows_on_sqlite() {
    died_at("rows-recorded", Kind::Sqlite);
}

#[test]
fn dying_between_record_and_rows_on_postgres() {
    died_at("rows-recorded", Kind::Postgres);
}

#[test]
fn dying_between_record_and_answer_on_sqlite() {
    died_at("round-recorded", Kind::Sqlite);
}

#[test]
fn dying_between_record_and_answer_on_postgres() {
    died_at("round-recorded", Kind::Postgres);
}
