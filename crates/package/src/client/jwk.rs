//! Which public keys of programs are taken, and by what name is one known? The few kinds that are asked for, and the thumbprint of
//! RFC 7638.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Use {
    /// It proves who calls.
    #[serde(rename = "sig")]
    Signing,
    /// To it is encrypted what only the program reads.
    #[serde(rename = "enc")]
    Encryption,
}

/// How a key is used. It is said by the key that was registered, never by what is signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Algorithm {
    /// Ed25519.
    EdDSA,
    /// ECDSA, P-256, SHA-256.
    ES256,
    /// ECDSA, P-384, SHA-384.
    ES384,
    /// RSA-PSS, SHA-256.
    PS256,
    /// Elliptic curve Diffie-Hellman, ephemeral and static.
    #[serde(rename = "ECDH-ES")]
    EcdhEs,
}

/// A public key (RFC 7517, 8037). Members that it has no use for are refused, a private key's above all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Jwk {
    /// Kind of key.
    pub kty: String,
    /// Curve.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub crv: Option<String>,
    /// First coordinate, or the key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub x: Option<String>,
    /// Second coordinate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub y: Option<String>,
    /// Modulus.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub n: Option<String>,
    /// Exponent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub e: Option<String>,
    /// What it is for.
    #[serde(rename = "use")]
    pub usage: Use,
    /// How it is used.
    pub alg: Algorithm,
    /// Its thumbprint, where it is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kid: Option<String>,
}

/// A public key as its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bytes {
    /// A point, as the algorithm writes it.
    Point(Vec<u8>),
    /// Modulus and exponent.
    Rsa(Vec<u8>, Vec<u8>),
}

impl Jwk {
    /// A key on one of the curves that have one coordinate.
    #[must_use]
    pub fn okp(crv: &str, usage: Use, alg: Algorithm, key: &[u8; 32]) -> Self {
        let x = Some(URL_SAFE_NO_PAD.encode(key));
        let mut jwk =
            Self { kty: "OKP".into(), crv: Some(crv.into()), x, y: None, n: None, e: None, usage, alg, kid: None };
        jwk.kid = Some(jwk.thumbprint());
        jwk
    }

    /// Its name: SHA-256 over its required members in order (RFC 7638), as base64url.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        let members = [("crv", &self.crv), ("e", &self.e)];
        let rest = [("n", &self.n), ("x", &self.x), ("y", &self.y)];
        let said = |(name, value): (&str, &Option<String>)| {
            value.as_ref().map(|value| format!("\"{name}\":{}", serde_json::Value::from(value.as_str())))
        };
        let kty = Some(format!("\"kty\":{}", serde_json::Value::from(self.kty.as_str())));
        let parts: Vec<String> =
            members.into_iter().map(said).chain([kty]).chain(rest.into_iter().map(said)).flatten().collect();
        URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{{{}}}", parts.join(","))))
    }

    /// The key's bytes.
    ///
    /// # Errors
    /// It is none that is taken, and why.
    pub fn bytes(&self) -> Result<Bytes, &'static str> {
        let crv = self.crv.as_deref();
        let curve = (self.kty.as_str(), crv, self.usage, self.alg);
        match curve {
            ("OKP", Some("Ed25519"), Use::Signing, Algorithm::EdDSA)
            | ("OKP", Some("X25519"), Use::Encryption, Algorithm::EcdhEs) => self.one_coordinate(),
            ("EC", Some("P-256"), Use::Signing, Algorithm::ES256)
            | ("EC", Some("P-256"), Use::Encryption, Algorithm::EcdhEs) => self.two_coordinates(32),
            ("EC", Some("P-384"), Use::Signing, Algorithm::ES384) => self.two_coordinates(48),
            ("RSA", None, Use::Signing, Algorithm::PS256) => self.rsa(),
            _ => Err(
                "a key is none of Ed25519 (EdDSA), P-256 (ES256), P-384 (ES384) and RSA (PS256) for `sig`, X25519 and \
                      P-256 (ECDH-ES) for `enc`",
            ),
        }
    }

    /// Refuses a key that is none that is taken.
    pub(super) fn check(&self) -> Result<(), &'static str> {
        self.bytes()?;
        match &self.kid {
            Some(kid) if *kid != self.thumbprint() => Err("a key's `kid` is not its thumbprint (RFC 7638)"),
            _ => Ok(()),
        }
    }

    fn one_coordinate(&self) -> Result<Bytes, &'static str> {
        let wrong = "a key's `x` is not 32 bytes in base64url";
        let only = self.y.is_none() && self.n.is_none() && self.e.is_none();
        let key = decode(&self.x).filter(|key| only && key.len() == 32).ok_or(wrong)?;
        if key.iter().all(|byte| *byte == 0) { Err("a key is zero") } else { Ok(Bytes::Point(key)) }
    }

    fn two_coordinates(&self, size: usize) -> Result<Bytes, &'static str> {
        let wrong = "a key's `x` and `y` are not two coordinates of its curve in base64url";
        let only = self.n.is_none() && self.e.is_none();
        let coordinate = |text| decode(text).filter(|bytes: &Vec<u8>| only && bytes.len() == size).ok_or(wrong);
        let mut point = vec![4];
        point.extend(coordinate(&self.x)?);
        point.extend(coordinate(&self.y)?);
        Ok(Bytes::Point(point))
    }

    fn rsa(&self) -> Result<Bytes, &'static str> {
        let wrong = "an RSA key is not of 2048 to 8192 bits with the exponent AQAB";
        let only = self.x.is_none() && self.y.is_none();
        let modulus = decode(&self.n).filter(|n| only && (256..=1024).contains(&n.len())).ok_or(wrong)?;
        if self.e.as_deref() != Some("AQAB") || modulus.first().is_none_or(|first| *first == 0) {
            return Err(wrong);
        }
        Ok(Bytes::Rsa(modulus, vec![1, 0, 1]))
    }
}

fn decode(text: &Option<String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text.as_deref()?).ok()
}

impl fmt::Display for Use {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signing => "sig",
            Self::Encryption => "enc",
        })
    }
}

impl Algorithm {
    /// Its name in headers.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EdDSA => "EdDSA",
            Self::ES256 => "ES256",
            Self::ES384 => "ES384",
            Self::PS256 => "PS256",
            Self::EcdhEs => "ECDH-ES",
        }
    }
}
