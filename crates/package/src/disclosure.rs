//! Who was in a transfer? A set of pseudonyms sealed to the operation, so that a person's question can be answered and
//! nobody who takes the files can ask.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use hmac::Mac;
use zeroize::Zeroizing;

use crate::digest::HmacSha256;
use crate::entropy::keyed;
use crate::error::PackageError;
use crate::files::Unfinished;
use crate::inner::Compression;
use crate::key::{Identities, Recipient};
use crate::stream::{Closed, SealingStream, decrypt};

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
        let mut mac = keyed(&self.0);
        mac.update(b"causeway-disclosure/2\0");
        mac.update(entity.as_bytes());
        let key: Zeroizing<[u8; 32]> = Zeroizing::new(mac.finalize().into_bytes().into());
        EntityPseudonyms(keyed(&key))
    }
}

/// Makes the disclosure pseudonyms of one entity's records; hidden.
pub struct EntityPseudonyms(HmacSha256);

impl EntityPseudonyms {
    /// The pseudonym of the record with this canonical key.
    #[must_use]
    pub fn pseudonym(&self, canonical_key: &[u8]) -> Pseudonym {
        let mut mac = self.0.clone();
        mac.update(canonical_key);
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        let mut pseudonym = [0; PSEUDONYM_SIZE];
        for (to, from) in pseudonym.iter_mut().zip(full) {
            *to = from;
        }
        pseudonym
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
pub struct DisclosureSet {
    /// By first byte, so that no single list is ever moved whole while it grows.
    heaps: Vec<Vec<Pseudonym>>,
}

impl Default for DisclosureSet {
    fn default() -> Self {
        Self { heaps: vec![Vec::new(); 256] }
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
        // Pseudonyms spread evenly: 256 lists are all but equally long.
        let each = count / 256 + count / 4_096 + 64;
        Self { heaps: (0..256).map(|_| Vec::with_capacity(each)).collect() }
    }

    /// Adds one; repeated ones count once.
    pub fn add(&mut self, pseudonym: Pseudonym) {
        let [first, ..] = pseudonym;
        if let Some(heap) = self.heaps.get_mut(usize::from(first)) {
            if heap.len() == heap.capacity() {
                heap.reserve_exact(heap.len() / 2 + 256);
            }
            heap.push(pseudonym);
        }
    }

    /// Sorts, removes repetitions and seals to the operation; tells how many there are.
    ///
    /// # Errors
    /// A file is in the way or the disk refuses; nothing is left then.
    pub fn seal(mut self, path: &Path, operation: &Recipient) -> Result<u64, PackageError> {
        for heap in &mut self.heaps {
            heap.sort_unstable();
            heap.dedup();
        }
        let count = self.heaps.iter().map(|heap| heap.len() as u64).sum::<u64>();
        let mut stream = SealingStream::create(path, std::slice::from_ref(operation), Compression::None)?;
        // CRASH: an unfinished set cannot be read (age ends with a final block); the transfer is made again.
        let mut unfinished = Unfinished::default();
        unfinished.add(path.to_path_buf());
        stream.write(HEAD)?;
        stream.write(&count.to_be_bytes())?;
        for pseudonym in self.heaps.iter().flatten() {
            stream.write(pseudonym)?;
        }
        stream.finish()?;
        unfinished.keep();
        Ok(count)
    }
}

/// Asks a sealed set, decrypting only the blocks that a binary search touches.
pub struct DisclosureReader {
    plain: age::stream::StreamReader<BufReader<File>>,
    count: u64,
    name: String,
}

impl DisclosureReader {
    /// Opens a set and checks that it is whole.
    ///
    /// # Errors
    /// The key does not fit, or the file is damaged or truncated.
    pub fn open(path: &Path, identities: &Identities) -> Result<Self, PackageError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(PackageError::io("read", path))?;
        let mut plain = decrypt(BufReader::new(file), identities).map_err(|closed| closed.of(&name, identities))?;
        let mut head = [0; HEAD.len()];
        let mut count = [0; 8];
        let mut read = || {
            plain.read_exact(&mut head)?;
            plain.read_exact(&mut count)?;
            // Seeking to the end authenticates the last block: a set cut short is found here.
            plain.seek(SeekFrom::End(0))
        };
        let size = read().map_err(damaged(&name))?;
        let count = u64::from_be_bytes(count);
        let expected = count.checked_mul(PSEUDONYM_SIZE as u64).and_then(|body| body.checked_add(HEAD_SIZE));
        if head != *HEAD || expected != Some(size) {
            return Err(damaged(&name)(io::Error::new(io::ErrorKind::InvalidData, "it is not a whole disclosure set")));
        }
        Ok(Self { plain, count, name })
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Whether this record was in the transfer.
    ///
    /// # Errors
    /// The file is damaged.
    pub fn contains(&mut self, wanted: &Pseudonym) -> Result<bool, PackageError> {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low + (high - low) / 2;
            match self.at(middle)?.cmp(wanted) {
                std::cmp::Ordering::Equal => return Ok(true),
                std::cmp::Ordering::Less => low = middle + 1,
                std::cmp::Ordering::Greater => high = middle,
            }
        }
        Ok(false)
    }

    fn at(&mut self, index: u64) -> Result<Pseudonym, PackageError> {
        let mut pseudonym = [0; PSEUDONYM_SIZE];
        let place = HEAD_SIZE + index * PSEUDONYM_SIZE as u64;
        let read = self.plain.seek(SeekFrom::Start(place)).and_then(|_| self.plain.read_exact(&mut pseudonym));
        read.map_err(damaged(&self.name))?;
        Ok(pseudonym)
    }
}

impl std::fmt::Debug for DisclosureReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DisclosureReader({}, {})", self.name, self.count)
    }
}

fn damaged(name: &str) -> impl FnOnce(io::Error) -> PackageError + use<> {
    let part = name.to_owned();
    move |source| PackageError::PartUnreadable { part, source }
}

impl Closed {
    /// The error for a file that is sealed to ourselves.
    pub(crate) fn of(self, name: &str, identities: &Identities) -> PackageError {
        match self {
            Self::NoKey => PackageError::WrongKey {
                part: name.to_owned(),
                sealed_to: "the operation's key".to_owned(),
                given: identities.key_ids(),
            },
            Self::Damaged(source) => damaged(name)(source),
        }
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
mod tests {
    use super::*;
    use crate::key::Identity;

    #[test]
    fn every_member_is_found_and_nobody_else() {
        let dir = tempfile::tempdir().unwrap();
        let identity = Identity::generate();
        let recipient = identity.recipient();
        let identities = Identities::new(vec![identity]);
        let key = DisclosureKey::new([4; 32]);
        for people in [0_u64, 1, 2, 5000] {
            let path = dir.path().join(format!("set-{people}.age"));
            let mut set = DisclosureSet::new();
            for number in (0..people).rev().chain(0..people.min(3)) {
                set.add(key.pseudonym("individual", &number.to_be_bytes()));
            }
            assert_eq!(set.seal(&path, &recipient).unwrap(), people, "repeated ones count once");
            let mut reader = DisclosureReader::open(&path, &identities).unwrap();
            assert_eq!((reader.len(), reader.is_empty()), (people, people == 0));
            for number in (0..people).step_by(97) {
                assert!(reader.contains(&key.pseudonym("individual", &number.to_be_bytes())).unwrap());
                assert!(!reader.contains(&key.pseudonym("household", &number.to_be_bytes())).unwrap());
            }
            assert!(!reader.contains(&key.pseudonym("individual", &people.to_be_bytes())).unwrap());
        }
    }

    #[test]
    fn entity_and_key_cannot_be_shifted_into_each_other() {
        let key = DisclosureKey::new([4; 32]);
        assert_ne!(key.pseudonym("case", b"file7"), key.pseudonym("casefile", b"7"));
        assert_ne!(key.pseudonym("case", b"7"), DisclosureKey::new([5; 32]).pseudonym("case", b"7"));
    }

    #[test]
    fn a_set_cut_short_or_of_another_key_does_not_answer() {
        let dir = tempfile::tempdir().unwrap();
        let identity = Identity::generate();
        let path = dir.path().join("set.age");
        let key = DisclosureKey::new([4; 32]);
        let mut set = DisclosureSet::new();
        (0..9000_u32).for_each(|number| set.add(key.pseudonym("individual", &number.to_be_bytes())));
        set.seal(&path, &identity.recipient()).unwrap();
        let identities = Identities::new(vec![identity]);
        let other = Identities::new(vec![Identity::generate()]);
        assert!(matches!(DisclosureReader::open(&path, &other), Err(PackageError::WrongKey { .. })));
        let bytes = std::fs::read(&path).unwrap();
        // On a block boundary of the ciphertext, where cutting is hardest to see.
        let header = bytes.windows(5).position(|window| window == b"\n--- ").unwrap() + 5 + 44 + 16;
        for length in [bytes.len() - 1, header + 65_552, header] {
            std::fs::write(&path, &bytes[..length]).unwrap();
            assert!(matches!(DisclosureReader::open(&path, &identities), Err(PackageError::PartUnreadable { .. })));
        }
    }
}
