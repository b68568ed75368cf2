//! Who lets a partner's program ask about single people again that seemed to be guessing?

use causeway_model::permission::Action;
use causeway_store::change::LiftHold;
use causeway_store::{Changed, StoreError};
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};

/// Lifts the hold on a program for an exchange. Whoever does says why.
///
/// # Errors
/// [`EngineError::Unknown`] where nothing holds it.
pub async fn lift_hold(
    house: &House,
    actor: &str,
    client: &str,
    exchange: &str,
    reason: &str,
) -> Result<(), EngineError> {
    let row = house.client(client).await?;
    let action = Action::LiftHold;
    house.permit(actor, action, &house.of_partner(client, &row.partner)).await?;
    if let Err(refused) = causeway_model::refused::reason_given(action.as_str(), reason) {
        return Err(house.deny(actor, action.as_str(), client, refused).await);
    }
    let name = format!("client/{client}");
    let event = audit(actor, "look-ups-resumed", &name, json!({ "exchange": exchange, "reason": reason }));
    let change = LiftHold { client: name, exchange: exchange.to_owned(), reason: reason.to_owned() };
    match house.store.lift_hold(Changed::new(change, event), house.stamp()).await {
        Err(StoreError::NotFound { .. }) => Err(EngineError::Unknown {
            what: "hold of client",
            name: client.to_owned(),
            help: "`causeway partner client show` says whether one stands",
        }),
        saved => {
            saved?;
            house.sequence().await?;
            Ok(())
        }
    }
}
