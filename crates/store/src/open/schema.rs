//! Which tables must there be, and who may change them? Migrations only go forward: expand, move, then contract.
//!
//! A migration has one text for each database and a number. It says in `schema_writer` which schema a program must know at
//! least to run on the tables as they are from then on. One that only expands leaves that as it is, so that the previous
//! program goes on running beside the new one; the one that contracts, a release later, raises it.

use sha2::{Digest as _, Sha384};

use crate::StoreError;
use crate::db::{Cells, Kind, On, Pool, Transaction, query};

struct Migration {
    version: i64,
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

macro_rules! migration {
    ($version:literal, $name:literal, $file:literal) => {
        Migration {
            version: $version,
            name: $name,
            sqlite: include_str!(concat!("../../migrations/sqlite/", $file)),
            postgres: include_str!(concat!("../../migrations/postgres/", $file)),
        }
    };
}

/// Every migration, oldest first. One that was released is never edited: its digest is stored and compared.
const MIGRATIONS: &[Migration] = &[
    migration!(1, "street", "0001_street.sql"),
    migration!(2, "immutable", "0002_immutable.sql"),
    migration!(10, "life", "0010_life.sql"),
    migration!(11, "requests", "0011_requests.sql"),
    migration!(12, "configuration", "0012_configuration.sql"),
    migration!(14, "environment", "0014_environment.sql"),
    migration!(15, "keys", "0015_keys.sql"),
    migration!(16, "lease", "0016_lease.sql"),
    migration!(17, "schedules", "0017_schedules.sql"),
    migration!(18, "content", "0018_content.sql"),
    migration!(19, "states", "0019_states.sql"),
    migration!(20, "alerts", "0020_alerts.sql"),
    migration!(21, "rights", "0021_rights.sql"),
    migration!(22, "retention", "0022_retention.sql"),
    migration!(23, "intake", "0023_intake.sql"),
    migration!(24, "clients", "0024_clients.sql"),
    migration!(25, "answers", "0025_answers.sql"),
    migration!(26, "client secrets", "0026_client_secrets.sql"),
    migration!(27, "review", "0027_review.sql"),
    migration!(28, "taken", "0028_taken.sql"),
    migration!(29, "queue", "0029_queue.sql"),
];

const BOOKS_SQLITE: &str = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
    installed_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP, success BOOLEAN NOT NULL, checksum BLOB NOT NULL, \
    execution_time BIGINT NOT NULL)";
const BOOKS_POSTGRES: &str = "CREATE TABLE IF NOT EXISTS schema_version (version BIGINT PRIMARY KEY, description TEXT NOT NULL, \
    installed_on TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP, success BIGINT NOT NULL, checksum BYTEA NOT NULL, \
    execution_time BIGINT NOT NULL)";

/// Applies what is missing; refuses what a newer program has left for newer programs alone, before anything is touched.
pub(super) async fn bring_up_to_date(pool: &Pool) -> Result<(), StoreError> {
    refuse_newer(pool).await?;
    if version(pool).await? == newest() {
        return known_text(pool).await;
    }
    let mut transaction = pool.begin_write().await?;
    transaction
        .run(match pool.kind() {
            Kind::Sqlite => BOOKS_SQLITE,
            Kind::Postgres => BOOKS_POSTGRES,
        })
        .await?;
    // Another process may have done it meanwhile.
    let applied = applied(&mut transaction).await?;
    for migration in MIGRATIONS.iter().filter(|migration| migration.version > applied) {
        apply(&mut transaction, migration)
            .await
            .map_err(|error| StoreError::Migration { version: migration.version, source: Box::new(error) })?;
    }
    transaction.commit().await?;
    known_text(pool).await
}

/// Refuses a schema that we cannot read.
pub(super) async fn demand(pool: &Pool) -> Result<(), StoreError> {
    let (found, known) = (version(pool).await?, newest());
    if found < known {
        return Err(StoreError::OlderSchema { found, known });
    }
    refuse_newer(pool).await
}

/// The newest version applied; 0 for a database without tables.
pub(crate) async fn version(pool: &Pool) -> Result<i64, StoreError> {
    if has_table(pool, "schema_version").await? { applied(pool).await } else { Ok(0) }
}

/// The newest version of the schema that this program knows.
#[must_use]
pub fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

pub(crate) async fn has_table(pool: &Pool, name: &str) -> Result<bool, StoreError> {
    let tables = query(match pool.kind() {
        Kind::Sqlite => "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = $1",
        Kind::Postgres => "SELECT count(*) FROM pg_tables WHERE schemaname = current_schema() AND tablename = $1",
    });
    Ok(tables.bind(name).fetch_one(pool).await?.only::<i64>()? > 0)
}

async fn applied(on: impl Into<On<'_>>) -> Result<i64, StoreError> {
    query("SELECT coalesce(max(version), 0) FROM schema_version").fetch_one(on).await?.only()
}

/// A newer schema is fine as long as the program that made it says that we may still write.
async fn refuse_newer(pool: &Pool) -> Result<(), StoreError> {
    let (found, known) = (version(pool).await?, newest());
    if found <= known {
        return Ok(());
    }
    let oldest = query("SELECT max(oldest_schema) FROM schema_writer").fetch_one(pool).await?.only::<Option<i64>>()?;
    if oldest.is_some_and(|oldest| oldest <= known) { Ok(()) } else { Err(StoreError::NewerSchema { found, known }) }
}

/// The first schema whose programs heed what people decide.
const HEEDS_DECISIONS: i64 = 21;

/// From the first decision of a person on, nobody may work in the database who knows nothing of decisions: until then the upgrade can be
/// taken back.
pub(crate) async fn keep_out_who_heeds_nothing(transaction: &mut Transaction) -> Result<(), StoreError> {
    let oldest = query(format!(
        "INSERT INTO schema_writer (oldest_schema) SELECT {HEEDS_DECISIONS} WHERE EXISTS (SELECT 1 FROM person_decision) \
         ON CONFLICT DO NOTHING"
    ));
    oldest.execute(transaction).await.map(|_| ())
}

async fn apply(transaction: &mut Transaction, migration: &Migration) -> Result<(), StoreError> {
    transaction.run(text(migration, transaction.kind())).await?;
    let row = query(
        "INSERT INTO schema_version (version, description, success, checksum, execution_time) VALUES ($1, $2, 1, $3, 0)",
    );
    let row = row.bind(migration.version).bind(migration.name).bind(digest(migration, transaction.kind()));
    row.execute(transaction).await.map(|_| ())
}

/// The migrations applied are the ones that we know, letter for letter.
async fn known_text(pool: &Pool) -> Result<(), StoreError> {
    for row in query("SELECT version, checksum FROM schema_version ORDER BY version").fetch_all(pool).await? {
        let cells = Cells::new(&row, "schema_version", "version");
        let version: i64 = cells.get("version")?;
        let ours = MIGRATIONS.iter().find(|migration| migration.version == version);
        let ours = ours.map(|migration| digest(migration, pool.kind()));
        // What a newer program has applied beyond ours is its own.
        if let Some(ours) = ours
            && ours != cells.get::<&[u8]>("checksum")?
        {
            return Err(StoreError::OtherSchema { version });
        }
    }
    Ok(())
}

fn text(migration: &Migration, kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => migration.sqlite,
        Kind::Postgres => migration.postgres,
    }
}

fn digest(migration: &Migration, kind: Kind) -> Vec<u8> {
    Sha384::digest(text(migration, kind).as_bytes()).to_vec()
}
