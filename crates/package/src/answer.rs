//! How is an answer over the network sealed so that only the client that asked can read it?
//!
//! As JWE in its compact form (RFC 7516): `ECDH-ES` (RFC 7518, 4.6; RFC 8037 for X25519) and `A256GCM`. Every library for JOSE opens
//! it. The plaintext is filled with blanks, which JSON allows, to a multiple of 1 KiB: its length tells little.

use std::sync::Arc;

use aes_gcm::aead::{AeadInPlace, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce, Tag};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
use curve25519_dalek::edwards::EdwardsBasepointTable;
use curve25519_dalek::montgomery::MontgomeryPoint;
use curve25519_dalek::traits::BasepointTable;
use p256::elliptic_curve::sec1::{FromEncodedPoint, ToEncodedPoint};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::Zeroizing;

use crate::entropy::Entropy;

/// Bytes to a multiple of which a plaintext is filled.
pub const FILLED_TO: usize = 1_024;

/// Algorithm of the content, also the name under which its key is derived.
const CONTENT: &str = "A256GCM";

/// What an answer is sealed to: a client's public key.
#[derive(Clone)]
pub struct AnswerKey {
    id: String,
    curve: Curve,
}

#[derive(Clone)]
enum Curve {
    X25519(Point),
    P256(p256::PublicKey),
}

/// A public key on X25519, with a table of its multiples where it has one: a program is answered again and again, and a secret shared with a
/// key of which multiples are known costs a third.
#[derive(Clone)]
struct Point {
    key: PublicKey,
    multiples: Option<Arc<EdwardsBasepointTable>>,
}

impl Point {
    fn new(key: PublicKey) -> Self {
        // The sign that is lost on the curve of X25519 does not matter: both points have one coordinate there (RFC 7748, 4.1).
        let point = MontgomeryPoint(key.to_bytes()).to_edwards(0);
        Self { key, multiples: point.map(|point| Arc::new(EdwardsBasepointTable::create(&point))) }
    }

    /// What is shared between it and a secret.
    fn shared(&self, ours: &StaticSecret) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(match &self.multiples {
            Some(multiples) => multiples.mul_base_clamped(ours.to_bytes()).to_montgomery().to_bytes(),
            None => *ours.diffie_hellman(&self.key).as_bytes(),
        })
    }
}

/// Why a JWK cannot be sealed to, or a JWE cannot be opened. Holds no part of either.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// Not a key of a kind that is sealed to.
    #[error("this is no public key for answers: write a JWK of the kind OKP/X25519 or EC/P-256 with a `kid`")]
    Key,
    /// A private key was given where a public one belongs.
    #[error("this JWK holds a private key: give only its public part, and make a new key, since this one was shown")]
    Private,
    /// Not a JWE of the one form that is made here.
    #[error("this is no JWE in compact form with ECDH-ES and A256GCM")]
    Form,
    /// Sealed to another key, or changed on the way.
    #[error("it is sealed to another key, or was changed on the way")]
    Open,
}

impl AnswerKey {
    /// Reads a public JWK (RFC 7517).
    ///
    /// # Errors
    /// Another kind of key, a point that is not on its curve or of low order, no `kid`, or a private key.
    pub fn parse(jwk: &Value) -> Result<Self, AnswerError> {
        if jwk.get("d").is_some() {
            return Err(AnswerError::Private);
        }
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let id = text("kid").filter(|id| !id.is_empty()).ok_or(AnswerError::Key)?.to_owned();
        let coordinate = |name: &str| -> Option<[u8; 32]> { BASE64.decode(text(name)?).ok()?.try_into().ok() };
        let curve = match (text("kty"), text("crv")) {
            (Some("OKP"), Some("X25519")) => {
                let key = PublicKey::from(coordinate("x").ok_or(AnswerError::Key)?);
                // A point of low order gives the same secret to everybody.
                let probe = StaticSecret::from([0x5a; 32]).diffie_hellman(&key);
                if !probe.was_contributory() {
                    return Err(AnswerError::Key);
                }
                Curve::X25519(Point::new(key))
            }
            (Some("EC"), Some("P-256")) => {
                let (x, y) = coordinate("x").zip(coordinate("y")).ok_or(AnswerError::Key)?;
                let point = p256::EncodedPoint::from_affine_coordinates(&x.into(), &y.into(), false);
                let key: Option<p256::PublicKey> = p256::PublicKey::from_encoded_point(&point).into();
                Curve::P256(key.ok_or(AnswerError::Key)?)
            }
            _ => return Err(AnswerError::Key),
        };
        Ok(Self { id, curve })
    }

    /// Seals a JSON text. `entropy` is of this answer only.
    pub fn seal(&self, json: &[u8], entropy: &Entropy) -> String {
        let (ephemeral, shared) = match &self.curve {
            Curve::X25519(theirs) => {
                let ours = StaticSecret::from(*entropy.derive("answer key", 0));
                let point = json!({ "kty": "OKP", "crv": "X25519", "x": BASE64.encode(PublicKey::from(&ours)) });
                (point, theirs.shared(&ours))
            }
            Curve::P256(theirs) => {
                let ours = scalar(entropy);
                let shared = p256::ecdh::diffie_hellman(ours.to_nonzero_scalar(), theirs.as_affine());
                let shared: [u8; 32] = (*shared.raw_secret_bytes()).into();
                (point(&ours.public_key()), Zeroizing::new(shared))
            }
        };
        let header = json!({
            "alg": "ECDH-ES", "enc": CONTENT, "kid": self.id, "cty": "application/json", "epk": ephemeral,
        });
        let header = BASE64.encode(header.to_string());
        let mut filled = Zeroizing::new(json.to_vec());
        filled.resize(json.len().div_ceil(FILLED_TO).max(1) * FILLED_TO, b' ');
        let nonce = entropy.derive("answer nonce", 0);
        let nonce = nonce.first_chunk::<12>().copied().unwrap_or_default();
        let cipher = Aes256Gcm::new((&*derived(&shared)).into());
        // A plaintext of less than 64 GiB cannot fail; were it to, an empty text opens nothing.
        let tag = cipher.encrypt_in_place_detached(Nonce::from_slice(&nonce), header.as_bytes(), &mut filled);
        tag.map_or_else(
            |_| String::new(),
            |tag| format!("{header}..{}.{}.{}", BASE64.encode(nonce), BASE64.encode(&*filled), BASE64.encode(tag)),
        )
    }
}

/// A client's private key for answers.
pub struct AnswerSecret {
    id: String,
    curve: SecretCurve,
}

enum SecretCurve {
    X25519(StaticSecret),
    P256(p256::SecretKey),
}

impl AnswerSecret {
    /// A new key on X25519 that is called `id`.
    pub fn generate(id: &str, entropy: &Entropy) -> Self {
        let curve = SecretCurve::X25519(StaticSecret::from(*entropy.derive("answer key", 0)));
        Self { id: id.to_owned(), curve }
    }

    /// Reads a private JWK.
    ///
    /// # Errors
    /// Another kind of key, or only its public part.
    pub fn parse(jwk: &Value) -> Result<Self, AnswerError> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let id = text("kid").filter(|id| !id.is_empty()).ok_or(AnswerError::Key)?.to_owned();
        let d = text("d").and_then(|d| BASE64.decode(d).ok()).map(Zeroizing::new).ok_or(AnswerError::Key)?;
        let d: Zeroizing<[u8; 32]> = Zeroizing::new(d.as_slice().try_into().map_err(|_| AnswerError::Key)?);
        let curve = match (text("kty"), text("crv")) {
            (Some("OKP"), Some("X25519")) => SecretCurve::X25519(StaticSecret::from(*d)),
            (Some("EC"), Some("P-256")) => {
                SecretCurve::P256(p256::SecretKey::from_slice(&*d).map_err(|_| AnswerError::Key)?)
            }
            _ => return Err(AnswerError::Key),
        };
        Ok(Self { id, curve })
    }

    /// The private JWK.
    pub fn private(&self) -> Value {
        let mut jwk = self.public();
        let d = match &self.curve {
            SecretCurve::X25519(secret) => BASE64.encode(secret.as_bytes()),
            SecretCurve::P256(secret) => BASE64.encode(secret.to_bytes()),
        };
        if let Some(members) = jwk.as_object_mut() {
            members.insert("d".to_owned(), Value::String(d));
        }
        jwk
    }

    /// The public JWK, as the operation registers it.
    pub fn public(&self) -> Value {
        let mut jwk = match &self.curve {
            SecretCurve::X25519(secret) => {
                json!({ "kty": "OKP", "crv": "X25519", "x": BASE64.encode(PublicKey::from(secret)) })
            }
            SecretCurve::P256(secret) => point(&secret.public_key()),
        };
        if let Some(members) = jwk.as_object_mut() {
            members.insert("use".to_owned(), json!("enc"));
            members.insert("kid".to_owned(), json!(self.id));
        }
        jwk
    }

    /// Opens an answer.
    ///
    /// # Errors
    /// Another form, another key, or a change on the way.
    pub fn open(&self, jwe: &str) -> Result<Zeroizing<Vec<u8>>, AnswerError> {
        let parts: Vec<&str> = jwe.trim().split('.').collect();
        let [header, "", nonce, text, tag] = parts[..] else { return Err(AnswerError::Form) };
        let bytes = |part: &str| BASE64.decode(part).map_err(|_| AnswerError::Form);
        let about: Value = serde_json::from_slice(&bytes(header)?).map_err(|_| AnswerError::Form)?;
        if about.get("alg") != Some(&json!("ECDH-ES")) || about.get("enc") != Some(&json!(CONTENT)) {
            return Err(AnswerError::Form);
        }
        let theirs = about.get("epk").cloned().ok_or(AnswerError::Form)?;
        let coordinate = |name: &str| -> Result<[u8; 32], AnswerError> {
            let text = theirs.get(name).and_then(Value::as_str).ok_or(AnswerError::Form)?;
            bytes(text)?.try_into().map_err(|_| AnswerError::Form)
        };
        let shared = match &self.curve {
            SecretCurve::X25519(ours) => {
                let shared = ours.diffie_hellman(&PublicKey::from(coordinate("x")?));
                Zeroizing::new(*shared.as_bytes())
            }
            SecretCurve::P256(ours) => {
                let at = (coordinate("x")?, coordinate("y")?);
                let point = p256::EncodedPoint::from_affine_coordinates(&at.0.into(), &at.1.into(), false);
                let theirs: Option<p256::PublicKey> = p256::PublicKey::from_encoded_point(&point).into();
                let theirs = theirs.ok_or(AnswerError::Form)?;
                let shared = p256::ecdh::diffie_hellman(ours.to_nonzero_scalar(), theirs.as_affine());
                Zeroizing::new((*shared.raw_secret_bytes()).into())
            }
        };
        let nonce: [u8; 12] = bytes(nonce)?.try_into().map_err(|_| AnswerError::Form)?;
        let tag: [u8; 16] = bytes(tag)?.try_into().map_err(|_| AnswerError::Form)?;
        let mut text = Zeroizing::new(bytes(text)?);
        let cipher = Aes256Gcm::new((&*derived(&shared)).into());
        cipher
            .decrypt_in_place_detached(Nonce::from_slice(&nonce), header.as_bytes(), &mut text, Tag::from_slice(&tag))
            .map_err(|_| AnswerError::Open)?;
        Ok(text)
    }
}

/// A scalar of P-256. All but about one in 2³² of 32 bytes are one.
fn scalar(entropy: &Entropy) -> p256::SecretKey {
    let mut index = 0;
    loop {
        if let Ok(secret) = p256::SecretKey::from_slice(&*entropy.derive("answer key", index)) {
            return secret;
        }
        index += 1;
    }
}

fn point(key: &p256::PublicKey) -> Value {
    let point = key.to_encoded_point(false);
    let coordinate = |bytes: Option<&p256::FieldBytes>| bytes.map(|bytes| BASE64.encode(bytes)).unwrap_or_default();
    json!({ "kty": "EC", "crv": "P-256", "x": coordinate(point.x()), "y": coordinate(point.y()) })
}

/// The content key: one block of the Concat KDF with SHA-256, nobody named (RFC 7518, 4.6.2).
fn derived(shared: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    concat(shared, CONTENT, b"", b"", 256)
}

fn concat(shared: &[u8], algorithm: &str, by: &[u8], to: &[u8], bits: u32) -> Zeroizing<[u8; 32]> {
    let mut hash = Sha256::new();
    hash.update(1_u32.to_be_bytes());
    hash.update(shared);
    for part in [algorithm.as_bytes(), by, to] {
        hash.update((part.len() as u32).to_be_bytes());
        hash.update(part);
    }
    hash.update(bits.to_be_bytes());
    Zeroizing::new(hash.finalize().into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    /// The figures of RFC 7518, appendix C.
    #[test]
    fn the_example_of_the_standard_gives_its_key() {
        let shared = hex::decode("9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4").unwrap();
        let key = concat(&shared, "A128GCM", b"Alice", b"Bob", 128);
        assert_eq!(BASE64.encode(key.first_chunk::<16>().unwrap()), "VqqN6vgjbSBcIijNcacQGg");
    }

    fn p256(id: &str) -> AnswerSecret {
        AnswerSecret { id: id.to_owned(), curve: SecretCurve::P256(scalar(&Entropy::new([9; 32]))) }
    }

    /// Whatever somebody calls a key: most have a part of small order, and half are points of the curve's twist, of which there is no table.
    #[test]
    fn what_is_shared_is_the_same_with_a_table_and_without() {
        let (mut with, mut without) = (0, 0);
        for seed in 0..64_u8 {
            let bytes = |label| *Entropy::new([seed; 32]).derive(label, 0);
            let (point, ours) = (Point::new(PublicKey::from(bytes("a key"))), StaticSecret::from(bytes("a secret")));
            *(if point.multiples.is_some() { &mut with } else { &mut without }) += 1;
            assert_eq!(*point.shared(&ours), *ours.diffie_hellman(&point.key).as_bytes(), "{seed}");
        }
        assert!(with > 8 && without > 8, "{with} {without}");
    }

    #[test]
    fn only_the_key_that_it_is_sealed_to_opens_it_and_only_unchanged() {
        let keys = [AnswerSecret::generate("of-test", &Entropy::new([1; 32])), p256("of-test-2")];
        for (at, secret) in keys.iter().enumerate() {
            let text = br#"{"found":true}"#;
            let sealed = AnswerKey::parse(&secret.public()).unwrap().seal(text, &Entropy::new([at as u8 + 2; 32]));
            let opened = secret.open(&sealed).unwrap();
            assert_eq!(opened.trim_ascii_end(), text);
            assert_eq!(opened.len() % FILLED_TO, 0);
            let again = AnswerSecret::parse(&secret.private()).unwrap();
            assert_eq!(again.open(&sealed).unwrap(), opened);
            let other = AnswerSecret::generate("of-test", &Entropy::new([7; 32]));
            assert!(other.open(&sealed).is_err());
            for at in (0..sealed.len()).step_by(7) {
                let mut changed = sealed.clone().into_bytes();
                let with = if changed.get(at) == Some(&b'A') { b'B' } else { b'A' };
                if let Some(byte) = changed.get_mut(at).filter(|byte| **byte != b'.') {
                    *byte = with;
                    assert!(secret.open(std::str::from_utf8(&changed).unwrap()).is_err(), "changed at {at}");
                }
            }
        }
    }

    #[test]
    fn what_is_no_public_key_of_its_curve_is_refused() {
        let good = AnswerSecret::generate("k", &Entropy::new([1; 32]));
        assert_eq!(AnswerKey::parse(&good.private()).err(), Some(AnswerError::Private));
        let zero = BASE64.encode([0; 32]);
        for wrong in [
            json!({ "kty": "OKP", "crv": "X25519", "x": zero, "kid": "k" }),
            json!({ "kty": "EC", "crv": "P-256", "x": zero, "y": zero, "kid": "k" }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": zero, "kid": "k" }),
            json!({ "kty": "RSA", "n": zero, "e": "AQAB", "kid": "k" }),
            json!({ "kty": "OKP", "crv": "X25519", "x": good.public().get("x") }),
            json!("k"),
        ] {
            assert_eq!(AnswerKey::parse(&wrong).err(), Some(AnswerError::Key), "{wrong}");
        }
    }
}
