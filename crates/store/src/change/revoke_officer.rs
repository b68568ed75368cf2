//! How does an officer's signature cease to count for what comes after?

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
        let (RevokeOfficer { name }, event) = change.into_parts();
        let mut writing = self.begin().await?;
        let revoked = sqlx::query("UPDATE officer SET revoked_at = $1 WHERE name = $2 AND revoked_at IS NULL")
            .bind(stamp.micros())
            .bind(&name)
            .execute(writing.rows())
            .await?;
        if revoked.rows_affected() == 1 {
            writing.commit(event, stamp).await?;
            return Ok(Saved::New);
        }
        let there: i64 = sqlx::query_scalar("SELECT count(*) FROM officer WHERE name = $1")
            .bind(&name)
            .fetch_one(writing.rows())
            .await?;
        writing.abandon().await?;
        if there == 0 { Err(StoreError::NotFound { what: "officer", name }) } else { Ok(Saved::Already) }
    }
}
