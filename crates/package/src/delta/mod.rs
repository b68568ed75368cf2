//! How does a partner's copy follow what is shared, without everything being sent again?
//!
//! An exchange that says so is sent as *states*: a full package is a state whole, a delta is what differs from an earlier one that
//! the partner confirmed. What a record is called and what it holds are compared by keyed digests; no timestamp takes part.
//!
//! - [`compare`] judges each record on its way into a package, and knows in the end what is gone.
//! - [`set`] is what the sender keeps of a state: sealed to itself, without a value.
//! - [`manifest`] is what the inner manifest says of it.
//! - [`apply`](mod@apply) is the partner's side: it rebuilds the state and refuses what does not follow from what it holds.

pub mod apply;
pub mod compare;
pub mod held;
pub mod manifest;
pub mod set;
#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]
mod tests;

use zeroize::Zeroizing;

use crate::canonical::CELL_SEPARATOR;
use crate::digest::RecordDigest;
use crate::inner::Hidden;
use crate::mac::Mac;

pub use apply::{Applied, Signed, apply};
pub use compare::{Compared, Comparison, Judged, Unnamed, Verdict};
pub use manifest::{BaseRef, Delta, DeltaKind, RemovalReason, Removed, StateDigest};
pub use set::{Base, Kept};

/// Bytes of a tag.
pub const TAG_SIZE: usize = 16;

/// What a record is called among those who hold it: HMAC-SHA256 of the cells that name it, cut to 16 bytes.
pub type Tag = [u8; TAG_SIZE];

/// The two keys of an exchange's states: one for what records are called, one for what they hold. The partner has both.
pub struct StateKey {
    tag: Zeroizing<[u8; 32]>,
    digest: Zeroizing<[u8; 32]>,
}

impl StateKey {
    /// Derives both from 32 bytes that belong to one exchange and partner.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        let derive = |label: &[u8]| Zeroizing::new(Mac::new(&seed).tag([label]));
        Self { tag: derive(b"causeway-state/1 tag"), digest: derive(b"causeway-state/1 digest") }
    }

    /// Takes both as a manifest writes them, in hex.
    #[must_use]
    pub fn from_hex(tag: &str, digest: &str) -> Option<Self> {
        let read = |hex: &str| {
            let mut bytes = Zeroizing::new([0_u8; 32]);
            hex::decode_to_slice(hex, bytes.as_mut_slice()).ok().map(|()| bytes)
        };
        Some(Self { tag: read(tag)?, digest: read(digest)? })
    }

    /// What tells this key from others without showing it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut print = hex::encode(Mac::new(&self.digest).tag([b"causeway-state/1 fingerprint".as_slice()]));
        print.truncate(32);
        print
    }

    /// The key of tags, in hex.
    pub(crate) fn tag_key(&self) -> Hidden {
        Hidden::new(hex::encode(self.tag.as_slice()))
    }

    /// The key of digests.
    pub(crate) fn digest_key(&self) -> Zeroizing<[u8; 32]> {
        self.digest.clone()
    }

    /// The digest of no records.
    #[must_use]
    pub fn digest(&self) -> RecordDigest {
        RecordDigest::new(&self.digest)
    }

    /// What names records by the cells at these places.
    #[must_use]
    pub fn tags(&self, places: Vec<usize>) -> Tags {
        Tags { mac: Mac::new(&self.tag), places }
    }
}

impl std::fmt::Debug for StateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StateKey(hidden)")
    }
}

/// Names records.
#[derive(Clone)]
pub struct Tags {
    mac: Mac,
    places: Vec<usize>,
}

impl Tags {
    /// The tag of a record by its canonical bytes ([`crate::canonical`]); none where every cell that names it is empty.
    #[must_use]
    pub fn of(&self, canonical: &[u8]) -> Option<Tag> {
        if self.cells(canonical).all(<[u8]>::is_empty) {
            return None;
        }
        let separator = |at| if at > 0 { &[CELL_SEPARATOR][..] } else { &[] };
        let pieces = self.cells(canonical).enumerate().flat_map(|(at, cell)| [separator(at), cell]);
        Some(self.mac.half(pieces))
    }

    /// The cells that name a record, in the order of the key.
    pub(crate) fn cells<'c>(&'c self, canonical: &'c [u8]) -> impl Iterator<Item = &'c [u8]> {
        let cell = |place: &usize| canonical.split(|byte| *byte == CELL_SEPARATOR).nth(*place).unwrap_or_default();
        self.places.iter().map(cell)
    }
}

impl std::fmt::Debug for Tags {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Tags(of cells {:?})", self.places)
    }
}
