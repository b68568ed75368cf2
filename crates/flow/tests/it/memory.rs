//! What do most tests read? A store in memory, in which any cell can be changed, and whose batches are as small as wanted.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use causeway_flow::Batch;
use causeway_flow::source::{BatchStream, Cell, Decoder, Scan, Snapshot, SnapshotInfo, Source, SourceError, Watch};
use causeway_model::Code;

/// A table: names of columns, rows of cells as text.
#[derive(Clone, Debug, Default)]
pub struct Table {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Option<String>>>,
}

impl Table {
    /// A table written as text: a header line, then a line a row; cells apart by blanks, `-` is no value, `_` a blank.
    pub fn parse(text: &str) -> Self {
        let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let columns: Vec<String> = lines.next().unwrap().split_whitespace().map(str::to_owned).collect();
        let cell = |word: &str| (word != "-").then(|| word.replace('_', " "));
        let rows: Vec<Vec<_>> = lines.map(|line| line.split_whitespace().map(cell).collect()).collect();
        assert!(rows.iter().all(|row: &Vec<_>| row.len() == columns.len()), "a row has other cells than {columns:?}");
        Self { columns, rows }
    }

    pub fn column(&self, name: &str) -> usize {
        self.columns.iter().position(|column| column == name).unwrap_or_else(|| panic!("no column {name}"))
    }

    /// The cell of `column` in the first row whose first cell is `key`.
    pub fn cell(&mut self, key: &str, column: &str) -> &mut Option<String> {
        let at = self.column(column);
        let row = self.rows.iter_mut().find(|row| row[0].as_deref() == Some(key));
        &mut row.unwrap_or_else(|| panic!("no row {key}"))[at]
    }

    pub fn set(&mut self, key: &str, column: &str, value: Option<&str>) {
        *self.cell(key, column) = value.map(str::to_owned);
    }
}

/// What goes wrong while a source is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It cannot be opened.
    Unreachable,
    /// It stops after so many batches, and says so.
    EndsAfter(usize),
    /// It gives a column under another name than was asked for.
    OtherColumns,
    /// Somebody stops the run once this many batches were given.
    CancelAfter(usize),
}

/// A source in memory.
#[derive(Clone, Debug)]
pub struct Memory {
    pub name: String,
    pub tables: BTreeMap<String, Table>,
    pub batch: usize,
    pub trouble: Option<Trouble>,
    /// Streams that may be open at once; one more is refused.
    pub streams: usize,
    /// What was read, in its order: `begins TABLE`, `ends TABLE`.
    pub told: Arc<Mutex<Vec<String>>>,
}

impl Source for Memory {
    fn name(&self) -> &str {
        &self.name
    }

    fn snapshot(&self, now: jiff::Timestamp, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        if self.trouble == Some(Trouble::Unreachable) {
            return Err(SourceError::new(Code::SourceUnreachable, &self.name, "nobody answers"));
        }
        Ok(Box::new(Held { source: self.clone(), now, watch: watch.clone(), open: Arc::default() }))
    }
}

struct Held {
    source: Memory,
    now: jiff::Timestamp,
    watch: Watch,
    open: Arc<AtomicUsize>,
}

/// A stream that is open.
struct Open {
    table: String,
    told: Arc<Mutex<Vec<String>>>,
    open: Arc<AtomicUsize>,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.open.fetch_sub(1, Ordering::Relaxed);
        self.told.lock().unwrap().push(format!("ends {}", self.table));
    }
}

impl Snapshot for Held {
    fn streams(&self) -> usize {
        self.source.streams
    }

    fn info(&self) -> SnapshotInfo {
        SnapshotInfo { kind: "in-memory".to_owned(), taken_at: self.now }
    }

    fn scan(&mut self, scan: &Scan) -> Result<BatchStream, SourceError> {
        let missing = |what: &str| SourceError::new(Code::ColumnMissing, &self.source.name, format!("no `{what}`"));
        let name = scan.table.clone().unwrap_or_default();
        let table = self.source.tables.get(&name).ok_or_else(|| missing(&name))?;
        let places = scan.columns.iter().map(|wanted| {
            table.columns.iter().position(|column| *column == wanted.column).ok_or_else(|| missing(&wanted.column))
        });
        let places = places.collect::<Result<Vec<usize>, _>>()?;
        let mut asked = scan.clone();
        if self.source.trouble == Some(Trouble::OtherColumns) {
            asked.columns[0].name = "something else".to_owned();
        }
        let mut decoder = Decoder::new(&asked);
        let mut batches: Vec<Result<Batch, SourceError>> = Vec::new();
        for rows in table.rows.chunks(self.source.batch) {
            for row in rows {
                for (column, place) in places.iter().enumerate() {
                    match &row[*place] {
                        None => decoder.push(column, Cell::Null),
                        Some(text) => decoder.push(column, Cell::Text(text.as_bytes())),
                    }
                }
                decoder.end_row();
            }
            batches.push(decoder.take());
        }
        if let Some(Trouble::EndsAfter(given)) = self.source.trouble {
            batches.truncate(given);
            batches.push(Err(SourceError::new(Code::SourceEndedEarly, &self.source.name, "it stopped before its end")));
        }
        if self.open.fetch_add(1, Ordering::Relaxed) >= self.source.streams {
            let detail = "another stream is open still";
            return Err(SourceError::new(Code::SourceUnreachable, &self.source.name, detail));
        }
        let (watch, trouble) = (self.watch.clone(), self.source.trouble);
        self.source.told.lock().unwrap().push(format!("begins {name}"));
        let mut open = Some(Open { table: name, told: Arc::clone(&self.source.told), open: Arc::clone(&self.open) });
        let mut batches = batches.into_iter().enumerate();
        Ok(Box::new(std::iter::from_fn(move || {
            let next = batches.next();
            match &next {
                Some((at, _)) if trouble == Some(Trouble::CancelAfter(*at)) => watch.cancel(),
                Some(_) => {}
                None => drop(open.take()),
            }
            next.map(|(_, batch)| batch)
        })))
    }
}
