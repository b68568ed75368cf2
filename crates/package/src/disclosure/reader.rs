//! Is this person in a sealed set? Asked by decrypting as little of it as can be trusted.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use zeroize::Zeroizing;

use super::{HEAD, HEAD_SIZE, PSEUDONYM_SIZE, Pseudonym};
use crate::error::PackageError;
use crate::key::Identities;
use crate::stream::{Closed, decrypt_by};

/// Bytes that age encrypts together: what is decrypted at least, whatever is asked.
const BLOCK: u64 = 65_536;
const ENTRY: u64 = PSEUDONYM_SIZE as u64;
/// Entries of a block. The head is as long as two entries, so that none lies in two blocks.
const ENTRIES: u64 = BLOCK / ENTRY;
const HEAD_ENTRIES: u64 = HEAD_SIZE / ENTRY;
/// Guesses by proportion before the rest is halved: pseudonyms are evenly spread, and one guess is nearly always right.
const GUESSES: u32 = 4;

type Plain = age::stream::StreamReader<BufReader<File>>;

/// Asks a sealed set, decrypting its first, its last and the blocks in which the answer lies: three, nearly always.
pub struct DisclosureReader {
    plain: Plain,
    count: u64,
    name: String,
    block: Zeroizing<Vec<u8>>,
    /// Which block that is: none is decrypted twice in a row.
    held: Option<u64>,
}

impl DisclosureReader {
    /// Opens a set and checks that it is whole.
    ///
    /// # Errors
    /// The key does not fit, or the file is damaged or truncated.
    pub fn open(path: &Path, identities: &Identities) -> Result<Self, PackageError> {
        let file = File::open(path).map_err(PackageError::io("read", path))?;
        Self::first(path, file, identities.as_age(), identities)
    }

    /// Opens a set and checks that it is whole, with whatever unwraps its key.
    pub(super) fn first<'i>(
        path: &Path,
        file: File,
        keys: impl Iterator<Item = &'i dyn age::Identity>,
        identities: &Identities,
    ) -> Result<Self, PackageError> {
        let name = path.display().to_string();
        let mut plain = begin(&name, file, keys, identities)?;
        let mut head = [0; HEAD.len()];
        let mut count = [0; 8];
        plain.read_exact(&mut head).and_then(|()| plain.read_exact(&mut count)).map_err(damaged(&name))?;
        let count = u64::from_be_bytes(count);
        let size = count.checked_mul(ENTRY).and_then(|body| body.checked_add(HEAD_SIZE));
        let size =
            size.and_then(|size| i64::try_from(size).ok()).filter(|_| head == *HEAD).ok_or_else(|| odd(&name))?;
        // Counting from the end authenticates the last block: a set cut short is found here. Of the right size, its beginning is
        // where we are.
        match plain.seek(SeekFrom::End(-size)) {
            Ok(0) => Ok(Self::over(plain, count, name)),
            Ok(_) => Err(odd(&name)),
            Err(source) => Err(damaged(&name)(source)),
        }
    }

    /// Opens a set that was seen to be whole, of so many, and has not changed since.
    pub(super) fn again<'i>(
        path: &Path,
        file: File,
        keys: impl Iterator<Item = &'i dyn age::Identity>,
        identities: &Identities,
        count: u64,
    ) -> Result<Self, PackageError> {
        let name = path.display().to_string();
        Ok(Self::over(begin(&name, file, keys, identities)?, count, name))
    }

    fn over(plain: Plain, count: u64, name: String) -> Self {
        Self { plain, count, name, block: Zeroizing::new(Vec::new()), held: None }
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
        let wanted = u128::from_be_bytes(*wanted);
        let at = self.position(wanted)?;
        Ok(at < self.count && self.at(at)? == wanted)
    }

    /// Hands over every member that is `from` or greater and less than `below`, in order; to the end if that is absent.
    ///
    /// # Errors
    /// The file is damaged, or its members are not in order.
    pub fn between(&mut self, from: u128, below: Option<u128>, mut each: impl FnMut(u128)) -> Result<(), PackageError> {
        let mut at = self.position(from)?;
        let mut last = None;
        while at < self.count {
            let number = block_of(at);
            let (first, end) = (first_of(number), self.end_of(number));
            self.read(number)?;
            for entry in at..end {
                let member = self.entry(entry - first)?;
                if below.is_some_and(|below| member >= below) {
                    return Ok(());
                }
                if last.is_some_and(|last| last >= member) {
                    return Err(odd(&self.name));
                }
                last = Some(member);
                each(member);
            }
            at = end;
        }
        Ok(())
    }

    /// Index of the first member that is `wanted` or greater.
    fn position(&mut self, wanted: u128) -> Result<u64, PackageError> {
        // Before `low` everything is less, from `high` on nothing is.
        let (mut low, mut high) = (0, self.count);
        let (mut least, mut most) = (0_u128, u128::MAX);
        let mut guesses = 0;
        while low < high {
            let guess = if guesses < GUESSES {
                low + proportion(wanted.saturating_sub(least), most - least, high - low)
            } else {
                low + (high - low) / 2
            };
            guesses += 1;
            let number = block_of(guess.min(high - 1));
            let (first, end) = (first_of(number).max(low), self.end_of(number).min(high));
            self.read(number)?;
            let base = first_of(number);
            let (one, other) = (self.entry(first - base)?, self.entry(end - 1 - base)?);
            if wanted <= one {
                (high, most) = (first, one);
            } else if wanted > other {
                (low, least) = (end, other);
            } else {
                return self.within(first, end, base, wanted);
            }
        }
        Ok(low)
    }

    /// The same within the block that was read last, of which the last entry is not less.
    fn within(&self, mut low: u64, mut high: u64, base: u64, wanted: u128) -> Result<u64, PackageError> {
        while low < high {
            let middle = low + (high - low) / 2;
            if self.entry(middle - base)? < wanted {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        Ok(low)
    }

    fn at(&mut self, index: u64) -> Result<u128, PackageError> {
        let number = block_of(index);
        self.read(number)?;
        self.entry(index - first_of(number))
    }

    /// Index behind the last entry of a block.
    fn end_of(&self, number: u64) -> u64 {
        (first_of(number) + entries_of(number)).min(self.count)
    }

    /// Reads the entries of a block, unless it was read last.
    fn read(&mut self, number: u64) -> Result<(), PackageError> {
        if self.held == Some(number) {
            return Ok(());
        }
        self.held = None;
        let first = first_of(number);
        let length = ((self.end_of(number) - first) * ENTRY) as usize;
        self.block.resize(length, 0);
        let place = HEAD_SIZE + first * ENTRY;
        // By way of its second byte: a seek to the first of a block would have age authenticate the end of the file besides.
        let steps = [SeekFrom::Start(place + 1), SeekFrom::Start(place)];
        let read = steps.into_iter().try_for_each(|step| self.plain.seek(step).map(|_| ()));
        read.and_then(|()| self.plain.read_exact(&mut self.block)).map_err(damaged(&self.name))?;
        self.held = Some(number);
        Ok(())
    }

    /// Entry of the block that was read last.
    fn entry(&self, at: u64) -> Result<u128, PackageError> {
        let from = (at * ENTRY) as usize;
        let bytes = self.block.get(from..from + PSEUDONYM_SIZE).and_then(|bytes| bytes.try_into().ok());
        bytes.map(u128::from_be_bytes).ok_or_else(|| odd(&self.name))
    }
}

/// The plaintext of a set.
fn begin<'i>(
    name: &str,
    file: File,
    keys: impl Iterator<Item = &'i dyn age::Identity>,
    identities: &Identities,
) -> Result<Plain, PackageError> {
    // The buffer is for age's header alone: blocks are longer than it and go past it.
    decrypt_by(BufReader::with_capacity(512, file), keys).map_err(|closed| match closed {
        Closed::Damaged(source) => damaged(name)(source),
        closed => closed.of(name, identities),
    })
}

/// Block in which an entry stands.
fn block_of(entry: u64) -> u64 {
    (entry + HEAD_ENTRIES) / ENTRIES
}

/// First entry of a block.
fn first_of(number: u64) -> u64 {
    (number * ENTRIES).saturating_sub(HEAD_ENTRIES)
}

/// How many entries a whole block has: the first has fewer.
fn entries_of(number: u64) -> u64 {
    if number == 0 { ENTRIES - HEAD_ENTRIES } else { ENTRIES }
}

/// `of` times `part` in `whole`, by the 64 bits that matter.
fn proportion(part: u128, whole: u128, of: u64) -> u64 {
    let shift = (128 - whole.leading_zeros()).saturating_sub(64);
    let (part, whole) = (part >> shift, (whole >> shift).max(1));
    u64::try_from(part.min(whole) * u128::from(of) / whole).unwrap_or(of)
}

impl std::fmt::Debug for DisclosureReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "DisclosureReader({}, {})", self.name, self.count)
    }
}

fn odd(name: &str) -> PackageError {
    damaged(name)(io::Error::new(io::ErrorKind::InvalidData, "it is not a whole disclosure set"))
}

fn damaged(name: &str) -> impl FnOnce(io::Error) -> PackageError + use<> {
    let set = name.to_owned();
    move |source| PackageError::SetUnreadable { set, source }
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
            Self::Damaged(source) => PackageError::PartUnreadable { part: name.to_owned(), source },
        }
    }
}
