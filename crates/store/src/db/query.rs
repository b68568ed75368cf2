//! How is a statement asked? One text with `$1`, `$2` … for both databases, and its arguments.

use std::borrow::Cow;

use super::row::Row;
use super::{DatabaseError, Patience, Pool, Transaction, postgres};
use crate::StoreError;

/// An argument. Each has a type even where it is absent: PostgreSQL asks for it.
#[derive(Clone, Debug)]
pub(crate) enum Bind {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
}

/// A statement with its arguments.
pub(crate) struct Query {
    pub(super) sql: Cow<'static, str>,
    pub(super) binds: Vec<Bind>,
}

/// Where a statement runs: on any connection by itself, or within a transaction.
pub(crate) enum On<'a> {
    Pool(&'a Pool),
    Transaction(&'a mut Transaction),
}

/// Begins a statement. Its text is ours: nothing of a document, a partner or a person is ever put into it.
pub(crate) fn query(sql: impl Into<Cow<'static, str>>) -> Query {
    Query { sql: sql.into(), binds: Vec::new() }
}

impl Query {
    /// The next argument.
    pub(crate) fn bind(mut self, value: impl Into<Bind>) -> Self {
        self.binds.push(value.into());
        self
    }

    pub(crate) async fn fetch_all(self, on: impl Into<On<'_>>) -> Result<Vec<Row>, StoreError> {
        match on.into() {
            On::Pool(Pool::Sqlite { reading, .. }) => reading.rows(&self).await,
            On::Pool(Pool::Postgres(pool)) => {
                // A statement by itself only reads: where the connection was lost, it can be asked again.
                let mut patience = Patience::new();
                loop {
                    match pool.rows(&self).await {
                        Err(error) if patience.allows_another(&error).await => {}
                        outcome => return outcome,
                    }
                }
            }
            On::Transaction(Transaction::Sqlite(lease)) => lease.rows(&self),
            On::Transaction(Transaction::Postgres(lease)) => postgres::rows(lease.session()?, &self).await,
        }
    }

    pub(crate) async fn fetch_optional(self, on: impl Into<On<'_>>) -> Result<Option<Row>, StoreError> {
        Ok(self.fetch_all(on).await?.into_iter().next())
    }

    pub(crate) async fn fetch_one(self, on: impl Into<On<'_>>) -> Result<Row, StoreError> {
        let row = self.fetch_optional(on).await?;
        row.ok_or_else(|| DatabaseError::of("it gave no row where there is always one").into())
    }

    /// Runs a statement that changes rows; how many it changed.
    pub(crate) async fn execute(self, transaction: &mut Transaction) -> Result<u64, StoreError> {
        match transaction {
            Transaction::Sqlite(lease) => lease.execute(&self),
            Transaction::Postgres(lease) => postgres::execute(lease.session()?, &self).await,
        }
    }
}

impl On<'_> {
    /// The same place, for a further statement.
    pub(crate) fn again(&mut self) -> On<'_> {
        match self {
            On::Pool(pool) => On::Pool(pool),
            On::Transaction(transaction) => On::Transaction(transaction),
        }
    }
}

impl<'a> From<&'a Pool> for On<'a> {
    fn from(pool: &'a Pool) -> Self {
        Self::Pool(pool)
    }
}

impl<'a> From<&'a mut Transaction> for On<'a> {
    fn from(transaction: &'a mut Transaction) -> Self {
        Self::Transaction(transaction)
    }
}

macro_rules! bound {
    ($($given:ty => $kind:ident by $read:path;)+) => {
        $(impl From<$given> for Bind {
            fn from(given: $given) -> Self {
                Self::$kind(Some($read(given)))
            }
        }

        impl From<Option<$given>> for Bind {
            fn from(given: Option<$given>) -> Self {
                Self::$kind(given.map($read))
            }
        })+
    };
}

bound! {
    i64 => Int by std::convert::identity;
    u32 => Int by i64::from;
    bool => Int by i64::from;
    &str => Text by str::to_owned;
    String => Text by std::convert::identity;
    &String => Text by String::clone;
    &[u8] => Bytes by Vec::from;
    Vec<u8> => Bytes by std::convert::identity;
}

impl From<&Option<String>> for Bind {
    fn from(given: &Option<String>) -> Self {
        Self::Text(given.clone())
    }
}
