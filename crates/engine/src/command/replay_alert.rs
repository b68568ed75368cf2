//! How does a partner get an alert once more that its receiver has lost? It asks for it, and tells it by its id.

use causeway_model::permission::Action;
use causeway_store::change::ReplayAlert;
use causeway_store::{Changed, Saved};
use serde_json::json;

use super::held_back;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Lets an alert to a partner be sent once more by the partner's ways.
pub(crate) async fn replay_alert(house: &House, actor: &str, id: &str) -> Result<Saved, EngineError> {
    let alert = house.alert(id).await?;
    let action = Action::ShowAlerts;
    house.permit(actor, action, &house.of_alert(id, &alert.to)).await?;
    if let Some(partner) = alert.to.partner()
        && let Some(why) = held_back(house, partner).await?
    {
        return Err(house.deny(actor, "replay-alert", id, why.into()).await);
    }
    let event = audit(actor, "alert-replayed", id, json!({ "kind": alert.kind, "to": alert.to.to_string() }));
    let change = ReplayAlert { alert: id.to_owned() };
    let saved = house.store.replay_alert(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}
