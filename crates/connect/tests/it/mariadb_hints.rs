//! Does the server leave out only what nobody wants, whatever its collations, its types and its broken values?

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, TimestampMicrosecondType};
use causeway_flow::source::{Hint, KeyList, KeyValue, Scan, Snapshot};
use causeway_flow::{Batch, Personal};
use causeway_model::Value;
use causeway_model::population::{InSet, Path, Predicate, Range};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::fixture::scan;
use crate::mariadb_fixture::Live;

/// Name, type in the server, type of the element, values that stand there, values that conditions name.
struct Column {
    name: &'static str,
    real: &'static str,
    element: &'static str,
    stored: &'static [&'static str],
    asked: &'static [&'static str],
}

const COLUMNS: &[Column] = &[
    Column {
        name: "camp",
        real: "varchar(300) COLLATE utf8mb4_general_ci",
        element: "text",
        stored: &["'A'", "'a'", "'A '", "'Á'", "''", "'ዙሪ'", "'ss'", "'ß'", "REPEAT('A', 20)", "NULL", "'\\'; --'"],
        asked: &["A", "a", "A ", "Á", "", "ዙሪ", "ss", "ß", "nowhere", "'; --", "AAAAAAAAAAAAAAAAAAAA"],
    },
    Column {
        name: "island",
        real: "varchar(20) CHARACTER SET latin1",
        element: "place(1,2)",
        stored: &["'zo'", "'Zo'", "'zö'", "''", "NULL", "'zo '"],
        asked: &["zo", "Zo", "zö", "ዙ", "", "zo "],
    },
    Column {
        name: "sex",
        real: "enum('F', 'M', 'f', '1', 'x') COLLATE utf8mb4_bin",
        element: "code(sex)",
        stored: &["'F'", "'M'", "'f'", "'1'", "'x'", "0", "NULL"],
        asked: &["F", "M", "f", "1"],
    },
    Column {
        name: "size",
        real: "bigint unsigned",
        element: "integer",
        stored: &["0", "1", "7", "9223372036854775807", "18446744073709551615", "NULL"],
        asked: &["#0", "#1", "#7", "#-1", "#9223372036854775807"],
    },
    Column {
        name: "vip",
        real: "tinyint",
        element: "boolean",
        stored: &["0", "1", "2", "-1", "NULL"],
        asked: &["!true", "!false"],
    },
    Column {
        name: "paid",
        real: "decimal(9,3)",
        element: "decimal(7,2)",
        stored: &["0", "1.50", "1.501", "-1.5", "99999.99", "123456", "NULL"],
        asked: &["1.5", "1.50", "0", "-1.5", "99999.99", "#1"],
    },
    Column {
        name: "cash",
        real: "decimal(6,2)",
        element: "decimal(7,2)",
        stored: &["0", "1.50", "-1.5", "NULL"],
        asked: &["1.5", "1.50", "0", "-1.5", "99999.99", "#1"],
    },
    Column {
        name: "born",
        real: "date",
        element: "date",
        stored: &[
            "'2011-02-17'",
            "'0000-00-00'",
            "'2011-00-00'",
            "'2011-02-00'",
            "'2011-02-31'",
            "'0000-05-05'",
            "'1900-01-01'",
            "NULL",
        ],
        asked: &["2011-02-17", "2011-02-01", "2011-03-03", "1900-01-01", "0001-01-01"],
    },
    Column {
        name: "seen",
        real: "timestamp(3) NULL",
        element: "timestamp",
        stored: &["'2011-02-17 10:00:00.250'", "'2011-02-17 10:00:00'", "0", "NULL"],
        asked: &["2011-02-17T10:00:00Z", "2011-02-17T10:00:00.25Z", "1970-01-01T00:00:00Z"],
    },
];

fn value(text: &str) -> Value {
    if let Some(number) = text.strip_prefix('#') {
        Value::Integer(number.parse().unwrap())
    } else if let Some(truth) = text.strip_prefix('!') {
        Value::Boolean(truth == "true")
    } else {
        Value::Text(text.to_owned())
    }
}

/// A decoded value in a form that compares as the street does: texts by bytes, all else as numbers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Seen {
    Text(String),
    Number(i128),
}

fn seen(batch: &Batch, column: usize, row: usize) -> Option<Seen> {
    let array = batch.records.column(column);
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => Seen::Text(array.as_string::<i32>().value(row).to_owned()),
        DataType::Int64 => Seen::Number(array.as_primitive::<Int64Type>().value(row).into()),
        DataType::Boolean => Seen::Number(array.as_boolean().value(row).into()),
        DataType::Timestamp(..) => Seen::Number(array.as_primitive::<TimestampMicrosecondType>().value(row).into()),
        DataType::Decimal128(..) => Seen::Number(array.as_primitive::<arrow::datatypes::Decimal128Type>().value(row)),
        _ => Seen::Number(
            cast(array, &DataType::Int32).unwrap().as_primitive::<arrow::datatypes::Int32Type>().value(row).into(),
        ),
    })
}

/// A literal as [`Seen`]; what does not fit the element's type is not asked by the generator.
fn meant(column: &Column, value: &Value) -> Seen {
    let text = value.to_string();
    match column.element {
        "text" | "place(1,2)" | "code(sex)" => Seen::Text(text),
        "integer" => Seen::Number(text.parse().unwrap()),
        "boolean" => Seen::Number(i128::from(text == "true")),
        "date" => {
            let date: jiff::civil::Date = text.parse().unwrap();
            Seen::Number(date.since(jiff::civil::date(1970, 1, 1)).unwrap().get_days().into())
        }
        "timestamp" => Seen::Number(text.parse::<jiff::Timestamp>().unwrap().as_microsecond().into()),
        _ => {
            let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
            Seen::Number(format!("{whole}{fraction:0<2}").parse().unwrap())
        }
    }
}

fn is_true(predicate: &Predicate, row: &[Option<Seen>]) -> bool {
    let column = |name: &str| COLUMNS.iter().position(|column| format!("c{}", place(column.name)) == name).unwrap();
    let mut leaf = |leaf: &Predicate| match leaf {
        Predicate::In(InSet { element, values }) => {
            let at = column(element);
            let found = row[at].as_ref()?;
            Some(values.iter().any(|value| meant(&COLUMNS[at], value) == *found))
        }
        Predicate::Range(Range { element, from, to }) => {
            let at = column(element);
            let found = row[at].as_ref()?;
            let end = |value: &Option<Value>| value.as_ref().map(|value| meant(&COLUMNS[at], value));
            Some(end(from).is_none_or(|from| from <= *found) && end(to).is_none_or(|to| *found <= to))
        }
        Predicate::Null(Path { element }) => Some(row[column(element)].is_none()),
        _ => unreachable!(),
    };
    predicate.evaluate(&mut leaf) == Some(true)
}

/// Place of a column in the scan: behind the number of the row.
fn place(name: &str) -> usize {
    1 + COLUMNS.iter().position(|column| column.name == name).unwrap()
}

fn whole() -> Scan {
    let mut columns = vec![("id", "integer")];
    columns.extend(COLUMNS.iter().map(|column| (column.name, column.element)));
    let mut scan = scan(Some("person"), &columns);
    // Twenty characters of a text are too many, so that some are faulty.
    scan.columns.iter_mut().for_each(|column| column.max_length = 19);
    scan
}

fn read(snapshot: &mut dyn Snapshot, scan: &Scan) -> Vec<Batch> {
    snapshot.scan(scan).unwrap().collect::<Result<_, _>>().unwrap()
}

fn ids(batches: &[Batch]) -> Vec<i64> {
    batches.iter().flat_map(|batch| batch.records.column(0).as_primitive::<Int64Type>().values().to_vec()).collect()
}

fn leaf() -> impl Strategy<Value = Predicate> {
    let name = |at: usize| format!("c{}", at + 1);
    (0..COLUMNS.len(), 0..4_u8, prop::collection::vec(any::<prop::sample::Index>(), 0..3)).prop_map(
        move |(at, kind, picks)| {
            let values: Vec<Value> =
                picks.iter().map(|pick| value(COLUMNS[at].asked[pick.index(COLUMNS[at].asked.len())])).collect();
            match kind {
                0 => Predicate::Null(Path { element: name(at) }),
                1 if !values.is_empty() => {
                    let (from, to) = (values.first().cloned(), values.get(1).cloned());
                    Predicate::Range(Range { element: name(at), from, to })
                }
                _ => Predicate::In(InSet { element: name(at), values }),
            }
        },
    )
}

fn predicate() -> impl Strategy<Value = Predicate> {
    leaf().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Predicate::All),
            prop::collection::vec(inner.clone(), 0..3).prop_map(Predicate::Any),
            inner.prop_map(|part| Predicate::Not(Box::new(part))),
        ]
    })
}

/// Rows in which every stored value of every column meets a few of the others.
fn script() -> String {
    let columns: Vec<String> = COLUMNS.iter().map(|column| format!("{} {}", column.name, column.real)).collect();
    let mut script = format!(
        "SET sql_mode = 'ALLOW_INVALID_DATES', time_zone = '+00:00'; CREATE TABLE person (id int PRIMARY KEY, {}, KEY (camp), KEY (island), KEY (sex), KEY (born));",
        columns.join(", ")
    );
    for id in 0..240_usize {
        let values: Vec<&str> = COLUMNS
            .iter()
            .enumerate()
            .map(|(at, column)| column.stored[(id / (at + 1) + id * (at + 3)) % column.stored.len()])
            .collect();
        script.push_str(&format!("INSERT IGNORE INTO person VALUES ({id}, {});", values.join(", ")));
    }
    script
}

#[test]
fn a_filter_leaves_out_only_rows_of_which_it_is_not_true() {
    let live = Live::start(&[], &script());
    let snapshot = RefCell::new(live.snapshot());
    let all = read(snapshot.borrow_mut().as_mut(), &whole());
    let mut rows: Vec<(i64, Vec<Option<Seen>>)> = Vec::new();
    for batch in &all {
        for row in 0..batch.records.num_rows() {
            let Some(Seen::Number(id)) = seen(batch, 0, row) else { panic!("a row without its number") };
            rows.push((
                i64::try_from(id).unwrap(),
                (1..=COLUMNS.len()).map(|column| seen(batch, column, row)).collect(),
            ));
        }
    }
    assert_eq!(rows.len(), 240);
    let (left_out, kept) = (RefCell::new(0_usize), RefCell::new(0_usize));
    let mut runner = TestRunner::new(Config { cases: 600, failure_persistence: None, ..Config::default() });
    let checked = runner.run(&predicate(), |predicate| {
        let mut scan = whole();
        scan.hint.filter = Some(predicate.clone());
        let found = ids(&read(snapshot.borrow_mut().as_mut(), &scan));
        let distinct: BTreeSet<i64> = found.iter().copied().collect();
        prop_assert_eq!(distinct.len(), found.len(), "a row came twice");
        for (id, row) in &rows {
            if is_true(&predicate, row) {
                prop_assert!(distinct.contains(id), "row {} was left out: {:?}", id, row);
            }
        }
        *left_out.borrow_mut() += rows.len() - found.len();
        *kept.borrow_mut() += found.len();
        Ok(())
    });
    if let Err(error) = checked {
        panic!("{error}");
    }
    // A filter that never left anything out would pass, and be worth nothing.
    let (left_out, kept) = (left_out.into_inner(), kept.into_inner());
    assert!(left_out * 5 > kept, "{left_out} left out, {kept} kept");
    drop(snapshot);
    live.nothing_is_open();
}

fn keyed(table: &str, columns: &[(&str, &str)], keys: impl IntoIterator<Item = KeyValue>) -> Scan {
    let mut scan = scan(Some(table), columns);
    let values = Arc::new(keys.into_iter().collect());
    scan.hint = Hint { keys: Some(KeyList { column: "c1".into(), values }), ..Hint::default() };
    scan
}

fn text(key: &str) -> KeyValue {
    KeyValue::Text(Personal::new(key.to_owned()))
}

#[test]
fn keys_find_every_row_once_and_stay_different_where_a_collation_calls_them_equal() {
    let uuid = |number: usize| format!("0000{number:04x}-0000-4000-8000-0000000000aB");
    let mut script = "
        CREATE TABLE loose (id int, k varchar(40) COLLATE utf8mb4_general_ci, KEY (k));
        INSERT INTO loose VALUES (1, 'Zuri'), (2, 'zuri'), (3, 'zuri '), (4, 'zurí'), (5, 'ዙሪ'), (6, NULL), (7, 'other');
        CREATE TABLE narrow (id int, k varchar(40) CHARACTER SET latin1, KEY (k));
        INSERT INTO narrow SELECT * FROM loose WHERE id <> 5;
        CREATE TABLE numbers (id int, k bigint unsigned, KEY (k)); INSERT INTO numbers SELECT seq, seq * 3 FROM seq_1_to_3000;
        CREATE TABLE texts (id int, k char(36) CHARACTER SET ascii, KEY (k));
        CREATE TABLE upper_case (id int, k char(40) COLLATE utf8mb4_bin, KEY (k));
        CREATE TABLE bytes (id int, k binary(16), KEY (k));
        CREATE TABLE uuids (id int, k uuid, KEY (k));
    "
    .to_owned();
    for number in 0..2_500 {
        let key = uuid(number);
        let plain = key.replace('-', "");
        let spelt = [key.clone(), key.to_uppercase(), key.to_lowercase(), plain.clone(), format!("{{{plain}}}")];
        let spelt = &spelt[number % 5];
        script.push_str(&format!(
            "INSERT INTO texts VALUES ({number}, '{spelt}'); INSERT INTO upper_case VALUES ({number}, '{spelt}');
             INSERT INTO bytes VALUES ({number}, UNHEX('{plain}')); INSERT INTO uuids VALUES ({number}, '{key}');"
        ));
    }
    let live = Live::start(&[], &format!("SET autocommit = 0; {script} COMMIT;"));
    let mut snapshot = live.snapshot();
    let mut found = |table: &str, element: &str, keys: Vec<KeyValue>| {
        let scan = keyed(table, &[("id", "integer"), ("k", element)], keys);
        let mut found = ids(&read(snapshot.as_mut(), &scan));
        found.sort_unstable();
        found
    };

    assert_eq!(found("loose", "text", vec![text("zuri")]), [2]);
    assert_eq!(found("loose", "text", vec![text("zuri "), text("Zuri"), text("ዙሪ"), text("nobody")]), [1, 3, 5]);
    assert_eq!(found("narrow", "text", vec![text("zurí"), text("ዙሪ"), text("zuri")]), [2, 4]);
    assert_eq!(found("loose", "text", vec![]), [0_i64; 0]);

    // More than one statement's worth, of which each key is equal to others by the collation; and each twice.
    let many: Vec<KeyValue> = (0..2_100)
        .map(|n| text(&format!("other{n}")))
        .chain([text("ZURI"), text("zuri")])
        .flat_map(|k| [k.clone(), k])
        .collect();
    assert_eq!(found("loose", "text", many), [2]);

    let integer = |number: i64| KeyValue::Integer(Personal::new(number));
    let wanted: Vec<i64> = (1..=2_500).collect();
    assert_eq!(found("numbers", "integer", wanted.iter().map(|id| integer(id * 3)).collect()), wanted);
    assert_eq!(found("numbers", "integer", vec![integer(-1), integer(4)]), [0_i64; 0]);

    let wanted: Vec<i64> = (0..2_500).filter(|number| number % 2 == 0).collect();
    for table in ["texts", "upper_case", "bytes", "uuids"] {
        let keys = wanted.iter().map(|number| text(&uuid(usize::try_from(*number).unwrap()).to_lowercase()));
        assert_eq!(found(table, "uuid", keys.collect()), wanted, "{table}");
    }
    drop(snapshot);
    live.nothing_is_open();
}

#[test]
fn an_outlook_tells_rows_and_what_is_unique_and_shows_no_key() {
    let live = Live::start(
        &[],
        "CREATE TABLE person (id int PRIMARY KEY, code varchar(20) UNIQUE, spelt char(36) UNIQUE, name varchar(40), camp varchar(9), serial int,
           UNIQUE (name(5)), UNIQUE (camp, serial), KEY (camp));
         INSERT INTO person SELECT seq, CONCAT('c', seq), UUID(), CONCAT(seq, ' Zuri'), IF(seq % 100, 'A', 'B'), seq FROM seq_1_to_5000;
         ANALYZE TABLE person; CREATE VIEW shown AS SELECT * FROM person;",
    );
    let columns = &[
        ("id", "integer"),
        ("code", "text"),
        ("spelt", "uuid"),
        ("name", "text"),
        ("camp", "text"),
        ("serial", "integer"),
    ];
    let mut snapshot = live.snapshot();
    let plain = snapshot.outlook(&scan(Some("person"), columns)).unwrap();
    assert_eq!(
        plain.statement.as_deref(),
        Some("SELECT s.`id`, s.`code`, s.`spelt`, s.`name`, s.`camp`, s.`serial` FROM `camp`.`person` AS s")
    );
    assert!((4_000..6_000).contains(&plain.rows.unwrap()), "{plain:?}");
    // Two spellings of one UUID are two texts, and the beginning of a name is not the name.
    let sets: Vec<Vec<String>> = plain.unique.iter().map(|set| set.iter().cloned().collect()).collect();
    assert_eq!(sets, [vec!["c0"], vec!["c1"], vec!["c4", "c5"]]);

    let mut filtered = scan(Some("person"), columns);
    filtered.hint.filter = Some(Predicate::In(InSet { element: "c4".into(), values: vec![Value::Text("B".into())] }));
    let told = snapshot.outlook(&filtered).unwrap();
    assert!(told.rows.unwrap() < 500, "{told:?}");
    assert!(told.statement.unwrap().contains("WHERE"));

    let mut keyed = keyed("person", columns, ["c1", "c2"].map(text));
    let told = snapshot.outlook(&keyed).unwrap();
    assert_eq!(told.rows, Some(2));
    assert!(told.statement.unwrap().ends_with("WHERE s.`code` IN (… 2 keys …)"));
    keyed.table = Some("shown".into());
    let error = snapshot.outlook(&keyed).unwrap_err();
    assert!(error.detail.contains("view"), "a view hides the engines of its tables: {error}");
    // A scan without columns counts rows.
    let counted = read(snapshot.as_mut(), &scan(Some("person"), &[]));
    assert_eq!(counted.iter().map(|batch| batch.records.num_rows()).sum::<usize>(), 5_000);
    drop(snapshot);
    live.nothing_is_open();
}
