//! Does what a program brings in about itself change what it is, and nothing else?

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::place::{Gateway, call, original, registered, signed};
use crate::governance::place::Kind;

fn next_keys(kind: Kind) {
    let original = original(kind);
    let copy = original.copy();
    let program = registered(&copy.street, "lantern-relief", "lantern-sync", |_| {});
    let gateway = Gateway::open(&copy);
    let address = gateway.address.as_str();
    let token = program.token(address);
    // What is not proven is not repeated anywhere.
    let word = "a-word-of-its-choice".repeat(200);
    for (partner, client) in [("acacia-schools", word.as_str()), (&word, "lantern-sync"), ("lantern-relief", &word)] {
        let document = json!({ "partner": partner, "client": client }).to_string();
        let body = json!({ "document": document, "signature": STANDARD.encode([7; 64]) }).to_string();
        let reply = call(address, &token, "POST", "/client-keys", &body);
        assert!((400..500).contains(&reply.status) && !reply.body.contains("of-its-choice"), "{reply:?}");
    }
    let ledger = copy.street.good(&["ledger", "export"]).unwrap();
    assert!(!ledger.contains("of-its-choice"));
    // The next registration ends the tokens that the one before gave.
    let file = signed(&copy.street, &program, "lantern-relief", |it| it.keys = vec![program.key.public()]);
    let read = |end: &str| std::fs::read(format!("{}{end}", file.display())).unwrap();
    let document = String::from_utf8(read("")).unwrap();
    let body = json!({ "document": document, "signature": STANDARD.encode(read(".sig")) }).to_string();
    let reply = call(address, &token, "POST", "/client-keys", &body);
    assert_eq!(reply.status, 200, "{reply:?}");
    // What `serve` has read of a token it believes for a second.
    std::thread::sleep(std::time::Duration::from_millis(1_200));
    assert_eq!(call(address, &token, "GET", "/me", "").status, 401);
    let token = program.token(address);
    assert_eq!(call(address, &token, "GET", "/me", "").status, 200);
    gateway.serve.ended();
    gateway.worker.ended();
}

#[test]
fn the_next_keys_come_in_on_sqlite() {
    next_keys(Kind::Sqlite);
}

#[test]
fn the_next_keys_come_in_on_postgres() {
    next_keys(Kind::Postgres);
}
