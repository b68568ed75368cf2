//! How does a partner's program cease to ask? At once: its tokens count no more.

use causeway_model::permission::Action;
use causeway_store::change::RevokeClient;
use causeway_store::query::ClientRow;
use causeway_store::{Changed, Saved};
use serde_json::json;

use crate::error::EngineError;
use crate::house::{House, audit};

impl House {
    /// A partner's program.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] where there is none of that name.
    pub async fn client(&self, name: &str) -> Result<ClientRow, EngineError> {
        let help = "see `causeway partner client list`";
        let unknown = || EngineError::Unknown { what: "client", name: name.to_owned(), help };
        self.store.client(name).await?.ok_or_else(unknown)
    }
}

/// Ends what a program may ask.
pub async fn revoke_client(house: &House, actor: &str, name: &str, reason: &str) -> Result<Saved, EngineError> {
    let client = house.client(name).await?;
    let action = Action::RevokeClient;
    house.permit(actor, action, &house.of_partner(name, &client.partner)).await?;
    if let Err(refused) = causeway_model::refused::reason_given(action.as_str(), reason) {
        return Err(house.deny(actor, action.as_str(), name, refused).await);
    }
    let event = audit(actor, "client-revoked", name, json!({ "partner": client.partner, "reason": reason }));
    let change = RevokeClient { name: name.to_owned() };
    let saved = house.store.revoke_client(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}
