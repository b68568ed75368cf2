//! Is what was applied put back as far as it still stands so, once, whoever dies, and not applied again by itself?

use super::registry::Store;
use super::reviewed::{twins, with_new_people};
use super::scene::{Scene, id, record};

/// Where whoever undoes dies besides at the statements of the target.
pub const MARKS: [&str; 1] = ["intake-put-back"];

fn undo(scene: &Scene, officer: &str, intake: &str) -> (Option<i32>, String) {
    let words = ["--as", officer, "intake", "undo", intake, "--reason", "the wrong file was sent"];
    let ended = scene.street.run(&words).unwrap();
    (ended.code, ended.out + &ended.err)
}

fn review(scene: &Scene, intake: &str, words: &[&str]) {
    let reason = ["--reason", "looked at both files"];
    scene.street.good(&[&["--as", "protection", "intake", "review", intake], words, &reason].concat()).unwrap();
}

/// What was applied, with somebody's change since.
fn applied(scene: &Scene) -> (String, Vec<String>, Vec<String>) {
    let before = scene.tables();
    let lines = [record("a", 10, 0), record("b", 10, 1), record("c", 10, 2), record("new", 10, 999)];
    let intake = scene.submitted(&scene.envelope(1, &lines));
    scene.work();
    review(scene, &intake, &["4", "--insert"]);
    scene.work();
    assert!(scene.shown(&intake).contains("acknowledged"), "{}", scene.shown(&intake));
    scene.sql(&format!("UPDATE person SET nin = 'THEIRS', row_version = 5 WHERE id = '{}';", id(1)));
    let after = scene.tables();
    (intake, before, after)
}

/// The tables as they are once it is undone.
fn back(before: &[String]) -> Vec<String> {
    let mut rows: Vec<String> = before.iter().filter(|row| row.starts_with("00000000")).cloned().collect();
    for (at, version) in [(0, 2), (2, 2)] {
        rows[at] = format!("{}|-|-|-|-|{version}", id(at));
    }
    rows[1] = format!("{}|THEIRS|ACC|2026-05-01|10|5", id(1));
    rows.push(format!("{}|INVENTED999|ACC|2026-05-01|10|1|void", id(999)));
    rows.extend([0, 1, 2, 999].map(|of| format!("C{of:03}|{}|void", id(of))));
    rows
}

fn is_undone(store: Store) {
    let scene = Scene::with(store, with_new_people);
    let (intake, before, after) = applied(&scene);
    let (code, said) = undo(&scene, "protection", &intake);
    assert!(code == Some(4) && said.contains("own-draft"), "who decided on a record of it does not undo it: {said}");
    let (code, said) = undo(&scene, "registration", &intake);
    assert!(code == Some(0) && said.contains("is undone by whoever is at work"), "{said}");
    assert_eq!(scene.tables(), after, "nobody is at work");
    scene.work();
    assert_eq!(scene.tables(), back(&before));
    let shown = scene.shown(&intake);
    assert!(shown.contains("undone") && shown.contains("record 2      not as before: person changed"), "{shown}");
    let (code, said) = undo(&scene, "registration", &intake);
    assert!(code == Some(0) && said.contains("was undone before"), "{said}");
    assert_eq!(scene.leaks(), [""; 0].map(std::path::PathBuf::from));

    // The same records again are what they were: undone, until somebody has the file read once more.
    let again = scene.submitted(&scene.envelope(2, &[record("a", 10, 0), record("c", 10, 2), record("new", 10, 999)]));
    scene.work();
    assert!(scene.shown(&again).contains("duplicate  3"), "{}", scene.shown(&again));
    assert_eq!(scene.tables(), back(&before));
    scene.street.good(&["intake", "retry", &intake]).unwrap();
    scene.work();
    let shown = scene.shown(&intake);
    assert!(shown.contains("acknowledged") && shown.contains("updated    4"), "{shown}");
    let tables = scene.tables();
    for row in [
        format!("{}|INVENTED000|ACC|2026-05-01|10|3", id(0)),
        format!("{}|INVENTED999|ACC|2026-05-01|10|2|current", id(999)),
        format!("C000|{}|current", id(0)),
    ] {
        assert!(tables.contains(&row), "{row}: {tables:?}");
    }
    // What was applied after that is undone like what was before.
    assert_eq!(undo(&scene, "registration", &intake).0, Some(0));
    scene.work();
    let tables = scene.tables();
    for row in [
        format!("{}|-|-|-|-|4", id(0)),
        format!("{}|THEIRS|ACC|2026-05-01|10|7", id(1)),
        format!("{}|INVENTED999|ACC|2026-05-01|10|3|void", id(999)),
    ] {
        assert!(tables.contains(&row), "{row}: {tables:?}");
    }
    scene.street.good(&["ledger", "verify"]).unwrap();
}

#[test]
fn what_was_applied_is_put_back_on_sqlite() {
    is_undone(Store::Sqlite);
}

#[test]
fn what_was_applied_is_put_back_on_postgres() {
    is_undone(Store::Postgres);
}

#[test]
fn what_was_applied_is_put_back_on_mariadb() {
    is_undone(Store::Mariadb);
}

#[test]
fn what_waits_is_not_applied_once_the_rest_is_undone() {
    let scene = Scene::with(Store::Sqlite, with_new_people);
    for of in [38, 39] {
        scene.sql(&format!("UPDATE person SET nin = 'SAME' WHERE id = '{}';", id(of)));
    }
    let before = scene.tables();
    let intake = scene.submitted(&scene.envelope(1, &[record("a", 10, 0), twins("t", "SAME")]));
    let (code, said) = undo(&scene, "registration", &intake);
    assert!(code != Some(0) && said.contains("nothing of it was applied"), "{said}");
    scene.work();
    review(&scene, &intake, &["2", "--link", "1"]);
    assert_eq!(undo(&scene, "registration", &intake).0, Some(0));
    scene.work();
    let expected: Vec<String> = before
        .iter()
        .map(|row| row.replace(&format!("{}|-|-|-|-|0", id(0)), &format!("{}|-|-|-|-|2", id(0))))
        .collect();
    assert_eq!(scene.tables(), [expected, vec![format!("C000|{}|void", id(0))]].concat());
}

#[test]
fn what_was_applied_is_put_back_also_where_its_second_reading_was_cancelled() {
    let scene = Scene::with(Store::Sqlite, with_new_people);
    let (intake, before, _) = applied(&scene);
    scene.street.good(&["intake", "retry", &intake]).unwrap();
    scene.street.good(&["intake", "cancel", &intake, "--reason", "it was right as it was"]).unwrap();
    assert!(scene.shown(&intake).contains("cancelled"), "{}", scene.shown(&intake));
    assert_eq!(undo(&scene, "registration", &intake).0, Some(0));
    scene.work();
    assert!(scene.shown(&intake).contains("undone"), "{}", scene.shown(&intake));
    assert_eq!(scene.tables(), back(&before));
}

#[test]
fn what_a_later_message_of_the_same_id_was_applied_onto_is_left_alone() {
    let scene = Scene::with(Store::Sqlite, with_new_people);
    let first = scene.submitted(&scene.envelope(1, &[record("a", 10, 0)]));
    scene.work();
    // The same values, and a card more: the person's row stands as the first message left it.
    let mut more = record("a", 10, 0);
    more["cards"] = serde_json::json!([{ "number": "C000" }, { "number": "C900" }]);
    let second = scene.submitted(&scene.envelope(2, &[more]));
    scene.work();
    let tables = scene.tables();
    assert_eq!(undo(&scene, "registration", &first).0, Some(0));
    scene.work();
    let shown = scene.shown(&first);
    assert!(shown.contains("undone") && shown.contains("record 1      not as before: person changed"), "{shown}");
    assert_eq!(scene.tables(), tables);
    // Undone in the order in which it came, the newest first, all of it goes back.
    assert_eq!(undo(&scene, "registration", &second).0, Some(0));
    scene.work();
    assert!(scene.tables().contains(&format!("C900|{}|void", id(0))), "{:?}", scene.tables());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the program under test has the clock of the machine")]
fn what_is_longer_ago_than_its_exchange_says_is_not_undone() {
    let scene = Scene::with(Store::Sqlite, with_new_people);
    let (intake, _, after) = applied(&scene);
    let words = ["--as", "registration", "intake", "undo", &intake, "--reason", "the wrong file was sent"];
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24 * 30 + 1);
    let late = scene.street.command(&words).env("CAUSEWAY_NOW", later.to_string()).output().unwrap();
    let said = String::from_utf8_lossy(&late.stderr);
    assert!(!late.status.success() && said.contains("more than 30 days ago"), "{said}");
    scene.work();
    assert_eq!(scene.tables(), after);
}

#[test]
fn dying_at_any_statement_of_undoing_leaves_what_can_be_carried_on() {
    let scene = Scene::with(Store::Sqlite, with_new_people);
    // A card is retired, its person put back, the marker written, and then all of it holds.
    let mut marks: Vec<String> = (1..=4).map(|at| format!("undo-statement:{at}")).collect();
    marks
        .extend(["undo-committed", "undo-statement:6", "undo-committed:2"].into_iter().chain(MARKS).map(str::to_owned));
    for (round, mark) in marks.iter().enumerate() {
        let (one, other) = (round * 2, round * 2 + 1);
        let mut expected = scene.tables();
        let lines = [one, other].map(|of| record(&format!("m{of}"), 10, of));
        let intake = scene.submitted(&scene.envelope(round as u64 + 1, &lines));
        scene.work();
        // Somebody changed one of them since.
        scene.sql(&format!("UPDATE person SET nin = 'THEIRS', row_version = 5 WHERE id = '{}';", id(other)));
        assert_eq!(undo(&scene, "registration", &intake).0, Some(0));
        let died = scene.street.command(&["work", "--until-idle"]).env("CAUSEWAY_CRASH_AT", mark).output().unwrap();
        assert_eq!(died.status.code(), None, "{mark} is not passed: {}", String::from_utf8_lossy(&died.stderr));
        assert_eq!(scene.leaks(), [""; 0].map(std::path::PathBuf::from), "{mark}");
        scene.work();
        let shown = scene.shown(&intake);
        assert!(
            shown.contains("undone") && shown.contains("record 2      not as before: person changed"),
            "{mark}: {shown}"
        );
        expected[one] = format!("{}|-|-|-|-|2", id(one));
        expected[other] = format!("{}|THEIRS|ACC|2026-05-01|10|5", id(other));
        expected.extend([one, other].map(|of| format!("C{of:03}|{}|void", id(of))));
        assert_eq!(scene.tables(), expected, "{mark}");
    }
    scene.street.good(&["ledger", "verify"]).unwrap();
}
