//! How do the rows of one scan come, and are they all of the table's?

use std::cell::Cell as Counter;
use std::pin::Pin;
use std::sync::mpsc::SyncSender;
use std::time::Duration;

use bytes::Bytes;
use causeway_flow::source::{Cell, Decoder, Scan, ScanColumn, SourceError};
use futures_util::StreamExt;
use futures_util::stream::ReadyChunks;
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
                let doing = self.doing();
                let shape = Shape { kinds, scratch: Vec::new() };
                match from {
                    From::Copy(sql) => {
                        let (stream, chunk, message) = (None, Vec::new().into_iter(), Bytes::new());
                        let (begun, ended) = (false, false);
                        let mut rows = Copy { wait: &wait, doing, shape, sql, stream, chunk, message, begun, ended };
                        pump::pump(&mut rows, &self.scan, &self.run, out);
                    }
                    From::Keys(prepared) => {
                        let keys = keys.iter().flat_map(Keys::chunks);
                        let (now, row) = (None, Vec::new().into_iter());
                        let mut rows = ByKeys { wait: &wait, doing, shape, prepared, left: Box::new(keys), now, row };
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
        let place = wait.for_next(table::find(session, &self.scan))??;
        let statement = statement::statement(session.is_utf8, &place, &self.scan);
        let error = |error: Error| session.error(&self.doing(), &error);
        let prepared = match &statement.keys {
            None => wait.for_next(session.client.prepare(&statement::select(&place)))?,
            Some(keys) => {
                let array = [keys.array.clone()];
                wait.for_next(session.client.prepare_typed(&statement.sql, &array))?
            }
        };
        let prepared = prepared.map_err(error)?;
        let types = prepared.columns().iter().map(|column| column.type_().oid());
        if !types.eq(place.columns.iter().map(|found| found.kind.answered(found.oid))) {
            return Err(statement::retyped(&self.run.origin, &self.scan));
        }
        // The catalogue's format says that a moment without a zone is in UTC.
        let kind = |(found, column): (&Found, &ScanColumn)| match found.kind {
            Kind::Clock if column.format.is_some() => Kind::Moment,
            kind => kind,
        };
        let kinds = place.columns.iter().zip(&self.scan.columns).map(kind).collect();
        let from = if statement.keys.is_some() { From::Keys(prepared) } else { From::Copy(statement.sql) };
        Ok((statement.keys, kinds, from))
    }

    fn doing(&self) -> String {
        format!("reading table `{}`", self.scan.table.as_deref().unwrap_or_default())
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
    let rows = wait.for_next(wait.session.rows(REPLACED, &[]))??;
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
    stream: Option<Pin<Box<ReadyChunks<CopyOutStream>>>>,
    chunk: std::vec::IntoIter<Result<Bytes, Error>>,
    /// What the next row begins.
    message: Bytes,
    begun: bool,
    ended: bool,
}

impl Copy<'_> {
    /// Goes on to the next message; false after the last.
    fn advance(&mut self) -> Result<bool, SourceError> {
        let error = |error: Error| self.wait.session.error(&self.doing, &error);
        loop {
            if let Some(next) = self.chunk.next() {
                self.message = next.map_err(error)?;
                return Ok(true);
            }
            let stream = match &mut self.stream {
                Some(stream) => stream,
                none => {
                    let copied = self.wait.for_next(self.wait.session.client.copy_out(&self.sql))?.map_err(error)?;
                    none.insert(Box::pin(copied.ready_chunks(TOGETHER)))
                }
            };
            match self.wait.for_next(stream.next())? {
                Some(chunk) => self.chunk = chunk.into_iter(),
                None => return Ok(false),
            }
        }
    }

    fn head(&mut self) -> Result<(), SourceError> {
        self.begun = true;
        let rest = self.message.strip_prefix(SIGNATURE).and_then(|rest| rest.split_first_chunk::<8>());
        // No flags, no extension.
        let Some(([0, 0, 0, 0, 0, 0, 0, 0], rest)) = rest else {
            return Err(Refuse(&self.wait.run.origin).malformed("its copy does not begin as a copy does: report it"));
        };
        self.message = self.message.slice_ref(rest);
        Ok(())
    }
}

impl Rows for Copy<'_> {
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError> {
        while self.message.is_empty() {
            if self.ended || !self.advance()? {
                break;
            }
            if !self.begun {
                self.head()?;
            }
        }
        if *self.message == [0xff, 0xff] {
            (self.ended, self.message) = (true, Bytes::new());
        }
        if self.message.is_empty() {
            let early = || Err(Refuse(&self.wait.run.origin).early("its copy has no end"));
            return if self.ended { Ok(false) } else { early() };
        }
        loop {
            match cells::push_row(&self.message, &self.shape.kinds, decoder, &mut self.shape.scratch) {
                Ok(rest) => {
                    self.message = if rest.is_empty() { Bytes::new() } else { self.message.slice_ref(rest) };
                    return Ok(true);
                }
                // A message has whole rows, as far as anybody has seen; the protocol does not promise it. What was
                // pushed already is ignored when it is pushed again.
                Err(Misread::Cut) => {
                    let begun = std::mem::take(&mut self.message);
                    if !self.advance()? {
                        return Err(Refuse(&self.wait.run.origin).early("its copy stops in the middle of a row"));
                    }
                    self.message = [&begun[..], &self.message[..]].concat().into();
                }
                Err(Misread::Wrong) => return Err(misread(&self.wait.run.origin)),
            }
        }
    }

    fn finish(&mut self, _: u64) -> Result<(), SourceError> {
        // After the last row the server still says that the statement succeeded.
        while self.advance()? {}
        not_replaced(self.wait, &self.doing)
    }
}

/// Rows of statements that bind some of the keys each.
struct ByKeys<'r> {
    wait: &'r Wait<'r>,
    doing: String,
    shape: Shape,
    prepared: Prepared,
    left: Box<dyn Iterator<Item = super::keys::Bound<'r>> + 'r>,
    now: Option<Pin<Box<ReadyChunks<RowStream>>>>,
    row: std::vec::IntoIter<Result<tokio_postgres::Row, Error>>,
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
            let stream = self.wait.for_next(session.client.query_raw(&self.prepared, [&keys]))?.map_err(error)?;
            self.now = Some(Box::pin(stream.ready_chunks(TOGETHER)));
        }
    }

    fn finish(&mut self, _: u64) -> Result<(), SourceError> {
        not_replaced(self.wait, &self.doing)
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
