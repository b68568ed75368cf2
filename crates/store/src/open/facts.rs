//! What is there to tell about the database that we work in?

use jiff::Timestamp;

use super::schema;
use crate::db::{Cells, Kind, query};
use crate::{Reader, StoreError};

/// What can be told of the database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Which database.
    pub kind: Kind,
    /// Its version, as it calls itself.
    pub version: String,
    /// The newest migration applied.
    pub schema: i64,
    /// The newest that this program knows.
    pub known_schema: i64,
    /// Whether the connection is encrypted; `None` where there is none to encrypt.
    pub is_encrypted: Option<bool>,
    /// Whether a commit is on the disk when it returns.
    pub is_durable: bool,
    /// By how many milliseconds the server's clock is ahead of the time given; `None` where it is the same clock.
    pub clock_ahead_ms: Option<i64>,
}

impl Reader {
    /// Asks the database about itself, at `now`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn facts(&self, now: Timestamp) -> Result<Facts, StoreError> {
        let (kind, schema, known_schema) = (self.pool.kind(), schema::version(&self.pool).await?, schema::newest());
        if kind == Kind::Sqlite {
            let version = query("SELECT sqlite_version()").fetch_one(&self.pool).await?.only()?;
            let (is_encrypted, clock_ahead_ms) = (None, None);
            return Ok(Facts { kind, version, schema, known_schema, is_encrypted, is_durable: true, clock_ahead_ms });
        }
        let row = query(
            "SELECT current_setting('server_version') AS version, \
             coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false) AS encrypted, \
             inet_server_addr() IS NULL AS local, \
             current_setting('fsync') = 'on' AND current_setting('full_page_writes') = 'on' AS durable, \
             (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS clock_ms",
        )
        .fetch_one(&self.pool)
        .await?;
        let cells = Cells::new(&row, "the server's settings", "version");
        let is_encrypted = if cells.get("local")? { None } else { Some(cells.get("encrypted")?) };
        Ok(Facts {
            kind,
            version: cells.get("version")?,
            schema,
            known_schema,
            is_encrypted,
            is_durable: cells.get("durable")?,
            clock_ahead_ms: Some(cells.get::<i64>("clock_ms")? - now.as_millisecond()),
        })
    }
}
