//! Which hashes convince someone who has only a root? The audit path (RFC 6962 §2.1.1) and the consistency proof (§2.1.2).

use super::{HashSource, NodeId, TreeError, Wanted, range_hash, split};
use crate::hash::Hash;

/// The audit path of leaf `index` in the tree of the first `size` leaves, from its sibling up.
///
/// # Errors
/// When the leaf is not in that tree, or the source lacks a node.
pub fn inclusion_proof(source: &impl HashSource, index: u64, size: u64) -> Result<Vec<Hash>, TreeError> {
    if index >= size {
        return Err(TreeError::NoSuchLeaf { index, size });
    }
    let (mut start, mut end) = (0, size);
    let mut path = Vec::new();
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            path.push(range_hash(source, middle, end)?);
            end = middle;
        } else {
            path.push(range_hash(source, start, middle)?);
            start = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// The proof that the first `old` leaves are the beginning of the first `new` ones.
///
/// Empty when nothing has to be shown: `old` is zero or equals `new`.
///
/// # Errors
/// When `old` exceeds `new`, or the source lacks a node.
pub fn consistency_proof(source: &impl HashSource, old: u64, new: u64) -> Result<Vec<Hash>, TreeError> {
    if old > new {
        return Err(TreeError::Shrinks { old, new });
    }
    if old == 0 || old == new {
        return Ok(Vec::new());
    }
    let (mut start, mut end) = (0, new);
    let mut path = Vec::new();
    // Walk down the right side of the old tree; `start..end` always holds its last leaf.
    while old != end {
        let middle = start + split(end - start);
        if old <= middle {
            path.push(range_hash(source, middle, end)?);
            end = middle;
        } else {
            path.push(range_hash(source, start, middle)?);
            start = middle;
        }
    }
    // The old root itself is known to the verifier and left out; any other subtree must be told.
    if start != 0 {
        path.push(range_hash(source, start, end)?);
    }
    path.reverse();
    Ok(path)
}

/// The full nodes that [`inclusion_proof`] reads.
///
/// # Errors
/// When the leaf is not in that tree.
pub fn nodes_for_inclusion(index: u64, size: u64) -> Result<Vec<NodeId>, TreeError> {
    let wanted = Wanted::default();
    inclusion_proof(&wanted, index, size)?;
    Ok(wanted.0.into_inner())
}

/// The full nodes that [`consistency_proof`] reads.
///
/// # Errors
/// When `old` exceeds `new`.
pub fn nodes_for_consistency(old: u64, new: u64) -> Result<Vec<NodeId>, TreeError> {
    let wanted = Wanted::default();
    consistency_proof(&wanted, old, new)?;
    Ok(wanted.0.into_inner())
}
