//! Do those who ask at once answer for nobody but themselves: for no record of another, for no more than one answer's records, one reading at a
//! time?

use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::json;

use super::place::{call, registered};
use super::told::{Desk, Person, disclosures};
use crate::governance::place::Kind;
use crate::serve::Process;

fn a_record_that_refuses(kind: Kind) {
    let desk = Desk::open(kind);
    let one = desk.people().into_iter().find(|one| one.told).unwrap();
    let store = Connection::open(desk.copy.street.sources().join("progres.sqlite")).unwrap();
    // The household stands twice, where the catalogue says that it does once.
    let twice = "CREATE TABLE homes AS SELECT * FROM household; INSERT INTO homes SELECT * FROM household; \
                 DROP TABLE household; ALTER TABLE homes RENAME TO household;";
    store.execute_batch(twice).unwrap();
    drop(store);
    let reply = desk.ask("/exchanges/desk-plain/look-ups", &json!({ "by": { "individual_no": one.number } }));
    assert_eq!((reply.status, reply.body.as_str()), (200, r#"{"found":false}"#), "as of nobody: {reply:?}");
    let said = disclosures(&desk, &one.id);
    assert_eq!(said["disclosures"][0]["status"], "asked-about", "{said}");
    let leaf = desk.copy.leaves().into_iter().find(|leaf| leaf.event == "looked-up").unwrap();
    assert!(leaf.body.to_string().contains("duplicate-key"), "{:?}", leaf.body);
    desk.ended();
}

fn several_at_once(kind: Kind) {
    let mut desk = Desk::open(kind);
    desk.gateway.worker.end();
    desk.gateway.worker = Process::begin(&desk.copy.street, &["work"], |command| {
        command.env("CAUSEWAY_SLOW_AT", "round-recorded=1000");
    });
    desk.gateway.worker.says("at work");
    let all = desk.people();
    let (address, bearer) = (desk.gateway.address.as_str(), desk.bearer.as_str());
    let ask = |one: &Person| {
        let by = json!({ "by": { "individual_no": one.number } }).to_string();
        let begun = Instant::now();
        loop {
            let reply = call(address, bearer, "POST", "/exchanges/desk-plain/look-ups", &by);
            if reply.status != 503 {
                break reply;
            }
            assert!(begun.elapsed() < Duration::from_secs(60));
            std::thread::sleep(Duration::from_millis(100));
        }
    };
    let told: Vec<&Person> = all.iter().filter(|one| one.told).take(6).collect();
    assert_eq!(ask(told[0]).json(), json!({ "found": true }));
    // While the first of them is recorded, the others wait for one round; an answer has one record.
    std::thread::scope(|threads| {
        let asking: Vec<_> = told.iter().map(|one| threads.spawn(move || ask(one))).collect();
        for one in asking {
            assert_eq!(one.join().unwrap().json(), json!({ "found": true }));
        }
    });
    let rounds = desk.copy.leaves().into_iter().filter(|leaf| leaf.event == "looked-up");
    let most = rounds.map(|leaf| leaf.body["asked"].as_u64().unwrap()).max();
    assert!(most > Some(1), "{most:?}");
    desk.ended();
}

#[test]
fn several_are_told_together_where_an_answer_has_one_record_on_sqlite() {
    several_at_once(Kind::Sqlite);
}

#[test]
fn several_are_told_together_where_an_answer_has_one_record_on_postgres() {
    several_at_once(Kind::Postgres);
}

#[test]
fn whoever_has_no_key_for_answers_is_refused_before_anything_is_recorded() {
    let desk = Desk::open(Kind::Sqlite);
    let one = desk.people().into_iter().find(|one| one.told).unwrap();
    let keyless = registered(&desk.copy.street, "lantern-relief", "keyless", |it| {
        it.scopes = vec!["exchange:desk-look".to_owned()];
        it.keys.truncate(1);
    });
    let token = keyless.token(&desk.gateway.address);
    let body = json!({ "by": { "individual_no": one.number } }).to_string();
    let reply = call(&desk.gateway.address, &token, "POST", "/exchanges/desk-look/look-ups", &body);
    assert!((400..500).contains(&reply.status) && reply.body.contains("key-not-verified"), "{reply:?}");
    assert!(desk.copy.leaves().iter().all(|leaf| leaf.event != "looked-up"));
    desk.ended();
}

#[test]
fn records_are_read_for_a_client_once_at_a_time() {
    let mut desk = Desk::open(Kind::Sqlite);
    desk.gateway.worker.end();
    desk.gateway.worker = Process::begin(&desk.copy.street, &["work"], |command| {
        command.env("CAUSEWAY_SLOW_AT", "rows-recorded=3000");
    });
    desk.gateway.worker.says("at work");
    let begun = Instant::now();
    while desk.ask("/exchanges/desk-rows/rows", &json!({})).status == 503 {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(100));
    }
    let (address, bearer) = (desk.gateway.address.as_str(), desk.bearer.as_str());
    let both = std::thread::scope(|threads| {
        let ask = || call(address, bearer, "POST", "/exchanges/desk-rows/rows", "{}").status;
        let asking = [(); 2].map(|()| threads.spawn(ask));
        asking.map(|one| one.join().unwrap())
    });
    assert!(both.contains(&200) && both.contains(&503), "{both:?}");
    desk.ended();
}

#[test]
fn a_record_that_refuses_is_a_no_on_sqlite() {
    a_record_that_refuses(Kind::Sqlite);
}

#[test]
fn a_record_that_refuses_is_a_no_on_postgres() {
    a_record_that_refuses(Kind::Postgres);
}
