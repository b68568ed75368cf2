//! To which state does a package lead, and what becomes of a partner's word that it holds another?

use super::writing::{Applied, Change, Writing};
use crate::db::{query, stored, to_json};
use crate::query::DISPUTED_SINCE;
use crate::{Changed, Saved, Stamp, Store, StoreError};

/// From where a package starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartsFrom {
    /// From nothing: it is full, for a reason.
    Nothing {
        /// Why.
        why: String,
    },
    /// From the state of another package.
    Package {
        /// Its id.
        package: String,
    },
}

/// The state that a package leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackageState {
    /// From where.
    pub starts_from: StartsFrom,
    /// What must be the same for another to start from it.
    pub shape: String,
    /// How many records the partner holds then.
    pub records: u64,
    /// Their digest.
    pub digest: String,
    /// SHA-256 of the set that is kept of it.
    pub set_sha256: String,
    /// Records that were not there before.
    pub added: u64,
    /// Records that held something else.
    pub changed: u64,
    /// Records that are gone.
    pub removed: u64,
}

/// A dispute that somebody settles. The event's actor is who does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettleDispute {
    /// The package whose receipt said so.
    pub package: String,
    /// What was found out.
    pub reason: String,
}

impl Store {
    /// Settles that a partner confirmed another state than was sent.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where nothing is disputed.
    pub async fn settle_dispute(&self, change: Changed<SettleDispute>, stamp: Stamp) -> Result<Saved, StoreError> {
        self.save(change, stamp).await
    }
}

impl Change for SettleDispute {
    type Outcome = Saved;

    async fn apply(&self, writing: &mut Writing<'_>) -> Result<Applied<Saved>, StoreError> {
        let (actor, micros) = (writing.actor().to_owned(), writing.micros());
        let settled = query(
            "UPDATE state_dispute SET settled_at = $1, settled_by = $2, reason = $3 \
             WHERE package = $4 AND settled_at IS NULL",
        );
        let settled = settled.bind(micros).bind(actor).bind(&self.reason).bind(&self.package);
        if settled.execute(writing.rows()).await? == 1 {
            return Applied::NEW;
        }
        let there = query("SELECT count(*) FROM state_dispute WHERE package = $1").bind(&self.package);
        match there.fetch_one(writing.rows()).await?.only::<i64>()? {
            0 => Err(StoreError::NotFound { what: "dispute about package", name: self.package.clone() }),
            _ => Applied::ALREADY,
        }
    }
}

/// Keeps the state of a package that is being sealed.
pub(super) async fn keep(writing: &mut Writing<'_>, package: &str, state: &PackageState) -> Result<(), StoreError> {
    let (base, why) = match &state.starts_from {
        StartsFrom::Package { package } => (Some(package.clone()), None),
        StartsFrom::Nothing { why } => (None, Some(why.clone())),
    };
    let row = query(
        "INSERT INTO package_state (package, base, why_full, shape, records, digest, set_sha256, added, changed, removed) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    );
    let row = row.bind(package).bind(base).bind(why).bind(&state.shape);
    let row = row.bind(stored(state.records, "the number of records")?).bind(&state.digest).bind(&state.set_sha256);
    let row = row.bind(stored(state.added, "the number of records added")?);
    let row = row.bind(stored(state.changed, "the number of records changed")?);
    let row = row.bind(stored(state.removed, "the number of records removed")?);
    row.execute(writing.rows()).await.map(|_| ())
}

/// Demands that nothing is disputed of an exchange.
pub(super) async fn demand_undisputed(writing: &mut Writing<'_>, exchange: &str) -> Result<(), StoreError> {
    let open = query(
        "SELECT count(*) FROM state_dispute JOIN package ON package.id = state_dispute.package \
         JOIN transfer ON transfer.id = package.transfer \
         WHERE transfer.exchange = $1 AND state_dispute.settled_at IS NULL",
    );
    match open.bind(exchange).fetch_one(writing.rows()).await?.only::<i64>()? {
        0 => Ok(()),
        _ => Err(StoreError::ChangedMeanwhile { what: "confirmed state of exchange", name: exchange.to_owned() }),
    }
}

/// Demands that what a package starts from is still what the partner confirmed last.
pub(super) async fn demand_base(writing: &mut Writing<'_>, state: &PackageState) -> Result<(), StoreError> {
    let StartsFrom::Package { package } = &state.starts_from else { return Ok(()) };
    match query(DISPUTED_SINCE).bind(package).fetch_one(writing.rows()).await?.only::<i64>()? {
        0 => Ok(()),
        _ => Err(StoreError::ChangedMeanwhile { what: "confirmed state of package", name: package.clone() }),
    }
}

/// Enters that a partner confirmed another state than a package leads to. A package without a state has none to dispute.
pub(super) async fn dispute(
    writing: &mut Writing<'_>,
    package: &str,
    codes: &[&'static str],
) -> Result<(), StoreError> {
    let micros = writing.micros();
    let known = query("SELECT count(*) FROM package_state WHERE package = $1").bind(package);
    if known.fetch_one(writing.rows()).await?.only::<i64>()? == 0 {
        return Ok(());
    }
    let row = query("INSERT INTO state_dispute (package, codes_json, entered_at) VALUES ($1, $2, $3)");
    row.bind(package).bind(to_json(&codes)?).bind(micros).execute(writing.rows()).await.map(|_| ())
}
