//! Where do our statements go? To the SQLite file or to the PostgreSQL server, in one text, with one kind of rows back.
//!
//! Numbers are 64 bits wide, times are microseconds, everything else is text or bytes: that much both databases have, and
//! they order text by its bytes. What is of one of them alone stands in [`sqlite`] and [`postgres`], in the folder of
//! each one's migrations and in the few places that ask [`Pool::kind`].

mod cells;
mod named;
pub(crate) mod postgres;
mod query;
mod row;
pub(crate) mod sqlite;
mod trouble;

pub(crate) use cells::{Cells, stored, to_json};
pub(crate) use named::named;
pub(crate) use query::{Bind, On, Query, query};
pub(crate) use row::{FromValue, Row, Value};
pub use trouble::DatabaseError;
pub(crate) use trouble::Patience;

use crate::StoreError;

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file of this machine.
    Sqlite,
    /// A server.
    Postgres,
}

impl Kind {
    /// Its name, for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// Open connections.
#[derive(Clone, Debug)]
pub(crate) enum Pool {
    /// The one that writes keeps its pages and statements, since nobody else does between two of its transactions.
    Sqlite {
        reading: sqlite::Pool,
        writing: sqlite::Pool,
    },
    Postgres(postgres::Pool),
}

/// A transaction under way. Dropped, it leaves nothing behind.
#[derive(Debug)]
pub(crate) enum Transaction {
    Sqlite(sqlite::Lease),
    Postgres(postgres::Lease),
}

impl Pool {
    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite { .. } => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }

    /// Begins to write, when nobody else does.
    ///
    /// INVARIANT (one writer at a time): "read, then write" in one transaction must be safe. SQLite has one write lock,
    /// taken here at once; on PostgreSQL it is an advisory lock that every writing transaction of ours takes before it
    /// reads anything, so that it sees all that was committed before it. The order of commits is then the order of locks,
    /// and that of the leaves.
    pub(crate) async fn begin_write(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite { writing, .. } => Transaction::Sqlite(writing.begin("BEGIN IMMEDIATE").await?),
            Self::Postgres(pool) => Transaction::Postgres(pool.begin(postgres::BEGIN_WRITE).await?),
        })
    }

    /// Begins to read the database as it stands at one moment.
    pub(crate) async fn begin_read(&self) -> Result<Transaction, StoreError> {
        Ok(match self {
            Self::Sqlite { reading, .. } => Transaction::Sqlite(reading.begin("BEGIN").await?),
            Self::Postgres(pool) => Transaction::Postgres(pool.begin(postgres::BEGIN_READ).await?),
        })
    }

    pub(crate) async fn close(&self) {
        match self {
            Self::Sqlite { reading, writing } => {
                reading.close().await;
                writing.close().await;
            }
            Self::Postgres(pool) => pool.close(),
        }
    }
}

impl Transaction {
    /// Makes everything in it last.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(mut lease) => lease.run("COMMIT"),
            Self::Postgres(lease) => lease.end("COMMIT").await,
        }
    }

    /// Leaves everything as it was.
    pub(crate) async fn rollback(self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(mut lease) => lease.run("ROLLBACK"),
            Self::Postgres(lease) => lease.end("ROLLBACK").await,
        }
    }

    /// Runs the statements of a text of ours, none of which gives rows.
    pub(crate) async fn run(&mut self, statements: &'static str) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(lease) => lease.run(statements),
            Self::Postgres(lease) => lease.run(statements).await,
        }
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Sqlite(_) => Kind::Sqlite,
            Self::Postgres(_) => Kind::Postgres,
        }
    }
}
