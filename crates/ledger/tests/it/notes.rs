//! Are checkpoints and proofs signed notes that others can read, and does any alteration show?

use causeway_ledger::note::Note;
use causeway_ledger::proof::{LogProof, prove, verify_proof};
use causeway_ledger::tree::MemoryTree;
use causeway_ledger::{Checkpoint, Hash, KeyError, SignerKey, VerifierKey};

use crate::sample::{ORIGIN, checkpoint, log, public, signer};

/// The example of the C2SP signed-note specification, made by another implementation.
const VKEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const NOTE: &str = "This is an example message.\n\n\u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

#[test]
fn a_note_of_another_implementation_verifies() {
    let key = VerifierKey::parse(VKEY).unwrap();
    assert_eq!(key.to_string(), VKEY);
    assert_eq!(Note::parse(NOTE).unwrap().verify(&key).unwrap(), "This is an example message.\n");
    let altered = NOTE.replace("example message", "example massage");
    assert!(Note::parse(&altered).unwrap().verify(&key).is_err());
}

#[test]
fn a_checkpoint_comes_back() {
    let text = checkpoint(&log().rows, 12);
    let read = Checkpoint::verify(&text, &public()).unwrap();
    assert_eq!((read.origin.as_str(), read.size), (ORIGIN, 12));
    assert_eq!(read.sign(&signer()).unwrap(), text);
}

#[test]
fn every_single_altered_byte_shows() {
    let text = checkpoint(&log().rows, 12);
    for place in 0..text.len() {
        for bit in [1, 4, 32] {
            let mut bytes = text.clone().into_bytes();
            bytes[place] ^= bit;
            let Ok(altered) = String::from_utf8(bytes) else { continue };
            assert!(Checkpoint::verify(&altered, &public()).is_err(), "byte {place} bit {bit}");
        }
    }
    for end in 0..text.len() {
        let Some(cut) = text.get(..end) else { continue };
        assert!(Checkpoint::verify(cut, &public()).is_err(), "cut at {end}");
    }
}

#[test]
fn a_witness_may_sign_too_and_a_stranger_alone_is_not_enough() {
    let text = checkpoint(&log().rows, 5);
    let witness = SignerKey::from_seed("witness.example", &[8; 32]).unwrap();
    let body = Note::parse(&text).unwrap().unverified_text().to_owned();
    let theirs = causeway_ledger::note::sign(&body, &witness).unwrap();
    let line = theirs.lines().last().unwrap();
    assert!(Checkpoint::verify(&format!("{text}{line}\n"), &public()).is_ok());
    assert!(Checkpoint::verify(&theirs, &public()).is_err());
    let namesake = SignerKey::from_seed(ORIGIN, &[9; 32]).unwrap();
    assert!(Checkpoint::verify(&text, namesake.public()).is_err());
}

#[test]
fn one_key_does_not_sign_for_another_log() {
    let foreign = Checkpoint { origin: "other.example".into(), size: 0, root: Hash::of_nothing() };
    assert!(foreign.sign(&signer()).is_err());
    let note = causeway_ledger::note::sign(&foreign.text(), &signer()).unwrap();
    assert!(Checkpoint::verify(&note, &public()).is_err());
}

#[test]
fn a_mistyped_public_key_is_refused_by_its_own_id() {
    let vkey = public().to_string();
    assert_eq!(VerifierKey::parse(&vkey).unwrap(), public());
    let renamed = vkey.replace("invented", "imagined");
    assert!(matches!(VerifierKey::parse(&renamed), Err(KeyError::Id { .. })));
    for bad in ["", "a+b", "a b+00000000+AA==", "log.example+00000000+AA=="] {
        assert!(VerifierKey::parse(bad).is_err(), "{bad}");
    }
    assert!(SignerKey::from_seed("no blanks", &[1; 32]).is_err());
    assert!(!format!("{:?}", signer()).contains(&hex::encode([7; 32])));
}

#[test]
fn a_proof_file_proves_its_leaf_and_no_other() {
    let log = log();
    let tree: MemoryTree = log.tiles.iter().copied().collect();
    let signed = checkpoint(&log.rows, 12);
    for index in 0..12 {
        let text = prove(&tree, index, &signed).unwrap();
        let row = &log.rows[usize::try_from(index).unwrap()];
        assert_eq!(verify_proof(&text, &row.leaf.hash(), &public()).unwrap().size, 12);
        assert!(verify_proof(&text, &log.rows[13].hash, &public()).is_err());
        let moved = text.replace(&format!("index {index}\n"), &format!("index {}\n", index ^ 1));
        assert!(verify_proof(&moved, &row.hash, &public()).is_err());
        let mut with_leaf = LogProof::parse(&text).unwrap();
        with_leaf.extra = Some(row.leaf.encode());
        assert_eq!(LogProof::parse(&with_leaf.to_text()).unwrap(), with_leaf);
        verify_proof(&with_leaf.to_text(), &row.hash, &public()).unwrap();
    }
    assert!(prove(&tree, 12, &signed).is_err());
}

#[test]
fn the_proof_of_a_lone_leaf_has_no_path() {
    let log = log();
    let tree: MemoryTree = log.tiles.iter().copied().collect();
    let text = prove(&tree, 0, &checkpoint(&log.rows, 1)).unwrap();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 0\n\ninvented-operation.example/ledger\n1\n"));
    verify_proof(&text, &log.tiles[0], &public()).unwrap();
}
