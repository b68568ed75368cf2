//! What became of an occurrence of a schedule? Kept together with the transfer that it asks for.

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::NewRequest;
use super::pause_schedule::is_paused;
use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// An occurrence that is handled: by a transfer that is asked for, or by a reason to skip it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandleOccurrence {
    /// The exchange.
    pub exchange: String,
    /// Its version, which must be the newest still.
    pub exchange_version: u32,
    /// When it is due.
    pub due_at: Timestamp,
    /// What the schedule says of it.
    pub due_local: DateTime,
    /// In which zone.
    pub time_zone: String,
    /// When the first of those was due for which it stands; its own time where it stands for itself.
    pub first_due_at: Timestamp,
    /// For how many it stands.
    pub occurrences: u32,
    /// The last one before it that was handled when this was decided.
    pub seen: Option<Timestamp>,
    /// What is to be done about it.
    pub outcome: OccurrenceOutcome,
}

/// What is done about an occurrence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OccurrenceOutcome {
    /// A transfer is asked for.
    Requested(Box<NewRequest>),
    /// It is skipped.
    Skipped {
        /// Why, by a stable word.
        reason: String,
        /// Why, for people; ids and names, never a value.
        detail: String,
    },
}

impl Store {
    /// Handles an occurrence, once: one that was handled stays as it is.
    ///
    /// INVARIANT (one transfer an occurrence): the row is keyed by exchange and time, and by what the schedule says of it,
    /// and is written in the transaction of the transfer that it asks for. Whoever decided on what is no longer so changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError::ChangedMeanwhile`] when another one was handled since it was decided, there is a newer version of the
    /// exchange, or it was paused; else as [`Store::ask`].
    pub async fn handle_occurrence(
        &self,
        change: Changed<HandleOccurrence>,
        stamp: Stamp,
    ) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for HandleOccurrence {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        if self.is_known(writing).await? {
            return Applied::ALREADY;
        }
        if self.is_overtaken(writing).await? {
            return Err(StoreError::ChangedMeanwhile { what: "schedule of exchange", name: self.exchange.clone() });
        }
        let (skipped, detail, transfer) = match &self.outcome {
            OccurrenceOutcome::Requested(request) => {
                request.apply(writing).await?;
                (None, "", Some(request.transfer.id.clone()))
            }
            OccurrenceOutcome::Skipped { reason, detail } => (Some(reason.clone()), detail.as_str(), None),
        };
        let micros = writing.micros();
        let row = query(
            "INSERT INTO schedule_occurrence (exchange, due_at, due_local, time_zone, exchange_version, first_due_at, \
             occurrences, skipped, detail, transfer, handled_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        )
        .bind(&self.exchange)
        .bind(self.due_at.as_microsecond())
        .bind(self.due_local.to_string())
        .bind(&self.time_zone)
        .bind(self.exchange_version)
        .bind(self.first_due_at.as_microsecond())
        .bind(self.occurrences)
        .bind(skipped)
        .bind(detail)
        .bind(transfer)
        .bind(micros);
        row.execute(writing.rows()).await?;
        Applied::NEW
    }
}

impl HandleOccurrence {
    /// Whether it was handled, under its time or under what the schedule says of it.
    async fn is_known(&self, writing: &mut Writing<'_>) -> Result<bool, StoreError> {
        let known = query(
            "SELECT count(*) FROM schedule_occurrence WHERE exchange = $1 \
             AND (due_at = $2 OR (time_zone = $3 AND due_local = $4))",
        );
        let known = known.bind(&self.exchange).bind(self.due_at.as_microsecond());
        let known = known.bind(&self.time_zone).bind(self.due_local.to_string());
        Ok(known.fetch_one(writing.rows()).await?.only::<i64>()? > 0)
    }

    /// Whether what it was decided on is not so any more.
    async fn is_overtaken(&self, writing: &mut Writing<'_>) -> Result<bool, StoreError> {
        let last = query(
            "SELECT exchange, max(due_at) AS due_at FROM schedule_occurrence WHERE exchange = $1 AND due_at < $2 \
             GROUP BY exchange",
        );
        let last = last.bind(&self.exchange).bind(self.due_at.as_microsecond());
        let last = last.fetch_optional(writing.rows()).await?;
        let last = last.map(|row| Cells::new(&row, "schedule_occurrence", "exchange").time("due_at")).transpose()?;
        let newest = query("SELECT coalesce(max(version), 0) FROM document WHERE kind = 'exchange' AND name = $1");
        let newest: i64 = newest.bind(&self.exchange).fetch_one(writing.rows()).await?.only()?;
        let starts = matches!(self.outcome, OccurrenceOutcome::Requested(_));
        Ok(last != self.seen
            || newest != i64::from(self.exchange_version)
            || starts && is_paused(writing, &self.exchange).await?)
    }
}
