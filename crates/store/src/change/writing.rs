//! How does a change come to be committed? Only together with its leaf.

use tokio::sync::OwnedMutexGuard;

use crate::changed::canonical;
use crate::db::{BEGIN_WRITE, DbConnection, DbTransaction};
use crate::{AuditEvent, Stamp, Store, StoreError};

/// A transaction under way. Dropped, it leaves nothing behind.
///
/// INVARIANT (a change and its ledger entry are one transaction): the transaction is private to this file, and
/// [`Writing::commit`] is the only commit of a change.
pub(super) struct Writing {
    transaction: DbTransaction,
    probe: fn(&'static str),
    _turn: OwnedMutexGuard<()>,
}

impl Store {
    /// Begins a change, when it is its turn.
    pub(super) async fn begin(&self) -> Result<Writing, StoreError> {
        let turn = self.turn.clone().lock_owned().await;
        let transaction = self.pool.begin_with(BEGIN_WRITE).await?;
        Ok(Writing { transaction, probe: self.probe, _turn: turn })
    }
}

impl Writing {
    /// Where the statements of the change go.
    pub(super) fn rows(&mut self) -> &mut DbConnection {
        &mut self.transaction
    }

    /// Leaves everything as it was.
    pub(super) async fn abandon(self) -> Result<(), StoreError> {
        Ok(self.transaction.rollback().await?)
    }

    /// Enters the event as a pending leaf and commits both.
    pub(super) async fn commit(mut self, event: AuditEvent, stamp: Stamp) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO ledger_pending (time_us, actor, event, subject, body, salt) VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(stamp.micros())
        .bind(event.actor)
        .bind(event.event)
        .bind(event.subject)
        .bind(canonical(&event.body))
        .bind(stamp.salt().as_slice())
        .execute(&mut *self.transaction)
        .await?;
        // CRASH: before this, neither change nor leaf; after it, both, and the sequencer will take the leaf.
        (self.probe)("store-change-not-committed");
        self.transaction.commit().await?;
        (self.probe)("store-change-committed");
        Ok(())
    }
}
