//! When does a package lie ready for its partner's program? From this commit on nobody here works on its transfer, until it is taken.

use causeway_model::alert::{Alert, AlertKind, To};

use super::Seen;
use super::record_decision::demand_not_recalled;
use super::writing::{Applied, Change, Writing};
use crate::db::query;
use crate::outbox::post;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// A sealed package that its partner is to take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MakeReady {
    /// The transfer as seen.
    pub seen: Seen,
    /// The package.
    pub package: String,
    /// The exchange, for whoever is told.
    pub exchange: String,
    /// Who takes it, and is told.
    pub partner: String,
}

impl Store {
    /// Lays a package ready, and tells its partner. One that lies ready already is left.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the transfer is in another state by now, [`StoreError::ChangedMeanwhile`] when the package was called
    /// back.
    pub async fn make_ready(&self, change: Changed<MakeReady>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for MakeReady {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (seen, micros) = (&self.seen, writing.micros());
        seen.check(writing).await?;
        demand_not_recalled(writing.rows(), &self.package).await?;
        let row = query(
            "INSERT INTO package_ready (package, transfer, ready_at) VALUES ($1, $2, $3) ON CONFLICT (package) DO NOTHING",
        );
        let row = row.bind(&self.package).bind(&seen.transfer).bind(micros);
        if row.execute(writing.rows()).await? == 0 {
            return Applied::ALREADY;
        }
        let alert = Alert::new(AlertKind::PackageReady, To::Partner(self.partner.clone()), &seen.transfer);
        let alert = alert.with("package", &self.package).with("exchange", &self.exchange);
        post(writing.rows(), &alert, micros).await?;
        // CRASH: before the commit the transfer is found again, as one that is sealed.
        Applied::NEW
    }
}
