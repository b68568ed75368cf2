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
