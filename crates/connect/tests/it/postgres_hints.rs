//! Does the server leave out only whom the condition leaves out?

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Int64Type};
use causeway_flow::Batch;
use causeway_flow::source::Scan;
use causeway_model::Value;
use causeway_model::population::{InSet, Path, Predicate, Range};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::fixture::{rows, scan, texts};
use crate::postgres_fixture::Store;

fn runner(cases: u32) -> TestRunner {
    let seed = [7; 32];
    TestRunner::new_with_rng(Config { cases, ..Config::default() }, TestRng::from_seed(RngAlgorithm::ChaCha, &seed))
}

/// Column, type in the table, type of the element; values as SQL, the last ones faulty or missing.
const COLUMNS: &[(&str, &str, &str, &[&str])] = &[
    ("camp", "text", "code(sex)", &["'F'", "'M'", "'f'", "'F '", "''", "NULL"]),
    ("name", "text", "text", &["'a'", "'A'", "'a '", "''", "'it''s \\'", "'é'", "NULL", "repeat('x', 600)"]),
    ("fixed", "char(5)", "text", &["'a'", "'b'", "''", "NULL"]),
    ("size", "int", "integer", &["1", "2", "10", "9", "-3", "NULL"]),
    ("count", "text", "integer", &["'1'", "'2'", "'10'", "'9'", "'x'", "'02'", "NULL"]),
    ("born", "date", "date", &["'2000-01-01'", "'2010-06-30'", "NULL", "'infinity'", "'0044-03-15 BC'"]),
    ("told", "text", "date", &["'2000-01-01'", "'2010-06-30'", "'30 June'", "NULL"]),
    (
        "seen",
        "timestamptz",
        "timestamp",
        &["'2020-01-01 00:00:00Z'", "'2021-01-01 00:00:00.000001Z'", "NULL", "'-infinity'"],
    ),
    ("paid", "numeric(8,2)", "decimal(9,2)", &["1.50", "2", "10.25", "NULL", "'NaN'"]),
    ("owed", "numeric", "decimal(4,1)", &["1.5", "2.25", "10000", "NULL"]),
    (
        "key",
        "uuid",
        "uuid",
        &["'0a000000-0000-4000-8000-000000000001'", "'0b000000-0000-4000-8000-000000000001'", "NULL"],
    ),
    (
        "text_key",
        "text",
        "uuid",
        &["'0A000000-0000-4000-8000-000000000001'", "'0b000000-0000-4000-8000-000000000001'", "'x'"],
    ),
    ("alive", "boolean", "boolean", &["true", "false", "NULL"]),
    ("folded", "text COLLATE folds", "text", &["'a'", "'A'", "'b'", "NULL"]),
];

fn literals(column: usize) -> Vec<Value> {
    let texts = |all: &[&str]| all.iter().map(|text| Value::Text((*text).to_owned())).collect();
    match COLUMNS[column].0 {
        "camp" => texts(&["F", "M", "f", ""]),
        "name" => texts(&["a", "A", "", "it's \\", "é", "\u{0}", "b"]),
        "fixed" | "folded" => texts(&["a", "A", "b", "a "]),
        "size" | "count" => [1, 2, 9, 10, -3].map(Value::Integer).into(),
        "born" | "told" => texts(&["2000-01-01", "2005-05-05", "2010-06-30"]),
        "seen" => texts(&["2020-01-01T00:00:00Z", "2021-01-01T03:00:00.000001+03:00", "2020-06-01T00:00:00Z"]),
        "paid" => texts(&["1.5", "2", "10.25", "0"]),
        "owed" => texts(&["1.5", "2"]),
        "key" | "text_key" => texts(&["0a000000-0000-4000-8000-000000000001", "0A000000-0000-4000-8000-000000000001"]),
        _ => vec![Value::Boolean(true), Value::Boolean(false)],
    }
}

fn leaf() -> impl Strategy<Value = Predicate> {
    (0..COLUMNS.len(), 0..3_u8, proptest::collection::vec(any::<proptest::sample::Index>(), 0..3)).prop_map(
        |(column, form, picks)| {
            let element = format!("c{column}");
            let known = literals(column);
            let mut values = picks.iter().map(|pick| pick.get(&known).clone());
            let has_order = !matches!(COLUMNS[column].2, "text" | "uuid" | "boolean" | "code(sex)");
            match form {
                0 => Predicate::Null(Path { element }),
                1 if has_order && !picks.is_empty() => {
                    Predicate::Range(Range { element, from: values.next(), to: values.next() })
                }
                _ => Predicate::In(InSet { element, values: values.collect() }),
            }
        },
    )
}

fn predicate() -> impl Strategy<Value = Predicate> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Predicate::All),
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Predicate::Any),
            inner.prop_map(|part| Predicate::Not(Box::new(part))),
        ]
    })
}

/// The truth of a leaf for a decoded row, told here once more and in another way than the street tells it.
fn truth(batch: &Batch, row: usize, leaf: &Predicate) -> Option<bool> {
    let column = |name: &str| {
        let place: usize = name[1..].parse().unwrap();
        (place, batch.records.column(place))
    };
    let (Predicate::In(InSet { element, .. })
    | Predicate::Range(Range { element, .. })
    | Predicate::Null(Path { element })) = leaf
    else {
        panic!("no leaf")
    };
    let (place, array) = column(element);
    if matches!(leaf, Predicate::Null(_)) {
        return Some(array.is_null(row));
    }
    if array.is_null(row) {
        return None;
    }
    let compare = |value: &Value| -> std::cmp::Ordering {
        let text = value.to_string();
        match COLUMNS[place].2 {
            "integer" => array.as_primitive::<Int64Type>().value(row).cmp(&text.parse().unwrap()),
            "date" => {
                let days = array.as_primitive::<Date32Type>().value(row);
                let since = text.parse::<jiff::civil::Date>().unwrap() - jiff::civil::date(1970, 1, 1);
                days.cmp(&since.get_days())
            }
            "timestamp" => {
                let micros = array.as_primitive::<arrow::datatypes::TimestampMicrosecondType>().value(row);
                micros.cmp(&text.parse::<jiff::Timestamp>().unwrap().as_microsecond())
            }
            "boolean" => array.as_boolean().value(row).to_string().cmp(&text),
            decimal if decimal.starts_with("decimal") => {
                let found = array.as_primitive::<arrow::datatypes::Decimal128Type>().value_as_string(row);
                found.parse::<f64>().unwrap().total_cmp(&text.parse().unwrap())
            }
            _ => array.as_string::<i32>().value(row).cmp(&text),
        }
    };
    Some(match leaf {
        Predicate::In(set) => set.values.iter().any(|value| compare(value).is_eq()),
        Predicate::Range(range) => {
            range.from.as_ref().is_none_or(|from| compare(from).is_ge())
                && range.to.as_ref().is_none_or(|to| compare(to).is_le())
        }
        _ => false,
    })
}

/// Numbers of the rows, from the last column.
fn numbers(batches: &[Batch]) -> BTreeSet<i64> {
    let last = COLUMNS.len();
    batches.iter().flat_map(|b| b.records.column(last).as_primitive::<Int64Type>().iter().flatten()).collect()
}

#[test]
fn a_condition_leaves_out_nobody_who_might_be_inside_and_of_clean_rows_only_those_who_are() {
    let store = Store::new();
    store.sql("CREATE COLLATION folds (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
    let types: Vec<String> = COLUMNS.iter().map(|column| format!("{} {}", column.0, column.1)).collect();
    store.sql(&format!("CREATE TABLE person ({}, no int, clean boolean)", types.join(", ")));
    // Values by turns, so that every value meets many of the others.
    let mut inserted = Vec::new();
    for no in 0..240_usize {
        let value = |(place, column): (usize, &(&str, &str, &str, &'static [&'static str]))| {
            column.3[(no * (2 * place + 1) + no / (place + 2)) % column.3.len()]
        };
        let values: Vec<&str> = COLUMNS.iter().enumerate().map(value).collect();
        inserted.push(format!("({}, {no}, true)", values.join(", ")));
    }
    store.sql(&format!("INSERT INTO person VALUES {}", inserted.join(", ")));
    let mut wanted_columns: Vec<(&str, &str)> = COLUMNS.iter().map(|column| (column.0, column.2)).collect();
    wanted_columns.push(("no", "integer"));
    let wanted = scan(Some("person"), &wanted_columns);
    let snapshot = RefCell::new(store.snapshot(&Default::default()));
    let all: Vec<Batch> = snapshot.borrow_mut().scan(&wanted).unwrap().map(Result::unwrap).collect();
    assert_eq!((all.len(), rows(&all)), (1, 240));
    let faulty: BTreeSet<usize> = all[0].faults.iter().map(|(row, _)| row).collect();
    assert!(faulty.len() > 50 && faulty.len() < 239, "{}", faulty.len());
    let (narrowed, exact) = (Cell::new(0), Cell::new(0));
    runner(400)
        .run(&predicate(), |predicate| {
            let mut hinted: Scan = wanted.clone();
            hinted.hint.filter = Some(predicate.clone());
            let came: Vec<Batch> = snapshot.borrow_mut().scan(&hinted).unwrap().map(Result::unwrap).collect();
            let came = numbers(&came);
            let inside = |row: usize| predicate.evaluate(&mut |leaf| truth(&all[0], row, leaf)) == Some(true);
            let numbers = all[0].records.column(COLUMNS.len()).as_primitive::<Int64Type>();
            let expected: BTreeSet<i64> = (0..240).filter(|row| inside(*row)).map(|row| numbers.value(row)).collect();
            prop_assert!(came.is_superset(&expected), "lost {:?}", expected.difference(&came).collect::<Vec<_>>());
            narrowed.set(narrowed.get() + u32::from(came.len() < 240));
            exact.set(exact.get() + u32::from(came == expected));
            Ok(())
        })
        .unwrap();
    let (narrowed, exact) = (narrowed.get(), exact.get());
    assert!(narrowed > 150 && exact > 100, "the server did something: {narrowed}, {exact}");
}

#[test]
fn clean_columns_are_filtered_exactly() {
    let store = Store::new();
    store.sql(
        "CREATE TABLE person (camp varchar(4), size int, born date, key uuid, paid numeric(8,2), seen timestamptz, alive boolean);
         INSERT INTO person SELECT (ARRAY['F','M',NULL])[n % 3 + 1], NULLIF(n % 7, 3), DATE '2000-01-01' + n,
           ('0000000' || n % 5 || '-0000-4000-8000-000000000000')::uuid, n / 4.0, TIMESTAMPTZ '2020-01-01Z' + n * INTERVAL '1 day', n % 2 = 0
         FROM generate_series(0, 99) AS n",
    );
    let columns = [
        ("camp", "code(sex)"),
        ("size", "integer"),
        ("born", "date"),
        ("key", "uuid"),
        ("paid", "decimal(9,2)"),
        ("seen", "timestamp"),
        ("alive", "boolean"),
    ];
    let mut snapshot = store.snapshot(&Default::default());
    for (predicate, sql) in [
        ("in: { element: c0, values: [F] }", "camp = 'F'"),
        ("not: { in: { element: c0, values: [F, X] } }", "camp <> 'F'"),
        ("not: { not: { null: { element: c0 } } }", "camp IS NULL"),
        ("range: { element: c1, from: 2, to: 5 }", "size BETWEEN 2 AND 5"),
        ("not: { range: { element: c1, from: 2 } }", "size < 2"),
        ("any: [ { null: { element: c1 } }, { in: { element: c1, values: [6] } } ]", "size IS NULL OR size = 6"),
        ("range: { element: c2, to: '2000-02-01' }", "born <= '2000-02-01'"),
        ("in: { element: c3, values: ['00000004-0000-4000-8000-000000000000'] }", "key::text LIKE '00000004%'"),
        ("in: { element: c4, values: ['1.5', 2] }", "paid IN (1.5, 2)"),
        ("range: { element: c5, from: '2020-02-01T00:00:00+03:00' }", "seen >= '2020-01-31 21:00:00Z'"),
        ("all: [ { in: { element: c6, values: [true] } }, { range: { element: c1, to: 1 } } ]", "alive AND size <= 1"),
        ("any: []", "false"),
        ("all: []", "true"),
        ("in: { element: c0, values: [] }", "false"),
    ] {
        let mut wanted = scan(Some("person"), &columns);
        let document = causeway_model::document::Document::parse("p.yaml", predicate).unwrap();
        wanted.hint.filter = Some(document.read().unwrap());
        let came: Vec<Batch> = snapshot.scan(&wanted).unwrap().map(Result::unwrap).collect();
        let expected = store.sql(&format!("SELECT count(*) FROM person WHERE {sql}"));
        assert_eq!(rows(&came).to_string(), expected, "{predicate}");
        let outlook = snapshot.outlook(&wanted).unwrap();
        assert!(outlook.statement.unwrap().starts_with("COPY (SELECT "));
    }
}

#[test]
fn any_text_passes_the_encoder_as_itself() {
    let store = Store::new();
    store.sql("CREATE TABLE word (no serial, word text); GRANT SELECT ON word TO refuge");
    let words = proptest::collection::vec(
        prop_oneof![
            "\\PC{0,12}",
            proptest::collection::vec(
                proptest::sample::select(vec![
                    "'",
                    "\\",
                    "\"",
                    "$",
                    "$$",
                    ";",
                    "--",
                    "/*",
                    "%",
                    "_",
                    "\n",
                    "\u{202e}",
                    "é",
                    "e\u{301}",
                    "x",
                    "E'",
                    "\\x41",
                    "\u{10ffff}",
                    " "
                ]),
                0..8,
            )
            .prop_map(|parts| parts.concat()),
        ],
        1..6,
    );
    let snapshot_of = |word: &str| {
        let mut wanted = scan(Some("word"), &[("word", "text")]);
        let element = "c0".to_owned();
        wanted.hint.filter = Some(Predicate::In(InSet { element, values: vec![Value::Text(word.to_owned())] }));
        texts(&store.read(&wanted).unwrap(), 0)
    };
    runner(25)
        .run(&words, |words| {
            let hexed = |word: &String| {
                let digits: String = word.bytes().map(|byte| format!("{byte:02x}")).collect();
                format!("(convert_from(decode('{digits}', 'hex'), 'UTF8'))")
            };
            let distinct: BTreeSet<&String> = words.iter().collect();
            let values: Vec<String> = distinct.iter().map(|word| hexed(word)).collect();
            store.sql(&format!("TRUNCATE word; INSERT INTO word (word) VALUES {}", values.join(", ")));
            let first = words.first().unwrap();
            prop_assert_eq!(snapshot_of(first), vec![first.clone()]);
            prop_assert_eq!(snapshot_of(&format!("{first}\0")), Vec::<String>::new());
            Ok(())
        })
        .unwrap();
}
