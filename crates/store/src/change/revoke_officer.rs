//! How does an officer's signature cease to count for what comes after?

use super::writing::{Applied, Change, Writing};
use crate::db::query;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// An officer whose key no longer counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevokeOfficer {
    /// The officer's name.
    pub name: String,
}

impl Store {
    /// Revokes an officer's key, from now on; what was approved before keeps its date.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such officer.
    pub async fn revoke_officer(&self, change: Changed<RevokeOfficer>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for RevokeOfficer {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let revoked = query("UPDATE officer SET revoked_at = $1 WHERE name = $2 AND revoked_at IS NULL");
        if revoked.bind(micros).bind(&self.name).execute(writing.rows()).await? == 1 {
            return Applied::NEW;
        }
        let there = query("SELECT count(*) FROM officer WHERE name = $1").bind(&self.name);
        match there.fetch_one(writing.rows()).await?.only::<i64>()? {
            0 => Err(StoreError::NotFound { what: "officer", name: self.name.clone() }),
            _ => Applied::ALREADY,
        }
    }
}
