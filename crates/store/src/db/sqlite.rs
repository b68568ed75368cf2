//! How do statements run on SQLite, over connections that are kept? On the thread that asks: most take less time than to wake another one.

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::types::{Null, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::DatabaseError;
use super::query::{Bind, Query};
use super::row::{Row, Value};
use crate::StoreError;

/// Statements that a connection keeps prepared.
const PREPARED: usize = 128;

/// Connections to one file, alike in how they treat it.
#[derive(Clone)]
pub(crate) struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    path: PathBuf,
    /// Statements of ours by which a connection begins.
    pragmas: String,
    free: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    most: u32,
}

/// A connection in use. Dropped, it undoes what was not committed.
pub(crate) struct Lease {
    connection: Option<Connection>,
    pool: Pool,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    /// At most `most` connections to a file that is there; the first is made.
    pub(crate) async fn open(path: PathBuf, pragmas: String, most: u32) -> Result<Self, StoreError> {
        let permits = Arc::new(Semaphore::new(most as usize));
        let pool = Self { inner: Arc::new(Inner { path, pragmas, free: Mutex::default(), permits, most }) };
        drop(pool.lease().await?);
        Ok(pool)
    }

    async fn lease(&self) -> Result<Lease, StoreError> {
        let permit = self.inner.permits.clone().acquire_owned().await;
        let permit = permit.map_err(|_| DatabaseError::of("the store was closed"))?;
        let free = self.free().pop();
        let connection = match free {
            Some(connection) => connection,
            None => at_leisure(|| self.connect()).map_err(|error| self.unusable(&error))?,
        };
        Ok(Lease { connection: Some(connection), pool: self.clone(), _permit: permit })
    }

    fn connect(&self) -> Result<Connection, DatabaseError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.inner.path, flags)?;
        connection.set_prepared_statement_cache_capacity(PREPARED);
        connection.execute_batch(&self.inner.pragmas)?;
        Ok(connection)
    }

    fn unusable(&self, error: &DatabaseError) -> DatabaseError {
        DatabaseError::of(format!(
            "`{}` cannot be worked with: {error}; if it is damaged, `causeway restore` fills an installation from a backup",
            self.inner.path.display()
        ))
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&self, statement: &'static str) -> Result<Lease, StoreError> {
        let mut lease = self.lease().await?;
        lease.run(statement)?;
        Ok(lease)
    }

    /// Rows of a statement by itself.
    pub(crate) async fn rows(&self, asked: &Query) -> Result<Vec<Row>, StoreError> {
        self.lease().await?.rows(asked)
    }

    /// Waits until no connection is in use, and closes them: the last one puts the log in its place.
    pub(crate) async fn close(&self) {
        if self.inner.permits.acquire_many(self.inner.most).await.is_ok() {
            self.inner.permits.close();
            at_leisure(|| self.free().clear());
        }
    }

    fn free(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.inner.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    pub(super) fn rows(&mut self, asked: &Query) -> Result<Vec<Row>, StoreError> {
        let connection = self.connection()?;
        Ok(at_leisure(|| {
            let mut statement = bound(connection, asked)?;
            let columns: Arc<[String]> = statement.column_names().into_iter().map(str::to_owned).collect();
            let (mut found, mut rows) = (Vec::new(), statement.raw_query());
            while let Some(row) = rows.next()? {
                let values = (0..columns.len()).map(|place| row.get_ref(place).map(value));
                found.push(Row { columns: columns.clone(), values: values.collect::<Result<_, _>>()? });
            }
            Ok::<_, DatabaseError>(found)
        })?)
    }

    pub(super) fn execute(&mut self, asked: &Query) -> Result<u64, StoreError> {
        let connection = self.connection()?;
        Ok(at_leisure(|| {
            let mut statement = bound(connection, asked)?;
            let mut rows = statement.raw_query();
            while rows.next()?.is_some() {}
            Ok::<_, DatabaseError>(connection.changes())
        })?)
    }

    /// Runs the statements of a text of ours.
    pub(crate) fn run(&mut self, statements: &str) -> Result<(), StoreError> {
        let connection = self.connection()?;
        Ok(at_leisure(|| connection.execute_batch(statements)).map_err(DatabaseError::from)?)
    }

    fn connection(&self) -> Result<&Connection, DatabaseError> {
        self.connection.as_ref().ok_or_else(|| DatabaseError::of("the transaction has ended"))
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        let Some(connection) = self.connection.take() else { return };
        // One that cannot even undo is closed.
        if connection.is_autocommit() || connection.execute_batch("ROLLBACK").is_ok() {
            self.pool.free().push(connection);
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pool({})", self.inner.path.display())
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Lease of {:?}", self.pool)
    }
}

/// Runs what may wait for the disk: where this thread carries other tasks, another one takes them over meanwhile.
fn at_leisure<T>(run: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(run),
        _ => run(),
    }
}

/// A statement with its arguments. To SQLite `$2` is a name, not the second place.
fn bound<'c>(connection: &'c Connection, asked: &Query) -> Result<rusqlite::CachedStatement<'c>, DatabaseError> {
    let mut statement = connection.prepare_cached(&asked.sql)?;
    for place in 1..=statement.parameter_count() {
        let number = number(&statement, place);
        let bind = number.and_then(|number| asked.binds.get(number.checked_sub(1)?));
        match bind.ok_or_else(|| DatabaseError::of("a statement has another number of arguments"))? {
            Bind::Int(Some(value)) => statement.raw_bind_parameter(place, value)?,
            Bind::Text(Some(value)) => statement.raw_bind_parameter(place, value)?,
            Bind::Bytes(Some(value)) => statement.raw_bind_parameter(place, value)?,
            Bind::Int(None) | Bind::Text(None) | Bind::Bytes(None) => statement.raw_bind_parameter(place, Null)?,
        }
    }
    Ok(statement)
}

fn number(statement: &Statement<'_>, place: usize) -> Option<usize> {
    statement.parameter_name(place)?.strip_prefix('$')?.parse().ok()
}

/// What does not decode, like text that is no UTF-8, is damage of that one cell.
fn value(found: ValueRef<'_>) -> Value {
    match found {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => str::from_utf8(text).map_or(Value::Odd, |text| Value::Text(text.to_owned())),
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => Value::Odd,
    }
}
