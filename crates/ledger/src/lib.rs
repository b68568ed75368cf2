//! How does anybody, friend or stranger, prove that our log was not rewritten?
//!
//! The log is a list of [`Leaf`]s under an RFC 6962 Merkle tree ([`tree`]). Its root and size are signed from time to
//! time ([`Checkpoint`], a C2SP signed note), so that a single saved checkpoint pins everything before it. [`verify`]
//! walks a stored log and names the index of the first leaf that is not what it was; [`export`] is the same log as
//! text, which the independent verifier in `verifier/verify_ledger.py` reads too; [`proof`] proves a single leaf.
//!
//! This crate knows bytes only: no database, no clock, no randomness. Whoever appends brings time and salt.

pub mod checkpoint;
pub mod export;
mod hash;
mod key;
mod leaf;
pub mod note;
pub mod proof;
pub mod tree;
pub mod verify;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use hash::{Hash, HashError};
pub use key::{KeyError, SignerKey, VerifierKey};
pub use leaf::{Leaf, LeafError, Row};
pub use verify::{Fault, FaultKind, LogWalk, Tile, Verified, VerifyError, verify_against, verify_log};
