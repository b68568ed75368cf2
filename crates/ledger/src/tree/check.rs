//! Does a proof hold? The two algorithms of RFC 9162 §2.1.3.2 and §2.1.4.2, over nothing but the proof and the roots.

use crate::hash::Hash;

/// Why a proof does not hold.
#[derive(Debug, thiserror::Error, Clone, Copy, PartialEq, Eq)]
pub enum ProofFault {
    /// The leaf's index is not below the tree's size, or the old size exceeds the new.
    #[error("the sizes of the proof are impossible")]
    Sizes,
    /// Too few or too many hashes.
    #[error("the proof has the wrong number of hashes")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// Whether `path` shows that `leaf` stands at `index` in the tree of `size` leaves with this `root`.
///
/// # Errors
/// When it does not.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, root: &Hash, path: &[Hash]) -> Result<(), ProofFault> {
    if index >= size {
        return Err(ProofFault::Sizes);
    }
    let (mut place, mut last) = (index, size - 1);
    let mut hash = *leaf;
    for sibling in path {
        if last == 0 {
            return Err(ProofFault::Length);
        }
        if place % 2 == 1 || place == last {
            hash = Hash::of_node(sibling, &hash);
            while place != 0 && place.is_multiple_of(2) {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = Hash::of_node(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofFault::Length);
    }
    if hash == *root { Ok(()) } else { Err(ProofFault::Root) }
}

/// Whether `path` shows that the tree of `old` leaves with `old_root` is the beginning of that of `new` with `new_root`.
///
/// # Errors
/// When it does not.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    path: &[Hash],
) -> Result<(), ProofFault> {
    if old > new {
        return Err(ProofFault::Sizes);
    }
    if old == 0 || old == new {
        let expected = if old == 0 { Hash::of_nothing() } else { *new_root };
        return match path {
            [] if *old_root == expected => Ok(()),
            [] => Err(ProofFault::Root),
            _ => Err(ProofFault::Length),
        };
    }
    // A full old tree is a node of the new one: its root, left out of the proof, is where both climbs begin.
    let (first, rest) = if old.is_power_of_two() {
        (*old_root, path)
    } else {
        let (first, rest) = path.split_first().ok_or(ProofFault::Length)?;
        (*first, rest)
    };
    let mut place = old - 1;
    let mut last = new - 1;
    let shift = place.trailing_ones();
    place >>= shift;
    last >>= shift;
    let (mut old_hash, mut new_hash) = (first, first);
    for sibling in rest {
        if last == 0 {
            return Err(ProofFault::Length);
        }
        if place % 2 == 1 || place == last {
            old_hash = Hash::of_node(sibling, &old_hash);
            new_hash = Hash::of_node(sibling, &new_hash);
            while place != 0 && place.is_multiple_of(2) {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = Hash::of_node(&new_hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofFault::Length);
    }
    if old_hash == *old_root && new_hash == *new_root { Ok(()) } else { Err(ProofFault::Root) }
}
