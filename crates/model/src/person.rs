//! Who acted, and are these two people really two?

use serde::{Deserialize, Serialize};

/// A person, and the key by which the person is known here.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Person {
    /// Name, as the ledger writes it.
    pub name: String,
    /// Fingerprint of the key, or another credential that only this person has; empty where none is known.
    pub key: String,
}

impl Person {
    /// The person of that name with that key.
    pub fn new(name: impl Into<String>, key: impl Into<String>) -> Self {
        Self { name: name.into(), key: key.into() }
    }

    /// Whether a key is known. What takes two people, or a signature, takes their keys.
    pub fn has_key(&self) -> bool {
        !self.key.is_empty()
    }

    /// Whether the two may be one: one key under two names is one person, and so is one name with two keys.
    pub fn may_be(&self, other: &Person) -> bool {
        self.name == other.name || (self.has_key() && self.key == other.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_two_only_by_name_and_by_key() {
        let amina = Person::new("amina", "a");
        assert!(amina.may_be(&Person::new("amina", "b")) && amina.may_be(&Person::new("bo", "a")));
        assert!(!amina.may_be(&Person::new("bo", "b")));
        assert!(!Person::new("amina", "").may_be(&Person::new("bo", "")), "no key is no common key");
    }
}
