//! Who acted, and are these two people really two?

use serde::{Deserialize, Serialize};

/// A person, and the key by which the person is known here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    /// Name, as the ledger writes it.
    pub name: String,
    /// Fingerprint of the key, or another credential that only this person has.
    pub key: String,
}

impl Person {
    /// The person of that name with that key.
    pub fn new(name: impl Into<String>, key: impl Into<String>) -> Self {
        Self { name: name.into(), key: key.into() }
    }

    /// Whether the two may be one: one key under two names is one person, and so is one name with two keys.
    pub fn may_be(&self, other: &Person) -> bool {
        self.name == other.name || self.key == other.key
    }
}
