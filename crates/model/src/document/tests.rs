//! Does a document say where it is wrong?
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests fail by panicking")]

use super::*;

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    name: String,
    count: u8,
}

#[derive(Debug, serde::Deserialize)]
struct List {
    pairs: Vec<Pair>,
}

#[test]
fn a_wrong_type_is_named_with_line_and_column() {
    let text = "pairs:\n  - name: one\n    count: 1\n  - name: two\n    count: many\n";
    let error = Document::parse("a.yaml", text).unwrap().read::<List>().unwrap_err();
    assert_eq!((error.position.line, error.position.column), (5, 12), "{error}");
}

#[test]
fn an_unknown_member_is_named() {
    let text = "pairs:\n  - name: one\n    count: 1\n    colour: red\n";
    let error = Document::parse("a.yaml", text).unwrap().read::<List>().unwrap_err();
    assert_eq!(error.position.line, 4, "{error}");
    assert!(error.message.contains("colour"));
}

#[test]
fn duplicate_keys_anchors_tags_and_second_documents_are_refused() {
    for text in ["a: 1\na: 2\n", "a: &x 1\nb: *x\n", "a: !!str 1\n", "a: 1\n---\nb: 2\n", "", "a: [1\n"] {
        assert!(Document::parse("a.yaml", text).is_err(), "{text:?}");
    }
}

#[test]
fn scalars_never_surprise() {
    let document = Document::parse("a.yaml", "a: NO\nb: 007\nc: 1.5\nd: '1'\ne: 1e3\nf: -3\ng:\n").unwrap();
    let value = document.value();
    assert_eq!(value["a"], "NO");
    assert_eq!(value["b"], "007");
    assert_eq!(value["c"], 1.5);
    assert_eq!(value["d"], "1");
    assert_eq!(value["e"], "1e3");
    assert_eq!(value["f"], -3);
    assert!(value["g"].is_null());
    let list: Result<List, _> = Document::parse("a.yaml", "pairs:\n- {name: x, count: 3}\n").unwrap().read();
    let list = list.unwrap();
    assert_eq!((list.pairs[0].name.as_str(), list.pairs[0].count), ("x", 3));
}
