//! How is it kept that a package's bytes are gone?

use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A package whose bytes have been erased.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErasePackage {
    /// The package.
    pub package: String,
}

impl Store {
    /// Notes that a package is erased; its digests stay.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] when there is no such package.
    pub async fn erase_package(&self, change: Changed<ErasePackage>, stamp: Stamp) -> Result<Saved, StoreError> {
        let (ErasePackage { package }, event) = change.into_parts();
        let mut writing = self.begin().await?;
        let erased = sqlx::query("UPDATE package SET erased_at = $1 WHERE id = $2 AND erased_at IS NULL")
            .bind(stamp.micros())
            .bind(&package)
            .execute(writing.rows())
            .await?;
        if erased.rows_affected() == 1 {
            writing.commit(event, stamp).await?;
            return Ok(Saved::New);
        }
        let there: i64 = sqlx::query_scalar("SELECT count(*) FROM package WHERE id = $1")
            .bind(&package)
            .fetch_one(writing.rows())
            .await?;
        writing.abandon().await?;
        if there == 0 { Err(StoreError::NotFound { what: "package", name: package }) } else { Ok(Saved::Already) }
    }
}
