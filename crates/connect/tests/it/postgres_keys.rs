//! Are the records of some keys read each once, and only what is equal byte for byte taken for one; what is known before?

use std::collections::BTreeSet;
use std::sync::Arc;

use causeway_flow::Personal;
use causeway_flow::source::{KeyList, KeyValue, Scan};
use causeway_model::Value;
use causeway_model::population::{InSet, Predicate, Range};

use crate::fixture::{rows, scan, texts};
use crate::postgres_fixture::Store;

fn by_keys(wanted: &Scan, keys: Vec<KeyValue>) -> Scan {
    let mut wanted = wanted.clone();
    wanted.hint.keys = Some(KeyList { column: "c0".into(), values: Arc::new(keys) });
    wanted
}

fn text_key(text: &str) -> KeyValue {
    KeyValue::Text(Personal::new(text.to_owned()))
}

#[test]
fn records_are_read_by_their_keys_each_once() {
    let store = Store::new();
    store.people("person", 30_000);
    let by_uuid = scan(Some("person"), &[("id", "uuid"), ("name", "text")]);
    let key = |n: usize| text_key(&format!("00000000-0000-4000-8000-{n:012x}"));
    // More keys than one statement takes, some twice and far apart, some of nobody, some that are no key at all.
    let mut keys: Vec<KeyValue> =
        (1..=25_000).map(key).chain((1..=10).map(key)).chain((40_000..40_010).map(key)).collect();
    keys.extend(["", "x", "'", "\0", "00000000-0000-4000-8000-00000000000A"].map(text_key));
    let read = store.read(&by_keys(&by_uuid, keys)).unwrap();
    let names: BTreeSet<String> = texts(&read, 1).into_iter().collect();
    assert_eq!((rows(&read), names.len()), (25_000, 25_000));
    assert_eq!(rows(&store.read(&by_keys(&by_uuid, Vec::new())).unwrap()), 0);

    let by_number = scan(Some("person"), &[("no", "integer"), ("name", "text")]);
    let keys = [5, 7, 5, -1, i64::MAX].map(|n| KeyValue::Integer(Personal::new(n)));
    let read = store.read(&by_keys(&by_number, keys.into())).unwrap();
    assert_eq!(texts(&read, 1), ["Zuri invented 5", "Zuri invented 7"]);

    // A condition narrows them further; nothing of them stands in the statement.
    let mut both = by_keys(&by_number, vec![KeyValue::Integer(Personal::new(5)), KeyValue::Integer(Personal::new(7))]);
    both.hint.filter =
        Some(Predicate::In(InSet { element: "c1".into(), values: vec![Value::Text("Zuri invented 7".into())] }));
    assert_eq!(rows(&store.read(&both).unwrap()), 1);
    let outlook = store.snapshot(&Default::default()).outlook(&by_keys(&by_uuid, vec![key(77)])).unwrap();
    assert!(!outlook.statement.unwrap().contains("4d"), "keys are bound");
}

#[test]
fn keys_of_every_kind_of_column_find_what_is_equal_byte_for_byte() {
    let store = Store::new();
    store.sql(
        "CREATE EXTENSION IF NOT EXISTS citext; CREATE TYPE mood AS ENUM ('a', 'b');
         CREATE COLLATION folds (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE DOMAIN code AS varchar(9)",
    );
    for (kind, element, values, keys, expected) in [
        ("text", "text", "('a'), ('A'), ('a '), ('é')", vec!["a", "é", "e\u{301}"], vec!["a", "é"]),
        ("code", "text", "('a'), ('A')", vec!["a"], vec!["a"]),
        ("char(4)", "text", "('a'), ('A'), ('b')", vec!["a"], vec!["a"]),
        ("text COLLATE folds", "text", "('a'), ('A')", vec!["a"], vec!["a"]),
        ("citext", "text", "('a'), ('A')", vec!["a"], vec!["a"]),
        ("mood", "text", "('a'), ('b')", vec!["a", "zz"], vec!["a"]),
        ("name", "text", "('a'), ('b')", vec!["a"], vec!["a"]),
        ("json", "text", "('1'), ('2')", vec!["1"], vec!["1"]),
        ("int", "text", "(1), (2)", vec!["1", "01", "x"], vec!["1"]),
        (
            "uuid",
            "text",
            "('0a000000-0000-4000-8000-000000000001')",
            vec!["0a000000-0000-4000-8000-000000000001", "x"],
            vec!["0a000000-0000-4000-8000-000000000001"],
        ),
        (
            "text",
            "uuid",
            "('0A000000-0000-4000-8000-000000000001')",
            vec!["0a000000-0000-4000-8000-000000000001"],
            vec!["0a000000-0000-4000-8000-000000000001"],
        ),
    ] {
        store.sql(&format!(
            "CREATE TABLE word (word {kind}); INSERT INTO word VALUES {values}; GRANT SELECT ON word TO refuge"
        ));
        let wanted = by_keys(&scan(Some("word"), &[("word", element)]), keys.iter().map(|key| text_key(key)).collect());
        let came = texts(&store.read(&wanted).unwrap_or_else(|error| panic!("{kind}: {error}")), 0);
        // A source may give more than was asked for, never less, and never twice.
        let distinct: BTreeSet<&String> = came.iter().collect();
        assert_eq!(distinct.len(), came.len(), "{kind}: {came:?}");
        for value in expected {
            assert!(came.iter().any(|found| found == value), "{kind}: {came:?}");
        }
        store.sql("DROP TABLE word");
    }
}

#[test]
fn literals_that_the_server_cannot_hold_are_not_sent() {
    let store = Store::new();
    store.server.sql("postgres", "CREATE DATABASE west ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0").unwrap();
    store
        .server
        .sql(
            "west",
            "CREATE TABLE word (word text); INSERT INTO word VALUES ('a'), (chr(233)); GRANT SELECT ON word TO refuge",
        )
        .unwrap();
    let mut source = store.source();
    if let causeway_model::catalogue::Connection::Postgres(server) = &mut source.connect {
        server.database = "west".into();
    }
    for (value, least) in [("a", "a"), ("é", "é"), ("测", "")] {
        let mut wanted = scan(Some("word"), &[("word", "text")]);
        wanted.hint.filter =
            Some(Predicate::In(InSet { element: "c0".into(), values: vec![Value::Text(value.into())] }));
        let came = texts(&store.read_from(&source, &wanted).unwrap(), 0);
        assert!(least.is_empty() || came.iter().any(|word| word == least), "{value}: {came:?}");
        let wanted = by_keys(&scan(Some("word"), &[("word", "text")]), vec![text_key(value)]);
        let came = texts(&store.read_from(&source, &wanted).unwrap(), 0);
        assert!(least.is_empty() || came.iter().any(|word| word == least), "{value}: {came:?}");
    }
}

#[test]
fn the_outlook_tells_the_statement_the_rows_and_what_is_unique() {
    let store = Store::new();
    store.people("person", 5_000);
    store.sql(
        "CREATE UNIQUE INDEX ON person (no, name); CREATE UNIQUE INDEX ON person (name) WHERE no > 5;
         CREATE UNIQUE INDEX ON person (lower(name)); ALTER TABLE person ADD CONSTRAINT late UNIQUE (born, no) DEFERRABLE; ANALYZE person",
    );
    let mut snapshot = store.snapshot(&Default::default());
    let wanted = scan(Some("person"), &[("id", "uuid"), ("no", "integer"), ("name", "text"), ("born", "date")]);
    let outlook = snapshot.outlook(&wanted).unwrap();
    assert_eq!(outlook.rows, Some(5_000));
    let statement = outlook.statement.unwrap();
    assert!(statement.starts_with("COPY (SELECT ") && statement.ends_with("TO STDOUT (FORMAT binary)"), "{statement}");
    assert!(!statement.contains("secret"));
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<String>>();
    let unique: BTreeSet<BTreeSet<String>> = outlook.unique.into_iter().collect();
    assert_eq!(unique, [set(&["c0"]), set(&["c1", "c2"])].into());
    let mut few = wanted.clone();
    few.hint.filter = Some(Predicate::Range(Range { element: "c1".into(), from: None, to: Some(Value::Integer(50)) }));
    let rows = snapshot.outlook(&few).unwrap().rows.unwrap();
    assert!((10..500).contains(&rows), "{rows}");
    // What may be read twice is not unique, whatever an index of one of its parts says; a UUID may be spelt in two ways.
    store.sql(
        "CREATE TABLE base (no int PRIMARY KEY, key text UNIQUE NOT NULL); CREATE TABLE child () INHERITS (base);
         INSERT INTO base VALUES (1, 'a'); INSERT INTO child VALUES (1, 'a'); GRANT SELECT ON base TO refuge;
         CREATE TABLE spelt (key text PRIMARY KEY); GRANT SELECT ON spelt TO refuge; ANALYZE",
    );
    let mut snapshot = store.snapshot(&Default::default());
    assert!(snapshot.outlook(&scan(Some("base"), &[("no", "integer")])).unwrap().unique.is_empty());
    assert!(snapshot.outlook(&scan(Some("spelt"), &[("key", "uuid")])).unwrap().unique.is_empty());
    assert_eq!(snapshot.outlook(&scan(Some("spelt"), &[("key", "text")])).unwrap().unique, [set(&["c0"])]);
}
