//! Is a value that was written and read again the same, and can none be printed?
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use causeway_model::{Code, ValueType};

use super::{
    Before, Column, Datum, Group, Mapping, Marker, Message, Onto, Place, Raiser, RowBefore, RowUndone, Stored, Undone,
    Version, Write,
};

fn text(text: &str) -> Stored {
    Stored::Text(text.to_owned())
}

#[test]
fn what_is_written_is_read_as_the_same_value() {
    let cases = [
        (ValueType::Text, Datum::Text("Zuri invented, ዙሪ\n\0".to_owned())),
        (ValueType::Integer, Datum::Integer(i64::MIN)),
        (ValueType::Decimal(38, 4), Datum::Decimal(-5, 4)),
        (ValueType::Decimal(5, 0), Datum::Decimal(12_345, 0)),
        (ValueType::Boolean, Datum::Boolean(true)),
        (ValueType::Date, Datum::Date(-719_162)),
        (ValueType::Date, Datum::Date(2_932_896)),
        (ValueType::Timestamp, Datum::Timestamp(-1)),
        (ValueType::Timestamp, Datum::Timestamp(253_402_300_799_999_999)),
        (ValueType::PartialDate, Datum::Text("2011-02".to_owned())),
        (ValueType::Uuid, Datum::Text("00000000-0000-4000-8000-00000000000a".to_owned())),
    ];
    for (value_type, datum) in cases {
        let written = text(&datum.written().unwrap());
        assert!(Datum::read(&value_type, &written) == Ok(datum), "{value_type}");
    }
    assert!(Datum::Decimal(-5, 2).written().unwrap() == "-0.05");
    assert!(Datum::Timestamp(-1).written().unwrap() == "1969-12-31T23:59:59.999999Z");
}

#[test]
fn databases_write_values_in_their_own_ways() {
    let same = [
        (ValueType::Decimal(6, 2), text("12.5000"), Datum::Decimal(1_250, 2)),
        (ValueType::Decimal(6, 2), Stored::Real(0.1_f64.to_bits()), Datum::Decimal(10, 2)),
        (ValueType::Integer, Stored::Real(7.0_f64.to_bits()), Datum::Integer(7)),
        (ValueType::Boolean, Stored::Integer(1), Datum::Boolean(true)),
        (ValueType::Text, Stored::Integer(7), Datum::Text("7".to_owned())),
        (ValueType::Timestamp, text("1970-01-01 00:00:01"), Datum::Timestamp(1_000_000)),
        (ValueType::Timestamp, text("1970-01-01 00:00:01.5+00"), Datum::Timestamp(1_500_000)),
        (ValueType::Timestamp, text("1970-01-01 03:00:00+03:00"), Datum::Timestamp(0)),
        (ValueType::Uuid, text("00000000-0000-4000-8000-00000000000A"), {
            Datum::Text("00000000-0000-4000-8000-00000000000a".to_owned())
        }),
        (ValueType::Bytes, Stored::Bytes(vec![0, 255]), Datum::Bytes(vec![0, 255])),
        (ValueType::Code("sex".to_owned()), text("unheard of"), Datum::Text("unheard of".to_owned())),
    ];
    for (value_type, stored, datum) in same {
        assert!(Datum::read(&value_type, &stored) == Ok(datum), "{value_type}");
    }
    let none = [
        (ValueType::Decimal(6, 2), text("12.505"), Code::WrongType),
        (ValueType::Boolean, Stored::Integer(2), Code::WrongType),
        (ValueType::Text, Stored::Bytes(vec![255]), Code::InvalidUtf8),
        (ValueType::Date, text("infinity"), Code::WrongType),
    ];
    for (value_type, stored, code) in none {
        assert!(Datum::read(&value_type, &stored) == Err(code), "{value_type}");
    }
}

#[test]
fn nothing_of_a_value_is_printed() {
    let shown = format!("{:?} {:?}", Datum::Text("Zuri invented".to_owned()), text("Zuri invented"));
    assert_eq!(shown, "[personal] [personal]");
    let place = Place { intake: "i".to_owned(), group: 1 };
    let values = vec![Some(Datum::Text("Zuri invented".to_owned()))];
    let record = Write { mapping: 0, values, onto: Onto::Insert(Vec::new()), nested: Vec::new() };
    let (external_id, digest, sequence) = ("ZURI-1".to_owned(), [7; 32], Some(Datum::Text("ZURI-2".to_owned())));
    let message =
        Message { place: place.clone(), external_id: external_id.clone(), digest, sequence, later: Default::default() };
    let group = Group { message, record };
    let key = vec![text("ZURI-3")];
    let marker = Marker { place, external_id, digest, outcome: "inserted".to_owned(), key };
    let shown = format!("{group:?} {marker:?}");
    assert!(!shown.to_lowercase().contains("zuri"), "{shown}");
}

#[test]
fn a_plan_for_undoing_is_the_same_after_it_was_sealed() {
    let columns = vec![("name".to_owned(), Stored::Null, text("Zuri invented"))];
    let row =
        RowBefore { mapping: 0, table: "person".to_owned(), key: vec![Stored::Integer(4)], inserted: false, columns };
    let before = Before { rows: vec![row.clone(), RowBefore { key: vec![Stored::Bytes(vec![1, 254])], ..row }] };
    let bytes = before.to_bytes("registry").unwrap();
    assert_eq!(Before::from_bytes("registry", &bytes).unwrap(), before);
    assert_eq!(Before::from_bytes("registry", b"{}").unwrap_err().code, Code::RuleFailed);
    let undone = |row| Undone { rows: vec![("person".to_owned(), RowUndone::PutBack), ("person".to_owned(), row)] };
    assert!(undone(RowUndone::Retired).is_whole());
    assert!(!undone(RowUndone::Changed).is_whole() && !undone(RowUndone::Kept).is_whole());
}

#[test]
fn each_column_is_asked_for_once_and_a_key_is_never_changed() {
    let column = |name: &str| Column::new(name, ValueType::Text);
    let mapping = Mapping {
        table: "event".to_owned(),
        key: vec![column("id")],
        columns: vec![column("id"), column("status"), column("person")],
        parent: vec![column("person")],
        version: Some(Version { column: Column::new("version", ValueType::Integer), raised_by: Raiser::Writer }),
        sequence: None,
        retire: Some((column("status"), Datum::Text("void".to_owned()))),
    };
    let names = |columns: Vec<&Column>| columns.into_iter().map(|column| column.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(mapping.reads()), ["id", "person", "status", "version"]);
    assert_eq!(names(mapping.inserts()), ["id", "status", "person"]);
    assert_eq!(names(mapping.updates()), ["status", "person", "version"]);
}
