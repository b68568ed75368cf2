//! How does a partner's program become known here? By what the partner signed about it, with a key that counts.

use causeway_model::json::strict;
use causeway_model::permission::Action;
use causeway_model::{Code, Refused};
use causeway_package::client::{ActsAs, Jwk, Registration, Use, is_name, verify_registration};
use causeway_package::manifest::shown;
use causeway_store::change::{AddClient, ClientFacts, ClientKeyText, RotateClientKeys};
use causeway_store::{Changed, Saved};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::signed_by_partner;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::{House, audit};
use crate::keys::kept;
use crate::token::is_a_key;

/// The longest that keys count beside those that follow them, in days.
const BESIDE: i32 = 30;

/// What became of a registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddedClient {
    /// The program.
    pub client: String,
    /// Its partner.
    pub partner: String,
    /// As whom it acts.
    pub acts_as: &'static str,
    /// Thumbprints of its keys.
    pub keys: Vec<String>,
    /// Whether the same was there already.
    pub again: bool,
}

/// Takes a registration in: JSON bytes and detached signature. A program that is known gets what it says from now on.
pub async fn add_client(house: &House, actor: &str, json: &[u8], signature: &[u8]) -> Result<AddedClient, EngineError> {
    let (client, partner) = claimed(house, json).await?;
    house.permit(actor, Action::AddClient, &house.of_partner(&client, &partner)).await?;
    let registration = signed(house, actor, Action::AddClient, (&client, &partner), json, signature).await?;
    let known = house.store.client(&client).await?;
    if known.as_ref().is_some_and(|known| known.partner != partner) {
        let detail = "a program of another partner has this name: let the partner call it otherwise";
        let refused = Refused::one(Code::ChangedMeanwhile, &client, detail);
        return Err(house.deny(actor, Action::AddClient.as_str(), &client, refused).await);
    }
    if known.is_some_and(|known| known.revoked_at.is_none()) {
        return enter_next(house, actor, Action::AddClient, registration, json, signature).await;
    }
    let event = audit(actor, "client-added", &client, body(&registration, json));
    let change = AddClient { facts: facts(&registration, json, signature)? };
    let saved = house.store.add_client(Changed::new(change, event), house.stamp()).await?;
    house.sequence().await?;
    Ok(added(&registration, saved))
}

/// What a registration claims to be about: read before its signature only to find the key that must have made it.
pub(super) async fn claimed(house: &House, json: &[u8]) -> Result<(String, String), EngineError> {
    let claimed =
        strict(json).map_err(|error| EngineError::NotProven(format!("the registration is no JSON: {error}")))?;
    let word = |name: &str| claimed.get(name).and_then(Value::as_str).map(str::to_owned);
    let (Some(client), Some(partner)) = (word("client").filter(|name| is_name(name)), word("partner")) else {
        return Err(EngineError::NotProven("the registration does not say which client of which partner".to_owned()));
    };
    if house.store.partner(&partner).await?.is_none() {
        let help = "invite it with `causeway partner add`";
        return Err(EngineError::Unknown { what: "partner", name: shown(&partner), help });
    }
    Ok((client, partner))
}

/// The registration, if a signing key of the partner that counts made it, for this installation, with keys that are some.
pub(super) async fn signed(
    house: &House,
    actor: &str,
    action: Action,
    (client, partner): (&str, &str),
    json: &[u8],
    signature: &[u8],
) -> Result<Registration, EngineError> {
    let verify = |key: &causeway_package::key::VerifyingKey| verify_registration(json, signature, key);
    let registration = signed_by_partner(house, actor, action, (client, partner), verify).await?;
    let refuse = |what: &str| Err(EngineError::NotProven(format!("the registration of `{client}` {what}")));
    if registration.environment != kept(house.environment()) {
        return refuse("is of another environment");
    }
    if !registration.keys.iter().all(is_a_key) {
        return refuse("has a key that is no point of its curve");
    }
    if registration.made_at > house.now().saturating_add(1.hour()).unwrap_or(Timestamp::MAX) {
        return refuse("was made in the future: look at the clocks");
    }
    Ok(registration)
}

/// Takes in what follows a registration.
pub(super) async fn enter_next(
    house: &House,
    actor: &str,
    action: Action,
    registration: Registration,
    json: &[u8],
    signature: &[u8],
) -> Result<AddedClient, EngineError> {
    let client = registration.client.clone();
    let others_until = match registration.others_until {
        Some(day) if day > last_day(house.today()) => {
            let detail = format!("keys go on beside those that follow them for {BESIDE} days at the most");
            let refused = Refused::one(Code::KeyRetired, &client, detail);
            return Err(house.deny(actor, action.as_str(), &client, refused).await);
        }
        Some(day) => end_of(day),
        None => house.now(),
    };
    let event = audit(actor, "client-keys-rotated", &client, body(&registration, json));
    let change = RotateClientKeys { facts: facts(&registration, json, signature)?, others_until };
    match house.store.rotate_client_keys(Changed::new(change, event), house.stamp()).await {
        Ok(saved) => {
            house.sequence().await?;
            Ok(added(&registration, saved))
        }
        Err(error) => Err(house.lost(actor, action.as_str(), &client, error).await),
    }
}

fn last_day(today: Date) -> Date {
    today.checked_add(BESIDE.days()).unwrap_or(Date::MAX)
}

/// The first moment of the day after.
fn end_of(day: Date) -> Timestamp {
    let after = day.tomorrow().unwrap_or(day).to_zoned(TimeZone::UTC);
    after.map_or(Timestamp::MAX, |start| start.timestamp())
}

fn added(registration: &Registration, saved: Saved) -> AddedClient {
    AddedClient {
        client: registration.client.clone(),
        partner: registration.partner.clone(),
        acts_as: acts_as(registration.acts_as),
        keys: registration.keys.iter().map(Jwk::thumbprint).collect(),
        again: saved == Saved::Already,
    }
}

/// The role as whom it acts.
pub(super) fn acts_as(acts: ActsAs) -> &'static str {
    match acts {
        ActsAs::PartnerOperator => causeway_model::permission::Role::PartnerOperator.as_str(),
        ActsAs::PartnerAdministrator => causeway_model::permission::Role::PartnerAdministrator.as_str(),
    }
}

fn body(registration: &Registration, json: &[u8]) -> Value {
    json!({
        "partner": registration.partner, "acts_as": acts_as(registration.acts_as), "scopes": registration.scopes,
        "keys": registration.keys.iter().map(Jwk::thumbprint).collect::<Vec<_>>(),
        "certificates": registration.certificates, "others_until": registration.others_until,
        "registration_sha256": sha256_hex(&String::from_utf8_lossy(json)),
    })
}

fn facts(registration: &Registration, json: &[u8], signature: &[u8]) -> Result<ClientFacts, EngineError> {
    let written = |key: &Jwk| {
        let jwk = serde_json::to_string(key).map_err(|_| EngineError::Wrong("a key cannot be written".to_owned()))?;
        let usage = match key.usage {
            Use::Signing => "sig",
            Use::Encryption => "enc",
        };
        Ok::<_, EngineError>(ClientKeyText { thumbprint: key.thumbprint(), usage: usage.to_owned(), jwk })
    };
    Ok(ClientFacts {
        name: registration.client.clone(),
        partner: registration.partner.clone(),
        acts_as: acts_as(registration.acts_as).to_owned(),
        scopes: registration.scopes.clone(),
        keys: registration.keys.iter().map(written).collect::<Result<_, _>>()?,
        certificates: registration.certificates.clone(),
        registration: String::from_utf8_lossy(json).into_owned(),
        signature: hex::encode(signature),
        made_at: registration.made_at,
    })
}
