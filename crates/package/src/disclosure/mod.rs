//! Who was in a transfer? A set of pseudonyms sealed to the operation, so that a person's question can be answered and
//! nobody who takes the files can ask.

mod memory;
mod reader;
mod several;

use std::path::Path;

use zeroize::Zeroizing;

use crate::error::PackageError;
use crate::key::Recipient;
use crate::mac::Mac;
use crate::sorted::{Sorted, seal_entries};

pub use memory::{SealedSet, Sets};
pub use reader::DisclosureReader;

/// Bytes of one pseudonym.
pub const PSEUDONYM_SIZE: usize = 16;
const HEAD: &[u8; 24] = b"causeway-disclosure-set\x01";
const HEAD_SIZE: u64 = HEAD.len() as u64 + 8;

/// A person (or household) as the disclosure record knows it.
pub type Pseudonym = [u8; PSEUDONYM_SIZE];

/// The operation's key for disclosure pseudonyms; hidden and wiped.
pub struct DisclosureKey(Zeroizing<[u8; 32]>);

impl DisclosureKey {
    /// Takes 32 bytes of the operation's pseudonym root.
    #[must_use]
    pub fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// The pseudonym of one record of an entity: HMAC-SHA256 of the canonical key under the entity's key, cut to 16 bytes;
    /// the entity's key is HMAC-SHA256 of its name.
    #[must_use]
    pub fn pseudonym(&self, entity: &str, canonical_key: &[u8]) -> Pseudonym {
        self.of(entity).pseudonym(canonical_key)
    }

    /// What makes the pseudonyms of many records of one entity.
    #[must_use]
    pub fn of(&self, entity: &str) -> EntityPseudonyms {
        // A key of its own for each entity: no (entity, key) can pass for another pair, and most keys take one block.
        let key = Zeroizing::new(Mac::new(&self.0).tag([b"causeway-disclosure/2\0", entity.as_bytes()]));
        EntityPseudonyms(Mac::new(&key))
    }
}

/// Makes the disclosure pseudonyms of one entity's records; hidden.
pub struct EntityPseudonyms(Mac);

impl EntityPseudonyms {
    /// The pseudonym of the record with this canonical key.
    #[must_use]
    pub fn pseudonym(&self, canonical_key: &[u8]) -> Pseudonym {
        self.0.half([canonical_key])
    }
}

impl std::fmt::Debug for DisclosureKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DisclosureKey(hidden)")
    }
}

impl std::fmt::Debug for EntityPseudonyms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("EntityPseudonyms(hidden)")
    }
}

/// Collects a transfer's pseudonyms in any order: about 20 bytes of memory each.
#[derive(Debug)]
pub struct DisclosureSet(Sorted<PSEUDONYM_SIZE>);

impl Default for DisclosureSet {
    fn default() -> Self {
        Self(Sorted::new())
    }
}

impl DisclosureSet {
    /// An empty set.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty set with room for about so many.
    #[must_use]
    pub fn expecting(count: usize) -> Self {
        Self(Sorted::expecting(count))
    }

    /// Adds one; repeated ones count once.
    pub fn add(&mut self, pseudonym: Pseudonym) {
        self.0.add(pseudonym);
    }

    /// Puts them in order, where there is time for that before they are sealed.
    pub fn sort(&mut self) {
        self.0.sort();
    }

    /// Sorts, removes repetitions and seals to the operation; tells how many there are.
    ///
    /// # Errors
    /// A file is in the way or the disk refuses; nothing is left then.
    pub fn seal(mut self, path: &Path, operation: &Recipient) -> Result<u64, PackageError> {
        self.0.sort_once();
        let count = self.0.len();
        seal_entries(path, operation, HEAD, count, self.0.iter())?;
        Ok(count)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]
mod tests;
