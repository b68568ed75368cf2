//! How does a change come to be committed? Only together with its leaf.

use causeway_ledger::SignerKey;

use crate::changed::canonical;
use crate::db::{Patience, Transaction, query};
use crate::ledger::Grown;
use crate::{AuditEvent, Changed, Safeguards, Saved, Stamp, Store, StoreError};

/// What a file of this folder says of its verb: which rows it reads and writes. It may be asked more than once, each time
/// on the database as it was before.
pub(super) trait Change: Sync {
    /// What the caller learns.
    type Outcome: Send;

    /// Reads and writes rows.
    fn apply(
        &self,
        writing: &mut Writing<'_>,
    ) -> impl Future<Output = Result<Applied<Self::Outcome>, StoreError>> + Send;
}

/// How a change ended.
pub(super) enum Applied<T> {
    /// It is to be committed with its leaf.
    Changed(T),
    /// Everything was there already: nothing is committed and nothing entered.
    Nothing(T),
}

/// A change under way.
pub(super) struct Writing<'a> {
    transaction: &'a mut Transaction,
    event: &'a AuditEvent,
    micros: i64,
    safeguards: Safeguards,
}

impl Writing<'_> {
    /// Where the statements of the change go.
    pub(super) fn rows(&mut self) -> &mut Transaction {
        self.transaction
    }

    /// Who acts.
    pub(super) fn actor(&self) -> &str {
        &self.event.actor
    }

    /// Which safeguards stand.
    pub(super) fn safeguards(&self) -> Safeguards {
        self.safeguards
    }

    /// When, in microseconds.
    pub(super) fn micros(&self) -> i64 {
        self.micros
    }
}

impl Applied<Saved> {
    pub(super) const NEW: Result<Self, StoreError> = Ok(Self::Changed(Saved::New));
    pub(super) const ALREADY: Result<Self, StoreError> = Ok(Self::Nothing(Saved::Already));
}

impl Store {
    /// Saves a change: its rows and its leaf in one transaction, when it is its turn.
    ///
    /// INVARIANT (a change and its ledger entry are one transaction): a change is given no means to commit, and this is
    /// the only place that commits one. Where another transaction was in the way, or the connection was lost, the whole
    /// of it is done again.
    pub(super) async fn save<T: Change>(&self, change: Changed<T>, stamp: Stamp) -> Result<T::Outcome, StoreError> {
        self.save_and(change, stamp, None).await
    }

    /// The same, with its leaf in its place of the ledger and a checkpoint over it, signed by `key`: what is told next is in a signed
    /// checkpoint after one commit. The saved head is behind until [`Store::sequence`] is called.
    pub(super) async fn save_sequenced<T: Change>(
        &self,
        change: Changed<T>,
        stamp: Stamp,
        key: &SignerKey,
    ) -> Result<T::Outcome, StoreError> {
        if *key.public() != self.key {
            let (expected, found) = (self.key.to_string(), key.public().to_string());
            return Err(StoreError::WrongLedgerKey { expected, found });
        }
        self.save_and(change, stamp, Some(key)).await
    }

    async fn save_and<T: Change>(
        &self,
        change: Changed<T>,
        stamp: Stamp,
        key: Option<&SignerKey>,
    ) -> Result<T::Outcome, StoreError> {
        let (change, event) = change.into_parts();
        let mut turn = self.turn.lock().await;
        let mut patience = Patience::new();
        loop {
            match self.try_to_save(&change, &event, &stamp, key, &mut turn).await {
                Err(error) if patience.allows_another(&error).await => {}
                outcome => return outcome,
            }
        }
    }

    async fn try_to_save<T: Change>(
        &self,
        change: &T,
        event: &AuditEvent,
        stamp: &Stamp,
        key: Option<&SignerKey>,
        last: &mut Option<Grown>,
    ) -> Result<T::Outcome, StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let (micros, safeguards) = (stamp.micros(), self.safeguards);
        let mut writing = Writing { transaction: &mut transaction, event, micros, safeguards };
        let outcome = match change.apply(&mut writing).await {
            Ok(Applied::Changed(outcome)) => outcome,
            Ok(Applied::Nothing(outcome)) => {
                transaction.rollback().await?;
                return Ok(outcome);
            }
            Err(error) => {
                // Refused: what was written is undone. Where that fails too, the connection is closed with it.
                let _ = transaction.rollback().await;
                return Err(error);
            }
        };
        let grown = match key {
            None => enter(&mut transaction, event, stamp).await.map(|()| None)?,
            Some(key) => Some(self.enter_in_place(&mut transaction, (event, stamp), key, last.as_ref()).await?),
        };
        // CRASH: before this, neither change nor leaf; after it, both, and the sequencer will take the leaf.
        (self.probe)("store-change-not-committed");
        if let Err(error) = transaction.commit().await {
            let lost = matches!(&error, StoreError::Database(error) if error.is_disconnected());
            // The server may have committed and died, or been cut off, before it could say so.
            if !(lost && self.is_entered(event, stamp).await?) {
                return Err(error);
            }
        }
        (self.probe)("store-change-committed");
        *last = grown.or_else(|| last.take());
        Ok(outcome)
    }

    /// Whether the leaf of a change is there, whose commit nobody answered. Its salt tells it from every other. The lock
    /// of writers is waited for, so that the lost transaction has ended one way or the other.
    async fn is_entered(&self, event: &AuditEvent, stamp: &Stamp) -> Result<bool, StoreError> {
        let mut patience = Patience::new();
        loop {
            match self.find_leaf(event, stamp).await {
                Err(error) if patience.allows_another(&error).await => {}
                outcome => return outcome,
            }
        }
    }

    async fn find_leaf(&self, event: &AuditEvent, stamp: &Stamp) -> Result<bool, StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        let found = query(
            "SELECT (SELECT count(*) FROM ledger_pending WHERE subject = $1 AND salt = $2) \
             + (SELECT count(*) FROM ledger_leaf WHERE subject = $1 AND salt = $2)",
        );
        let found = found.bind(&event.subject).bind(stamp.salt().as_slice());
        let found: i64 = found.fetch_one(&mut transaction).await?.only()?;
        transaction.rollback().await?;
        Ok(found > 0)
    }
}

/// Enters the event as a pending leaf.
pub(crate) async fn enter(transaction: &mut Transaction, event: &AuditEvent, stamp: &Stamp) -> Result<(), StoreError> {
    query("INSERT INTO ledger_pending (time_us, actor, event, subject, body, salt) VALUES ($1, $2, $3, $4, $5, $6)")
        .bind(stamp.micros())
        .bind(&event.actor)
        .bind(&event.event)
        .bind(&event.subject)
        .bind(canonical(&event.body))
        .bind(stamp.salt().as_slice())
        .execute(transaction)
        .await?;
    Ok(())
}
