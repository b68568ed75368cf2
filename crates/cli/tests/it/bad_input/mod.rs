//! Does bad input give an error that says what, where and what to do, and leave nothing half done?

mod keys;
mod run;
mod sources;
mod values;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use causeway_testkit::population::{Plant, RawText, Spec, Truth};
use causeway_testkit::street::{Ended, Street, delivered};
use causeway_testkit::throw_away;
use rusqlite::Connection;
use serde_json::Value;

use crate::street::street;

pub(super) const PEOPLE: u32 = 300;
pub(super) const ONE: [(&str, &str); 1] = [("food-people", "exchange-people.yaml")];

/// A small installation with one exchange, everyone in it sound and shareable.
pub(super) fn installed(home: &Path) -> (Street, Truth) {
    let street = street(home);
    let truth = street.people(&Spec::of(PEOPLE).plant(Plant::none())).unwrap();
    street.set_up_with(&["lantern-relief"], &["food"], &ONE).unwrap();
    (street, truth)
}

/// The same over a catalogue that a test has changed.
pub(super) fn installed_with(home: &Path, change: impl Fn(&Truth, String) -> String) -> (Street, Truth) {
    let example = street(home);
    let truth = example.people(&Spec::of(PEOPLE).plant(Plant::none())).unwrap();
    let documents = home.join("documents");
    fs::create_dir_all(&documents).unwrap();
    for file in ["catalogue.yaml", "arrangement-food.yaml", "exchange-people.yaml"] {
        fs::copy(example.example(file), documents.join(file)).unwrap();
    }
    let text = fs::read_to_string(documents.join("catalogue.yaml")).unwrap();
    let changed = change(&truth, text.clone());
    assert_ne!(changed, text, "the catalogue is as it was");
    fs::write(documents.join("catalogue.yaml"), changed).unwrap();
    let street = Street::new(env!("CARGO_BIN_EXE_causeway"), home, documents);
    street.set_up_with(&["lantern-relief"], &["food"], &ONE).unwrap();
    (street, truth)
}

/// Changes a store as its owner would.
pub(super) fn sql(sources: &Path, store: &str, statements: &str) {
    let path = sources.join(store);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    Connection::open(&path).unwrap().execute_batch(statements).unwrap();
}

/// Replaces a file by what `change` makes of its bytes.
pub(super) fn rewrite(sources: &Path, file: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let path = sources.join(file);
    let bytes = change(fs::read(&path).unwrap());
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
}

pub(super) fn copy_folder(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Entries of a folder; none if it is not there.
pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
}

/// The leaves of the ledger, as `(event, subject, body)`.
pub(super) fn ledger(street: &Street) -> Vec<(String, String, String)> {
    let export = street.good(&["ledger", "export"]).unwrap();
    let leaf = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line["leaf"][name].as_str().unwrap_or_default().to_owned();
        line.get("leaf").map(|_| (text("event"), text("subject"), text("body")))
    };
    export.lines().filter_map(leaf).collect()
}

/// Nothing of an unfinished package is to be seen, and the ledger tells of the attempt and of its end.
pub(super) fn nothing_half_done(case: &str, street: &Street, ended: &Ended, code: &str) {
    let home = street.home();
    assert_eq!(
        entries(&home.join("outbox/lantern-relief")),
        Vec::<PathBuf>::new(),
        "{case}: the partner sees something"
    );
    for folder in ["data/staging", "data/packages"] {
        assert_eq!(entries(&home.join(folder)), Vec::<PathBuf>::new(), "{case}: something is left in {folder}");
    }
    let transfer = ended
        .err
        .lines()
        .find_map(|line| line.strip_prefix("error: transfer ")?.split(' ').next())
        .unwrap_or_else(|| panic!("{case}: {}", ended.err));
    let leaves = ledger(street);
    let events: Vec<&str> =
        leaves.iter().filter(|(_, subject, _)| subject == transfer).map(|(event, _, _)| event.as_str()).collect();
    assert_eq!(events, ["transfer-requested", "attempt-begun", "transfer-refused"], "{case}");
    assert!(
        leaves
            .iter()
            .any(|(event, subject, body)| event == "transfer-refused" && subject == transfer && body.contains(code)),
        "{case}"
    );
    let status = street.good(&["status"]).unwrap();
    assert!(
        status.lines().any(|line| line.contains(transfer) && line.contains("refused")) && status.contains(code),
        "{case}: {status}"
    );
}

/// An error is worth its name: what, where, what to do, and nothing that a terminal would obey.
pub(super) fn teaches(case: &str, ended: &Ended, exit: i32, says: &[&str]) {
    assert_eq!(ended.code, Some(exit), "{case}: {}{}", ended.out, ended.err);
    assert!(ended.err.contains("error: "), "{case}: {}", ended.err);
    for word in says {
        assert!(ended.err.contains(word), "{case}: it does not say `{word}`: {}", ended.err);
    }
    calm(case, ended);
}

pub(super) fn calm(case: &str, ended: &Ended) {
    let speaks = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
    assert!(
        !speaks(&ended.out) && !speaks(&ended.err),
        "{case}: speaks to the terminal: {:?}{:?}",
        ended.out,
        ended.err
    );
}
