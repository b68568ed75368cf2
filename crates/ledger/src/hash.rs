//! How are leaves and nodes hashed? SHA-256 with the domain bytes of RFC 6962 §2.1, nothing else.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// What precedes the bytes of a leaf (RFC 6962 §2.1).
const LEAF: [u8; 1] = [0];
/// What precedes the two children of a node (RFC 6962 §2.1).
const NODE: [u8; 1] = [1];

/// A SHA-256 hash: of a leaf, of a node, or of a whole tree.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash(pub [u8; 32]);

/// A text that is not a hash.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum HashError {
    /// Not 64 lower-case hexadecimal digits.
    #[error("a hash is 64 lower-case hexadecimal digits, this is not")]
    Hex,
    /// Not the base64 of 32 bytes.
    #[error("a hash is the standard base64 of 32 bytes, this is not")]
    Base64,
}

impl Hash {
    /// The hash of a leaf's encoding.
    #[must_use]
    pub fn of_leaf(encoding: &[u8]) -> Self {
        Self(Sha256::new().chain_update(LEAF).chain_update(encoding).finalize().into())
    }

    /// The hash of a node over its left and right child.
    #[must_use]
    pub fn of_node(left: &Self, right: &Self) -> Self {
        Self(Sha256::new().chain_update(NODE).chain_update(left.0).chain_update(right.0).finalize().into())
    }

    /// The root of the tree without leaves: the hash of the empty string.
    #[must_use]
    pub fn of_nothing() -> Self {
        Self(Sha256::digest([]).into())
    }

    /// As 64 lower-case hexadecimal digits.
    #[must_use]
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// Reads exactly what [`Hash::to_hex`] writes.
    ///
    /// # Errors
    /// When the text is anything else; upper case and blanks too.
    pub fn from_hex(text: &str) -> Result<Self, HashError> {
        bytes32_from_hex(text).map(Self).ok_or(HashError::Hex)
    }

    /// As standard base64, the form of checkpoints and proofs.
    #[must_use]
    pub fn to_base64(&self) -> String {
        STANDARD.encode(self.0)
    }

    /// Reads exactly what [`Hash::to_base64`] writes.
    ///
    /// # Errors
    /// When the text is anything else.
    pub fn from_base64(text: &str) -> Result<Self, HashError> {
        let bytes = STANDARD.decode(text).map_err(|_| HashError::Base64)?;
        bytes.try_into().map(Self).map_err(|_| HashError::Base64)
    }
}

/// 32 bytes from 64 lower-case hexadecimal digits: one text for one value, so that an edit is never a synonym.
pub(crate) fn bytes32_from_hex(text: &str) -> Option<[u8; 32]> {
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return None;
    }
    let mut bytes = [0; 32];
    hex::decode_to_slice(text, &mut bytes).ok()?;
    Some(bytes)
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hash({self})")
    }
}
