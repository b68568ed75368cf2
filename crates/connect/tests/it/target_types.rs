//! Do columns of every common type hold what comes, come back as the same, and get back what they held before?

use causeway_flow::accept::target::{Column, Datum, Layout, Mapping, Onto, Outcome, Place, Session, Write};
use causeway_model::Code;

use crate::target_fixture::{Registry, Sealer, apply, column, group, mariadb, onto, postgres, sqlite, turned};

/// A column: its type there, its type here, a value, another one.
type Kind = (&'static str, &'static str, Datum, Datum);

fn text(text: &str) -> Datum {
    Datum::Text(text.to_owned())
}

fn decimal(unscaled: i128) -> Datum {
    Datum::Decimal(unscaled, 2)
}

const UUID: &str = "00000000-0000-4000-8000-00000000000a";
const OTHER: &str = "ffffffff-0000-4000-8000-00000000000b";
/// 2026-01-02T03:04:05.123456Z, and the last microsecond of 1969.
const SEEN: Datum = Datum::Timestamp(1_767_323_045_123_456);
const EARLIER: Datum = Datum::Timestamp(-1);

fn layout(kinds: &[Kind]) -> Layout {
    let columns = kinds.iter().enumerate().map(|(place, (_, kind, ..))| column(&format!("c{place}"), kind));
    let columns: Vec<Column> = std::iter::once(column("id", "integer")).chain(columns).collect();
    let mapping = Mapping {
        table: "kinds".into(),
        key: vec![column("id", "integer")],
        columns,
        parent: Vec::new(),
        version: None,
        sequence: None,
        retire: None,
    };
    Layout { exchange: "kinds".into(), mappings: vec![mapping] }
}

fn table(registry: &Registry, kinds: &[Kind]) -> Box<dyn Session> {
    let columns: Vec<String> = kinds.iter().enumerate().map(|(place, kind)| format!("c{place} {}", kind.0)).collect();
    registry.sql(&format!("CREATE TABLE kinds (id int PRIMARY KEY, {})", columns.join(", ")));
    let layout = layout(kinds);
    registry.sql(&causeway_connect::target::prepare(&registry.target, std::slice::from_ref(&layout)));
    registry.try_open(&layout).unwrap()
}

fn write(id: i64, values: impl Iterator<Item = Datum>) -> Write {
    let values = std::iter::once(Datum::Integer(id)).chain(values).map(Some).collect();
    Write { mapping: 0, values, onto: Onto::Insert(Vec::new()), nested: Vec::new() }
}

fn held(registry: &Registry, kinds: &[Kind]) {
    let mut session = table(registry, kinds);
    let one = || kinds.iter().map(|(_, _, one, _)| one.clone());
    let other = || kinds.iter().map(|(_, _, _, other)| other.clone());
    assert_eq!(apply(&mut *session, &group("i", 1, "x", 1, write(7, one()))).outcome, Outcome::Inserted);
    let by_id =
        |session: &mut dyn Session| session.find(0, &[("id".to_owned(), Datum::Integer(7))]).unwrap().rows.remove(0);
    let first = by_id(&mut *session);
    let differs = |row: &causeway_flow::accept::target::Row, values: &mut dyn Iterator<Item = Datum>| {
        let read = row.values.iter().skip(1).zip(values).zip(kinds);
        read.filter(|((read, value), _)| read.as_ref() != Ok(value)).map(|(_, kind)| kind.0).collect::<Vec<_>>()
    };
    assert_eq!(differs(&first, &mut one()), Vec::<&str>::new());
    // Whatever is not read as it was written would be a change of somebody else's here.
    let change = group("i", 2, "x", 2, onto(&first, write(7, other())));
    assert_eq!(apply(&mut *session, &change).outcome, Outcome::Updated);
    assert_eq!(differs(&by_id(&mut *session), &mut other()), Vec::<&str>::new());
    let place = Place { intake: "i".into(), group: 2 };
    let sealed = session.sealed(&place).unwrap().unwrap();
    assert!(session.undo(&place, &turned(&sealed), &mut Sealer::default()).unwrap().is_whole());
    assert!(by_id(&mut *session) == first, "every column is as it was");
    // Found by each of them that can be compared.
    for (place, (kind, _, one, _)) in kinds.iter().enumerate().filter(|(_, kind)| kind.0 != "json") {
        let found = session.find(0, &[(format!("c{place}"), one.clone())]).unwrap();
        assert_eq!(found.rows.len(), 1, "{kind}");
    }
}

/// Values that a column takes, and would hold as another one, or that it does not take.
fn refused(registry: &Registry, kinds: &[(Kind, Code)]) {
    for (number, (kind, code)) in (1..).zip(kinds) {
        registry.sql("DROP TABLE IF EXISTS kinds");
        registry.sql("DELETE FROM causeway_applied");
        let mut session = table(registry, std::slice::from_ref(kind));
        let fits = group(&format!("fits {number}"), 1, "x", 1, write(1, std::iter::once(kind.2.clone())));
        assert_eq!(apply(&mut *session, &fits).outcome.as_str(), "inserted", "{}", kind.0);
        let record = write(2, std::iter::once(kind.3.clone()));
        let answer = apply(&mut *session, &group(&format!("does not {number}"), 1, "y", 2, record));
        assert!(
            matches!(&answer.outcome, Outcome::Refused(refusal) if refusal.code == *code),
            "{}: {answer:?}",
            kind.0
        );
    }
}

/// A column of texts would hold how bytes are spelled.
fn no_bytes(registry: &Registry) {
    registry.sql("DROP TABLE kinds; CREATE TABLE kinds (id int PRIMARY KEY, c0 varchar(20))");
    let layout = layout(&[("varchar(20)", "bytes", Datum::Null, Datum::Null)]);
    registry.sql(&causeway_connect::target::prepare(&registry.target, std::slice::from_ref(&layout)));
    let error = registry.try_open(&layout).err().expect("it was opened");
    assert!(error.code == Code::TargetNotPrepared && error.detail.contains("`c0`"), "{error}");
}

#[test]
fn every_common_type_of_postgresql() {
    let registry = postgres();
    registry.sql("CREATE TYPE sex AS ENUM ('F', 'M'); CREATE DOMAIN short AS varchar(10)");
    held(
        &registry,
        &[
            ("smallint", "integer", Datum::Integer(-32_768), Datum::Integer(32_767)),
            ("bigint", "integer", Datum::Integer(i64::MIN), Datum::Integer(i64::MAX)),
            ("numeric", "decimal(38,2)", decimal(-10_i128.pow(37)), decimal(1)),
            ("numeric(12,4)", "decimal(10,2)", decimal(-5), decimal(12_345_678)),
            ("double precision", "decimal(6,2)", decimal(10), decimal(-1)),
            ("boolean", "boolean", Datum::Boolean(true), Datum::Boolean(false)),
            ("text", "text", text("ዙሪ \u{1F600} ' \\ \" $1"), text("")),
            ("char(5)", "text", text("Zuri"), text("F")),
            ("sex", "code(sex)", text("F"), text("M")),
            ("short", "text", text("Zuri"), text("x")),
            ("date", "date", Datum::Date(-719_162), Datum::Date(2_932_896)),
            ("text", "date", Datum::Date(0), Datum::Date(1)),
            ("text", "partial-date", text("2011"), text("2011-02")),
            ("timestamptz", "timestamp", SEEN, EARLIER),
            ("timestamp", "timestamp", SEEN, EARLIER),
            ("uuid", "uuid", text(UUID), text(OTHER)),
            ("text", "uuid", text(UUID), text(OTHER)),
            ("bytea", "bytes", Datum::Bytes(vec![0, 255]), Datum::Bytes(Vec::new())),
            ("json", "text", text("{\"a\":  [1]}"), text("null")),
            ("inet", "text", text("192.0.2.1/32"), text("2001:db8::1/128")),
        ],
    );
    let takes = |there, here, one: Datum, other: Datum, code| ((there, here, one, other), code);
    refused(
        &registry,
        &[
            takes("smallint", "integer", Datum::Integer(1), Datum::Integer(32_768), Code::TargetRefused),
            takes("numeric(6,1)", "decimal(6,2)", decimal(120), decimal(125), Code::TargetInexact),
            takes("real", "decimal(12,2)", decimal(50), decimal(123_456_789), Code::TargetInexact),
            takes("timestamp(0)", "timestamp", Datum::Timestamp(0), SEEN, Code::TargetInexact),
            takes("char(5)", "text", text("Zuri"), text("Zuri "), Code::TargetInexact),
            takes("jsonb", "text", text("1"), text("{\"a\":1}"), Code::TargetInexact),
            takes("uuid", "text", text(UUID), text("Zuri"), Code::TargetRefused),
            takes("text", "text", text("Zuri"), text("Zu\0ri"), Code::TargetRefused),
        ],
    );
    no_bytes(&registry);
}

#[test]
fn every_common_type_of_mariadb() {
    let registry = mariadb();
    held(
        &registry,
        &[
            ("tinyint", "integer", Datum::Integer(-128), Datum::Integer(127)),
            ("int unsigned", "integer", Datum::Integer(4_294_967_295), Datum::Integer(0)),
            ("int(8) zerofill", "integer", Datum::Integer(7), Datum::Integer(12)),
            ("bigint", "integer", Datum::Integer(i64::MIN), Datum::Integer(i64::MAX)),
            ("bit(8)", "integer", Datum::Integer(200), Datum::Integer(49)),
            ("bit(1)", "boolean", Datum::Boolean(true), Datum::Boolean(false)),
            ("tinyint(1)", "boolean", Datum::Boolean(true), Datum::Boolean(false)),
            ("decimal(38,2)", "decimal(38,2)", decimal(-10_i128.pow(37)), decimal(1)),
            ("double", "decimal(6,2)", decimal(10), decimal(-1)),
            ("float", "decimal(6,2)", decimal(50), decimal(-25)),
            ("text", "text", text("ዙሪ \u{1F600} ' \\ \" ?"), text("")),
            ("varchar(10) character set latin1", "text", text("Zurí"), text("x ")),
            ("char(5)", "text", text("Zuri"), text("F")),
            ("enum('F', 'M')", "code(sex)", text("F"), text("M")),
            ("set('a', 'b')", "text", text("a,b"), text("")),
            ("date", "date", Datum::Date(-354_285), Datum::Date(2_932_896)),
            ("year", "partial-date", text("2011"), text("1999")),
            ("varchar(10)", "partial-date", text("2011-02"), text("2011")),
            ("datetime(6)", "timestamp", SEEN, EARLIER),
            ("timestamp(6) null", "timestamp", SEEN, Datum::Timestamp(1_000_001)),
            ("uuid", "uuid", text(UUID), text(OTHER)),
            ("char(36)", "uuid", text(UUID), text(OTHER)),
            ("varbinary(10)", "bytes", Datum::Bytes(vec![0, 255]), Datum::Bytes(b"text".to_vec())),
            ("longblob", "bytes", Datum::Bytes(vec![128; 300]), Datum::Bytes(Vec::new())),
            ("json", "text", text("{\"a\":  [1]}"), text("null")),
            ("inet6", "text", text("::ffff:192.0.2.1"), text("2001:db8::1")),
        ],
    );
    let takes = |there, here, one: Datum, other: Datum, code| ((there, here, one, other), code);
    refused(
        &registry,
        &[
            takes("tinyint", "integer", Datum::Integer(1), Datum::Integer(128), Code::TargetRefused),
            takes("int unsigned", "integer", Datum::Integer(1), Datum::Integer(-1), Code::TargetRefused),
            takes("decimal(6,1)", "decimal(6,2)", decimal(120), decimal(125), Code::TargetInexact),
            takes("float", "decimal(6,2)", decimal(50), decimal(10), Code::TargetInexact),
            takes("datetime", "timestamp", Datum::Timestamp(0), SEEN, Code::TargetInexact),
            takes("char(5)", "text", text("Zuri"), text("Zuri "), Code::TargetInexact),
            takes("varchar(4)", "text", text("Zuri"), text("Zuri invented"), Code::TargetRefused),
            takes("varchar(9) character set latin1", "text", text("Zurí"), text("ዙሪ"), Code::TargetRefused),
            takes("enum('F', 'M')", "code(sex)", text("F"), text("X"), Code::TargetRefused),
            takes("date", "text", text("2011-02-17"), text("2011-02-30"), Code::TargetRefused),
            takes("json", "text", text("1"), text("{"), Code::TargetRefused),
            takes("binary(4)", "bytes", Datum::Bytes(vec![1; 4]), Datum::Bytes(vec![1]), Code::TargetInexact),
        ],
    );
    no_bytes(&registry);
}

#[test]
fn every_common_type_of_sqlite() {
    let registry = sqlite();
    held(
        &registry,
        &[
            ("INTEGER", "integer", Datum::Integer(i64::MIN), Datum::Integer(i64::MAX)),
            ("BOOLEAN", "boolean", Datum::Boolean(true), Datum::Boolean(false)),
            ("TEXT", "decimal(38,2)", decimal(-10_i128.pow(37)), decimal(1)),
            ("NUMERIC", "decimal(6,2)", decimal(10), decimal(-100)),
            ("TEXT", "text", text("ዙሪ \u{1F600} ' \\ \" ?1 \0"), text("")),
            ("VARCHAR(3)", "text", text("007"), text("longer than it says")),
            ("DATE", "date", Datum::Date(-719_162), Datum::Date(2_932_896)),
            ("TEXT", "timestamp", SEEN, EARLIER),
            ("TEXT", "uuid", text(UUID), text(OTHER)),
            ("BLOB", "bytes", Datum::Bytes(vec![0, 255]), Datum::Bytes(b"text".to_vec())),
            ("", "text", text("7"), text("x")),
        ],
    );
    let takes = |there, here, one: Datum, other: Datum, code| ((there, here, one, other), code);
    refused(
        &registry,
        &[
            takes("INTEGER", "text", text("7"), text("007"), Code::TargetInexact),
            takes("NUMERIC", "decimal(38,2)", decimal(50), decimal(10_i128.pow(37) + 1), Code::TargetInexact),
            takes("TEXT CHECK (length(c0) < 5)", "text", text("Zuri"), text("Zuri invented"), Code::TargetRefused),
        ],
    );
}
