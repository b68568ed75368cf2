//! How is it kept that a partner certified to have erased a package's content?

use jiff::Timestamp;
use jiff::civil::Date;

use super::writing::{Applied, Change, Writing};
use crate::db::{Cells, query, stored};
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A partner's certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertifyErasure {
    /// The package.
    pub package: String,
    /// When it was deleted.
    pub deleted_at: Timestamp,
    /// How many records.
    pub records: u64,
    /// The last day on which a backup of the partner may still hold it.
    pub in_backups_until: Option<Date>,
    /// The certificate, byte for byte.
    pub text: String,
    /// Its signature, hexadecimal.
    pub signature: String,
}

impl Store {
    /// Keeps a partner's certificate.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when another was accepted for the package before.
    pub async fn certify_erasure(&self, change: Changed<CertifyErasure>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for CertifyErasure {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let micros = writing.micros();
        let before = query("SELECT package, text, signature FROM erasure_certificate WHERE package = $1");
        if let Some(row) = before.bind(&self.package).fetch_optional(writing.rows()).await? {
            let cells = Cells::new(&row, "erasure_certificate", "package");
            let same = cells.get::<&str>("text")? == self.text && cells.get::<&str>("signature")? == self.signature;
            let other = || StoreError::Taken { what: "certificate of package", name: self.package.clone() };
            return if same { Applied::ALREADY } else { Err(other()) };
        }
        query(
            "INSERT INTO erasure_certificate (package, deleted_at, records, in_backups_until, text, signature, accepted_at) \
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(&self.package)
        .bind(self.deleted_at.as_microsecond())
        .bind(stored(self.records, "how many records were deleted")?)
        .bind(self.in_backups_until.map(|day| day.to_string()))
        .bind(&self.text)
        .bind(&self.signature)
        .bind(micros)
        .execute(writing.rows())
        .await?;
        Applied::NEW
    }
}
