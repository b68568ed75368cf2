//! Does what waits go on as a person decided, on rows that are still as the person saw them, and only so?

use std::fs;

use serde_json::{Value, json};

use super::registry::Store;
use super::scene::{Scene, id, record, text};

/// The exchange with new people that have a status.
pub fn with_new_people(exchange: &str) -> String {
    exchange.replace("{ column: id, from: person, on: never }", "{ column: id, from: person, on: insert }").replace(
        "        - { column: stamp, from: stamp }\n",
        "        - { column: stamp, from: stamp }\n        - { column: status, constant: current, on: insert }\n      \
             retire: { column: status, value: void }\n",
    )
}

/// Of two people who have one number, and whose own is nobody's.
pub fn twins(message: &str, nin: &str) -> Value {
    json!({ "message": message, "stamp": 10, "person": id(998), "nin": nin, "decision": "accepted", "decided_on": "2026-05-01" })
}

fn review(scene: &Scene, officer: &str, intake: &str, words: &[&str]) -> (Option<i32>, String) {
    let reason = ["--reason", "looked at both files"];
    let ended = scene.street.run(&[&["--as", officer, "intake", "review", intake], words, &reason].concat()).unwrap();
    (ended.code, ended.out + &ended.err)
}

fn goes_on_as_decided(store: Store) {
    let scene = Scene::with(store, with_new_people);
    for (of, nin) in [(36, "OTHER"), (37, "OTHER"), (38, "SAME"), (39, "SAME")] {
        scene.sql(&format!("UPDATE person SET nin = '{nin}' WHERE id = '{}';", id(of)));
    }
    let lines = [
        record("m0", 10, 0),
        twins("twins", "SAME"),
        record("nobody", 10, 999),
        record("stray", 10, 997),
        twins("other", "OTHER"),
    ];
    let intake = scene.submitted(&scene.envelope(1, &lines));
    scene.work();
    assert!(scene.shown(&intake).contains("waiting    4"), "{}", scene.shown(&intake));

    // What there is to decide is read by who may, into a file of their own.
    let out = text(&scene.street.home().join("waits.jsonl"));
    let open = ["intake", "open", &intake, "--record", "2", "--reason", "to see who it is", "--out", &out];
    scene.street.good(&[&["--as", "protection"], &open[..]].concat()).unwrap();
    let told: Value = serde_json::from_str(&fs::read_to_string(&out).unwrap()).unwrap();
    assert_eq!(told["candidates"][1]["key"]["id"], json!(id(39)), "{told}");
    assert_eq!((&told["candidates"][1]["number"], &told["came"]["nin"]), (&json!(2), &json!("SAME")));
    assert!(scene.street.run(&[&["--as", "protection"], &open[..]].concat()).unwrap().err.contains("waits.jsonl"));
    fs::remove_file(&out).unwrap();

    let (code, said) = review(&scene, "registration", &intake, &["2", "--link", "2"]);
    assert!(code == Some(4) && said.contains("own-draft"), "who brought it in decides nothing: {said}");
    for (words, why) in [
        (["2", "--link", "3"].as_slice(), "there is no candidate `3"),
        (&["2", "--link", "0"], "there is no candidate `0"),
        (&["1", "--insert"], "there is no record that waits"),
        (&["2"], "--link"),
        (&["2", "--link", "1", "--insert"], "cannot be used with"),
    ] {
        let (code, said) = review(&scene, "protection", &intake, words);
        assert!(code != Some(0) && said.contains(why), "{words:?}: {said}");
    }
    let good = |words: &[&str], says: &str| {
        let (code, said) = review(&scene, "protection", &intake, words);
        assert!(code == Some(0) && said.contains(says), "{words:?}: {said}");
    };
    good(&["2", "--link", "1"], "link\n");
    good(&["2", "--link", "2"], "link\n");
    good(&["2", "--link", "2"], "link, as before");
    good(&["3", "--insert"], "insert\n");
    good(&["4", "--leave-out"], "leave-out\n");
    good(&["5", "--link", "1"], "link\n");
    // Somebody changes one of the rows that were seen, between the decision and its being carried out.
    scene.sql(&format!("UPDATE person SET decided_on = '2026-04-01', row_version = 1 WHERE id = '{}';", id(36)));
    let before = scene.tables();
    scene.work();
    let shown = scene.shown(&intake);
    for says in [
        "awaiting-review",
        "updated    2",
        "inserted   1",
        "left out   1",
        "conflict   1",
        "link 2 by protection, carried out",
        "changed-meanwhile: 1 rows it may be, waits",
    ] {
        assert!(shown.contains(says), "{says}: {shown}");
    }
    let changed: Vec<String> = scene.tables().into_iter().filter(|row| !before.contains(row)).collect();
    let expected = [
        format!("{}|SAME|ACC|2026-05-01|10|1", id(39)),
        format!("{}|INVENTED999|ACC|2026-05-01|10|0|current", id(999)),
        format!("C999|{}|current", id(999)),
    ];
    assert_eq!(changed, expected);
    let (code, said) = review(&scene, "protection", &intake, &["2", "--leave-out"]);
    assert!(code == Some(4) && said.contains("waits no more"), "{said}");
    good(&["2", "--link", "2"], "link, as before");
    // Seen as it stands now, it is decided anew; what is decided already is shown no more.
    let open = ["intake", "open", &intake, "--reason", "to see who it is", "--out", &out];
    let opened = scene.street.good(&[&["--as", "protection"], &open[..]].concat()).unwrap();
    assert!(opened.starts_with("1 records of"), "{opened}");
    fs::remove_file(&out).unwrap();
    good(&["5", "--link", "1"], "link\n");
    scene.work();
    let shown = scene.shown(&intake);
    for says in ["acknowledged", "updated    3", "left out   1", "leave-out by protection, carried out"] {
        assert!(shown.contains(says), "{says}: {shown}");
    }
    assert!(scene.tables().contains(&format!("{}|OTHER|ACC|2026-05-01|10|2", id(36))), "{:?}", scene.tables());
    let told: Vec<String> = scene.outcomes(&intake).iter().map(|line| line["outcome"].to_string()).collect();
    assert_eq!(told, ["updated", "updated", "inserted", "left-out", "updated"].map(|word| format!("\"{word}\"")));
    assert_eq!(scene.leaks(), [""; 0].map(std::path::PathBuf::from));
    scene.street.good(&["ledger", "verify"]).unwrap();
}

#[test]
fn what_waits_goes_on_as_decided_on_sqlite() {
    goes_on_as_decided(Store::Sqlite);
}

#[test]
fn what_waits_goes_on_as_decided_on_postgres() {
    goes_on_as_decided(Store::Postgres);
}

#[test]
fn what_waits_goes_on_as_decided_on_mariadb() {
    goes_on_as_decided(Store::Mariadb);
}

#[test]
fn a_new_row_is_made_only_where_nobody_came_to_be_there_since_it_was_decided() {
    let scene = Scene::with(Store::Sqlite, with_new_people);
    let intake = scene.submitted(&scene.envelope(1, &[record("a", 10, 999)]));
    scene.work();
    assert_eq!(review(&scene, "protection", &intake, &["1", "--insert"]).0, Some(0));
    scene.sql(&format!("INSERT INTO person (id, nin) VALUES ('{}', 'THEIRS');", id(999)));
    let before = scene.tables();
    scene.work();
    let shown = scene.shown(&intake);
    assert!(shown.contains("awaiting-review") && shown.contains("changed-meanwhile: 1 rows"), "{shown}");
    assert_eq!(scene.tables(), before);
    assert_eq!(review(&scene, "protection", &intake, &["1", "--link", "1"]).0, Some(0));
    scene.work();
    assert!(scene.tables().contains(&format!("{}|INVENTED999|ACC|2026-05-01|10|1", id(999))), "{:?}", scene.tables());
}

#[test]
fn what_was_decided_stays_so_while_others_wait() {
    let scene = Scene::with(Store::Sqlite, with_new_people);
    for of in [36, 37, 38, 39] {
        let nin = if of < 38 { "OTHER" } else { "SAME" };
        scene.sql(&format!("UPDATE person SET nin = '{nin}', decided_on = '2026-05-02' WHERE id = '{}';", id(of)));
    }
    let intake = scene.submitted(&scene.envelope(1, &[twins("a", "SAME"), twins("b", "OTHER"), record("c", 10, 999)]));
    scene.work();
    // A rule of the exchange is against the row that it is.
    assert_eq!(review(&scene, "protection", &intake, &["1", "--link", "1"]).0, Some(0));
    scene.work();
    for words in [["3", "--insert"].as_slice(), &["2", "--leave-out"]] {
        let shown = scene.shown(&intake);
        assert!(shown.contains("quarantined 1") && shown.contains("link 1 by protection, carried out"), "{shown}");
        assert_eq!(review(&scene, "protection", &intake, words).0, Some(0));
        scene.work();
    }
    let shown = scene.shown(&intake);
    for says in ["acknowledged", "quarantined 1", "inserted   1", "left out   1", "link 1 by protection, carried out"] {
        assert!(shown.contains(says), "{says}: {shown}");
    }
}

#[test]
fn a_record_that_is_unclear_in_several_places_is_asked_about_one_after_the_other() {
    let scene = Scene::with(Store::Sqlite, |exchange| exchange.replace("unmatched: insert", "unmatched: wait"));
    for of in [38, 39] {
        scene.sql(&format!("UPDATE person SET nin = 'SAME' WHERE id = '{}';", id(of)));
    }
    let mut both = twins("both", "SAME");
    both["cards"] = json!([{ "number": "NEW1" }, { "number": "NEW2" }]);
    let intake = scene.submitted(&scene.envelope(1, &[both]));
    scene.work();
    let before = scene.tables();
    // Whose it is, and of each card that nobody knows whether it is a new one. What was said is not asked again.
    for (words, asked) in [(["1", "--link", "2"].as_slice(), "ambiguous"), (&["1", "--insert"], "unmatched")] {
        let shown = scene.shown(&intake);
        assert!(shown.contains("waiting    1") && shown.contains(asked), "{asked}: {shown}");
        assert_eq!(review(&scene, "protection", &intake, words).0, Some(0), "{words:?}");
        scene.work();
        assert_eq!(scene.tables(), before);
    }
    assert_eq!(review(&scene, "protection", &intake, &["1", "--insert"]).0, Some(0));
    scene.work();
    let shown = scene.shown(&intake);
    assert!(shown.contains("acknowledged") && shown.contains("updated    1"), "{shown}");
    let changed: Vec<String> = scene.tables().into_iter().filter(|row| !before.contains(row)).collect();
    let card = |number: &str| format!("{number}|{}|current", id(39));
    assert_eq!(changed, [format!("{}|SAME|ACC|2026-05-01|10|1", id(39)), card("NEW1"), card("NEW2")]);
    scene.street.good(&["ledger", "verify"]).unwrap();
}

#[test]
fn what_is_read_once_more_is_asked_anew() {
    let scene = Scene::with(Store::Sqlite, with_new_people);
    let intake = scene.submitted(&scene.envelope(1, &[record("a", 10, 999), record("b", 10, 1)]));
    scene.work();
    assert_eq!(review(&scene, "protection", &intake, &["1", "--leave-out"]).0, Some(0));
    scene.work();
    assert!(scene.shown(&intake).contains("left out   1"), "{}", scene.shown(&intake));
    scene.street.good(&["intake", "retry", &intake]).unwrap();
    scene.work();
    let shown = scene.shown(&intake);
    assert!(shown.contains("awaiting-review") && shown.contains("0 rows it may be, waits"), "{shown}");
}

#[test]
fn dying_anywhere_while_decisions_are_carried_out_loses_and_doubles_nothing() {
    let scene = Scene::with(Store::Sqlite, with_new_people);
    let marks =
        ["apply-statement", "apply-statement:6", "apply-committed", "apply-committed:2", "intake-outcomes-sealed"];
    for (round, mark) in marks.into_iter().enumerate() {
        let (one, other, new) = (round * 2, round * 2 + 1, 900 + round);
        for of in [one, other] {
            scene.sql(&format!("UPDATE person SET nin = 'TWIN{round}' WHERE id = '{}';", id(of)));
        }
        let lines = [twins(&format!("t{round}"), &format!("TWIN{round}")), record(&format!("n{round}"), 10, new)];
        let intake = scene.submitted(&scene.envelope(round as u64 + 1, &lines));
        scene.work();
        for words in [["1", "--link", "2"].as_slice(), &["2", "--insert"]] {
            let (code, said) = review(&scene, "protection", &intake, words);
            assert_eq!(code, Some(0), "{said}");
        }
        let mut expected = scene.tables();
        let died = scene.street.command(&["work", "--until-idle"]).env("CAUSEWAY_CRASH_AT", mark).output().unwrap();
        assert_eq!(died.status.code(), None, "{mark} is not passed: {}", String::from_utf8_lossy(&died.stderr));
        assert_eq!(scene.leaks(), [""; 0].map(std::path::PathBuf::from), "{mark}");
        scene.work();
        let shown = scene.shown(&intake);
        for says in ["acknowledged", "updated    1", "inserted   1", "link 2 by protection, carried out"] {
            assert!(shown.contains(says), "{mark}: {says}: {shown}");
        }
        expected.retain(|row| !row.starts_with(&id(other)));
        expected.push(format!("{}|TWIN{round}|ACC|2026-05-01|10|1", id(other)));
        expected.push(format!("{}|INVENTED{new}|ACC|2026-05-01|10|0|current", id(new)));
        expected.push(format!("C{new}|{}|current", id(new)));
        let (mut found, mut wanted) = (scene.tables(), expected);
        found.sort();
        wanted.sort();
        assert_eq!(found, wanted, "{mark}");
    }
}
