//! While people move between households in two live databases, is every package of one moment of each?
//!
//! Writers keep three tables of each database in step: what a household counts, who belongs to it, what cards they have.
//! A package in which these do not agree was read from more than one state of the database.

mod documents;
mod place;
mod writer;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use place::{CARDS, HOUSEHOLDS, PEOPLE, Place};
use serde_json::Value;

/// How often is sent.
const RUNS: usize = 50;

/// Names of a list of records.
fn names(record: &Value, list: &str) -> Vec<String> {
    record[list].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

/// What is not true of a database in the records of a package: who counts, who is counted, their cards.
fn broken(records: &[Value], size: &str, people: &str, cards: &str) -> Option<String> {
    let mut known = BTreeMap::new();
    for record in records {
        let household = record["name"].as_str().unwrap();
        let (counted, members, held) = (record[size].as_i64().unwrap(), names(record, people), names(record, cards));
        if counted != members.len() as i64 || members.len() * CARDS != held.len() {
            return Some(format!(
                "{household} counts {counted}, has {} people and {} cards",
                members.len(),
                held.len()
            ));
        }
        for person in members.into_iter().chain(held) {
            if let Some(other) = known.insert(person.clone(), household.to_owned()) {
                return Some(format!("{person} is in {other} and in {household}"));
            }
        }
    }
    let all = PEOPLE * (1 + CARDS);
    (known.len() != all).then(|| format!("{} of {all} people and cards are there", known.len()))
}

/// The records of a package, and who is where.
fn sent(place: &Place, run: usize) -> (Vec<Value>, String) {
    let package = place.street.transfer("moving").unwrap().package;
    let opened = place.street.open(&package, &place.street.home().join(format!("partner/opened-{run}"))).unwrap();
    let files = fs::read_dir(opened).unwrap().map(|entry| entry.unwrap().path());
    let data = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "jsonl")).unwrap();
    let text = fs::read_to_string(data).unwrap();
    let records: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(records.len(), HOUSEHOLDS);
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    (records, lines.concat())
}

#[test]
fn no_package_breaks_what_a_database_always_holds() {
    let place = Place::new(false);
    let writers = place.writers();
    let mut states = BTreeSet::new();
    for run in 0..RUNS {
        let (records, state) = sent(&place, run);
        assert_eq!(broken(&records, "size", "members", "cards"), None, "PostgreSQL, run {run}");
        assert_eq!(broken(&records, "group_size", "collectors", "vouchers"), None, "MariaDB, run {run}");
        states.insert(state);
    }
    let moves = writers.stop();
    println!("{moves:?} moves");
    assert_eq!(states.len(), RUNS, "people moved between every two runs");
    assert!(moves.iter().all(|moves| *moves > RUNS), "each writer wrote all the time: {moves:?}");
}

/// The test above can fail: of the same tables, declared as two stores of which each is held still for itself, packages
/// break what the database always holds.
#[test]
fn a_reader_that_holds_each_table_still_for_itself_is_found_out() {
    let place = Place::new(true);
    let writers = place.writers();
    let (mut postgres, mut mariadb) = (None, None);
    for run in 0..RUNS {
        let (records, _) = sent(&place, run);
        postgres = postgres.or_else(|| broken(&records, "size", "members", "cards"));
        mariadb = mariadb.or_else(|| broken(&records, "group_size", "collectors", "vouchers"));
        if postgres.is_some() && mariadb.is_some() {
            break;
        }
    }
    let moves = writers.stop();
    println!("found out: {postgres:?}, {mariadb:?} after {moves:?} moves");
    assert!(postgres.is_some(), "PostgreSQL: nothing was found");
    assert!(mariadb.is_some(), "MariaDB: nothing was found");
}
