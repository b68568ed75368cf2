//! How does a process look at the house that holds none of its keys?
//!
//! INVARIANT (serve holds no private key): a [`Lookout`] has the database and the ledger's public key, and no field for anything that
//! signs, opens or reads a source.

use std::path::Path;
use std::time::Duration;

use causeway_ledger::VerifierKey;
use causeway_store::beat::Beat;
use causeway_store::query::Figures;
use causeway_store::{Opening, Place, StoreError, Watch};
use jiff::{SignedDuration, Timestamp};

use crate::alert::Settings;
use crate::error::EngineError;
use crate::home::Home;
use crate::house::{Surroundings, server};

/// The ledger's public key, beside the private ones.
const LEDGER_PUBLIC: &str = "ledger.vkey";

/// Packages in the making need some room: with less, nothing should begin.
pub const LOW_DISK: u64 = 2 << 30;

/// How long each check may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The house, to look at.
pub struct Lookout {
    home: Home,
    store: Watch,
    surroundings: Surroundings,
}

/// Whether the house can do its work: each check, and what stands in its way.
#[derive(Debug)]
pub struct Health {
    /// What was checked, in order; an error says what is wrong, for the log.
    pub checks: [(&'static str, Result<(), String>); 4],
}

impl Health {
    /// Whether everything is well.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.checks.iter().all(|(_, found)| found.is_ok())
    }
}

/// The house in numbers, at one moment.
#[derive(Clone, Debug)]
pub struct Seen {
    /// What the database counts.
    pub figures: Figures,
    /// The workers that are at work.
    pub workers: Vec<Beat>,
    /// When it was looked at.
    pub at: Timestamp,
    /// Sealed reports of who was left out, that are kept.
    pub reports: u64,
    /// Free bytes where packages are made.
    pub free_bytes: Option<u64>,
}

impl Lookout {
    /// Opens an installation to look at it.
    ///
    /// # Errors
    /// When the public key or the database is not there, or the database is an older copy.
    pub async fn open(home: Home, surroundings: Surroundings) -> Result<Self, EngineError> {
        let path = home.keys().join(LEDGER_PUBLIC);
        let text = std::fs::read_to_string(&path).map_err(EngineError::file("read", &path))?;
        let key = VerifierKey::parse(text.trim()).map_err(|error| {
            EngineError::Wrong(format!("`{}` is no public key of a ledger: {error}", path.display()))
        })?;
        let server = server(&home, surroundings)?;
        let (file, head) = (home.database(), home.ledger_head());
        let place = server.as_ref().map_or(Place::File(&file), Place::Server);
        let store = Watch::open(Opening { place, head: &head, key: &key }).await?;
        Ok(Self { home, store, surroundings })
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.surroundings.now)()
    }

    /// Tries whether the house can do its work.
    pub async fn health(&self) -> Health {
        let now = self.now();
        let (database, ledger, worker) = tokio::join!(
            within(self.store.can_write(now)),
            within(self.store.head_verifies()),
            within(self.store.workers_seen())
        );
        let worker = worker.and_then(|seen| match seen.iter().any(|beat| beat.is_alive(now)) {
            true => Ok(()),
            false => Err("no worker was seen within two minutes: start `causeway work`".to_owned()),
        });
        let staging = match free_bytes(&self.home.staging()) {
            Some(free) if free >= LOW_DISK => Ok(()),
            Some(free) => Err(format!("{} MiB are free where packages are made: free some", free >> 20)),
            None => Err("the folder where packages are made cannot be looked at".to_owned()),
        };
        Health { checks: [("database", database), ("ledger", ledger), ("worker", worker), ("staging", staging)] }
    }

    /// Counts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn look(&self) -> Result<Seen, EngineError> {
        let at = self.now();
        let figures = self.store.figures(receipts_due(&self.home.config().alerts, at), at).await?;
        let mut workers = self.store.workers_seen().await?;
        workers.retain(|beat| beat.is_alive(at));
        let (sealed, staging) = (self.home.sealed(), self.home.staging());
        let looked = tokio::task::spawn_blocking(move || (reports(&sealed), free_bytes(&staging))).await;
        let (reports, free_bytes) = looked.unwrap_or_default();
        Ok(Seen { figures, workers, at, reports, free_bytes })
    }

    /// Lets the database go.
    pub async fn close(self) {
        self.store.close().await;
    }
}

/// What arrived before this moment and is not receipted is overdue at `now`.
pub(crate) fn receipts_due(settings: &Settings, now: Timestamp) -> Timestamp {
    let days = i64::from(settings.receipt_within_days);
    now.saturating_sub(SignedDuration::from_hours(24 * days)).unwrap_or(Timestamp::MIN)
}

async fn within<T>(check: impl Future<Output = Result<T, StoreError>>) -> Result<T, String> {
    match tokio::time::timeout(PATIENCE, check).await {
        Ok(outcome) => outcome.map_err(|error| error.to_string()),
        Err(_) => Err(format!("no answer within {} seconds", PATIENCE.as_secs())),
    }
}

/// Reports of who was left out, whoever they are.
fn reports(sealed: &Path) -> u64 {
    let entries = std::fs::read_dir(sealed).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().ends_with(".report.age")).count() as u64
}

/// Free bytes of the file system that holds `path`.
#[must_use]
pub fn free_bytes(path: &Path) -> Option<u64> {
    let found = rustix::fs::statvfs(path).ok()?;
    found.f_bavail.checked_mul(found.f_frsize)
}
