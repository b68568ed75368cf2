//! How is a staged set taken back, by whoever staged it or by whoever would have activated it?

use causeway_model::permission::Action;
use causeway_store::change::WithdrawSet;
use causeway_store::{Changed, Saved};
use serde_json::json;

use super::activate_configuration::staged;
use super::stage_configuration::{told, whole};
use crate::error::EngineError;
use crate::house::{House, audit};

/// Takes a staged set back, so that it never comes into use. It takes one of the two, and no key.
pub async fn withdraw_configuration(house: &House, actor: &str, set: &str, reason: &str) -> Result<Saved, EngineError> {
    let outcome = withdraw(house, actor, set, reason).await;
    told(house, actor, "withdraw", set, outcome).await
}

async fn withdraw(house: &House, actor: &str, set: &str, reason: &str) -> Result<Saved, EngineError> {
    house.permit(actor, Action::WithdrawConfiguration, &whole(house, set)).await?;
    let found = staged(house, set).await?;
    if let Err(refused) = causeway_model::refused::reason_given("withdraw", reason) {
        return Err(house.deny(actor, "withdraw-configuration", set, refused).await);
    }
    let body = json!({ "sha256": found.sha256, "staged_by": found.staged_by, "reason": reason });
    let event = audit(actor, "configuration-withdrawn", set, body);
    let change = WithdrawSet { name: set.to_owned(), reason: reason.to_owned() };
    let saved = house.store.withdraw_set(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}
