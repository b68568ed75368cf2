//! What can be asked of the ledger without walking it?

use causeway_ledger::Row;
use jiff::Timestamp;

use super::LedgerSnapshot;
use super::tree::{newest_checkpoint, pending};
use crate::db::{Cells, query};
use crate::{Reader, StoreError};

impl Reader {
    /// The log as it stands now, to be read, verified or exported while others go on writing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn ledger(&self) -> Result<LedgerSnapshot, StoreError> {
        LedgerSnapshot::take(&self.pool, &self.key).await
    }

    /// The text of the newest checkpoint, if anything was ever sequenced.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_checkpoint(&self) -> Result<Option<String>, StoreError> {
        newest_checkpoint(&self.pool).await
    }

    /// How many committed events wait for the sequencer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn pending_leaves(&self) -> Result<u64, StoreError> {
        pending(&self.pool).await
    }

    /// When the newest event was entered that the sequencer has taken.
    ///
    /// # Errors
    /// When the database fails or the row is damaged.
    pub async fn newest_leaf_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let row = query("SELECT idx, time_us FROM ledger_leaf ORDER BY idx DESC LIMIT 1");
        let row = row.fetch_optional(&self.pool).await?;
        row.map(|row| Cells::new(&row, "ledger_leaf", "idx").time("time_us")).transpose()
    }

    /// The sequenced leaves about `subject`, oldest first.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn leaves_of(&self, subject: &str) -> Result<Vec<Row>, StoreError> {
        let rows = query(
            "SELECT idx, time_us, actor, event, subject, body, salt, hash FROM ledger_leaf \
             WHERE subject = $1 ORDER BY idx",
        )
        .bind(subject)
        .fetch_all(&self.pool)
        .await?;
        rows.iter().map(super::snapshot::row).collect()
    }
}
