//! Does a receipt prove this package, and nothing else?

use causeway_package::inner::Compression;
use causeway_package::key::SigningKey;
use causeway_package::receipt::{Disagreement, Expected, Outcome, RECEIPT_TYPE, Receipt, ReceiptError, verify};
use causeway_package::{PackageError, SealedPackage};

use crate::support::{CHECKPOINT, House};

fn receipt(sealed: &SealedPackage) -> Receipt {
    Receipt {
        environment: Default::default(),
        data: Default::default(),
        kind: RECEIPT_TYPE.to_owned(),
        package: sealed.id.clone(),
        transfer: "transfer-0007".to_owned(),
        token: sealed.receipt_token.reveal().to_owned(),
        outcome: Outcome::Accepted,
        records_loaded: sealed.released,
        records_rejected: 0,
        digest_as_loaded: Some(sealed.record_digest.clone()),
        state: None,
        checkpoint_seen: CHECKPOINT.to_owned(),
        loaded_at: "2026-05-05T08:00:00Z".parse().unwrap(),
        note: None,
    }
}

#[test]
fn a_signed_receipt_round_trips_and_agrees() {
    let house = House::new();
    let sealed = house.seal_people(5, Compression::Zstd, 1000, 1);
    let expected = Expected::of(&sealed, "transfer-0007", CHECKPOINT);
    assert!(
        !format!("{expected:?}{sealed:?}").contains(sealed.receipt_token.reveal()),
        "the token is not remembered in clear"
    );
    let (json, signature) = receipt(&sealed).sign(&house.partner).unwrap();
    let read = verify(&json, &signature, &house.partner.verifying_key()).unwrap();
    assert_eq!(read, receipt(&sealed));
    assert_eq!(expected.compare(&read).unwrap(), []);
}

#[test]
fn every_altered_byte_and_every_other_key_is_refused() {
    let house = House::new();
    let sealed = house.seal_people(5, Compression::Zstd, 1000, 1);
    let (json, signature) = receipt(&sealed).sign(&house.partner).unwrap();
    let key = house.partner.verifying_key();
    let refused = |json: &[u8], signature: &[u8]| {
        matches!(verify(json, signature, &key), Err(PackageError::Receipt(ReceiptError::SignatureInvalid { .. })))
    };
    for at in 0..json.len() {
        let mut altered = json.clone();
        altered[at] ^= 1;
        assert!(refused(&altered, &signature), "byte {at}");
    }
    for at in 0..signature.len() {
        let mut altered = signature;
        altered[at] ^= 1;
        assert!(refused(&json, &altered), "signature byte {at}");
    }
    assert!(refused(&json, &signature[..63]));
    assert!(refused(&json, &SigningKey::from_seed(&[77; 32]).sign(&json)));
    // The sender's own signature is no receipt either, and a manifest is no receipt though rightly signed.
    assert!(refused(&json, &house.sender.sign(&json)));
    let manifest = std::fs::read(sealed.dir.join("manifest.json")).unwrap();
    let error = verify(&manifest, &house.partner.sign(&manifest), &key).unwrap_err();
    assert!(matches!(error, PackageError::UnknownVersion { .. }), "{error}");
}

#[test]
fn a_receipt_for_another_package_or_by_one_who_did_not_open_it_is_refused() {
    let house = House::new();
    let sealed = house.seal_people(5, Compression::Zstd, 1000, 1);
    let other = house.seal_people(5, Compression::Zstd, 1000, 2);
    let expected = Expected::of(&sealed, "transfer-0007", CHECKPOINT);
    let what = |receipt: &Receipt| match expected.compare(receipt) {
        Err(ReceiptError::NotThisPackage { what }) => what,
        other => panic!("{other:?}"),
    };
    assert_eq!(what(&receipt(&other)), "package id");
    assert_eq!(what(&Receipt { transfer: "transfer-0008".to_owned(), ..receipt(&sealed) }), "transfer id");
    assert_eq!(what(&Receipt { token: other.receipt_token.reveal().to_owned(), ..receipt(&sealed) }), "token");
    // What the outer manifest tells everybody is not enough to guess the token.
    let outer = std::fs::read_to_string(sealed.dir.join("manifest.json")).unwrap();
    assert!(!outer.contains(sealed.receipt_token.reveal()));
}

#[test]
fn disagreements_are_listed_with_stable_codes() {
    let house = House::new();
    let sealed = house.seal_people(5, Compression::Zstd, 1000, 1);
    let expected = Expected::of(&sealed, "transfer-0007", CHECKPOINT);
    let codes = |receipt: Receipt| -> Vec<&str> {
        expected.compare(&receipt).unwrap().into_iter().map(Disagreement::code).collect()
    };
    let base = || receipt(&sealed);
    assert_eq!(codes(Receipt { records_loaded: 4, ..base() }), ["receipt-counts-differ"]);
    assert_eq!(codes(Receipt { records_loaded: 4, records_rejected: 1, ..base() }), ["receipt-outcome-unfit"]);
    assert_eq!(codes(Receipt { digest_as_loaded: Some("00".repeat(32)), ..base() }), ["receipt-digest-differs"]);
    assert_eq!(codes(Receipt { digest_as_loaded: None, ..base() }), ["receipt-digest-missing"]);
    assert_eq!(codes(Receipt { checkpoint_seen: "older\n".to_owned(), ..base() }), ["receipt-checkpoint-differs"]);
    let partial = Receipt {
        outcome: Outcome::Partial,
        records_loaded: 4,
        records_rejected: 1,
        digest_as_loaded: Some("11".repeat(32)),
        ..base()
    };
    assert!(codes(partial).is_empty(), "a part has another digest, rightly");
    assert_eq!(codes(Receipt { records_loaded: u64::MAX, records_rejected: 6, ..base() })[0], "receipt-counts-differ");
}

#[test]
fn notes_and_digests_are_held_to_their_shape() {
    let house = House::new();
    let sealed = house.seal_people(1, Compression::Zstd, 1000, 1);
    for bad in [
        Receipt { note: Some("\u{1b}[2J".to_owned()), ..receipt(&sealed) },
        Receipt { note: Some("x".repeat(1001)), ..receipt(&sealed) },
        Receipt { digest_as_loaded: Some("AB".repeat(32)), ..receipt(&sealed) },
        Receipt { token: "short".to_owned(), ..receipt(&sealed) },
    ] {
        assert!(matches!(bad.sign(&house.partner), Err(PackageError::Receipt(ReceiptError::Malformed { .. }))));
        // Signed elsewhere, it is refused on arrival too.
        let json = serde_json::to_vec(&bad).unwrap();
        let arrived = verify(&json, &house.partner.sign(&json), &house.partner.verifying_key());
        assert!(matches!(arrived, Err(PackageError::Receipt(ReceiptError::Malformed { .. }))));
    }
}
