//! How does an exchange go on after its partner confirmed another state than was sent? Somebody finds out, and says what it was.

use causeway_model::permission::Action;
use causeway_store::change::SettleDispute;
use causeway_store::{Changed, Saved, StoreError};
use serde_json::json;

use super::Decided;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Settles what a transfer's receipt disputes of its state. The next transfer of the exchange is full.
pub async fn settle_dispute(house: &House, name: &str, transfer: &str, reason: &str) -> Result<Decided, EngineError> {
    if reason.trim().len() < 5 {
        return Err(EngineError::Wrong("say in a few words what was found out: --reason TEXT".to_owned()));
    }
    let row = house.transfer(transfer).await?;
    let partner = house.arrangement_version(&row.arrangement, row.arrangement_version).await?.value.partner;
    house.permit(name, Action::SettleDispute, &house.of_both(transfer, &partner)).await?;
    let nothing = || EngineError::Unknown {
        what: "dispute of transfer",
        name: transfer.to_owned(),
        help: "what is settled is a receipt that says another state, told as `disputed: receipt-…`; see `causeway transfer show`",
    };
    let package = row.state.package().ok_or_else(nothing)?.to_owned();
    let event = audit(name, "dispute-settled", transfer, json!({ "package": package, "reason": reason }));
    let settle = SettleDispute { package, reason: reason.to_owned() };
    let saved = match house.store.settle_dispute(Changed::new(settle, event), house.stamp()).await {
        Err(StoreError::NotFound { .. }) => return Err(nothing()),
        outcome => outcome?,
    };
    house.sequence().await?;
    Ok(if saved == Saved::Already { Decided::Already } else { Decided::Now })
}
