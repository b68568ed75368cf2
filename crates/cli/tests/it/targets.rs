//! Does `target` say what an administrator has to do, and is nothing left to say once that was done?

use std::fs;
use std::path::Path;

use causeway_testkit::street::{Ended, Street};
use causeway_testkit::throw_away;
use rusqlite::Connection;

use crate::street::street;

/// An installation whose catalogue has a target, which is told by `said`; and how its import ended.
fn installed(home: &Path, said: &str) -> (Street, Ended) {
    let street = street(home);
    street.init().unwrap();
    street.officers().unwrap();
    fs::create_dir_all(street.sources()).unwrap();
    let catalogue = fs::read_to_string(street.example("catalogue.yaml")).unwrap();
    let copy = home.join("catalogue.yaml");
    fs::write(&copy, format!("{catalogue}\ntargets:\n  - {said}\n")).unwrap();
    let ended = street.run(&["catalogue", "import", &copy.display().to_string()]).unwrap();
    (street, ended)
}

const FILE: &str = "{ name: registry, connect: { sqlite: { path: registry.sqlite } } }";

#[test]
fn what_prepare_prints_is_what_check_asks_for() {
    let dir = throw_away::directory().unwrap();
    let (street, imported) = installed(dir.path(), FILE);
    assert_eq!(imported.code, Some(0), "{}{}", imported.out, imported.err);
    let gone = street.run(&["target", "check", "registry"]).unwrap();
    assert_eq!(gone.code, Some(2), "{}{}", gone.out, gone.err);
    assert!(gone.out.contains("target-unreachable"), "{}", gone.out);
    let store = Connection::open(street.sources().join("registry.sqlite")).unwrap();
    store.execute_batch("CREATE TABLE person (id INTEGER PRIMARY KEY)").unwrap();
    let bare = street.run(&["target", "check", "registry"]).unwrap();
    assert_eq!(bare.code, Some(2), "{}{}", bare.out, bare.err);
    assert!(bare.out.contains("target-not-prepared") && bare.out.contains("`causeway_applied`"), "{}", bare.out);
    assert!(bare.out.contains("causeway target prepare"), "it says what to do: {}", bare.out);
    let prepared = street.good(&["target", "prepare", "registry"]).unwrap();
    store.execute_batch(&prepared).unwrap();
    // Once more does no harm.
    store.execute_batch(&prepared).unwrap();
    let ready = street.run(&["target", "check", "registry"]).unwrap();
    assert_eq!(ready.code, Some(0), "{}{}", ready.out, ready.err);
    assert!(ready.out.starts_with("ok    target registry can be written"), "{}", ready.out);
    let unknown = street.run(&["target", "prepare", "nowhere"]).unwrap();
    assert_eq!(unknown.code, Some(2), "{}{}", unknown.out, unknown.err);
    assert!(unknown.err.contains("there is no target `nowhere`"), "{}", unknown.err);
}

#[test]
fn a_target_for_invented_people_has_no_place_among_real_ones() {
    let dir = throw_away::directory().unwrap();
    let said = FILE.replace("name: registry,", "name: registry, data: synthetic,");
    let (_, imported) = installed(dir.path(), &said);
    assert_eq!(imported.code, Some(4), "{}{}", imported.out, imported.err);
    let said = imported.out + &imported.err;
    assert!(said.contains("synthetic-in-production") && said.contains("registry"), "{said}");
}
