//! How is one transfer stopped for good before anything leaves?

use causeway_model::permission::Action;
use causeway_model::request::State;
use causeway_model::transfer::Transfer;
use causeway_store::change::CancelTransfer;
use causeway_store::{Changed, StoreError};
use serde_json::json;

use super::Decided;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Cancels a transfer, with a reason. Whoever has it in hand finds that out before it is sealed, and before anything leaves.
///
/// # Errors
/// [`EngineError::Wrong`] once its package is on its way: only a stop holds it back then.
pub async fn cancel_transfer(house: &House, name: &str, transfer: &str, reason: &str) -> Result<Decided, EngineError> {
    if reason.trim().len() < 5 {
        return Err(EngineError::Wrong("say in a few words why it is cancelled: --reason TEXT".to_owned()));
    }
    let row = house.transfer(transfer).await?;
    let partner = house.arrangement_version(&row.arrangement, row.arrangement_version).await?.value.partner;
    house.permit(name, Action::CancelTransfer, &house.of_both(transfer, &partner)).await?;
    if row.state == Transfer::Cancelled {
        return Ok(Decided::Already);
    }
    let request = house.store.request(transfer).await?;
    if request.is_some_and(|request| matches!(request.state, State::AwaitingApproval { .. })) {
        let help = "it waits for people: `causeway transfer refuse` or `causeway transfer withdraw` ends it";
        return Err(EngineError::Wrong(format!("transfer {transfer} cannot be cancelled: {help}")));
    }
    let event = audit(name, "transfer-cancelled", transfer, json!({ "reason": reason, "was": row.state.name() }));
    let cancel = CancelTransfer { seen: row.seen() };
    match house.store.cancel(Changed::new(cancel, event), house.stamp()).await {
        Ok(_) => {}
        Err(error @ (StoreError::Conflict { .. } | StoreError::Impossible { .. })) => {
            let body =
                json!({ "attempt": Action::CancelTransfer.as_str(), "detail": error.to_string(), "violations": [] });
            house.record(name, "attempt-denied", transfer, body).await?;
            let StoreError::Impossible { .. } = error else { return Err(error.into()) };
            return Err(EngineError::Wrong(format!(
                "transfer {transfer} is {}: only what has not left can be cancelled; what is on its way is held back by `causeway stop`, \
                 and what has arrived is for the partner to erase",
                row.state
            )));
        }
        Err(error) => return Err(error.into()),
    }
    house.sequence().await?;
    Ok(Decided::Now)
}
