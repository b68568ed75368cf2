//! Which installation do the tests work in? A throw-away one with an invented operation.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use causeway_ledger::{SignerKey, VerifierKey};
use causeway_store::{AuditEvent, Changed, Opening, Reader, Stamp, Store, StoreError};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, SqliteConnection};
use tempfile::TempDir;

pub(crate) const ORIGIN: &str = "invented-operation.example/ledger";

/// A data directory, and a place outside of it for the head.
pub(crate) struct House {
    directory: TempDir,
    pub(crate) signer: SignerKey,
    key: VerifierKey,
}

impl House {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        for name in ["data", "outside"] {
            std::fs::create_dir(directory.path().join(name)).unwrap();
        }
        let signer = SignerKey::from_seed(ORIGIN, &[7; 32]).unwrap();
        let key = signer.public().clone();
        Self { directory, signer, key }
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.directory.path().join("data/causeway.db")
    }

    pub(crate) fn head(&self) -> PathBuf {
        self.directory.path().join("outside/head")
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.directory.path().join("outside").join(name)
    }

    pub(crate) fn key(&self) -> &VerifierKey {
        &self.key
    }

    pub(crate) async fn try_open(&self) -> Result<Store, StoreError> {
        Store::open(Opening { database: &self.database(), head: &self.head(), key: &self.key }).await
    }

    pub(crate) async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    pub(crate) async fn try_read(&self) -> Result<Reader, StoreError> {
        Reader::open(Opening { database: &self.database(), head: &self.head(), key: &self.key }).await
    }

    /// Plain SQL, as someone with the file in hand would run it.
    pub(crate) async fn sql(&self, statements: &str) {
        let mut connection = self.raw().await;
        sqlx::raw_sql(AssertSqlSafe(statements)).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }

    pub(crate) async fn raw(&self) -> SqliteConnection {
        sqlx::sqlite::SqliteConnectOptions::new().filename(self.database()).connect().await.unwrap()
    }

    pub(crate) async fn sequence(&self, store: &Store) -> String {
        store.sequence(&self.signer, at(1_000)).await.unwrap()
    }
}

/// So many seconds after an invented beginning.
pub(crate) fn at(seconds: i64) -> Timestamp {
    "2031-04-05T06:07:08Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// A stamp whose salt differs from every other's.
pub(crate) fn stamp(seconds: i64) -> Stamp {
    static DRAWN: AtomicU64 = AtomicU64::new(1);
    Stamp::new(at(seconds), &mut |bytes| {
        let number = DRAWN.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = number[place % 8] ^ u8::try_from(place).unwrap();
        }
    })
}

pub(crate) fn event(name: &str, subject: &str) -> AuditEvent {
    AuditEvent {
        actor: "officer-a".into(),
        event: name.into(),
        subject: subject.into(),
        body: json!({"reason": "invented", "count": 3}),
    }
}

pub(crate) fn changed<T>(value: T, name: &str, subject: &str) -> Changed<T> {
    Changed::new(value, event(name, subject))
}

/// Enters so many events that stand for themselves.
pub(crate) async fn record(store: &Store, count: i64) {
    for number in 0..count {
        let subject = format!("quarantine-{number}");
        store.record_event(changed((), "quarantine.opened", &subject), stamp(number)).await.unwrap();
    }
}

impl House {
    /// A database that has a table, none of ours.
    pub(crate) async fn sql_on_a_new_file(&self) {
        let options = sqlx::sqlite::SqliteConnectOptions::new().filename(self.database()).create_if_missing(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql("CREATE TABLE other (id INTEGER)").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
}
