//! How does a partner say which program acts for it, and by which keys that is known? Signed, like everything that it says.
//!
//! - [`Registration`] (`causeway-client/1`) names the program, what it is for, its keys and certificates;
//! - [`Jwk`] is a public key as programs write it (RFC 7517), of the few kinds that are taken;
//! - [`assertion`] is what the program proves itself by (RFC 7523).

pub mod assertion;
mod jwk;
mod pair;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use jwk::{Algorithm, Bytes, Jwk, Use};
pub use pair::{EncryptionPair, SigningPair};

use crate::environment::Environment;
use crate::error::{PackageError, json_place};
use crate::key::{SIGNATURE_SIZE, SigningKey, VerifyingKey};
use crate::manifest::{check_type, is_hex, to_json};

/// The type, with its version, that a registration begins with.
pub const CLIENT_TYPE: &str = "causeway-client/1";
/// How messages call it.
const NAME: &str = "registration";
/// No registration is longer.
pub const REGISTRATION_MAX: usize = 64 * 1024;
/// As many scopes and certificates one may name.
const SCOPES_MAX: usize = 200;
const CERTIFICATES_MAX: usize = 10;

/// As whom a program acts for its partner.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ActsAs {
    /// It asks, fetches and acknowledges.
    #[default]
    PartnerOperator,
    /// Besides, it brings in keys.
    PartnerAdministrator,
}

/// What a partner signs about a program of its; signed as the exact bytes of its JSON file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Registration {
    /// [`CLIENT_TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The program's name, at this operation its alone.
    pub client: String,
    /// The partner.
    pub partner: String,
    /// For what it is; left out for production.
    #[serde(default, skip_serializing_if = "is_production")]
    pub environment: Environment,
    /// As whom it acts.
    #[serde(default)]
    pub acts_as: ActsAs,
    /// What it may be about: `account`, `exchange:NAME`.
    pub scopes: Vec<String>,
    /// By which it is known, and to which is encrypted what only it reads: one of each use.
    pub keys: Vec<Jwk>,
    /// SHA-256 of the certificates that it shows when it connects, 64 lower-case hexadecimal digits each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
    /// When it was made. One that is not newer than the one before is refused.
    pub made_at: Timestamp,
    /// The last day of the keys and certificates before; left out, they end at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub others_until: Option<Date>,
}

fn is_production(environment: &Environment) -> bool {
    *environment == Environment::Production
}

impl Registration {
    /// Writes and signs it: the bytes of the JSON file and of its detached signature file.
    ///
    /// # Errors
    /// It would not be accepted.
    pub fn sign(&self, key: &SigningKey) -> Result<(Vec<u8>, [u8; SIGNATURE_SIZE]), PackageError> {
        self.check()?;
        let json = to_json(self, NAME)?;
        let signature = key.sign(&json);
        Ok((json, signature))
    }

    /// The key by which the program is known.
    #[must_use]
    pub fn signing(&self) -> Option<&Jwk> {
        self.keys.iter().find(|key| key.usage == Use::Signing)
    }

    fn check(&self) -> Result<(), PackageError> {
        let refuse = |problem: String| Err(PackageError::Registration { problem });
        if !is_name(&self.client) {
            return refuse("the client's name is not 1 to 63 lower-case letters, digits and dashes".to_owned());
        }
        if self.scopes.is_empty() || self.scopes.len() > SCOPES_MAX || !self.scopes.iter().all(|scope| is_scope(scope))
        {
            return refuse("its scopes are not `account` and `exchange:NAME`, one at least".to_owned());
        }
        for usage in [Use::Signing, Use::Encryption] {
            if self.keys.iter().filter(|key| key.usage == usage).count() > 1 {
                return refuse(format!("it has two keys of the use `{usage}`"));
            }
        }
        if self.signing().is_none() && self.certificates.is_empty() {
            return refuse("nothing proves who calls: add a key of the use `sig`, or a certificate".to_owned());
        }
        if self.certificates.len() > CERTIFICATES_MAX || !self.certificates.iter().all(|one| is_hex(one, 64)) {
            return refuse("a certificate is not told by 64 lower-case hexadecimal digits".to_owned());
        }
        for key in &self.keys {
            key.check().map_err(|problem| PackageError::Registration { problem: problem.to_owned() })?;
        }
        Ok(())
    }
}

/// Whether it is a program's name.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=63).contains(&name.len()) && name.chars().all(plain) && !name.starts_with('-')
}

/// Whether it is a scope.
#[must_use]
pub fn is_scope(scope: &str) -> bool {
    scope == "account"
        || scope.strip_prefix("exchange:").is_some_and(|name| {
            let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            (1..=100).contains(&name.len()) && name.chars().all(plain)
        })
}

/// Verifies the detached signature over the registration's exact bytes, then reads it strictly.
///
/// # Errors
/// The signature does not fit, another version, or a malformed document.
pub fn verify_registration(
    json: &[u8],
    signature: &[u8],
    partner: &VerifyingKey,
) -> Result<Registration, PackageError> {
    if json.len() > REGISTRATION_MAX {
        let problem = format!("it is longer than {REGISTRATION_MAX} bytes");
        return Err(PackageError::Registration { problem });
    }
    if !partner.verifies(json, signature) {
        let key = partner.key_id();
        let problem = format!("its signature does not fit partner key `{key}`: it was altered, or another key signed");
        return Err(PackageError::Registration { problem });
    }
    check_type(json, NAME, &[CLIENT_TYPE])?;
    let registration: Registration =
        serde_json::from_slice(json).map_err(|error| PackageError::Registration { problem: json_place(&error) })?;
    registration.check()?;
    Ok(registration)
}

#[cfg(test)]
mod tests;
