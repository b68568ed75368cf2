//! Who has a connection, and what becomes of one that was left in the middle of something?

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::connect::Dial;
use super::{Query, Row, Session};
use crate::StoreError;
use crate::db::DatabaseError;

/// Connections that are free, and the right to make a few more.
#[derive(Clone)]
pub(crate) struct Pool {
    inner: Arc<Inner>,
}

struct Inner {
    dial: Dial,
    free: Mutex<Vec<Session>>,
    permits: Arc<Semaphore>,
}

/// A connection in use. Dropped before its end it is closed, and the server undoes what was not committed.
#[derive(Debug)]
pub(crate) struct Lease {
    session: Option<Session>,
    pool: Pool,
    _permit: OwnedSemaphorePermit,
}

impl Pool {
    /// A pool of at most `most` connections; the first is made, so that an unreachable server is known at once.
    pub(crate) async fn open(dial: Dial, most: usize) -> Result<Self, StoreError> {
        let inner = Inner { dial, free: Mutex::new(Vec::new()), permits: Arc::new(Semaphore::new(most)) };
        let pool = Self { inner: Arc::new(inner) };
        pool.lease().await?.give_back();
        Ok(pool)
    }

    async fn lease(&self) -> Result<Lease, StoreError> {
        let permit = self.inner.permits.clone().acquire_owned().await;
        let permit = permit.map_err(|_| DatabaseError::of("the store was closed"))?;
        let free = self.free().pop();
        let session = match free.filter(|session| !session.client.is_closed()) {
            Some(session) => session,
            None => Session { client: self.inner.dial.connect().await?, known: Default::default() },
        };
        Ok(Lease { session: Some(session), pool: self.clone(), _permit: permit })
    }

    /// Begins a transaction.
    pub(crate) async fn begin(&self, statements: &'static str) -> Result<Lease, StoreError> {
        let mut lease = self.lease().await?;
        match lease.run(statements).await {
            // A connection that died while it was free says so only now.
            Err(StoreError::Database(error)) if error.is_disconnected() => {
                self.free().clear();
                drop(lease);
                let mut lease = self.lease().await?;
                lease.run(statements).await?;
                Ok(lease)
            }
            outcome => outcome.map(|()| lease),
        }
    }

    /// Rows of a statement by itself.
    pub(crate) async fn rows(&self, asked: &Query) -> Result<Vec<Row>, StoreError> {
        let mut lease = self.lease().await?;
        let rows = super::rows(lease.session()?, asked).await;
        match &rows {
            Ok(_) => lease.give_back(),
            // The others that are free are probably gone as well.
            Err(StoreError::Database(error)) if error.is_disconnected() => self.free().clear(),
            // What it knows of the statement may be out of date: a connection that failed is not used again.
            Err(_) => {}
        }
        rows
    }

    /// Nobody gets a connection any more; those that are free are closed.
    pub(crate) fn close(&self) {
        self.inner.permits.close();
        self.free().clear();
    }

    fn free(&self) -> std::sync::MutexGuard<'_, Vec<Session>> {
        self.inner.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Lease {
    pub(in crate::db) fn session(&mut self) -> Result<&mut Session, StoreError> {
        self.session.as_mut().ok_or_else(|| DatabaseError::of("the transaction has ended").into())
    }

    pub(crate) async fn run(&mut self, statements: &str) -> Result<(), StoreError> {
        Ok(self.session()?.client.batch_execute(statements).await.map_err(DatabaseError::from)?)
    }

    /// Ends the transaction and gives the connection back.
    pub(crate) async fn end(mut self, statement: &str) -> Result<(), StoreError> {
        self.run(statement).await?;
        self.give_back();
        Ok(())
    }

    fn give_back(mut self) {
        if let Some(session) = self.session.take().filter(|_| !self.pool.inner.permits.is_closed()) {
            self.pool.free().push(session);
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Pool({})", self.inner.dial.place())
    }
}
