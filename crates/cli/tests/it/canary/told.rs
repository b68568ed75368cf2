//! Does what the services log, count and tell others hold nothing of a person, with every exchange run and everything logged?

use std::collections::BTreeSet;
use std::fs;

use causeway_testkit::server::Receiver;
use causeway_testkit::street::EXCHANGES;
use causeway_testkit::throw_away;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{Watched, plant};
use crate::alerts::{go, secret, ways};
use crate::serve::{Process, ask};

/// Members of an event of the log.
const MEMBERS: [&str; 4] = ["fields", "level", "target", "timestamp"];

/// Each line is one event, as an object.
fn events(log: &str) -> Vec<Value> {
    let events: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
    for event in &events {
        let members: BTreeSet<&str> = event.as_object().unwrap().keys().map(String::as_str).collect();
        assert!(MEMBERS.iter().all(|member| members.contains(member)), "{event}");
    }
    events
}

#[test]
fn logs_figures_and_alerts_hold_no_canary() {
    let dir = throw_away::directory().unwrap();
    let mut watched = Watched::new(dir.path());
    let (canaries, _) = plant::plant(&watched.street.sources(), 1000, true);
    let search = canaries.search();
    watched.street.set_up().unwrap();
    let receives = dir.path().join("receiver");
    fs::create_dir(&receives).unwrap();
    let receiver = Receiver::start(&receives).unwrap();
    for (name, word) in [("secrets/mail.word", "invented word\n"), ("secrets/hook.word", Receiver::SECRET)] {
        secret(&watched.street.home().join(name), word);
    }
    go(&watched.street, &ways(&receiver));

    for (exchange, _) in EXCHANGES {
        watched.good(&["transfer", "request", exchange]);
    }
    let work = ["--log", "json", "work", "--until-idle"];
    watched.good(&work);
    let log = String::from_utf8(watched.said.last().unwrap().err.clone()).unwrap();
    let done = |event: &&Value| event["fields"]["message"] == "done" && event["fields"]["transfer"].is_string();
    assert_eq!(events(&log).iter().filter(done).count(), EXCHANGES.len(), "{log}");
    // Nobody receipts: somebody is told, weeks later.
    let ran: Timestamp = events(&log)[0]["timestamp"].as_str().unwrap().parse().unwrap();
    let later = ran.saturating_add(SignedDuration::from_hours(24 * 30)).unwrap().to_string();
    watched.run_with(&work, &[("CAUSEWAY_NOW", later.as_str())]);
    let log = String::from_utf8(watched.said.last().unwrap().err.clone()).unwrap();
    assert!(events(&log).iter().any(|event| event["fields"]["message"] == "told"), "{log}");
    assert!(receiver.mails().len() >= EXCHANGES.len() && !receiver.calls().is_empty());

    let mut serve =
        Process::begin(&watched.street, &["--log", "json", "serve", "--listen", "127.0.0.1:0"], |command| {
            watched.shape(command)
        });
    let line: Value = serde_json::from_str(&serve.says("serving")).unwrap();
    let address = line["fields"]["address"].as_str().unwrap().to_owned();
    let mut answers = String::new();
    for path in ["/health/live", "/health/ready", "/metrics", "/people/QZURL%20Noor?name=QZURL"] {
        answers.push_str(&ask(&address, path).1);
    }
    let log = serve.ended();
    events(&log);
    assert!(!log.contains("QZURL") && !answers.contains("QZURL"), "what is asked for is neither logged nor repeated");

    assert_eq!(search.bytes("answers", answers.as_bytes()), BTreeSet::new());
    assert_eq!(search.bytes("log of serve", log.as_bytes()), BTreeSet::new());
    assert_eq!(search.folder(&receives, &[]), BTreeSet::new(), "mails and calls");
    assert_eq!(watched.found(&search), BTreeSet::new());
}
