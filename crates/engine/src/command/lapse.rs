//! What becomes of transfers under way when their arrangement goes out of force? They lapse, and nothing more leaves.

use causeway_model::alert::Alert;
use causeway_model::transfer::Transfer;
use causeway_model::{Code, Violation};
use causeway_store::change::{LapseTransfer, Seen};
use causeway_store::query::TransferRow;
use causeway_store::{Changed, StoreError};
use serde_json::json;

use crate::drive::interrupt;
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::standing::{Halted, RECALLED, under_way};

/// Lets a transfer lapse; the error to end with.
pub(crate) async fn lapse(house: &House, actor: &str, seen: Seen, violations: Vec<Violation>) -> EngineError {
    lapse_telling(house, actor, seen, violations, Vec::new()).await
}

/// The same, and somebody is told.
pub(crate) async fn lapse_telling(
    house: &House,
    actor: &str,
    seen: Seen,
    violations: Vec<Violation>,
    tell: Vec<Alert>,
) -> EngineError {
    let transfer = seen.transfer.clone();
    let event = audit(actor, "transfer-lapsed", &transfer, json!({ "violations": violations }));
    let lapsed = house.store.lapse(Changed::new(LapseTransfer { seen, tell }, event), house.stamp()).await;
    match lapsed.map_err(EngineError::from) {
        Ok(_) => match house.sequence().await {
            Ok(_) => EngineError::Lapsed { transfer, violations },
            Err(error) => error,
        },
        Err(error) => error,
    }
}

/// The transfer as seen, without an open delivery; none where nobody knows yet whether it arrived. What was begun to be taken over the
/// API and is not whole did not arrive: that is known here.
async fn not_open(house: &House, actor: &str, row: &TransferRow) -> Result<Option<Seen>, EngineError> {
    if row.awaits_partner() {
        return interrupt(house, actor, row).await;
    }
    let deliveries = house.store.deliveries(&row.id).await?;
    Ok((!deliveries.iter().any(|delivery| delivery.outcome.is_none())).then(|| row.seen()))
}

/// Lets every transfer lapse whose package is sealed to that key and has not arrived; their ids. One of which nobody knows yet
/// whether it arrived is left: that is found out when it is carried on.
pub(crate) async fn lapse_sealed_to(house: &House, actor: &str, key: &str) -> Result<Vec<String>, EngineError> {
    let mut lapsed = Vec::new();
    for row in house.store.unfinished_transfers().await? {
        let Some(package) = row.state.package() else { continue };
        if house.store.sealed_to(package).await?.as_deref() != Some(key) {
            continue;
        }
        let Err(Halted::Lapses(refused)) = under_way(house, &row).await? else { continue };
        let Some(seen) = not_open(house, actor, &row).await? else { continue };
        match lapse(house, actor, seen, refused.violations).await {
            EngineError::Lapsed { .. } => lapsed.push(row.id),
            // Somebody is at work on it, and looks at the key before anything leaves.
            EngineError::Store(StoreError::Conflict { .. } | StoreError::OpenDelivery { .. }) => {}
            error => return Err(error),
        }
    }
    Ok(lapsed)
}

/// Lets a transfer lapse whose package was called back. One of which nobody knows yet whether it arrived is left, and so is one that
/// somebody is at work on: whoever is looks before it is delivered.
pub(crate) async fn lapse_recalled(house: &House, actor: &str, row: &TransferRow) -> Result<(), EngineError> {
    let Err(Halted::Lapses(refused)) = under_way(house, row).await? else { return Ok(()) };
    let Some(seen) = not_open(house, actor, row).await? else { return Ok(()) };
    match lapse(house, actor, seen, refused.violations).await {
        EngineError::Lapsed { .. }
        | EngineError::Store(StoreError::Conflict { .. } | StoreError::OpenDelivery { .. }) => Ok(()),
        error => Err(error),
    }
}

/// The error to end with where a transfer has lapsed, whoever let it.
pub(crate) async fn lapsed(house: &House, transfer: &str) -> Result<Option<EngineError>, EngineError> {
    let Some(row) = house.store.transfer(transfer).await?.filter(|row| row.state == Transfer::Lapsed) else {
        return Ok(None);
    };
    if let Some(package) = house.store.recalled_of(transfer).await? {
        let violations = vec![Violation::new(Code::PackageRecalled, package, RECALLED)];
        return Ok(Some(EngineError::Lapsed { transfer: transfer.to_owned(), violations }));
    }
    // As it would be judged if it had not ended.
    let open = TransferRow { state: Transfer::Requested, ..row.clone() };
    let violations = match under_way(house, &open).await? {
        Err(Halted::Lapses(refused) | Halted::Waits(refused)) => refused.violations,
        Ok(_) => vec![Violation::new(Code::NotInForce, &row.arrangement, "it was out of force meanwhile")],
    };
    Ok(Some(EngineError::Lapsed { transfer: transfer.to_owned(), violations }))
}

/// Lets every transfer lapse that an arrangement no longer carries. One of which nobody knows yet whether it arrived is left:
/// that is found out when it is carried on.
pub(crate) async fn lapse_under_way(house: &House, actor: &str, name: &str) -> Result<(), EngineError> {
    for row in house.store.unfinished_transfers().await?.into_iter().filter(|row| row.arrangement == name) {
        let Err(Halted::Lapses(refused)) = under_way(house, &row).await? else { continue };
        let Some(seen) = not_open(house, actor, &row).await? else { continue };
        match lapse(house, actor, seen, refused.violations).await {
            EngineError::Lapsed { .. } => {}
            // Somebody is at work on it this very moment, and looks before it is sealed and before it is delivered.
            EngineError::Store(StoreError::Conflict { .. } | StoreError::OpenDelivery { .. }) => {}
            error => return Err(error),
        }
    }
    Ok(())
}
