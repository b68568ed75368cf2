//! What does the sender keep of a state? Of each record its tag and half its digest, in order, sealed to itself.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::Tag;
use super::compare::tag_of;
use crate::error::PackageError;
use crate::key::{Identities, Recipient};
use crate::sorted::{Sorted, seal_entries};
use crate::stream::{Closed, decrypt};

/// Bytes of an entry: a tag, and the first bytes of a digest.
pub(super) const ENTRY_SIZE: usize = 32;
const HEAD: &[u8; 24] = b"causeway-state-set/1\0\0\0\0";

/// Entries that are read together.
const TOGETHER: usize = 2_048;

pub(super) type Entry = [u8; ENTRY_SIZE];

/// What must be true of a set, from where it cannot be changed with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// How many records it has.
    pub count: u64,
    /// SHA-256 of all that was sealed.
    pub sha256: String,
}

/// A state to compare with: 32 bytes a record.
#[derive(Debug, Default)]
pub struct Base {
    entries: Vec<Entry>,
    /// Where entries begin whose first two bytes are so or more.
    starts: Vec<u32>,
}

impl Base {
    /// Nobody: what is compared with it is new.
    #[must_use]
    pub fn nobody() -> Self {
        Self::default()
    }

    /// Reads a set, and holds it to what is known of it.
    ///
    /// # Errors
    /// It is absent, damaged, of another key, or not the one that was kept.
    pub fn read(path: &Path, identities: &Identities, kept: &Kept) -> Result<Self, PackageError> {
        let name = path.display().to_string();
        let file = File::open(path).map_err(PackageError::io("read", path))?;
        let plain = decrypt(BufReader::new(file), identities).map_err(|closed: Closed| closed.of(&name, identities))?;
        let read = || -> io::Result<Option<Vec<Entry>>> {
            let mut plain = Hashed { plain, hash: Sha256::new() };
            let mut head = [0; HEAD.len()];
            let mut count = [0; 8];
            plain.read_exact(&mut head)?;
            plain.read_exact(&mut count)?;
            if head != *HEAD || u64::from_be_bytes(count) != kept.count {
                return Ok(None);
            }
            // What is promised is only believed as far as it is there: room is made as it comes.
            let mut entries: Vec<Entry> = Vec::new();
            let mut buffer = vec![0; TOGETHER * ENTRY_SIZE];
            loop {
                let read = plain.fill(&mut buffer)?;
                let (whole, rest) = buffer.get(..read).unwrap_or_default().as_chunks::<ENTRY_SIZE>();
                entries.extend_from_slice(whole);
                if !rest.is_empty() || entries.len() as u64 > kept.count {
                    return Ok(None);
                }
                if read < buffer.len() {
                    break;
                }
            }
            let right = entries.len() as u64 == kept.count && hex::encode(plain.hash.finalize()) == kept.sha256;
            Ok(Some(entries).filter(|_| right))
        };
        let odd = || io::Error::new(io::ErrorKind::InvalidData, "it is not the state that was sealed");
        let unreadable = |source| PackageError::StateSetUnreadable { set: name.clone(), source };
        let entries = read().map_err(unreadable)?.ok_or_else(|| unreadable(odd()))?;
        let ascending = entries.iter().zip(entries.iter().skip(1)).all(|(one, next)| tag_of(one) < tag_of(next));
        if ascending { Ok(Self::of(entries)) } else { Err(unreadable(odd())) }
    }

    /// Over entries in order.
    pub(super) fn of(entries: Vec<Entry>) -> Self {
        let mut starts = vec![0_u32; 65_537];
        for entry in &entries {
            if let Some(count) = starts.get_mut(bucket(&tag_of(entry)) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        Self { entries, starts }
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Where the record of this tag stands.
    pub(super) fn find(&self, tag: &Tag) -> Option<usize> {
        let Some([from, to, ..]) = self.starts.get(bucket(tag)..) else { return None };
        let (from, to) = (*from as usize, *to as usize);
        let among = self.entries.get(from..to)?;
        among.binary_search_by(|entry| tag_of(entry).cmp(tag)).ok().map(|at| from + at)
    }

    /// Puts an entry of the same tag in the place of another; whether it holds something else.
    pub(super) fn replace(&mut self, at: usize, entry: Entry) -> bool {
        match self.entries.get_mut(at) {
            Some(before) if *before != entry => {
                *before = entry;
                true
            }
            _ => false,
        }
    }
}

/// The set of a state that was compared, to be sealed.
#[derive(Debug)]
pub struct StateSet {
    pub(super) base: Base,
    pub(super) seen: Vec<u64>,
    pub(super) added: Sorted<ENTRY_SIZE>,
    pub(super) count: u64,
}

impl StateSet {
    /// Seals it to the operation: the base without who is gone and the new ones, merged in one pass.
    ///
    /// # Errors
    /// A file is in the way or the disk refuses; nothing is left then.
    pub fn seal(self, path: &Path, operation: &Recipient) -> Result<Kept, PackageError> {
        let sha256 = seal_entries(path, operation, HEAD, self.count, self.merged())?;
        Ok(Kept { count: self.count, sha256 })
    }

    fn merged(&self) -> impl Iterator<Item = &Entry> {
        let (mut stayed, mut added) = (self.by(true).peekable(), self.added.iter().peekable());
        std::iter::from_fn(move || match (stayed.peek(), added.peek()) {
            (Some(one), Some(other)) if tag_of(one) < tag_of(other) => stayed.next(),
            (_, Some(_)) => added.next(),
            (_, None) => stayed.next(),
        })
    }

    /// Of the base, who was not seen again.
    pub(super) fn unseen(&self) -> impl Iterator<Item = &Entry> {
        self.by(false)
    }

    fn by(&self, seen: bool) -> impl Iterator<Item = &Entry> {
        let was = move |at: usize| self.seen.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1);
        self.base.entries.iter().enumerate().filter(move |(at, _)| was(*at) == seen).map(|(_, entry)| entry)
    }

    #[cfg(test)]
    pub(super) fn entries(&self) -> Vec<Entry> {
        self.merged().copied().collect()
    }
}

/// A reader that hashes what passes.
struct Hashed<R> {
    plain: R,
    hash: Sha256,
}

impl<R: Read> Hashed<R> {
    /// Reads until the buffer is full or there is no more.
    fn fill(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while let Some(rest) = buffer.get_mut(filled..).filter(|rest| !rest.is_empty()) {
            match self.read(rest) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.plain.read(buffer)?;
        self.hash.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

fn bucket(tag: &Tag) -> usize {
    let [first, second, ..] = tag;
    usize::from(u16::from_be_bytes([*first, *second]))
}
