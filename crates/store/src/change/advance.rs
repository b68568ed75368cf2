//! How does a transfer move from one state to the next, when others may move it too?

use causeway_model::transfer::{Event, Transfer};

use super::writing::Writing;
use crate::db::{Cells, Transaction, query, to_json};
use crate::lease::{Kind, demand};
use crate::{Safeguard, StoreError};

/// A transfer as the caller knows it: a decision counts only if it is still so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The transfer's id.
    pub transfer: String,
    /// The state in which it was read.
    pub state: Transfer,
    /// The token of the lease under which it is worked on; officers decide without one.
    pub lease: Option<String>,
}

/// What is stored of a transfer's state.
struct Current {
    state_json: String,
    state: Transfer,
    attempt_token: Option<String>,
}

impl Seen {
    /// Applies `event` to the state as stored, if that is the state as seen.
    pub(super) async fn advance(&self, writing: &mut Writing<'_>, event: Event) -> Result<Transfer, StoreError> {
        let current = self.still(writing).await?;
        let next = current.state.apply(event).map_err(|source| self.impossible(source))?;
        // What was read is compared again here, for databases in which two transactions may run side by side.
        let changed =
            query("UPDATE transfer SET state = $1, state_json = $2, updated_at = $3 WHERE id = $4 AND state_json = $5")
                .bind(next.name())
                .bind(to_json(&next)?)
                .bind(writing.micros())
                .bind(&self.transfer)
                .bind(current.state_json)
                .execute(writing.rows())
                .await?;
        if changed == 1 { Ok(next) } else { Err(self.conflict()) }
    }

    /// As [`Seen::advance`], for an attempt that must still be the current one.
    pub(super) async fn advance_attempt(
        &self,
        writing: &mut Writing<'_>,
        token: Option<&str>,
        event: Event,
    ) -> Result<Transfer, StoreError> {
        if self.current(writing.rows()).await?.attempt_token.as_deref() != token {
            return Err(StoreError::StaleAttempt { transfer: self.transfer.clone() });
        }
        self.advance(writing, event).await
    }

    /// Demands that the transfer is still in the state seen.
    pub(super) async fn check(&self, writing: &mut Writing<'_>) -> Result<(), StoreError> {
        self.still(writing).await.map(|_| ())
    }

    /// Demands that every delivery attempt has its outcome.
    pub(super) async fn demand_no_open_delivery(&self, writing: &mut Writing<'_>) -> Result<(), StoreError> {
        let open = query("SELECT transfer, attempt FROM delivery WHERE transfer = $1 AND outcome IS NULL LIMIT 1")
            .bind(&self.transfer)
            .fetch_optional(writing.rows())
            .await?;
        let Some(row) = open else { return Ok(()) };
        let attempt = Cells::new(&row, "delivery", "transfer").count("attempt")?;
        Err(StoreError::OpenDelivery { transfer: self.transfer.clone(), attempt })
    }

    /// The same, worked on under a lease: what is changed by it is refused once the lease is another's.
    #[must_use]
    pub fn under(self, token: &str) -> Self {
        Self { lease: Some(token.to_owned()), ..self }
    }

    /// The same transfer in its next state.
    pub(super) fn next(&self, state: Transfer) -> Self {
        Self { state, ..self.clone() }
    }

    async fn still(&self, writing: &mut Writing<'_>) -> Result<Current, StoreError> {
        if let Some(token) = &self.lease
            && writing.safeguards().stand(Safeguard::FencedCommits)
        {
            demand(writing.rows(), Kind::Transfer, &self.transfer, token).await?;
        }
        let current = self.current(writing.rows()).await?;
        if current.state == self.state { Ok(current) } else { Err(self.conflict()) }
    }

    async fn current(&self, connection: &mut Transaction) -> Result<Current, StoreError> {
        let row = query("SELECT id, state_json, attempt_token FROM transfer WHERE id = $1")
            .bind(&self.transfer)
            .fetch_optional(connection)
            .await?;
        let Some(row) = row else {
            return Err(StoreError::NotFound { what: "transfer", name: self.transfer.clone() });
        };
        let cells = Cells::new(&row, "transfer", "id");
        Ok(Current {
            state: cells.json("state_json")?,
            state_json: cells.get("state_json")?,
            attempt_token: cells.get("attempt_token")?,
        })
    }

    fn conflict(&self) -> StoreError {
        StoreError::Conflict { transfer: self.transfer.clone() }
    }

    fn impossible(&self, source: causeway_model::transfer::Impossible) -> StoreError {
        StoreError::Impossible { transfer: self.transfer.clone(), source }
    }
}
