//! What is one event of the log, and which bytes of it are hashed?
//!
//! ## Encoding, version 1
//! Integers are big-endian; a text is its length in bytes (unsigned, 8 bytes), then its UTF-8 bytes.
//!
//! | bytes | what |
//! |---|---|
//! | 16 | `causeway-leaf/1` and a line feed |
//! | 8 | `time_us`, signed: microseconds since 1970-01-01T00:00:00Z |
//! | 8 + n, four times | `actor`, `event`, `subject`, `body` |
//! | 32 | `salt` |
//!
//! Every part has a fixed or a written length, so two different leaves never share an encoding.

use crate::hash::Hash;

/// The first bytes of every encoded leaf.
const VERSION: &[u8; 16] = b"causeway-leaf/1\n";

/// One event: who did what to which thing, when. It holds ids, names, counts, digests and reasons, never a value of
/// a person's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// When, in microseconds since the Unix epoch.
    pub time_us: i64,
    /// Who acted.
    pub actor: String,
    /// What happened.
    pub event: String,
    /// What it happened to.
    pub subject: String,
    /// The particulars, as canonical JSON text, kept byte for byte.
    pub body: String,
    /// Random bytes, so that a leaf's hash does not give away a guessable leaf.
    pub salt: [u8; 32],
}

/// One leaf as it is stored: with its place, and with the hash that was computed when it was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The zero-based place in the log.
    pub index: u64,
    /// The event.
    pub leaf: Leaf,
    /// The leaf hash as stored, which verification does not believe.
    pub hash: Hash,
}

/// Bytes that are not an encoded leaf.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum LeafError {
    /// The first bytes name another format or version.
    #[error("not a leaf of version 1: the first 16 bytes differ from `causeway-leaf/1`")]
    Version,
    /// A length points past the end, or bytes are left over.
    #[error("the leaf's lengths do not add up to its bytes")]
    Length,
    /// A text is not UTF-8.
    #[error("a text of the leaf is not valid UTF-8")]
    Text,
}

impl Leaf {
    /// The bytes that are hashed, as the head of this file tells.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(128 + self.body.len());
        bytes.extend_from_slice(VERSION);
        bytes.extend_from_slice(&self.time_us.to_be_bytes());
        for text in [&self.actor, &self.event, &self.subject, &self.body] {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.extend_from_slice(&self.salt);
        bytes
    }

    /// Reads back what [`Leaf::encode`] wrote, and nothing else.
    ///
    /// # Errors
    /// When the bytes are not exactly one leaf of version 1.
    pub fn decode(bytes: &[u8]) -> Result<Self, LeafError> {
        let mut rest = bytes.strip_prefix(VERSION.as_slice()).ok_or(LeafError::Version)?;
        let time_us = i64::from_be_bytes(take_array(&mut rest)?);
        let actor = take_text(&mut rest)?;
        let event = take_text(&mut rest)?;
        let subject = take_text(&mut rest)?;
        let body = take_text(&mut rest)?;
        let salt = take_array(&mut rest)?;
        if !rest.is_empty() {
            return Err(LeafError::Length);
        }
        Ok(Self { time_us, actor, event, subject, body, salt })
    }

    /// The RFC 6962 hash of the encoding.
    #[must_use]
    pub fn hash(&self) -> Hash {
        Hash::of_leaf(&self.encode())
    }
}

impl Row {
    /// A row as it is first written: its hash computed from its leaf.
    #[must_use]
    pub fn new(index: u64, leaf: Leaf) -> Self {
        let hash = leaf.hash();
        Self { index, leaf, hash }
    }
}

fn take_array<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], LeafError> {
    let (head, tail) = rest.split_first_chunk::<N>().ok_or(LeafError::Length)?;
    *rest = tail;
    Ok(*head)
}

fn take_text(rest: &mut &[u8]) -> Result<String, LeafError> {
    let length = u64::from_be_bytes(take_array(rest)?);
    let length = usize::try_from(length).map_err(|_| LeafError::Length)?;
    let (head, tail) = rest.split_at_checked(length).ok_or(LeafError::Length)?;
    *rest = tail;
    String::from_utf8(head.to_vec()).map_err(|_| LeafError::Text)
}
