//! Where does a tree live that nobody stores? In memory, for tests, small logs and verifiers.

use super::prove::{consistency_proof, inclusion_proof};
use super::{Edge, HashSource, Node, NodeId, TreeError, root};
use crate::hash::Hash;

/// A whole tree in memory, about 64 bytes a leaf.
#[derive(Debug, Clone, Default)]
pub struct MemoryTree {
    edge: Edge,
    levels: Vec<Vec<Hash>>,
}

impl MemoryTree {
    /// The tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a leaf hash; returns the full nodes that came into being.
    pub fn append(&mut self, leaf: Hash) -> Vec<Node> {
        let made = self.edge.append(leaf);
        for node in &made {
            // Nodes of a level come into being from left to right, so that each is pushed at its own index.
            match self.levels.get_mut(usize::from(node.id.level)) {
                Some(level) => level.push(node.hash),
                None => self.levels.push(vec![node.hash]),
            }
        }
        made
    }

    /// How many leaves are in the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The root of the first `size` leaves.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn root(&self, size: u64) -> Result<Hash, TreeError> {
        root(self, size)
    }

    /// See [`inclusion_proof`].
    ///
    /// # Errors
    /// When the leaf is not in the first `size`, or these are not in the tree.
    pub fn inclusion_proof(&self, index: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
        inclusion_proof(self, index, size)
    }

    /// See [`consistency_proof`].
    ///
    /// # Errors
    /// When `old` exceeds `new`, or `new` the tree.
    pub fn consistency_proof(&self, old: u64, new: u64) -> Result<Vec<Hash>, TreeError> {
        consistency_proof(self, old, new)
    }
}

impl HashSource for MemoryTree {
    fn node(&self, id: NodeId) -> Option<Hash> {
        self.levels.get(usize::from(id.level))?.get(usize::try_from(id.index).ok()?).copied()
    }
}

impl FromIterator<Hash> for MemoryTree {
    fn from_iter<I: IntoIterator<Item = Hash>>(leaves: I) -> Self {
        let mut tree = Self::new();
        for leaf in leaves {
            tree.append(leaf);
        }
        tree
    }
}
