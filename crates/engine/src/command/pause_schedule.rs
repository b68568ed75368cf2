//! How is the schedule of an exchange paused, and by whom does it go on?

use causeway_model::permission::Action;
use causeway_model::refused::reason_given;
use causeway_store::change::{PauseSchedule, UnpauseSchedule};
use causeway_store::{Changed, Saved};
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};

/// Pauses the schedule of an exchange at once. A transfer may still be asked for by hand.
pub async fn pause_schedule(house: &House, name: &str, exchange: &str, reason: &str) -> Result<Saved, EngineError> {
    permit(house, name, Action::PauseSchedule, exchange).await?;
    if let Err(refused) = reason_given("pause", reason) {
        return Err(house.deny(name, Action::PauseSchedule.as_str(), exchange, refused).await);
    }
    let event = audit(name, "schedule-paused", exchange, json!({ "reason": reason }));
    let change = PauseSchedule { exchange: exchange.to_owned(), reason: reason.to_owned() };
    let saved = house.store.pause_schedule(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}

/// Lets the schedule of an exchange go on. What was due meanwhile stays skipped.
pub async fn unpause_schedule(house: &House, name: &str, exchange: &str) -> Result<Saved, EngineError> {
    permit(house, name, Action::UnpauseSchedule, exchange).await?;
    let event = audit(name, "schedule-unpaused", exchange, json!({}));
    let change = UnpauseSchedule { exchange: exchange.to_owned() };
    let saved = house.store.unpause_schedule(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}

async fn permit(house: &House, name: &str, action: Action, exchange: &str) -> Result<(), EngineError> {
    let document = house.exchange(exchange).await?;
    let partner = house.terms(&document.arrangement).await?.value.partner;
    house.permit(name, action, &house.of_both(exchange, &partner)).await?;
    if document.schedule.is_none() {
        return Err(EngineError::Wrong(format!(
            "exchange `{exchange}` has no schedule: it runs only when somebody asks"
        )));
    }
    Ok(())
}
