//! Can what cannot go on be ended: what is applied stays, and nothing more is written?

use std::fs;

use super::registry::Store;
use super::reviewed::{twins, with_new_people};
use super::scene::{Scene, id, record, text};

fn cancel(scene: &Scene, officer: &str, intake: &str) -> (Option<i32>, String) {
    let words = ["--as", officer, "intake", "cancel", intake, "--reason", "the terms were narrowed for good"];
    let ended = scene.street.run(&words).unwrap();
    (ended.code, ended.out + &ended.err)
}

/// Narrows the terms: nothing says any more when it was decided.
fn narrow(scene: &Scene) {
    let street = &scene.street;
    let terms = fs::read_to_string(street.example("arrangement-numbers.yaml")).unwrap();
    let narrower = terms
        .replace("version: 1\n", "version: 2\n")
        .replace("  - { element: person.decided_on, necessity: to know when it was decided }\n", "");
    let file = street.home().join("narrower.yaml");
    fs::write(&file, narrower).unwrap();
    street.good(&["arrangement", "amend", &text(&file)]).unwrap();
    street.conclude("numbers-2026", "lantern-relief").unwrap();
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the program under test has the clock of the machine")]
fn what_is_being_applied_under_terms_that_were_narrowed_is_ended() {
    let scene = Scene::new();
    let lines = [record("a", 10, 0), record("b", 10, 1), record("c", 10, 2)];
    let intake = scene.submitted(&scene.envelope(1, &lines));
    let died = scene.street.command(&["work", "--until-idle"]).env("CAUSEWAY_CRASH_AT", "apply-committed:2").output();
    assert_eq!(died.unwrap().status.code(), None);
    narrow(&scene);
    let applied = scene.tables();
    scene.work();
    let shown = scene.shown(&intake);
    assert!(shown.contains("applying") && shown.contains("element-not-agreed"), "{shown}");
    let told = scene.street.good(&["status"]).unwrap();
    assert!(told.contains("HELD") && told.contains(&intake) && told.contains("element-not-agreed"), "{told}");

    let (code, said) = cancel(&scene, "lantern-relief-admin", &intake);
    assert!(code != Some(0) && said.contains("the operation ends it"), "{said}");
    let (code, said) = cancel(&scene, "representative", &intake);
    assert!(code == Some(0) && said.contains("stays, and the rest is left out"), "{said}");
    let (code, said) = cancel(&scene, "representative", &intake);
    assert!(code == Some(0) && said.contains("was left out before"), "{said}");
    // Nothing that holds the partner back holds this up: nothing more is written.
    let stop = ["--as", "representative", "stop", "partner", "lantern-relief", "--reason", "a-test-of-the-switch"];
    scene.street.good(&stop).unwrap();
    let later = (jiff::Timestamp::now() + jiff::SignedDuration::from_mins(10)).to_string();
    let worked = scene.street.command(&["work", "--until-idle"]).env("CAUSEWAY_NOW", later).output().unwrap();
    assert!(worked.status.success(), "{}", String::from_utf8_lossy(&worked.stderr));
    let shown = scene.shown(&intake);
    for says in ["acknowledged", "updated    2", "left out   1", "the rest is left out"] {
        assert!(shown.contains(says), "{says}: {shown}");
    }
    assert_eq!(scene.tables(), applied);
    let told: Vec<String> = scene.outcomes(&intake).iter().map(|line| line["outcome"].to_string()).collect();
    assert_eq!(told, ["\"updated\"", "\"updated\"", "\"left-out\""]);
    scene.street.good(&["ledger", "verify"]).unwrap();
}

#[test]
fn what_waits_is_ended_and_asked_anew_when_it_is_read_once_more() {
    let scene = Scene::with(Store::Sqlite, with_new_people);
    for of in [38, 39] {
        scene.sql(&format!("UPDATE person SET nin = 'SAME' WHERE id = '{}';", id(of)));
    }
    let intake = scene.submitted(&scene.envelope(1, &[record("a", 10, 0), twins("t", "SAME")]));
    scene.work();
    let told = scene.street.good(&["status"]).unwrap();
    assert!(told.contains(&format!("WAITS 1 records of {intake}")), "{told}");
    let alerts = scene.street.good(&["alert", "list"]).unwrap();
    assert!(alerts.contains("intake-waits") && alerts.contains(&intake), "{alerts}");
    let applied = scene.tables();
    assert_eq!(cancel(&scene, "protection", &intake).0, Some(0));
    let words = ["--as", "protection", "intake", "review", &intake, "2", "--link", "1", "--reason", "looked at both"];
    let late = scene.street.run(&words).unwrap();
    assert!(late.code == Some(4) && late.err.contains("somebody ended the intake"), "{}", late.err);
    scene.work();
    let shown = scene.shown(&intake);
    assert!(shown.contains("acknowledged") && shown.contains("left out   1"), "{shown}");
    assert_eq!(scene.tables(), applied);
    scene.street.good(&["intake", "retry", &intake]).unwrap();
    scene.work();
    assert!(scene.shown(&intake).contains("awaiting-review"), "{}", scene.shown(&intake));
}

#[test]
fn a_file_above_its_threshold_is_told_of() {
    let scene = Scene::new();
    let bad = scene.submitted(&scene.envelope(1, &[serde_json::json!({}), record("c", 1, 3)]));
    scene.work();
    assert!(scene.shown(&bad).contains("too-many-quarantined"), "{}", scene.shown(&bad));
    let alerts = scene.street.good(&["alert", "list"]).unwrap();
    assert!(alerts.contains("intake-rejected") && alerts.contains(&bad), "{alerts}");
}
