//! Do the parsers survive anything, and never accept what was not signed?

use causeway_ledger::export::{Expected, verify_export};
use causeway_ledger::note::Note;
use causeway_ledger::proof::{LogProof, verify_proof};
use causeway_ledger::{Checkpoint, Hash, Leaf, VerifierKey};
use proptest::prelude::*;

use crate::sample::{checkpoint, log, public};

/// Bytes of real texts, cut, spliced and sprinkled with others: they come further than noise does.
fn spliced(real: String) -> impl Strategy<Value = Vec<u8>> {
    let bytes = real.into_bytes();
    let length = bytes.len();
    let edits = prop::collection::vec((0..length, 0..length, any::<u8>(), 0..4_u8), 1..6);
    edits.prop_map(move |edits| {
        let mut bytes = bytes.clone();
        for (at, from, value, kind) in edits {
            let (at, from) = (at.min(bytes.len()), from.min(bytes.len()));
            match kind {
                0 => bytes.insert(at, value),
                1 => bytes.truncate(at.max(1)),
                2 => drop(bytes.drain(at.min(from)..at.max(from))),
                _ => {
                    let copy = bytes[from..].to_vec();
                    bytes.splice(at..at, copy);
                }
            }
        }
        bytes
    })
}

fn proof() -> String {
    let tree: causeway_ledger::tree::MemoryTree = log().tiles.into_iter().collect();
    causeway_ledger::proof::prove(&tree, 4, &checkpoint(&log().rows, 12)).unwrap()
}

fn parse_everything(bytes: &[u8]) {
    let _ = Leaf::decode(bytes);
    let _ = verify_export(bytes, &Expected::default());
    let text = String::from_utf8_lossy(bytes);
    let _ = Note::parse(&text);
    let _ = Checkpoint::parse(&text);
    let _ = Checkpoint::verify(&text, &public());
    let _ = VerifierKey::parse(&text);
    let _ = LogProof::parse(&text);
    let _ = Hash::from_hex(&text);
    let _ = Hash::from_base64(&text);
}

proptest! {
    #[test]
    fn noise_does_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        parse_everything(&bytes);
    }

    #[test]
    fn nearly_leaves_do_not_panic(tail in prop::collection::vec(any::<u8>(), 0..200)) {
        parse_everything(&[b"causeway-leaf/1\n".as_slice(), &tail].concat());
    }

    #[test]
    fn a_spliced_checkpoint_is_never_believed_unless_it_says_the_same(bytes in spliced(checkpoint(&log().rows, 12))) {
        parse_everything(&bytes);
        if let Ok(believed) = Checkpoint::verify(&String::from_utf8_lossy(&bytes), &public()) {
            let real = Checkpoint::verify(&checkpoint(&log().rows, 12), &public()).unwrap();
            prop_assert_eq!(believed, real);
        }
    }

    #[test]
    fn a_spliced_proof_proves_nothing_else(bytes in spliced(proof())) {
        parse_everything(&bytes);
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(verify_proof(&text, &log().rows[5].hash, &public()).is_err());
    }

    #[test]
    fn a_spliced_export_gives_the_same_log_or_none(bytes in spliced(log().export())) {
        parse_everything(&bytes);
        if let Ok(verified) = verify_export(bytes.as_slice(), &Expected { key: Some(public()), saved: None }) {
            prop_assert_eq!(verified.log.root, log().verify().unwrap().root);
        }
    }

    #[test]
    fn a_spliced_public_key_is_refused(bytes in spliced(public().to_string())) {
        let text = String::from_utf8_lossy(&bytes);
        if let Ok(key) = VerifierKey::parse(&text) {
            prop_assert_eq!(key, public());
        }
    }
}
