//! Does a MariaDB leave out only rows for which the condition is certainly not true, whatever its collations?

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::Array;
use arrow::util::display::array_value_to_string;
use causeway_flow::source::{KeyList, KeyValue, Scan, Snapshot, Watch};
use causeway_flow::{Batch, Personal};
use causeway_model::Value;
use causeway_model::population::{InSet, Path, Predicate, Range};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::fixture::scan;
use crate::mariadb::place;

/// A column: its name, its type in the server, the element's type and notation, what stands there, and what conditions
/// compare with.
type Column =
    (&'static str, &'static str, &'static str, Option<&'static str>, &'static [&'static str], &'static [&'static str]);

const COLUMNS: &[Column] = &[
    (
        "camp",
        "VARCHAR(20) CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci",
        "text",
        None,
        &["'A'", "'a'", "'A '", "'Ä'", "'b'", "''", "NULL", "'ß'", "'ss'", "'é'", "'e'"],
        &["A", "a", "A ", "Ä", "", "ß", "e"],
    ),
    (
        "name",
        "CHAR(9) CHARACTER SET latin1 COLLATE latin1_swedish_ci",
        "text",
        None,
        &["'Zoë'", "'zoe'", "'Zoë  '", "'y'", "'ü'", "NULL"],
        &["Zoë", "zoe", "ü", "y", "Ж"],
    ),
    (
        "sex",
        "VARCHAR(3) COLLATE utf8mb4_unicode_ci",
        "code(sex)",
        None,
        &["'F'", "'f'", "'M'", "'M '", "'Q'", "''", "NULL"],
        &["F", "M"],
    ),
    ("listed", "ENUM('F','M')", "code(sex)", None, &["'F'", "'M'", "NULL"], &["F", "M"]),
    ("coded", "INT", "text", None, &["7", "70", "-7", "NULL"], &["7", "70", "07", "x"]),
    (
        "uid",
        "CHAR(36) CHARACTER SET ascii COLLATE ascii_bin",
        "uuid",
        None,
        &[
            "'0AA1B2C3-0000-4000-8000-00000000000F'",
            "'0aa1b2c3-0000-4000-8000-00000000000e'",
            "'{0aa1b2c3-0000-4000-8000-00000000000D}'",
            "'0aa1b2c300004000800000000000000c'",
            "NULL",
        ],
        &[
            "0aa1b2c3-0000-4000-8000-00000000000f",
            "0aa1b2c3-0000-4000-8000-00000000000e",
            "0aa1b2c3-0000-4000-8000-00000000000d",
            "0aa1b2c3-0000-4000-8000-00000000000c",
        ],
    ),
    (
        "ubin",
        "BINARY(16)",
        "uuid",
        None,
        &["0x0aa1b2c300004000800000000000000f", "0x0aa1b2c300004000800000000000000e", "NULL"],
        &["0aa1b2c3-0000-4000-8000-00000000000f", "0aa1b2c3-0000-4000-8000-00000000000e"],
    ),
    (
        "unat",
        "UUID",
        "uuid",
        None,
        &["'0aa1b2c3-0000-4000-8000-00000000000f'", "'0aa1b2c3-0000-4000-8000-00000000000e'", "NULL"],
        &["0aa1b2c3-0000-4000-8000-00000000000f", "0aa1b2c3-0000-4000-8000-00000000000e"],
    ),
    (
        "size",
        "INT",
        "integer",
        None,
        &["0", "1", "-1", "5", "2147483647", "NULL"],
        &["0", "1", "-1", "5", "9223372036854775807"],
    ),
    (
        "size_text",
        "VARCHAR(9)",
        "integer",
        None,
        &["'0'", "'1'", "'01'", "'1 '", "'5'", "'x'", "''", "NULL"],
        &["0", "1", "5"],
    ),
    (
        "large",
        "BIGINT UNSIGNED",
        "integer",
        None,
        &["0", "9223372036854775807", "9223372036854775806", "18446744073709551615", "NULL"],
        &["0", "9223372036854775807", "9223372036854775806", "-1"],
    ),
    ("year", "YEAR", "integer", None, &["1970", "2005", "0", "NULL"], &["70", "5", "1970", "2005", "0"]),
    ("bits", "BIT(8)", "integer", None, &["0", "5", "255", "NULL"], &["0", "5", "255"]),
    (
        "paid",
        "DECIMAL(12,4)",
        "decimal(8,2)",
        None,
        &["1.5", "1.505", "0", "-2", "999999.99", "99999999", "NULL"],
        &["'1.5'", "'1.50'", "'0'", "'-2.00'", "1", "-2"],
    ),
    (
        "paid_text",
        "VARCHAR(9)",
        "decimal(8,2)",
        None,
        &["'1.5'", "'1.50'", "'0'", "'-2'", "''", "'x'", "NULL"],
        &["'1.5'", "'1.50'", "'-2.00'", "0"],
    ),
    ("real_paid", "DOUBLE", "decimal(8,2)", None, &["0.5", "0.1", "2", "NULL"], &["'0.5'", "'0.1'", "2"]),
    (
        "born",
        "DATE",
        "date",
        None,
        &["'2011-02-17'", "'1990-01-01'", "'0000-00-00'", "'2011-00-00'", "NULL"],
        &["2011-02-17", "1990-01-01", "2011-01-01"],
    ),
    (
        "born_text",
        "VARCHAR(10)",
        "date",
        None,
        &["'2011-02-17'", "'1990-01-01'", "'2011-02-30'", "''", "NULL"],
        &["2011-02-17", "1990-01-01"],
    ),
    (
        "born_here",
        "VARCHAR(10)",
        "date",
        Some("%d/%m/%Y"),
        &["'17/02/2011'", "'01/01/1990'", "'1/1/1990'", "NULL"],
        &["2011-02-17", "1990-01-01"],
    ),
    (
        "part",
        "VARCHAR(10)",
        "partial-date",
        None,
        &["'2011'", "'2011-02'", "'2011-02-17'", "''", "NULL"],
        &["2011", "2011-02", "2011-02-17"],
    ),
    (
        "seen",
        "TIMESTAMP NULL",
        "timestamp",
        None,
        &["'2011-02-17 10:00:00'", "'2038-01-01 00:00:00'", "'0000-00-00 00:00:00'", "NULL"],
        &["2011-02-17T10:00:00Z", "2011-02-17T12:00:00+02:00", "2038-01-01T00:00:00Z"],
    ),
    (
        "seen_here",
        "DATETIME",
        "timestamp",
        Some("%Y-%m-%d %H:%M:%S"),
        &["'2011-02-17 10:00:00'", "'1900-01-01 00:00:00'", "NULL"],
        &["2011-02-17T10:00:00Z", "1900-01-01T00:00:00Z"],
    ),
    ("flag", "TINYINT(1)", "boolean", None, &["0", "1", "2", "NULL"], &["true", "false"]),
    (
        "flag_text",
        "VARCHAR(5)",
        "boolean",
        None,
        &["'0'", "'1'", "'TRUE'", "'false'", "''", "'x'", "NULL"],
        &["true", "false"],
    ),
];

const ROWS: usize = 700;

fn table() -> String {
    let columns: Vec<String> = COLUMNS.iter().map(|(name, kind, ..)| format!("{name} {kind}")).collect();
    let row = |id: usize| {
        let mixed = |number: usize| (id + 1).wrapping_mul(2_654_435_761 + 2 * number).wrapping_shr(7) & 0xffff;
        let values = COLUMNS.iter().enumerate().map(|(number, column)| column.4[mixed(number * 77) % column.4.len()]);
        format!("({id}, {})", values.collect::<Vec<_>>().join(", "))
    };
    let rows: Vec<String> = (0..ROWS).map(row).collect();
    format!(
        "SET sql_mode = '', time_zone = '+00:00'; CREATE TABLE t (id INT PRIMARY KEY, {}, KEY (camp), KEY (uid), KEY (ubin)) ENGINE=InnoDB;
         INSERT INTO t VALUES {}",
        columns.join(", "),
        rows.join(", ")
    )
}

fn wanted() -> Scan {
    let names: Vec<(&str, &str)> =
        [("id", "integer")].into_iter().chain(COLUMNS.iter().map(|column| (column.0, column.2))).collect();
    let mut scan = scan(Some("t"), &names);
    for (column, declared) in scan.columns.iter_mut().skip(1).zip(COLUMNS) {
        column.format = declared.3.map(str::to_owned);
    }
    scan
}

/// Rows by id; what has no value is none.
fn by_id(batches: &[Batch]) -> BTreeMap<i64, Vec<Option<String>>> {
    let mut found = BTreeMap::new();
    for batch in batches {
        for row in 0..batch.records.num_rows() {
            let value = |column: usize| {
                let array = batch.records.column(column);
                array.is_valid(row).then(|| array_value_to_string(array, row).unwrap())
            };
            let id = value(0).unwrap().parse().unwrap();
            assert!(found.insert(id, (1..=COLUMNS.len()).map(value).collect()).is_none(), "a row came twice");
        }
    }
    found
}

fn read(snapshot: &mut dyn Snapshot, scan: &Scan) -> BTreeMap<i64, Vec<Option<String>>> {
    let batches: Vec<Batch> = snapshot.scan(scan).unwrap().map(Result::unwrap).collect();
    by_id(&batches)
}

/// A value as something that has an order, by the element's type.
fn ordered(text: &str, kind: &str) -> Option<(i128, String)> {
    Some(match kind {
        "integer" => (text.parse().ok()?, String::new()),
        "boolean" => (i128::from(text.parse::<bool>().ok()?), String::new()),
        "timestamp" => (text.parse::<jiff::Timestamp>().ok()?.as_nanosecond(), String::new()),
        _ if kind.starts_with("decimal") => {
            let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
            (format!("{whole}{fraction:0<4}").parse().ok()?, String::new())
        }
        _ => (0, text.to_owned()),
    })
}

/// The truth of a condition by the rules of the population, on a row as it was read without any hint.
fn truth(predicate: &Predicate, row: &[Option<String>]) -> Option<bool> {
    let cell = |element: &str| {
        let number: usize = element[1..].parse().unwrap();
        (row[number - 1].as_deref(), COLUMNS[number - 1].2)
    };
    predicate.evaluate(&mut |leaf| match leaf {
        Predicate::In(set) => {
            let (value, kind) = cell(&set.element);
            let value = ordered(value?, kind)?;
            Some(set.values.iter().any(|other| ordered(&other.to_string(), kind).is_some_and(|other| other == value)))
        }
        Predicate::Range(range) => {
            let (value, kind) = cell(&range.element);
            let value = ordered(value?, kind)?;
            let end = |end: &Option<Value>| end.as_ref().map(|end| ordered(&end.to_string(), kind).unwrap());
            Some(end(&range.from).is_none_or(|from| from <= value) && end(&range.to).is_none_or(|to| value <= to))
        }
        Predicate::Null(path) => Some(cell(&path.element).0.is_none()),
        _ => unreachable!(),
    })
}

/// A value of a document, as its author would write it for that type.
fn value(text: &str, kind: &str) -> Value {
    match kind {
        "integer" => Value::Integer(text.parse().unwrap()),
        "boolean" => Value::Boolean(text.parse().unwrap()),
        _ if kind.starts_with("decimal") && !text.starts_with('\'') => Value::Integer(text.parse().unwrap()),
        _ => Value::Text(text.trim_matches('\'').to_owned()),
    }
}

fn predicates() -> impl Strategy<Value = Predicate> {
    let leaf =
        (0..COLUMNS.len(), 0..4, proptest::collection::vec(0..100_usize, 0..4)).prop_map(|(number, what, picks)| {
            let (element, (.., kind, _, _, compared)) = (format!("c{}", number + 1), COLUMNS[number]);
            let values: Vec<Value> = picks.iter().map(|pick| value(compared[pick % compared.len()], kind)).collect();
            match (what, values.as_slice()) {
                (0, _) => Predicate::Null(Path { element }),
                (1, [from, to, ..]) => {
                    Predicate::Range(Range { element, from: Some(from.clone()), to: Some(to.clone()) })
                }
                (1, [from]) => Predicate::Range(Range { element, from: Some(from.clone()), to: None }),
                _ => Predicate::In(InSet { element, values }),
            }
        });
    leaf.prop_recursive(3, 12, 3, |inner| {
        let many = proptest::collection::vec(inner.clone(), 0..4);
        prop_oneof![
            many.clone().prop_map(Predicate::All),
            many.prop_map(Predicate::Any),
            inner.prop_map(|part| Predicate::Not(Box::new(part))),
        ]
    })
}

#[test]
fn what_is_left_out_is_certainly_not_wanted() {
    let place = place("hints", &table());
    let mut snapshot = place.snapshot(&Watch::default()).unwrap();
    let all = read(&mut *snapshot, &wanted());
    assert_eq!(all.len(), ROWS);
    let snapshot = std::cell::RefCell::new(snapshot);
    let left_out = std::cell::Cell::new(0);
    let mut runner = TestRunner::new_with_rng(
        Config { cases: 400, failure_persistence: None, ..Config::default() },
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let checked = runner.run(&predicates(), |predicate| {
        let mut scan = wanted();
        scan.hint.filter = Some(predicate.clone());
        let outlook = snapshot.borrow_mut().outlook(&scan).unwrap();
        let came = read(&mut **snapshot.borrow_mut(), &scan);
        for (id, row) in &all {
            if truth(&predicate, row) == Some(true) {
                prop_assert_eq!(came.get(id), Some(row), "row {} is missing by {:?}", id, &outlook.statement);
            }
        }
        left_out.set(left_out.get() + usize::from(came.len() < all.len()));
        Ok(())
    });
    checked.unwrap();
    assert!(left_out.get() > 100, "conditions reach the server: {} of 400", left_out.get());
}

#[test]
fn each_type_of_key_finds_all_its_records() {
    let place = place("keyed", &table());
    let mut snapshot = place.snapshot(&Watch::default()).unwrap();
    let all = read(&mut *snapshot, &wanted());
    let mut wrong = Vec::new();
    for (number, column) in COLUMNS.iter().enumerate() {
        if !["text", "code(sex)", "uuid", "integer"].contains(&column.2) {
            continue;
        }
        let there: BTreeSet<&String> = all.values().filter_map(|row| row[number].as_ref()).collect();
        for key in there {
            let mut scan = wanted();
            let as_key = match column.2 {
                "integer" => KeyValue::Integer(Personal::new(key.parse().unwrap())),
                _ => KeyValue::Text(Personal::new(key.clone())),
            };
            scan.hint.keys = Some(KeyList { column: format!("c{}", number + 1), values: Arc::new(vec![as_key]) });
            let came = read(&mut *snapshot, &scan);
            let missed =
                all.iter().filter(|(id, row)| row[number].as_ref() == Some(key) && came.get(id) != Some(*row)).count();
            if missed > 0 {
                wrong.push(format!("{missed} records of {} {key:?}", column.0));
            }
        }
    }
    assert!(wrong.is_empty(), "lost: {wrong:#?}");
}

#[test]
fn keys_are_asked_for_by_an_index_and_told_to_nobody() {
    let place = place(
        "asked",
        "CREATE TABLE person (id VARCHAR(36) COLLATE utf8mb4_general_ci PRIMARY KEY, camp VARCHAR(9), seq INT) ENGINE=InnoDB;
         INSERT INTO person SELECT CONCAT('Zuri-', seq), IF(seq % 2, 'A', 'a'), seq FROM seq_1_to_50000; ANALYZE TABLE person",
    );
    let mut wanted = scan(Some("person"), &[("id", "text"), ("camp", "text"), ("seq", "integer")]);
    let keys = (1..=2_500).map(|seq| KeyValue::Text(Personal::new(format!("Zuri-{}", seq * 17))));
    wanted.hint.keys = Some(KeyList { column: "c0".into(), values: Arc::new(keys.collect()) });
    place.sql("FLUSH STATUS");
    let mut snapshot = place.snapshot(&Watch::default()).unwrap();
    let statement = snapshot.outlook(&wanted).unwrap().statement.unwrap();
    assert!(!statement.contains("Zuri") && !statement.contains(&hex::encode("Zuri")), "{statement}");
    let batches: Vec<Batch> = snapshot.scan(&wanted).unwrap().map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(|batch| batch.records.num_rows()).sum::<usize>(), 2_500);

    // Together with a condition, which never decides by the collation.
    wanted.hint.filter = Some(Predicate::In(InSet { element: "c1".into(), values: vec![Value::Text("a".into())] }));
    let batches: Vec<Batch> = snapshot.scan(&wanted).unwrap().map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(|batch| batch.records.num_rows()).sum::<usize>(), 1_250);

    wanted.hint.filter = None;
    wanted.hint.keys = Some(KeyList { column: "c0".into(), values: Arc::new(Vec::new()) });
    assert_eq!(snapshot.scan(&wanted).unwrap().count(), 0, "nobody is wanted");
    wanted.hint.keys =
        Some(KeyList { column: "c0".into(), values: Arc::new(vec![KeyValue::Text(Personal::new("Zuri-17".into()))]) });
    wanted.columns[2].column = "nickname".into();
    let error = snapshot.scan(&wanted).map(|_| ()).unwrap_err();
    assert!(!error.to_string().contains("Zuri") && !error.to_string().contains(&hex::encode("Zuri-17")), "{error}");
    drop(snapshot);
    place.nothing_is_open();
}

#[test]
fn keys_that_differ_by_case_or_trailing_blanks_stay_different() {
    let place = place(
        "alike",
        "CREATE TABLE person (id VARCHAR(9) COLLATE utf8mb4_general_ci, KEY (id)) ENGINE=InnoDB;
         INSERT INTO person VALUES ('a'), ('A'), ('a '), ('á'), (' a')",
    );
    let mut wanted = scan(Some("person"), &[("id", "text")]);
    let names = |batches: &[Batch]| {
        let mut names = crate::fixture::texts(batches, 0);
        names.sort();
        names
    };
    assert_eq!(names(&place.read(&wanted).unwrap()), [" a", "A", "a", "a ", "á"]);
    wanted.hint.filter = Some(Predicate::In(InSet { element: "c0".into(), values: vec![Value::Text("a".into())] }));
    assert_eq!(names(&place.read(&wanted).unwrap()), ["a"]);
    wanted.hint.filter = Some(Predicate::Not(Box::new(wanted.hint.filter.take().unwrap())));
    assert_eq!(names(&place.read(&wanted).unwrap()), [" a", "A", "a ", "á"]);
}
