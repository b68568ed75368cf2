//! How does a process hold the database that only looks, and tells whether others can work? It holds no private key, writes nothing
//! that lasts, and leaves the saved head alone.

use std::ops::Deref;
use std::path::PathBuf;

use jiff::Timestamp;

use super::{Opening, Place, Reader, connect, file, guard, head, schema};
use crate::StoreError;
use crate::beat::{Beat, say};

/// The database, to look at and to try.
#[derive(Debug)]
pub struct Watch {
    reader: Reader,
    head: PathBuf,
}

impl Watch {
    /// Opens the database beside whoever works in it. It must be there and up to date, and no older copy.
    ///
    /// # Errors
    /// As [`Reader::open`].
    pub async fn open(opening: Opening<'_>) -> Result<Self, StoreError> {
        let saved = head::read(opening.head, opening.key)?;
        let pool = match opening.place {
            Place::File(path) => {
                guard::check_presence(path.exists(), saved.as_ref())?;
                file::connect(path).await?
            }
            Place::Server(server) => {
                let pool = connect(server, false).await?;
                guard::check_presence(schema::version(&pool).await? > 0, saved.as_ref())?;
                pool
            }
        };
        let watch = Self { reader: Reader { pool, key: opening.key.clone() }, head: opening.head.to_owned() };
        let checked = async {
            schema::demand(&watch.pool).await?;
            watch.head_verifies().await
        };
        match checked.await {
            Ok(()) => Ok(watch),
            Err(error) => {
                watch.close().await;
                Err(error)
            }
        }
    }

    /// Whether a transaction can be begun that writes, and taken back: the disk is not full, the server is no standby, nobody holds the
    /// lock of writers for good.
    ///
    /// # Errors
    /// When it cannot.
    pub async fn can_write(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let trial = Beat {
            worker: "a trial that is taken back".to_owned(),
            program: String::new(),
            began_at: now,
            seen_at: now,
            next_run: None,
        };
        let said = say(&mut transaction, &trial).await;
        transaction.rollback().await?;
        said
    }

    /// Whether the ledger's newest checkpoint is by our key, speaks of the tree as it stands, and goes on from the saved head.
    ///
    /// # Errors
    /// When it does not.
    pub async fn head_verifies(&self) -> Result<(), StoreError> {
        let saved = head::read(&self.head, &self.key)?;
        // Only the key and the head are looked at; the place is open already.
        let opening = Opening { place: Place::File(&self.head), head: &self.head, key: &self.key };
        guard::check(&self.pool, opening, saved.as_ref()).await.map(|_| ())
    }

    /// Closes the database.
    pub async fn close(self) {
        self.reader.close().await;
    }
}

impl Deref for Watch {
    type Target = Reader;

    fn deref(&self) -> &Reader {
        &self.reader
    }
}
