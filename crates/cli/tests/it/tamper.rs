//! Is every change of the ledger found, and named by its index?

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::street::{Delivered, Ended, Street};
use causeway_testkit::throw_away;
use rusqlite::Connection;
use serde_json::Value;

use crate::street::street;

/// The independent verifier.
const VERIFIER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../ledger/verifier/verify_ledger.py");

/// A small installation with one transfer behind it.
fn after_one_transfer(home: &Path) -> (Street, Delivered) {
    let street = street(home);
    street.people(&Spec::of(300).plant(Plant::none())).unwrap();
    street.set_up_with(&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")]).unwrap();
    let sent = street.transfer("food-people").unwrap();
    (street, sent)
}

fn database(street: &Street) -> PathBuf {
    street.home().join("data/causeway.sqlite")
}

/// Copies the database as it lies there, its write-ahead log included.
fn keep(street: &Street, into: &Path) {
    fs::create_dir_all(into).unwrap();
    for file in ["causeway.sqlite", "causeway.sqlite-wal"] {
        let from = street.home().join("data").join(file);
        if from.exists() {
            fs::copy(from, into.join(file)).unwrap();
        }
    }
}

/// Puts a kept database back in place of the one that is there.
fn restore(street: &Street, kept: &Path) {
    for file in ["causeway.sqlite", "causeway.sqlite-wal", "causeway.sqlite-shm"] {
        let (from, to) = (kept.join(file), street.home().join("data").join(file));
        let _ = fs::remove_file(&to);
        if from.exists() {
            fs::copy(from, to).unwrap();
        }
    }
}

/// The database in the hands of somebody who has first taken away what keeps the log from being edited.
fn unprotected(street: &Street) -> Connection {
    let store = Connection::open(database(street)).unwrap();
    let triggers: Vec<String> = store
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    assert!(triggers.iter().any(|name| name == "ledger_leaf_is_never_edited"));
    for name in triggers {
        store.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    store
}

fn verify(street: &Street) -> Ended {
    street.run(&["ledger", "verify"]).unwrap()
}

/// A row of the log rewritten by SQL: what is done, by which statements, and which index must be named.
const EDITS: [(&str, &str, u64); 13] = [
    ("index", "UPDATE ledger_leaf SET idx = 900 WHERE idx = 3", 3),
    ("time", "UPDATE ledger_leaf SET time_us = time_us + 1 WHERE idx = 4", 4),
    ("actor", "UPDATE ledger_leaf SET actor = 'somebody-else' WHERE idx = 5", 5),
    ("event", "UPDATE ledger_leaf SET event = 'never-happened' WHERE idx = 2", 2),
    ("subject", "UPDATE ledger_leaf SET subject = 'tr-other' WHERE idx = 6", 6),
    ("body", "UPDATE ledger_leaf SET body = '{}' WHERE idx = 0", 0),
    ("salt", "UPDATE ledger_leaf SET salt = zeroblob(32) WHERE idx = 7", 7),
    ("hash", "UPDATE ledger_leaf SET hash = zeroblob(32) WHERE idx = 8", 8),
    ("row deleted", "DELETE FROM ledger_leaf WHERE idx = 5", 5),
    ("last row deleted", "DELETE FROM ledger_leaf WHERE idx = (SELECT max(idx) FROM ledger_leaf)", LAST),
    (
        "two rows swapped",
        "UPDATE ledger_leaf SET idx = -1 WHERE idx = 4; UPDATE ledger_leaf SET idx = 4 WHERE idx = 6; \
         UPDATE ledger_leaf SET idx = 6 WHERE idx = -1",
        4,
    ),
    (
        "row inserted, the rest moved on",
        "UPDATE ledger_leaf SET idx = -idx - 1 WHERE idx >= 5; UPDATE ledger_leaf SET idx = -idx WHERE idx < 0; \
         INSERT INTO ledger_leaf SELECT 5, time_us, 'somebody-else', event, subject, body, salt, hash FROM ledger_leaf WHERE idx = 2",
        5,
    ),
    (
        "row added at the end",
        "INSERT INTO ledger_leaf SELECT (SELECT max(idx) + 1 FROM ledger_leaf), time_us, actor, event, subject, body, salt, hash \
         FROM ledger_leaf WHERE idx = 1",
        BEHIND,
    ),
];

/// Stands for the index of the last leaf.
const LAST: u64 = u64::MAX - 1;
/// Stands for the index behind the last leaf.
const BEHIND: u64 = u64::MAX;

#[test]
fn every_edit_of_a_row_is_found_and_named() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = after_one_transfer(dir.path());
    let whole = verify(&street);
    assert_eq!(whole.code, Some(0), "{}", whole.err);
    let kept = dir.path().join("kept");
    keep(&street, &kept);
    for (name, sql, index) in EDITS {
        restore(&street, &kept);
        let store = unprotected(&street);
        let size: u64 = store.query_row("SELECT count(*) FROM ledger_leaf", [], |row| row.get(0)).unwrap();
        assert!(size > 10, "the log is too short for the edits: {size}");
        store.execute_batch(sql).unwrap();
        drop(store);
        let index = match index {
            LAST => size - 1,
            BEHIND => size,
            index => index,
        };
        let ended = verify(&street);
        assert_eq!(ended.code, Some(3), "{name}: {}{}", ended.out, ended.err);
        let named = format!("at index {index}");
        let place = ended.err.find(&named).map(|at| ended.err[at + named.len()..].chars().next());
        assert!(place.flatten().is_some_and(|next| !next.is_ascii_digit()), "{name}, {index}: {}", ended.err);
        assert!(!ended.err.contains("somebody-else"), "{name} tells what the row holds: {}", ended.err);
    }
    restore(&street, &kept);
    assert_eq!(verify(&street).code, Some(0));
}

#[test]
fn a_tree_or_checkpoint_edited_is_tampering_too() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = after_one_transfer(dir.path());
    let kept = dir.path().join("kept");
    keep(&street, &kept);
    for sql in [
        "UPDATE ledger_node SET hash = zeroblob(32)",
        "UPDATE ledger_node SET hash = zeroblob(32) WHERE level = 0 AND idx = 2",
        "DELETE FROM ledger_node WHERE level = 0 AND idx = (SELECT max(idx) FROM ledger_node WHERE level = 0)",
        "UPDATE checkpoint SET text = replace(text, 'kenya', 'other')",
        "DELETE FROM checkpoint",
    ] {
        restore(&street, &kept);
        unprotected(&street).execute_batch(sql).unwrap();
        let ended = verify(&street);
        assert_eq!(ended.code, Some(3), "{sql}: {}{}", ended.out, ended.err);
    }
}

#[test]
fn an_older_copy_of_the_database_refuses_to_start() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = after_one_transfer(dir.path());
    let older = dir.path().join("older");
    keep(&street, &older);
    street.transfer("food-people").unwrap();
    let newest = dir.path().join("newest");
    keep(&street, &newest);
    restore(&street, &older);
    for verb in [["status"].as_slice(), &["transfer", "run", "food-people"], &["ledger", "verify"], &["doctor"]] {
        let ended = street.run(verb).unwrap();
        assert_eq!(ended.code, Some(3), "{verb:?}: {}{}", ended.out, ended.err);
        assert!(
            ended.err.contains("rolled back") && ended.err.contains("restore the newest copy"),
            "{verb:?}: {}",
            ended.err
        );
    }
    restore(&street, &dir.path().join("nothing"));
    assert_eq!(street.run(&["status"]).unwrap().code, Some(3), "no database at all is not a fresh start");
    restore(&street, &newest);
    street.good(&["status"]).unwrap();
}

#[test]
fn a_log_rewritten_with_the_ledgers_key_does_not_fit_a_saved_receipt() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    street.people(&Spec::of(300).plant(Plant::none())).unwrap();
    street.set_up_with(&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")]).unwrap();
    // What an insider keeps who has the ledger's key: the database and the head that guards it.
    let early = dir.path().join("early");
    keep(&street, &early);
    let head = street.home().join("keys/ledger.head");
    let early_head = fs::read(&head).unwrap();
    let sent = street.transfer("food-people").unwrap();
    let receipt = street.sign_receipt(&sent.package, "accepted").unwrap().display().to_string();
    street.good(&["receipt", "add", &receipt]).unwrap();
    street.good(&["ledger", "verify", "--against", &receipt]).unwrap();

    restore(&street, &early);
    fs::write(&head, early_head).unwrap();
    let shorter = street.run(&["ledger", "verify", "--against", &receipt]).unwrap();
    assert_eq!(shorter.code, Some(3), "a log that ends before the receipt: {}{}", shorter.out, shorter.err);
    street.transfer("food-people").unwrap();
    street.transfer("food-people").unwrap();
    let alone = verify(&street);
    assert_eq!(alone.code, Some(0), "the rewritten log is whole in itself: {}", alone.err);
    let against = street.run(&["ledger", "verify", "--against", &receipt]).unwrap();
    assert_eq!(against.code, Some(3), "{}{}", against.out, against.err);
}

fn independent(export: &Path, more: &[&str]) -> Output {
    Command::new("python3")
        .arg(VERIFIER)
        .arg(export)
        .args(more)
        .output()
        .expect("the independent verifier needs python3 and openssl")
}

/// Mutations of an export: whatever is done, the text is another one.
fn mutations(text: &str) -> Vec<(String, String)> {
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let leaves: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].get("leaf").is_some()).collect();
    let checkpoints: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].get("checkpoint").is_some()).collect();
    let written = |lines: &[Value]| lines.iter().map(|line| format!("{line}\n")).collect::<String>();
    let mut found = Vec::new();
    let mut mutate = |name: &str, change: &dyn Fn(&mut Vec<Value>)| {
        let mut changed = lines.clone();
        change(&mut changed);
        assert_ne!(changed, lines, "{name} changes nothing");
        found.push((name.to_owned(), written(&changed)));
    };
    let zeros = "0".repeat(64);
    for (member, value) in [
        ("index", Value::from(700)),
        ("time_us", Value::from(1)),
        ("actor", Value::from("somebody-else")),
        ("event", Value::from("never-happened")),
        ("subject", Value::from("tr-other")),
        ("body", Value::from("{}")),
        ("salt", Value::from(zeros.clone())),
        ("hash", Value::from(zeros.clone())),
    ] {
        for at in [leaves[1], leaves[leaves.len() - 1]] {
            mutate(&format!("{member} of line {at}"), &|lines| lines[at]["leaf"][member] = value.clone());
        }
    }
    let (first, middle, last) = (leaves[0], leaves[leaves.len() / 2], leaves[leaves.len() - 1]);
    for at in [first, middle, last] {
        mutate(&format!("leaf of line {at} deleted"), &|lines| drop(lines.remove(at)));
        mutate(&format!("leaf of line {at} doubled"), &|lines| lines.insert(at, lines[at].clone()));
    }
    mutate("two leaves swapped", &|lines| lines.swap(first, middle));
    mutate("last checkpoint deleted", &|lines| drop(lines.remove(checkpoints[checkpoints.len() - 1])));
    mutate("checkpoints swapped", &|lines| lines.swap(checkpoints[0], checkpoints[1]));
    mutate("header's key", &|lines| lines[0]["header"]["origin"] = Value::from("elsewhere.example"));
    mutate("end cut off", &|lines| drop(lines.pop()));
    mutate("another size", &|lines| {
        let at = lines.len() - 1;
        lines[at]["end"]["size"] = Value::from(1);
    });
    found
}

#[test]
fn an_outside_verifier_accepts_the_export_and_rejects_its_mutations() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = after_one_transfer(dir.path());
    let export = dir.path().join("ledger.jsonl");
    street.good(&["ledger", "export", "--out", &export.display().to_string()]).unwrap();
    let accepted = independent(&export, &[]);
    assert_eq!(accepted.status.code(), Some(0), "{}", String::from_utf8_lossy(&accepted.stderr));
    let ours = street.good(&["ledger", "verify"]).unwrap();
    let root = ours.trim().rsplit(' ').next().unwrap();
    assert!(String::from_utf8_lossy(&accepted.stdout).contains(root), "another root than ours, {root}");

    let text = fs::read_to_string(&export).unwrap();
    let mutations = mutations(&text);
    assert!(mutations.len() >= 20, "{}", mutations.len());
    for (name, mutation) in mutations {
        fs::write(&export, mutation).unwrap();
        let refused = independent(&export, &[]);
        let said = String::from_utf8_lossy(&refused.stderr);
        assert_eq!(refused.status.code(), Some(3), "{name}: {said}");
        assert!(said.contains("index"), "{name}: {said}");
    }
}
