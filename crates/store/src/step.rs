//! How is written what is no governance: who has what in hand, who was told, who is seen? In short transactions, without an entry of
//! the ledger.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::db::{Patience, Pool, Transaction};
use crate::ledger::Grown;
use crate::{Store, StoreError};

/// What may be asked more than once, each time on the database as it was before.
pub(crate) trait Step: Sync {
    type Outcome: Send;

    fn apply(&self, rows: &mut Transaction) -> impl Future<Output = Result<Self::Outcome, StoreError>> + Send;
}

/// Where steps are taken, one at a time within this process.
#[derive(Clone, Debug)]
pub(crate) struct Steps {
    pool: Pool,
    turn: Arc<Mutex<Option<Grown>>>,
}

impl Steps {
    pub(crate) fn of(store: &Store) -> Self {
        Self { pool: store.pool.clone(), turn: Arc::clone(&store.turn) }
    }

    pub(crate) async fn take<T: Step>(&self, step: &T) -> Result<T::Outcome, StoreError> {
        let _turn = self.turn.lock().await;
        let mut patience = Patience::new();
        loop {
            match self.try_to_take(step).await {
                Err(error) if patience.allows_another(&error).await => {}
                outcome => return outcome,
            }
        }
    }

    async fn try_to_take<T: Step>(&self, step: &T) -> Result<T::Outcome, StoreError> {
        let mut transaction = self.pool.begin_write().await?;
        match step.apply(&mut transaction).await {
            Ok(outcome) => transaction.commit().await.map(|()| outcome),
            Err(error) => {
                let _ = transaction.rollback().await;
                Err(error)
            }
        }
    }
}
