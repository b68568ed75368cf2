//! How is a staged set taken back, so that it never comes into use?

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, Transaction, query};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A staged set that is taken back. The event's actor takes it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithdrawSet {
    /// The set.
    pub name: String,
    /// Why.
    pub reason: String,
}

impl Store {
    /// Takes a staged set back.
    ///
    /// # Errors
    /// [`StoreError::ActivatedAlready`] when it is in use, or was: go back to an earlier set then.
    pub async fn withdraw_set(&self, change: Changed<WithdrawSet>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for WithdrawSet {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (name, micros, actor) = (&self.name, writing.micros(), writing.actor().to_owned());
        let there = query("SELECT count(*) FROM staged_set WHERE name = $1").bind(name);
        if there.fetch_one(writing.rows()).await?.only::<i64>()? == 0 {
            return Err(StoreError::NotFound { what: "staged set", name: name.clone() });
        }
        if withdrawn_by(writing.rows(), name).await?.is_some() {
            return Applied::ALREADY;
        }
        let by = query("SELECT staged, activated_by FROM activation WHERE staged = $1").bind(name);
        if let Some(row) = by.fetch_optional(writing.rows()).await? {
            let officer = Cells::new(&row, "activation", "staged").get("activated_by")?;
            return Err(StoreError::ActivatedAlready { set: name.clone(), officer });
        }
        query("INSERT INTO set_withdrawal (staged, withdrawn_by, reason, withdrawn_at) VALUES ($1, $2, $3, $4)")
            .bind(name)
            .bind(actor)
            .bind(&self.reason)
            .bind(micros)
            .execute(writing.rows())
            .await?;
        Applied::NEW
    }
}

/// Who took a set back, if anybody did.
pub(super) async fn withdrawn_by(rows: &mut Transaction, set: &str) -> Result<Option<String>, StoreError> {
    let by = query("SELECT withdrawn_by FROM set_withdrawal WHERE staged = $1").bind(set);
    by.fetch_optional(rows).await?.map(|row| row.only()).transpose()
}
