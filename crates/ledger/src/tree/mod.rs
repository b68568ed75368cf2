//! How do the leaves hang together? A Merkle tree as in RFC 6962 §2.1, read through stored nodes.
//!
//! A node `(level, index)` is the root of the 2^level leaves that start at `index * 2^level`; only such full nodes are
//! stored, each once, and none ever changes. Everything else (root, proofs) is computed from O(log n) of them.
//! [`Edge`] appends; [`prove`] makes proofs; [`check`] verifies them. A store that reads asynchronously asks
//! [`nodes_for_root`], [`prove::nodes_for_inclusion`] or [`prove::nodes_for_consistency`] which nodes to fetch first.

pub mod check;
mod edge;
mod memory;
pub mod prove;

use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};

pub use edge::Edge;
pub use memory::MemoryTree;

use crate::hash::Hash;

/// The place of a full node: the root of the 2^`level` leaves from `index` * 2^`level` on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId {
    /// Zero for leaves.
    pub level: u8,
    /// Counted from the left within its level.
    pub index: u64,
}

/// A full node with its hash: what a store keeps, forever unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Node {
    /// Where it stands.
    pub id: NodeId,
    /// The hash of the leaves under it.
    pub hash: Hash,
}

/// Where full nodes are read from.
pub trait HashSource {
    /// The hash of a full node, if it is there.
    fn node(&self, id: NodeId) -> Option<Hash>;
}

/// What makes a root or a proof impossible.
#[derive(Debug, thiserror::Error, Clone, PartialEq, Eq)]
pub enum TreeError {
    /// The source lacks a node that the tree of this size must have.
    #[error("the tree lacks node {index} of level {level}: the stored nodes are fewer than the size asked for")]
    MissingNode {
        /// Its level.
        level: u8,
        /// Its index within the level.
        index: u64,
    },
    /// The leaf asked for is not in the tree.
    #[error("leaf {index} is not in a tree of {size} leaves")]
    NoSuchLeaf {
        /// The leaf.
        index: u64,
        /// The tree.
        size: u64,
    },
    /// The older tree is larger than the newer one.
    #[error("a tree of {old} leaves cannot be the beginning of one of {new}")]
    Shrinks {
        /// The size said to be older.
        old: u64,
        /// The size said to be newer.
        new: u64,
    },
}

impl HashSource for HashMap<NodeId, Hash> {
    fn node(&self, id: NodeId) -> Option<Hash> {
        self.get(&id).copied()
    }
}

impl HashSource for BTreeMap<NodeId, Hash> {
    fn node(&self, id: NodeId) -> Option<Hash> {
        self.get(&id).copied()
    }
}

/// The root of the first `size` leaves.
///
/// # Errors
/// When the source lacks a node.
pub fn root(source: &impl HashSource, size: u64) -> Result<Hash, TreeError> {
    Ok(Edge::load(source, size)?.root())
}

/// The full nodes that [`root`] and [`Edge::load`] read: at most 64.
#[must_use]
pub fn nodes_for_root(size: u64) -> Vec<NodeId> {
    let mut start = 0;
    (0..u64::BITS as u8)
        .rev()
        .filter(|level| size & (1 << level) != 0)
        .map(|level| {
            let id = NodeId { level, index: start >> level };
            start += 1 << level;
            id
        })
        .collect()
}

/// The largest power of two below `count`, where RFC 6962 splits `count` ≥ 2 leaves.
fn split(count: u64) -> u64 {
    1 << (count.saturating_sub(1).max(1)).ilog2()
}

/// The hash over leaves `start..end`, `start` on a boundary of the tree. An empty range is the empty tree.
fn range_hash(source: &impl HashSource, start: u64, end: u64) -> Result<Hash, TreeError> {
    let count = end.saturating_sub(start);
    if count == 0 {
        return Ok(Hash::of_nothing());
    }
    if count.is_power_of_two() {
        let level = count.ilog2() as u8;
        let index = start >> level;
        return source.node(NodeId { level, index }).ok_or(TreeError::MissingNode { level, index });
    }
    let middle = start + split(count);
    let left = range_hash(source, start, middle)?;
    let right = range_hash(source, middle, end)?;
    Ok(Hash::of_node(&left, &right))
}

/// A source that has everything and notes what it is asked: it turns a computation into its list of reads.
#[derive(Default)]
struct Wanted(RefCell<Vec<NodeId>>);

impl HashSource for Wanted {
    fn node(&self, id: NodeId) -> Option<Hash> {
        self.0.borrow_mut().push(id);
        Some(Hash([0; 32]))
    }
}
