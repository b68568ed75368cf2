//! Does a catalogue's own check find what is wrong, at its place?
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use crate::catalogue::Catalogue;
use crate::document::Document;

const SMALL: &str = r#"
catalogue: small
version: 1
sources:
  - { name: store, connect: { sqlite: { path: a.sqlite } } }
code_lists:
  - { name: sex, codes: [ { code: F }, { code: M } ] }
entities:
  - name: person
    key: [id]
    tables: [ { name: main, source: store, table: person } ]
    subject: { }
    elements:
      - { name: id, type: uuid, sensitivity: 2, from: [ { table: main, column: id } ] }
      - { name: sex, type: code(sex), sensitivity: 2, from: [ { table: main, column: sex } ] }
"#;

fn findings(text: &str) -> Vec<(usize, String)> {
    let document = Document::parse("c.yaml", text).unwrap();
    let catalogue: Catalogue = document.read().unwrap();
    let findings = catalogue.check();
    findings.located(&document).into_iter().map(|(at, f)| (at.line, f.code.clone())).collect()
}

#[test]
fn a_sound_catalogue_has_no_findings() {
    assert_eq!(findings(SMALL), vec![]);
}

#[test]
fn what_is_wrong_is_found_where_it_stands() {
    let cases = [
        ("source: store", "source: shop", 11, "unknown-name"),
        ("code(sex)", "code(sexes)", 15, "unknown-name"),
        ("key: [id]", "key: [ident]", 11, "key-columns"),
        ("subject: { }", "description: x", 9, "one-subject"),
        ("{ code: M }", "{ code: F }", 7, "duplicate-name"),
    ];
    for (from, to, line, code) in cases {
        let found = findings(&SMALL.replace(from, to));
        assert!(found.iter().any(|(l, c)| (*l, c.as_str()) == (line, code)), "{to}: {found:?}");
    }
}

const TARGETS: &str = r#"
targets:
  - { name: base, connect: { sqlite: { path: b.sqlite } } }
  - name: registry
    connect: { postgres: { host: db.example, database: registry, user: writer, tls: { mode: "off" } } }
"#;

#[test]
fn a_target_has_a_name_and_a_user_of_its_own() {
    let reader = "connect: { postgres: { host: 192.0.2.1, database: registry, user: reader } } }";
    let text = format!("{}{TARGETS}", SMALL.replace("connect: { sqlite: { path: a.sqlite } } }", reader));
    assert_eq!(findings(&text), vec![]);
    let line = |needle: &str| text.lines().position(|line| line.contains(needle)).unwrap() + 1;
    let cases = [
        ("name: registry\n", "name: base\n", line("name: registry"), "duplicate-name"),
        // Whatever the host is called: one server has many names.
        ("user: writer", "user: reader", line("user: writer"), "target-user"),
        ("user: writer", "user: writer, snapshot: none", line("user: writer"), "target-snapshot"),
        (
            "name: registry\n",
            "name: registry\n    statement_timeout_s: 0\n",
            line("name: registry") + 1,
            "target-timeout",
        ),
    ];
    for (from, to, line, code) in cases {
        let found = findings(&text.replace(from, to));
        assert_eq!(found, vec![(line, code.to_owned())], "{to}");
    }
    let same = format!("{SMALL}{}", TARGETS.replace("b.sqlite", "a.sqlite"));
    assert_eq!(findings(&same).into_iter().map(|(_, code)| code).collect::<Vec<_>>(), ["target-is-source"]);
}

#[test]
fn a_catalogue_without_targets_is_written_as_before() {
    let catalogue: Catalogue = Document::parse("c.yaml", SMALL).unwrap().read().unwrap();
    assert!(serde_json::to_value(&catalogue).unwrap().get("targets").is_none());
}
