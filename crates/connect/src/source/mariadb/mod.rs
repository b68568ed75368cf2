//! How is a MariaDB or MySQL database scanned from one consistent snapshot, row by row as the server sends them?
//!
//! One connection has the snapshot, so that one stream is open at a time. Rows come in the text protocol, unbuffered: the
//! server costs least that way, and cells are made straight from the bytes of a packet.

mod auth;
mod cell;
mod filter;
mod session;
mod wire;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::mpsc::sync_channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use causeway_flow::source::{
    BatchStream, Decoder, KeyValue, Outlook, Scan, Snapshot, SnapshotInfo, Source, SourceError, Watch,
};
use causeway_model::Code;
use causeway_model::catalogue::{Server, SnapshotMode};
use jiff::Timestamp;

use super::Refuse;
use super::handoff::{Handoff, Sender};
use super::pace::Brakes;
use super::pump::{self, Rows, Run};
use cell::Kind;
pub(crate) use session::Session;

/// Keys that one statement names.
const KEYS: usize = 1_000;

/// A MariaDB or MySQL database.
#[derive(Clone)]
pub(crate) struct MariadbSource {
    pub(crate) name: String,
    pub(crate) server: Server,
    pub(crate) base: PathBuf,
    pub(crate) brakes: Arc<Brakes>,
    pub(crate) max_age: Option<Duration>,
}

impl Source for MariadbSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn snapshot(&self, now: Timestamp, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        let closes = self.brakes.enter(now)?;
        let run = Run { origin: self.name.clone(), watch: watch.clone(), brakes: self.brakes.clone(), closes };
        let mut session = Session::open(self)?;
        session.begin(self.server.snapshot)?;
        let dies = self.max_age.map(|age| self.brakes.pace.elapsed() + age);
        let session = Arc::new(Mutex::new(Some(session)));
        Ok(Box::new(MariadbSnapshot { source: self.clone(), session, run, taken_at: now, dies, current: None }))
    }
}

/// The session while nobody reads with it.
type Idle = Arc<Mutex<Option<Session>>>;

struct MariadbSnapshot {
    source: MariadbSource,
    session: Idle,
    run: Run,
    taken_at: Timestamp,
    /// When the snapshot is too old, on the pace's clock.
    dies: Option<Duration>,
    current: Option<(Arc<Handoff>, std::thread::JoinHandle<()>)>,
}

impl MariadbSnapshot {
    fn session(&mut self) -> Result<Session, SourceError> {
        if let Some((handoff, thread)) = self.current.take() {
            if !handoff.is_over() {
                self.current = Some((handoff, thread));
                let detail = "one scan at a time: drain or drop the stream before";
                return Err(SourceError::new(Code::SourceLimit, &self.run.origin, detail));
            }
            let _ = thread.join();
        }
        let mut session = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        session.take().ok_or_else(|| {
            Refuse(&self.run.origin).early("its snapshot was given up with a stream that was not read to its end")
        })
    }

    fn put_back(&self, session: Session) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
    }
}

impl Snapshot for MariadbSnapshot {
    fn info(&self) -> SnapshotInfo {
        let kind = match self.source.server.snapshot {
            SnapshotMode::Transaction => "consistent-snapshot",
            SnapshotMode::None => "none",
        };
        SnapshotInfo { kind: kind.to_owned(), taken_at: self.taken_at }
    }

    fn outlook(&mut self, scan: &Scan) -> Result<Outlook, SourceError> {
        if self.current.as_ref().is_some_and(|(handoff, _)| !handoff.is_over()) {
            return Ok(Outlook::default());
        }
        let mut session = self.session()?;
        let found = outlook(&mut session, scan);
        self.put_back(session);
        found
    }

    fn scan(&mut self, scan: &Scan) -> Result<BatchStream, SourceError> {
        let mut session = self.session()?;
        if self.source.server.snapshot == SnapshotMode::Transaction
            && let Err(error) = session.transactional(scan.table.as_deref().unwrap_or_default())
        {
            self.put_back(session);
            return Err(error);
        }
        let (out, stream) = Handoff::pair(&self.run.origin, &self.run.watch);
        let (begun, answer) = sync_channel(1);
        let reading = Reading {
            scan: scan.clone(),
            run: self.run.clone(),
            dies: self.dies,
            idle: Arc::clone(&self.session),
            source: self.source.clone(),
        };
        let handoff = out.shared();
        let thread = std::thread::Builder::new().name("source-mariadb".to_owned());
        let thread = thread.spawn(move || reading.run(session, &out, &begun));
        let thread = thread.map_err(|error| pump::no_thread(&self.run.origin, &error))?;
        self.current = Some((handoff, thread));
        match answer.recv() {
            Ok(Ok(())) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(Refuse(&self.run.origin).early("its reader stopped without saying why")),
        }
    }
}

impl Drop for MariadbSnapshot {
    fn drop(&mut self) {
        if let Some((handoff, thread)) = self.current.take() {
            handoff.close();
            // The transaction is over when the thread is: whoever dropped the snapshot may count on that.
            let _ = thread.join();
        }
    }
}

fn outlook(session: &mut Session, scan: &Scan) -> Result<Outlook, SourceError> {
    let table = scan.table.as_deref().unwrap_or_default();
    let statement =
        format!("{}{}", select(scan), condition(session, scan)?.map_or_else(String::new, |c| format!(" WHERE {c}")));
    let rows = if scan.hint.filter.is_none() { session.rows(table)? } else { None };
    let mut unique = Vec::new();
    for index in session.unique(table)? {
        let named = |column: &String| {
            let found = scan.columns.iter().find(|scanned| scanned.column.eq_ignore_ascii_case(column));
            found.map(|found| found.name.clone())
        };
        // A set that has a column which is not scanned says nothing of what is.
        unique.extend(index.iter().map(named).collect::<Option<BTreeSet<String>>>());
    }
    Ok(Outlook { statement: Some(statement), rows, unique })
}

/// The rows and columns of a scan.
fn select(scan: &Scan) -> String {
    let columns: Vec<String> = scan.columns.iter().map(|column| quoted(&column.column)).collect();
    let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
    format!("SELECT {columns} FROM {}", quoted_table(scan.table.as_deref().unwrap_or_default()))
}

/// The condition that the server may apply.
fn condition(session: &mut Session, scan: &Scan) -> Result<Option<String>, SourceError> {
    let Some(filter) = &scan.hint.filter else { return Ok(None) };
    let kinds = session.kinds(scan.table.as_deref().unwrap_or_default())?;
    let column = |name: &str| {
        let column = scan.columns.iter().find(|column| column.name == name)?;
        let (_, kind) = kinds.iter().find(|(known, _)| known.eq_ignore_ascii_case(&column.column))?;
        Some((quoted(&column.column), kind.clone()))
    };
    Ok(filter::condition(filter, &column))
}

/// The conditions that ask for some of the keys each; none if all rows are wanted.
fn by_keys(scan: &Scan) -> Option<Vec<String>> {
    let keys = scan.hint.keys.as_ref()?;
    let column = scan.columns.iter().find(|column| column.name == keys.column)?;
    let literal = |key: &KeyValue| match key {
        KeyValue::Integer(number) => number.expose().to_string(),
        KeyValue::Text(text) => filter::text(text.expose()),
    };
    let one = |keys: &[KeyValue]| {
        // By the column's own collation, so that an index serves; what it finds too much is sorted out later.
        let keys: Vec<String> = keys.iter().map(literal).collect();
        format!("{} IN ({})", quoted(&column.column), keys.join(", "))
    };
    Some(keys.values.chunks(KEYS).map(one).collect())
}

/// Names in backticks, so that they are nothing but names.
pub(crate) fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// `database.table` or `table`, quoted part by part.
pub(crate) fn quoted_table(table: &str) -> String {
    table.split('.').map(quoted).collect::<Vec<_>>().join(".")
}

/// One scan, on a thread of its own, with the session that has the snapshot.
struct Reading {
    scan: Scan,
    run: Run,
    dies: Option<Duration>,
    idle: Idle,
    source: MariadbSource,
}

impl Reading {
    /// Tells `begun` whether the first statement is under way, and hands everything over.
    fn run(self, mut session: Session, out: &Sender, begun: &std::sync::mpsc::SyncSender<Result<(), SourceError>>) {
        session.watch(&self.run, out.shared(), self.dies);
        let statements = condition(&mut session, &self.scan).map(|filter| {
            let select = select(&self.scan);
            let conditions: Vec<Option<String>> = match by_keys(&self.scan) {
                None => vec![filter],
                Some(keys) => keys
                    .into_iter()
                    .map(|keys| Some(filter.as_ref().map_or(keys.clone(), |filter| format!("{keys} AND {filter}"))))
                    .collect(),
            };
            let statement = |condition: Option<String>| match condition {
                None => select.clone(),
                Some(condition) => format!("{select} WHERE {condition}"),
            };
            conditions.into_iter().map(statement).collect::<Vec<_>>().into_iter()
        });
        let rows = statements.and_then(|statements| {
            let scratch = String::new();
            let mut rows = TextRows {
                session: &mut session,
                scan: &self.scan,
                kinds: Vec::new(),
                statements,
                open: false,
                scratch,
            };
            rows.advance()?;
            Ok(rows)
        });
        let clean = match rows {
            Err(error) => {
                let _ = begun.send(Err(error));
                false
            }
            Ok(mut rows) => {
                let _ = begun.send(Ok(()));
                pump::pump(&mut rows, &self.scan, &self.run, out);
                !rows.open
            }
        };
        session.unwatch();
        if clean || session.is_clean() {
            *self.idle.lock().unwrap_or_else(PoisonError::into_inner) = Some(session);
        } else {
            session.abandon(&self.source);
        }
    }
}

/// Rows of one statement after the other.
struct TextRows<'r> {
    session: &'r mut Session,
    scan: &'r Scan,
    kinds: Vec<Kind>,
    statements: std::vec::IntoIter<String>,
    /// Whether rows of a statement may still come.
    open: bool,
    scratch: String,
}

impl TextRows<'_> {
    /// Begins the next statement, if there is one.
    fn advance(&mut self) -> Result<bool, SourceError> {
        let Some(statement) = self.statements.next() else { return Ok(false) };
        self.kinds = self.session.query(&statement)?;
        if self.kinds.len() != self.scan.columns.len().max(1) {
            return Err(Refuse(&self.session.origin).malformed("it gives another number of columns: report it"));
        }
        self.open = true;
        Ok(true)
    }
}

impl Rows for TextRows<'_> {
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError> {
        loop {
            if self.open {
                let Self { session, scan, kinds, scratch, .. } = self;
                if let Some(mut row) = session.row()? {
                    for (column, kind) in kinds.iter().enumerate().take(scan.columns.len()) {
                        let Some(value) = row.value() else {
                            return Err(Refuse(&scan.source).malformed("a row stops in the middle: report it"));
                        };
                        match value {
                            Some(value) => cell::push(decoder, column, kind, value, scratch),
                            None => decoder.push(column, causeway_flow::source::Cell::Null),
                        }
                    }
                    return Ok(true);
                }
                self.open = false;
            }
            if !self.advance()? {
                return Ok(false);
            }
        }
    }

    fn finish(&mut self, _: u64) -> Result<(), SourceError> {
        Ok(())
    }

    fn pausing(&mut self, paused: bool) {
        self.session.pausing(paused);
    }
}
