//! What can be wrong with a log, and where?

use std::fmt;

/// What is wrong. The names are stable; each has a test.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FaultKind {
    /// A column of the row no longer gives the hash it was logged with, its stored hash or its index was changed, or
    /// row and hash were both rewritten.
    RowEdited,
    /// The row is gone.
    RowMissing,
    /// The row was never logged.
    RowInserted,
    /// Two rows stand in each other's place.
    RowsSwapped,
    /// The tree's own copy of the leaf hash was changed or is missing; the row is right.
    TileMismatch,
    /// A signed checkpoint has another root than the leaves: one of those it newly covers was changed throughout.
    CheckpointRootMismatch,
    /// A checkpoint is not signed by the log's key, or was altered after signing.
    BadSignature,
    /// A checkpoint is not readable as one, or is of another log.
    BadCheckpoint,
    /// A checkpoint covers fewer leaves than one before it.
    CheckpointShrinks,
    /// Leaves that no checkpoint covers: nothing vouches for them.
    BeyondCheckpoint,
    /// The log holds together but is not the one that the saved checkpoint saw.
    HistoryRewritten,
    /// The log is shorter than the saved checkpoint.
    HistoryTruncated,
}

/// What is wrong with a log, and at which leaf. It holds no content of a leaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// What.
    pub kind: FaultKind,
    /// The leaf; for a fault of a checkpoint, the first leaf that it leaves unproven.
    pub index: u64,
    /// The other leaf of a swap, or the last of a range when the fault lies somewhere from `index` on.
    pub other: Option<u64>,
    /// In which way, for people.
    pub detail: &'static str,
}

impl FaultKind {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::RowEdited => "row-edited",
            Self::RowMissing => "row-missing",
            Self::RowInserted => "row-inserted",
            Self::RowsSwapped => "rows-swapped",
            Self::TileMismatch => "tile-mismatch",
            Self::CheckpointRootMismatch => "checkpoint-root-mismatch",
            Self::BadSignature => "bad-signature",
            Self::BadCheckpoint => "bad-checkpoint",
            Self::CheckpointShrinks => "checkpoint-shrinks",
            Self::BeyondCheckpoint => "beyond-checkpoint",
            Self::HistoryRewritten => "history-rewritten",
            Self::HistoryTruncated => "history-truncated",
        }
    }
}

impl Fault {
    pub(super) fn new(kind: FaultKind, index: u64, detail: &'static str) -> Self {
        Self { kind, index, other: None, detail }
    }

    /// With a second leaf, left out when it is the first again.
    pub(super) fn and(mut self, other: u64) -> Self {
        self.other = (other > self.index).then_some(other);
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at index {}", self.kind.code(), self.index)?;
        match (self.other, self.kind) {
            (Some(other), FaultKind::RowsSwapped) => write!(f, " and {other}")?,
            (Some(other), _) => write!(f, " to {other}")?,
            (None, _) => {}
        }
        write!(f, ": {}", self.detail)
    }
}

impl std::error::Error for Fault {}
