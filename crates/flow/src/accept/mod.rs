//! How does what comes in walk from a sealed file to the tables of a target?
//!
//! Each stage hands the next a value of a type that only that stage makes.
//!
//! | stage | takes | gives |
//! |---|---|---|
//! | [`opened`] | a sealed body, what it must be | [`Opened`] |
//! | [`validate`](mod@validate) | [`Opened`], [`Checks`] | [`Validated`], which ends in the sound records |
//! | [`reviewed`] | a record that waits, what a person decided | [`Said`] |
//! | [`matched`] | a sound record, an open target | [`Matched`] |
//! | [`applied`] | [`Matched`] | [`Applied`], the record's outcome |
//!
//! - [`records`]: how records are read, whoever reads them;
//! - [`checks`]: what a record must be, made ready once;
//! - `rule`: what must hold besides, in CEL;
//! - `batch`: records that are being read, with all their errors;
//! - `members`: what one record came with;
//! - `duplicates`: which records have one id;
//! - [`mapping`]: which column gets which field;
//! - [`target`]: what a target promises;
//! - [`undo`]: how old values are sealed.

pub mod applied;
mod batch;
pub mod checks;
mod duplicates;
pub mod mapping;
pub mod matched;
mod members;
pub mod opened;
pub mod records;
pub mod reviewed;
mod rule;
pub mod target;
pub mod undo;
pub mod validate;

pub use applied::{Applied, Known};
pub use batch::{Head, SoundBatch, unread};
pub use checks::{Checks, check_rules};
pub use mapping::Mapped;
pub use matched::{Found, Matched, Place};
pub use opened::{Opened, Unopened};
pub use records::{Item, Next, Records, RecordsError};
pub use reviewed::{Candidate, Question, Said, Unclear};
pub use undo::UndoKey;
pub use validate::{FromTheBeginning, Quarantined, QuarantinedField, Rejected, Sound, Validated, validate};
