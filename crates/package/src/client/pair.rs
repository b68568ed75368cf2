//! How does a program keep the private halves of its keys? As JWK files of its owner's alone.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::jwk::{Algorithm, Jwk, Use};
use crate::error::PackageError;
use crate::key::{SIGNATURE_SIZE, SigningKey, unusable};

/// A private key as it lies in its file.
#[derive(Serialize, Deserialize)]
struct File {
    kty: String,
    crv: String,
    x: String,
    d: Zeroizing<String>,
    #[serde(rename = "use")]
    usage: Use,
    alg: Algorithm,
    kid: String,
}

/// A program's key that signs; printed nowhere.
pub struct SigningPair {
    seed: Zeroizing<[u8; 32]>,
}

/// A program's key that opens; printed nowhere.
pub struct EncryptionPair {
    secret: Zeroizing<[u8; 32]>,
}

impl SigningPair {
    /// Makes the key of 32 random bytes of the caller.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self { seed: Zeroizing::new(*seed) }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> Jwk {
        let key = ed25519_dalek::SigningKey::from_bytes(&self.seed).verifying_key().to_bytes();
        Jwk::okp("Ed25519", Use::Signing, Algorithm::EdDSA, &key)
    }

    /// Its file's text.
    ///
    /// # Errors
    /// Only where JSON cannot be written.
    pub fn to_file(&self) -> Result<Zeroizing<String>, PackageError> {
        to_file(self.public(), &self.seed)
    }

    /// Reads its file's text.
    ///
    /// # Errors
    /// The text holds no such key.
    pub fn parse(text: &str, origin: &str) -> Result<Self, PackageError> {
        let wrong = || unusable(origin, "expected the private Ed25519 key (JWK) that `causeway-open client new` wrote");
        let file: File = serde_json::from_str(text).map_err(|_| wrong())?;
        let mut seed = Zeroizing::new([0; 32]);
        let length = URL_SAFE_NO_PAD.decode_slice(file.d.as_bytes(), &mut *seed).map_err(|_| wrong())?;
        let pair = Self { seed };
        if length != 32 || file.usage != Use::Signing || pair.public().x.as_deref() != Some(file.x.as_str()) {
            return Err(wrong());
        }
        Ok(pair)
    }

    pub(super) fn sign(&self, bytes: &[u8]) -> [u8; SIGNATURE_SIZE] {
        SigningKey::from_seed(&self.seed).sign(bytes)
    }
}

impl EncryptionPair {
    /// Makes the key of 32 random bytes of the caller.
    #[must_use]
    pub fn from_seed(seed: &[u8; 32]) -> Self {
        Self { secret: Zeroizing::new(*seed) }
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> Jwk {
        let secret = x25519_dalek::StaticSecret::from(*self.secret);
        let key = x25519_dalek::PublicKey::from(&secret).to_bytes();
        Jwk::okp("X25519", Use::Encryption, Algorithm::EcdhEs, &key)
    }

    /// Its file's text.
    ///
    /// # Errors
    /// Only where JSON cannot be written.
    pub fn to_file(&self) -> Result<Zeroizing<String>, PackageError> {
        to_file(self.public(), &self.secret)
    }
}

fn to_file(public: Jwk, secret: &[u8; 32]) -> Result<Zeroizing<String>, PackageError> {
    let kid = public.thumbprint();
    let (crv, x) = (public.crv.unwrap_or_default(), public.x.unwrap_or_default());
    let d = Zeroizing::new(URL_SAFE_NO_PAD.encode(secret));
    let file = File { kty: public.kty, crv, x, d, usage: public.usage, alg: public.alg, kid };
    let text = serde_json::to_string_pretty(&file).map_err(|_| unusable("private key", "it cannot be written"))?;
    Ok(Zeroizing::new(text))
}
