//! What is written at once, by what is it known that it was, and what became of it?

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use causeway_model::Code;

use super::{Datum, Row, Stored};

/// Which group: an intake of the session's exchange, and a number in it that every run gives alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The intake's id; after it was undone, with a `/` and how often.
    pub intake: String,
    /// Number of the group in it.
    pub group: u64,
}

/// A message about a record: by what it is known whether it was applied, or a newer one was.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The group that it is.
    pub place: Place,
    /// The record's id at the partner's, by which a later message about the same record is known.
    pub external_id: String,
    /// Digest of what came, by which the same message is known.
    pub digest: [u8; 32],
    /// What an older message has a smaller value of; none where the exchange has no sequence.
    pub sequence: Option<Datum>,
    /// Intakes of the exchange that came after its own: where no sequence decides, what they said of the record is newer.
    pub later: Arc<BTreeSet<String>>,
}

/// A record and its nested ones: one transaction of the target.
#[derive(Clone, PartialEq, Eq)]
pub struct Group {
    /// By what it is known.
    pub message: Message,
    /// The record.
    pub record: Write,
}

/// A record that is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// Place of its mapping in the layout.
    pub mapping: usize,
    /// A value for each mapped column: none leaves it as it is, [`Datum::Null`] empties it.
    pub values: Vec<Option<Datum>>,
    /// Whether a row is added or changed.
    pub onto: Onto,
    /// Records below it, written after it. Where it is inserted, they are too.
    pub nested: Vec<Write>,
}

/// Whether a row is added or changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Onto {
    /// A new row, provided that still none is found by any of these: columns with their values.
    Insert(Vec<Vec<(String, Datum)>>),
    /// This row, provided that it still is as it was read.
    Update(Row),
}

/// What became of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What was done.
    pub outcome: Outcome,
    /// Key of the record's row, where one was written now or before.
    pub key: Vec<Stored>,
    /// Whether this was answered from a marker of the same group, and nothing was done now.
    pub repeated: bool,
}

/// What was done with a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The record is a new row.
    Inserted,
    /// The record changed a row, or found it as it should be.
    Updated,
    /// The newest message of this external id is the same one: nothing was done.
    Duplicate,
    /// A newer message was applied before: nothing was done.
    Superseded,
    /// A row is not as it was read, or not there any more, or is there by now: nothing was done. Match it once more.
    Conflict,
    /// The target does not take it, or would not hold exactly what came: nothing was done.
    Refused(Refusal),
}

/// Why a target did not take a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// `target-refused` or `target-inexact`.
    pub code: Code,
    /// Table.
    pub table: String,
    /// Column, where it is known.
    pub column: Option<String>,
    /// What is wrong, without a value.
    pub detail: String,
}

/// A row of the target's own table `causeway_applied`.
#[derive(Clone, PartialEq, Eq)]
pub struct Marker {
    /// The group.
    pub place: Place,
    /// The record's id at the partner's.
    pub external_id: String,
    /// Digest of what came.
    pub digest: [u8; 32],
    /// What was done: `inserted`, `updated`, `undone`, `undone-in-part`.
    pub outcome: String,
    /// Key of the record's row.
    pub key: Vec<Stored>,
}

// The id of a record at the partner's may be a person's number: none of these tells it.
impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message").field("place", &self.place).finish_non_exhaustive()
    }
}

impl fmt::Debug for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Group").field("message", &self.message).field("record", &self.record).finish()
    }
}

impl fmt::Debug for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marker").field("place", &self.place).field("outcome", &self.outcome).finish_non_exhaustive()
    }
}

impl Outcome {
    /// Its name: kebab case, stable.
    pub fn as_str(&self) -> &'static str {
        match self {
            Outcome::Inserted => "inserted",
            Outcome::Updated => "updated",
            Outcome::Duplicate => "duplicate",
            Outcome::Superseded => "superseded",
            Outcome::Conflict => "conflict",
            Outcome::Refused(_) => "refused",
        }
    }
}

impl Marker {
    /// Whether it was undone, wholly or in part.
    pub fn is_undone(&self) -> bool {
        self.outcome.starts_with("undone")
    }
}
