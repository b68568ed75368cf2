//! How does a person see to it that an alert is sent after all, or try whether one arrives?

use causeway_model::alert::{Alert, AlertKind, To};
use causeway_model::permission::{Action, Thing};
use causeway_store::change::RetryAlert;
use causeway_store::query::AlertRow;
use causeway_store::{Changed, Saved};
use serde_json::json;

use super::held_back;
use crate::error::EngineError;
use crate::house::{House, audit};

impl House {
    /// An alert.
    ///
    /// # Errors
    /// [`EngineError::Unknown`] where there is none of that id.
    pub async fn alert(&self, id: &str) -> Result<AlertRow, EngineError> {
        let unknown = || EngineError::Unknown { what: "alert", name: id.to_owned(), help: "see `causeway alert list`" };
        self.store.alert(id).await?.ok_or_else(unknown)
    }

    /// An alert as a thing: of the operation, or of the partner to whom it goes.
    #[must_use]
    pub fn of_alert(&self, id: &str, to: &To) -> Thing {
        match to {
            To::Staff => self.own(id),
            To::Partner(name) => self.of_partner(id, name),
        }
    }
}

/// Lets what was given up of an alert be tried again.
pub async fn retry_alert(house: &House, actor: &str, id: &str) -> Result<Saved, EngineError> {
    let alert = house.alert(id).await?;
    house.permit(actor, Action::SendAlerts, &house.of_alert(id, &alert.to)).await?;
    let event = audit(actor, "alert-retried", id, json!({ "kind": alert.kind, "to": alert.to.to_string() }));
    let change = RetryAlert { alert: id.to_owned() };
    let saved = house.store.retry_alert(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(saved)
}

/// Posts an alert on one way of the settings, to see whether it arrives. It says nothing of anything.
pub async fn try_alert(house: &House, actor: &str, way: &str) -> Result<(), EngineError> {
    house.permit(actor, Action::SendAlerts, &house.own(way)).await?;
    let settings = &house.home.config().alerts;
    settings.check()?;
    let Some(found) = settings.way(way) else {
        let (what, help) = ("way of [alerts]", "the ways stand in `causeway.toml`");
        return Err(EngineError::Unknown { what, name: way.to_owned(), help });
    };
    if let Some(partner) = found.partner()
        && let Some(why) = held_back(house, partner).await?
    {
        return Err(house.deny(actor, Action::SendAlerts.as_str(), way, why.into()).await);
    }
    house.record(actor, "alert-tried", way, json!({})).await?;
    let alert = Alert::new(AlertKind::Trial, To::Staff, way).at(house.now().to_string());
    house.store.outbox().post(&alert, house.now()).await?;
    Ok(())
}
