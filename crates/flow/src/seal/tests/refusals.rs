//! What is refused, and does the refusal say what and where without a value?

use std::sync::Arc;

use arrow::array::{ArrayRef, Float64Array, Int64Array, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::{Field, Schema};
use causeway_model::exchange::{Audience, FormatKind};

use super::batches::{batch, list, objects, texts};
use super::{back, format, parts};
use crate::seal::{EncodeError, Encoder};

fn refusal(kind: FormatKind, columns: Vec<(&str, ArrayRef)>) -> EncodeError {
    Encoder::new(format(kind, Audience::Machine), batch(columns).schema()).unwrap_err()
}

#[test]
fn schemas_that_no_exchange_has() {
    let names: ArrayRef = Arc::new(StringArray::from(vec!["Zuri"]));
    let numbers: ArrayRef = Arc::new(Float64Array::from(vec![1.5]));
    let nested = list(objects(vec![("weight", numbers.clone())], vec![true]), &[Some(1)]);
    let twice = list(objects(vec![("kind", names.clone()), ("kind", names.clone())], vec![true]), &[Some(1)]);
    let parquet = FormatKind::Parquet;
    assert_eq!(
        refusal(parquet, vec![("weight", numbers)]).to_string(),
        "field `weight` has the type Float64, which no output has"
    );
    assert_eq!(
        refusal(parquet, vec![("needs", nested)]).to_string(),
        "field `needs.item.weight` has the type Float64, which no output has"
    );
    assert_eq!(
        refusal(parquet, vec![("needs", twice)]).to_string(),
        "two fields are called `needs.item.kind`: rename one of them"
    );
    assert!(matches!(
        refusal(FormatKind::Csv, vec![("a", names.clone()), ("a", names.clone())]),
        EncodeError::DuplicateName { field } if field == "a"
    ));
    assert!(matches!(
        refusal(FormatKind::Csv, vec![("a", names.clone()), ("tongues", list(names, &[Some(1)]))]),
        EncodeError::NestedInCsv { field } if field == "tongues"
    ));
    let zoneless: ArrayRef = Arc::new(TimestampMicrosecondArray::from(vec![0]));
    assert!(matches!(refusal(parquet, vec![("seen", zoneless)]), EncodeError::UnsupportedType { .. }));
    let empty = Encoder::new(format(FormatKind::Csv, Audience::Machine), Arc::new(Schema::empty()));
    assert_eq!(empty.unwrap_err(), EncodeError::NoFields);
}

#[test]
fn batches_of_other_columns_and_parts_out_of_order() {
    let (names, camps) = (texts("name", [Some("Zuri")]), texts("camp", [Some("Invented Camp")]));
    for kind in [FormatKind::Csv, FormatKind::JsonLines, FormatKind::Parquet] {
        let mut encoder = Encoder::new(format(kind, Audience::Machine), names.schema()).unwrap();
        assert_eq!(encoder.cells(&camps).unwrap_err(), EncodeError::OtherColumns { column: 1 });
        let cells = encoder.cells(&names).unwrap();
        let mut out = Vec::new();
        assert_eq!(encoder.end_part(&mut out), Err(EncodeError::OutOfOrder));
        assert_eq!(encoder.batch(&cells, &mut out), Err(EncodeError::OutOfOrder));
        assert_eq!(encoder.record(cells.records().next().unwrap(), b"", &mut out), Err(EncodeError::OutOfOrder));
        assert!(out.is_empty());
        encoder.begin_part(&mut out).unwrap();
        assert_eq!(encoder.begin_part(&mut out), Err(EncodeError::OutOfOrder));
        encoder.end_part(&mut out).unwrap();
        assert_eq!((encoder.end_part(&mut out), encoder.part_size()), (Err(EncodeError::OutOfOrder), 0));
    }
}

fn unreadable(kind: FormatKind, file: &str) -> String {
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    let names: ArrayRef = Arc::new(StringArray::from(vec!["Zuri"]));
    let batch = batch(vec![("name", names), ("members", numbers)]);
    back(&[file.as_bytes().to_vec()], &batch, format(kind, Audience::Machine)).unwrap_err().to_string()
}

#[test]
fn csv_that_is_not_ours() {
    let csv = |file| unreadable(FormatKind::Csv, file);
    assert_eq!(
        csv("name,members\nZuri,3\nAmal,three\n"),
        "record 2, field `members`: expected a whole number of 64 bits"
    );
    assert_eq!(csv("name,members\nZuri\n"), "record 1: it has more or fewer cells than the header");
    let other = "the data file has other fields than the manifest, first at field ";
    assert_eq!(csv("name,size\n"), format!("{other}2: expected `members`"));
    assert_eq!(csv("name,members,camp\n"), format!("{other}3: expected ``"));
    assert_eq!(csv(""), format!("{other}1: expected `name`"));
}

#[test]
fn json_lines_that_are_not_ours() {
    let json = |file| unreadable(FormatKind::JsonLines, file);
    let members = "record 1: its members are not the fields of the manifest in their order";
    assert_eq!(
        json("{\"name\":\"Zuri\",\"members\":\"3\"}\n"),
        "record 1, field `members`: expected a whole number of 64 bits"
    );
    assert_eq!(json("{\"name\":3,\"members\":3}\n"), "record 1, field `name`: expected text");
    assert_eq!(json("{\"members\":3,\"name\":\"Zuri\"}\n"), members);
    assert_eq!(json("{\"name\":\"Zuri\"}\n"), members);
    assert_eq!(json("{\"name\":\"Zuri\",\"members\":3}"), "record 1: the file ends within it");
    assert_eq!(json("[]\n"), "record 1: it is not one JSON object");
}

#[test]
fn a_value_that_must_be_there_is_missed() {
    let schema = Arc::new(Schema::new(vec![Field::new("name", arrow::datatypes::DataType::Utf8, false)]));
    let mut records = crate::seal::read::csv("name\n\"\"\n".as_bytes(), schema, Audience::Machine).unwrap();
    assert!(records.next().unwrap().is_err());
}

#[test]
fn parquet_that_is_damaged() {
    let batch = texts("name", [Some("Zuri")]);
    let form = format(FormatKind::Parquet, Audience::Machine);
    let mut part = parts(std::slice::from_ref(&batch), form).concat();
    part.truncate(part.len() - 9);
    let error = back(&[part], &batch, form).unwrap_err().to_string();
    assert_eq!(error, "the Parquet file cannot be read (damaged or not Parquet): verify the package first");
}
