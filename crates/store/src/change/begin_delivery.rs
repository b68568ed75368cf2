//! What is committed before the network is touched? That it is about to be.

use causeway_model::environment::DataKind;
use causeway_model::transfer::{Event, Transfer};

use super::Seen;
use super::demand_not_recalled;
use super::move_arrangement::demand_open;
use super::partner_key::demand_not_revoked;
use super::synthetic_only::demand_real;
use super::writing::{Applied, Change, Writing};
use crate::db::query;
use crate::{Changed, Stamp, Store, StoreError};

/// A delivery attempt that is about to begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BeginDelivery {
    /// The transfer as seen.
    pub seen: Seen,
    /// Whose data are in the package.
    pub data: DataKind,
}

impl Store {
    /// Commits the intent to deliver; the attempt's number is in the state returned.
    ///
    /// # Errors
    /// [`StoreError::OpenDelivery`] when nobody has said yet how an earlier attempt ended, [`StoreError::ChangedMeanwhile`]
    /// when the arrangement is out of force or the key revoked to which the package is sealed, [`StoreError::Denied`] when
    /// the data are real and the partner is for invented people only.
    pub async fn begin_delivery(&self, change: Changed<BeginDelivery>, stamp: Stamp) -> Result<Seen, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for BeginDelivery {
    type Outcome = Seen;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Seen>, StoreError> {
        let micros = writing.micros();
        self.seen.demand_no_open_delivery(writing).await?;
        self.seen.check(writing).await?;
        demand_open(writing, &self.seen.transfer).await?;
        if self.data == DataKind::Real {
            demand_real(writing.rows(), &self.seen.transfer).await?;
        }
        if let Some(package) = self.seen.state.package() {
            demand_not_recalled(writing.rows(), package).await?;
            let key = query("SELECT fingerprint FROM package_key WHERE package = $1").bind(package);
            if let Some(row) = key.fetch_optional(writing.rows()).await? {
                demand_not_revoked(writing.rows(), &row.only::<String>()?).await?;
            }
        }
        let state = self.seen.advance(writing, Event::Send).await?;
        if let Transfer::Delivering { attempt, .. } = &state {
            query("INSERT INTO delivery (transfer, attempt, intent_at) VALUES ($1, $2, $3)")
                .bind(&self.seen.transfer)
                .bind(*attempt)
                .bind(micros)
                .execute(writing.rows())
                .await?;
        }
        // CRASH: after the commit the attempt has an intent without an outcome, which the next start resolves.
        Ok(Applied::Changed(self.seen.next(state)))
    }
}
