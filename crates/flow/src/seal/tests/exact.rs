//! Which bytes exactly do the formats write?

use std::sync::Arc;

use arrow::array::{
    ArrayRef, BinaryArray, BooleanArray, Date32Array, Decimal128Array, Int64Array, StringArray,
    TimestampMicrosecondArray,
};
use arrow::record_batch::RecordBatch;
use causeway_model::exchange::{Audience, FormatKind};
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::batches::{batch, list, objects, texts};
use super::{back, format, parts, text};
use crate::seal::{Encoder, canonical};

fn invented() -> Vec<(&'static str, ArrayRef)> {
    let amounts = Decimal128Array::from(vec![Some(1250), None]).with_precision_and_scale(12, 2).unwrap();
    let moments = TimestampMicrosecondArray::from(vec![Some(1_782_820_800_000_000), None]).with_timezone("UTC");
    vec![
        ("name", Arc::new(StringArray::from(vec![Some("أمل \"Amal\""), None])) as ArrayRef),
        ("members", Arc::new(Int64Array::from(vec![Some(-4), None]))),
        ("amount", Arc::new(amounts)),
        ("consents", Arc::new(BooleanArray::from(vec![Some(true), None]))),
        ("born", Arc::new(Date32Array::from(vec![Some(0), None]))),
        ("seen", Arc::new(moments)),
        ("photo", Arc::new(BinaryArray::from(vec![Some(b"\xfb".as_slice()), None]))),
    ]
}

fn nested() -> RecordBatch {
    let documents = objects(
        vec![
            ("kind", Arc::new(StringArray::from(vec!["card", "pass\u{2028}port"])) as ArrayRef),
            ("year", Arc::new(Int64Array::from(vec![Some(2024), None]))),
        ],
        vec![true, true],
    );
    let mut columns = invented();
    columns.push(("documents", list(documents, &[Some(2), None])));
    batch(columns)
}

#[test]
fn csv() {
    let batch = batch(invented());
    let machine = "name,members,amount,consents,born,seen,photo\n\
        \"أمل \"\"Amal\"\"\",-4,12.50,true,1970-01-01,2026-06-30T12:00:00Z,+w==\n,,,,,,\n";
    assert_eq!(text(&batch, format(FormatKind::Csv, Audience::Machine)), machine);
    assert_eq!(text(&batch, format(FormatKind::Csv, Audience::People)), machine.replace("+w==", "'+w=="));
}

#[test]
fn json_lines() {
    let expected = "{\"name\":\"أمل \\\"Amal\\\"\",\"members\":-4,\"amount\":\"12.50\",\"consents\":true,\"born\":\"1970-01-01\",\
        \"seen\":\"2026-06-30T12:00:00Z\",\"photo\":\"+w==\",\
        \"documents\":[{\"kind\":\"card\",\"year\":2024},{\"kind\":\"pass\u{2028}port\",\"year\":null}]}\n\
        {\"name\":null,\"members\":null,\"amount\":null,\"consents\":null,\"born\":null,\"seen\":null,\"photo\":null,\"documents\":null}\n";
    assert_eq!(text(&nested(), format(FormatKind::JsonLines, Audience::People)), expected);
}

#[test]
fn json_lines_has_no_line_separator_in_a_text() {
    let form = format(FormatKind::JsonLines, Audience::Machine);
    let batch = texts("name", [Some("a\u{2028}b\u{2029}")]);
    assert_eq!(text(&batch, form), "{\"name\":\"a\\u2028b\\u2029\"}\n");
    assert_eq!(text(&texts("name", [Some("–")]), form), "{\"name\":\"–\"}\n");
}

#[test]
fn canonical_records() {
    let batch = nested();
    let mut out = Vec::new();
    canonical(&batch, 0, &mut out).unwrap();
    let expected = "أمل \"Amal\"|-4|12.50|true|1970-01-01|2026-06-30T12:00:00Z|+w==|\
        [{\"kind\":\"card\",\"year\":2024},{\"kind\":\"pass\u{2028}port\",\"year\":null}]";
    assert_eq!(String::from_utf8(out).unwrap(), expected.replace('|', "\u{1f}"));
    let mut out = Vec::new();
    canonical(&batch, 1, &mut out).unwrap();
    assert_eq!(out, [0x1f; 7]);
    assert!(canonical(&batch, 2, &mut out).is_err());
}

#[test]
fn csv_quotes_only_what_must_be_quoted_and_never_writes_an_empty_line() {
    let batch =
        texts("name", [Some(""), None, Some(" a;b\u{2028} "), Some("a\rb"), Some("a\nb"), Some("a,b"), Some("\"")]);
    let expected = "name\n\"\"\n\"\"\n a;b\u{2028} \n\"a\rb\"\n\"a\nb\"\n\"a,b\"\n\"\"\"\"\n";
    assert_eq!(text(&batch, format(FormatKind::Csv, Audience::Machine)), expected);
}

#[test]
fn people_see_formulas_neutralised_within_quotes_and_in_the_header() {
    let batch = texts("=name", [Some("=HYPERLINK(\"x\",1)"), Some("'x"), Some("+251911000000"), Some("+251 911")]);
    let people = "'=name\n\"'=HYPERLINK(\"\"x\"\",1)\"\n''x\n+251911000000\n'+251 911\n";
    let form = format(FormatKind::Csv, Audience::People);
    assert_eq!(text(&batch, form), people);
    assert_eq!(back(&[people.as_bytes().to_vec()], &batch, form).unwrap(), [batch]);
}

#[test]
fn the_header_stands_in_the_first_part_only() {
    let batch = texts("name", [Some("Zuri")]);
    let parts = parts(&[batch.clone(), batch.clone()], format(FormatKind::Csv, Audience::Machine));
    assert_eq!(parts, [b"name\nZuri\n".to_vec(), b"Zuri\n".to_vec()]);
}

#[test]
fn records_one_by_one_are_the_batch() {
    let (csv, lines) = (FormatKind::Csv, FormatKind::JsonLines);
    for (kind, audience) in [(csv, Audience::People), (csv, Audience::Machine), (lines, Audience::People)] {
        let batch = batch(invented());
        let form = format(kind, audience);
        let mut encoder = Encoder::new(form, batch.schema()).unwrap();
        let mut out = Vec::new();
        encoder.begin_part(&mut out).unwrap();
        for record in encoder.cells(&batch).unwrap().records() {
            let mut canonical = Vec::new();
            record.canonical(&mut canonical);
            encoder.record(record, &canonical, &mut out).unwrap();
            assert_eq!(encoder.part_size(), out.len() as u64);
        }
        assert_eq!(String::from_utf8(out).unwrap(), text(&batch, form));
    }
}

#[test]
fn slices_of_nested_batches_are_written_as_what_they_are() {
    let nested = nested();
    let form = format(FormatKind::JsonLines, Audience::Machine);
    let whole = text(&nested, form);
    assert_eq!(text(&nested.slice(0, 1), form) + &text(&nested.slice(1, 1), form), whole);
}

#[test]
fn parquet_parts_are_whole_files_with_bounded_row_groups() {
    let names: Vec<String> = (0..150_000).map(|number| format!("Invented {number}")).collect();
    let batches: Vec<RecordBatch> =
        names.chunks(10_000).map(|names| texts("name", names.iter().map(|name| Some(name.as_str())))).collect();
    let mut encoder = Encoder::new(format(FormatKind::Parquet, Audience::Machine), batches[0].schema()).unwrap();
    assert!(encoder.parts_are_files());
    let mut files = Vec::new();
    for _ in 0..2 {
        let mut out = Vec::new();
        encoder.begin_part(&mut out).unwrap();
        for batch in &batches {
            encoder.batch(&encoder.cells(batch).unwrap(), &mut out).unwrap();
        }
        assert!(out.len() > 10_000, "the full row group has left");
        assert!(encoder.part_size() > out.len() as u64, "the open one is counted");
        encoder.end_part(&mut out).unwrap();
        files.push(out);
    }
    assert_eq!(files[0], files[1]);
    let file = SerializedFileReader::new(bytes::Bytes::from(files[0].clone())).unwrap();
    let rows: Vec<i64> = file.metadata().row_groups().iter().map(|group| group.num_rows()).collect();
    assert_eq!(rows, [131_072, 18_928]);
    let read = back(&files[..1], &batches[0], format(FormatKind::Parquet, Audience::Machine)).unwrap();
    assert_eq!(read.iter().map(RecordBatch::num_rows).sum::<usize>(), names.len());
}

#[test]
fn a_parquet_part_without_records_still_tells_its_fields() {
    let batch = nested();
    let form = format(FormatKind::Parquet, Audience::Machine);
    let empty = parts(&[batch.slice(0, 0)], form);
    assert!(back(&empty, &batch, form).unwrap().iter().all(|batch| batch.num_rows() == 0));
    assert!(back(&empty, &texts("name", [None]), form).is_err());
}
