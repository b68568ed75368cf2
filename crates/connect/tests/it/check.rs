//! Does the check of a catalogue against its sources find what is wrong, at its line and column?

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use causeway_connect::catalogue_check::{can_hold, check_against_sources, least_privilege};
use causeway_connect::inspect;
use causeway_model::ElementRef;
use causeway_model::catalogue::Catalogue;
use causeway_model::document::{Document, Severity};

use crate::fixture::{csv, json_lines, now, sqlite};

const CATALOGUE: &str = r#"
catalogue: small
version: 1
sources:
  - { name: store, connect: { sqlite: { path: a.sqlite } } }
  - { name: aid, connect: { csv: { path: aid.csv } } }
code_lists:
  - { name: sex, codes: [ { code: F }, { code: M } ] }
entities:
  - name: person
    key: [id]
    tables:
      - { name: main, source: store, table: person }
      - { name: aid, source: aid, key: [person] }
    subject: { }
    elements:
      - { name: id, type: uuid, sensitivity: 2, from: [ { table: main, column: id } ] }
      - { name: name, type: text, sensitivity: 2, from: [ { table: main, column: name } ] }
      - { name: sex, type: code(sex), sensitivity: 2, from: [ { table: main, column: sex } ] }
      - { name: born, type: date, sensitivity: 2, from: [ { table: main, column: born } ] }
      - { name: amount, type: "decimal(8,2)", sensitivity: 1, from: [ { table: aid, column: amount } ] }
"#;

const PERSON: &str = "CREATE TABLE person (id TEXT NOT NULL, name TEXT, sex TEXT, born TEXT, extra TEXT)";

fn store(dir: &Path, person: &str) {
    let connection = rusqlite::Connection::open(dir.join("a.sqlite")).unwrap();
    connection.execute_batch(person).unwrap();
    connection
        .execute("INSERT INTO person (id, sex) VALUES ('0a', 'F'), ('0b', 'Q'), ('0c', 'Q'), ('0d', 'X'), ('0e', 'Ms Invented')", [])
        .unwrap();
    drop(connection);
    fs::write(dir.join("aid.csv"), "person,amount\n0a,1.50\n").unwrap();
    for file in ["a.sqlite", "aid.csv"] {
        fs::set_permissions(dir.join(file), fs::Permissions::from_mode(0o444)).unwrap();
    }
}

fn needed() -> BTreeSet<ElementRef> {
    ["id", "name", "sex", "born", "amount"].map(|name| ElementRef::new("person", name)).into()
}

fn catalogue() -> (Document, Catalogue) {
    let document = Document::parse("c.yaml", CATALOGUE).unwrap();
    let catalogue = document.read().unwrap();
    (document, catalogue)
}

/// Line, column, code and message of each finding.
fn findings(dir: &Path) -> Vec<(usize, usize, String, String)> {
    let (document, catalogue) = catalogue();
    let found = check_against_sources(&catalogue, dir, &needed(), now());
    let located = found.located(&document);
    located.into_iter().map(|(at, f)| (at.line, at.column, f.code.clone(), f.message.clone())).collect()
}

fn places(found: &[(usize, usize, String, String)]) -> Vec<(usize, &str)> {
    found.iter().map(|(line, _, code, _)| (*line, code.as_str())).collect()
}

#[test]
fn a_column_dropped_retyped_recollated_and_a_code_added_are_four_findings_where_they_stand() {
    let dir = tempfile::tempdir().unwrap();
    store(dir.path(), "CREATE TABLE person (id TEXT, name TEXT COLLATE NOCASE, sex TEXT, spare INTEGER)");
    let (_, model) = catalogue();
    let found = findings(dir.path());
    let expected = [(13, "column-unneeded"), (18, "column-recollated"), (19, "code-unknown"), (20, "column-missing")];
    assert_eq!(places(&found), expected, "{found:#?}");
    assert!(found[1].3.contains("`NOCASE`") && found[3].3.contains("table `person`, has no column `born`"));
    assert_eq!(
        found[2].3, "4 records have a code of `person.sex` that is not in its list: `Q` (2), `X` (1)",
        "words are counted, not told"
    );
    assert_eq!(found[3].1, CATALOGUE.lines().nth(19).unwrap().find("born }").unwrap() + 1, "the column of the text");
    assert!(model.check().is_empty());

    let other = tempfile::tempdir().unwrap();
    store(other.path(), "CREATE TABLE person (id INTEGER, name STRING, sex TEXT, born INTEGER)");
    let found = findings(other.path());
    let retyped: Vec<usize> = found.iter().filter(|f| f.2 == "column-retyped").map(|f| f.0).collect();
    assert_eq!(retyped, [17, 18, 20], "{found:#?}");
}

#[test]
fn a_sound_pair_has_only_the_unneeded_column_and_unknown_codes() {
    let dir = tempfile::tempdir().unwrap();
    store(dir.path(), PERSON);
    let (_, model) = catalogue();
    let found = check_against_sources(&model, dir.path(), &needed(), now());
    let warnings: Vec<_> = found.iter().filter(|f| f.severity == Severity::Warning).collect();
    assert_eq!((warnings.len(), warnings[0].code.as_str()), (1, "column-unneeded"));
    assert!(warnings[0].message.ends_with("can be read: `extra`"), "{}", warnings[0].message);
    assert_eq!(found.iter().filter(|f| f.severity == Severity::Error).count(), 1, "the codes");
    let fewer = [ElementRef::new("person", "born")].into();
    let found = check_against_sources(&model, dir.path(), &fewer, now());
    let unneeded: Vec<_> = found.iter().filter(|f| f.code == "column-unneeded").map(|f| f.message.clone()).collect();
    assert!(
        unneeded[0].ends_with("`name`, `sex`, `extra`") && unneeded[1].ends_with("`person`, `amount`"),
        "{unneeded:?}"
    );
}

#[test]
fn a_missing_table_and_an_unreachable_source_are_found() {
    let dir = tempfile::tempdir().unwrap();
    store(dir.path(), PERSON);
    let text = CATALOGUE.replace("table: person }", "table: people }").replace("aid.csv", "none.csv");
    let document = Document::parse("c.yaml", &text).unwrap();
    let model: Catalogue = document.read().unwrap();
    let found = check_against_sources(&model, dir.path(), &needed(), now());
    let places: Vec<(usize, &str)> =
        found.located(&document).iter().map(|(at, f)| (at.line, f.code.as_str())).collect();
    assert_eq!(places, [(6, "source-unreachable"), (13, "column-missing")]);
}

#[test]
fn writable_sources_fail() {
    let dir = tempfile::tempdir().unwrap();
    store(dir.path(), PERSON);
    fs::set_permissions(dir.path().join("a.sqlite"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(dir.path().join("aid.csv"), fs::Permissions::from_mode(0o644)).unwrap();
    let (_, model) = catalogue();
    let found = check_against_sources(&model, dir.path(), &needed(), now());
    let writable: Vec<_> =
        found.iter().filter(|f| f.code == "source-writable").map(|f| (f.severity, f.pointer.as_str())).collect();
    assert_eq!(
        writable,
        [(Severity::Error, "/sources/0/connect/sqlite"), (Severity::Warning, "/sources/1/connect/csv")]
    );
    assert!(found.iter().all(|f| !f.help.is_empty()));
}

#[test]
fn views_are_looked_through() {
    let dir = tempfile::tempdir().unwrap();
    let connection = rusqlite::Connection::open(dir.path().join("a.sqlite")).unwrap();
    connection
        .execute_batch(
            "CREATE TABLE t (a TEXT COLLATE NOCASE, b TEXT NOT NULL, c TEXT COLLATE RTRIM, d);
             CREATE INDEX by_a ON t (a);
             CREATE VIEW \"the view\" AS SELECT a, b, c AS \"x\"\"y\", d FROM t",
        )
        .unwrap();
    let shape = inspect::inspect(&sqlite("a.sqlite"), dir.path()).unwrap();
    let collations = |table: &str| -> Vec<String> {
        let columns = &shape.table(Some(table)).unwrap().columns;
        columns.iter().map(|c| c.collation.clone().unwrap_or_default()).collect()
    };
    assert_eq!(collations("t"), ["NOCASE", "BINARY", "RTRIM", "BINARY"]);
    assert_eq!(collations("THE VIEW"), ["NOCASE", "BINARY", "RTRIM", "BINARY"]);
    let columns = &shape.table(Some("t")).unwrap().columns;
    assert_eq!((columns[1].nullable, columns[1].declared.as_str(), columns[3].declared.as_str()), (false, "TEXT", ""));
}

#[test]
fn files_show_their_columns() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), "id,name\n1,Ana\n").unwrap();
    fs::write(dir.path().join("a.jsonl"), "{\"id\":1}\n{\"name\":\"Ana\",\"id\":2}\n").unwrap();
    for source in [csv("a.csv"), json_lines("a.jsonl")] {
        let shape = inspect::inspect(&source, dir.path()).unwrap();
        let names: Vec<&str> = shape.table(None).unwrap().columns.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(names, ["id", "name"]);
    }
}

#[test]
fn grants_name_the_needed_columns_only() {
    let (_, model) = catalogue();
    let needed = [ElementRef::new("person", "born"), ElementRef::new("person", "amount")].into();
    let text = least_privilege(&model, &needed);
    assert!(text.contains(r#"CREATE VIEW "causeway_person" AS SELECT "born", "id" FROM "person";"#), "{text}");
    assert!(text.contains(r#"GRANT SELECT ("born", "id") ON "person" TO causeway;"#), "{text}");
    assert!(text.contains(r#""amount", "person""#), "{text}");
    assert_eq!(least_privilege(&model, &BTreeSet::new()), "");
}

#[test]
fn declared_types_hold_what_the_table_says() {
    let fits = |declared: &str, value_type: &str| can_hold(declared, &value_type.parse().unwrap());
    for (declared, value_type) in [
        ("TEXT", "text"),
        ("VARCHAR(40)", "code(sex)"),
        ("INTEGER", "code(sex)"),
        ("DATE", "date"),
        ("", "bytes"),
        ("ANY", "uuid"),
        ("UUID", "uuid"),
        ("DECIMAL(10,2)", "decimal(10,2)"),
        ("BOOLEAN", "boolean"),
        ("BIGINT", "integer"),
        ("BLOB", "bytes"),
        ("DATETIME", "timestamp"),
        ("NVARCHAR", "place(2,5)"),
    ] {
        assert!(fits(declared, value_type), "{declared} {value_type}");
    }
    for (declared, value_type) in [
        ("INTEGER", "text"),
        ("STRING", "text"),
        ("REAL", "decimal(4,1)"),
        ("DOUBLE PRECISION", "integer"),
        ("BLOB", "uuid"),
        ("INTEGER", "date"),
        ("TEXT", "bytes"),
        ("TEXT", "integer"),
        ("DATE", "uuid"),
    ] {
        assert!(!fits(declared, value_type), "{declared} {value_type}");
    }
}
