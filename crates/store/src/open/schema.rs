//! Which tables must there be, and who may change them? Migrations expand, move, then contract.

use sqlx::SqlSafeStr as _;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::StoreError;
use crate::db::DbPool;

/// The table that tells which migrations were applied.
const TABLE: &str = "schema_version";

/// Every migration, oldest first. One that was released is never edited: its digest is stored and compared.
const MIGRATIONS: [(i64, &str, &str); 1] = [(1, "street", include_str!("../../migrations/0001_street.sql"))];

/// Applies what is missing; refuses what a newer program wrote, before anything is touched.
pub(super) async fn bring_up_to_date(pool: &DbPool) -> Result<(), StoreError> {
    let (found, known) = (version(pool).await?, newest());
    if found > known {
        return Err(StoreError::NewerSchema { found, known });
    }
    migrator().run(pool).await.map_err(StoreError::Migration)
}

/// Refuses any other schema than ours.
pub(super) async fn demand(pool: &DbPool) -> Result<(), StoreError> {
    let (found, known) = (version(pool).await?, newest());
    match found.cmp(&known) {
        std::cmp::Ordering::Less => Err(StoreError::OlderSchema { found, known }),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(StoreError::NewerSchema { found, known }),
    }
}

/// The newest version applied; 0 for a database without tables.
async fn version(pool: &DbPool) -> Result<i64, StoreError> {
    let tables: i64 =
        sqlx::query_scalar("SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'")
            .fetch_one(pool)
            .await?;
    if tables == 0 {
        return Ok(0);
    }
    Ok(sqlx::query_scalar("SELECT coalesce(max(version), 0) FROM schema_version").fetch_one(pool).await?)
}

fn newest() -> i64 {
    MIGRATIONS.iter().map(|(version, ..)| *version).max().unwrap_or(0)
}

fn migrator() -> Migrator {
    let migrations = MIGRATIONS.iter().map(|(version, name, sql)| {
        Migration::new(*version, (*name).into(), MigrationType::Simple, (*sql).into_sql_str(), false)
    });
    let mut migrator = Migrator::with_migrations(migrations.collect());
    migrator.dangerous_set_table_name(TABLE);
    migrator
}
