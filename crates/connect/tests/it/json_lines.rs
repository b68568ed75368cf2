//! Is a JSON Lines file read exactly, and refused with its line where it is not one?

use std::fs;

use causeway_flow::source::SourceError;
use causeway_model::Code;
use causeway_model::catalogue::Connection;

use crate::fixture::{faults, gz, json_lines, read, refused, rows, scan, texts};

const COLUMNS: &[(&str, &str)] = &[("name", "text"), ("amount", "decimal(8,2)")];

fn read_bytes(name: &str, bytes: &[u8]) -> Result<Vec<causeway_flow::Batch>, SourceError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), bytes).unwrap();
    read(&json_lines(name), dir.path(), &scan(None, COLUMNS))
}

fn many(rows: usize) -> String {
    (0..rows).map(|row| format!("{{\"name\":\"Zuri \\u0041 {row}\",\"note\":[{{}}],\"amount\":{row}.50}}\n")).collect()
}

#[test]
fn records_are_read_and_numbers_stay_exact() {
    let text = many(10_000);
    for (name, bytes) in [
        ("a.jsonl", text.as_bytes().to_vec()),
        ("a.jsonl.gz", gz(text.as_bytes())),
        ("a.jsonl.zst", zstd::encode_all(text.as_bytes(), 3).unwrap()),
        ("b.jsonl", text.trim_end().as_bytes().to_vec()),
    ] {
        let batches = read_bytes(name, &bytes).unwrap();
        assert_eq!((rows(&batches), faults(&batches).len()), (10_000, 0), "{name}");
        assert_eq!(texts(&batches, 0)[9_999], "Zuri A 9999");
    }
}

#[test]
fn bad_cells_are_faults() {
    let text = b"{\"name\":[\"Ana\"],\"amount\":1}\n{\"amount\":1e2,\"name\":\"\\ud800\"}\n\n{\"name\":null}\n{\"name\":true,\"amount\":\"2.5\"}\n{\"name\":\"A\xff\"}\n";
    let batches = read_bytes("a.jsonl", text).unwrap();
    assert_eq!(texts(&batches, 0), ["-", "-", "-", "-", "-"]);
    let mut found: Vec<_> = faults(&batches).into_iter().map(|(_, code, value)| (code, value.unwrap())).collect();
    found.sort();
    let expected = [
        (Code::InvalidUtf8, r"A\xFF"),
        (Code::InvalidUtf8, r"\xED\xA0\x80"),
        (Code::WrongType, "1e2"),
        (Code::WrongType, "[\"Ana\"]"),
        (Code::WrongType, "true"),
    ];
    assert_eq!(found, expected.map(|(code, value)| (code, value.to_owned())));
}

#[test]
fn what_is_no_json_lines_file_is_refused_at_its_line() {
    let good = "{\"name\":\"Zuri\",\"amount\":1}\n";
    for (tail, code, words) in [
        ("[\"Zuri\"]\n", Code::WrongType, "line 2 byte 1: a record must be an object"),
        ("{\"name\":\"Zuri\",\"name\":\"Zuri\"}\n", Code::WrongType, "line 2 byte 16: a member stands twice"),
        ("{\"x\":1,\"\\u0078\":2}\n", Code::WrongType, "a member stands twice"),
        ("{\"name\":\"Zuri\"\n", Code::WrongType, "line 2"),
        ("{\"name\":\"Zu", Code::SourceEndedEarly, "the file ends there"),
        ("{\"name\":\"Zuri\"} {}\n", Code::WrongType, "something stands after the object"),
    ] {
        refused(read_bytes("a.jsonl", format!("{good}{tail}").as_bytes()), code, words);
    }
    refused(read_bytes("a.jsonl", b"{\"nom\":\"Zuri\",\"amount\":1}\n"), Code::ColumnMissing, "has a member `name`");
    let long = format!("{good}{{\"name\":\"{}\"}}\n", "Zuri".repeat(5 << 20));
    refused(read_bytes("a.jsonl", long.as_bytes()), Code::ValueOversize, "line 2: the record is longer");
    assert_eq!(rows(&read_bytes("a.jsonl", b"").unwrap()), 0);
}

#[test]
fn early_ends_are_found() {
    let text = many(10_000);
    let packed = gz(text.as_bytes());
    refused(read_bytes("a.jsonl.gz", &packed[..packed.len() * 6 / 10]), Code::SourceEndedEarly, "cut off");
    let cut = text[..text.len() * 6 / 10].rfind("note").unwrap();
    refused(read_bytes("a.jsonl", &text.as_bytes()[..cut]), Code::SourceEndedEarly, "the file ends there");
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.jsonl"), many(6)).unwrap();
    let stated = crate::fixture::source(Connection::JsonLines { path: "a.jsonl".into(), records: Some(10) });
    refused(read(&stated, dir.path(), &scan(None, COLUMNS)), Code::SourceEndedEarly, "6 records, and 10 were stated");
}
