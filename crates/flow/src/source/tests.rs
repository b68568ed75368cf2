//! Does the decoder take every good value exactly, and every bad one as a fault that names it?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::sync::Arc;

use arrow::array::{Array, AsArray};
use arrow::datatypes::{Date32Type, Decimal128Type, Int64Type, TimestampMicrosecondType};
use causeway_model::{Code, ElementRef, ValueType};
use proptest::prelude::*;

use super::{BATCH_ROWS, Cell, Decoder, Hint, Scan, ScanColumn, Watch, literal, moment};
use crate::Batch;

fn column(value_type: &str) -> ScanColumn {
    ScanColumn {
        name: "c0".into(),
        element: ElementRef::new("person", "thing"),
        column: "thing".into(),
        value_type: value_type.parse().unwrap(),
        codes: Some(Arc::new(["F", "M", "7"].map(String::from).into())),
        max_length: 10,
        optional: true,
        format: None,
    }
}

fn scan(columns: Vec<ScanColumn>) -> Scan {
    Scan { source: "store".into(), entity: "person".into(), table: None, columns, hint: Hint::default() }
}

#[test]
fn a_run_stops_when_somebody_says_so_or_its_time_has_come() {
    let now = std::time::Instant::now();
    assert!(Watch::until(now).is_cancelled());
    let watch = Watch::until(now + std::time::Duration::from_secs(600));
    assert!(!watch.is_cancelled() && !Watch::default().is_cancelled());
    watch.cancel();
    assert!(watch.is_cancelled());
}

/// One row of one column.
fn decode(column: ScanColumn, cell: Cell<'_>) -> Batch {
    let mut decoder = Decoder::new(&scan(vec![column]));
    decoder.push(0, cell);
    assert_eq!(decoder.end_row(), 1);
    decoder.take().unwrap()
}

fn fault(value_type: &str, cell: Cell<'_>) -> Option<(Code, Option<String>)> {
    let batch = decode(column(value_type), cell);
    let [fault] = batch.faults.of(0) else { return None };
    assert!(batch.records.column(0).is_null(0), "a bad cell is null");
    assert_eq!(fault.subject, "person.thing");
    Some((fault.code, fault.value.expose().clone()))
}

fn text_of(value_type: &str, cell: Cell<'_>) -> Option<String> {
    let batch = decode(column(value_type), cell);
    assert!(batch.faults.is_empty(), "{value_type} {cell:?}: {:?}", batch.faults.of(0));
    let array = batch.records.column(0).as_string::<i32>();
    array.is_valid(0).then(|| array.value(0).to_owned())
}

#[test]
fn every_bad_value_becomes_null_with_its_reason_and_itself() {
    use Code::*;
    let cases: &[(&str, Cell<'_>, Code)] = &[
        ("text", Cell::Text(b"Zuri\xff"), InvalidUtf8),
        ("text", Cell::Text(b"elevenchars"), ValueOversize),
        ("text", Cell::Real(1.5), WrongType),
        ("text", Cell::Number("1e3"), WrongType),
        ("text", Cell::Number("1.50"), WrongType),
        ("text", Cell::Boolean(true), WrongType),
        ("text", Cell::Bytes(b"abc"), WrongType),
        ("text", Cell::Nested(b"[1]"), WrongType),
        ("code(sex)", Cell::Text(b"Q"), CodeUnknown),
        ("code(sex)", Cell::Text(b"f"), CodeUnknown),
        ("code(sex)", Cell::Integer(8), CodeUnknown),
        ("integer", Cell::Text(b"007"), WrongType),
        ("integer", Cell::Text(b"+7"), WrongType),
        ("integer", Cell::Text(b" 7"), WrongType),
        ("integer", Cell::Text(b"9223372036854775808"), WrongType),
        ("integer", Cell::Real(1.5), WrongType),
        ("integer", Cell::Real(f64::NAN), WrongType),
        ("decimal(5,2)", Cell::Text(b"1.234"), WrongType),
        ("decimal(5,2)", Cell::Text(b"1e2"), WrongType),
        ("decimal(5,2)", Cell::Text(b"1000.00"), WrongType),
        ("decimal(5,2)", Cell::Text(b"1."), WrongType),
        ("decimal(5,2)", Cell::Text(b".5"), WrongType),
        ("decimal(5,2)", Cell::Text(b"-"), WrongType),
        ("decimal(5,2)", Cell::Text(b"1,50"), WrongType),
        ("decimal(5,2)", Cell::Real(0.1), WrongType),
        ("decimal(5,2)", Cell::Real(1e30), WrongType),
        ("boolean", Cell::Text(b"yes"), WrongType),
        ("boolean", Cell::Integer(2), WrongType),
        ("date", Cell::Text(b"2011-02-30"), DateImpossible),
        ("date", Cell::Text(b"2011-13-01"), DateImpossible),
        ("date", Cell::Text(b"0000-01-01"), DateImpossible),
        ("date", Cell::Text(b"17/02/2011"), WrongType),
        ("date", Cell::Text(b"2011-2-17"), WrongType),
        ("date", Cell::Integer(15022), WrongType),
        ("partial-date", Cell::Text(b"2011-02-30"), DateImpossible),
        ("partial-date", Cell::Text(b"2011-13"), DateImpossible),
        ("partial-date", Cell::Text(b"2011-"), WrongType),
        ("partial-date", Cell::Text(b"11"), WrongType),
        ("timestamp", Cell::Text(b"2011-02-17T10:00:00"), WrongType),
        ("timestamp", Cell::Text(b"2011-02-30T10:00:00Z"), DateImpossible),
        ("timestamp", Cell::Text(b"2011-02-17T24:00:00Z"), DateImpossible),
        ("timestamp", Cell::Text(b"2011-02-17T10:00:00.1234567Z"), WrongType),
        ("timestamp", Cell::Text(b"2011-02-17T10:00:00+0300"), WrongType),
        ("uuid", Cell::Text(b"0000-1111"), WrongType),
        ("uuid", Cell::Text(b"zzzzzzzz-0000-0000-0000-000000000000"), WrongType),
        ("uuid", Cell::Bytes(&[0; 16]), WrongType),
        ("bytes", Cell::Bytes(b"elevenbytes"), ValueOversize),
        ("bytes", Cell::Integer(1), WrongType),
    ];
    for (value_type, cell, code) in cases {
        let (found, value) = fault(value_type, *cell).unwrap_or_else(|| panic!("{value_type} {cell:?}: no fault"));
        assert_eq!(found, *code, "{value_type} {cell:?}");
        assert!(value.is_some(), "{value_type} {cell:?}");
    }
}

#[test]
fn the_report_shows_invalid_bytes_and_is_cut() {
    assert_eq!(fault("text", Cell::Text(b"Zu\xffri\xc3")).unwrap().1.unwrap(), r"Zu\xFFri\xC3");
    let long = "ሰ".repeat(10_000);
    assert_eq!(fault("text", Cell::Text(long.as_bytes())).unwrap().1.unwrap(), "ሰ".repeat(200));
}

#[test]
fn lengths_are_characters() {
    assert_eq!(text_of("text", Cell::Text("ሰላምሰላምሰላምሰ".as_bytes())).unwrap(), "ሰላምሰላምሰላምሰ");
    assert_eq!(fault("text", Cell::Text("ሰላምሰላምሰላምሰላ".as_bytes())).unwrap().0, Code::ValueOversize);
}

#[test]
fn empty_text_is_a_value_only_for_text() {
    assert_eq!(text_of("text", Cell::Text(b"")).as_deref(), Some(""));
    for value_type in ["integer", "date", "code(sex)", "uuid", "bytes", "boolean", "decimal(3,1)", "partial-date"] {
        let batch = decode(column(value_type), Cell::Text(b""));
        assert!(batch.faults.is_empty() && batch.records.column(0).is_null(0), "{value_type}");
        let needed = ScanColumn { optional: false, ..column(value_type) };
        let batch = decode(needed, Cell::Text(b""));
        assert_eq!(batch.faults.of(0)[0].code, Code::ValueMissing, "{value_type}");
        assert_eq!(batch.faults.of(0)[0].value.expose(), &None);
    }
}

#[test]
fn good_text_is_kept_and_codes_may_be_numbers() {
    assert_eq!(text_of("text", Cell::Text("N\u{303}a\u{1b}[2J".as_bytes())).unwrap(), "N\u{303}a\u{1b}[2J");
    assert_eq!(text_of("code(sex)", Cell::Integer(7)).unwrap(), "7");
    assert_eq!(text_of("text", Cell::Integer(-7)).unwrap(), "-7");
    assert_eq!(text_of("partial-date", Cell::Integer(2011)).unwrap(), "2011");
    for text in ["2011", "2011-02", "2012-02-29"] {
        assert_eq!(text_of("partial-date", Cell::Text(text.as_bytes())).unwrap(), text);
    }
    let dashed = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";
    for text in [
        dashed,
        "6BA7B810-9DAD-11D1-80B4-00C04FD430C8",
        "{6BA7B810-9DAD-11D1-80B4-00C04FD430C8}",
        "6ba7b8109dad11d180b400c04fd430c8",
        "urn:uuid:6ba7b810-9dad-11d1-80b4-00c04fd430c8",
    ] {
        assert_eq!(text_of("uuid", Cell::Text(text.as_bytes())).unwrap(), dashed, "{text}");
    }
}

#[test]
fn numbers_are_exact() {
    let decimal =
        |cell| decode(column("decimal(10,2)"), cell).records.column(0).as_primitive::<Decimal128Type>().value(0);
    assert_eq!(decimal(Cell::Text(b"12.5")), 1250);
    assert_eq!(decimal(Cell::Text(b"-0.05")), -5);
    assert_eq!(decimal(Cell::Number("12.50")), 1250);
    assert_eq!(decimal(Cell::Integer(3)), 300);
    assert_eq!(decimal(Cell::Real(12.25)), 1225);
    assert_eq!(decimal(Cell::Real(-0.5)), -50);
    let integer = |cell| decode(column("integer"), cell).records.column(0).as_primitive::<Int64Type>().value(0);
    assert_eq!(integer(Cell::Text(b"-9223372036854775808")), i64::MIN);
    assert_eq!(integer(Cell::Real(5.0)), 5);
    for (text, expected) in [("1", true), ("FALSE", false), ("true", true), ("0", false)] {
        let batch = decode(column("boolean"), Cell::Text(text.as_bytes()));
        assert_eq!(batch.records.column(0).as_boolean().value(0), expected);
    }
}

#[test]
fn dates_and_moments_are_read_as_declared() {
    let date = |format: Option<&str>, text: &str| {
        let column = ScanColumn { format: format.map(str::to_owned), ..column("date") };
        let batch = decode(column, Cell::Text(text.as_bytes()));
        batch
            .faults
            .of(0)
            .first()
            .map_or_else(|| Ok(batch.records.column(0).as_primitive::<Date32Type>().value(0)), |fault| Err(fault.code))
    };
    assert_eq!(date(None, "1970-01-02"), Ok(1));
    assert_eq!(date(Some("%d/%m/%Y"), "17/02/2011"), date(None, "2011-02-17"));
    assert_eq!(date(Some("%d/%m/%Y"), "30/02/2011"), Err(Code::DateImpossible));
    assert_eq!(date(Some("%d/%m/%Y"), "01/13/2011"), Err(Code::DateImpossible));
    assert_eq!(date(Some("%d/%m/%Y"), "2011-02-17"), Err(Code::WrongType));
    let moment = |format: Option<&str>, text: &str| moment::timestamp(text, format);
    assert_eq!(moment(None, "1970-01-01T03:00:00.5+03:00"), Ok(500_000));
    assert_eq!(moment(None, "1969-12-31 23:59:59.1234560Z"), Ok(-1_000_000 + 123_456));
    assert_eq!(moment(Some("%Y-%m-%d %H:%M:%S"), "1970-01-01 00:00:01"), Ok(1_000_000));
    assert_eq!(moment(Some("%Y-%m-%d %H:%M:%S %z"), "1970-01-01 03:00:01 +0300"), Ok(1_000_000));
    let zoned = moment(Some("%Y-%m-%d %H:%M:%S %Q"), "1970-01-01 03:00:01 Africa/Nairobi");
    assert_eq!(zoned, Err(Code::WrongType), "a zone's name is never taken for UTC");
    assert_eq!(moment(None, "9999-12-31T23:59:59-00:01"), Err(Code::DateImpossible));
    assert!(moment(Some("%Y-%m-%d %H:%M:%S"), "9999-12-31 23:59:59").is_ok());
    let mut out = String::new();
    moment::partial_date("02/2011", Some("%m/%Y"), &mut out).unwrap();
    assert_eq!(out, "2011-02");
    moment::partial_date("17.02.2011", Some("%d.%m.%Y"), &mut out).unwrap();
    assert_eq!(out, "2011-02-17");
    let batch = decode(column("timestamp"), Cell::Text(b"1970-01-01T00:00:01Z"));
    assert_eq!(batch.records.column(0).as_primitive::<TimestampMicrosecondType>().value(0), 1_000_000);
}

#[test]
fn a_row_knows_nothing_of_others_and_columns_may_come_in_any_order() {
    let second = ScanColumn { name: "c1".into(), optional: false, ..column("integer") };
    let mut decoder = Decoder::new(&scan(vec![column("text"), second]));
    decoder.push(1, Cell::Integer(1));
    decoder.push(0, Cell::Text(b"Ana"));
    decoder.end_row();
    decoder.push(0, Cell::Text(b"Bo"));
    assert_eq!(decoder.end_row(), 2);
    let batch = decoder.take().unwrap();
    assert_eq!(batch.records.num_rows(), 2);
    assert!(!batch.faults.any(0) && batch.faults.of(1)[0].code == Code::ValueMissing);
    decoder.push(0, Cell::Text(b"Cy"));
    decoder.push(1, Cell::Integer(3));
    assert_eq!(decoder.end_row(), 1);
    let batch = decoder.take().unwrap();
    assert!(batch.faults.is_empty() && batch.records.column(0).as_string::<i32>().value(0) == "Cy");
}

#[test]
fn batches_are_bounded_by_rows_and_by_bytes_and_may_have_no_columns() {
    let mut decoder = Decoder::new(&scan(vec![]));
    (0..BATCH_ROWS).for_each(|_| {
        assert!(!decoder.is_full());
        decoder.end_row();
    });
    assert!(decoder.is_full());
    assert_eq!(decoder.take().unwrap().records.num_rows(), BATCH_ROWS);
    let mut decoder = Decoder::new(&scan(vec![ScanColumn { max_length: 2_000_000, ..column("bytes") }]));
    let megabyte = vec![7; 1 << 20];
    let mut rows = 0;
    while !decoder.is_full() {
        decoder.push(0, Cell::Bytes(&megabyte));
        rows = decoder.end_row();
    }
    assert_eq!(rows, 16);
}

proptest! {
    #[test]
    fn every_day_is_the_day_that_jiff_counts(days in -700_000_i64..2_900_000) {
        let date = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        prop_assume!(date.year() >= 1);
        prop_assert_eq!(moment::date(&date.to_string(), None), Ok(i32::try_from(days).unwrap()));
    }

    #[test]
    fn decimals_round_trip_and_halves_are_exact(value in -99_999_999_i64..=99_999_999) {
        let text = format!("{}{}.{:02}", if value < 0 { "-" } else { "" }, value.abs() / 100, value.abs() % 100);
        prop_assert_eq!(literal::decimal(&text, 8, 2), Ok(i128::from(value)));
        let quarters = value as f64 / 4.0;
        prop_assert_eq!(literal::exact(quarters, 20, 2), Ok(i128::from(value) * 25));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..40), real: f64) {
        for value_type in ["text", "integer", "decimal(5,2)", "boolean", "date", "partial-date", "timestamp", "uuid",
            "code(sex)", "place(2,5)", "bytes"] {
            for cell in [Cell::Text(&bytes), Cell::Bytes(&bytes), Cell::Nested(&bytes), Cell::Real(real)] {
                let batch = decode(column(value_type), cell);
                prop_assert_eq!(batch.records.num_rows(), 1);
            }
        }
    }
}

#[test]
fn types_are_those_of_the_plan() {
    let batch = decode(column("timestamp"), Cell::Null);
    assert_eq!(batch.records.column(0).data_type(), &crate::types::arrow_type(&ValueType::Timestamp));
}
