//! Who calls, and what lies in the body? Read strictly where it is a record, and passed over where the envelope has more than is known.

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::Response;
use causeway_engine::ask::{Answer, Ask, PingCall, PingMeant};
use causeway_model::json::strict;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::envelope;
use crate::api::body::Held;
use crate::api::{Connection, Door, body, check};

/// The header that holds the subscription key.
const KEY: &str = "ocp-apim-subscription-key";

/// Ids that a body names. Members that are not known are passed over.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    shipping_process_id: String,
    #[serde(default)]
    partner_id: Option<String>,
    #[serde(default)]
    interop_id: Option<String>,
    #[serde(default, rename = "InteropID")]
    interop_id_too: Option<String>,
}

impl Named {
    /// What is meant, with the partner's id in the address.
    pub(super) fn meant(self, in_address: Option<String>) -> PingMeant {
        PingMeant {
            process: self.shipping_process_id,
            interop: self.interop_id.into_iter().chain(self.interop_id_too).collect(),
            partner: in_address.into_iter().chain(self.partner_id).collect(),
        }
    }
}

/// Both parts of a body: the ids, and what the call itself has. A long one has its place for as long as the last is held.
pub(super) async fn body<'d, T: DeserializeOwned>(
    door: &'d Door,
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<(Named, T, Held<'d>), Box<Response>> {
    let undressed = |response: Box<Response>| Box::new(envelope::dressed(&response));
    body::demand_kind(headers, "application/json").map_err(undressed)?;
    let held = body::read(body, most, &door.places).await.map_err(undressed)?;
    // Names that stand twice, depth, UTF-8; what it says of a place is no value.
    strict(&held.bytes).map_err(|error| wrong(&error.to_string()))?;
    let named = serde_json::from_slice(&held.bytes).map_err(|_| wrong("an id is missing, or is no text"))?;
    let own = serde_json::from_slice(&held.bytes).map_err(|_| wrong("a member is missing or of the wrong type"))?;
    Ok((named, own, held))
}

pub(super) fn wrong(why: &str) -> Box<Response> {
    envelope::refused(StatusCode::BAD_REQUEST, why).into()
}

/// Asks `work`, with token and key as they were presented; what it says where something is told.
pub(super) async fn asked(
    door: &Door,
    connection: Connection,
    headers: &HeaderMap,
    (meant, call, sent): (PingMeant, PingCall, &[u8]),
) -> Result<Vec<u8>, Box<Response>> {
    let (token, key) = (bearer(headers).unwrap_or_default(), one(headers, KEY).unwrap_or_default());
    count(door, &token).await?;
    // Whoever shows nothing is asked for all the same: the attempt is entered.
    let ask = Ask::Ping { token, key, address: connection.address, meant, call };
    match door.lookout.line().ask(&ask, sent).await {
        Ok((Answer::Told { .. }, body)) => Ok(body),
        Ok((answer, _)) => Err(envelope::answered(answer).into()),
        Err(why) => Err(envelope::unanswered(&why).into()),
    }
}

/// Refuses who has called too often.
async fn count(door: &Door, token: &str) -> Result<(), Box<Response>> {
    match door.lookout.known_token(token).await {
        Ok(Some(known)) => {
            check::counted(door, &known.client).map(|_| ()).map_err(|response| envelope::dressed(&response).into())
        }
        Ok(None) => Ok(()),
        Err(error) => {
            tracing::warn!(why = %error, "tokens cannot be looked up");
            Err(envelope::later().into())
        }
    }
}

fn bearer(headers: &HeaderMap) -> Option<String> {
    let said = one(headers, header::AUTHORIZATION.as_str())?;
    let (scheme, token) = said.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// A header that stands once.
fn one(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut said = headers.get_all(name).iter();
    let value = said.next()?.to_str().ok()?.to_owned();
    (said.next().is_none() && value.len() <= 1024).then_some(value)
}
