//! Are leaves and trees hashed as RFC 6962 says, and leaves encoded as our README says?

use causeway_ledger::tree::MemoryTree;
use causeway_ledger::{Hash, Leaf};
use proptest::prelude::*;

use crate::sample::leaf;

/// The eight leaves and the roots of their first n, as certificate transparency implementations test them.
const LEAVES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

#[test]
fn the_well_known_trees_have_their_well_known_roots() {
    let mut tree = MemoryTree::new();
    assert_eq!(tree.root(0).unwrap().to_hex(), ROOTS[0]);
    for (text, root) in LEAVES.iter().zip(&ROOTS[1..]) {
        tree.append(Hash::of_leaf(&hex::decode(text).unwrap()));
        assert_eq!(tree.root(tree.size()).unwrap().to_hex(), *root);
    }
}

#[test]
fn the_encoding_is_the_one_that_the_readme_tells() {
    let leaf = Leaf {
        time_us: -2,
        actor: "a".into(),
        event: "é".into(),
        subject: String::new(),
        body: "{}".into(),
        salt: [9; 32],
    };
    let mut expected = b"causeway-leaf/1\n\xff\xff\xff\xff\xff\xff\xff\xfe".to_vec();
    expected.extend_from_slice(b"\0\0\0\0\0\0\0\x01a\0\0\0\0\0\0\0\x02\xc3\xa9\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x02{}");
    expected.extend_from_slice(&[9; 32]);
    assert_eq!(leaf.encode(), expected);
}

#[test]
fn moving_a_letter_between_columns_changes_the_hash() {
    let one = Leaf { actor: "ab".into(), event: "c".into(), ..leaf(1) };
    let other = Leaf { actor: "a".into(), event: "bc".into(), ..leaf(1) };
    assert_ne!(one.hash(), other.hash());
}

proptest! {
    #[test]
    fn what_is_encoded_is_decoded(time_us: i64, actor: String, event: String, subject: String, body: String, salt: [u8; 32]) {
        let leaf = Leaf { time_us, actor, event, subject, body, salt };
        let bytes = leaf.encode();
        prop_assert_eq!(Leaf::decode(&bytes).unwrap(), leaf);
        prop_assert!(Leaf::decode(&bytes[..bytes.len() - 1]).is_err());
    }
}
