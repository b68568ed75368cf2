//! What stood in the target before a group was applied, and what stands there by it?
//!
//! Its bytes are old values of people: they leave memory only as [`Keeper::seal`](super::Keeper::seal) gives them back.

use serde::{Deserialize, Serialize};

use super::{Stored, TargetError};
use causeway_model::Code;

/// What a group changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Before {
    /// Rows, in the order in which they were written.
    pub rows: Vec<RowBefore>,
}

/// What a group changed in a row.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RowBefore {
    /// Place of its mapping in the layout.
    pub mapping: usize,
    /// Table, so that another layout is noticed.
    pub table: String,
    /// Its key.
    pub key: Vec<Stored>,
    /// Whether it is new.
    pub inserted: bool,
    /// Columns that were written: name, what stood there, what stands there now.
    pub columns: Vec<(String, Stored, Stored)>,
}

/// What became of the rows of a group when it was undone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Undone {
    /// For each row in the order in which they were written: its table, and what was done.
    pub rows: Vec<(String, RowUndone)>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowUndone {
    /// What stood there before stands there again.
    PutBack,
    /// It was inserted, and has the status that says that it does not hold.
    Retired,
    /// Somebody changed it meanwhile: it was left alone.
    Changed,
    /// It is not there any more.
    Gone,
    /// It was inserted, and no status is named that says that it does not hold: it was left alone.
    Kept,
}

impl Before {
    /// As bytes, to be sealed.
    ///
    /// # Errors
    /// None that could be provoked.
    pub fn to_bytes(&self, target: &str) -> Result<Vec<u8>, TargetError> {
        serde_json::to_vec(self)
            .map_err(|_| TargetError::new(Code::RuleFailed, target, "old values cannot be written down: report it"))
    }

    /// From bytes that were opened.
    ///
    /// # Errors
    /// They are something else.
    pub fn from_bytes(target: &str, bytes: &[u8]) -> Result<Self, TargetError> {
        serde_json::from_slice(bytes)
            .map_err(|_| TargetError::new(Code::RuleFailed, target, "this is no plan for undoing a group"))
    }
}

impl Undone {
    /// Whether every row is as it was before, or retired.
    pub fn is_whole(&self) -> bool {
        self.rows.iter().all(|(_, row)| matches!(row, RowUndone::PutBack | RowUndone::Retired))
    }
}
