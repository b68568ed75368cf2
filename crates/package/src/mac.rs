//! How is each of millions of short texts tagged under one key?
//!
//! HMAC-SHA256 (RFC 2104), whose two blocks of key are hashed once. A transfer tags every record, and every person
//! several times; where the text fits in a block, a general HMAC spends a third of its time on copying and wiping the
//! buffers that let it take text in pieces of any length. Rounds of SHA-256 are the `sha2` crate's.

use sha2::block_api::compress256;
use zeroize::{Zeroize, ZeroizeOnDrop};

const BLOCK: usize = 64;
/// Where the length of a text stands in its last block.
const LENGTH_AT: usize = BLOCK - size_of::<u64>();
/// The state in which SHA-256 begins (FIPS 180-4, 5.3.3).
const BEGIN: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];

/// HMAC-SHA256 under one key of 32 bytes. Cannot be printed; wiped when it is dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Mac {
    /// SHA-256 after the inner and after the outer block of the key.
    inner: [u32; 8],
    outer: [u32; 8],
}

impl Mac {
    /// Tags under `key`.
    #[must_use]
    pub fn new(key: &[u8; 32]) -> Self {
        let after = |pad: u8| {
            let mut block = [pad; BLOCK];
            block.iter_mut().zip(key).for_each(|(pad, key)| *pad ^= key);
            let mut state = BEGIN;
            compress256(&mut state, &[block]);
            block.zeroize();
            state
        };
        Self { inner: after(0x36), outer: after(0x5c) }
    }

    /// The tag of the text that these pieces are one behind the other.
    #[must_use]
    pub fn tag<'t>(&self, pieces: impl IntoIterator<Item = &'t [u8]>) -> [u8; 32] {
        let mut text = Hash { state: self.inner, block: [0; BLOCK], filled: 0, length: BLOCK as u64 };
        pieces.into_iter().for_each(|piece| text.add(piece));
        let mut outer = Hash { state: self.outer, block: [0; BLOCK], filled: 0, length: BLOCK as u64 };
        outer.add(&text.end());
        outer.end()
    }

    /// The first half of the tag: what names are made of.
    #[must_use]
    pub fn half<'t>(&self, pieces: impl IntoIterator<Item = &'t [u8]>) -> [u8; 16] {
        let mut half = [0; 16];
        half.iter_mut().zip(self.tag(pieces)).for_each(|(to, from)| *to = from);
        half
    }
}

impl std::fmt::Debug for Mac {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mac(hidden)")
    }
}

/// A text that is being hashed.
struct Hash {
    state: [u32; 8],
    block: [u8; BLOCK],
    /// Bytes that wait in the block; fewer than it holds.
    filled: usize,
    /// Bytes so far, with the key's.
    length: u64,
}

impl Hash {
    fn add(&mut self, mut piece: &[u8]) {
        self.length += piece.len() as u64;
        if self.filled > 0 {
            let free = self.block.get_mut(self.filled..).unwrap_or_default();
            let (now, later) = piece.split_at(piece.len().min(free.len()));
            free.iter_mut().zip(now).for_each(|(to, from)| *to = *from);
            self.filled += now.len();
            if self.filled < BLOCK {
                return;
            }
            compress256(&mut self.state, &[self.block]);
            piece = later;
        }
        let (whole, rest) = piece.as_chunks::<BLOCK>();
        if !whole.is_empty() {
            compress256(&mut self.state, whole);
        }
        if let Some(begin) = self.block.get_mut(..rest.len()) {
            begin.copy_from_slice(rest);
        }
        self.filled = rest.len();
    }

    /// Ends the text: a bit, zeros, its length in bits (FIPS 180-4, 5.1.1).
    fn end(mut self) -> [u8; 32] {
        if let Some((end, zeros)) = self.block.get_mut(self.filled..).and_then(<[u8]>::split_first_mut) {
            *end = 0x80;
            zeros.fill(0);
        }
        if self.filled >= LENGTH_AT {
            compress256(&mut self.state, &[self.block]);
            self.block = [0; BLOCK];
        }
        if let Some(length) = self.block.last_chunk_mut() {
            *length = (self.length * 8).to_be_bytes();
        }
        compress256(&mut self.state, &[self.block]);
        let mut hash = [0; 32];
        let words = hash.as_chunks_mut().0;
        words.iter_mut().zip(self.state).for_each(|(to, word)| *to = word.to_be_bytes());
        hash
    }
}

#[cfg(test)]
mod tests {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    use proptest::prelude::*;
    use sha2::Sha256;

    use super::Mac;

    fn of_the_library(key: &[u8; 32], text: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
        mac.update(text);
        mac.finalize().into_bytes().into()
    }

    #[test]
    fn it_is_hmac_sha256_at_every_length_around_a_block() {
        let text: Vec<u8> = (0..=255).collect();
        for length in 0..=200 {
            let text = &text[..length];
            assert_eq!(Mac::new(&[7; 32]).tag([text]), of_the_library(&[7; 32], text), "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn it_is_hmac_sha256_however_the_text_is_cut(
            key: [u8; 32],
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..150), 0..6),
        ) {
            let tag = Mac::new(&key).tag(pieces.iter().map(Vec::as_slice));
            prop_assert_eq!(tag, of_the_library(&key, &pieces.concat()));
        }
    }
}
