//! How does a partner's program come to a token, and whom does a token speak for?
//!
//! - [`proof`]: what a program proves itself by, read without believing any of it;
//! - [`issue`]: a token for a proof or a certificate;
//! - [`password`]: a token for a password, at the door of PING's clients;
//! - [`caller`]: whom a token speaks for, asked again at every call;
//! - [`brake`]: who fails again and again is slowed down.

mod brake;
mod caller;
mod issue;
mod password;
mod proof;

use serde::{Deserialize, Serialize};

pub use brake::Brake;
pub use caller::{Caller, PingCaller, Unknown, caller, ping_caller};
pub use issue::{Granted, Outcome, Presented, issue};
pub use password::{Password, issue_by_password};
pub(crate) use proof::is_a_key;

/// How long a token counts, in seconds.
pub const LASTS: i64 = 600;

/// What a token is for that opens the door of PING's clients, and nothing else.
pub(crate) const PING: &str = "ping";

/// How far clocks may be apart, in seconds.
const CLOCKS: i64 = 60;

/// Why there is no token, in the words of RFC 6749. Nobody is told more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// A parameter is missing or stands twice.
    InvalidRequest,
    /// Who asks is not proven.
    InvalidClient,
    /// Another grant than client credentials.
    UnsupportedGrantType,
    /// More was asked for than the program may be about.
    InvalidScope,
    /// Its partner is stopped or not active.
    UnauthorizedClient,
}

impl Refusal {
    /// Its word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::InvalidRequest => "invalid_request",
            Self::InvalidClient => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::InvalidScope => "invalid_scope",
            Self::UnauthorizedClient => "unauthorized_client",
        }
    }
}

/// SHA-256 of a certificate that is written as base64 (DER), as it is registered.
#[must_use]
pub fn certificate_digest(base64: &str) -> Option<String> {
    use base64::Engine as _;
    use sha2::{Digest as _, Sha256};
    let der = base64::engine::general_purpose::STANDARD.decode(base64).ok().filter(|der| !der.is_empty())?;
    Some(hex::encode(Sha256::digest(der)))
}

#[cfg(test)]
mod tests;
