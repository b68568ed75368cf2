//! How does a process hold the database that only looks? It holds no private key and leaves the saved head alone.
//!
//! INVARIANT (serve writes nothing): its connections refuse every statement that writes.

use std::ops::Deref;
use std::path::PathBuf;

use super::{Opening, Place, Reader, connect, file, guard, head, schema};
use crate::StoreError;
use crate::db::query;

/// The database, to look at.
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
                file::connect_to_read(path).await?
            }
            Place::Server(server) => {
                let pool = connect(server, true).await?;
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

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn answers(&self) -> Result<(), StoreError> {
        query("SELECT 1").fetch_one(&self.pool).await?.only::<i64>().map(|_| ())
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
