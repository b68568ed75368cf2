//! What does a partner get back that its file was dealt with? Counts and digests, signed by the operation.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::error::{PackageError, json_place};
use crate::key::{SIGNATURE_SIZE, SigningKey, VerifyingKey};
use crate::manifest::{check_type, to_json};

/// The type, with its version, that an acknowledgement begins with.
pub const ACKNOWLEDGEMENT_TYPE: &str = "causeway-acknowledgement/1";
const FILE: &str = "acknowledgement";

/// What became of a file; unknown members are refused. Which record fared how stands in the outcomes, sealed to the partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Acknowledgement {
    /// [`ACKNOWLEDGEMENT_TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// For what it is.
    #[serde(default)]
    pub environment: Environment,
    /// The operation's id of the intake.
    pub intake: String,
    /// The exchange.
    pub exchange: String,
    /// The partner.
    pub partner: String,
    /// The partner's number of the file, if it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u64>,
    /// SHA-256 of the file as it came.
    pub sha256: String,
    /// How many records fared how, by the name of the outcome.
    pub counts: std::collections::BTreeMap<String, u64>,
    /// SHA-256 of the sealed outcomes.
    pub outcomes_sha256: String,
    /// When it was signed.
    pub created: Timestamp,
}

impl Acknowledgement {
    /// Text and signature.
    ///
    /// # Errors
    /// Never for one that was made by us.
    pub fn sign(&self, key: &SigningKey) -> Result<(Vec<u8>, [u8; SIGNATURE_SIZE]), PackageError> {
        let bytes = to_json(self, FILE)?;
        let signature = key.sign(&bytes);
        Ok((bytes, signature))
    }

    /// Reads one that the operation signed.
    ///
    /// # Errors
    /// Another signature, another type, a malformed document.
    pub fn verify(bytes: &[u8], signature: &[u8], operation: &VerifyingKey) -> Result<Self, PackageError> {
        if !operation.verifies(bytes, signature) {
            return Err(PackageError::SignatureInvalid);
        }
        check_type(bytes, FILE, &[ACKNOWLEDGEMENT_TYPE])?;
        serde_json::from_slice(bytes).map_err(|error| PackageError::malformed(FILE, json_place(&error)))
    }
}
