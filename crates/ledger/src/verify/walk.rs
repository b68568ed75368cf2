//! Is this log, row by row and checkpoint by checkpoint, the one that was signed? One pass, O(log n) memory.
//!
//! A [`LogWalk`] is pushed what a store or a file reads, in order, so that it serves asynchronous readers too. It
//! keeps one row back: what stands next tells an inserted row from a deleted one.

use super::fault::{Fault, FaultKind};
use super::judge::{Finding, Suspicion, judge};
use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::hash::Hash;
use crate::key::VerifierKey;
use crate::leaf::Row;
use crate::note::NoteError;
use crate::tree::Edge;

/// The tree's own copy of a leaf hash (level 0), as it stands beside a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tile {
    /// This log is kept without such a copy, as an export is.
    Absent,
    /// The copy ends before this row.
    Missing,
    /// The copy.
    Is(Hash),
}

impl Tile {
    pub(super) fn hash(self) -> Option<Hash> {
        if let Self::Is(hash) = self { Some(hash) } else { None }
    }
}

/// A log that was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// How many leaves it has.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
    /// How many checkpoints were verified.
    pub checkpoints: u64,
}

/// What is kept of a row until the next one is seen.
pub(super) struct Held {
    pub(super) index: u64,
    pub(super) computed: Hash,
    pub(super) stored: Hash,
    pub(super) tile: Tile,
}

/// A verification under way.
pub struct LogWalk {
    key: VerifierKey,
    /// The tree of the rows settled so far; its size is where the held row stands.
    edge: Edge,
    held: Option<Held>,
    /// Checkpoints that stand right behind the held row.
    queued: Vec<Checkpoint>,
    /// The size of the newest checkpoint read.
    newest: u64,
    /// The size of the newest checkpoint that agreed with the rows: leaves from here on are not proven yet.
    proven: u64,
    checkpoints: u64,
    saved: Option<Checkpoint>,
    suspicion: Option<Box<Suspicion>>,
}

impl LogWalk {
    /// Begins before the first leaf of the log that `key` signs.
    #[must_use]
    pub fn new(key: &VerifierKey) -> Self {
        Self {
            key: key.clone(),
            edge: Edge::new(),
            held: None,
            queued: Vec::new(),
            newest: 0,
            proven: 0,
            checkpoints: 0,
            saved: None,
            suspicion: None,
        }
    }

    /// Also demands that the log begins with what a saved checkpoint saw.
    ///
    /// # Errors
    /// When the saved text is no checkpoint by the log's key.
    pub fn against(mut self, saved: &str) -> Result<Self, CheckpointError> {
        self.saved = Some(Checkpoint::verify(saved, &self.key)?);
        Ok(self)
    }

    /// How many rows were pushed.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.edge.size() + u64::from(self.held.is_some())
    }

    /// Pushes the next row as stored, with the tree's copy of its hash.
    ///
    /// # Errors
    /// When the log is found to be tampered with.
    pub fn row(&mut self, row: &Row, tile: Tile) -> Result<(), Fault> {
        let computed = row.leaf.hash();
        let next = Held { index: row.index, computed, stored: row.hash, tile };
        self.settle(Some(&next), tile.hash())?;
        self.held = Some(next);
        Ok(())
    }

    /// Says that the tree's copy goes on, with this hash, where the rows have ended.
    ///
    /// # Errors
    /// Always: this is a fault.
    pub fn tile_without_row(&mut self, tile: Hash) -> Result<(), Fault> {
        self.settle(None, Some(tile))?;
        let fault = Fault::new(FaultKind::RowMissing, self.edge.size(), "the tree's leaf here has no row");
        Err(self.first(fault))
    }

    /// Pushes a signed checkpoint, which must stand right behind the last leaf that it covers.
    ///
    /// # Errors
    /// When the log is found to be tampered with.
    pub fn checkpoint(&mut self, text: &str) -> Result<(), Fault> {
        let checkpoint = match Checkpoint::verify(text, &self.key) {
            Ok(checkpoint) => checkpoint,
            Err(error) => {
                self.settle(None, None)?;
                return Err(self.first(bad_checkpoint(&error, self.newest)));
            }
        };
        let (size, rows) = (checkpoint.size, self.rows());
        if size < self.newest {
            self.settle(None, None)?;
            let fault = Fault::new(FaultKind::CheckpointShrinks, size, "a checkpoint before it covered more leaves");
            return Err(self.first(fault.and(self.newest - 1)));
        }
        if size < rows {
            return Err(self.too_many_rows(&checkpoint));
        }
        if size > rows {
            self.settle(None, None)?;
            let fault =
                Fault::new(FaultKind::RowMissing, rows, "a signed checkpoint covers more leaves than there are");
            return Err(self.first(fault.and(size - 1)));
        }
        self.newest = size;
        self.checkpoints += 1;
        // Saying the same again costs nothing, so that the queue stays short however often an idle log signs.
        if self.queued.last() != Some(&checkpoint) {
            self.queued.push(checkpoint);
        }
        if self.queued.len() > 2 { self.settle(None, None) } else { Ok(()) }
    }

    /// Ends the log.
    ///
    /// # Errors
    /// When the log is found to be tampered with.
    pub fn finish(mut self) -> Result<Verified, Fault> {
        self.settle(None, None)?;
        let size = self.edge.size();
        if let Some(suspicion) = &self.suspicion {
            return Err(suspicion.fault());
        }
        if let Some(saved) = &self.saved {
            let fault = Fault::new(FaultKind::HistoryTruncated, size, "the saved checkpoint saw more leaves");
            return Err(fault.and(saved.size - 1));
        }
        if self.newest < size {
            let fault = Fault::new(FaultKind::BeyondCheckpoint, self.newest, "no signed checkpoint covers it");
            return Err(fault.and(size - 1));
        }
        Ok(Verified { size, root: self.edge.root(), checkpoints: self.checkpoints })
    }

    /// Judges the row held back, now that its successor is known, then the checkpoints behind it.
    fn settle(&mut self, next: Option<&Held>, next_tile: Option<Hash>) -> Result<(), Fault> {
        self.check_saved()?;
        if let Some(row) = self.held.take() {
            self.judge(&row, next, next_tile)?;
            if let Some(suspicion) = &mut self.suspicion {
                suspicion.follow(&row);
            }
            self.edge.append(row.computed);
        }
        for checkpoint in std::mem::take(&mut self.queued) {
            self.compare(&checkpoint)?;
        }
        self.check_saved()
    }

    fn judge(&mut self, row: &Held, next: Option<&Held>, next_tile: Option<Hash>) -> Result<(), Fault> {
        if let Some(suspicion) = &self.suspicion {
            return suspicion.twin(self.edge.size(), row).map_or(Ok(()), Err);
        }
        match judge(&self.edge, row, next, next_tile) {
            Finding::Sound => Ok(()),
            Finding::Fault(fault) => Err(fault),
            Finding::Suspicion(suspicion) => {
                self.suspicion = Some(suspicion);
                Ok(())
            }
        }
    }

    fn compare(&mut self, checkpoint: &Checkpoint) -> Result<(), Fault> {
        let root = self.edge.root();
        if let Some(suspicion) = &mut self.suspicion {
            return suspicion.hear(checkpoint.root, root).map_or(Ok(()), Err);
        }
        if root != checkpoint.root {
            let last = checkpoint.size.saturating_sub(1);
            let fault = Fault::new(
                FaultKind::CheckpointRootMismatch,
                self.proven.min(last),
                "the leaves up to the checkpoint do not have its root; the first not covered by an earlier one is named",
            );
            return Err(fault.and(last));
        }
        self.proven = checkpoint.size;
        Ok(())
    }

    fn check_saved(&mut self) -> Result<(), Fault> {
        let Some(saved) = self.saved.take_if(|saved| saved.size == self.edge.size()) else { return Ok(()) };
        if saved.root == self.edge.root() {
            return Ok(());
        }
        let fault = Fault::new(FaultKind::HistoryRewritten, 0, "the saved checkpoint saw other leaves");
        Err(self.first(fault.and(saved.size.saturating_sub(1))))
    }

    /// A checkpoint stands behind more rows than it covers.
    fn too_many_rows(&mut self, checkpoint: &Checkpoint) -> Fault {
        let claimed = self.held.as_ref().map_or(checkpoint.size, |row| row.index);
        let rows = self.rows();
        if self.suspicion.is_none() && rows == checkpoint.size + 1 && self.edge.root() == checkpoint.root {
            let index = checkpoint.size.min(claimed);
            return Fault::new(FaultKind::RowInserted, index, "the checkpoint behind it does not cover it");
        }
        if let Err(fault) = self.settle(None, None) {
            return fault;
        }
        let index = self.proven.min(checkpoint.size);
        let fault =
            Fault::new(FaultKind::RowInserted, index, "there are more rows than the checkpoint behind them covers");
        self.first(fault.and(rows.saturating_sub(1)))
    }

    /// What was suspected earlier in the log comes before what is found later.
    fn first(&self, later: Fault) -> Fault {
        self.suspicion.as_ref().map_or(later, |suspicion| suspicion.fault())
    }
}

fn bad_checkpoint(error: &CheckpointError, unproven: u64) -> Fault {
    match error {
        CheckpointError::Note(NoteError::BadSignature { .. }) => {
            Fault::new(FaultKind::BadSignature, unproven, "the signature does not fit the checkpoint that covers it")
        }
        CheckpointError::Note(NoteError::Unsigned { .. }) => Fault::new(
            FaultKind::BadSignature,
            unproven,
            "the checkpoint that covers it is not signed by the log's key",
        ),
        CheckpointError::Origin { .. } => {
            Fault::new(FaultKind::BadCheckpoint, unproven, "the checkpoint that covers it is of another log")
        }
        CheckpointError::Note(NoteError::Form(_)) | CheckpointError::Form(_) => {
            Fault::new(FaultKind::BadCheckpoint, unproven, "the checkpoint that covers it is not readable as one")
        }
    }
}
