//! How does the partner prove that it opened and loaded *this* package, and how do we check the proof?

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::delta::StateDigest;
use crate::digest::sha256_hex;
use crate::environment::{Data, Environment};
use crate::error::{PackageError, json_place};
use crate::key::{SIGNATURE_SIZE, SigningKey, VerifyingKey};
use crate::manifest::{check_type, is_hex, to_json};
use crate::seal::SealedPackage;

/// The type, with its version, that a receipt begins with.
pub const RECEIPT_TYPE: &str = "causeway-receipt/1";
/// How messages call it.
const RECEIPT_NAME: &str = "receipt";
/// No receipt is longer.
const RECEIPT_MAX: usize = 64 * 1024;
/// No note is longer.
const NOTE_MAX: usize = 1000;

/// What the partner made of the data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// All records are loaded.
    Accepted,
    /// Some records are loaded.
    Partial,
    /// No record is loaded.
    Rejected,
}

/// The partner's receipt; signed as the exact bytes of its JSON file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// [`RECEIPT_TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The package that was opened.
    pub package: String,
    /// For what the package was, from its manifest; left out for production.
    #[serde(default, skip_serializing_if = "is_production")]
    pub environment: Environment,
    /// Whose data it held, from its manifest; left out for real people's.
    #[serde(default, skip_serializing_if = "is_real")]
    pub data: Data,
    /// The transfer, from the inner manifest.
    pub transfer: String,
    /// The receipt token, from the inner manifest: only who opened it knows it.
    pub token: String,
    /// What became of the data.
    pub outcome: Outcome,
    /// Records loaded.
    pub records_loaded: u64,
    /// Records that the partner's own checks refused.
    pub records_rejected: u64,
    /// The record digest as the partner computed it over what it loaded; absent where it cannot.
    #[serde(default)]
    pub digest_as_loaded: Option<String>,
    /// What the partner holds after a package that leads to a state; absent for others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<StateDigest>,
    /// The ledger checkpoint of the inner manifest, whole text: our log can no longer be rewritten unseen.
    pub checkpoint_seen: String,
    /// When the data was loaded.
    pub loaded_at: Timestamp,
    /// A word to the sender; it must not hold personal data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

fn is_production(environment: &Environment) -> bool {
    *environment == Environment::Production
}

fn is_real(data: &Data) -> bool {
    *data == Data::Real
}

/// Why a receipt cannot be accepted at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReceiptError {
    /// The signature does not fit.
    #[error(
        "the receipt's signature does not fit partner key `{key}`: it was altered or another key signed; ask the partner to sign it again"
    )]
    SignatureInvalid {
        /// Key id of the partner key.
        key: String,
    },
    /// The document is not a sound receipt.
    #[error("the receipt is malformed: {problem}; ask the partner to write it again")]
    Malformed {
        /// What is wrong.
        problem: String,
    },
    /// It is for something else, or from someone who did not open the package.
    #[error("the receipt's {what} is not that of this package; find the package it belongs to")]
    NotThisPackage {
        /// The member that differs.
        what: &'static str,
    },
}

/// Where a receipt, though genuine, disagrees with what was sent; each has a stable code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// Loaded and rejected do not add up to the released count.
    Counts,
    /// The outcome does not fit the counts.
    Outcome,
    /// All is said to be loaded, but the digest is another.
    Digest,
    /// All is said to be loaded, and no digest is given.
    DigestMissing,
    /// All is said to be loaded, and what the partner holds is another state.
    State,
    /// All is said to be loaded, and what the partner holds is not said.
    StateMissing,
    /// The checkpoint seen is not the one sent.
    Checkpoint,
}

impl Disagreement {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Counts => "receipt-counts-differ",
            Self::Outcome => "receipt-outcome-unfit",
            Self::Digest => "receipt-digest-differs",
            Self::DigestMissing => "receipt-digest-missing",
            Self::State => "receipt-state-differs",
            Self::StateMissing => "receipt-state-missing",
            Self::Checkpoint => "receipt-checkpoint-differs",
        }
    }
}

/// What the sender remembers of a package to check its receipt; the token only as its SHA-256, so that who reads the
/// database cannot forge one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expected {
    /// The package id.
    pub package: String,
    /// For what the package was.
    #[serde(default)]
    pub environment: Environment,
    /// The transfer id.
    pub transfer: String,
    /// SHA-256 of the token's hex text.
    pub token_sha256: String,
    /// Records released.
    pub released: u64,
    /// The record digest in hex.
    pub record_digest: String,
    /// The state that the package leads to.
    #[serde(default)]
    pub state: Option<StateDigest>,
    /// The checkpoint that was sent.
    pub checkpoint: String,
}

impl Expected {
    /// What to remember of a package just sealed.
    #[must_use]
    pub fn of(sealed: &SealedPackage, transfer: &str, checkpoint: &str) -> Self {
        Self {
            package: sealed.id.clone(),
            environment: sealed.manifest.environment,
            transfer: transfer.to_owned(),
            token_sha256: sha256_hex(sealed.receipt_token.reveal().as_bytes()),
            released: sealed.released,
            record_digest: sealed.record_digest.clone(),
            state: sealed.state.clone(),
            checkpoint: checkpoint.to_owned(),
        }
    }

    /// Compares a receipt whose signature was verified; an empty list means that it agrees in everything.
    ///
    /// # Errors
    /// The receipt is for another package or transfer, or its token is not the sealed one.
    pub fn compare(&self, receipt: &Receipt) -> Result<Vec<Disagreement>, ReceiptError> {
        let same = [
            ("package id", receipt.package == self.package),
            ("environment", receipt.environment == self.environment),
            ("transfer id", receipt.transfer == self.transfer),
            ("token", sha256_hex(receipt.token.as_bytes()) == self.token_sha256),
        ];
        if let Some((what, _)) = same.into_iter().find(|(_, same)| !same) {
            return Err(ReceiptError::NotThisPackage { what });
        }
        let (loaded, rejected) = (receipt.records_loaded, receipt.records_rejected);
        let fits = match receipt.outcome {
            Outcome::Accepted => rejected == 0,
            Outcome::Partial => loaded > 0 && rejected > 0,
            Outcome::Rejected => loaded == 0,
        };
        let whole = receipt.outcome == Outcome::Accepted;
        let found = [
            (Disagreement::Counts, loaded.checked_add(rejected) != Some(self.released)),
            (Disagreement::Outcome, !fits),
            (
                Disagreement::Digest,
                whole && receipt.digest_as_loaded.as_ref().is_some_and(|it| *it != self.record_digest),
            ),
            (Disagreement::DigestMissing, whole && receipt.digest_as_loaded.is_none()),
            (Disagreement::State, whole && receipt.state.is_some() && receipt.state != self.state),
            (Disagreement::StateMissing, whole && receipt.state.is_none() && self.state.is_some()),
            (Disagreement::Checkpoint, receipt.checkpoint_seen.trim_end() != self.checkpoint.trim_end()),
        ];
        Ok(found.into_iter().filter_map(|(what, differs)| differs.then_some(what)).collect())
    }
}

impl Receipt {
    /// Writes and signs the receipt: the bytes of the JSON file and of its detached signature file.
    ///
    /// # Errors
    /// The receipt would not be accepted, say for a control character in the note.
    pub fn sign(&self, key: &SigningKey) -> Result<(Vec<u8>, [u8; SIGNATURE_SIZE]), PackageError> {
        self.check()?;
        let json = to_json(self, RECEIPT_NAME)?;
        let signature = key.sign(&json);
        Ok((json, signature))
    }

    fn check(&self) -> Result<(), ReceiptError> {
        let problem = if self.environment.data() != self.data {
            "its environment and its data do not go together"
        } else if !is_hex(&self.token, 64) {
            "the token is not 64 lower-case hex digits"
        } else if self.digest_as_loaded.as_ref().is_some_and(|digest| !is_hex(digest, 64)) {
            "digest_as_loaded is not 64 lower-case hex digits"
        } else if self.state.as_ref().is_some_and(|state| !is_hex(&state.digest, 64)) {
            "the digest of its state is not 64 lower-case hex digits"
        } else if self.note.as_ref().is_some_and(|note| note.chars().count() > NOTE_MAX) {
            "the note is longer than 1000 characters"
        } else if self.note.as_ref().is_some_and(|note| note.chars().any(|c| c.is_control() && c != '\n')) {
            "the note holds control characters"
        } else {
            return Ok(());
        };
        Err(ReceiptError::Malformed { problem: problem.to_owned() })
    }
}

/// Verifies the detached signature over the receipt's exact bytes, then reads it strictly.
///
/// # Errors
/// The signature does not fit, another version, or a malformed document.
pub fn verify(json: &[u8], signature: &[u8], partner: &VerifyingKey) -> Result<Receipt, PackageError> {
    if json.len() > RECEIPT_MAX {
        return Err(ReceiptError::Malformed { problem: format!("it is longer than {RECEIPT_MAX} bytes") }.into());
    }
    if !partner.verifies(json, signature) {
        return Err(ReceiptError::SignatureInvalid { key: partner.key_id() }.into());
    }
    check_type(json, RECEIPT_NAME, &[RECEIPT_TYPE])?;
    let receipt: Receipt =
        serde_json::from_slice(json).map_err(|error| ReceiptError::Malformed { problem: json_place(&error) })?;
    receipt.check()?;
    Ok(receipt)
}
