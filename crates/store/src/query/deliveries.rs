//! What was tried, and what of it has no outcome yet?

use jiff::Timestamp;

use crate::change::DeliveryOutcome;
use crate::db::{Cells, Row, query};
use crate::{Reader, StoreError};

/// A delivery attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The transfer.
    pub transfer: String,
    /// The attempt, from 1.
    pub attempt: u32,
    /// When it was about to begin.
    pub intent_at: Timestamp,
    /// When it ended.
    pub outcome_at: Option<Timestamp>,
    /// How it ended; `None` while nobody knows.
    pub outcome: Option<DeliveryOutcome>,
    /// The reason, for people.
    pub detail: Option<String>,
}

impl Reader {
    /// The delivery attempts of a transfer, in order.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn deliveries(&self, transfer: &str) -> Result<Vec<Delivery>, StoreError> {
        let rows = query(
            "SELECT transfer, attempt, intent_at, outcome_at, outcome, detail FROM delivery \
             WHERE transfer = $1 ORDER BY attempt",
        )
        .bind(transfer);
        rows.fetch_all(&self.pool).await?.iter().map(delivery).collect()
    }

    /// The attempts without an outcome: what a crash left behind, or what is under way.
    ///
    /// # Errors
    /// When the database fails or a row is damaged.
    pub async fn open_deliveries(&self) -> Result<Vec<Delivery>, StoreError> {
        let rows = query(
            "SELECT transfer, attempt, intent_at, outcome_at, outcome, detail FROM delivery \
             WHERE outcome IS NULL ORDER BY intent_at, transfer",
        );
        rows.fetch_all(&self.pool).await?.iter().map(delivery).collect()
    }
}

fn delivery(row: &Row) -> Result<Delivery, StoreError> {
    let cells = Cells::new(row, "delivery", "transfer");
    let outcome = cells.get::<Option<&str>>("outcome")?;
    let outcome = outcome.map(|name| DeliveryOutcome::from_name(name).ok_or_else(|| cells.damaged("outcome")));
    Ok(Delivery {
        transfer: cells.get("transfer")?,
        attempt: cells.count("attempt")?,
        intent_at: cells.time("intent_at")?,
        outcome_at: cells.optional_time("outcome_at")?,
        outcome: outcome.transpose()?,
        detail: cells.get("detail")?,
    })
}
