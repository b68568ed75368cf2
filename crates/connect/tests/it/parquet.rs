//! Is a Parquet file read exactly, with only the declared columns?

use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, AsArray, Date32Array, Decimal128Array, DictionaryArray, Float64Array, Int32Array, ListBuilder,
    StringArray, StringBuilder, TimestampMicrosecondArray, UInt64Array,
};
use arrow::datatypes::{Date32Type, Decimal128Type, Int32Type, Int64Type, TimestampMicrosecondType};
use arrow::record_batch::RecordBatch;
use causeway_model::Code;
use causeway_model::catalogue::{Connection, Source};

use crate::fixture::{faults, read, refused, rows, scan, source, texts};

fn parquet() -> Source {
    source(Connection::Parquet { path: "a.parquet".into() })
}

fn write(path: &Path, columns: Vec<(&str, ArrayRef)>) {
    let batch = RecordBatch::try_from_iter(columns).unwrap();
    let mut writer = ::parquet::arrow::ArrowWriter::try_new(File::create(path).unwrap(), batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
}

#[test]
fn every_type_arrives_exactly() {
    let dir = tempfile::tempdir().unwrap();
    let sexes: DictionaryArray<Int32Type> = vec![Some("F"), Some("Q"), None].into_iter().collect();
    write(
        &dir.path().join("a.parquet"),
        vec![
            ("note", Arc::new(StringArray::from(vec!["x", "y", "z"]))),
            ("name", Arc::new(StringArray::from(vec![Some("Ana"), None, Some("ሰላም")]))),
            ("sex", Arc::new(sexes)),
            ("born", Arc::new(Date32Array::from(vec![0, 1, 15_022]))),
            ("amount", Arc::new(Decimal128Array::from(vec![1250, -5, 0]).with_precision_and_scale(8, 2).unwrap())),
            ("size", Arc::new(UInt64Array::from(vec![1, u64::MAX, 3]))),
            ("members", Arc::new(Int32Array::from(vec![1, 2, 3]))),
            ("share", Arc::new(Float64Array::from(vec![0.5, 0.1, 2.0]))),
            ("seen", Arc::new(TimestampMicrosecondArray::from(vec![1_500_000, 0, -1]).with_timezone("Africa/Nairobi"))),
        ],
    );
    let columns = [
        ("born", "date"),
        ("name", "text"),
        ("sex", "code(sex)"),
        ("amount", "decimal(8,2)"),
        ("size", "integer"),
        ("members", "integer"),
        ("share", "decimal(4,1)"),
        ("seen", "timestamp"),
        ("name", "text"),
    ];
    let batches = read(&parquet(), dir.path(), &scan(None, &columns)).unwrap();
    let column = |place: usize| batches[0].records.column(place).clone();
    assert_eq!(column(0).as_primitive::<Date32Type>().values().to_vec(), [0, 1, 15_022]);
    assert_eq!(texts(&batches, 1), ["Ana", "-", "ሰላም"]);
    assert_eq!(texts(&batches, 2), ["F", "-", "-"]);
    assert_eq!(column(3).as_primitive::<Decimal128Type>().values().to_vec(), [1250, -5, 0]);
    assert_eq!(column(5).as_primitive::<Int64Type>().values().to_vec(), [1, 2, 3]);
    assert_eq!(column(6).as_primitive::<Decimal128Type>().value(2), 20);
    assert_eq!(column(7).as_primitive::<TimestampMicrosecondType>().values().to_vec(), [1_500_000, 0, -1]);
    assert_eq!(texts(&batches, 8), texts(&batches, 1));
    let found: Vec<_> =
        faults(&batches).into_iter().map(|(subject, code, value)| (subject, code, value.unwrap())).collect();
    let expected = [
        ("person.sex", Code::CodeUnknown, "Q"),
        ("person.size", Code::WrongType, "18446744073709551615"),
        ("person.share", Code::WrongType, "0.1"),
    ];
    assert_eq!(found, expected.map(|(subject, code, value)| (subject.to_owned(), code, value.to_owned())));
    assert_eq!(rows(&read(&parquet(), dir.path(), &scan(None, &[])).unwrap()), 3);
}

#[test]
fn what_is_not_there_or_not_whole_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.parquet");
    let mut lists = ListBuilder::new(StringBuilder::new());
    lists.append_value([Some("x")]);
    write(&path, vec![("name", Arc::new(StringArray::from(vec!["Zuri"]))), ("many", Arc::new(lists.finish()))]);
    let all = || read(&parquet(), dir.path(), &scan(None, &[("name", "text")]));
    refused(read(&parquet(), dir.path(), &scan(None, &[("nom", "text")])), Code::ColumnMissing, "no column `nom`");
    refused(read(&parquet(), dir.path(), &scan(None, &[("many", "text")])), Code::ColumnRetyped, "no single value");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() * 6 / 10]).unwrap();
    refused(all(), Code::SourceEndedEarly, "its footer is missing");
    fs::write(&path, "name\nZuri\n").unwrap();
    refused(all(), Code::SourceUnreachable, "is not a Parquet file");
    let mut broken = bytes.clone();
    broken[4..bytes.len() / 3].fill(0xff);
    fs::write(&path, &broken).unwrap();
    let error = all().map(|batches| rows(&batches)).unwrap_err();
    assert!(matches!(error.code, Code::WrongType | Code::SourceEndedEarly), "{error}");
}
