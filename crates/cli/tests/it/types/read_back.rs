//! How does a partner read the file, with readers that are not ours?

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use arrow::array::{Array, AsArray};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

/// Fields of a record but its label. Every value is the text that a partner's guide says it has.
pub(super) type Record = BTreeMap<String, Option<String>>;

/// Records by their label.
pub(super) type Records = BTreeMap<String, Record>;

/// The records in an opened package.
pub(super) fn read(opened: &Path, kind: &str, audience: &str) -> Records {
    let rows = match kind {
        "csv" => csv(&only(opened, "csv"), audience == "people"),
        "json-lines" => json_lines(&only(opened, "jsonl")),
        _ => parquet(&only(opened, "parquet")),
    };
    let mut records = Records::new();
    for mut row in rows {
        let label = row.remove("label").flatten().expect("a record without its label");
        assert!(records.insert(label.clone(), row).is_none(), "{label} stands twice");
    }
    records
}

/// The same where an empty text is nothing.
pub(super) fn without_empty(records: &Records) -> Records {
    let mut records = records.clone();
    for value in records.values_mut().flat_map(BTreeMap::values_mut) {
        value.take_if(|text| text.is_empty());
    }
    records
}

fn only(opened: &Path, ending: &str) -> PathBuf {
    let files = fs::read_dir(opened).unwrap().map(|entry| entry.unwrap().path());
    let found: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|end| end == ending)).collect();
    assert_eq!(found.len(), 1, "{found:?}");
    found[0].clone()
}

fn csv(path: &Path, for_people: bool) -> Vec<Record> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let names = reader.headers().unwrap().clone();
    let value = |cell: &str| {
        // The one rule that the guide tells: an apostrophe at the beginning is not part of the value.
        let cell = if for_people { cell.strip_prefix('\'').unwrap_or(cell) } else { cell };
        Some(cell.to_owned()).filter(|cell| !cell.is_empty())
    };
    let row = |row: csv::StringRecord| names.iter().map(str::to_owned).zip(row.iter().map(value)).collect();
    reader.records().map(|read| row(read.unwrap())).collect()
}

fn json_lines(path: &Path) -> Vec<Record> {
    let value = |value: &Value| match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        nested => panic!("{nested}"),
    };
    let text = fs::read_to_string(path).unwrap();
    let line = |line: &str| {
        let object: serde_json::Map<String, Value> = serde_json::from_str(line).unwrap();
        object.iter().map(|(name, member)| (name.clone(), value(member))).collect()
    };
    text.split_terminator('\n').map(line).collect()
}

fn parquet(path: &Path) -> Vec<Record> {
    let reader = ParquetRecordBatchReaderBuilder::try_new(File::open(path).unwrap()).unwrap().build().unwrap();
    let mut rows = Vec::new();
    for batch in reader {
        let batch = batch.unwrap();
        let schema = batch.schema();
        for row in 0..batch.num_rows() {
            let fields = schema.fields().iter().zip(batch.columns());
            rows.push(fields.map(|(field, array)| (field.name().clone(), text(array.as_ref(), row))).collect());
        }
    }
    rows
}

/// A value of Parquet as the other formats write it.
fn text(array: &dyn Array, row: usize) -> Option<String> {
    if array.is_null(row) {
        return None;
    }
    Some(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().value(row).to_owned(),
        DataType::Int64 => array.as_primitive::<Int64Type>().value(row).to_string(),
        DataType::Decimal128(..) => array.as_primitive::<Decimal128Type>().value_as_string(row),
        DataType::Boolean => array.as_boolean().value(row).to_string(),
        DataType::Date32 => array.as_primitive::<Date32Type>().value_as_date(row).unwrap().to_string(),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if zone.as_ref() == "UTC" => {
            let micros = array.as_primitive::<TimestampMicrosecondType>().value(row);
            let seconds = jiff::Span::new().seconds(micros.div_euclid(1_000_000));
            let second = jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0).checked_add(seconds);
            let Ok(second) = second else { return Some(format!("microsecond {micros}")) };
            let fraction = match micros.rem_euclid(1_000_000) {
                0 => String::new(),
                fraction => format!(".{fraction:06}"),
            };
            second.strftime("%Y-%m-%dT%H:%M:%S").to_string() + &fraction + "Z"
        }
        DataType::Binary => STANDARD.encode(array.as_binary::<i32>().value(row)),
        other => panic!("no file of ours has {other}"),
    })
}
