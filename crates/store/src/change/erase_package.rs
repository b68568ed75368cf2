//! How is it kept that a package's bytes are gone?

use super::writing::{Applied, Change, Writing};
use crate::db::query;
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
        self.save(change, stamp).await
    }
}

impl Change for ErasePackage {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let erased = query("UPDATE package SET erased_at = $1 WHERE id = $2 AND erased_at IS NULL");
        if erased.bind(micros).bind(&self.package).execute(writing.rows()).await? == 1 {
            return Applied::NEW;
        }
        let there = query("SELECT count(*) FROM package WHERE id = $1").bind(&self.package);
        match there.fetch_one(writing.rows()).await?.only::<i64>()? {
            0 => Err(StoreError::NotFound { what: "package", name: self.package.clone() }),
            _ => Applied::ALREADY,
        }
    }
}
