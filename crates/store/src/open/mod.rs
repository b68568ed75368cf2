//! How is the database opened so that it is ours, whole, and the newest?
//!
//! In order: the lock and the file's permissions, or the server's fitness; the schema; then the guard against an older
//! copy. [`Store`] may write; on SQLite it holds the lock, and one process at a time has it, on PostgreSQL any number.
//! [`Reader`] may only read, beside whoever is at work.

mod facts;
mod file;
mod guard;
mod head;
mod lock;
pub(crate) mod schema;
mod server;
mod watch;

use std::ops::Deref;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use causeway_ledger::VerifierKey;
use tokio::sync::Mutex;

pub use facts::Facts;
pub(crate) use file::is_open_to_others;
pub(crate) use guard::{check_saved, lost};
pub(crate) use head::write as write_head;
pub use lock::Lock;
pub use watch::Watch;

use crate::db::postgres::{self, Dial, Server};
use crate::db::{Kind, Pool};
use crate::ledger::Grown;
use crate::{Safeguards, StoreError};

/// Where the database is.
#[derive(Clone, Copy, Debug)]
pub enum Place<'a> {
    /// An SQLite file, in the data directory.
    File(&'a Path),
    /// A database of a PostgreSQL server.
    Server(&'a Server),
}

/// Where the database is, and what guards it.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    /// The database.
    pub place: Place<'a>,
    /// The saved head: a file outside the data directory, so that restoring an older copy of the one does not restore
    /// the other.
    pub head: &'a Path,
    /// The ledger's public key.
    pub key: &'a VerifierKey,
}

impl Place<'_> {
    /// Which database is there.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::File(_) => Kind::Sqlite,
            Self::Server(_) => Kind::Postgres,
        }
    }
}

/// The database, to read from. A copy reads by the same connections.
#[derive(Clone, Debug)]
pub struct Reader {
    pub(crate) pool: Pool,
    pub(crate) key: VerifierKey,
}

/// The database, to work in. It reads as a [`Reader`] does.
#[derive(Debug)]
pub struct Store {
    reader: Reader,
    pub(crate) head: PathBuf,
    /// Whose turn it is to write: a fair queue within this process, so that nobody waits on SQLite's busy handler.
    pub(crate) turn: Arc<Mutex<Option<Grown>>>,
    /// Called with the name of every `// CRASH:` mark that is passed.
    pub(crate) probe: fn(&'static str),
    /// Which safeguards stand: all of them outside tests.
    pub(crate) safeguards: Safeguards,
    /// Released when the store is dropped, and by the system when the process dies.
    _lock: Option<Lock>,
}

impl Store {
    /// Opens the database to work in it; makes it if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has it, [`StoreError::NewerSchema`] when a newer program wrote it,
    /// [`StoreError::RolledBack`] when it is an older copy.
    pub async fn open(opening: Opening<'_>) -> Result<Self, StoreError> {
        let saved;
        let (pool, lock) = match opening.place {
            Place::File(path) => {
                let lock = Lock::take(path)?;
                saved = head::read(opening.head, opening.key)?;
                guard::check_presence(path.exists(), saved.as_ref())?;
                file::make_private(path)?;
                (file::connect(path).await?, Some(lock))
            }
            Place::Server(server) => {
                saved = head::read(opening.head, opening.key)?;
                let pool = connect(server, false).await?;
                server::check(&pool).await?;
                guard::check_presence(schema::version(&pool).await? > 0, saved.as_ref())?;
                (pool, None)
            }
        };
        match prepare(&pool, opening, saved).await {
            Ok(()) => {}
            Err(error) => {
                pool.close().await;
                return Err(error);
            }
        }
        let reader = Reader { pool, key: opening.key.clone() };
        let turn = Arc::default();
        Ok(Self {
            reader,
            head: opening.head.to_owned(),
            turn,
            probe: unwatched,
            safeguards: Safeguards::default(),
            _lock: lock,
        })
    }

    /// Opens the database to write in it beside whoever is at work there: for what must not wait until they are done.
    ///
    /// The lock is about the data directory, where one process clears up and seals; the database itself takes one short
    /// transaction after the other, whichever process it comes from. So nothing is cleared or migrated here, and the tables
    /// must be there and up to date.
    ///
    /// # Errors
    /// As [`Store::open`], except that the lock is not asked for, and [`StoreError::OlderSchema`] when the tables are not
    /// up to date.
    pub async fn beside(opening: Opening<'_>) -> Result<Self, StoreError> {
        let saved = head::read(opening.head, opening.key)?;
        let pool = match opening.place {
            Place::File(path) => {
                guard::check_presence(path.exists(), saved.as_ref())?;
                file::make_private(path)?;
                file::connect(path).await?
            }
            Place::Server(server) => {
                let pool = connect(server, false).await?;
                server::check(&pool).await?;
                guard::check_presence(schema::version(&pool).await? > 0, saved.as_ref())?;
                pool
            }
        };
        let reader = Reader { pool, key: opening.key.clone() };
        let checked = async {
            schema::demand(&reader.pool).await?;
            guarded(&reader.pool, opening, saved).await
        };
        match checked.await {
            Ok(()) => {}
            Err(error) => {
                reader.close().await;
                return Err(error);
            }
        }
        let turn = Arc::default();
        Ok(Self {
            reader,
            head: opening.head.to_owned(),
            turn,
            probe: unwatched,
            safeguards: Safeguards::default(),
            _lock: None,
        })
    }

    /// The same, telling `probe` the name of every `// CRASH:` mark that it passes: for tests that die there.
    #[must_use]
    pub fn probed(mut self, probe: fn(&'static str)) -> Self {
        self.probe = probe;
        self
    }

    /// The same with the safeguards that stand: for tests that take one away.
    #[cfg(feature = "test-hooks")]
    #[must_use]
    pub fn safeguarded(mut self, safeguards: Safeguards) -> Self {
        self.safeguards = safeguards;
        self
    }

    /// Closes the database: all that is written is in the one file afterwards.
    pub async fn close(self) {
        self.reader.pool.close().await;
    }
}

impl Deref for Store {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}

impl Reader {
    /// Opens the database to read it, also while another process works in it. It must be there and up to date.
    ///
    /// # Errors
    /// As [`Store::open`], except that the lock is not asked for.
    pub async fn open(opening: Opening<'_>) -> Result<Self, StoreError> {
        let saved = head::read(opening.head, opening.key)?;
        let pool = match opening.place {
            Place::File(path) => {
                guard::check_presence(path.exists(), saved.as_ref())?;
                file::connect_to_read(path).await?
            }
            Place::Server(server) => {
                let pool = connect(server, true).await?;
                guard::check_presence(schema::version(&pool).await? > 0, saved.as_ref())?;
                pool
            }
        };
        let reader = Self { pool, key: opening.key.clone() };
        match reader.check(opening, saved).await {
            Ok(()) => Ok(reader),
            Err(error) => {
                reader.close().await;
                Err(error)
            }
        }
    }

    /// Closes the database.
    pub async fn close(self) {
        self.pool.close().await;
    }

    async fn check(&self, opening: Opening<'_>, saved: Option<head::Saved>) -> Result<(), StoreError> {
        schema::demand(&self.pool).await?;
        guard::check(&self.pool, opening, saved.as_ref()).await?;
        Ok(())
    }
}

/// An empty database with our tables, for a backup to be restored into it: the saved head may know more than is there.
pub(crate) async fn restoring(opening: Opening<'_>) -> Result<(Pool, Option<Lock>), StoreError> {
    let (pool, lock) = match opening.place {
        Place::File(path) => {
            let lock = Lock::take(path)?;
            file::make_private(path)?;
            (file::connect(path).await?, Some(lock))
        }
        Place::Server(server) => {
            let pool = connect(server, false).await?;
            server::check(&pool).await?;
            (pool, None)
        }
    };
    schema::bring_up_to_date(&pool).await?;
    Ok((pool, lock))
}

/// How many connections a process may have to a server.
const CONNECTIONS: usize = 8;

async fn connect(server: &Server, read_only: bool) -> Result<Pool, StoreError> {
    Ok(Pool::Postgres(postgres::Pool::open(Dial::new(server, read_only)?, CONNECTIONS).await?))
}

fn unwatched(_: &'static str) {}

async fn prepare(pool: &Pool, opening: Opening<'_>, saved: Option<head::Saved>) -> Result<(), StoreError> {
    schema::bring_up_to_date(pool).await?;
    guarded(pool, opening, saved).await
}

/// The database is no older copy, and the head says how far it is.
async fn guarded(pool: &Pool, opening: Opening<'_>, saved: Option<head::Saved>) -> Result<(), StoreError> {
    let newest = guard::check(pool, opening, saved.as_ref()).await?;
    // The database may be ahead by the checkpoint after whose commit the process died: the head catches up.
    match newest {
        Some(text) if saved.is_none_or(|saved| saved.text != text) => {
            head::write(opening.head, text, opening.key.clone(), unwatched).await
        }
        _ => Ok(()),
    }
}
