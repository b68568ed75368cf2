//! Is everything as after a run without, wherever whoever takes something in dies?

use std::path::PathBuf;

use super::documents::{NUMBERS, with_new_people};
use super::registry::Store;
use super::scene::{Scene, record, sealed, text};
use super::sent;

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
        assert_eq!(scene.leaks(), [""; 0].map(PathBuf::from), "{mark}");
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

/// Groups of a file here: somebody who is known, and somebody new.
const GROUPS: usize = 2;

/// Statements of those groups that are died before and after, and their commits: each changes or adds a person, adds cards, the second two,
/// and leaves a marker.
const DEATHS: usize = 2 * (3 + 4) + GROUPS + GROUPS;

/// The records of a round, and the bytes of a file of them.
fn of_round(round: usize) -> ([sent::Sent; GROUPS], Vec<u8>) {
    let few = [0, 1].map(|of| sent::good(10 * round + of));
    let bytes = few.iter().map(|one| one.line.as_slice()).collect::<Vec<_>>().join(&b"\n"[..]);
    (few, bytes)
}

fn dies_at_every_statement(store: Store) {
    let people: Vec<_> = (0..=DEATHS).filter_map(|round| sent::known(10 * round)).collect();
    let scene = Scene::on(store, &with_new_people(), &people);
    // What a run without a death leaves, however many came before it: worked out without the program.
    let mut expected = scene.tables();
    let mut deaths = 0;
    let at = |mark: &'static str, most: usize| (1..=most).map(move |time| format!("{mark}:{time}"));
    for (round, mark) in at("apply-statement", DEATHS - GROUPS).chain(at("apply-committed", GROUPS)).enumerate() {
        let (few, bytes) = of_round(round);
        let envelope = sealed(&scene.street, NUMBERS, round as u64 + 1, &bytes);
        let intake = scene.submitted(&envelope);
        let work = ["work", "--until-idle"];
        let died = scene.street.command(&work).env("CAUSEWAY_CRASH_AT", &mark).output().unwrap();
        assert_eq!(died.status.code(), None, "{mark} is not passed: {}", String::from_utf8_lossy(&died.stderr));
        deaths += 1;
        // Whole groups only.
        let markers = scene.registry.markers().len() - round * GROUPS;
        let tables = scene.tables();
        let stands = |sent: &sent::Sent| sent.stands.iter().filter(|row| tables.contains(row)).count();
        let whole = few.iter().filter(|one| stands(one) == one.stands.len()).count();
        assert!(few.iter().all(|one| [0, one.stands.len()].contains(&stands(one))) && whole == markers, "{mark}");
        scene.work();
        let shown = scene.shown(&intake);
        let all = ["acknowledged", "updated    1", "inserted   1"];
        assert!(all.iter().all(|said| shown.contains(said)), "{mark}: {shown}");
        expected.retain(|row| !row.starts_with(&super::scene::id(10 * round)));
        expected.extend(few.iter().flat_map(|one| one.stands.clone()));
        expected.sort_unstable();
        let mut tables = scene.tables();
        tables.sort_unstable();
        assert_eq!(tables, expected, "{mark}");
        assert_eq!(scene.registry.markers().len(), (round + 1) * GROUPS, "{mark}");
        assert_eq!(scene.outcomes(&intake).len(), GROUPS, "{mark}");
    }
    assert_eq!(deaths, DEATHS);
    // There is no statement behind the last.
    scene.submitted(&sealed(&scene.street, NUMBERS, deaths as u64 + 1, &of_round(deaths).1));
    let beyond = format!("apply-statement:{}", DEATHS - GROUPS + 1);
    let lived = scene.street.command(&["work", "--until-idle"]).env("CAUSEWAY_CRASH_AT", beyond).output().unwrap();
    assert!(lived.status.success(), "{}", String::from_utf8_lossy(&lived.stderr));
    scene.street.good(&["ledger", "verify"]).unwrap();
}

#[test]
fn dying_at_every_statement_leaves_the_registry_as_a_run_without_does_on_sqlite() {
    dies_at_every_statement(Store::Sqlite);
}

#[test]
fn dying_at_every_statement_leaves_the_registry_as_a_run_without_does_on_postgres() {
    dies_at_every_statement(Store::Postgres);
}

#[test]
fn dying_at_every_statement_leaves_the_registry_as_a_run_without_does_on_mariadb() {
    dies_at_every_statement(Store::Mariadb);
}
