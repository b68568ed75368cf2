//! How are a row's cells read without printing them?

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::{DatabaseError, FromValue, Row};
use crate::StoreError;

/// The cells of one row. What does not decode is damage, reported by table, key and column.
pub(crate) struct Cells<'r> {
    row: &'r Row,
    table: &'static str,
    key: &'static str,
}

impl<'r> Cells<'r> {
    pub(crate) fn new(row: &'r Row, table: &'static str, key: &'static str) -> Self {
        Self { row, table, key }
    }

    pub(crate) fn get<T: FromValue<'r>>(&self, column: &'static str) -> Result<T, StoreError> {
        self.row.value(column).and_then(T::from_value).ok_or_else(|| self.damaged(column))
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
        let key = self.row.value(self.key);
        let number = key.and_then(i64::from_value).map(|number| number.to_string());
        let row = number.or_else(|| key.and_then(String::from_value)).unwrap_or_else(|| "?".to_owned());
        StoreError::Damaged { table: self.table, row, column }
    }
}

/// A number as the database holds it.
pub(crate) fn stored(number: u64, what: &'static str) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::TooLarge { what })
}

/// What we wrote ourselves always becomes JSON; if it ever does not, the error says so.
pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| DatabaseError::of(format!("a value has no JSON: {error}")).into())
}
