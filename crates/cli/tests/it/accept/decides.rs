//! Does a value that comes in become a decision of the person, once, and before anybody reads it in the registry?

use std::os::unix::fs::PermissionsExt as _;

use rusqlite::Connection;
use serde_json::json;

use super::registry::Store;
use super::scene::{Scene, id, record, text};

fn with_decisions(exchange: &str) -> String {
    let decides = "decides:\n  - { field: decision, value: REJ, decision: consent-withdrawn, person: person, reason: person-asked }\n";
    format!("{exchange}{decides}")
}

/// What the register of decisions holds: kind, and whether it is about everything.
fn register(scene: &Scene) -> Vec<String> {
    let database = Connection::open(scene.street.home().join("data/causeway.sqlite")).unwrap();
    let mut rows = database.prepare("SELECT decision_json FROM person_decision ORDER BY number").unwrap();
    rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

/// A file with an invented person's key.
fn key(scene: &Scene, name: &str, of: usize) -> String {
    let path = scene.street.home().join(name);
    std::fs::write(&path, id(of)).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    text(&path)
}

#[test]
fn a_decision_of_somebody_who_goes_on_as_another_holds_up_nobody_else() {
    let scene = Scene::with(Store::Sqlite, with_decisions);
    let (one, other) = (key(&scene, "one.key", 1), key(&scene, "other.key", 2));
    let merge = ["--as", "protection", "person", "merge", "--key-file", &one, "--into-key-file", &other];
    let why = ["--code", "duplicate-found", "--reason", "found at verification"];
    scene.street.good(&[&merge[..], &why].concat()).unwrap();
    let before = scene.tables();
    let mut rejected = record("a", 10, 1);
    rejected["decision"] = json!("rejected");
    let intake = scene.submitted(&scene.envelope(1, &[rejected, record("b", 10, 3)]));
    scene.work();
    let shown = scene.shown(&intake);
    assert!(shown.contains("updated    1") && shown.contains("quarantined 1"), "{shown}");
    let outcomes = scene.outcomes(&intake);
    assert_eq!(outcomes[0]["outcome"], "quarantined");
    assert_eq!(outcomes[0]["fields"], json!([{ "field": "person", "code": "wrong-state" }]), "{outcomes:?}");
    let after = scene.tables();
    assert_eq!(after[1], before[1], "of whom nothing can be decided, nothing stands");
    assert_ne!(after[3], before[3]);
    assert_eq!(register(&scene).len(), 1, "the merge alone");
}

#[test]
fn what_a_record_decides_is_in_the_register_once_it_is_applied() {
    let scene = Scene::with(Store::Sqlite, with_decisions);
    let rejected = |message: &str, of: usize| {
        let mut line = record(message, 10, of);
        line["decision"] = json!("rejected");
        line
    };
    let lines = [rejected("a", 1), record("b", 10, 2), rejected("nobody", 999), rejected("c", 3)];
    let intake = scene.submitted(&scene.envelope(1, &lines));
    // Who dies right after the first is recorded, or applied, records nothing twice.
    for mark in ["decision-recorded", "apply-committed", "apply-committed:2"] {
        let died = scene.street.command(&["work", "--until-idle"]).env("CAUSEWAY_CRASH_AT", mark).output().unwrap();
        assert_eq!(died.status.code(), None, "{mark} is not passed: {}", String::from_utf8_lossy(&died.stderr));
    }
    scene.work();
    let shown = scene.shown(&intake);
    assert!(shown.contains("updated    3") && shown.contains("waiting    1"), "{shown}");
    let found = register(&scene);
    assert_eq!(found.len(), 2, "what waits decides nothing: {found:?}");
    assert!(found.iter().all(|one| one.contains("consent-withdrawn") && one.contains("person-asked")), "{found:?}");

    // Whatever the person says later stands: what was applied decides nothing again.
    let key = key(&scene, "person.key", 1);
    let given = [
        "--as",
        "protection",
        "person",
        "consent",
        "--given",
        "--purpose",
        "numbers",
        "--partner",
        "lantern-relief",
        "--key-file",
        &key,
        "--text-version",
        "3",
        "--language",
        "en",
        "--asked-by",
        "protection",
        "--reason",
        "she came to the desk",
    ];
    scene.street.good(&given).unwrap();
    let words = ["--as", "protection", "intake", "review", &intake, "3", "--leave-out", "--reason", "nobody knows her"];
    scene.street.good(&words).unwrap();
    scene.work();
    scene.street.good(&["intake", "retry", &intake]).unwrap();
    scene.work();
    assert_eq!(register(&scene).len(), 3);
    assert_eq!(scene.leaks(), [""; 0].map(std::path::PathBuf::from));
    scene.street.good(&["ledger", "verify"]).unwrap();
}
