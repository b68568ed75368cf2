//! What becomes of each type of PostgreSQL at its edges: the exact value, or a fault with the reason?

use std::fmt::Write;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
use causeway_flow::Batch;
use causeway_model::Code;

use crate::fixture::{faults, scan};
use crate::postgres_fixture::Store;

/// What comes: a value as text, nothing, a fault.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Comes {
    As(&'static str),
    Nothing,
    Faulty(Code),
}

use Comes::{As, Faulty, Nothing};

const WRONG: Comes = Faulty(Code::WrongType);
const IMPOSSIBLE: Comes = Faulty(Code::DateImpossible);

/// Type of the column, type of the element, the value as SQL, what comes.
const CASES: &[(&str, &str, &str, Comes)] = &[
    ("boolean", "boolean", "true", As("true")),
    ("boolean", "boolean", "false", As("false")),
    ("boolean", "boolean", "NULL", Nothing),
    ("smallint", "integer", "-32768", As("-32768")),
    ("integer", "integer", "2147483647", As("2147483647")),
    ("bigint", "integer", "-9223372036854775808", As("-9223372036854775808")),
    ("oid", "integer", "4294967295", As("4294967295")),
    ("integer", "boolean", "1", As("true")),
    ("integer", "boolean", "2", WRONG),
    ("integer", "decimal(9,2)", "7", As("7.00")),
    ("integer", "code(sex)", "7", Faulty(Code::CodeUnknown)),
    ("integer", "text", "-7", As("-7")),
    ("bigint", "decimal(4,1)", "1000", WRONG),
    ("real", "decimal(9,2)", "12.5", As("12.50")),
    ("real", "decimal(9,2)", "0.1", WRONG),
    ("double precision", "integer", "9007199254740992", As("9007199254740992")),
    ("double precision", "integer", "'NaN'", WRONG),
    ("double precision", "decimal(9,2)", "'-Infinity'", WRONG),
    ("double precision", "decimal(9,2)", "'-0'", As("0.00")),
    ("numeric", "decimal(9,2)", "1234567.80", As("1234567.80")),
    ("numeric", "decimal(9,2)", "-0.01", As("-0.01")),
    ("numeric", "decimal(9,2)", "1.005", WRONG),
    ("numeric", "decimal(9,2)", "1.10000000000000000000000000000000000000000000000", As("1.10")),
    ("numeric", "decimal(9,2)", "10000000", WRONG),
    (
        "numeric",
        "decimal(38,0)",
        "99999999999999999999999999999999999999",
        As("99999999999999999999999999999999999999"),
    ),
    (
        "numeric",
        "decimal(38,38)",
        "0.00000000000000000000000000000000000001",
        As("0.00000000000000000000000000000000000001"),
    ),
    ("numeric", "decimal(38,2)", "1e45", WRONG),
    ("numeric", "decimal(38,10)", "12345678901234567890.0000000001", As("12345678901234567890.0000000001")),
    ("numeric", "integer", "9223372036854775807", As("9223372036854775807")),
    ("numeric", "integer", "9223372036854775808", WRONG),
    ("numeric", "integer", "1.50", WRONG),
    ("numeric", "integer", "10000", As("10000")),
    ("numeric", "integer", "100000000.000", As("100000000")),
    ("numeric", "decimal(9,2)", "'NaN'", WRONG),
    ("numeric", "decimal(9,2)", "'Infinity'", WRONG),
    ("numeric(6,2)", "decimal(9,2)", "0", As("0.00")),
    ("text", "text", "''", As("")),
    ("text", "text", "E'Zoë \\u6D4B\\u8BD5 \\u0627\\u0628 \\U0001F3D5'", As("Zoë 测试 اب 🏕")),
    ("text", "text", "repeat('x', 500)", As("…500")),
    ("text", "text", "repeat('é', 501)", Faulty(Code::ValueOversize)),
    ("text", "text", "NULL", Nothing),
    ("text", "integer", "'12'", As("12")),
    ("text", "integer", "'012'", WRONG),
    ("text", "date", "'2011-02-17'", As("2011-02-17")),
    ("text", "date", "''", Nothing),
    ("text", "uuid", "'{0A0B0C0D-0000-4000-8000-000000000001}'", As("0a0b0c0d-0000-4000-8000-000000000001")),
    ("text", "timestamp", "'2011-02-17 10:00:00'", WRONG),
    ("varchar(9)", "code(sex)", "'F'", As("F")),
    ("varchar(9)", "code(sex)", "'f'", Faulty(Code::CodeUnknown)),
    ("varchar(9)", "code(sex)", "'F '", Faulty(Code::CodeUnknown)),
    ("char(4)", "code(sex)", "'F'", As("F")),
    ("char(4)", "text", "' a'", As(" a")),
    ("char(4)", "text", "''", As("")),
    ("char(4)", "code(sex)", "'  '", Nothing),
    ("name", "text", "'Zuri'", As("Zuri")),
    ("\"char\"", "text", "'Z'", As("Z")),
    ("\"char\"", "text", "''", As("")),
    ("\"char\"", "text", "'\\377'", As("\\377")),
    ("mood", "text", "'glad'", As("glad")),
    ("mood", "code(sex)", "'F'", As("F")),
    ("folded", "text", "'Zuri'", As("Zuri")),
    ("uuid", "uuid", "'0A0B0C0D-0000-4000-8000-000000000001'", As("0a0b0c0d-0000-4000-8000-000000000001")),
    ("uuid", "text", "'0A0B0C0D-0000-4000-8000-000000000001'", As("0a0b0c0d-0000-4000-8000-000000000001")),
    ("date", "date", "'0001-01-01'", As("0001-01-01")),
    ("date", "date", "'9999-12-31'", As("9999-12-31")),
    ("date", "date", "'2000-02-29'", As("2000-02-29")),
    ("date", "partial-date", "'2011-02-17'", As("2011-02-17")),
    ("date", "date", "'10000-01-01'", IMPOSSIBLE),
    ("date", "date", "'0044-03-15 BC'", IMPOSSIBLE),
    ("date", "date", "'infinity'", IMPOSSIBLE),
    ("date", "date", "'-infinity'", IMPOSSIBLE),
    ("integer", "partial-date", "2011", As("2011")),
    ("timestamptz", "timestamp", "'2026-01-01 01:30:00.000001+03'", As("2025-12-31T22:30:00.000001")),
    ("timestamptz", "timestamp", "'0001-01-01 00:00:00+00'", As("0001-01-01T00:00:00")),
    ("timestamptz", "timestamp", "'infinity'", IMPOSSIBLE),
    ("timestamptz", "timestamp", "'-infinity'", IMPOSSIBLE),
    ("timestamptz", "timestamp", "'0044-03-15 12:00:00+00 BC'", IMPOSSIBLE),
    ("time", "text", "'10:30:00.5'", As("10:30:00.5")),
    ("interval", "text", "'1 year 2 days 3 hours'", As("P1Y2DT3H")),
    ("bytea", "bytes", "'\\x00ff'", As("00ff")),
    ("bytea", "bytes", "''", As("")),
    ("bytea", "bytes", "decode(repeat('00', 501), 'hex')", Faulty(Code::ValueOversize)),
    ("json", "text", "'{\"a\": 1}'", As("{\"a\": 1}")),
    ("jsonb", "text", "'{\"a\":1}'", As("{\"a\": 1}")),
    ("xml", "text", "'<a/>'", As("<a/>")),
    ("inet", "text", "'10.0.0.1'", As("10.0.0.1")),
    ("int4range", "text", "'[1,3)'", As("[1,3)")),
    ("bit(3)", "text", "B'101'", As("101")),
    ("date", "text", "'2011-02-17'", WRONG),
    ("boolean", "integer", "true", WRONG),
    ("bytea", "text", "'\\x41'", WRONG),
    ("timestamptz", "date", "'2011-02-17 00:00:00Z'", WRONG),
    ("double precision", "text", "1.5", WRONG),
    ("integer[]", "text", "'{1,2}'", WRONG),
    ("integer[]", "integer", "'{1}'", WRONG),
    ("text[]", "text", "NULL", Nothing),
    ("pair", "text", "ROW(1, 'a')", WRONG),
    ("years", "integer", "7", As("7")),
    ("several", "text", "'{1,2}'", WRONG),
    ("mooddomain", "text", "'glad'", As("glad")),
];

/// What a column of one row shows.
fn shown(batches: &[Batch], column: usize) -> String {
    let array = batches[0].records.column(column);
    match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(0).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(0).to_string(),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(0),
        DataType::Boolean => array.as_boolean().value(0).to_string(),
        DataType::Date32 => array.as_primitive::<Date32Type>().value_as_date(0).unwrap().to_string(),
        DataType::Timestamp(..) => {
            let at = array.as_primitive::<TimestampMicrosecondType>().value_as_datetime(0).unwrap();
            at.format("%Y-%m-%dT%H:%M:%S%.f").to_string()
        }
        DataType::Binary => array.as_binary::<i32>().value(0).iter().fold(String::new(), |mut out, byte| {
            let _ = write!(out, "{byte:02x}");
            out
        }),
        other => panic!("{other}"),
    }
}

fn comes(batches: &[Batch], column: usize, subject: &str, expected: Comes) -> bool {
    let fault = faults(batches).into_iter().find(|(about, ..)| about == subject).map(|(_, code, _)| code);
    match (expected, fault, batches[0].records.column(column).is_null(0)) {
        (Faulty(code), Some(found), true) => code == found,
        (Nothing, None, true) => true,
        (As(value), None, false) => match value.strip_prefix('…') {
            Some(length) => shown(batches, column).chars().count().to_string() == length,
            None => shown(batches, column) == value,
        },
        _ => false,
    }
}

#[test]
fn every_type_at_its_edges() {
    let store = Store::new();
    store.sql(
        "CREATE TYPE mood AS ENUM ('glad', 'F'); CREATE TYPE pair AS (a int, b text);
         CREATE DOMAIN years AS int CHECK (value < 150); CREATE DOMAIN older AS years;
         CREATE DOMAIN several AS int[]; CREATE DOMAIN mooddomain AS mood;
         CREATE EXTENSION IF NOT EXISTS citext",
    );
    let columns: Vec<String> = (0..CASES.len()).map(|n| format!("c{n}")).collect();
    let declared = |kind: &str| kind.replace("folded", "citext").replace("years", "older");
    let types: Vec<String> =
        CASES.iter().zip(&columns).map(|(case, name)| format!("{name} {}", declared(case.0))).collect();
    let values: Vec<String> = CASES.iter().map(|case| format!("({})::{}", case.2, declared(case.0))).collect();
    store.sql(&format!("CREATE TABLE edge ({}); INSERT INTO edge VALUES ({})", types.join(", "), values.join(", ")));
    let wanted: Vec<(&str, &str)> = columns.iter().zip(CASES).map(|(name, case)| (name.as_str(), case.1)).collect();
    let copied = store.read(&scan(Some("edge"), &wanted)).unwrap();
    let mut wrong = Vec::new();
    for (column, (name, case)) in columns.iter().zip(CASES).enumerate() {
        if !comes(&copied, column, &format!("person.{name}"), case.3) {
            let fault = faults(&copied).into_iter().find(|(about, ..)| *about == format!("person.{name}"));
            let is_null = copied[0].records.column(column).is_null(0);
            let came = if is_null { "nothing".to_owned() } else { shown(&copied, column) };
            wrong.push(format!("{case:?}: {came} {fault:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), CASES.len(), wrong.join("\n"));
}

#[test]
fn moments_without_a_zone_are_nobodys_unless_the_catalogue_says_so() {
    let store = Store::new();
    store.sql("CREATE TABLE edge (at timestamp); INSERT INTO edge VALUES ('2026-01-01 10:00:00.5'), ('infinity')");
    let plain = scan(Some("edge"), &[("at", "timestamp")]);
    let read = faults(&store.read(&plain).unwrap());
    assert_eq!((read[0].1, read[0].2.as_deref()), (Code::WrongType, Some("2026-01-01T10:00:00.5")));
    let mut said = plain.clone();
    said.columns[0].format = Some("%Y-%m-%d %H:%M:%S".into());
    let read = store.read(&said).unwrap();
    assert_eq!(shown(&read, 0), "2026-01-01T10:00:00.500");
    assert_eq!(faults(&read)[0].1, Code::DateImpossible);
}
