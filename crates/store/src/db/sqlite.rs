//! How does a statement run on SQLite?

use std::borrow::Cow;
use std::sync::Arc;

use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{AssertSqlSafe, Column as _, Executor, Row as _, SqlSafeStr as _, Sqlite, TypeInfo as _, ValueRef as _};

use super::query::{Bind, Query};
use super::row::{Row, Value};
use crate::StoreError;

pub(super) async fn rows<'c>(asked: &Query, on: impl Executor<'c, Database = Sqlite>) -> Result<Vec<Row>, StoreError> {
    let rows = statement(asked).fetch_all(on).await?;
    let columns: Arc<[String]> = match rows.first() {
        Some(row) => row.columns().iter().map(|column| column.name().to_owned()).collect(),
        None => return Ok(Vec::new()),
    };
    rows.iter().map(|found| Ok(Row { columns: columns.clone(), values: values(found)? })).collect()
}

pub(super) async fn execute<'c>(asked: &Query, on: impl Executor<'c, Database = Sqlite>) -> Result<u64, StoreError> {
    Ok(statement(asked).execute(on).await?.rows_affected())
}

fn statement(asked: &Query) -> sqlx::query::Query<'_, Sqlite, SqliteArguments> {
    let sql = match &asked.sql {
        Cow::Borrowed(sql) => sql.into_sql_str(),
        Cow::Owned(sql) => AssertSqlSafe(sql.clone()).into_sql_str(),
    };
    asked.binds.iter().fold(sqlx::query(sql), |query, bind| match bind {
        Bind::Int(number) => query.bind(*number),
        Bind::Text(text) => query.bind(text.as_deref()),
        Bind::Bytes(bytes) => query.bind(bytes.as_deref()),
    })
}

fn values(row: &SqliteRow) -> Result<Vec<Value>, StoreError> {
    (0..row.len())
        .map(|place| {
            let raw = row.try_get_raw(place)?;
            if raw.is_null() {
                return Ok(Value::Null);
            }
            // What does not decode, like text that is no UTF-8, is damage of that one cell.
            let value = match raw.type_info().name() {
                "INTEGER" | "INT8" | "BOOLEAN" => row.try_get_unchecked(place).map(Value::Int),
                "TEXT" => row.try_get_unchecked(place).map(Value::Text),
                "BLOB" => row.try_get_unchecked(place).map(Value::Bytes),
                _ => Ok(Value::Odd),
            };
            Ok(value.unwrap_or(Value::Odd))
        })
        .collect()
}
