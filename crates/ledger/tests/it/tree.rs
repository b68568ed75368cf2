//! Do our tree and proofs agree with another implementation, and do false proofs fail?

use causeway_ledger::Hash;
use causeway_ledger::tree::check::{verify_consistency, verify_inclusion};
use causeway_ledger::tree::prove::{consistency_proof, inclusion_proof, nodes_for_consistency, nodes_for_inclusion};
use causeway_ledger::tree::{Edge, HashSource as _, MemoryTree, NodeId, nodes_for_root, root};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;
use std::collections::HashMap;

type Oracle = MemoryBackedTree<Sha256, Vec<u8>>;

fn both(size: u64) -> (MemoryTree, Oracle) {
    let (mut ours, mut theirs) = (MemoryTree::new(), Oracle::new());
    for number in 0..size {
        let leaf = number.to_le_bytes().to_vec();
        ours.append(Hash::of_leaf(&leaf));
        theirs.push(leaf);
    }
    (ours, theirs)
}

fn leaf_hash(index: u64) -> Hash {
    Hash::of_leaf(&index.to_le_bytes())
}

fn concatenated(path: &[Hash]) -> Vec<u8> {
    path.iter().flat_map(|hash| hash.0).collect()
}

#[test]
fn every_small_tree_agrees_with_the_oracle() {
    for size in 1..=40 {
        let (ours, theirs) = both(size);
        let root = ours.root(size).unwrap();
        assert_eq!(root.0.as_slice(), theirs.root().as_bytes().as_slice());
        for index in 0..size {
            let path = ours.inclusion_proof(index, size).unwrap();
            assert_eq!(concatenated(&path), theirs.prove_inclusion(index.try_into().unwrap()).as_bytes());
            verify_inclusion(&leaf_hash(index), index, size, &root, &path).unwrap();
        }
        for old in 1..=size {
            let path = ours.consistency_proof(old, size).unwrap();
            if old < size {
                let added = usize::try_from(size - old).unwrap();
                assert_eq!(concatenated(&path), theirs.prove_consistency(added).as_bytes(), "{old} in {size}");
            }
            let then = ours.root(old).unwrap();
            verify_consistency(old, size, &then, &root, &path).unwrap();
            let wrong = leaf_hash(99);
            assert!(verify_consistency(old, size, &wrong, &root, &path).is_err());
            assert!(verify_consistency(old, size, &then, &wrong, &path).is_err());
        }
    }
}

#[test]
fn a_proof_beyond_the_tree_is_refused() {
    let (tree, _) = both(6);
    assert!(tree.inclusion_proof(6, 6).is_err());
    assert!(tree.inclusion_proof(0, 7).is_err());
    assert!(tree.consistency_proof(5, 4).is_err());
    assert!(tree.root(9).is_err());
    assert!(verify_inclusion(&leaf_hash(0), 3, 3, &leaf_hash(0), &[]).is_err());
}

#[test]
fn appending_reads_and_makes_few_nodes() {
    let (tree, _) = both(1000);
    let mut made = 0;
    let mut edge = Edge::new();
    for index in 0..1000 {
        let nodes = edge.append(leaf_hash(index));
        assert!(nodes.len() <= 11);
        assert!(nodes.iter().all(|node| tree.node(node.id) == Some(node.hash)));
        made += nodes.len();
    }
    assert!(made < 2000);
    assert_eq!(nodes_for_root(1000).len(), 6);
    assert_eq!(Edge::load(&tree, 1000).unwrap(), edge);
}

proptest! {
    #[test]
    fn larger_trees_agree_with_the_oracle(size in 1_u64..1200, at in 0.0..1.0_f64, flipped: u8) {
        let (ours, theirs) = both(size);
        let index = ((size as f64) * at) as u64;
        let root_now = ours.root(size).unwrap();
        prop_assert!(root_now.0.as_slice() == theirs.root().as_bytes().as_slice());

        let path = ours.inclusion_proof(index, size).unwrap();
        let oracle = theirs.prove_inclusion(index.try_into().unwrap());
        prop_assert_eq!(concatenated(&path), oracle.as_bytes());
        prop_assert!(path.len() <= 11);
        let check = |leaf, index, size, path: &[Hash]| verify_inclusion(&leaf_hash(leaf), index, size, &root_now, path);
        prop_assert!(check(index, index, size, &path).is_ok());
        prop_assert!(check(index + 1, index, size, &path).is_err());
        prop_assert!(check(index, index ^ 1, size, &path).is_err() || size == 1);

        let old = index + 1;
        let proof = ours.consistency_proof(old, size).unwrap();
        let root_then = ours.root(old).unwrap();
        if old < size {
            let added = usize::try_from(size - old).unwrap();
            prop_assert!(concatenated(&proof) == theirs.prove_consistency(added).as_bytes());
        }
        prop_assert!(verify_consistency(old, size, &root_then, &root_now, &proof).is_ok());
        prop_assert!(verify_consistency(old, size, &leaf_hash(size), &root_now, &proof).is_err());

        // A changed, lost or added hash breaks either proof.
        for (proof, inclusion) in [(path, true), (proof, false)] {
            let holds = |proof: &[Hash]| if inclusion {
                check(index, index, size, proof).is_ok()
            } else {
                verify_consistency(old, size, &root_then, &root_now, proof).is_ok()
            };
            let mut longer = proof.clone();
            longer.push(root_now);
            prop_assert!(!holds(&longer));
            if let Some((_, shorter)) = proof.split_last() {
                prop_assert!(!holds(shorter));
                let mut changed = proof.clone();
                let place = usize::from(flipped) % changed.len();
                changed[place].0[usize::from(flipped) % 32] ^= 1;
                prop_assert!(!holds(&changed));
            }
        }
    }

    #[test]
    fn the_announced_nodes_suffice(size in 1_u64..500, a in 0_u64..500, b in 0_u64..500) {
        let (tree, _) = both(size);
        let (index, old) = (a % size, b % (size + 1));
        let fetch = |ids: Vec<NodeId>| -> HashMap<NodeId, Hash> {
            ids.into_iter().map(|id| (id, tree.node(id).unwrap())).collect()
        };
        prop_assert_eq!(root(&fetch(nodes_for_root(size)), size), tree.root(size));
        let some = fetch(nodes_for_inclusion(index, size).unwrap());
        prop_assert_eq!(inclusion_proof(&some, index, size), tree.inclusion_proof(index, size));
        let some = fetch(nodes_for_consistency(old, size).unwrap());
        prop_assert_eq!(consistency_proof(&some, old, size), tree.consistency_proof(old, size));
    }

    #[test]
    fn verifying_anything_does_not_panic(index: u64, size: u64, old: u64, path in prop::collection::vec(any::<[u8; 32]>(), 0..70)) {
        let path: Vec<Hash> = path.into_iter().map(Hash).collect();
        let root = leaf_hash(0);
        let _ = verify_inclusion(&root, index, size, &root, &path);
        let _ = verify_consistency(old, size, &root, &root, &path);
    }
}
