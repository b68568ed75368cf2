//! How does a process look at the house that holds none of its keys?
//!
//! INVARIANT (serve holds no private key): a [`Lookout`] has the database and the ledger's public key, and no field for anything that
//! signs, opens or reads a source.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use causeway_ledger::VerifierKey;
use causeway_store::beat::Beat;
use causeway_store::query::Figures;
use causeway_store::{Opening, Place, Watch};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::Mutex;

use crate::alert::Settings;
use crate::api::Api;
use crate::ask::Line;
use crate::database::Database;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::home::Home;
use crate::house::Surroundings;
use crate::token::PING;

/// The ledger's public key, beside the private ones.
const LEDGER_PUBLIC: &str = "ledger.vkey";

/// Packages in the making need some room: with less, nothing should begin.
pub const LOW_DISK: u64 = 2 << 30;

/// How long a token that was read is believed.
const BELIEVED: Duration = Duration::from_secs(1);

/// How long each check may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// The house, to look at.
pub struct Lookout {
    home: Home,
    store: Watch,
    line: Line,
    tokens: Mutex<HashMap<String, (Instant, KnownToken)>>,
    surroundings: Surroundings,
}

/// A token that counts, as far as `serve` has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownToken {
    /// The program that it was made for.
    pub client: String,
    /// The certificate that must be shown with it.
    pub certificate: Option<String>,
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
        let database = home.config().database.as_ref().map(Database::reading);
        let server = database.map(|database| database.server(home.root(), surroundings.environment)).transpose()?;
        let (file, head) = (home.database(), home.ledger_head());
        let place = server.as_ref().map_or(Place::File(&file), Place::Server);
        let store = Watch::open(Opening { place, head: &head, key: &key }).await?;
        let line = Line::to(&home.run());
        Ok(Self { home, store, line, tokens: Mutex::default(), surroundings })
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        (self.surroundings.now)()
    }

    /// The way to whoever works.
    #[must_use]
    pub fn line(&self) -> &Line {
        &self.line
    }

    /// Where programs of partners may ask, if anywhere.
    #[must_use]
    pub fn api(&self) -> Option<&Api> {
        self.home.config().api.as_ref()
    }

    /// Where a part of a package lies; none where that is no name of either.
    #[must_use]
    pub fn part(&self, package: &str, part: &str) -> Option<PathBuf> {
        let digits =
            |text: &str| text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let named = digits(package) && part.strip_suffix(".age").is_some_and(digits);
        named.then(|| self.home.packages().join(package).join(part))
    }

    /// Whose token it is, if it counts. What was read is believed for a second; so long a revocation takes here, and `work` asks anew.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn known_token(&self, token: &str) -> Result<Option<KnownToken>, EngineError> {
        let digest = sha256_hex(token);
        let fresh = |(at, known): &(Instant, KnownToken)| (at.elapsed() < BELIEVED).then(|| known.clone());
        if let Some(known) = self.tokens.lock().await.get(&digest).and_then(fresh) {
            return Ok(Some(known));
        }
        let found = self.store.token(&digest, self.now()).await?;
        let known = found.map(|row| KnownToken { client: row.client, certificate: row.certificate });
        let mut tokens = self.tokens.lock().await;
        tokens.retain(|_, (at, _)| at.elapsed() < BELIEVED);
        if let Some(known) = &known {
            tokens.insert(digest, (Instant::now(), known.clone()));
        }
        Ok(known)
    }

    /// Whether there is a program that was written for PING's own API.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_ping_clients(&self) -> Result<bool, EngineError> {
        Ok(self.store.is_granted(PING).await?)
    }

    /// Tries whether the house can do its work.
    pub async fn health(&self) -> Health {
        let now = self.now();
        let (trial, database, ledger, worker) = tokio::join!(
            within(self.line.trial()),
            within(self.store.answers()),
            within(self.store.head_verifies()),
            within(self.store.workers_seen())
        );
        let worker = worker.and_then(|seen| match seen.iter().any(|beat| beat.is_alive(now)) {
            true => Ok(()),
            false => Err("no worker was seen within two minutes: start `causeway work`".to_owned()),
        });
        // Whoever works tries to write. Where nobody does, that is what is wrong, and not the database.
        let (database, worker) = match trial {
            Ok(tried) => (database.and(tried), worker),
            Err(why) => (database, worker.and(Err(why))),
        };
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

async fn within<T, E: ToString>(check: impl Future<Output = Result<T, E>>) -> Result<T, String> {
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
