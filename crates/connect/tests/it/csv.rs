//! Is a CSV file read exactly, and refused with its line where it is not one?

use std::fs;

use causeway_connect::source;
use causeway_flow::source::{SourceError, Watch};
use causeway_model::Code;
use causeway_model::catalogue::Connection;

use crate::fixture::{csv, faults, gz, now, read, refused, rows, scan, texts};

const COLUMNS: &[(&str, &str)] = &[("name", "text"), ("amount", "decimal(8,2)")];

fn read_bytes(name: &str, bytes: &[u8]) -> Result<Vec<causeway_flow::Batch>, SourceError> {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join(name), bytes).unwrap();
    read(&csv(name), dir.path(), &scan(None, COLUMNS))
}

fn many(rows: usize) -> String {
    let lines = (0..rows).map(|row| format!("\"Zuri, invented {row}\",{row}.50,not asked for\r\n"));
    std::iter::once("name,amount,note\r\n".to_owned()).chain(lines).collect()
}

#[test]
fn plain_gz_and_zst_are_the_same_records() {
    let text = many(10_000);
    for (name, bytes) in [
        ("a.csv", text.as_bytes().to_vec()),
        ("a.csv.gz", gz(text.as_bytes())),
        ("b.csv.gz", [gz(&text.as_bytes()[..1_000]), gz(&text.as_bytes()[1_000..])].concat()),
        ("a.csv.zst", zstd::encode_all(text.as_bytes(), 3).unwrap()),
        ("mark.csv", [b"\xef\xbb\xbf", text.as_bytes()].concat()),
    ] {
        let batches = read_bytes(name, &bytes).unwrap();
        assert_eq!(rows(&batches), 10_000, "{name}");
        assert_eq!(texts(&batches, 0)[9_999], "Zuri, invented 9999");
        assert!(faults(&batches).is_empty());
    }
}

#[test]
fn a_file_that_is_cut_at_60_percent_is_an_early_end() {
    let text = many(10_000);
    let cut = |bytes: &[u8]| bytes[..bytes.len() * 6 / 10].to_vec();
    let quote = text[..text.len() * 6 / 10].rfind("\"Zuri").unwrap() + 3;
    refused(read_bytes("a.csv", &text.as_bytes()[..quote]), Code::SourceEndedEarly, "never closed");
    let comma = text[..text.len() * 6 / 10].rfind("\",").unwrap() + 3;
    refused(read_bytes("a.csv", &text.as_bytes()[..comma]), Code::SourceEndedEarly, "the file is cut off");
    refused(read_bytes("a.csv.gz", &cut(&gz(text.as_bytes()))), Code::SourceEndedEarly, "cut off");
    let zst = zstd::encode_all(text.as_bytes(), 3).unwrap();
    refused(read_bytes("a.csv.zst", &cut(&zst)), Code::SourceEndedEarly, "cut off");
    refused(read_bytes("a.csv", b""), Code::SourceEndedEarly, "empty");
    // A cut between two lines shows only where the sender states how many records there are.
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), many(6)).unwrap();
    let stated = |records| {
        let connect = Connection::Csv { path: "a.csv".into(), delimiter: None, records: Some(records) };
        read(&crate::fixture::source(connect), dir.path(), &scan(None, COLUMNS))
    };
    assert_eq!(rows(&stated(6).unwrap()), 6);
    refused(stated(10), Code::SourceEndedEarly, "6 records, and 10 were stated");
    refused(stated(5), Code::SourceEndedEarly, "6 records, and 5 were stated");
}

#[test]
fn what_is_no_csv_is_refused_at_its_line() {
    for (text, code, words) in [
        ("name,amount\nZuri,1\nZuri,2,3\nZuri,4\n", Code::WrongType, "line 3 has 3 fields, and the header has 2"),
        ("name,amount\nZuri,1\nZuri\nZuri,4\n", Code::WrongType, "line 3 has 1 fields"),
        ("name,amount\nZuri,1\n\nZuri,4\n", Code::WrongType, "line 3 has 1 fields"),
        ("name,amount\nZuri,1\0\n", Code::WrongType, "line 2: a NUL byte"),
        ("name,amount,name\nZuri,1,2\n", Code::WrongType, "columns 1 and 3 have the same name"),
        ("Zuri,Zuri\n", Code::WrongType, "columns 1 and 2"),
        ("name,sum\nZuri,1\n", Code::ColumnMissing, "`a.csv` has no column `amount`"),
        ("name,amount\nZu\"ri,1\n", Code::WrongType, "line 2: a quote inside"),
    ] {
        refused(read_bytes("a.csv", text.as_bytes()), code, words);
    }
    refused(read_bytes("a.csv.gz", b"name,amount\nZuri,1\n"), Code::WrongType, "not compressed as its name says");
    refused(read_bytes("a.csv.zst", b"name,amount\nZuri,1\n"), Code::WrongType, "not compressed as its name says");
    let utf_16: Vec<u8> = "name,amount\nZuri,1\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    refused(read_bytes("a.csv", &utf_16), Code::WrongType, "UTF-16");
}

#[test]
fn bad_cells_are_faults_and_empty_text_is_text() {
    let batches = read_bytes("a.csv", b"amount,name\n1.5,Ana\n1e3,Zu\xffri\n,\n2.505,\"\"\n").unwrap();
    assert_eq!(texts(&batches, 0), ["Ana", "-", "", ""]);
    let found: Vec<_> = faults(&batches).into_iter().map(|(subject, code, _)| (subject, code)).collect();
    let expected = [("amount", Code::WrongType), ("name", Code::InvalidUtf8), ("amount", Code::WrongType)];
    let mut expected = expected.map(|(name, code)| (format!("person.{name}"), code)).to_vec();
    let mut found = found;
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
}

#[test]
fn a_file_that_changes_under_the_snapshot_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    fs::write(&path, many(200_000)).unwrap();
    let opened = source::open(&csv("a.csv"), dir.path()).unwrap();
    let mut snapshot = opened.snapshot(now(), &Watch::default()).unwrap();
    let mut stream = snapshot.scan(&scan(None, COLUMNS)).unwrap();
    stream.next().unwrap().unwrap();
    let mut file = fs::OpenOptions::new().append(true).open(&path).unwrap();
    std::io::Write::write_all(&mut file, b"one more,1.00,x\r\n").unwrap();
    let error = stream.last().unwrap().unwrap_err();
    assert_eq!(error.code, Code::SourceEndedEarly);
    assert!(error.detail.contains("changed while it was read"), "{error}");
    assert!(snapshot.scan(&scan(None, COLUMNS)).is_err(), "nor is it read once more");

    let mut snapshot = opened.snapshot(now(), &Watch::default()).unwrap();
    fs::write(dir.path().join("new.csv"), many(3)).unwrap();
    fs::rename(dir.path().join("new.csv"), &path).unwrap();
    assert!(snapshot.scan(&scan(None, COLUMNS)).is_err(), "another file under the same name");
}

#[test]
fn a_cancelled_run_and_a_dropped_stream_stop() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), many(100_000)).unwrap();
    let watch = Watch::default();
    let mut snapshot = source::open(&csv("a.csv"), dir.path()).unwrap().snapshot(now(), &watch).unwrap();
    drop(snapshot.scan(&scan(None, COLUMNS)).unwrap());
    let mut stream = snapshot.scan(&scan(None, COLUMNS)).unwrap();
    stream.next().unwrap().unwrap();
    watch.cancel();
    assert_eq!(stream.last().unwrap().unwrap_err().code, Code::Cancelled);
}

#[test]
fn other_delimiters_and_two_elements_of_one_column() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.csv"), "name;amount\nAna;1\n").unwrap();
    let with = |delimiter| {
        crate::fixture::source(Connection::Csv { path: "a.csv".into(), delimiter: Some(delimiter), records: None })
    };
    let batches = read(&with(';'), dir.path(), &scan(None, &[("name", "text"), ("name", "text")])).unwrap();
    assert_eq!((texts(&batches, 0), texts(&batches, 1)), (vec!["Ana".to_owned()], vec!["Ana".to_owned()]));
    refused(read(&with('€'), dir.path(), &scan(None, COLUMNS)), Code::SourceUnreachable, "cannot delimit");
}
