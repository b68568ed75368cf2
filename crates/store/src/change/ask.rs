//! With what is a transfer asked for, and by whom? Kept together with the transfer.

use causeway_model::alert::{Alert, AlertKind, To};
use causeway_model::request::{State, TransferRequest};
use causeway_model::{Person, Violation};

use super::writing::{Applied, Change, Writing};
use super::{NewTransfer, Seen};
use crate::db::{query, to_json};
use crate::outbox::post;
use crate::{Changed, Stamp, Store, StoreError};

/// A transfer that is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewRequest {
    /// The transfer.
    pub transfer: NewTransfer,
    /// What it is asked for with.
    pub asked: TransferRequest,
    /// Who asks.
    pub by: Person,
    /// Where it stands: received, or judged already.
    pub state: State,
    /// What the rules deny and two consents may lift.
    pub denied: Vec<Violation>,
}

impl Store {
    /// Stores a transfer and what it was asked for with.
    ///
    /// # Errors
    /// As [`Store::request_transfer`].
    pub async fn ask(&self, change: Changed<NewRequest>, stamp: Stamp) -> Result<Seen, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for NewRequest {
    type Outcome = Seen;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Seen>, StoreError> {
        let micros = writing.micros();
        let outcome = self.transfer.apply(writing).await?;
        let denied = if self.denied.is_empty() { None } else { Some(to_json(&self.denied)?) };
        query(
            "INSERT INTO request (transfer, exchange, asked_at, asked_json, asked_by, denied_json, state, state_json, updated_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $3)",
        )
        .bind(&self.transfer.id)
        .bind(&self.transfer.exchange)
        .bind(micros)
        .bind(to_json(&self.asked)?)
        .bind(to_json(&self.by)?)
        .bind(denied)
        .bind(self.state.name())
        .bind(to_json(&self.state)?)
        .execute(writing.rows())
        .await?;
        if matches!(self.state, State::AwaitingApproval { .. }) {
            let alert = Alert::new(AlertKind::ApprovalNeeded, To::Staff, &self.transfer.id);
            post(writing.rows(), &alert.with("exchange", &self.transfer.exchange), micros).await?;
        }
        Ok(outcome)
    }
}
