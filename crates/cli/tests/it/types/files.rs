//! What comes of the values of SQLite, and of files: CSV, JSON Lines, Parquet?

use std::fs;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{ArrayRef, BinaryArray, Int64Array, StringArray};
use arrow::compute::{CastOptions, cast_with_options};
use arrow::datatypes::{DataType, TimeUnit};
use arrow::record_batch::RecordBatch;
use parquet::arrow::ArrowWriter;

use super::holding::{Holding, column, columns, expanded, label, script};
use super::scene::Scene;
use super::*;

const SQLITE: &[Edge] = &[
    ("TEXT", "text", "'Zuri, \"the second\"' || char(10)", As("Zuri, \"the second\"\n")),
    ("TEXT", "text", "''", As("")),
    ("TEXT", "text", "NULL", Nothing),
    ("TEXT", "text", "'a' || char(0) || 'b'", As("a\0b")),
    ("TEXT", "text", "CAST(x'5aff' AS TEXT)", Not("invalid-utf8")),
    ("TEXT", "text", "'زوري 🕊'", As("زوري 🕊")),
    ("BLOB", "text", "x'5a757269'", WRONG),
    ("BLOB", "text", "7", As("7")),
    ("BLOB", "text", "7.5", WRONG),
    ("TEXT", "integer", "'-9223372036854775808'", As("-9223372036854775808")),
    ("INTEGER", "integer", "9223372036854775807", As("9223372036854775807")),
    ("INTEGER", "integer", "9223372036854775808", WRONG),
    ("INTEGER", "integer", "'twelve'", WRONG),
    ("INTEGER", "integer", "NULL", Nothing),
    ("INTEGER", "boolean", "1", As("true")),
    ("INTEGER", "boolean", "2", WRONG),
    ("REAL", "decimal(9,2)", "12.25", As("12.25")),
    ("REAL", "decimal(9,2)", "0.1", WRONG),
    ("REAL", "decimal(9,2)", "9e999", WRONG),
    (
        "TEXT",
        "decimal(38,2)",
        "'123456789012345678901234567890123456.78'",
        As("123456789012345678901234567890123456.78"),
    ),
    ("TEXT", "decimal(38,2)", "'1.005'", WRONG),
    ("TEXT", "date", "'2000-02-29'", As("2000-02-29")),
    ("TEXT", "date", "'1900-02-29'", IMPOSSIBLE),
    ("INTEGER", "date", "20110217", WRONG),
    ("INTEGER", "partial-date", "2011", As("2011")),
    ("TEXT", "timestamp", "'2026-01-01T01:30:00.000001+03:00'", As("2025-12-31T22:30:00.000001Z")),
    ("TEXT", "timestamp", "'2026-01-01 01:30:00'", WRONG),
    ("TEXT", "timestamp %Y-%m-%d %H:%M:%S", "'2026-01-01 01:30:00'", As("2026-01-01T01:30:00Z")),
    ("TEXT", "uuid", "'0A0B0C0D00004000800000000000000F'", As("0a0b0c0d-0000-4000-8000-00000000000f")),
    ("BLOB", "bytes", "x'00ff27'", As("AP8n")),
    ("BLOB", "bytes", "x''", As("")),
    ("TEXT", "code(sex)", "'F'", As("F")),
    ("TEXT", "code(sex)", "'f'", UNKNOWN),
    ("INTEGER", "code(number)", "-2", As("-2")),
    ("TEXT", "place(2,5,8)", "'KE106322'", As("KE106322")),
];

const CSV: &[Edge] = &[
    ("cell", "text", "Zuri", As("Zuri")),
    ("cell", "text", "", As("")),
    ("cell", "text", "\"Zuri, \"\"the second\"\"\r\nline\"", As("Zuri, \"the second\"\r\nline")),
    ("cell", "text", " Zuri ", As(" Zuri ")),
    ("cell", "text", "NULL", As("NULL")),
    ("cell", "text", "زوري 🕊", As("زوري 🕊")),
    ("cell", "text", "ዙ*500", As("ዙ*500")),
    ("cell", "text", "ዙ*501", OVERSIZE),
    ("cell", "integer", "-9223372036854775808", As("-9223372036854775808")),
    ("cell", "integer", "9223372036854775808", WRONG),
    ("cell", "integer", "007", WRONG),
    ("cell", "integer", " 7", WRONG),
    ("cell", "integer", "+7", WRONG),
    ("cell", "integer", "", Nothing),
    ("cell", "boolean", "TRUE", As("true")),
    ("cell", "boolean", "0", As("false")),
    ("cell", "boolean", "no", WRONG),
    (
        "cell",
        "decimal(38,2)",
        "-999999999999999999999999999999999999.99",
        As("-999999999999999999999999999999999999.99"),
    ),
    ("cell", "decimal(38,2)", "1000000000000000000000000000000000000", WRONG),
    ("cell", "decimal(38,2)", "12.5", As("12.50")),
    ("cell", "decimal(38,2)", "\"1,5\"", WRONG),
    ("cell", "decimal(38,2)", "NaN", WRONG),
    ("cell", "date", "0001-01-01", As("0001-01-01")),
    ("cell", "date", "2011-02-30", IMPOSSIBLE),
    ("cell", "date", "0000-00-00", IMPOSSIBLE),
    ("cell", "partial-date", "2011-02", As("2011-02")),
    ("cell", "timestamp", "2026-01-01T01:30:00.1234560+05:45", As("2025-12-31T19:45:00.123456Z")),
    ("cell", "timestamp", "2026-01-01T01:30:00.1234567Z", WRONG),
    ("cell", "timestamp", "0001-01-01T00:00:00+00:01", IMPOSSIBLE),
    ("cell", "timestamp", "9999-12-31T23:59:59-00:01", IMPOSSIBLE),
    ("cell", "timestamp %Y-%m-%d %H:%M:%S", "9999-12-31 23:59:59", As("9999-12-31T23:59:59Z")),
    ("cell", "timestamp %Y-%m-%d %H:%M:%S", "0001-01-01 00:00:00", As("0001-01-01T00:00:00Z")),
    ("cell", "timestamp %Y-%m-%d %H:%M:%S", "0000-12-31 00:00:00", IMPOSSIBLE),
    ("cell", "timestamp %Y-%m-%d %H:%M:%S %z", "2026-01-01 01:30:00 +0545", As("2025-12-31T19:45:00Z")),
    ("cell", "timestamp %Y-%m-%d %H:%M:%S %z", "9999-12-31 23:59:59 -0001", IMPOSSIBLE),
    ("cell", "timestamp %Y-%m-%d %H:%M:%S %Q", "2026-01-01 01:30:00 Africa/Nairobi", WRONG),
    ("cell", "timestamp %s", "1767231000", As("2026-01-01T01:30:00Z")),
    ("cell", "timestamp %Y-%m-%d %H:%M:%S%.f", "2026-01-01 01:30:00.1234567", WRONG),
    ("cell", "date %Y-%m-%d", "9999-12-31", As("9999-12-31")),
    ("cell", "date %Y-%m-%d", "0000-12-31", IMPOSSIBLE),
    ("cell", "date %Y-%m-%d", "-0044-03-15", IMPOSSIBLE),
    ("cell", "partial-date %Y", "-0044", IMPOSSIBLE),
    ("cell", "partial-date %m/%Y", "02/2011", As("2011-02")),
    ("cell", "uuid", "urn:uuid:0A0B0C0D-0000-4000-8000-00000000000F", As("0a0b0c0d-0000-4000-8000-00000000000f")),
    ("cell", "uuid", "0", WRONG),
    ("cell", "bytes", "Zuri", As("WnVyaQ==")),
    ("cell", "code(sex)", "F", As("F")),
    ("cell", "code(sex)", "Q", UNKNOWN),
    ("cell", "place(2,5,8)", "KE106322", As("KE106322")),
];

const JSON_LINES: &[Edge] = &[
    ("member", "text", r#""Zuri, \"the second\"""#, As("Zuri, \"the second\"")),
    ("member", "text", r#""\u0000\u001b\ud83d\udd4a\u2028""#, As("\0\u{1b}🕊\u{2028}")),
    ("member", "text", r#""""#, As("")),
    ("member", "text", "null", Nothing),
    ("member", "text", "7", As("7")),
    ("member", "text", "7.0", WRONG),
    ("member", "text", "true", WRONG),
    ("member", "text", r#"["Zuri"]"#, WRONG),
    ("member", "text", r#"{"a": 1}"#, WRONG),
    ("member", "integer", "9223372036854775807", As("9223372036854775807")),
    ("member", "integer", "9007199254740993", As("9007199254740993")),
    ("member", "integer", "9223372036854775808", WRONG),
    ("member", "integer", "1e3", WRONG),
    ("member", "integer", r#""12""#, As("12")),
    ("member", "integer", "12.0", WRONG),
    ("member", "boolean", "true", As("true")),
    ("member", "boolean", "0", As("false")),
    ("member", "boolean", r#""false""#, As("false")),
    (
        "member",
        "decimal(38,2)",
        "123456789012345678901234567890123456.78",
        As("123456789012345678901234567890123456.78"),
    ),
    ("member", "decimal(38,2)", "0.1", As("0.10")),
    ("member", "decimal(38,2)", "-0", As("0.00")),
    ("member", "decimal(38,2)", "1.005", WRONG),
    ("member", "decimal(38,2)", "1e2", WRONG),
    ("member", "date", r#""2000-02-29""#, As("2000-02-29")),
    ("member", "date", "20000229", WRONG),
    ("member", "partial-date", "2011", As("2011")),
    ("member", "timestamp", r#""2026-01-01T01:30:00Z""#, As("2026-01-01T01:30:00Z")),
    ("member", "timestamp", "1767231000", WRONG),
    ("member", "uuid", r#""0a0b0c0d-0000-4000-8000-00000000000f""#, As("0a0b0c0d-0000-4000-8000-00000000000f")),
    ("member", "bytes", r#""Zuri""#, As("WnVyaQ==")),
    ("member", "code(sex)", r#""F""#, As("F")),
    ("member", "code(number)", "-2", As("-2")),
    ("member", "code(number)", "3", UNKNOWN),
    ("member", "place(2,5,8)", r#""KE106322""#, As("KE106322")),
];

const PARQUET: &[Edge] = &[
    ("utf8", "text", "Zuri, \"the second\"\n", As("Zuri, \"the second\"\n")),
    ("utf8", "text", "", As("")),
    ("dictionary", "code(sex)", "F", As("F")),
    ("dictionary", "code(sex)", "Q", UNKNOWN),
    ("int32", "integer", "-2147483648", As("-2147483648")),
    ("int64", "integer", "9223372036854775807", As("9223372036854775807")),
    ("int64", "text", "-7", As("-7")),
    ("uint64", "integer", "9223372036854775807", As("9223372036854775807")),
    ("uint64", "integer", "18446744073709551615", WRONG),
    ("uint64", "decimal(20,0)", "18446744073709551615", As("18446744073709551615")),
    ("float64", "decimal(9,2)", "12.25", As("12.25")),
    ("float64", "decimal(9,2)", "0.1", WRONG),
    ("float64", "decimal(9,2)", "NaN", WRONG),
    ("float64", "decimal(9,2)", "inf", WRONG),
    (
        "decimal128(38,2)",
        "decimal(38,2)",
        "-999999999999999999999999999999999999.99",
        As("-999999999999999999999999999999999999.99"),
    ),
    ("decimal128(38,2)", "decimal(9,2)", "12345678.90", WRONG),
    (
        "decimal256(60,2)",
        "decimal(38,2)",
        "999999999999999999999999999999999999.99",
        As("999999999999999999999999999999999999.99"),
    ),
    ("decimal256(60,2)", "decimal(38,2)", "1000000000000000000000000000000000000.00", WRONG),
    ("boolean", "boolean", "true", As("true")),
    ("date32", "date", "0001-01-01", As("0001-01-01")),
    ("date32", "date", "9999-12-31", As("9999-12-31")),
    ("date32", "partial-date", "2011-02-17", As("2011-02-17")),
    ("moment(us)", "timestamp", "2025-12-31T22:30:00.000001Z", As("2025-12-31T22:30:00.000001Z")),
    ("moment(s)", "timestamp", "1969-12-31T23:59:59Z", As("1969-12-31T23:59:59Z")),
    ("moment(ns)", "timestamp", "2025-12-31T22:30:00.000001Z", As("2025-12-31T22:30:00.000001Z")),
    ("moment(ns)", "timestamp", "2025-12-31T22:30:00.000000001Z", WRONG),
    ("clock(us)", "timestamp", "2025-12-31T22:30:00", WRONG),
    ("clock(us)", "timestamp %Y-%m-%dT%H:%M:%S", "2025-12-31T22:30:00", As("2025-12-31T22:30:00Z")),
    ("binary", "bytes", "00ff27", As("AP8n")),
    ("binary", "bytes", "", As("")),
    ("fixed(16)", "uuid", "0a0b0c0d00004000800000000000000f", As("0a0b0c0d-0000-4000-8000-00000000000f")),
    ("binary", "uuid", "00", WRONG),
    ("fixed(16)", "bytes", "0a0b0c0d00004000800000000000000f", As("CgsMDQAAQACAAAAAAAAADw==")),
    ("utf8", "uuid", "0A0B0C0D-0000-4000-8000-00000000000F", As("0a0b0c0d-0000-4000-8000-00000000000f")),
];

/// The type that a word of the table stands for.
fn data_type(word: &str) -> DataType {
    let moment = |unit| DataType::Timestamp(unit, Some("+03:00".into()));
    match word {
        "utf8" => DataType::Utf8,
        "dictionary" => DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8)),
        "int32" => DataType::Int32,
        "int64" => DataType::Int64,
        "uint64" => DataType::UInt64,
        "float64" => DataType::Float64,
        "decimal128(38,2)" => DataType::Decimal128(38, 2),
        "decimal256(60,2)" => DataType::Decimal256(60, 2),
        "boolean" => DataType::Boolean,
        "date32" => DataType::Date32,
        "moment(s)" => moment(TimeUnit::Second),
        "moment(us)" => moment(TimeUnit::Microsecond),
        "moment(ns)" => moment(TimeUnit::Nanosecond),
        "clock(us)" => DataType::Timestamp(TimeUnit::Microsecond, None),
        "binary" => DataType::Binary,
        "fixed(16)" => DataType::FixedSizeBinary(16),
        other => panic!("{other}"),
    }
}

/// A column of Parquet: the edges that are its own, nothing in the other rows.
fn array(at: usize, word: &str) -> ArrayRef {
    let own = |edge: &&Edge| column(PARQUET, edge) == at;
    let values = PARQUET.iter().map(|edge| Some(edge).filter(own).map(|edge| edge.2));
    let written: ArrayRef = match data_type(word) {
        DataType::Binary | DataType::FixedSizeBinary(_) => {
            let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
            let bytes = values.map(|value| value.map(|text| text.as_bytes().chunks(2).map(pair).collect::<Vec<u8>>()));
            Arc::new(bytes.collect::<BinaryArray>())
        }
        _ => Arc::new(values.collect::<StringArray>()),
    };
    let strict = CastOptions { safe: false, ..CastOptions::default() };
    cast_with_options(&written, &data_type(word), &strict).unwrap()
}

fn parquet_file() -> Vec<u8> {
    let count = PARQUET.len();
    let mut all: Vec<(String, ArrayRef, bool)> = vec![
        ("no".to_owned(), Arc::new(Int64Array::from_iter_values(0..count as i64)), true),
        ("label".to_owned(), Arc::new(StringArray::from_iter_values((0..count).map(label))), true),
    ];
    for (at, (word, _)) in columns(PARQUET).iter().enumerate() {
        all.push((format!("c{at}"), array(at, word), true));
    }
    let batch = RecordBatch::try_from_iter_with_nullable(all).unwrap();
    let mut bytes = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut bytes, batch.schema(), None).unwrap();
    writer.write(&batch).unwrap();
    writer.close().unwrap();
    bytes
}

/// Lines of CSV: each edge in its column, as the table writes the cell.
fn csv_file() -> String {
    let width = columns(CSV).len();
    let header: String = (0..width).map(|at| format!(",c{at}")).collect();
    let mut text = format!("no,label{header}\n");
    for (number, edge) in CSV.iter().enumerate() {
        let own = column(CSV, edge);
        let cell = |at: usize| if at == own { format!(",{}", expanded(edge.2)) } else { ",".to_owned() };
        text += &format!("{number},{}{}\n", label(number), (0..width).map(cell).collect::<String>());
    }
    text
}

fn json_lines_file() -> String {
    let line = |(number, edge): (usize, &Edge)| {
        format!("{{\"no\":{number},\"label\":\"{}\",\"c{}\":{}}}\n", label(number), column(JSON_LINES, edge), edge.2)
    };
    JSON_LINES.iter().enumerate().map(line).collect()
}

/// Sends the edges of a file that `write` makes.
fn holds(kind: &str, path: &str, edges: &'static [Edge], write: impl FnOnce(&Path)) {
    let scene = Scene::new();
    write(&scene.sources().join(path));
    let connect = format!("{{ {kind}: {{ path: {path} }} }}");
    let (is_database, empty_is_text) = (kind == "sqlite", kind == "csv");
    scene.holds(&Holding { name: "store", connect, is_database, empty_is_text, edges });
}

#[test]
fn values_of_sqlite_come_exactly_or_are_quarantined() {
    holds("sqlite", "edges.sqlite", SQLITE, |path| {
        rusqlite::Connection::open(path).unwrap().execute_batch(&script(SQLITE)).unwrap();
    });
}

#[test]
fn values_of_csv_come_exactly_or_are_quarantined() {
    holds("csv", "edges.csv", CSV, |path| fs::write(path, csv_file()).unwrap());
}

#[test]
fn values_of_json_lines_come_exactly_or_are_quarantined() {
    holds("json-lines", "edges.jsonl", JSON_LINES, |path| fs::write(path, json_lines_file()).unwrap());
}

#[test]
fn values_of_parquet_come_exactly_or_are_quarantined() {
    holds("parquet", "edges.parquet", PARQUET, |path| fs::write(path, parquet_file()).unwrap());
}
