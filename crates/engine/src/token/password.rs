//! When does a program get a token that proves itself by a password, because it was written for PING's own API?
//!
//! The password is ours and random, so that a digest tells whether it is right, and nobody finds it by trying.

use causeway_store::token::{Issued, NewToken};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Granted, Outcome, PING, Refusal};
use crate::command::held_back;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::House;

/// How long such a token counts, in seconds.
const LASTS: i64 = 900;

/// What such a program presents. It has no `Debug`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Password {
    /// `grant_type`.
    pub grant_type: String,
    /// `username`.
    pub user: String,
    /// `password`.
    pub password: String,
    /// `client_id`.
    pub client: String,
    /// Where it called from.
    pub address: String,
}

/// Makes a token where the password is right.
///
/// # Errors
/// When the database fails; a refusal is an outcome.
pub async fn issue_by_password(house: &House, presented: &Password) -> Result<Outcome, EngineError> {
    let refused = |client: Option<&str>, refusal| Ok(Outcome { client: client.map(str::to_owned), came: Err(refusal) });
    if presented.grant_type != "password" {
        return refused(None, Refusal::UnsupportedGrantType);
    }
    let name = presented.user.as_str();
    let client = house.store.client(name).await?.filter(|client| client.revoked_at.is_none());
    let (Some(client), Some(secret)) = (client, house.store.client_secret(name).await?) else {
        return refused(None, Refusal::InvalidClient);
    };
    let password_sha256 = sha256_hex(&presented.password);
    if presented.client != name || password_sha256 != secret.password_sha256 {
        return refused(Some(name), Refusal::InvalidClient);
    }
    if held_back(house, &client.partner).await?.is_some() {
        return refused(Some(name), Refusal::UnauthorizedClient);
    }
    let (token, now) = (hex::encode(house.random()), house.now());
    debug_assert!(client.scopes.iter().any(|scope| scope == PING), "only such a program has secrets");
    let new = NewToken {
        client: name.to_owned(),
        proof: None,
        proven_by: password_sha256,
        sha256: sha256_hex(&token),
        scopes: client.scopes.join(" "),
        certificate: None,
        now,
        expires_at: now.saturating_add(SignedDuration::from_secs(LASTS)).unwrap_or(now),
    };
    match house.store.tokens().issue(&new).await? {
        Issued::Now => {
            let granted = Granted { token, expires_in: LASTS, scope: new.scopes, bound: false };
            Ok(Outcome { client: Some(new.client), came: Ok(granted) })
        }
        Issued::UsedBefore | Issued::NotAnyMore => refused(Some(name), Refusal::InvalidClient),
    }
}
