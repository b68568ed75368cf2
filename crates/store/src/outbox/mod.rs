//! Whom is to be told of what, and how far has it come?
//!
//! An alert is written in the transaction of the change that causes it ([`post`]), or found by whoever works
//! ([`Outbox::post`]); either way once. A worker chooses its ways by the settings ([`Outbox::address`]), and each is sent under a lease:
//! found, sent, ended. Nothing here is governance, so nothing enters the ledger; what causes an alert has.

mod dispatch;
mod post;

use causeway_model::alert::Alert;
use jiff::Timestamp;

pub(crate) use dispatch::again;
pub use dispatch::{Dispatch, End};
pub(crate) use post::post;

use crate::step::Steps;
use crate::{Saved, Store, StoreError};

/// What posts, addresses, and takes in hand, also from a task of its own.
#[derive(Clone, Debug)]
pub struct Outbox {
    steps: Steps,
}

impl Store {
    /// The outbox.
    #[must_use]
    pub fn outbox(&self) -> Outbox {
        Outbox { steps: Steps::of(self) }
    }
}

impl Outbox {
    /// Posts an alert that no change of ours causes: something is due, or was found. The same one again changes nothing.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn post(&self, alert: &Alert, now: Timestamp) -> Result<Saved, StoreError> {
        self.steps.take(&post::Post { alert, now }).await
    }

    /// Says by which ways an alert goes, once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn address(&self, alert: &str, routes: &[&str], now: Timestamp) -> Result<Saved, StoreError> {
        self.steps.take(&dispatch::Address { alert, routes, now }).await
    }

    /// Takes in hand what has waited longest, if anything is due.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn find(&self, token: &str, now: Timestamp) -> Result<Option<Dispatch>, StoreError> {
        self.steps.take(&dispatch::Find { token, now }).await
    }

    /// Says how a try ended; no, and nothing happens, if it is another's by now.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end(&self, dispatch: &Dispatch, end: &End) -> Result<bool, StoreError> {
        self.steps.take(&dispatch::Finish { dispatch, end }).await
    }
}
