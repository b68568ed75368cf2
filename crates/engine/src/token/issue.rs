//! When is a token made, for whom and for what? For whoever proves itself, and only for what it may be about.

use causeway_package::client::Jwk;
use causeway_package::client::assertion::TYPE;
use causeway_store::query::{ClientKeyRow, ClientRow};
use causeway_store::token::{Issued, NewToken};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::proof::{Claimed, Proven};
use super::{LASTS, Refusal};
use crate::command::held_back;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::House;

/// What a program presents where it asks for a token.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Presented {
    /// `grant_type`.
    pub grant_type: String,
    /// `client_id`.
    pub client_id: Option<String>,
    /// `client_assertion_type`.
    pub assertion_type: Option<String>,
    /// `client_assertion`.
    pub assertion: Option<String>,
    /// `scope`.
    pub scope: Option<String>,
    /// SHA-256 of the certificate that the connection showed.
    pub certificate: Option<String>,
    /// Where it called from.
    pub address: String,
}

/// A token.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// The token: told once, kept as its SHA-256.
    pub token: String,
    /// For how many seconds it counts.
    pub expires_in: i64,
    /// What it is for.
    pub scope: String,
    /// Whether the certificate must be shown with it.
    pub bound: bool,
}

/// Who was named, and what came of it.
pub struct Outcome {
    /// The program, where one of that name is known.
    pub client: Option<String>,
    /// The token, or why there is none.
    pub came: Result<Granted, Refusal>,
}

/// Makes a token where that is due.
///
/// # Errors
/// When the database fails; a refusal is an outcome.
pub async fn issue(house: &House, audience: &str, presented: &Presented) -> Result<Outcome, EngineError> {
    let refused = |client, refusal| Ok(Outcome { client, came: Err(refusal) });
    if presented.grant_type != "client_credentials" {
        return refused(None, Refusal::UnsupportedGrantType);
    }
    let claimed = match (&presented.assertion_type, &presented.assertion) {
        (None, None) => None,
        (Some(kind), Some(text)) if kind == TYPE => match Claimed::read(text) {
            Some(claimed) => Some(claimed),
            None => return refused(None, Refusal::InvalidClient),
        },
        _ => return refused(None, Refusal::InvalidRequest),
    };
    let name = match (&claimed, &presented.client_id) {
        (Some(claimed), Some(id)) if claimed.client != *id => return refused(None, Refusal::InvalidClient),
        (Some(claimed), _) => claimed.client.clone(),
        (None, Some(id)) => id.clone(),
        (None, None) => return refused(None, Refusal::InvalidRequest),
    };
    let Some(client) = house.store.client(&name).await?.filter(|client| client.revoked_at.is_none()) else {
        return refused(None, Refusal::InvalidClient);
    };
    let keys = house.store.client_keys(&name).await?;
    let shown = presented.certificate.as_deref().filter(|shown| has_certificate(house, &keys, shown));
    let (proven_by, proof) = match &claimed {
        Some(claimed) => match proven(house, &keys, claimed, audience) {
            Some((key, proven)) => (key, Some((proven.jti_sha256, proven.ends))),
            None => return refused(Some(name), Refusal::InvalidClient),
        },
        None => match shown {
            Some(shown) => (shown.to_owned(), None),
            None => return refused(Some(name), Refusal::InvalidClient),
        },
    };
    if held_back(house, &client.partner).await?.is_some() {
        return refused(Some(name), Refusal::UnauthorizedClient);
    }
    let Some(scope) = scope(&client, presented.scope.as_deref()) else {
        return refused(Some(name), Refusal::InvalidScope);
    };
    let token = hex::encode(house.random());
    let now = house.now();
    // INVARIANT (a token outlives nothing that it came from).
    let ends = |key: &ClientKeyRow| shown == Some(key.thumbprint.as_str()) || key.thumbprint == proven_by;
    let ends = keys.iter().filter(|key| ends(key)).filter_map(|key| key.ends_at).min();
    let left = ends.map_or(LASTS, |ends| ends.duration_since(now).as_secs().clamp(0, LASTS));
    let new = NewToken {
        client: name.clone(),
        proof,
        proven_by,
        sha256: sha256_hex(&token),
        scopes: scope.clone(),
        certificate: shown.map(str::to_owned),
        now,
        expires_at: now.saturating_add(SignedDuration::from_secs(left)).unwrap_or(now),
    };
    match house.store.tokens().issue(&new).await? {
        Issued::Now => {
            let bound = new.certificate.is_some();
            Ok(Outcome { client: Some(name), came: Ok(Granted { token, expires_in: left, scope, bound }) })
        }
        Issued::UsedBefore | Issued::NotAnyMore => refused(Some(name), Refusal::InvalidClient),
    }
}

/// The key that made the proof, by the thumbprint under which it is registered.
fn proven(house: &House, keys: &[ClientKeyRow], claimed: &Claimed<'_>, audience: &str) -> Option<(String, Proven)> {
    let now = house.now();
    let signing = keys.iter().filter(|key| key.usage == "sig" && key.counts(now));
    signing.filter(|key| claimed.kid.as_ref().is_none_or(|kid| *kid == key.thumbprint)).find_map(|key| {
        let jwk: Jwk = serde_json::from_str(&key.jwk).ok()?;
        Some((key.thumbprint.clone(), claimed.prove(&jwk, audience, now)?))
    })
}

fn has_certificate(house: &House, keys: &[ClientKeyRow], shown: &str) -> bool {
    keys.iter().any(|key| key.usage == "certificate" && key.thumbprint == shown && key.counts(house.now()))
}

/// What the token is for: what was asked for, or everything that the program may be about.
fn scope(client: &ClientRow, asked: Option<&str>) -> Option<String> {
    let Some(asked) = asked.filter(|asked| !asked.is_empty()) else { return Some(client.scopes.join(" ")) };
    let mut scopes: Vec<&str> = asked.split(' ').collect();
    scopes.sort_unstable();
    scopes.dedup();
    scopes.iter().all(|scope| client.scopes.iter().any(|granted| granted == scope)).then(|| scopes.join(" "))
}
