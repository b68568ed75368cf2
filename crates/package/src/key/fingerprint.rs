//! How do two people make sure, by telephone, that they hold the same public key?

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};

/// The SHA-256 of a public key: of the 32 raw bytes of an Ed25519 key, of the `age1…` text of a sealing key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Fingerprint([u8; 32]);

impl Fingerprint {
    pub(super) fn of(public: &[u8]) -> Self {
        Self(Sha256::digest(public).into())
    }

    /// The key id in manifests: the first 16 hex digits. It finds a key, it does not confirm one.
    #[must_use]
    pub fn key_id(&self) -> String {
        self.digits(16)
    }

    /// 128 bits in eight groups of four hex digits: the form to read aloud when a key is confirmed.
    #[must_use]
    pub fn aloud(&self) -> String {
        let digits = self.digits(32);
        let mut groups = String::with_capacity(39);
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && at % 4 == 0 {
                groups.push(' ');
            }
            groups.push(digit);
        }
        groups
    }

    /// Whether what a person typed, with or without spaces and in either form, is this fingerprint.
    #[must_use]
    pub fn confirmed_by(&self, typed: &str) -> bool {
        let typed = typed.trim();
        if typed.starts_with("SHA256:") {
            return typed == self.to_string();
        }
        let digits: String =
            typed.chars().filter(|c| !c.is_whitespace() && *c != '-').map(|c| c.to_ascii_lowercase()).collect();
        digits.len() >= 32 && self.digits(64).starts_with(&digits)
    }

    fn digits(&self, count: usize) -> String {
        let mut digits = hex::encode(self.0);
        digits.truncate(count);
        digits
    }
}

impl std::fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SHA256:{}", BASE64_URL_SAFE_NO_PAD.encode(self.0))
    }
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self}")
    }
}
