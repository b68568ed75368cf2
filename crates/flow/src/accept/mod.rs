//! How does what comes in walk from a sealed file to the tables of a target?
//!
//! Each stage hands the next a value of a type that only that stage makes.
//!
//! | stage | takes | gives |
//! |---|---|---|
//! | [`opened`] | a sealed body, what it must be | [`Opened`] |
//! | [`validate`](mod@validate) | [`Opened`], [`Checks`] | [`Validated`], which ends in the sound records |
//!
//! - [`records`]: how records are read, whoever reads them;
//! - [`checks`]: what a record must be, made ready once;
//! - `rule`: what must hold besides, in CEL;
//! - `batch`: records that are being read, with all their errors;
//! - `duplicates`: which records have one id.

mod batch;
pub mod checks;
mod duplicates;
pub mod opened;
pub mod records;
mod rule;
pub mod target;
pub mod validate;

pub use batch::{Head, SoundBatch};
pub use checks::{Checks, check_rules};
pub use opened::Opened;
pub use records::{Item, Next, Records, RecordsError};
pub use validate::{Quarantined, QuarantinedField, Rejected, Sound, Validated, validate};
