//! Is every package listed that a partner has or may have, and no other, with what left in it?

use causeway_model::transfer::Transfer;
use causeway_store::Kind;
use causeway_store::change::{DeliveryOutcome, LapseTransfer, ReceiptOutcome};

use crate::house::{House, changed, on_both, stamp};
use crate::street::{content, delivered, found, package_of, prepared, receipt, sealed, send, sent};

on_both!(a_package_is_listed_from_the_first_intent_on);

async fn a_package_is_listed_from_the_first_intent_on(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    prepared(&store, "t0").await;
    sealed(&store, "t1").await;
    assert_eq!(store.sent_packages().await.unwrap(), []);
    let begun = sealed(&store, "t2").await;
    let begun = store.begin_delivery(send(&begun), stamp(40)).await.unwrap();
    let failed = sealed(&store, "t3").await;
    let failed = store.begin_delivery(send(&failed), stamp(41)).await.unwrap();
    let failed = store.finish_delivery(sent(&failed, 1, DeliveryOutcome::Failed), stamp(42)).await.unwrap();
    let seen = delivered(&store, "t4").await;
    store.accept_receipt(receipt(&seen, "{}", ReceiptOutcome::Accepted), stamp(60)).await.unwrap();
    let found = store.sent_packages().await.unwrap();
    let told: Vec<_> =
        found.iter().map(|one| (one.transfer.as_str(), one.arrived_at.is_some(), one.receipt.is_some())).collect();
    assert_eq!(told, [("t2", false, false), ("t3", false, false), ("t4", true, true)]);
    let first = found.first().unwrap();
    assert_eq!((&first.package, first.sealed_to.as_deref()), (&package_of(&begun), Some("r")));
    assert_eq!(first.content, Some(content(102)));
    assert_eq!(first.attempt_token.as_deref(), Some("token-1"));
    // One that lapses after it was begun may have arrived.
    let lapse = LapseTransfer { seen: failed.clone(), tell: Vec::new() };
    drop(store.lapse(changed(lapse, "transfer-lapsed", &failed.transfer), stamp(61)).await.unwrap());
    assert_eq!(store.transfer("t3").await.unwrap().unwrap().state, Transfer::Lapsed);
    assert_eq!(store.sent_packages().await.unwrap().len(), 3);
    store.close().await;
}
