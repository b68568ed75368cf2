//! How is a SQLite database scanned from one snapshot, without ever writing to it?
//!
//! One thread owns the connection. It begins a read transaction by reading, so that the snapshot is real, and answers
//! one scan after the other from it; the transaction ends when the snapshot is dropped. The file is opened read-only
//! and never as `immutable`: that would skip the locks and read a writer's halves.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender as Asks, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use causeway_flow::source::{
    BatchStream, Cell, Decoder, KeyValue, Scan, Snapshot, SnapshotInfo, Source, SourceError, Watch,
};
use causeway_model::{Code, ValueType};
use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::HeldFile;
use super::handoff::{Handoff, Sender, cancelled};
use super::pace::Brakes;
use super::pump::{self, Rows, Run};
use super::refuse::Refuse;

/// How long a writer that holds the database is waited for.
const BUSY: Duration = Duration::from_secs(5);

/// Steps of SQLite's machine between two looks at the clock.
const STEPS: i32 = 1_000;

/// A SQLite database file.
pub(crate) struct SqliteSource {
    pub(crate) name: String,
    /// As the catalogue has it, for messages.
    pub(crate) shown: String,
    pub(crate) path: PathBuf,
    pub(crate) brakes: Arc<Brakes>,
}

impl Source for SqliteSource {
    fn name(&self) -> &str {
        &self.name
    }

    fn snapshot(&self, now: Timestamp, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        let closes = self.brakes.enter(now)?;
        let run = Run { origin: self.name.clone(), watch: watch.clone(), brakes: self.brakes.clone(), closes };
        let (asks, asked) = channel();
        let (ready, begun) = sync_channel(1);
        let actor = Actor { run: run.clone(), shown: self.shown.clone(), path: self.path.clone() };
        let thread = std::thread::Builder::new().name("source-sqlite".to_owned());
        let thread = thread.spawn(move || actor.act(&ready, &asked)).map_err(|e| pump::no_thread(&self.name, &e))?;
        let mut snapshot = SqliteSnapshot { asks: Some(asks), thread: Some(thread), current: None, run, taken_at: now };
        match begun.recv() {
            Ok(Ok(())) => Ok(Box::new(snapshot)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(snapshot.gone()),
        }
    }
}

/// What the snapshot asks of the thread that owns the connection.
struct Ask {
    scan: Scan,
    out: Sender,
    /// Answered once the statement is prepared.
    prepared: SyncSender<Result<(), SourceError>>,
}

struct SqliteSnapshot {
    asks: Option<Asks<Ask>>,
    thread: Option<JoinHandle<()>>,
    current: Option<Arc<Handoff>>,
    run: Run,
    taken_at: Timestamp,
}

impl SqliteSnapshot {
    fn gone(&mut self) -> SourceError {
        self.asks = None;
        Refuse(&self.run.origin).early("its reader stopped without saying why")
    }
}

impl Snapshot for SqliteSnapshot {
    fn info(&self) -> SnapshotInfo {
        SnapshotInfo { kind: "read-transaction".to_owned(), taken_at: self.taken_at }
    }

    fn scan(&mut self, scan: &Scan) -> Result<BatchStream, SourceError> {
        if self.current.as_ref().is_some_and(|current| !current.is_over()) {
            let detail = "one scan at a time: drain or drop the stream before";
            return Err(SourceError::new(Code::SourceLimit, &self.run.origin, detail));
        }
        let (out, stream) = Handoff::pair(&self.run.origin, &self.run.watch);
        self.current = Some(out.shared());
        let (prepared, answer) = sync_channel(1);
        let ask = Ask { scan: scan.clone(), out, prepared };
        if self.asks.as_ref().is_none_or(|asks| asks.send(ask).is_err()) {
            return Err(self.gone());
        }
        match answer.recv() {
            Ok(Ok(())) => Ok(Box::new(stream)),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(self.gone()),
        }
    }
}

impl Drop for SqliteSnapshot {
    fn drop(&mut self) {
        if let Some(current) = &self.current {
            current.close();
        }
        self.asks = None;
        // The transaction is over when the thread is: whoever dropped the snapshot may count on that.
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Actor {
    run: Run,
    shown: String,
    path: PathBuf,
}

impl Actor {
    fn act(&self, ready: &SyncSender<Result<(), SourceError>>, asks: &Receiver<Ask>) {
        let connection = match self.begin() {
            Ok(connection) => connection,
            Err(error) => {
                let _ = ready.send(Err(error));
                return;
            }
        };
        let _ = ready.send(Ok(()));
        for ask in asks {
            if let Err(error) = self.answer(&connection, &ask) {
                let _ = ask.prepared.send(Err(error));
            }
        }
        // Closing the connection ends the read transaction; it has nothing to roll back.
    }

    fn begin(&self) -> Result<Connection, SourceError> {
        let origin = &self.run.origin;
        let connection = connect(origin, &self.shown, &self.path)?;
        let begun = connection
            .execute_batch("BEGIN")
            .and_then(|()| connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0)));
        begun.map_err(|error| sql_error(origin, &self.shown, &error))?;
        Ok(connection)
    }

    fn answer(&self, connection: &Connection, ask: &Ask) -> Result<(), SourceError> {
        let (sql, keys) = self.statement(connection, &ask.scan)?;
        let refuse = |error: &rusqlite::Error| sql_error(&self.run.origin, &self.shown, error);
        let mut statement = connection.prepare(&sql).map_err(|e| refuse(&e))?;
        let rows = statement.query(rusqlite::params_from_iter(keys)).map_err(|e| refuse(&e))?;
        let _ = ask.prepared.send(Ok(()));

        let clock = Arc::new(Clock::new(&self.run, ask.out.shared()));
        let watched = clock.clone();
        connection.progress_handler(STEPS, Some(move || watched.must_stop()));
        let mut rows = SqliteRows { rows, columns: ask.scan.columns.len(), clock, actor: self };
        pump::pump(&mut rows, &ask.scan, &self.run, &ask.out);
        connection.progress_handler(STEPS, None::<fn() -> bool>);
        Ok(())
    }

    /// `SELECT` of exactly the scan's columns, after making sure that each is there; and what is bound to it.
    fn statement(&self, connection: &Connection, scan: &Scan) -> Result<(String, Option<String>), SourceError> {
        let refuse = Refuse(&self.run.origin);
        let table = scan.table.as_deref().unwrap_or_default();
        let known = table_columns(connection, table).map_err(|e| sql_error(&self.run.origin, &self.shown, &e))?;
        if known.is_empty() {
            return Err(refuse.missing(format!("`{}` has no table or view `{table}`", self.shown)));
        }
        for column in &scan.columns {
            if !known.iter().any(|(name, _)| name.eq_ignore_ascii_case(&column.column)) {
                return Err(refuse.missing(format!("table `{table}` has no column `{}`", column.column)));
            }
        }
        // A double-quoted name that is no column would be a text to SQLite; the qualifier (and DQS off) prevents that.
        let columns: Vec<String> = scan.columns.iter().map(|c| format!("s.{}", quoted(&c.column))).collect();
        let columns = if columns.is_empty() { "1".to_owned() } else { columns.join(", ") };
        let all = format!("SELECT {columns} FROM \"main\".{} AS s", quoted(table));
        Ok(match by_keys(scan, &known) {
            None => (all, None),
            Some((condition, keys)) => (format!("{all} WHERE {condition}"), Some(keys)),
        })
    }
}

struct SqliteRows<'s> {
    rows: rusqlite::Rows<'s>,
    columns: usize,
    clock: Arc<Clock>,
    actor: &'s Actor,
}

impl SqliteRows<'_> {
    fn refuse(&self, error: &rusqlite::Error) -> SourceError {
        let origin = &self.actor.run.origin;
        if error.sqlite_error_code() != Some(ErrorCode::OperationInterrupted) {
            return sql_error(origin, &self.actor.shown, error);
        }
        match self.clock.limit {
            _ if self.actor.run.watch.is_cancelled() => cancelled(origin),
            Some(limit) if self.clock.spent() >= limit => {
                let detail = format!("a statement took longer than its limit of {} s", limit.as_secs());
                SourceError::new(Code::SourceLimit, origin, detail)
            }
            _ => Refuse(origin).early("its snapshot was given up before everything was read"),
        }
    }
}

impl Rows for SqliteRows<'_> {
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError> {
        match self.rows.next() {
            Ok(None) => Ok(false),
            Ok(Some(row)) => {
                for column in 0..self.columns {
                    decoder.push(column, row.get_ref(column).map_or(Cell::Null, cell));
                }
                Ok(true)
            }
            Err(error) => Err(self.refuse(&error)),
        }
    }

    fn finish(&mut self, _rows: u64) -> Result<(), SourceError> {
        Ok(())
    }

    fn pausing(&mut self, paused: bool) {
        self.clock.pause(paused);
    }
}

fn cell(value: ValueRef<'_>) -> Cell<'_> {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(value) => Cell::Integer(value),
        ValueRef::Real(value) => Cell::Real(value),
        // The bytes as they are stored: whether they are UTF-8 is the decoder's question, and a fault of that record.
        ValueRef::Text(bytes) => Cell::Text(bytes),
        ValueRef::Blob(bytes) => Cell::Bytes(bytes),
    }
}

/// How long one statement has kept the database busy, our own waiting not counted; and whether it must stop.
struct Clock {
    run: Run,
    out: Arc<Handoff>,
    limit: Option<Duration>,
    /// Nanoseconds before the statement last went on.
    spent: AtomicU64,
    /// When it last went on, in nanoseconds; `u64::MAX` while it waits for us.
    since: AtomicU64,
}

impl Clock {
    fn new(run: &Run, out: Arc<Handoff>) -> Self {
        let since = AtomicU64::new(nanoseconds(run.brakes.pace.elapsed()));
        Self { run: run.clone(), out, limit: run.brakes.statement_timeout, spent: AtomicU64::new(0), since }
    }

    fn spent(&self) -> Duration {
        let since = self.since.load(Ordering::Relaxed);
        let running = nanoseconds(self.run.brakes.pace.elapsed()).saturating_sub(since);
        Duration::from_nanos(self.spent.load(Ordering::Relaxed) + running)
    }

    fn pause(&self, paused: bool) {
        let spent = nanoseconds(self.spent());
        let since = if paused { u64::MAX } else { nanoseconds(self.run.brakes.pace.elapsed()) };
        self.spent.store(spent, Ordering::Relaxed);
        self.since.store(since, Ordering::Relaxed);
    }

    fn must_stop(&self) -> bool {
        self.run.watch.is_cancelled() || self.out.is_over() || self.limit.is_some_and(|limit| self.spent() >= limit)
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX - 1)
}

/// A read-only connection that trusts nothing in the file's schema and keeps temporary data in memory.
pub(crate) fn connect(origin: &str, shown: &str, path: &Path) -> Result<Connection, SourceError> {
    use std::io::Read;
    let refuse = Refuse(origin);
    let mut magic = [0; 16];
    let mut file = HeldFile::new(origin, shown, path)?.open()?.handle()?;
    // SQLite would take an empty file for an empty database.
    if file.read_exact(&mut magic).is_err() || &magic != b"SQLite format 3\0" {
        return Err(refuse.unreachable(format!("`{shown}` is not a SQLite database")));
    }
    drop(file);
    let open = || {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        // A view may sort: what it spills must not reach a disk.
        connection.pragma_update(None, "temp_store", "memory")?;
        connection.pragma_update(None, "query_only", true)?;
        connection.pragma_update(None, "cell_size_check", true)?;
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| sql_error(origin, shown, &error))
}

/// Columns of a table or view with the types that they were declared with; none if it is not there.
fn table_columns(connection: &Connection, table: &str) -> rusqlite::Result<Vec<(String, String)>> {
    let mut statement = connection.prepare("SELECT name, type FROM pragma_table_xinfo(?1, 'main')")?;
    statement.query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
}

/// The condition for the records of the scan's keys, and the keys as the JSON that is bound; none where the column may hold values that
/// equal a key by our comparison and not by SQLite's.
fn by_keys(scan: &Scan, known: &[(String, String)]) -> Option<(String, String)> {
    let list = scan.hint.keys.as_ref()?;
    let column = scan.columns.iter().find(|column| column.name == list.column)?;
    let (_, declared) = known.iter().find(|(name, _)| name.eq_ignore_ascii_case(&column.column))?;
    // What the declared type makes of values as they are stored: SQLite's documentation, "Determination Of Column Affinity".
    let declared = declared.to_ascii_uppercase();
    let is_integer = declared.contains("INT");
    let is_text = !is_integer && ["CHAR", "CLOB", "TEXT"].iter().any(|word| declared.contains(word));
    let name = quoted(&column.column);
    let condition = match column.value_type {
        ValueType::Integer if is_integer => format!("s.{name} IN (SELECT value FROM json_each(?1))"),
        ValueType::Text | ValueType::Code(_) if is_text => {
            format!("s.{name} COLLATE BINARY IN (SELECT value FROM json_each(?1))")
        }
        _ => return None,
    };
    let keys: Option<Vec<serde_json::Value>> = list
        .values
        .iter()
        .map(|key| match key {
            KeyValue::Text(text) if !text.expose().contains('\0') => Some(text.expose().clone().into()),
            KeyValue::Text(_) => None,
            KeyValue::Integer(number) => Some((*number.expose()).into()),
        })
        .collect();
    Some((condition, serde_json::Value::Array(keys?).to_string()))
}

/// A name as an identifier of SQL.
pub(crate) fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// SQLite's trouble as ours. Its own message is left out: it may quote what it read.
pub(crate) fn sql_error(origin: &str, shown: &str, error: &rusqlite::Error) -> SourceError {
    let refuse = Refuse(origin);
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase) => refuse.unreachable(format!("`{shown}` is not a SQLite database")),
        Some(ErrorCode::DatabaseCorrupt | ErrorCode::SystemIoFailure) => {
            refuse.early(format!("`{shown}` is damaged or cut off"))
        }
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
            refuse.unreachable(format!("`{shown}` is held by a writer: try again"))
        }
        Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly) => refuse.unreachable(format!(
            "`{shown}` cannot be opened for reading (in WAL mode the `-shm` file beside it must be there, or its folder writable)"
        )),
        _ => {
            let code = error.sqlite_error().map_or(0, |error| error.extended_code);
            refuse.unreachable(format!("SQLite refuses to read `{shown}` (its code {code}): a broken view, perhaps"))
        }
    }
}
