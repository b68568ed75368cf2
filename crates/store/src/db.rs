//! What of this crate is SQLite's alone? These types, and how a row's cells are read without printing them.

use jiff::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::{Decode, Row as _, Type};

use crate::StoreError;

pub(crate) type Db = sqlx::Sqlite;
pub(crate) type DbConnection = sqlx::SqliteConnection;
pub(crate) type DbPool = sqlx::SqlitePool;
pub(crate) type DbRow = sqlx::sqlite::SqliteRow;
pub(crate) type DbTransaction = sqlx::Transaction<'static, Db>;

/// Takes the one write lock at once: a transaction that reads first and writes later could be refused midway.
pub(crate) const BEGIN_WRITE: &str = "BEGIN IMMEDIATE";

/// The cells of one row. What does not decode is damage, reported by table, key and column.
pub(crate) struct Cells<'r> {
    row: &'r DbRow,
    table: &'static str,
    key: &'static str,
}

impl<'r> Cells<'r> {
    pub(crate) fn new(row: &'r DbRow, table: &'static str, key: &'static str) -> Self {
        Self { row, table, key }
    }

    pub(crate) fn get<T: Decode<'r, Db> + Type<Db>>(&self, column: &'static str) -> Result<T, StoreError> {
        self.row.try_get(column).map_err(|_| self.damaged(column))
    }

    /// A whole number that is never negative.
    pub(crate) fn count<T: TryFrom<i64>>(&self, column: &'static str) -> Result<T, StoreError> {
        T::try_from(self.get::<i64>(column)?).map_err(|_| self.damaged(column))
    }

    pub(crate) fn optional_count<T: TryFrom<i64>>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        let number = self.get::<Option<i64>>(column)?;
        number.map(T::try_from).transpose().map_err(|_| self.damaged(column))
    }

    pub(crate) fn time(&self, column: &'static str) -> Result<Timestamp, StoreError> {
        Timestamp::from_microsecond(self.get(column)?).map_err(|_| self.damaged(column))
    }

    pub(crate) fn optional_time(&self, column: &'static str) -> Result<Option<Timestamp>, StoreError> {
        let micros = self.get::<Option<i64>>(column)?;
        micros.map(Timestamp::from_microsecond).transpose().map_err(|_| self.damaged(column))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &'static str) -> Result<T, StoreError> {
        serde_json::from_str(self.get(column)?).map_err(|_| self.damaged(column))
    }

    pub(crate) fn optional_json<T: DeserializeOwned>(&self, column: &'static str) -> Result<Option<T>, StoreError> {
        let text = self.get::<Option<&str>>(column)?;
        text.map(serde_json::from_str).transpose().map_err(|_| self.damaged(column))
    }

    /// 32 bytes.
    pub(crate) fn bytes32(&self, column: &'static str) -> Result<[u8; 32], StoreError> {
        self.get::<&[u8]>(column)?.try_into().map_err(|_| self.damaged(column))
    }

    /// A value of a closed set, by its stored name.
    pub(crate) fn named<T>(&self, column: &'static str, find: fn(&str) -> Option<T>) -> Result<T, StoreError> {
        find(self.get(column)?).ok_or_else(|| self.damaged(column))
    }

    pub(crate) fn damaged(&self, column: &'static str) -> StoreError {
        let number = self.row.try_get::<i64, _>(self.key).map(|number| number.to_string());
        let row = number.or_else(|_| self.row.try_get(self.key)).unwrap_or_else(|_| "?".to_owned());
        StoreError::Damaged { table: self.table, row, column }
    }
}

/// A number as the database holds it.
pub(crate) fn stored(number: u64, what: &'static str) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::TooLarge { what })
}

/// What we wrote ourselves always becomes JSON; if it ever does not, the database says why.
pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Database(sqlx::Error::Encode(Box::new(error))))
}

/// Defines a closed set of names that is stored as text.
macro_rules! named {
    ($(#[$doc:meta])* $set:ident { $($(#[$member_doc:meta])* $member:ident = $name:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $set { $($(#[$member_doc])* $member),* }

        impl $set {
            /// The stable name.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$member => $name),* }
            }

            /// The member of this name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$member),)* _ => None }
            }
        }
    };
}
pub(crate) use named;
