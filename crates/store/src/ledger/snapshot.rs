//! How is the whole log read, verified and exported in constant memory, though it grows meanwhile?

use std::collections::{HashMap, VecDeque};
use std::io::Write;

use causeway_ledger::export::ExportWriter;
use causeway_ledger::tree::prove::nodes_for_inclusion;
use causeway_ledger::tree::{NodeId, root};
use causeway_ledger::{Checkpoint, Hash, LogWalk, Row, Tile, Verified, VerifierKey, proof};

use super::sequence::leaf;
use super::tree::{newest_checkpoint, nodes, nodes_for};
use crate::StoreError;
use crate::db::{Cells, Pool, Row as Stored, Transaction, query};

/// How many rows are held in memory at once.
const PAGE: i64 = 512;

/// The log as it stood at one moment. It holds a read transaction: drop it when done.
#[derive(Debug)]
pub struct LedgerSnapshot {
    transaction: Transaction,
    key: VerifierKey,
    newest: Option<String>,
}

/// Where a reading stands: what was fetched and not yet taken, and the key to go on from.
#[derive(Debug)]
struct Pages<T> {
    fetched: VecDeque<T>,
    from: Option<i64>,
}

impl<T> Pages<T> {
    fn new() -> Self {
        // From the smallest number: a row that was moved to a negative index is read, not hidden.
        Self { fetched: VecDeque::new(), from: Some(i64::MIN) }
    }

    /// Takes in a page; a short one is the last.
    fn fill(
        &mut self,
        rows: &[Stored],
        (table, key): (&'static str, &'static str),
        read: fn(&Stored) -> Result<T, StoreError>,
    ) -> Result<(), StoreError> {
        let last = rows.last().map(|row| Cells::new(row, table, key).get::<i64>(key)).transpose()?;
        self.from = last.and_then(|last| last.checked_add(1)).filter(|_| rows.len() == PAGE as usize);
        for row in rows {
            self.fetched.push_back(read(row)?);
        }
        Ok(())
    }
}

impl LedgerSnapshot {
    pub(super) async fn take(pool: &Pool, key: &VerifierKey) -> Result<Self, StoreError> {
        let mut transaction = pool.begin_read().await?;
        // The first read fixes the moment.
        let newest = newest_checkpoint(&mut transaction).await?;
        Ok(Self { transaction, key: key.clone(), newest })
    }

    /// Verifies the log as a transaction sees it that has written it; gives the transaction back.
    pub(crate) async fn verified(mut transaction: Transaction, key: &VerifierKey) -> Result<Transaction, StoreError> {
        let newest = newest_checkpoint(&mut transaction).await?;
        let mut log = Self { transaction, key: key.clone(), newest };
        log.verify(None).await?;
        Ok(log.transaction)
    }

    /// The text of the newest checkpoint at that moment.
    #[must_use]
    pub fn newest_checkpoint(&self) -> Option<&str> {
        self.newest.as_deref()
    }

    /// Walks the log: every row, the tree's copy of every leaf hash, every checkpoint; then the tree's stored nodes.
    /// With a `saved` checkpoint, the log must also begin with what that one saw.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] with the first fault and its index.
    pub async fn verify(&mut self, saved: Option<&str>) -> Result<Verified, StoreError> {
        let mut walk = LogWalk::new(&self.key);
        if let Some(saved) = saved {
            walk = walk.against(saved).map_err(StoreError::BadSavedCheckpoint)?;
        }
        let (mut rows, mut tiles, mut checkpoints) = (Pages::new(), Pages::new(), Pages::new());
        let mut waiting = self.next_checkpoint(&mut checkpoints).await?;
        loop {
            while let Some(text) = waiting.take_if(|text| is_due(text, walk.rows())) {
                walk.checkpoint(&text)?;
                waiting = self.next_checkpoint(&mut checkpoints).await?;
            }
            match (self.next_row(&mut rows).await?, self.next_tile(&mut tiles).await?) {
                (Some(row), Some(tile)) => walk.row(&row, Tile::Is(tile))?,
                (Some(row), None) => walk.row(&row, Tile::Missing)?,
                (None, Some(tile)) => walk.tile_without_row(tile)?,
                (None, None) => break,
            }
        }
        while let Some(text) = waiting {
            walk.checkpoint(&text)?;
            waiting = self.next_checkpoint(&mut checkpoints).await?;
        }
        let verified = walk.finish()?;
        let stored = nodes_for(&mut self.transaction, verified.size).await?;
        if root(&stored, verified.size)? != verified.root {
            return Err(StoreError::LedgerDamaged { what: "its rows are whole, and its tree above them is not" });
        }
        Ok(verified)
    }

    /// Writes the log as JSON Lines, as [`causeway_ledger::export`] describes.
    ///
    /// # Errors
    /// When the rows are out of order, or the bytes are not taken.
    pub async fn export<W: Write>(&mut self, out: W) -> Result<W, StoreError> {
        let mut writer = ExportWriter::new(out, &self.key)?;
        let (mut rows, mut checkpoints) = (Pages::new(), Pages::new());
        let mut written = 0;
        let mut waiting = self.next_checkpoint(&mut checkpoints).await?;
        loop {
            while let Some(text) = waiting.take_if(|text| is_due(text, written)) {
                writer.checkpoint(&text)?;
                waiting = self.next_checkpoint(&mut checkpoints).await?;
            }
            let Some(row) = self.next_row(&mut rows).await? else { break };
            writer.leaf(&row)?;
            written += 1;
        }
        if let Some(text) = waiting {
            writer.checkpoint(&text)?;
        }
        Ok(writer.finish()?)
    }

    /// The proof, as a C2SP tlog-proof text, that leaf `index` is in the log that the newest checkpoint signed.
    ///
    /// # Errors
    /// When the leaf is not in it.
    pub async fn prove(&mut self, index: u64) -> Result<String, StoreError> {
        let checkpoint = self.newest.clone().unwrap_or_default();
        let size = if checkpoint.is_empty() { 0 } else { Checkpoint::parse(&checkpoint)?.size };
        let needed = self.nodes(nodes_for_inclusion(index, size)?).await?;
        Ok(proof::prove(&needed, index, &checkpoint)?)
    }

    /// These nodes of the tree: a [`causeway_ledger::tree::HashSource`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn nodes(&mut self, ids: Vec<NodeId>) -> Result<HashMap<NodeId, Hash>, StoreError> {
        nodes(&mut self.transaction, ids).await
    }

    /// One leaf.
    ///
    /// # Errors
    /// When it is damaged, or the database fails.
    pub async fn leaf(&mut self, index: u64) -> Result<Option<Row>, StoreError> {
        let Ok(index) = i64::try_from(index) else { return Ok(None) };
        let found =
            query("SELECT idx, time_us, actor, event, subject, body, salt, hash FROM ledger_leaf WHERE idx = $1")
                .bind(index)
                .fetch_optional(&mut self.transaction)
                .await?;
        found.as_ref().map(row).transpose()
    }

    /// Up to 512 rows from `from` on, in the order of their index.
    ///
    /// # Errors
    /// When a row is damaged, or the database fails.
    pub async fn rows_from(&mut self, from: u64) -> Result<Vec<Row>, StoreError> {
        let Ok(from) = i64::try_from(from) else { return Ok(Vec::new()) };
        self.fetch_rows(from).await?.iter().map(row).collect()
    }

    async fn fetch_rows(&mut self, from: i64) -> Result<Vec<Stored>, StoreError> {
        let page = query(
            "SELECT idx, time_us, actor, event, subject, body, salt, hash FROM ledger_leaf \
             WHERE idx >= $1 ORDER BY idx LIMIT $2",
        );
        page.bind(from).bind(PAGE).fetch_all(&mut self.transaction).await
    }

    async fn next_row(&mut self, pages: &mut Pages<Row>) -> Result<Option<Row>, StoreError> {
        if let (true, Some(from)) = (pages.fetched.is_empty(), pages.from) {
            pages.fill(&self.fetch_rows(from).await?, ("ledger_leaf", "idx"), row)?;
        }
        Ok(pages.fetched.pop_front())
    }

    async fn next_tile(&mut self, pages: &mut Pages<Hash>) -> Result<Option<Hash>, StoreError> {
        if let (true, Some(from)) = (pages.fetched.is_empty(), pages.from) {
            let page = query("SELECT idx, hash FROM ledger_node WHERE level = 0 AND idx >= $1 ORDER BY idx LIMIT $2");
            let page = page.bind(from).bind(PAGE).fetch_all(&mut self.transaction).await?;
            pages.fill(&page, ("ledger_node", "idx"), |row| {
                Ok(Hash(Cells::new(row, "ledger_node", "idx").bytes32("hash")?))
            })?;
        }
        Ok(pages.fetched.pop_front())
    }

    async fn next_checkpoint(&mut self, pages: &mut Pages<String>) -> Result<Option<String>, StoreError> {
        if let (true, Some(from)) = (pages.fetched.is_empty(), pages.from) {
            let page = query("SELECT size, text FROM checkpoint WHERE size >= $1 ORDER BY size LIMIT $2");
            let page = page.bind(from).bind(PAGE).fetch_all(&mut self.transaction).await?;
            pages.fill(&page, ("checkpoint", "size"), |row| Cells::new(row, "checkpoint", "size").get("text"))?;
        }
        Ok(pages.fetched.pop_front())
    }
}

/// A row as stored, believed in nothing.
pub(super) fn row(row: &Stored) -> Result<Row, StoreError> {
    let cells = Cells::new(row, "ledger_leaf", "idx");
    // A negative index was written by someone else; as a huge one it is out of place, and the walk says so.
    let index = cells.get::<i64>("idx")?.cast_unsigned();
    Ok(Row { index, leaf: leaf(&cells)?, hash: Hash(cells.bytes32("hash")?) })
}

/// What cannot be read as a checkpoint is due at once, for the walk to say so.
fn is_due(text: &str, rows: u64) -> bool {
    Checkpoint::parse(text).map_or(true, |checkpoint| checkpoint.size <= rows)
}
