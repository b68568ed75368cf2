//! What may everybody see of a package? The outer manifest: ids, digests and padded sizes, signed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::environment::{Data, Environment, agree};
use crate::error::{PackageError, json_place};

/// The type, with its version, that the outer manifest begins with: what is signed can be taken for nothing else.
pub const OUTER_TYPE: &str = "causeway-package/1";
/// The type of a package that leads to a state ([`crate::delta`]), whether it is full or a delta.
pub const OUTER_STATE_TYPE: &str = "causeway-package/2";
/// The outer manifest's file.
pub const MANIFEST_FILE: &str = "manifest.json";
/// The detached signature's file.
pub const SIGNATURE_FILE: &str = "manifest.sig";

/// The outer manifest; its first member names type and version, unknown members are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OuterManifest {
    /// [`OUTER_TYPE`] or [`OUTER_STATE_TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The package id, also the folder's name when it is made.
    pub package: String,
    /// For what it is: the environment of the key that signed it.
    #[serde(default)]
    pub environment: Environment,
    /// Whose data it holds.
    #[serde(default)]
    pub data: Data,
    /// When the package was begun, to the second.
    pub created: Timestamp,
    /// The keys to which every part is sealed.
    pub recipients: Vec<RecipientRef>,
    /// The key id of the signing key: first 16 hex digits of the SHA-256 of the raw public key.
    pub signer: String,
    /// All parts; the first is the inner manifest, the others are the data in order.
    pub parts: Vec<PartRef>,
    /// SHA-256 of the decrypted inner manifest, filling included.
    pub inner_sha256: String,
}

/// A recipient's key as the outer manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecipientRef {
    /// First 16 hex digits of the SHA-256 of the `age1…` text.
    pub key: String,
    /// The kind of key, `age-x25519`.
    #[serde(rename = "type")]
    pub kind: String,
}

/// One encrypted file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRef {
    /// Its file name: 32 random hex digits and `.age`.
    pub name: String,
    /// SHA-256 of the encrypted file.
    pub sha256: String,
    /// Bytes of the encrypted file.
    pub size: u64,
}

impl OuterManifest {
    /// Reads signed bytes strictly.
    ///
    /// # Errors
    /// Another version, a malformed document, or part names that are not ours.
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageError> {
        check_type(bytes, MANIFEST_FILE, &[OUTER_TYPE, OUTER_STATE_TYPE])?;
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| PackageError::malformed(MANIFEST_FILE, json_place(&error)))?;
        agree(MANIFEST_FILE, manifest.environment, manifest.data)?;
        // A name from a document becomes a path: nothing but our own shape is let through.
        let mut names: Vec<&str> = manifest.parts.iter().map(|part| part.name.as_str()).collect();
        if names.is_empty() || !names.iter().all(|name| is_part_name(name)) {
            return Err(PackageError::malformed(MANIFEST_FILE, "a part's name is not 32 hex digits and `.age`"));
        }
        names.sort_unstable();
        if names.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
            return Err(PackageError::malformed(MANIFEST_FILE, "a part is listed twice"));
        }
        if !is_hex(&manifest.package, 32) {
            return Err(PackageError::malformed(MANIFEST_FILE, "the package id is not 32 hex digits"));
        }
        Ok(manifest)
    }

    /// The bytes that are signed and written.
    ///
    /// # Errors
    /// Never for a manifest that was parsed or made by us.
    pub fn to_bytes(&self) -> Result<Vec<u8>, PackageError> {
        to_json(self, MANIFEST_FILE)
    }

    /// The inner manifest's part.
    ///
    /// # Errors
    /// The manifest lists no part.
    pub fn inner_part(&self) -> Result<&PartRef, PackageError> {
        self.parts.first().ok_or_else(|| PackageError::malformed(MANIFEST_FILE, "it lists no part"))
    }

    /// Recipient key ids for messages.
    pub(crate) fn sealed_to(&self) -> String {
        let ids: Vec<String> = self.recipients.iter().map(|recipient| format!("`{}`", shown(&recipient.key))).collect();
        ids.join(", ")
    }
}

/// Pretty JSON with a last newline.
pub(crate) fn to_json<T: Serialize>(document: &T, file: &str) -> Result<Vec<u8>, PackageError> {
    let mut bytes =
        serde_json::to_vec_pretty(document).map_err(|error| PackageError::malformed(file, json_place(&error)))?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Refuses a document whose `type` is none of `known` before anything else of it is believed.
pub(crate) fn check_type(bytes: &[u8], file: &str, known: &[&'static str]) -> Result<(), PackageError> {
    #[derive(Deserialize)]
    struct Peek {
        #[serde(rename = "type")]
        kind: String,
    }
    let peek: Peek =
        serde_json::from_slice(bytes).map_err(|error| PackageError::malformed(file, json_place(&error)))?;
    if known.contains(&peek.kind.as_str()) {
        return Ok(());
    }
    let known = known.last().copied().unwrap_or_default();
    Err(PackageError::UnknownVersion { file: file.to_owned(), found: shown(&peek.kind), known })
}

/// Foreign text made fit for a terminal: short, without control characters.
#[must_use]
pub fn shown(text: &str) -> String {
    text.chars()
        .take(120)
        .map(|c| if c.is_control() || ('\u{200b}'..='\u{202e}').contains(&c) { '\u{fffd}' } else { c })
        .collect()
}

/// Whether a file name has the shape of our parts.
pub(crate) fn is_part_name(name: &str) -> bool {
    name.strip_suffix(".age").is_some_and(|stem| is_hex(stem, 32))
}

/// Whether `text` is exactly `digits` lower-case hex digits.
pub(crate) fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
