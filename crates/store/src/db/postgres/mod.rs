//! How do statements run on PostgreSQL, over connections that are kept and replaced?

mod connect;
mod pool;
mod tls;

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, Statement};

pub(crate) use connect::Dial;
pub use connect::{Password, Server, Tls};
pub(crate) use pool::{Lease, Pool};

use super::DatabaseError;
use super::query::{Bind, Query};
use super::row::{Row, Value};
use crate::StoreError;

/// The lock of all writers. It is of the schema's name, so that two installations may share a database. A process that
/// stops in the middle of a change does not hold the others up for ever.
pub(crate) const BEGIN_WRITE: &str = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
    SET LOCAL idle_in_transaction_session_timeout = '60s'; \
    SELECT pg_advisory_xact_lock(1667330404, hashtext(current_schema()))";

/// Every statement of it sees the same moment.
pub(crate) const BEGIN_READ: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// A connection with the statements that it knows already.
#[derive(Debug)]
pub(crate) struct Session {
    client: Client,
    known: HashMap<Cow<'static, str>, Statement>,
}

impl Session {
    async fn statement(&mut self, asked: &Query) -> Result<Statement, DatabaseError> {
        if let Some(known) = self.known.get(&asked.sql) {
            return Ok(known.clone());
        }
        let types: Vec<Type> = asked.binds.iter().map(type_of).collect();
        let statement = self.client.prepare_typed(&asked.sql, &types).await?;
        self.known.insert(asked.sql.clone(), statement.clone());
        Ok(statement)
    }
}

pub(super) async fn rows(session: &mut Session, asked: &Query) -> Result<Vec<Row>, StoreError> {
    let statement = session.statement(asked).await?;
    let found = session.client.query(&statement, &arguments(asked)).await.map_err(DatabaseError::from)?;
    let columns: Arc<[String]> = statement.columns().iter().map(|column| column.name().to_owned()).collect();
    Ok(found.iter().map(|row| Row { columns: columns.clone(), values: values(row) }).collect())
}

pub(super) async fn execute(session: &mut Session, asked: &Query) -> Result<u64, StoreError> {
    let statement = session.statement(asked).await?;
    Ok(session.client.execute(&statement, &arguments(asked)).await.map_err(DatabaseError::from)?)
}

fn type_of(bind: &Bind) -> Type {
    match bind {
        Bind::Int(_) => Type::INT8,
        Bind::Text(_) => Type::TEXT,
        Bind::Bytes(_) => Type::BYTEA,
    }
}

fn arguments(asked: &Query) -> Vec<&(dyn ToSql + Sync)> {
    asked.binds.iter().map(argument).collect()
}

fn argument(bind: &Bind) -> &(dyn ToSql + Sync) {
    match bind {
        Bind::Int(number) => number,
        Bind::Text(text) => text,
        Bind::Bytes(bytes) => bytes,
    }
}

fn values(row: &tokio_postgres::Row) -> Vec<Value> {
    let known = |place: usize, column: &tokio_postgres::Column| {
        let kind = column.type_();
        Some(match *kind {
            Type::INT8 => row.try_get::<_, Option<i64>>(place).ok()?.map(Value::Int),
            Type::INT4 => row.try_get::<_, Option<i32>>(place).ok()?.map(|number| Value::Int(number.into())),
            Type::BOOL => row.try_get::<_, Option<bool>>(place).ok()?.map(|truth| Value::Int(truth.into())),
            Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(place).ok()?.map(Value::Bytes),
            Type::TEXT | Type::VARCHAR | Type::NAME => row.try_get::<_, Option<String>>(place).ok()?.map(Value::Text),
            _ => return None,
        })
    };
    let value = |(place, column)| match known(place, column) {
        Some(value) => value.unwrap_or(Value::Null),
        None => Value::Odd,
    };
    row.columns().iter().enumerate().map(value).collect()
}
