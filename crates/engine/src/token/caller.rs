//! For whom does a token speak, at this moment?
//!
//! INVARIANT (an ask carries its token): `work` believes nothing of a call but which certificate the connection showed; token, client,
//! partner and stop are asked here, again for each.

use causeway_model::{Code, Violation};
use jiff::Timestamp;

use super::PING;
use crate::command::held_back;
use crate::documents::sha256_hex;
use crate::error::EngineError;
use crate::house::House;

/// A program that calls, and may.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The program.
    pub client: String,
    /// Its partner.
    pub partner: String,
    /// What the token is for.
    pub scopes: Vec<String>,
    /// When the token ends.
    pub expires_at: Timestamp,
}

/// Why nobody calls.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// There is no such token, or it is another connection's.
    NoToken,
    /// Its partner is stopped or not active.
    Held(Violation),
}

impl Caller {
    /// The name under which it acts.
    #[must_use]
    pub fn name(&self) -> String {
        format!("client/{}", self.client)
    }

    /// Whether the token is for what a call is about.
    #[must_use]
    pub fn is_for(&self, scope: &str) -> bool {
        self.scopes.iter().any(|one| one == scope)
    }

    /// Refuses a call about what the token is not for.
    pub(crate) fn demand(&self, scope: &str) -> Result<(), Violation> {
        if self.is_for(scope) {
            return Ok(());
        }
        Err(Violation::new(Code::NotPermitted, self.name(), format!("the token is not for `{scope}`")))
    }
}

/// A program that calls at the door of PING's clients.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PingCaller {
    /// The program.
    pub caller: Caller,
    /// By what its partner is known there.
    pub partner_id: String,
}

/// Who calls at the door of PING's clients, with this token and this subscription key: both must be the same program's.
///
/// # Errors
/// When the database fails; who is not known is an outcome.
pub async fn ping_caller(house: &House, token: &str, key: &str) -> Result<Result<PingCaller, Unknown>, EngineError> {
    let caller = match known(house, token, None, true).await? {
        Ok(caller) => caller,
        Err(unknown) => return Ok(Err(unknown)),
    };
    let secret = house.store.client_secret(&caller.client).await?;
    let Some(secret) = secret.filter(|secret| secret.key_sha256 == sha256_hex(key)) else {
        return Ok(Err(Unknown::NoToken));
    };
    Ok(Ok(PingCaller { caller, partner_id: secret.partner_id }))
}

/// Who calls with this token, over a connection that showed this certificate.
///
/// # Errors
/// When the database fails; who is not known is an outcome.
pub async fn caller(
    house: &House,
    token: &str,
    certificate: Option<&str>,
) -> Result<Result<Caller, Unknown>, EngineError> {
    known(house, token, certificate, false).await
}

/// Tokens of one door open nothing at the other.
async fn known(
    house: &House,
    token: &str,
    certificate: Option<&str>,
    at_ping: bool,
) -> Result<Result<Caller, Unknown>, EngineError> {
    let Some(row) = house.store.token(&sha256_hex(token), house.now()).await? else { return Ok(Err(Unknown::NoToken)) };
    if row.scopes.iter().any(|scope| scope == PING) != at_ping {
        return Ok(Err(Unknown::NoToken));
    }
    if row.certificate.is_some() && row.certificate.as_deref() != certificate {
        return Ok(Err(Unknown::NoToken));
    }
    if let Some(why) = held_back(house, &row.partner).await? {
        return Ok(Err(Unknown::Held(why)));
    }
    Ok(Ok(Caller { client: row.client, partner: row.partner, scopes: row.scopes, expires_at: row.expires_at }))
}
