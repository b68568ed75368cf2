//! Is a package that lies ready in nobody's way, and does no byte of it leave that was not written down before?

use causeway_model::alert::AlertKind;
use causeway_store::change::{BeginTaking, DeliveryOutcome, EndTaking, LapseTransfer, MakeReady, Seen};
use causeway_store::query::{AlertFilter, Taking};
use causeway_store::{Kind, Saved, Store, StoreError};

use crate::house::{House, at, changed, on_both, stamp};
use crate::street::{found, package_of, partner, sealed, send, sent};

pub(crate) async fn lay_ready(store: &Store, seen: &Seen) -> Result<Saved, StoreError> {
    let (package, exchange, partner) = (package_of(seen), "food-list".to_owned(), "agency".to_owned());
    let ready = MakeReady { seen: seen.clone(), package, exchange, partner };
    store.make_ready(changed(ready, "package.ready", &seen.transfer), stamp(35)).await
}

fn digest(letter: &str) -> String {
    letter.repeat(64)
}

async fn begin(store: &Store, package: &str, letter: &str, first_byte: u64) -> Result<(), StoreError> {
    let begin = BeginTaking {
        package: package.into(),
        part: "a.age".into(),
        client: "sync".into(),
        first_byte,
        bytes: 100,
        token_sha256: digest(letter),
    };
    store.begin_taking(changed(begin, "taking.begun", package), stamp(45)).await
}

async fn end(store: &Store, letter: &str, given: u64) -> Result<Saved, StoreError> {
    let end = EndTaking { token_sha256: digest(letter), given };
    store.end_taking(changed(end, "part.taken", "a.age"), stamp(50)).await
}

/// Bytes that were taken of one that has arrived.
pub(crate) async fn taken(store: &Store, arrived: &Seen) {
    begin(store, &package_of(arrived), "c", 0).await.unwrap();
    end(store, "c", 100).await.unwrap();
}

async fn a_package_that_lies_ready_waits_for_its_partner_alone(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    store.add_partner(partner("agency"), stamp(1)).await.unwrap();
    let seen = sealed(&store, "t1").await;
    assert_eq!(lay_ready(&store, &seen).await.unwrap(), Saved::New);
    assert_eq!(lay_ready(&store, &seen).await.unwrap(), Saved::Already);
    let row = store.transfer("t1").await.unwrap().unwrap();
    assert!(row.awaits_partner() && row.ready_at == Some(at(35)), "{row:?}");
    assert_eq!(store.leases().find("worker", "token", at(100)).await.unwrap(), None, "nobody here works on it");
    let figures = store.figures(at(0), at(100)).await.unwrap();
    assert_eq!((figures.packages_ready, figures.waiting_since), (1, None));
    let told = store.alerts(AlertFilter::All, None, 9).await.unwrap();
    assert_eq!(
        told.iter().map(|one| (one.kind, one.subject.as_str())).collect::<Vec<_>>(),
        [(AlertKind::PackageReady, "t1")]
    );
    // One that is on its way already is not laid ready by whoever saw it before.
    let other = sealed(&store, "t2").await;
    let moved = store.begin_delivery(send(&other), stamp(40)).await.unwrap();
    assert!(matches!(lay_ready(&store, &other).await, Err(StoreError::Conflict { .. })));
    store.finish_delivery(sent(&moved, 1, DeliveryOutcome::Arrived), stamp(41)).await.unwrap();
}

async fn bytes_leave_after_their_intent_and_are_told_once(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    store.add_partner(partner("agency"), stamp(1)).await.unwrap();
    crate::clients::called(&store).await;
    let seen = sealed(&store, "t1").await;
    let package = package_of(&seen);
    lay_ready(&store, &seen).await.unwrap();
    assert!(matches!(begin(&store, &package, "a", 0).await, Err(StoreError::ChangedMeanwhile { .. })), "not begun");
    let seen = store.begin_delivery(send(&seen), stamp(40)).await.unwrap();
    assert_eq!(store.figures(at(0), at(100)).await.unwrap().open_deliveries, 0, "it is known how far it is");
    begin(&store, &package, "a", 0).await.unwrap();
    begin(&store, &package, "b", 40).await.unwrap();
    assert!(matches!(end(&store, "d", 1).await, Err(StoreError::NotFound { .. })), "nobody began it");
    assert!(matches!(end(&store, "b", 101).await, Err(StoreError::NotFound { .. })), "more than was asked for");
    assert_eq!(end(&store, "b", 60).await.unwrap(), Saved::New);
    assert_eq!(end(&store, "b", 10).await.unwrap(), Saved::Already);
    let told: Vec<_> =
        store.takings(&package).await.unwrap().into_iter().map(|one| (one.number, one.first_byte, one.given)).collect();
    assert_eq!(told, [(1, 0, None), (2, 40, Some(60))]);
    let one: Taking = store.taking(&digest("b")).await.unwrap().unwrap();
    assert_eq!((one.package.as_str(), one.client.as_str(), one.bytes), (package.as_str(), "sync", 100));
    crate::decisions::recall(&store, &package).await;
    assert!(matches!(begin(&store, &package, "e", 0).await, Err(StoreError::ChangedMeanwhile { .. })), "called out");
    store.finish_delivery(sent(&seen, 1, DeliveryOutcome::Arrived), stamp(50)).await.unwrap();
    begin(&store, &package, "e", 0).await.unwrap();
}

async fn what_left_before_it_lapsed_counts_and_what_could_not_be_delivered_does_not(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    store.add_partner(partner("agency"), stamp(1)).await.unwrap();
    crate::clients::called(&store).await;
    let lapse = async |seen: Seen| {
        let transfer = seen.transfer.clone();
        let lapsed = changed(LapseTransfer { seen, tell: Vec::new() }, "transfer.lapsed", &transfer);
        store.lapse(lapsed, stamp(60)).await.unwrap();
    };
    let failed = sealed(&store, "t1").await;
    let failed = store.begin_delivery(send(&failed), stamp(40)).await.unwrap();
    lapse(store.finish_delivery(sent(&failed, 1, DeliveryOutcome::Failed), stamp(41)).await.unwrap()).await;
    let begun = sealed(&store, "t2").await;
    lay_ready(&store, &begun).await.unwrap();
    let begun = store.begin_delivery(send(&begun), stamp(42)).await.unwrap();
    begin(&store, &package_of(&begun), "a", 0).await.unwrap();
    lapse(store.finish_delivery(sent(&begun, 1, DeliveryOutcome::Interrupted), stamp(46)).await.unwrap()).await;
    lapse(sealed(&store, "t3").await).await;
    let released: Vec<_> =
        store.releases_since("food", at(0)).await.unwrap().into_iter().map(|one| one.transfer).collect();
    assert_eq!(released, ["t2"]);
}

on_both! {
    a_package_that_lies_ready_waits_for_its_partner_alone,
    bytes_leave_after_their_intent_and_are_told_once,
    what_left_before_it_lapsed_counts_and_what_could_not_be_delivered_does_not,
}
