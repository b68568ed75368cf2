//! An installation at work: its store, its keys, its surroundings.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use causeway_flow::aggregate::Memory;
use causeway_flow::source::Source;
use causeway_flow::transform::Pseudonyms;
use causeway_model::catalogue;
use causeway_package::disclosure::Sets;
use causeway_store::query::TransferRow;
use causeway_store::{AuditEvent, Changed, Opening, Place, Safeguards, Server, Stamp, Store, StoreError};
use jiff::Timestamp;
use serde_json::Value;

use crate::error::EngineError;
use crate::home::Home;
use crate::keys::Keys;
use crate::worker::Worker;

/// Time, randomness and the places where dying is tried: arguments, never taken from the air.
#[derive(Clone, Copy)]
pub struct Surroundings {
    /// The time.
    pub now: fn() -> Timestamp,
    /// Fills a buffer with unguessable bytes.
    pub entropy: fn(&mut [u8]),
    /// Looks up a variable of the environment: the configuration may name one that holds a password.
    pub environment: fn(&str) -> Option<String>,
    /// Called at every `// CRASH:` mark of driver, delivery and store with its name. Does nothing outside tests.
    pub probe: fn(&'static str),
    /// A pseudonym key that everybody knows, with what is put before the texts of each entity: for measuring on invented
    /// people.
    #[cfg(feature = "test-hooks")]
    pub fixed_pseudonyms: fn() -> Option<FixedPseudonyms>,
    /// What each operator of an aggregation may hold instead of its share of the memory: for spilling with few people.
    #[cfg(feature = "test-hooks")]
    pub share: fn() -> Option<usize>,
    /// A safeguard that is missing: a test must see what goes wrong without it.
    #[cfg(feature = "test-hooks")]
    pub without: Option<causeway_store::Safeguard>,
}

impl Surroundings {
    /// Which safeguards stand.
    pub(crate) fn safeguards(&self) -> Safeguards {
        #[cfg(feature = "test-hooks")]
        return Safeguards::without(self.without);
        #[cfg(not(feature = "test-hooks"))]
        Safeguards::default()
    }

    /// A store that tells of its marks.
    fn watched(&self, store: Store) -> Store {
        #[cfg(feature = "test-hooks")]
        let store = store.safeguarded(self.safeguards());
        store.probed(self.probe)
    }
}

/// A key, and what is put before the texts of each entity.
#[cfg(feature = "test-hooks")]
pub type FixedPseudonyms = ([u8; 32], Vec<(String, String)>);

/// What talks to other people's systems.
pub trait Connectors: Sync {
    /// Opens a source of the catalogue.
    fn open(
        &self,
        source: &catalogue::Source,
        base: &Path,
    ) -> Result<Box<dyn Source>, causeway_flow::source::SourceError>;

    /// Puts a package where the partner takes it; repeating it is safe. The text is for the history and holds no value.
    /// `gate` is asked at every mark and before every few bytes; when it says no, nothing more may leave.
    fn deliver(
        &self,
        package: &Path,
        folder: &Path,
        id: &str,
        gate: &dyn Fn(&'static str) -> bool,
    ) -> Result<String, String>;

    /// Whether a package stands whole where the partner takes it. Sends nothing.
    fn arrived(&self, package: &Path, folder: &Path, id: &str) -> Result<bool, String>;

    /// Reads the records of what came in, by the readers of its format.
    fn records(
        &self,
        plain: Box<dyn std::io::Read + Send>,
        kind: causeway_model::inbound::FormatKind,
    ) -> Result<Box<dyn causeway_flow::accept::Records + Send>, causeway_flow::accept::RecordsError>;

    /// A target of the catalogue, in which what came in is written.
    fn target(&self, target: &catalogue::Target, base: &Path) -> Box<dyn causeway_flow::accept::target::Target>;
}

/// An installation at work. On SQLite one process at a time holds it open; others work beside it, a lease to each transfer.
pub struct House {
    /// Where it keeps things.
    pub home: Home,
    /// Its keys.
    pub keys: Keys,
    /// Its database.
    pub store: Store,
    /// Time and randomness.
    pub surroundings: Surroundings,
    /// Memory that a transfer aims to stay within, in mebibytes.
    pub memory_mebibytes: u32,
    /// Opens disclosure sets, and remembers what need not be found out twice.
    pub(crate) sets: Sets,
    /// This process as a worker, once it takes its first lease.
    pub(crate) worker: OnceLock<Worker>,
}

/// What a transfer holds besides what is related: program, buffers of readers and of the package, batches on their way.
const FIXED_MEBIBYTES: u32 = 176;

/// How far clocks of one installation may be apart: an hour, as after a change of daylight time that was done by hand.
const CLOCKS_DIFFER: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

impl House {
    /// Opens an installation to work in it.
    pub async fn open(home: Home, surroundings: Surroundings) -> Result<Self, EngineError> {
        let keys = Keys::load(&home)?;
        let server = server(&home, surroundings)?;
        let (file, head) = (home.database(), home.ledger_head());
        let place = server.as_ref().map_or(Place::File(&file), Place::Server);
        let store = Store::open(Opening { place, head: &head, key: keys.ledger.public() }).await?;
        let store = surroundings.watched(store);
        let memory_mebibytes = home.config().memory_mebibytes;
        Ok(Self { home, keys, store, surroundings, memory_mebibytes, sets: Sets::default(), worker: OnceLock::new() })
    }

    /// Opens an installation beside whoever works in its data folder, for what must not wait until they are done: a stop, a
    /// decision. Nothing is cleared up and nothing migrated.
    pub async fn beside(home: Home, surroundings: Surroundings) -> Result<Self, EngineError> {
        let keys = Keys::load(&home)?;
        let server = server(&home, surroundings)?;
        let (file, head) = (home.database(), home.ledger_head());
        let place = server.as_ref().map_or(Place::File(&file), Place::Server);
        let opening = Opening { place, head: &head, key: keys.ledger.public() };
        match Store::beside(opening).await {
            Ok(store) => {
                let (store, memory_mebibytes) = (surroundings.watched(store), home.config().memory_mebibytes);
                Ok(Self {
                    home,
                    keys,
                    store,
                    surroundings,
                    memory_mebibytes,
                    sets: Sets::default(),
                    worker: OnceLock::new(),
                })
            }
            // Not there yet, or of an older program: nobody of this program can be at work in it.
            Err(StoreError::OlderSchema { .. }) => Self::open(home, surroundings).await,
            Err(error) => Err(error.into()),
        }
    }

    /// What a reading may hold of what is related to its records; the rest goes into `folder`, encrypted.
    pub(crate) fn memory(&self, folder: PathBuf) -> Memory {
        self.part_of_memory(folder, 1)
    }

    /// The same where so many read side by side.
    pub(crate) fn part_of_memory(&self, folder: PathBuf, parts: usize) -> Memory {
        let mebibytes = self.memory_mebibytes.saturating_sub(FIXED_MEBIBYTES).max(1);
        let memory = Memory::bounded(((mebibytes as usize) << 20) / parts, folder, self.random());
        #[cfg(feature = "test-hooks")]
        if let Some(share) = (self.surroundings.share)() {
            return memory.sharing(share);
        }
        memory
    }

    /// Pseudonyms for a partner and a purpose.
    pub(crate) fn pseudonyms(&self, partner: &str, purpose: &str) -> Pseudonyms {
        #[cfg(feature = "test-hooks")]
        if let Some((key, prefixes)) = (self.surroundings.fixed_pseudonyms)() {
            return Pseudonyms::fixed_for_tests(key, prefixes);
        }
        Pseudonyms::new(&self.keys.pseudonym_root, partner, purpose)
    }

    /// A transfer.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] where there is none of that id.
    pub async fn transfer(&self, id: &str) -> Result<TransferRow, EngineError> {
        let help = "see `causeway status`";
        let unknown = || EngineError::Unknown { what: "transfer", name: id.to_owned(), help };
        self.store.transfer(id).await?.ok_or_else(unknown)
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        (self.surroundings.now)()
    }

    /// A stamp for one change.
    pub fn stamp(&self) -> Stamp {
        let entropy = self.surroundings.entropy;
        Stamp::new(self.now(), &mut |buffer| entropy(buffer))
    }

    /// Thirty-two unguessable bytes.
    pub fn random(&self) -> [u8; 32] {
        let mut bytes = [0; 32];
        (self.surroundings.entropy)(&mut bytes);
        bytes
    }

    /// A new identifier: kind, dash, twenty hexadecimal digits.
    pub fn id(&self, kind: &str) -> String {
        let random = hex::encode(self.random());
        format!("{kind}-{}", random.get(..20).unwrap_or(&random))
    }

    /// By how much the clock is behind the newest entry of the ledger, where that is more than clocks differ. It is entered in
    /// the ledger once: what has ended by its day stays ended, and whoever looks later sees why entries go back in time.
    pub async fn clock_set_back(&self) -> Result<Option<Timestamp>, EngineError> {
        let Some(newest) = self.store.newest_leaf_at().await? else { return Ok(None) };
        let behind = newest.duration_since(self.now());
        if behind <= CLOCKS_DIFFER {
            return Ok(None);
        }
        let body = serde_json::json!({ "newest_entry": newest.to_string(), "behind_s": behind.as_secs() });
        self.record("clock", "clock-set-back", self.operation(), body).await?;
        Ok(Some(newest))
    }

    /// Orders what is pending and signs a checkpoint: before anything leaves the house.
    pub async fn sequence(&self) -> Result<String, EngineError> {
        Ok(self.store.sequence(&self.keys.ledger, self.now()).await?)
    }

    /// Records an event that changes no state, at once in the ledger.
    pub async fn record(&self, actor: &str, event: &str, subject: &str, body: Value) -> Result<(), EngineError> {
        let event = audit(actor, event, subject, body);
        self.store.record_event(Changed::new((), event), self.stamp()).await?;
        self.sequence().await?;
        Ok(())
    }
}

/// The server that the configuration names.
pub(crate) fn server(home: &Home, surroundings: Surroundings) -> Result<Option<Server>, EngineError> {
    let database = home.config().database.as_ref();
    database.map(|database| database.server(home.root(), surroundings.environment)).transpose()
}

/// An audit event. Bodies hold ids, element names, counts, digests and reasons; never values.
pub(crate) fn audit(actor: &str, event: &str, subject: &str, body: Value) -> AuditEvent {
    AuditEvent { actor: actor.to_owned(), event: event.to_owned(), subject: subject.to_owned(), body }
}
