//! How does a program become known that cannot sign, because it was written for PING's own API? By secrets that are made here, shown once,
//! and kept as digests.

use causeway_model::permission::{Action, Role};
use causeway_model::ping::is_id;
use causeway_package::client::is_name;
use causeway_store::Changed;
use causeway_store::change::{AddSecretClient, ClientFacts};
use serde_json::json;
use zeroize::Zeroizing;

use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::ping::Ids;
use crate::token::PING;

/// A program that is to become known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPingClient {
    /// Its name, which is also its user and its client id.
    pub name: String,
    /// The partner.
    pub partner: String,
    /// By what the partner is known at that door: `PNR-1363`.
    pub partner_id: String,
    /// The exchanges that it may be about.
    pub exchanges: Vec<String>,
}

/// What the program proves itself by. It has no `Debug`: nobody is shown it twice.
pub struct PingSecrets {
    /// Its password.
    pub password: Zeroizing<String>,
    /// Its subscription key.
    pub subscription_key: Zeroizing<String>,
}

/// Makes a program known, and its secrets.
///
/// # Errors
/// An exchange is not the partner's, or clients do not know it; the name or the id is taken; or it is denied.
pub async fn add_ping_client(house: &House, actor: &str, new: &NewPingClient) -> Result<PingSecrets, EngineError> {
    let action = Action::AddPingClient;
    if house.store.partner(&new.partner).await?.is_none() {
        let help = "invite it with `causeway partner add`";
        return Err(EngineError::Unknown { what: "partner", name: new.partner.clone(), help });
    }
    house.permit(actor, action, &house.of_partner(&new.name, &new.partner)).await?;
    if !is_name(&new.name) {
        return Err(EngineError::Wrong(
            "a program is called by lower-case letters, digits and dashes: `lantern-desk`".to_owned(),
        ));
    }
    if !is_id("PNR-", &new.partner_id) {
        return Err(EngineError::Wrong(format!("`{}` is no partner id: write `PNR-` and digits", new.partner_id)));
    }
    demand_exchanges(house, new).await?;
    let secret = || Zeroizing::new(hex::encode(house.random()));
    let made = PingSecrets { password: secret(), subscription_key: secret() };
    let scopes = std::iter::once(PING.to_owned()).chain(new.exchanges.iter().map(|name| format!("exchange:{name}")));
    let said = json!({
        "client": new.name, "partner": new.partner, "partner_id": new.partner_id, "acts_as": Role::PartnerOperator.as_str(),
        "exchanges": new.exchanges,
    });
    let facts = ClientFacts {
        name: new.name.clone(),
        partner: new.partner.clone(),
        acts_as: Role::PartnerOperator.as_str().to_owned(),
        scopes: scopes.collect(),
        keys: Vec::new(),
        certificates: Vec::new(),
        registration: said.to_string(),
        signature: String::new(),
        made_at: house.now(),
    };
    let change = AddSecretClient {
        facts,
        partner_id: new.partner_id.clone(),
        password_sha256: sha256_hex(&made.password),
        key_sha256: sha256_hex(&made.subscription_key),
    };
    let event = audit(actor, "ping-client-added", &new.name, said);
    match house.store.add_secret_client(Changed::new(change, event), house.stamp()).await {
        Ok(()) => {}
        Err(error) => return Err(house.lost(actor, action.as_str(), &new.name, error).await),
    }
    house.sequence().await?;
    Ok(made)
}

/// Each exchange is the partner's, and has ids by which clients know it.
async fn demand_exchanges(house: &House, new: &NewPingClient) -> Result<(), EngineError> {
    if new.exchanges.is_empty() {
        return Err(EngineError::Wrong("name the exchanges that it may be about".to_owned()));
    }
    for name in &new.exchanges {
        let Some(ids) = Ids::of(&house.any_exchange(name).await?) else {
            return Err(EngineError::Wrong(format!(
                "exchange `{name}` has no ids by which these clients know it: bring in a version that says `ping`"
            )));
        };
        if house.arrangement(&ids.arrangement).await?.value.partner != new.partner {
            return Err(EngineError::Wrong(format!("exchange `{name}` is not with `{}`", new.partner)));
        }
    }
    Ok(())
}
