//! How do the rows of one scan come, and what if they stop coming?

use std::sync::mpsc::SyncSender;
use std::time::Duration;

use bytes::Bytes;
use causeway_flow::source::{Decoder, Scan, SourceError};
use causeway_model::Code;
use futures_util::StreamExt;
use futures_util::stream::ReadyChunks;
use tokio::runtime::Runtime;
use tokio_postgres::types::{FromSql, ToSql, Type};
use tokio_postgres::{CopyOutStream, Error, RowStream};

use super::PostgresSource;
use super::binary::{self, Kind};
use super::columns::{Columns, Keys};
use super::session::{Session, runtime};
use crate::source::Refuse;
use crate::source::handoff::{Handoff, Sender, cancelled};
use crate::source::pump::{self, Rows, Run};
use crate::source::server::{LOOK, SILENCE};

/// Messages that are taken together when they are there.
const TOGETHER: usize = 512;

/// Keys that one statement binds.
const KEYS: usize = 10_000;

/// What every binary copy begins with; then flags and the length of an extension, four bytes each.
const SIGNATURE: &[u8; 11] = b"PGCOPY\n\xff\r\n\0";

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
            let session = runtime.block_on(self.open())?;
            let columns = runtime.block_on(Columns::of(&session, &self.scan))?;
            Ok((runtime, session, columns))
        });
        let (runtime, session, columns) = match opened {
            Ok(opened) => opened,
            Err(error) => {
                let _ = begun.send(Err(error));
                return;
            }
        };
        let zoned = self.scan.columns.iter().map(|column| column.format.is_some()).collect();
        let shape = Shape { kinds: columns.kinds.clone(), zoned, scratch: String::new() };
        let wait = Wait {
            runtime: &runtime,
            session: &session,
            run: &self.run,
            wanted: out.shared(),
            silence: self.source.brakes.statement_timeout.map_or(SILENCE, |timeout| timeout + LOOK * 10),
            dies: self.dies,
        };
        let mut rows: Box<dyn Rows + '_> = match columns.by_keys(&self.scan) {
            Some((statement, keys)) => {
                Box::new(ByKeys { wait, shape, statement, left: keys.chunks(), now: None, row: Vec::new().into_iter() })
            }
            None => match runtime.block_on(session.client.copy_out(&columns.copy(&self.scan))) {
                Ok(stream) => Box::new(Copy {
                    wait,
                    shape,
                    stream: Box::pin(stream.ready_chunks(TOGETHER)),
                    chunk: Vec::new().into_iter(),
                    message: Bytes::new(),
                    begun: false,
                    ended: false,
                }),
                Err(error) => {
                    let _ = begun.send(Err(session.error(&error)));
                    return;
                }
            },
        };
        let _ = begun.send(Ok(()));
        pump::pump(rows.as_mut(), &self.scan, &self.run, out);
        drop(rows);
        // The connection is closed whatever it is doing; a statement that still runs is stopped first.
        runtime.block_on(session.finish());
    }

    async fn open(&self) -> Result<Session, SourceError> {
        let session = Session::open(&self.source).await?;
        session.import_snapshot(&self.snapshot).await?;
        Ok(session)
    }
}

/// What a waiting reader looks at.
struct Wait<'r> {
    runtime: &'r Runtime,
    session: &'r Session,
    run: &'r Run,
    wanted: std::sync::Arc<Handoff>,
    silence: Duration,
    dies: Option<Duration>,
}

impl Wait<'_> {
    /// The next of what the server sends; stops waiting when nobody wants it, when it is cancelled, when it takes too long.
    fn for_next<T>(&self, next: impl Future<Output = T>) -> Result<T, SourceError> {
        let pace = &self.run.brakes.pace;
        if self.dies.is_some_and(|dies| pace.elapsed() >= dies) {
            let detail = "its snapshot grew older than `snapshot_max_age_s` allows";
            return Err(SourceError::new(Code::SourceLimit, &self.run.origin, detail));
        }
        self.runtime.block_on(async {
            let mut next = std::pin::pin!(next);
            let since = pace.elapsed();
            loop {
                if let Ok(found) = tokio::time::timeout(LOOK, next.as_mut()).await {
                    return Ok(found);
                }
                if self.run.watch.is_cancelled() {
                    self.session.cancel().await;
                    return Err(cancelled(&self.run.origin));
                }
                if self.wanted.is_over() {
                    self.session.cancel().await;
                    return Err(Refuse(&self.run.origin).early("nobody wants the rest"));
                }
                if pace.elapsed().saturating_sub(since) > self.silence {
                    let detail =
                        format!("the server was silent for {} s in the middle of its answer", self.silence.as_secs());
                    return Err(Refuse(&self.run.origin).early(detail));
                }
            }
        })
    }
}

/// What the columns are.
struct Shape {
    kinds: Vec<Kind>,
    zoned: Vec<bool>,
    scratch: String,
}

impl Shape {
    #[inline]
    fn push(
        &mut self,
        decoder: &mut Decoder,
        column: usize,
        value: Option<&[u8]>,
        origin: &str,
    ) -> Result<(), SourceError> {
        let (Some(value), Some(kind)) = (value, self.kinds.get(column)) else { return Ok(()) };
        let zoned = self.zoned.get(column) == Some(&true);
        binary::push(decoder, column, *kind, zoned, value, &mut self.scratch)
            .map_err(|_| Refuse(origin).malformed("a value is not of the length that its type has: report it"))
    }
}

/// What stands at the beginning of a message.
enum Row {
    /// A row of so many bytes.
    Whole(usize),
    /// A row whose rest is still to come.
    Cut,
    /// The end of the copy.
    End,
}

/// Rows of a binary copy.
struct Copy<'r> {
    wait: Wait<'r>,
    shape: Shape,
    stream: std::pin::Pin<Box<ReadyChunks<CopyOutStream>>>,
    chunk: std::vec::IntoIter<Result<Bytes, Error>>,
    message: Bytes,
    begun: bool,
    ended: bool,
}

impl Copy<'_> {
    /// At least `bytes` more bytes of the copy; `false` at its end.
    fn fill(&mut self, bytes: usize) -> Result<bool, SourceError> {
        while self.message.len() < bytes {
            let next = match self.chunk.next() {
                Some(next) => next,
                None => {
                    let Some(chunk) = self.wait.for_next(self.stream.next())? else { return Ok(false) };
                    self.chunk = chunk.into_iter();
                    continue;
                }
            };
            let more = next.map_err(|error| self.wait.session.error(&error))?;
            // A message has whole rows, as far as anybody has seen; the protocol does not promise it.
            self.message = if self.message.is_empty() { more } else { [&self.message[..], &more[..]].concat().into() };
        }
        Ok(true)
    }

    /// Pushes the row at the beginning of the message, if all of it is there.
    fn row(&mut self, decoder: &mut Decoder) -> Result<Row, SourceError> {
        let Self { message, shape, wait, .. } = self;
        let Some((count, mut rest)) = message.split_first_chunk::<2>() else { return Ok(Row::Cut) };
        let count = i16::from_be_bytes(*count);
        if count == -1 {
            return Ok(Row::End);
        }
        if usize::try_from(count) != Ok(shape.kinds.len()) {
            return Err(Refuse(&wait.run.origin).malformed("a row has another number of columns: report it"));
        }
        for column in 0..shape.kinds.len() {
            let Some((length, after)) = rest.split_first_chunk::<4>() else { return Ok(Row::Cut) };
            rest = after;
            // A negative length is no value.
            if let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) {
                let Some((value, after)) = rest.split_at_checked(length) else { return Ok(Row::Cut) };
                rest = after;
                shape.push(decoder, column, Some(value), &wait.run.origin)?;
            } else {
                decoder.push(column, causeway_flow::source::Cell::Null);
            }
        }
        Ok(Row::Whole(message.len() - rest.len()))
    }

    fn take(&mut self, bytes: usize) -> Result<Bytes, SourceError> {
        if self.fill(bytes)? {
            return Ok(self.message.split_to(bytes));
        }
        Err(Refuse(&self.wait.run.origin).early("its copy stops in the middle of a row"))
    }

    fn head(&mut self) -> Result<(), SourceError> {
        let head = self.take(19)?;
        let extension = head.get(15..19).and_then(|four| four.try_into().ok()).map_or(0, u32::from_be_bytes);
        if head.get(..11) != Some(SIGNATURE.as_slice()) {
            return Err(Refuse(&self.wait.run.origin).malformed("its copy does not begin as a copy does: report it"));
        }
        self.take(extension as usize)?;
        self.begun = true;
        Ok(())
    }
}

impl Rows for Copy<'_> {
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError> {
        if !self.begun {
            self.head()?;
        }
        if !self.fill(2)? {
            return Err(Refuse(&self.wait.run.origin).early("its copy has no end"));
        }
        loop {
            match self.row(decoder)? {
                Row::Whole(length) => {
                    bytes::Buf::advance(&mut self.message, length);
                    return Ok(true);
                }
                Row::End => {
                    self.ended = true;
                    return Ok(false);
                }
                // What was pushed already is ignored when it is pushed again.
                Row::Cut => {
                    if !self.fill(self.message.len() + 1)? {
                        return Err(Refuse(&self.wait.run.origin).early("its copy stops in the middle of a row"));
                    }
                }
            }
        }
    }

    fn finish(&mut self, _: u64) -> Result<(), SourceError> {
        // After the last row the server still says that the statement succeeded.
        while let Some(chunk) = self.wait.for_next(self.stream.next())? {
            for message in chunk {
                message.map_err(|error| self.wait.session.error(&error))?;
            }
        }
        if self.ended { Ok(()) } else { Err(Refuse(&self.wait.run.origin).early("its copy has no end")) }
    }
}

/// Rows of statements that bind some of the keys each.
struct ByKeys<'r> {
    wait: Wait<'r>,
    shape: Shape,
    statement: String,
    left: std::vec::IntoIter<Keys>,
    now: Option<std::pin::Pin<Box<ReadyChunks<RowStream>>>>,
    row: std::vec::IntoIter<Result<tokio_postgres::Row, Error>>,
}

impl Keys {
    fn chunks(self) -> std::vec::IntoIter<Keys> {
        let chunks: Vec<Keys> = match self {
            Keys::Texts(texts) => texts.chunks(KEYS).map(|keys| Keys::Texts(keys.to_vec())).collect(),
            Keys::Numbers(numbers) => numbers.chunks(KEYS).map(|keys| Keys::Numbers(keys.to_vec())).collect(),
        };
        chunks.into_iter()
    }
}

impl Rows for ByKeys<'_> {
    fn next(&mut self, decoder: &mut Decoder) -> Result<bool, SourceError> {
        loop {
            if let Some(row) = self.row.next() {
                let row = row.map_err(|error| self.wait.session.error(&error))?;
                for column in 0..self.shape.kinds.len() {
                    let Raw(value) = row.try_get(column).map_err(|error| self.wait.session.error(&error))?;
                    self.shape.push(decoder, column, value, &self.wait.run.origin)?;
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
            let client = &self.wait.session.client;
            let asked = async {
                let bound: &(dyn ToSql + Sync) = match &keys {
                    Keys::Texts(texts) => texts,
                    Keys::Numbers(numbers) => numbers,
                };
                client.query_raw(&self.statement, [bound]).await
            };
            let stream = self.wait.for_next(asked)?.map_err(|error| self.wait.session.error(&error))?;
            self.now = Some(Box::pin(stream.ready_chunks(TOGETHER)));
        }
    }

    fn finish(&mut self, _: u64) -> Result<(), SourceError> {
        Ok(())
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
