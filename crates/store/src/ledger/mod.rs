//! How does a committed event become part of a log that cannot be rewritten, and how is that log read?
//!
//! A change leaves a pending leaf in its own transaction; [`Store::sequence`](crate::Store::sequence), the one
//! sequencer, moves pending leaves into the tree and signs; [`LedgerSnapshot`] reads the log as it stood at one moment,
//! however long the reading takes.

mod read;
mod sequence;
mod snapshot;
pub(crate) mod tree;

pub(crate) use sequence::Grown;
pub use snapshot::LedgerSnapshot;
