//! How do the rows of one scan come, and are they all of the table's?

use std::cell::Cell as Counter;
use std::future::poll_fn;
use std::iter::Peekable;
use std::pin::Pin;
use std::sync::mpsc::SyncSender;
use std::task::{Poll, ready};
use std::time::Duration;

use causeway_flow::source::{Cell, Decoder, Scan, ScanColumn, SourceError};
use futures_util::stream::ReadyChunks;
use futures_util::{Stream, StreamExt};
use tokio_postgres::types::{FromSql, Type};
use tokio_postgres::{CopyOutStream, Error, RowStream, Statement as Prepared};

use super::PostgresSource;
use super::cells::{self, Misread};
use super::keys::Keys;
use super::kind::Kind;
use super::session::{Session, runtime};
use super::statement;
use super::table::{self, Found};
use super::wait::Wait;
use crate::source::Refuse;
use crate::source::handoff::Sender;
use crate::source::pump::{self, Rows, Run};

/// Messages that are taken together when they are there.
const TOGETHER: usize = 512;

/// What every binary copy begins with; then flags and the length of an extension, four bytes each.
const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";

/// What stands where a row would begin after the last one.
const END: [u8; 2] = (-1_i16).to_be_bytes();

/// Tables that were read of which the snapshot does not show the file that is there: they were truncated or rewritten
/// since, and a snapshot from before sees them without the rows that they had (PostgreSQL's documentation, "Caveats" of
/// concurrency control). What was read is locked until the end of the transaction, the tables behind views and
/// partitions too, so that nothing can change between the reading and this question.
const REPLACED: &str = "SELECT count(*) FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_class c ON c.oid = l.relation
    WHERE l.pid = pg_catalog.pg_backend_pid() AND l.locktype = 'relation' AND c.relkind IN ('r', 'm', 't')
    AND c.relfilenode <> 0 AND c.relfilenode IS DISTINCT FROM pg_catalog.pg_relation_filenode(c.oid)";

/// One scan, on a thread and a connection of its own.
pub(super) struct Reading {
    pub(super) source: PostgresSource,
    pub(super) snapshot: String,
    pub(super) scan: Scan,
    pub(super) run: Run,
    pub(super) dies: Option<Duration>,
}

impl Reading {
    /// Connects, tells `begun` whether the statement is under way, and hands everything over.
    pub(super) fn run(self, out: &Sender, begun: &SyncSender<Result<(), SourceError>>) {
        let opened = runtime(&self.run.origin).and_then(|runtime| {
            let session = runtime.block_on(Session::open(&self.source))?;
            Ok((runtime, session))
        });
        let (runtime, session) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let _ = begun.send(Err(error));
                return;
            }
        };
        let (run, dies, spent) = (&self.run, self.dies, Counter::new(Duration::ZERO));
        let wait = Wait { runtime: &runtime, session: &session, run, wanted: out.shared(), dies, spent };
        match self.begin(&wait) {
            Ok((keys, kinds, from)) => {
                let _ = begun.send(Ok(()));
                wait.spent.set(Duration::ZERO);
                let doing = doing(&self.scan);
                let shape = Shape { kinds, scratch: Vec::new() };
                match from {
                    From::Copy(sql) => {
                        let (stream, bytes, at, begun, ended) = (None, Vec::new(), 0, false, false);
                        let mut rows = Copy { wait: &wait, doing, shape, sql, stream, bytes, at, begun, ended };
                        pump::pump(&mut rows, &self.scan, &self.run, out);
                    }
                    From::Keys(prepared) => {
                        let left = Box::new(keys.iter().flat_map(Keys::chunks));
                        let mut rows = ByKeys::new(&wait, doing, shape, prepared, left);
                        pump::pump(&mut rows, &self.scan, &self.run, out);
                    }
                }
            }
            Err(error) => {
                let _ = begun.send(Err(error));
            }
        }
        // The connection is closed whatever it is doing; a statement that still runs is stopped first.
        runtime.block_on(session.finish());
    }

    /// Joins the snapshot, finds out what is there, and sends the statement. From then on the table cannot be changed.
    fn begin(&self, wait: &Wait<'_>) -> Result<(Option<Keys>, Vec<Kind>, From), SourceError> {
        let session = wait.session;
        let import = format!("SET TRANSACTION SNAPSHOT '{}'", self.snapshot.replace('\'', "''"));
        wait.for_next(session.execute(&import))??;
        let known = Known::find(wait, &self.scan)?;
        let keys = known.keys(&self.scan, session.is_utf8);
        let from = if keys.is_some() { From::Keys(known.prepared) } else { From::Copy(known.sql) };
        Ok((keys, known.kinds, from))
    }
}

fn doing(scan: &Scan) -> String {
    format!("reading table `{}`", scan.table.as_deref().unwrap_or_default())
}

/// What is known of a scan once its table was looked at and its statement prepared.
pub(super) struct Known {
    place: table::Place,
    sql: String,
    prepared: Prepared,
    kinds: Vec<Kind>,
}

impl Known {
    /// Looks, within the transaction. From then on the table cannot be changed.
    pub(super) fn find(wait: &Wait<'_>, scan: &Scan) -> Result<Self, SourceError> {
        let session = wait.session;
        let place = wait.for_next(table::find(session, scan))??;
        let statement = statement::statement(session.is_utf8, &place, scan);
        let prepared = match &statement.keys {
            None => wait.for_next(session.client.prepare(&statement::select(&place)))?,
            Some(keys) => {
                let array = [keys.array.clone()];
                wait.for_next(session.client.prepare_typed(&statement.sql, &array))?
            }
        };
        let prepared = prepared.map_err(|error: Error| session.error(&doing(scan), &error))?;
        let types = prepared.columns().iter().map(|column| column.type_().oid());
        if !types.eq(place.columns.iter().map(|found| found.kind.answered(found.oid))) {
            return Err(statement::retyped(&session.origin, scan));
        }
        // The catalogue's format says that a moment without a zone is in UTC.
        let kind = |(found, column): (&Found, &ScanColumn)| match found.kind {
            Kind::Clock if column.format.is_some() => Kind::Moment,
            kind => kind,
        };
        let kinds = place.columns.iter().zip(&scan.columns).map(kind).collect();
        Ok(Self { place, sql: statement.sql, prepared, kinds })
    }

    /// The keys of a scan like the one that was looked for.
    pub(super) fn keys(&self, scan: &Scan, is_utf8: bool) -> Option<Keys> {
        statement::keys(is_utf8, &self.place, scan).map(|(keys, _)| keys)
    }
}

/// Where rows come from.
enum From {
    /// A statement that copies.
    Copy(String),
    /// A statement that takes keys.
    Keys(Prepared),
}

/// What the columns are.
struct Shape {
    kinds: Vec<Kind>,
    /// Holds the text of a number that has no other form.
    scratch: Vec<u8>,
}

fn misread(origin: &str) -> SourceError {
    Refuse(origin).malformed("a row is not as its types say: report it")
}

/// Whether a table was exchanged for another under the snapshot.
fn not_replaced(wait: &Wait<'_>, doing: &str) -> Result<(), SourceError> {
    let asked = async {
        let statement = wait.session.replaced(REPLACED).await?;
        wait.session.client.query(statement, &[]).await.map_err(|error| wait.session.error(doing, &error))
    };
    none_replaced(wait, doing, &wait.for_next(asked)??)
}

fn none_replaced(wait: &Wait<'_>, doing: &str, rows: &[tokio_postgres::Row]) -> Result<(), SourceError> {
    let replaced: Option<i64> = rows.first().map(|row| wait.session.field(row, 0)).transpose()?;
    if replaced == Some(0) {
        return Ok(());
    }
    let detail =
        format!("a table was truncated or rewritten after the snapshot was taken, found while {doing}: run again");
    Err(Refuse(&wait.run.origin).early(detail))
}

/// Rows of a binary copy.
struct Copy<'r> {
    wait: &'r Wait<'r>,
    doing: String,
    shape: Shape,
    sql: String,
    /// None before it is asked for: a server does not answer before it has some rows to send.
    stream: Option<Pin<Box<CopyOutStream>>>,
    /// What has come, of which what stands before `at` was read.
    bytes: Vec<u8>,
    at: usize,
    begun: bool,
    ended: bool,
}

impl Copy<'_> {
    /// Waits for more bytes; false after the last.
    fn advance(&mut self) -> Result<bool, SourceError> {
        let error = |error: Error| self.wait.session.error(&self.doing, &error);
        self.bytes.drain(..self.at);
        self.at = 0;
        let session = self.wait.session;
        let stream = match &mut self.stream {
            Some(stream) => stream,
            none => none.insert(Box::pin(self.wait.for_next(session.client.copy_out(&self.sql))?.map_err(error)?)),
        };
        let bytes = &mut self.bytes;
        // The driver only hears how the copy ends, or gives its bytes where the connection could not be tapped.
        let next = poll_fn(|context| match session.copied.poll_take(context, bytes) {
            Poll::Ready(()) => Poll::Ready(Ok(true)),
            Poll::Pending => match ready!(stream.as_mut().poll_next(context)) {
                // The last bytes may have come with the end.
                None => Poll::Ready(Ok(session.copied.poll_take(context, bytes).is_ready())),
                Some(Ok(more)) => {
                    bytes.extend_from_slice(&more);
                    Poll::Ready(Ok(true))
                }
                Some(Err(error)) => Poll::Ready(Err(error)),
            },
        });
        self.wait.for_next(next)?.map_err(error)
    }

    fn head(&mut self) -> Result<(), SourceError> {
        self.begun = true;
        // No flags, no extension.
        let head = [&SIGNATURE[..], &[0; 8]].concat();
        while self.bytes.len() < head.len() && self.advance()? {}
        if !self.bytes.starts_with(&head) {
            return Err(Refuse(&self.wait.run.origin).malformed("its copy does not begin as a copy does: report it"));
        }
        self.at = head.len();
        Ok(())
    }
}

impl Rows for Copy<'_> {
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError> {
        if !self.begun {
            self.head()?;
        }
        loop {
            let rest = self.bytes.get(self.at..).unwrap_or_default();
            if self.ended || rest.starts_with(&END) {
                self.ended = true;
                return Ok(false);
            }
            match cells::push_row(rest, &self.shape.kinds, decoder, &mut self.shape.scratch) {
                Ok(rest) => {
                    self.at = self.bytes.len() - rest.len();
                    return Ok(true);
                }
                // What was pushed already is ignored when it is pushed again.
                Err(Misread::Cut) => {
                    let begun = !rest.is_empty();
                    if !self.advance()? {
                        let what = if begun { "stops in the middle of a row" } else { "has no end" };
                        return Err(Refuse(&self.wait.run.origin).early(format!("its copy {what}")));
                    }
                }
                Err(Misread::Wrong) => return Err(misread(&self.wait.run.origin)),
            }
        }
    }

    fn finish(&mut self, _: u64) -> Result<(), SourceError> {
        // After the last row the server still says that the statement succeeded.
        while self.advance()? {
            self.bytes.clear();
        }
        not_replaced(self.wait, &self.doing)
    }
}

/// Rows of statements that bind some of the keys each.
pub(super) struct ByKeys<'r> {
    wait: &'r Wait<'r>,
    doing: String,
    shape: Shape,
    prepared: Prepared,
    left: Peekable<Left<'r>>,
    now: Option<Pin<Box<ReadyChunks<RowStream>>>>,
    row: std::vec::IntoIter<Result<tokio_postgres::Row, Error>>,
    /// Asked behind the last keys, and not waited for before their rows were read.
    replaced: Option<Asked<'r>>,
}

type Left<'r> = Box<dyn Iterator<Item = super::keys::Bound<'r>> + 'r>;
type Asked<'r> = Pin<Box<dyn Future<Output = Result<Vec<tokio_postgres::Row>, Error>> + 'r>>;

impl<'r> ByKeys<'r> {
    /// Rows of a scan that is known already.
    pub(super) fn of(wait: &'r Wait<'r>, scan: &Scan, known: &Known, keys: &'r Keys) -> Self {
        let shape = Shape { kinds: known.kinds.clone(), scratch: Vec::new() };
        Self::new(wait, doing(scan), shape, known.prepared.clone(), Box::new(keys.chunks()))
    }

    fn new(wait: &'r Wait<'r>, doing: String, shape: Shape, prepared: Prepared, left: Left<'r>) -> Self {
        let (left, row) = (left.peekable(), Vec::new().into_iter());
        Self { wait, doing, shape, prepared, left, now: None, row, replaced: None }
    }
}

impl Rows for ByKeys<'_> {
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError> {
        let session = self.wait.session;
        let error = |error: Error| session.error(&self.doing, &error);
        loop {
            if let Some(row) = self.row.next() {
                let row = row.map_err(error)?;
                for (column, kind) in self.shape.kinds.iter().enumerate() {
                    let pushed = match row.try_get(column).map_err(error)? {
                        Raw(None) => {
                            decoder.push(column, Cell::Null);
                            Ok(())
                        }
                        Raw(Some(value)) => cells::push(column, *kind, value, decoder, &mut self.shape.scratch),
                    };
                    pushed.map_err(|_| misread(&self.wait.run.origin))?;
                }
                return Ok(true);
            }
            if let Some(stream) = &mut self.now {
                match self.wait.for_next(stream.next())? {
                    Some(chunk) => self.row = chunk.into_iter(),
                    None => self.now = None,
                }
                continue;
            }
            let Some(keys) = self.left.next() else { return Ok(false) };
            self.wait.spent.set(Duration::ZERO);
            let statement = self.wait.for_next(session.replaced(REPLACED))??;
            let (replaced, is_last) = (&mut self.replaced, self.left.peek().is_none());
            let stream = self.wait.for_next(async {
                let mut rows = std::pin::pin!(session.client.query_raw(&self.prepared, [&keys]));
                poll_fn(|context| {
                    let begun = rows.as_mut().poll(context);
                    if is_last && begun.is_pending() && replaced.is_none() {
                        // Sent behind the last keys before they are answered: the server answers both in turn.
                        let mut asked: Asked<'_> = Box::pin(session.client.query(statement, &[]));
                        if asked.as_mut().poll(context).is_pending() {
                            *replaced = Some(asked);
                        }
                    }
                    begun
                })
                .await
            });
            self.now = Some(Box::pin(stream?.map_err(error)?.ready_chunks(TOGETHER)));
        }
    }

    fn finish(&mut self, _: u64) -> Result<(), SourceError> {
        let Some(asked) = self.replaced.take() else { return not_replaced(self.wait, &self.doing) };
        let rows = self.wait.for_next(asked)?.map_err(|error| self.wait.session.error(&self.doing, &error))?;
        none_replaced(self.wait, &self.doing, &rows)
    }
}

/// A value as it came.
struct Raw<'r>(Option<&'r [u8]>);

impl<'r> FromSql<'r> for Raw<'r> {
    fn from_sql(_: &Type, raw: &'r [u8]) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
