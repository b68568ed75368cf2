//! How does an empty database become what a backup holds, and what if the backup is older than the last thing we promised?

use std::path::{Path, PathBuf};

use causeway_ledger::{Checkpoint, VerifierKey};

use super::{BackupRow, TABLES, damaged, to_bind};
use crate::LedgerSnapshot;
use crate::change::enter;
use crate::db::{Pool, Transaction, query};
use crate::ledger::tree::{newest_checkpoint, size};
use crate::open::schema::keep_out_who_heeds_nothing;
use crate::open::{Lock, Opening, restoring};
use crate::{Changed, Stamp, StoreError};

/// A database that is being filled. Dropped before its end, it is empty again.
#[derive(Debug)]
pub struct Restoring {
    pool: Pool,
    transaction: Transaction,
    rows: u64,
    head: PathBuf,
    key: VerifierKey,
    _lock: Option<Lock>,
}

/// What was restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restored {
    /// How many rows.
    pub rows: u64,
    /// How many entries the ledger has, without those that wait to be ordered.
    pub entries: u64,
    /// How many entries that the saved head had seen are lost.
    pub lost: u64,
}

impl Restoring {
    /// Begins to fill an empty database; makes it, with its tables, where there is none.
    ///
    /// # Errors
    /// [`StoreError::NotEmpty`] when anything is in it.
    pub async fn begin(opening: Opening<'_>) -> Result<Self, StoreError> {
        let (pool, lock) = restoring(opening).await?;
        let mut transaction = pool.begin_write().await?;
        for table in TABLES {
            let rows = query(format!("SELECT count(*) FROM {}", table.name));
            if rows.fetch_one(&mut transaction).await?.only::<i64>()? > 0 {
                return Err(StoreError::NotEmpty { table: table.name });
            }
        }
        let (head, key) = (opening.head.to_owned(), opening.key.clone());
        Ok(Self { pool, transaction, rows: 0, head, key, _lock: lock })
    }

    /// Writes one row. They come in the order of the backup.
    ///
    /// # Errors
    /// [`StoreError::BadBackup`] when it is none of ours.
    pub async fn row(&mut self, row: &BackupRow) -> Result<(), StoreError> {
        let Some(table) = TABLES.iter().find(|table| table.name == row.table) else {
            return Err(StoreError::BadBackup { what: "it has a table that this program does not know".to_owned() });
        };
        let is_name =
            |name: &String| name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
        if row.values.is_empty() || !row.values.keys().all(is_name) {
            return Err(damaged(table.name, "has no columns, or one of another name than we give"));
        }
        // An absent value is left out: its column holds none by itself.
        let given: Vec<_> = row.values.iter().filter(|(_, value)| !value.is_null()).collect();
        let columns: Vec<&str> = given.iter().map(|(name, _)| name.as_str()).collect();
        let places: Vec<String> = (1..=given.len()).map(|place| format!("${place}")).collect();
        let (columns, places) = (columns.join(", "), places.join(", "));
        let mut insert = query(format!("INSERT INTO {} ({columns}) VALUES ({places})", table.name));
        for (_, value) in given {
            insert = insert.bind(to_bind(value).ok_or_else(|| damaged(table.name, "holds a value of another type"))?);
        }
        insert.execute(&mut self.transaction).await?;
        self.rows += 1;
        Ok(())
    }

    /// Commits what was written, with an event that tells of it, and makes its newest checkpoint the saved head.
    ///
    /// The ledger must be whole, signed by our key, and begin with what the saved head saw. Where it ends before that,
    /// `accepted` must be exactly the number of entries that are lost; the event then tells it.
    ///
    /// # Errors
    /// [`StoreError::OlderBackup`] when entries are lost and that was not accepted; [`StoreError::RolledBack`] when the
    /// backup is of another history; [`StoreError::Tampered`] or [`StoreError::LedgerDamaged`].
    pub async fn finish(self, accepted: Option<u64>, told: Changed<()>, stamp: Stamp) -> Result<Restored, StoreError> {
        let ((), mut event) = told.into_parts();
        let Self { pool, transaction, rows, head, key, _lock } = self;
        let mut transaction = LedgerSnapshot::verified(transaction, &key).await?;
        let lost = crate::open::lost(&mut transaction, &head, &key).await?;
        let entries = size(&mut transaction).await?;
        if lost > 0 && accepted != Some(lost) {
            return Err(StoreError::OlderBackup { saved_size: entries + lost, found_size: entries, lost });
        }
        if let Some(body) = event.body.as_object_mut() {
            body.insert("ledger_entries".to_owned(), entries.into());
            body.insert("entries_lost".to_owned(), lost.into());
        }
        // Whoever had a transfer in hand did so on the machine that the backup is of.
        query("UPDATE lease SET token = NULL, worker = NULL, held_until = NULL").execute(&mut transaction).await?;
        keep_out_who_heeds_nothing(&mut transaction).await?;
        enter(&mut transaction, &event, &stamp).await?;
        let newest = newest_checkpoint(&mut transaction).await?;
        transaction.commit().await?;
        // Dying here: the old head still guards the database; only where a loss was accepted does it refuse it, and the restore
        // is then done again from the beginning.
        set_head(&head, newest, &key, lost > 0).await?;
        pool.close().await;
        Ok(Restored { rows, entries, lost })
    }
}

/// A head that saw what is lost is set aside, not destroyed: it is the proof of what was promised.
async fn set_head(head: &Path, newest: Option<String>, key: &VerifierKey, is_loss: bool) -> Result<(), StoreError> {
    if is_loss {
        let saved = std::fs::read_to_string(head).unwrap_or_default();
        let size = Checkpoint::parse(&saved).map(|checkpoint| checkpoint.size).unwrap_or_default();
        let mut aside = head.as_os_str().to_owned();
        aside.push(format!(".lost-{size}"));
        let failed = |source| StoreError::File { doing: "set aside the saved head", path: head.to_owned(), source };
        std::fs::rename(head, &aside).map_err(failed)?;
    }
    match newest {
        Some(text) => crate::open::write_head(head, text, key.clone(), |_| {}).await,
        None => Ok(()),
    }
}
