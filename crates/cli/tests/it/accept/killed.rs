//! Is everything as after a run without, wherever whoever takes something in dies?

use super::documents::NUMBERS;
use super::scene::{Scene, record, text};

/// Where it is killed: marks of what comes in.
pub const MARKS: [&str; 10] = [
    "intake-body-kept",
    "intake-received",
    "intake-opened",
    "intake-validated",
    "apply-statement",
    "apply-statement:7",
    "apply-committed",
    "apply-committed:3",
    "intake-outcomes-sealed",
    "intake-acknowledged",
];

#[test]
fn dying_anywhere_leaves_the_registry_as_a_run_without_does() {
    let scene = Scene::new();
    let mut expected = scene.tables();
    for (round, mark) in MARKS.into_iter().enumerate() {
        let people = [round * 3, round * 3 + 1, round * 3 + 2];
        let lines: Vec<_> = people.iter().map(|of| record(&format!("m{of}"), 10, *of)).collect();
        let envelope = scene.envelope(round as u64 + 1, &lines);
        let submit = ["intake", "submit", &text(&envelope), "--exchange", NUMBERS];
        let command: &[&str] = if round < 2 { &submit } else { &["work", "--until-idle"] };
        if round >= 2 {
            scene.submitted(&envelope);
        }
        let died = scene.street.command(command).env("CAUSEWAY_CRASH_AT", mark).output().unwrap();
        assert_eq!(died.status.code(), None, "{mark} is not passed: {}", String::from_utf8_lossy(&died.stderr));
        assert_eq!(scene.leaks(), [""; 0].map(std::path::PathBuf::from), "{mark}");
        let intake = scene.submitted(&envelope);
        scene.work();
        let shown = scene.shown(&intake);
        assert!(shown.contains("acknowledged") && shown.contains("updated    3"), "{mark}: {shown}");
        for of in people {
            expected[of] = format!("{}|INVENTED{of:03}|ACC|2026-05-01|10|1", super::scene::id(of));
            expected.push(format!("C{of:03}|{}|current", super::scene::id(of)));
        }
        assert_eq!(scene.tables(), expected, "{mark}");
        assert_eq!(scene.outcomes(&intake).len(), 3, "{mark}");
    }
    scene.street.good(&["ledger", "verify"]).unwrap();
}
