//! How is what comes in found, written, and undone in somebody else's database?
//!
//! In: a [`Layout`], which says where records of an exchange stand, and [`Group`]s, each a record with its nested ones. Out: an
//! [`Answer`] for each. Guarantees: a group is one transaction of the target, with its marker in it; it is applied once, however
//! often it is asked for; nothing that somebody changed meanwhile is overwritten; nothing is deleted; values are bound.
//! Refuses when: the target is not prepared, our user may do more than it should, or what would stand there is not exactly
//! what came.
//!
//! | file | answers |
//! |---|---|
//! | [`layout`](Layout) | where do records of an exchange stand? |
//! | [`datum`](Datum) | what is a value, as it came and as it stands there? |
//! | [`group`](Group) | what is written at once, and what became of it? |
//! | [`before`](Before) | what stood there before, for putting it back? |

mod before;
mod datum;
mod group;
mod layout;
#[cfg(test)]
mod tests;

use causeway_model::Code;

pub use before::{Before, RowBefore, RowUndone, Undone};
pub use datum::{Datum, Stored};
pub use group::{Answer, Group, Marker, Message, Onto, Outcome, Place, Refusal, Write};
pub use layout::{Column, Layout, Mapping, Raiser, Version};

/// Rows that are told as candidates, at most.
pub const MOST_CANDIDATES: usize = 64;

/// Bytes that an external id may have, so that every target can hold it in an index.
pub const EXTERNAL_ID_BYTES: usize = 1_000;

/// What keeps an external id from being held and compared by every target, if something does.
pub fn unfit_id(id: &str) -> Option<(Code, &'static str)> {
    match id {
        _ if id.len() > EXTERNAL_ID_BYTES => Some((Code::ValueOversize, "its external id has more than 1,000 bytes")),
        _ if id.contains('\0') => {
            Some((Code::WrongType, "its external id has a zero byte, which is no text to PostgreSQL"))
        }
        _ => None,
    }
}

/// A database in which records are written.
pub trait Target: Send + Sync {
    /// Name in the catalogue.
    fn name(&self) -> &str;

    /// Connects, and makes sure that the target is prepared for `layout` and our user may do that and no more.
    ///
    /// # Errors
    /// `target-not-prepared`, `target-rights`, `target-unreachable`.
    fn open(&self, layout: &Layout) -> Result<Box<dyn Session>, TargetError>;
}

/// An open connection. No transaction is open between two calls. After an error of the code `target-unreachable` it is of no
/// use any more: open another one, and ask again.
pub trait Session: Send {
    /// Rows whose columns equal all of `wanted`, byte for byte, whatever collation they have. A null is equal to nothing, and
    /// nothing wanted finds nothing.
    fn find(&mut self, mapping: usize, wanted: &[(String, Datum)]) -> Result<Found, TargetError>;

    /// The row of that key, as it stands now.
    fn row(&mut self, mapping: usize, key: &[Stored]) -> Result<Option<Row>, TargetError>;

    /// What follows from what was applied before, where something does: the message itself was, the same or a newer one of its
    /// record. None where it is still to be applied. Asked before anything is matched: what was applied meets its own rows.
    fn applied(&mut self, message: &Message) -> Result<Option<Answer>, TargetError>;

    /// The newest marker of an external id that is not undone.
    fn latest(&mut self, external_id: &str) -> Result<Option<Marker>, TargetError>;

    /// The markers of an intake, the newest group first, of the groups below `below`; at most 1,000.
    fn markers(&mut self, intake: &str, below: Option<u64>) -> Result<Vec<Marker>, TargetError>;

    /// What `undo` of a group's marker holds: as it was sealed.
    fn sealed(&mut self, place: &Place) -> Result<Option<Vec<u8>>, TargetError>;

    /// Applies a group in one transaction, or answers what was applied before.
    fn apply(&mut self, group: &Group, keeper: &mut dyn Keeper) -> Result<Answer, TargetError>;

    /// Puts back what still is as applied; `before` is what [`Keeper::seal`] was given. Asked again, answers the same.
    fn undo(&mut self, place: &Place, before: &[u8], keeper: &mut dyn Keeper) -> Result<Undone, TargetError>;
}

/// Who seals what stood there before, and is told where dying matters.
pub trait Keeper {
    /// Seals old values, so that they can be kept in the target and read by nobody there.
    ///
    /// # Errors
    /// Why they cannot be sealed: then nothing is applied.
    fn seal(&mut self, before: &[u8]) -> Result<Vec<u8>, String>;

    /// Called at every place where dying matters, with its name.
    fn mark(&mut self, _mark: &'static str) {}
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Rows, in the order of their keys; [`MOST_CANDIDATES`] at most.
    pub rows: Vec<Row>,
    /// Whether there may be others.
    pub more: bool,
}

/// A row as it stands in the target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Its key, in the order of [`Mapping::key`].
    pub key: Vec<Stored>,
    /// The version column, where there is one.
    pub version: Option<Stored>,
    /// Mapped columns as they stand there, in the order of [`Mapping::columns`].
    pub stored: Vec<Stored>,
    /// The same as values of their types; the code where one is none.
    pub values: Vec<Result<Datum, Code>>,
    /// Whether it has the status that says that it does not hold.
    pub retired: bool,
}

/// Why a target could not be written. Never holds a value.
#[derive(Clone, Debug, thiserror::Error)]
#[error("target `{target}`: {detail} ({code})")]
pub struct TargetError {
    /// Stable reason.
    pub code: Code,
    /// Target in the catalogue.
    pub target: String,
    /// What happened, where: table, column; and what was expected.
    pub detail: String,
}

impl TargetError {
    /// An error of `target`.
    pub fn new(code: Code, target: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code, target: target.into(), detail: detail.into() }
    }

    /// Whether the same may succeed a little later, on a new connection: nothing was applied, or a marker tells that it was.
    pub fn may_pass(&self) -> bool {
        matches!(self.code, Code::TargetUnreachable | Code::TargetBusy)
    }
}
