//! Who signed this? Ed25519 keys in the files that `openssl` reads and writes.

use std::path::Path;

use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use ed25519_dalek::pkcs8::{DecodePrivateKey, DecodePublicKey, EncodePrivateKey, EncodePublicKey, KeypairBytes};
use ed25519_dalek::{Signature, Signer};
use zeroize::Zeroizing;

use super::Fingerprint;
use super::file::{read_private, read_public, unusable};
use crate::environment::Environment;
use crate::error::PackageError;

/// Bytes in a detached signature file.
pub const SIGNATURE_SIZE: usize = 64;

/// A private signing key; wiped when dropped, printed only as its key id.
pub struct SigningKey {
    key: ed25519_dalek::SigningKey,
    environment: Environment,
}

impl SigningKey {
    /// Makes the key of 32 random bytes of the caller, for production.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self { key: ed25519_dalek::SigningKey::from_bytes(seed), environment: Environment::Production }
    }

    /// The same key for that environment. What it signed before says another one.
    #[must_use]
    pub fn meant_for(self, environment: Environment) -> Self {
        Self { environment, ..self }
    }

    /// For what it is: what its file says.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
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
        let environment = Environment::said_in(pem)?.unwrap_or_default();
        let key = ed25519_dalek::SigningKey::from_pkcs8_pem(block(pem)).map_err(|_| {
            unusable(origin, "expected an Ed25519 private key in PEM (`openssl genpkey -algorithm ed25519`)")
        })?;
        Ok(Self { key, environment })
    }

    /// PKCS#8 PEM text, in the first version of that format: OpenSSL 3.0 refuses the one with the public key inside. A key
    /// for tests says so in a line above.
    ///
    /// # Errors
    /// Only if the encoder runs out of room, which it does not.
    pub fn to_pem(&self) -> Result<Zeroizing<String>, PackageError> {
        let pem = KeypairBytes { secret_key: self.key.to_bytes(), public_key: None }
            .to_pkcs8_pem(LineEnding::LF)
            .map_err(|_| unusable("private key", "it cannot be written as PEM"))?;
        Ok(Zeroizing::new(format!("{}{}", above(self.environment), pem.as_str())))
    }

    /// The public half.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        VerifyingKey { key: self.key.verifying_key(), environment: self.environment }
    }

    /// A detached signature over exactly these bytes.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_SIZE] {
        self.key.sign(bytes).to_bytes()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.verifying_key().key_id())
    }
}

/// A public key that proves signatures.
#[derive(Clone, PartialEq, Eq)]
pub struct VerifyingKey {
    key: ed25519_dalek::VerifyingKey,
    environment: Environment,
}

/// The PEM block of a key file, without what may stand above it.
fn block(text: &str) -> &str {
    text.find("-----BEGIN ").and_then(|at| text.get(at..)).unwrap_or(text).trim()
}

/// What stands above a key for tests. Keys for production are written as every other tool writes them.
fn above(environment: Environment) -> String {
    match environment {
        Environment::Production => String::new(),
        Environment::Test => environment.line(),
    }
}

impl VerifyingKey {
    /// Reads an SPKI PEM file (`openssl pkey -pubout`).
    ///
    /// # Errors
    /// The file is absent or holds no Ed25519 public key.
    pub fn load(path: &Path) -> Result<Self, PackageError> {
        Self::parse(&read_public(path)?, &path.display().to_string())
    }

    /// Reads an SPKI PEM file as a key for `environment`, which its reader names.
    ///
    /// # Errors
    /// As [`Self::load`]; or the file says that it is for another environment.
    pub fn load_for(path: &Path, environment: Environment) -> Result<Self, PackageError> {
        let text = read_public(path)?;
        match Environment::said_in(&text)? {
            Some(found) if found != environment => {
                Err(PackageError::KeyOfOtherEnvironment { path: path.to_path_buf(), found, wanted: environment })
            }
            _ => Ok(Self::parse(&text, &path.display().to_string())?.meant_for(environment)),
        }
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
        let environment = Environment::said_in(pem)?.unwrap_or_default();
        let key = ed25519_dalek::VerifyingKey::from_public_key_pem(block(pem))
            .map_err(|_| unusable(origin, "expected an Ed25519 public key in PEM (`openssl pkey -in KEY -pubout`)"))?;
        if key.is_weak() {
            return Err(unusable(origin, "it is a weak key under which anything verifies; ask for another"));
        }
        Ok(Self { key, environment })
    }

    /// The same key for that environment.
    #[must_use]
    pub fn meant_for(self, environment: Environment) -> Self {
        Self { environment, ..self }
    }

    /// For what it is: what its file says.
    #[must_use]
    pub fn environment(&self) -> Environment {
        self.environment
    }

    /// SPKI PEM text; a key for tests says so in a line above.
    ///
    /// # Errors
    /// Only if the encoder runs out of room, which it does not.
    pub fn to_pem(&self) -> Result<String, PackageError> {
        let pem = self.key.to_public_key_pem(LineEnding::LF);
        let pem = pem.map_err(|_| unusable("public key", "it cannot be written as PEM"))?;
        Ok(format!("{}{pem}", above(self.environment)))
    }

    /// Whether `signature` (64 raw bytes) is this key's over exactly `bytes`.
    #[must_use]
    pub fn verifies(&self, bytes: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature).is_ok_and(|signature| self.key.verify_strict(bytes, &signature).is_ok())
    }

    /// The SHA-256 of the raw public key.
    #[must_use]
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(self.key.as_bytes())
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
