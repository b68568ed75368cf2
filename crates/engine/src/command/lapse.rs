//! What becomes of transfers under way when their arrangement goes out of force? They lapse, and nothing more leaves.

use causeway_model::Violation;
use causeway_store::Changed;
use causeway_store::change::{LapseTransfer, Seen};
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};
use crate::standing::{Halted, under_way};

/// Lets a transfer lapse; the error to end with.
pub(crate) async fn lapse(house: &House, actor: &str, seen: Seen, violations: Vec<Violation>) -> EngineError {
    let transfer = seen.transfer.clone();
    let event = audit(actor, "transfer-lapsed", &transfer, json!({ "violations": violations }));
    let lapsed = house.store.lapse(Changed::new(LapseTransfer { seen }, event), house.stamp()).await;
    match lapsed.map_err(EngineError::from) {
        Ok(_) => match house.sequence().await {
            Ok(_) => EngineError::Lapsed { transfer, violations },
            Err(error) => error,
        },
        Err(error) => error,
    }
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
        if house.store.deliveries(&row.id).await?.iter().any(|delivery| delivery.outcome.is_none()) {
            continue;
        }
        match lapse(house, actor, row.seen(), refused.violations).await {
            EngineError::Lapsed { .. } => lapsed.push(row.id),
            error => return Err(error),
        }
    }
    Ok(lapsed)
}

/// Lets every transfer lapse that an arrangement no longer carries. One of which nobody knows yet whether it arrived is left:
/// that is found out when it is carried on.
pub(crate) async fn lapse_under_way(house: &House, actor: &str, name: &str) -> Result<(), EngineError> {
    for row in house.store.unfinished_transfers().await?.into_iter().filter(|row| row.arrangement == name) {
        let Err(Halted::Lapses(refused)) = under_way(house, &row).await? else { continue };
        if house.store.deliveries(&row.id).await?.iter().any(|delivery| delivery.outcome.is_none()) {
            continue;
        }
        match lapse(house, actor, row.seen(), refused.violations).await {
            EngineError::Lapsed { .. } => {}
            error => return Err(error),
        }
    }
    Ok(())
}
