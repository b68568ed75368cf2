//! What does a proof claim, and did the key of the row make it? The algorithm is the row's, and of the header nothing is believed.

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, ParsedPublicKey, RSA_PSS_2048_8192_SHA256,
    RsaPublicKeyComponents, UnparsedPublicKey, VerificationAlgorithm,
};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use causeway_model::json::strict;
use causeway_package::client::assertion::LASTS;
use causeway_package::client::{Algorithm, Bytes, Jwk, Use};
use jiff::Timestamp;
use serde_json::{Map, Value};

use super::CLOCKS;
use crate::documents::sha256_hex;

/// No proof is longer.
const LONGEST: usize = 8 * 1024;

/// What makes a proof its own is no longer.
const JTI: usize = 200;

/// A proof as it claims to be; nothing of it is proven.
pub(super) struct Claimed<'a> {
    /// The program that it names.
    pub(super) client: String,
    /// The key that it names.
    pub(super) kid: Option<String>,
    alg: String,
    claims: Map<String, Value>,
    signed: &'a str,
    signature: Vec<u8>,
}

/// A proof that its key made, for us, now.
pub(super) struct Proven {
    /// SHA-256 of what tells it from every other.
    pub(super) jti_sha256: String,
    /// When it ends, clocks included.
    pub(super) ends: Timestamp,
}

impl<'a> Claimed<'a> {
    /// Reads a compact JWS strictly. A header that says anything but which algorithm, type and key is none.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        if text.len() > LONGEST {
            return None;
        }
        let (signed, signature) = text.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.').filter(|(_, claims)| !claims.contains('.'))?;
        let object = |part: &str| match strict(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()? {
            Value::Object(members) => Some(members),
            _ => None,
        };
        let (header, claims) = (object(header)?, object(claims)?);
        if !header.keys().all(|name| matches!(name.as_str(), "alg" | "typ" | "kid")) {
            return None;
        }
        let word = |members: &Map<String, Value>, name| members.get(name)?.as_str().map(str::to_owned);
        let of_type = |typ: &Value| typ.as_str().is_some_and(|typ| typ.eq_ignore_ascii_case("JWT"));
        if header.get("typ").is_some_and(|typ| !of_type(typ)) || header.get("kid").is_some_and(|kid| !kid.is_string()) {
            return None;
        }
        let client = word(&claims, "sub").filter(|sub| word(&claims, "iss").as_ref() == Some(sub))?;
        Some(Self {
            client,
            kid: word(&header, "kid"),
            alg: word(&header, "alg")?,
            claims,
            signed,
            signature: URL_SAFE_NO_PAD.decode(signature).ok()?,
        })
    }

    /// Whether this key made it, for this audience, to be used now.
    pub(super) fn prove(&self, key: &Jwk, audience: &str, now: Timestamp) -> Option<Proven> {
        if key.usage != Use::Signing || self.alg != key.alg.as_str() || !verifies(key, self.signed, &self.signature) {
            return None;
        }
        let for_us = match self.claims.get("aud")? {
            Value::String(one) => one == audience,
            Value::Array(list) => matches!(list.as_slice(), [Value::String(one)] if one == audience),
            _ => false,
        };
        let seconds = |name| self.claims.get(name).map(|value| value.as_i64().or_else(|| whole(value)));
        let now = now.as_second();
        let ends = seconds("exp")??;
        // A time that is there must be one.
        let begun = |name| seconds(name).is_none_or(|at| at.is_some_and(|at| at <= now.saturating_add(CLOCKS)));
        let lives = seconds("iat").flatten().is_none_or(|at| ends.saturating_sub(at) <= LASTS);
        let in_time = ends.saturating_add(CLOCKS) > now && ends <= now.saturating_add(LASTS + CLOCKS);
        let jti = self.claims.get("jti")?.as_str().filter(|jti| !jti.is_empty() && jti.len() <= JTI)?;
        if !(for_us && in_time && lives && begun("iat") && begun("nbf")) {
            return None;
        }
        let ends = Timestamp::from_second(ends.saturating_add(CLOCKS + 1)).ok()?;
        Some(Proven { jti_sha256: sha256_hex(jti), ends })
    }
}

/// Whether it is a key that its algorithm can work with: a point on its curve, a modulus.
pub(crate) fn is_a_key(key: &Jwk) -> bool {
    let point =
        |algorithm: &'static dyn VerificationAlgorithm, point: &[u8]| ParsedPublicKey::new(algorithm, point).is_ok();
    match (key.alg, key.bytes()) {
        (Algorithm::EdDSA, Ok(Bytes::Point(bytes))) => point(&ED25519, &bytes),
        (Algorithm::ES256, Ok(Bytes::Point(bytes))) => point(&ECDSA_P256_SHA256_FIXED, &bytes),
        (Algorithm::ES384, Ok(Bytes::Point(bytes))) => point(&ECDSA_P384_SHA384_FIXED, &bytes),
        // Of 32 bytes each is one; of 65, as on the same curve of signatures.
        (Algorithm::EcdhEs, Ok(Bytes::Point(bytes))) => bytes.len() == 32 || point(&ECDSA_P256_SHA256_FIXED, &bytes),
        (Algorithm::PS256, Ok(Bytes::Rsa(..))) => true,
        _ => false,
    }
}

/// A number of seconds that was written with a fraction.
#[expect(clippy::cast_possible_truncation, reason = "it is looked whether it fits")]
fn whole(value: &Value) -> Option<i64> {
    let seconds = value.as_f64()?.trunc();
    (seconds.abs() < 1e15).then_some(seconds as i64)
}

/// Whether the key made the signature over the text, by the key's own algorithm.
pub(super) fn verifies(key: &Jwk, text: &str, signature: &[u8]) -> bool {
    let by = |algorithm: &'static dyn VerificationAlgorithm, point: &[u8]| {
        UnparsedPublicKey::new(algorithm, point).verify(text.as_bytes(), signature).is_ok()
    };
    match (key.alg, key.bytes()) {
        (Algorithm::EdDSA, Ok(Bytes::Point(point))) => by(&ED25519, &point),
        (Algorithm::ES256, Ok(Bytes::Point(point))) => by(&ECDSA_P256_SHA256_FIXED, &point),
        (Algorithm::ES384, Ok(Bytes::Point(point))) => by(&ECDSA_P384_SHA384_FIXED, &point),
        (Algorithm::PS256, Ok(Bytes::Rsa(n, e))) => {
            RsaPublicKeyComponents { n, e }.verify(&RSA_PSS_2048_8192_SHA256, text.as_bytes(), signature).is_ok()
        }
        _ => false,
    }
}
