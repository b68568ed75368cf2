//! Does a receipt count once, and only for the package it proves?

use causeway_model::transfer::Transfer;
use causeway_store::change::{NewReceipt, ReceiptOutcome};
use causeway_store::{Changed, Kind, Saved, StoreError};

use crate::house::{House, at, event, stamp};
use crate::street::{delivered, found, package_of, receipt, sealed};

fn altered(base: &Changed<NewReceipt>, alter: impl FnOnce(&mut NewReceipt)) -> Changed<NewReceipt> {
    let mut value = base.value().clone();
    alter(&mut value);
    Changed::new(value, event("receipt.accepted", "t1"))
}

async fn the_same_one_again_changes_nothing_and_another_is_refused(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let seen = delivered(&store, "t1").await;
    let good = receipt(&seen, "{\"outcome\":\"partial\"}", ReceiptOutcome::Partial);
    assert_eq!(store.accept_receipt(good.clone(), stamp(60)).await.unwrap(), Saved::New);
    let leaves = store.pending_leaves().await.unwrap();
    assert_eq!(store.accept_receipt(good.clone(), stamp(61)).await.unwrap(), Saved::Already);
    for other in [
        altered(&good, |receipt| receipt.text.push(' ')),
        altered(&good, |receipt| receipt.signature.push('0')),
        altered(&good, |receipt| receipt.text = "{\"outcome\":\"rejected\"}".into()),
    ] {
        let refused = store.accept_receipt(other, stamp(62)).await;
        assert!(matches!(refused, Err(StoreError::ReceiptReplayed { .. })));
    }
    assert_eq!(store.pending_leaves().await.unwrap(), leaves);
    let kept = store.receipt(&package_of(&seen)).await.unwrap().unwrap();
    assert_eq!((kept.outcome, kept.records_loaded, kept.accepted_at), (ReceiptOutcome::Partial, 99, at(60)));
}

async fn it_must_prove_the_package(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let seen = delivered(&store, "t1").await;
    let other = delivered(&store, "t2").await;
    let good = receipt(&seen, "{}", ReceiptOutcome::Accepted);
    let guessed = altered(&good, |receipt| receipt.token_sha256 = "c".repeat(64));
    let crossed = altered(&good, |receipt| receipt.package = package_of(&other));
    for unproven in [guessed, crossed] {
        let refused = store.accept_receipt(unproven, stamp(60)).await;
        assert!(matches!(refused, Err(StoreError::ReceiptUnproven { .. })));
    }
    let unknown = altered(&good, |receipt| receipt.package = "none".into());
    assert!(matches!(store.accept_receipt(unknown, stamp(60)).await, Err(StoreError::NotFound { .. })));
    let absurd = altered(&good, |receipt| receipt.records_loaded = u64::MAX);
    assert!(matches!(store.accept_receipt(absurd, stamp(60)).await, Err(StoreError::TooLarge { .. })));
    let early = receipt(&sealed(&store, "t3").await, "{}", ReceiptOutcome::Accepted);
    assert!(matches!(store.accept_receipt(early, stamp(60)).await, Err(StoreError::Impossible { .. })));
    assert_eq!(store.transfer("t1").await.unwrap().unwrap().state, seen.state);
}

async fn a_rejection_and_another_digest_dispute(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let rejected = receipt(&delivered(&store, "t1").await, "{}", ReceiptOutcome::Rejected);
    store.accept_receipt(rejected, stamp(60)).await.unwrap();
    let accepted = receipt(&delivered(&store, "t2").await, "{}", ReceiptOutcome::Accepted);
    store
        .accept_receipt(altered(&accepted, |receipt| receipt.disagreements = vec!["receipt-digest-differs"]), stamp(60))
        .await
        .unwrap();
    for id in ["t1", "t2"] {
        let state = store.transfer(id).await.unwrap().unwrap().state;
        assert_eq!(state, Transfer::Disputed { package: format!("package-of-{id}") });
    }
    assert_eq!(store.last_receipted("food-list").await.unwrap(), None);
}

crate::house::on_both!(
    the_same_one_again_changes_nothing_and_another_is_refused,
    it_must_prove_the_package,
    a_rejection_and_another_digest_dispute,
);
