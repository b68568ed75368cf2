//! Does what came in go once it has done its work, its bytes before the entry that says so?

use jiff::{SignedDuration, Timestamp};

use super::registry::Store;
use super::reviewed::{twins, with_new_people};
use super::scene::{Scene, id, record};

/// Where whoever erases dies.
pub const MARKS: [&str; 1] = ["intake-purge-not-recorded"];

/// Works so many days from now.
#[expect(clippy::disallowed_methods, reason = "the program under test has the clock of the machine")]
fn work_in(scene: &Scene, days: i64, crash: Option<&str>) -> std::process::Output {
    let then = Timestamp::now() + SignedDuration::from_hours(24 * days + 2);
    let mut command = scene.street.command(&["work", "--until-idle"]);
    command.env("CAUSEWAY_NOW", then.to_string());
    if let Some(mark) = crash {
        command.env("CAUSEWAY_CRASH_AT", mark);
    }
    command.output().unwrap()
}

fn files(scene: &Scene, intake: &str) -> Vec<String> {
    let entries = std::fs::read_dir(scene.folder(intake)).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn originals_and_undo_keys_go_when_their_day_has_come() {
    let shorter = |exchange: &str| with_new_people(exchange) + "undo_days: 40\n";
    let scene = Scene::with(Store::Sqlite, shorter);
    for of in [38, 39] {
        scene.sql(&format!("UPDATE person SET nin = 'SAME' WHERE id = '{}';", id(of)));
    }
    let ended = scene.submitted(&scene.envelope(1, &[record("a", 10, 0)]));
    let waits = scene.submitted(&scene.envelope(2, &[record("b", 10, 1), twins("t", "SAME")]));
    scene.work();
    let all = ["acknowledgement.json", "acknowledgement.json.sig", "outcomes.age", "quarantine.age", "review.age"];
    assert_eq!(files(&scene, &ended), all);
    let entered = |what: &str| {
        let export = scene.street.home().join("ledger.export");
        let _ = std::fs::remove_file(&export);
        scene.street.good(&["ledger", "export", "--out", export.to_str().unwrap()]).unwrap();
        let text = std::fs::read_to_string(export).unwrap();
        text.lines().filter(|line| line.contains("intake-erased") && line.contains(what)).count()
    };
    assert!(work_in(&scene, 29, None).status.success());
    assert_eq!(files(&scene, &ended), all);

    // Whoever dies after the bytes are gone leaves what the next sweep enters.
    let died = work_in(&scene, 30, Some(MARKS[0]));
    assert_eq!(died.status.code(), None, "{}", String::from_utf8_lossy(&died.stderr));
    assert_eq!(files(&scene, &ended), all[..3]);
    assert_eq!(entered("original"), 0);
    assert!(work_in(&scene, 30, None).status.success());
    assert_eq!((entered("original"), entered("undo-key")), (1, 0));
    assert_eq!(files(&scene, &waits), all[2..], "what waits is kept");
    let database = std::fs::read(scene.street.home().join("data/causeway.sqlite")).unwrap();
    assert!(!database.is_empty());

    let retried = scene.street.run(&["intake", "retry", &ended]).unwrap();
    assert!(retried.err.contains("is kept for 30 days"), "{}", retried.err);
    // What undoing needs is kept for as long as the exchange says.
    assert!(work_in(&scene, 39, None).status.success());
    assert_eq!(entered("undo-key"), 0);
    assert!(work_in(&scene, 40, None).status.success());
    assert_eq!((entered("original"), entered("undo-key")), (1, 1));
    let words = ["intake", "undo", &ended, "--reason", "the wrong file was sent"];
    let late = scene.street.run(&words).unwrap();
    assert!(late.code != Some(0) && late.err.contains("more than 40 days ago"), "{}", late.err);
    scene.street.good(&["ledger", "verify"]).unwrap();
}
