//! How does a package wait for its partner's program, and what ends the waiting: it was taken whole, it is for nobody any more, or its day
//! has come?
//!
//! The package stays sealed, so that a person can still be called out of it. Nothing of it leaves but by `taking`.

use causeway_model::alert::{Alert, AlertKind, To};
use causeway_model::retention::{Sealed, due};
use causeway_model::transfer::Transfer;
use causeway_model::{Code, Violation};
use causeway_store::change::{DeliveryOutcome, FinishDelivery, MakeReady, Seen};
use causeway_store::query::TransferRow;
use causeway_store::{Changed, StoreError};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;

use super::lease::Lease;
use super::taking;
use crate::command::lapse_telling;
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::standing::{Halted, under_way};

/// Lays a sealed package ready and tells its partner.
pub(super) async fn lay_ready(
    house: &House,
    actor: &str,
    lease: &Lease,
    row: &TransferRow,
    partner: &str,
) -> Result<(), EngineError> {
    let Some(package) = row.state.package() else { return Ok(()) };
    let event = audit(actor, "package-ready", &row.id, json!({ "package": package }));
    let ready = MakeReady {
        seen: lease.seen(row),
        package: package.to_owned(),
        exchange: row.exchange.clone(),
        partner: partner.to_owned(),
    };
    house.store.make_ready(Changed::new(ready, event), house.stamp()).await?;
    // CRASH: it lies ready and its partner will be told; nobody here has anything to do for it.
    (house.surroundings.probe)("package-ready");
    house.sequence().await?;
    Ok(())
}

/// A transfer whose package was not taken, and has lapsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untaken {
    /// The transfer.
    pub transfer: String,
    /// Why it has lapsed.
    pub why: String,
}

/// Looks after packages that lie ready: notes which were taken whole, and lets lapse what is for nobody any more; what stood in the way of
/// others.
///
/// # Errors
/// When the database fails.
pub async fn look_after_ready(house: &House, actor: &str) -> Result<(Vec<Untaken>, Vec<EngineError>), EngineError> {
    let (mut untaken, mut troubles) = (Vec::new(), Vec::new());
    for row in house.store.unfinished_transfers().await?.into_iter().filter(TransferRow::awaits_partner) {
        match one(house, actor, &row).await {
            Ok(None) => {}
            Ok(Some(why)) => untaken.push(Untaken { transfer: row.id, why }),
            // Somebody was faster: it is looked at again.
            Err(EngineError::Store(StoreError::Conflict { .. } | StoreError::OpenDelivery { .. })) => {}
            Err(error) => troubles.push(error),
        }
    }
    Ok((untaken, troubles))
}

async fn one(house: &House, actor: &str, row: &TransferRow) -> Result<Option<String>, EngineError> {
    // CRASH: the last of it was handed over, and whoever was told so died: it is noted now.
    if taking::arrive_if_whole(house, actor, row).await? {
        return Ok(None);
    }
    let (violations, tell) = match under_way(house, row).await? {
        Err(Halted::Lapses(refused)) => (refused.violations, Vec::new()),
        // A partner that is stopped does not keep a package beyond its day.
        Ok(_) | Err(Halted::Waits(_)) => match last_day(house, row).await?.filter(|day| *day <= house.today()) {
            Some(day) => late(house, row, day).await?,
            None => return Ok(None),
        },
    };
    let Some(seen) = interrupt(house, actor, row).await? else { return Ok(None) };
    match lapse_telling(house, actor, seen, violations, tell).await {
        EngineError::Lapsed { violations, .. } => {
            let why: Vec<String> = violations.iter().map(ToString::to_string).collect();
            Ok(Some(why.join("; ")))
        }
        error => Err(error),
    }
}

async fn late(house: &House, row: &TransferRow, day: Date) -> Result<(Vec<Violation>, Vec<Alert>), EngineError> {
    let package = row.state.package().unwrap_or_default();
    let partner = house.arrangement_version(&row.arrangement, row.arrangement_version).await?.value.partner;
    let why = Violation::new(Code::PackageNotTaken, package, format!("it is not kept beyond {day}"));
    let told = |to: To| {
        let alert = Alert::new(AlertKind::PackageNotTaken, to, &row.id);
        alert.with("package", package).with("exchange", &row.exchange)
    };
    Ok((vec![why], vec![told(To::Staff), told(To::Partner(partner))]))
}

/// The first day on which a package that lies ready is not kept any more.
async fn last_day(house: &House, row: &TransferRow) -> Result<Option<Date>, EngineError> {
    let Some(package) = row.state.package() else { return Ok(None) };
    let Some(kept) = house.store.kept_package(package).await? else { return Ok(None) };
    let keep = house.agreed(&row.arrangement).await?.keep;
    let sealed = Sealed {
        sealed: kept.sealed_at.to_zoned(TimeZone::UTC).date(),
        receipted: None,
        for_nobody: false,
        partner_until: kept.facts.purge_by,
    };
    Ok(Some(due(sealed, keep)))
}

/// The transfer as seen once no delivery of it is open: what was begun to be taken and is not whole did not arrive. None where somebody was
/// faster.
pub(crate) async fn interrupt(house: &House, actor: &str, row: &TransferRow) -> Result<Option<Seen>, EngineError> {
    let Transfer::Delivering { package, attempt } = &row.state else { return Ok(Some(row.seen())) };
    if taking::arrive_if_whole(house, actor, row).await? {
        return Ok(None);
    }
    let detail = "it was not taken whole";
    let outcome = (DeliveryOutcome::Interrupted, "delivery-interrupted");
    match finish(house, actor, row, (package, *attempt), outcome, detail).await {
        Ok(seen) => Ok(Some(seen)),
        // An earlier look has closed it and died; or it has arrived meanwhile.
        Err(StoreError::NoOpenDelivery { .. }) => {
            let row = house.transfer(&row.id).await?;
            Ok(row.awaits_partner().then(|| row.seen()))
        }
        Err(StoreError::Conflict { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Notes that a package which was begun to be taken has arrived; by whom that is known, `detail` says.
pub(crate) async fn arrive(house: &House, actor: &str, row: &TransferRow, detail: &str) -> Result<Seen, EngineError> {
    let Transfer::Delivering { package, attempt } = &row.state else { return Ok(row.seen()) };
    let outcome = (DeliveryOutcome::Arrived, "delivery-arrived");
    match finish(house, actor, row, (package, *attempt), outcome, detail).await {
        Ok(seen) => {
            house.sequence().await?;
            Ok(seen)
        }
        // Somebody has noted it already; or it has ended otherwise, which whoever goes on from here finds out.
        Err(StoreError::NoOpenDelivery { .. } | StoreError::Conflict { .. }) => {
            Ok(house.transfer(&row.id).await?.seen())
        }
        Err(error) => Err(error.into()),
    }
}

async fn finish(
    house: &House,
    actor: &str,
    row: &TransferRow,
    (package, attempt): (&str, u32),
    (outcome, what): (DeliveryOutcome, &str),
    detail: &str,
) -> Result<Seen, StoreError> {
    let event = audit(actor, what, &row.id, json!({ "package": package, "attempt": attempt, "detail": detail }));
    let finish = FinishDelivery { seen: row.seen(), attempt, outcome, detail: Some(detail.to_owned()) };
    house.store.finish_delivery(Changed::new(finish, event), house.stamp()).await
}
