//! Which installation do the tests work in? A throw-away one with an invented operation.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use causeway_ledger::{SignerKey, VerifierKey};
use causeway_store::backup::Restoring;
use causeway_store::{
    AuditEvent, Changed, Kind, Opening, Password, Place, Reader, Server, Stamp, Store, StoreError, Tls,
};
use causeway_testkit::server::{Postgres, postgres};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tempfile::TempDir;

use crate::raw::Raw;

pub(crate) const ORIGIN: &str = "invented-operation.example/ledger";
pub(crate) const PASSWORD: &str = "invented word";

/// A data directory or a database of the test server, and a place outside of it for the head.
pub(crate) struct House {
    /// Removed with the house that made it.
    _kept: Option<TempDir>,
    directory: PathBuf,
    pub(crate) signer: SignerKey,
    key: VerifierKey,
    raw: Raw,
}

/// Runs each test function twice: on an SQLite file and on a database of a PostgreSQL server.
macro_rules! on_both {
    ($($name:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(causeway_store::Kind::Sqlite).await;
            })+
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(causeway_store::Kind::Postgres).await;
            })+
        }
    };
}
pub(crate) use on_both;

impl House {
    pub(crate) fn new(kind: Kind) -> Self {
        match kind {
            Kind::Sqlite => Self::with(|directory| Raw::File(directory.join("data/causeway.db"))),
            Kind::Postgres => Self::on(postgres()),
        }
    }

    /// On a server of the test's own.
    pub(crate) fn on(server: &'static Postgres) -> Self {
        Self::with(|_| Raw::database(server))
    }

    fn with(raw: impl FnOnce(&std::path::Path) -> Raw) -> Self {
        let kept = tempfile::tempdir().unwrap();
        for name in ["data", "outside"] {
            std::fs::create_dir(kept.path().join(name)).unwrap();
        }
        let raw = raw(kept.path());
        let folder = kept.path().to_owned();
        Self { _kept: Some(kept), ..Self::in_folder(folder, raw) }
    }

    fn in_folder(directory: PathBuf, raw: Raw) -> Self {
        let signer = SignerKey::from_seed(ORIGIN, &[7; 32]).unwrap();
        let key = signer.public().clone();
        Self { _kept: None, directory, signer, key, raw }
    }

    /// The house that another process has made: its folder, and its database where it is on a server.
    pub(crate) fn at(folder: PathBuf, database: Option<(u16, String)>) -> Self {
        let raw = match database {
            None => Raw::File(folder.join("data/causeway.db")),
            Some((port, name)) => Raw::Elsewhere(port, name),
        };
        Self::in_folder(folder, raw)
    }

    pub(crate) fn folder(&self) -> &std::path::Path {
        &self.directory
    }

    pub(crate) fn raw(&self) -> &Raw {
        &self.raw
    }

    pub(crate) fn kind(&self) -> Kind {
        self.raw.kind()
    }

    /// The file, on SQLite.
    pub(crate) fn database(&self) -> PathBuf {
        match &self.raw {
            Raw::File(path) => path.clone(),
            _ => panic!("a server has no file"),
        }
    }

    pub(crate) fn head(&self) -> PathBuf {
        self.directory.join("outside/head")
    }

    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.directory.join("outside").join(name)
    }

    pub(crate) fn key(&self) -> &VerifierKey {
        &self.key
    }

    pub(crate) async fn try_open(&self) -> Result<Store, StoreError> {
        self.try_open_with(&self.raw, &self.head()).await
    }

    pub(crate) async fn try_open_with(&self, raw: &Raw, head: &std::path::Path) -> Result<Store, StoreError> {
        let server = server_of(raw);
        Store::open(Opening { place: place(raw, server.as_ref()), head, key: &self.key }).await
    }

    pub(crate) async fn open(&self) -> Store {
        self.try_open().await.unwrap()
    }

    /// A store opened beside whoever has the lock.
    pub(crate) async fn beside_store(&self) -> Store {
        let server = server_of(&self.raw);
        let opening = Opening { place: place(&self.raw, server.as_ref()), head: &self.head(), key: &self.key };
        Store::beside(opening).await.unwrap()
    }

    pub(crate) async fn try_read(&self) -> Result<Reader, StoreError> {
        let server = server_of(&self.raw);
        Reader::open(Opening { place: place(&self.raw, server.as_ref()), head: &self.head(), key: &self.key }).await
    }

    pub(crate) async fn restoring(&self) -> Result<Restoring, StoreError> {
        let server = server_of(&self.raw);
        Restoring::begin(Opening { place: place(&self.raw, server.as_ref()), head: &self.head(), key: &self.key }).await
    }

    /// Plain SQL, as an administrator would run it.
    pub(crate) async fn sql(&self, statements: &str) {
        self.raw.sql(statements).await;
    }

    /// Plain SQL by someone who has first taken away what stands in the way.
    pub(crate) async fn tamper(&self, statements: &str) {
        self.raw.tamper(statements).await;
    }

    pub(crate) async fn sequence(&self, store: &Store) -> String {
        store.sequence(&self.signer, at(1_000)).await.unwrap()
    }
}

fn server_of(raw: &Raw) -> Option<Server> {
    match raw {
        Raw::File(_) => None,
        Raw::Server(server, name) => Some(server_at(server.port(), name)),
        Raw::Elsewhere(port, name) => Some(server_at(*port, name)),
    }
}

fn place<'a>(raw: &'a Raw, server: Option<&'a Server>) -> Place<'a> {
    match (raw, server) {
        (Raw::File(path), _) => Place::File(path),
        (_, Some(server)) => Place::Server(server),
        _ => panic!("a server has an address"),
    }
}

/// The user `causeway` of a database on this machine.
pub(crate) fn server_at(port: u16, database: &str) -> Server {
    let url = format!("postgres://causeway@127.0.0.1:{port}/{database}");
    Server::new(&url, Some(Password::new(PASSWORD.into())), Tls::Off).unwrap()
}

/// So many seconds after an invented beginning.
pub(crate) fn at(seconds: i64) -> Timestamp {
    "2031-04-05T06:07:08Z".parse::<Timestamp>().unwrap() + SignedDuration::from_secs(seconds)
}

/// A stamp whose salt is of what happened: other processes count for themselves.
pub(crate) fn stamp_of(subject: &str) -> Stamp {
    Stamp::new(at(0), &mut |bytes| {
        for (place, byte) in bytes.iter_mut().enumerate() {
            *byte = subject.as_bytes().get(place).copied().unwrap_or_default();
        }
    })
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
