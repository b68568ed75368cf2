//! Who signs checkpoints, and how is the public half written down? Named Ed25519 keys, in the C2SP vkey form.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest as _, Sha256};

/// The signature type of plain Ed25519 (C2SP signed-note, "Signature types").
const ED25519: u8 = 1;

/// A key that cannot be used, or a text that is not a key.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum KeyError {
    /// The name is empty, or holds a blank, a plus sign or a control character.
    #[error(
        "a key's name must be non-empty, without blanks, `+` and control characters: write it like `example.org/log`"
    )]
    Name,
    /// The text does not have three parts.
    #[error("a public key is written `name+8 hexadecimal digits+base64`, this is not")]
    Form,
    /// The base64 part is not a type byte and 32 bytes of a usable Ed25519 point.
    #[error("the key `{name}` is not a usable Ed25519 public key")]
    Material {
        /// Its name.
        name: String,
    },
    /// The key id is not that of this name and key: some part was altered or mistyped.
    #[error("the key id of `{name}` does not belong to its name and key: copy the key again")]
    Id {
        /// Its name.
        name: String,
    },
}

/// The public half: a name, which is the log's origin, and an Ed25519 key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    name: String,
    key: VerifyingKey,
    id: [u8; 4],
}

/// The private half. It cannot be printed.
#[derive(Clone)]
pub struct SignerKey {
    key: SigningKey,
    public: VerifierKey,
}

impl VerifierKey {
    /// Names a public key.
    ///
    /// # Errors
    /// When the name cannot stand in a signature line, or the key is one of the weak points that verify anything.
    pub fn new(name: &str, key: VerifyingKey) -> Result<Self, KeyError> {
        check_name(name)?;
        if key.is_weak() {
            return Err(KeyError::Material { name: name.to_owned() });
        }
        let digest = Sha256::new()
            .chain_update(name.as_bytes())
            .chain_update([b'\n', ED25519])
            .chain_update(key.as_bytes())
            .finalize();
        let [a, b, c, d, ..] = <[u8; 32]>::from(digest);
        Ok(Self { name: name.to_owned(), key, id: [a, b, c, d] })
    }

    /// Reads the vkey text that [`VerifierKey`] displays as.
    ///
    /// # Errors
    /// When it is not one, or its key id does not match.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(material)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        check_name(name)?;
        let bad = || KeyError::Material { name: name.to_owned() };
        let bytes = STANDARD.decode(material).map_err(|_| bad())?;
        let Some((&ED25519, point)) = bytes.split_first() else { return Err(bad()) };
        let point: [u8; 32] = point.try_into().map_err(|_| bad())?;
        let key = Self::new(name, VerifyingKey::from_bytes(&point).map_err(|_| bad())?)?;
        if hex::encode(key.id) != id {
            return Err(KeyError::Id { name: name.to_owned() });
        }
        Ok(key)
    }

    /// The key's name, which is the origin of the log it signs.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The four bytes by which a signature line names this key.
    #[must_use]
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// The Ed25519 key itself.
    #[must_use]
    pub fn key(&self) -> &VerifyingKey {
        &self.key
    }

    /// Whether `signature` is this key's over `message`. Malleable and small-order signatures are refused.
    #[must_use]
    pub fn accepts(&self, message: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = Signature::from_slice(signature) else { return false };
        self.key.verify_strict(message, &signature).is_ok()
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut material = vec![ED25519];
        material.extend_from_slice(self.key.as_bytes());
        write!(f, "{}+{}+{}", self.name, hex::encode(self.id), STANDARD.encode(material))
    }
}

impl SignerKey {
    /// Names a private key.
    ///
    /// # Errors
    /// When the name cannot stand in a signature line.
    pub fn new(name: &str, key: SigningKey) -> Result<Self, KeyError> {
        let public = VerifierKey::new(name, key.verifying_key())?;
        Ok(Self { key, public })
    }

    /// The key that grows from 32 secret random bytes.
    ///
    /// # Errors
    /// When the name cannot stand in a signature line.
    pub fn from_seed(name: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        Self::new(name, SigningKey::from_bytes(seed))
    }

    /// The public half.
    #[must_use]
    pub fn public(&self) -> &VerifierKey {
        &self.public
    }

    /// The Ed25519 signature over `message`.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for SignerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignerKey({}, secret)", self.public)
    }
}

/// The rule of C2SP signed-note for key names.
pub(crate) fn check_name(name: &str) -> Result<(), KeyError> {
    let unfit = |c: char| c.is_whitespace() || c == '+' || c.is_control();
    if name.is_empty() || name.contains(unfit) { Err(KeyError::Name) } else { Ok(()) }
}
