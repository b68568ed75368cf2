//! How does the log grow without reading itself? Through its right edge: one hash for each set bit of its size.

use super::{HashSource, Node, NodeId, TreeError, nodes_for_root};
use crate::hash::Hash;

/// The full nodes along the right side of a tree, largest first: all that appending and the root need.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Edge {
    size: u64,
    peaks: Vec<Hash>,
}

impl Edge {
    /// The edge of the tree without leaves.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The edge of the first `size` leaves, from stored nodes.
    ///
    /// # Errors
    /// When the source lacks a node.
    pub fn load(source: &impl HashSource, size: u64) -> Result<Self, TreeError> {
        let peaks = nodes_for_root(size)
            .into_iter()
            .map(|id| source.node(id).ok_or(TreeError::MissingNode { level: id.level, index: id.index }))
            .collect::<Result<_, _>>()?;
        Ok(Self { size, peaks })
    }

    /// How many leaves are in the tree.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Adds a leaf; returns the full nodes that came into being, the leaf first: on average two.
    pub fn append(&mut self, leaf: Hash) -> Vec<Node> {
        let mut id = NodeId { level: 0, index: self.size };
        let mut hash = leaf;
        let mut made = vec![Node { id, hash }];
        // Each odd index closes a pair with the peak on its left, as carrying does in binary addition.
        while id.index % 2 == 1 {
            let Some(left) = self.peaks.pop() else { break };
            hash = Hash::of_node(&left, &hash);
            id = NodeId { level: id.level + 1, index: id.index / 2 };
            made.push(Node { id, hash });
        }
        self.peaks.push(hash);
        self.size += 1;
        made
    }

    /// The root of the tree.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut peaks = self.peaks.iter().rev();
        let Some(&smallest) = peaks.next() else { return Hash::of_nothing() };
        peaks.fold(smallest, |right, left| Hash::of_node(left, &right))
    }
}
