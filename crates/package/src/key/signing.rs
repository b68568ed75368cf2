//! Who signed this? Ed25519 keys in the files that `openssl` reads and writes.

use std::path::Path;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};
use ed25519_dalek::{Signature, Signer};
use zeroize::Zeroizing;

use super::Fingerprint;
use super::file::{read_private, read_public, unusable};
use crate::error::PackageError;

/// Bytes in a detached signature file.
pub const SIGNATURE_SIZE: usize = 64;

/// A private signing key; wiped when dropped, printed only as its key id.
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// Makes the key of 32 random bytes of the caller.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(seed))
    }

    /// Reads a PKCS#8 PEM file that only its owner may read.
    ///
    /// # Errors
    /// The file is readable by others, absent, or holds no Ed25519 key.
    pub fn load(path: &Path) -> Result<Self, PackageError> {
        Self::parse(&read_private(path)?, &path.display().to_string())
    }

    /// Reads PKCS#8 PEM text.
    ///
    /// # Errors
    /// The text holds no Ed25519 private key.
    pub fn from_pem(pem: &str) -> Result<Self, PackageError> {
        Self::parse(pem, "private key text")
    }

    fn parse(pem: &str, origin: &str) -> Result<Self, PackageError> {
        ed25519_dalek::SigningKey::from_pkcs8_pem(pem.trim()).map(Self).map_err(|_| {
            unusable(origin, "expected an Ed25519 private key in PEM (`openssl genpkey -algorithm ed25519`)")
        })
    }

    /// PKCS#8 PEM text, in the first version of that format: OpenSSL 3.0 refuses the one with the public key inside.
    ///
    /// # Errors
    /// Only if the encoder runs out of room, which it does not.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, PackageError> {
        KeypairBytes { secret_key: self.0.to_bytes(), public_key: None }
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| unusable("private key", "it cannot be written as PEM"))
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey(self.0.verifying_key())
    }

    /// A detached signature over exactly these bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_SIZE] {
        self.0.sign(bytes).to_bytes()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.verifying_key().key_id())
    }
}

/// A public key that proves signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey(ed25519_dalek::VerifyingKey);

impl VerifyingKey {
    /// Reads an SPKI PEM file (`openssl pkey -pubout`).
    ///
    /// # Errors
    /// The file is absent or holds no Ed25519 public key.
    pub fn load(path: &Path) -> Result<Self, PackageError> {
        Self::parse(&read_public(path)?, &path.display().to_string())
    }

    /// Reads SPKI PEM text.
    ///
    /// # Errors
    /// The text holds no Ed25519 public key, or a weak one.
    pub fn from_pem(pem: &str) -> Result<Self, PackageError> {
        Self::parse(pem, "public key text")
    }

    fn parse(pem: &str, origin: &str) -> Result<Self, PackageError> {
        if pem.contains("PRIVATE KEY") {
            return Err(unusable(
                origin,
                "this is a private key where a public one belongs; use `openssl pkey -pubout`, and treat a private key that was sent around as lost",
            ));
        }
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(pem.trim())
            .map_err(|_| unusable(origin, "expected an Ed25519 public key in PEM (`openssl pkey -in KEY -pubout`)"))?;
        if key.is_weak() {
            return Err(unusable(origin, "it is a weak key under which anything verifies; ask for another"));
        }
        Ok(Self(key))
    }

    /// SPKI PEM text.
    ///
    /// # Errors
    /// Only if the encoder runs out of room, which it does not.
    pub fn to_pem(&self) -> Result<String, PackageError> {
        self.0.to_public_key_pem(LineEnding::LF).map_err(|_| unusable("public key", "it cannot be written as PEM"))
    }

    /// Whether `signature` (64 raw bytes) is this key's over exactly `bytes`.
    #[must_use]
    pub fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.0.verify_strict(bytes, &signature).is_ok())
    }

    /// The SHA-256 of the raw public key.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.0.as_bytes())
    }

    /// The first 16 hex digits of the fingerprint.
    #[must_use]
    pub fn key_id(&self) -> String {
        self.fingerprint().key_id()
    }
}

impl std::fmt::Debug for VerifyingKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "VerifyingKey({})", self.key_id())
    }
}
