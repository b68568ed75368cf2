//! What do the tests read: small stores of invented people, and scans over them.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use arrow::array::{Array, AsArray};
use causeway_connect::source::{self, Pace};
use causeway_flow::Batch;
use causeway_flow::source::{Hint, Scan, ScanColumn, SourceError, Watch};
use causeway_model::catalogue::{Connection, Limits, Source};
use causeway_model::{Code, ElementRef};

pub fn now() -> jiff::Timestamp {
    "2026-03-01T22:00:00Z".parse().unwrap()
}

pub fn source(connect: Connection) -> Source {
    Source {
        name: "store".into(),
        description: String::new(),
        data: causeway_model::environment::DataKind::Real,
        connect,
        limits: Limits::default(),
    }
}

pub fn sqlite(path: &str) -> Source {
    source(Connection::Sqlite { path: path.into() })
}

pub fn csv(path: &str) -> Source {
    source(Connection::Csv { path: path.into(), delimiter: None, records: None })
}

pub fn json_lines(path: &str) -> Source {
    source(Connection::JsonLines { path: path.into(), records: None })
}

/// A scan of `table` with columns `NAME: TYPE`.
pub fn scan(table: Option<&str>, columns: &[(&str, &str)]) -> Scan {
    let column = |(place, (name, value_type)): (usize, &(&str, &str))| ScanColumn {
        name: format!("c{place}"),
        element: ElementRef::new("person", *name),
        column: (*name).into(),
        value_type: value_type.parse().unwrap(),
        codes: Some(Arc::new(["F", "M"].map(String::from).into())),
        max_length: 500,
        optional: true,
        format: None,
    };
    let columns = columns.iter().enumerate().map(column).collect();
    Scan {
        source: "store".into(),
        entity: "person".into(),
        table: table.map(str::to_owned),
        columns,
        hint: Hint::default(),
    }
}

/// All batches of one scan of one snapshot.
pub fn read(source: &Source, base: &Path, scan: &Scan) -> Result<Vec<Batch>, SourceError> {
    let mut snapshot = source::open(source, base)?.snapshot(now(), &Watch::default())?;
    snapshot.scan(scan)?.collect()
}

/// The texts of a column over all batches; missing ones as `-`.
pub fn texts(batches: &[Batch], column: usize) -> Vec<String> {
    let mut out = Vec::new();
    for batch in batches {
        let array = batch.records.column(column).as_string::<i32>();
        out.extend((0..array.len()).map(|row| if array.is_null(row) { "-" } else { array.value(row) }.to_owned()));
    }
    out
}

/// Subject, code and value of every fault.
pub fn faults(batches: &[Batch]) -> Vec<(String, Code, Option<String>)> {
    let all = batches.iter().flat_map(|batch| batch.faults.iter()).flat_map(|(_, faults)| faults);
    all.map(|fault| (fault.subject.clone(), fault.code, fault.value.expose().clone())).collect()
}

pub fn rows(batches: &[Batch]) -> usize {
    batches.iter().map(|batch| batch.records.num_rows()).sum()
}

/// The error of a reading, with its code, after making sure that it shows no value.
pub fn refused(result: Result<Vec<Batch>, SourceError>, code: Code, words: &str) {
    let error = result.map(|batches| rows(&batches)).unwrap_err();
    assert_eq!(error.code, code, "{error}");
    assert!(error.to_string().contains(words), "{error} does not say {words:?}");
    assert!(!error.to_string().contains("Zuri"), "{error} shows a value");
}

pub fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A store with `people` invented people, in the given journal mode.
pub fn people(path: &Path, people: usize, journal: &str) -> rusqlite::Connection {
    let connection = rusqlite::Connection::open(path).unwrap();
    connection.pragma_update(None, "journal_mode", journal).unwrap();
    connection
        .execute_batch(
            "BEGIN; CREATE TABLE person (id INTEGER PRIMARY KEY, name TEXT, sex TEXT, born TEXT, secret TEXT)",
        )
        .unwrap();
    let mut insert =
        connection.prepare("INSERT INTO person VALUES (?1, ?2, 'F', '1990-01-31', 'not asked for')").unwrap();
    for id in 0..people {
        insert.execute((id, format!("Zuri invented {id}"))).unwrap();
    }
    drop(insert);
    connection.execute_batch("COMMIT").unwrap();
    connection
}

/// A clock that only moves when somebody sleeps on it, or by a step each time that it is read.
#[derive(Default)]
pub struct FakePace {
    pub at: Mutex<Duration>,
    pub slept: Mutex<Duration>,
    pub step: Duration,
}

impl Pace for FakePace {
    fn elapsed(&self) -> Duration {
        let mut at = self.at.lock().unwrap();
        *at += self.step;
        *at
    }

    fn sleep(&self, duration: Duration) {
        *self.at.lock().unwrap() += duration;
        *self.slept.lock().unwrap() += duration;
    }
}
