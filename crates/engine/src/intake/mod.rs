//! What came in: how is it kept until it is opened, by which documents is it read, and what can be asked of it?
//!
//! - `receive`: a body becomes an intake, as ciphertext, in one transaction;
//! - `pinned`: the versions of the documents by which it is read;
//! - `collect`: files that partners laid into folders;
//! - `submit`: records that partners' programs sent as JSON;
//! - `upload`: files that come in pieces;
//! - `told`: what the partner is told of each record.

mod collect;
mod pinned;
mod receive;
mod submit;
mod told;
pub(crate) mod upload;

use std::path::PathBuf;

use causeway_store::query::{IntakeFilter, IntakeRow};
use jiff::{Timestamp, ToSpan as _};

use crate::error::EngineError;
use crate::house::House;

pub use collect::{Collected, collect};
pub(crate) use pinned::{Pinned, versions_in_use};
pub(crate) use receive::alone;
pub use receive::{Body, Incoming, Received, receive};
pub(crate) use submit::submit_lines;
pub use submit::{Sender, submit_json};
pub use told::{ErrorTold, RecordTold, Told, is_told, outcomes};

/// The files of an intake: body, report of what is quarantined, what waits for a person, outcomes. All are ciphertext.
pub(crate) fn folder(house: &House, intake: &str) -> PathBuf {
    house.home.intakes().join(intake)
}

/// Days for which an original is kept once nothing of it waits any more.
pub(crate) const KEPT_DAYS: i64 = 30;

/// Until when what was last moved at a moment is kept for so many days. Whoever erases waits an hour longer, so that nobody who began
/// before reads what is being erased.
pub(crate) fn kept_until(moved: Timestamp, days: i64) -> Timestamp {
    moved.saturating_add((24 * days).hours()).unwrap_or(Timestamp::MAX)
}

/// The sealed body, where it is too long for its row.
pub(crate) const BODY: &str = "body";
/// What could not be read or broke a rule, sealed to the operation.
pub(crate) const QUARANTINE: &str = "quarantine.age";
/// What waits for a person, sealed to the operation.
pub(crate) const REVIEW: &str = "review.age";
/// What is not as it was before, though the intake was undone, sealed to the operation.
pub(crate) const UNDONE: &str = "undone.age";
/// What became of each record, sealed to the partner and to the operation, which tells it to the partner's programs.
pub(crate) const OUTCOMES: &str = "outcomes.age";
/// The signed acknowledgement of counts and digests; its signature beside it.
pub(crate) const ACKNOWLEDGEMENT: &str = "acknowledgement.json";

impl House {
    /// An intake.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] where there is none of that id.
    pub async fn intake(&self, id: &str) -> Result<IntakeRow, EngineError> {
        let help = "see `causeway intake list`";
        let unknown = || EngineError::Unknown { what: "intake", name: id.to_owned(), help };
        self.store.intake(id).await?.ok_or_else(unknown)
    }

    /// Intakes, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn intakes(&self, filter: &IntakeFilter) -> Result<Vec<IntakeRow>, EngineError> {
        Ok(self.store.intakes(filter).await?)
    }
}
