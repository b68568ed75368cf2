//! What does a partner sign that sends records?

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::EnvelopeFault;
use crate::environment::Environment;
use crate::error::json_place;
use crate::manifest::is_hex;

/// The type, with its version, that an envelope and its manifest begin with: what is signed can be taken for nothing else.
pub const INBOUND_TYPE: &str = "causeway-inbound/1";
/// Most bytes of a manifest.
pub const MANIFEST_MAX: usize = 64 << 10;

/// The manifest of an envelope; unknown members are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboundManifest {
    /// [`INBOUND_TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// For what it is: the environment of the key that signs it.
    #[serde(default)]
    pub environment: Environment,
    /// The exchange.
    pub exchange: String,
    /// The partner, by its registered name.
    pub partner: String,
    /// The partner's number of this file, above every one that it sent for the exchange before.
    pub number: u64,
    /// When it was made.
    pub created: Timestamp,
    /// The parts, in the order in which they stand.
    pub parts: Vec<InboundPart>,
}

/// One part: sealed, and what it unpacks to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboundPart {
    /// Bytes of the sealed part.
    pub size: u64,
    /// SHA-256 of the sealed part.
    pub sha256: String,
    /// Bytes that it unpacks to: more than this is refused while unpacking.
    pub plain_size: u64,
    /// SHA-256 of what it unpacks to.
    pub plain_sha256: String,
}

impl InboundManifest {
    /// Reads signed bytes strictly.
    ///
    /// # Errors
    /// Another type, a malformed document, no parts.
    pub fn parse(bytes: &[u8]) -> Result<Self, EnvelopeFault> {
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| EnvelopeFault::malformed(format!("its manifest is {}", json_place(&error))))?;
        if manifest.kind != INBOUND_TYPE {
            return Err(EnvelopeFault::malformed("its manifest is of another type"));
        }
        if manifest.number == 0 || manifest.number > i64::MAX.unsigned_abs() {
            return Err(EnvelopeFault::malformed("its number is none from 1 up"));
        }
        let sound = |part: &InboundPart| is_hex(&part.sha256, 64) && is_hex(&part.plain_sha256, 64);
        if manifest.parts.is_empty() || !manifest.parts.iter().all(sound) {
            return Err(EnvelopeFault::malformed("it lists no parts, or a digest that is none"));
        }
        Ok(manifest)
    }

    /// Bytes of all parts together: sealed, or unpacked.
    #[must_use]
    pub fn total(&self, of: Total) -> u64 {
        self.parts.iter().fold(0, |sum, part| {
            sum.saturating_add(match of {
                Total::Sealed => part.size,
                Total::Plain => part.plain_size,
            })
        })
    }
}

/// Of which bytes a total is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// As they stand in the envelope.
    Sealed,
    /// As they unpack.
    Plain,
}
