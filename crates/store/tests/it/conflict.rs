//! What happens when two decide about one transfer?

use std::sync::Arc;

use causeway_store::change::{CancelTransfer, RefuseTransfer, Seen};
use causeway_store::{Kind, StoreError};

use crate::house::{House, changed, stamp};
use crate::street::{attempt, found, prepared, request, sealed, sealing, send};

async fn only_who_saw_the_present_state_may_change_it(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let requested = store.request_transfer(request("t1"), stamp(1)).await.unwrap();
    let first = store.begin_attempt(attempt(&requested, "token-1"), stamp(2)).await.unwrap();
    let late = store.begin_attempt(attempt(&requested, "token-2"), stamp(3)).await;
    assert!(matches!(late, Err(StoreError::Conflict { .. })));
    let second = store.begin_attempt(attempt(&first, "token-2"), stamp(4)).await.unwrap();

    let before = store.pending_leaves().await.unwrap();
    let stale = store.seal(sealing(&first, "token-1", 1), stamp(5)).await;
    assert!(matches!(stale, Err(StoreError::StaleAttempt { .. })), "its token is void");
    let stale = store.seal(sealing(&first, "token-2", 1), stamp(5)).await;
    assert!(matches!(stale, Err(StoreError::Conflict { .. })), "it saw the attempt before");
    let refuse = RefuseTransfer { seen: second.clone(), token: None, violations: vec![] };
    let stale = store.refuse(changed(refuse, "transfer.refused", "t1"), stamp(5)).await;
    assert!(matches!(stale, Err(StoreError::StaleAttempt { .. })));
    let skipped = store.seal(sealing(&second, "token-2", 2), stamp(5)).await;
    assert!(matches!(skipped, Err(StoreError::OutOfSequence { next: 1, sealed: 2, .. })));
    assert_eq!(store.pending_leaves().await.unwrap(), before);
    store.seal(sealing(&second, "token-2", 1), stamp(6)).await.unwrap();
}

async fn a_state_takes_only_its_own_events(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let seen = prepared(&store, "t1").await;
    let error = store.begin_delivery(send(&seen), stamp(3)).await.unwrap_err();
    assert_eq!(error.to_string(), "transfer `t1`: a transfer that is preparing cannot send");
    let nobody = Seen { transfer: "t9".into(), ..seen };
    assert!(matches!(store.begin_delivery(send(&nobody), stamp(3)).await, Err(StoreError::NotFound { .. })));
}

async fn of_many_at_once_one_wins(kind: Kind) {
    let house = House::new(kind);
    let store = Arc::new(house.open().await);
    found(&store).await;
    let seen = sealed(&store, "t1").await;
    let before = store.pending_leaves().await.unwrap();
    let mut racers = tokio::task::JoinSet::new();
    for number in 0..12 {
        let (store, seen) = (store.clone(), seen.clone());
        racers.spawn(async move {
            if number % 2 == 0 {
                let cancel = changed(CancelTransfer { seen }, "transfer.cancelled", "t1");
                store.cancel(cancel, stamp(number)).await
            } else {
                store.begin_delivery(send(&seen), stamp(number)).await
            }
        });
    }
    let outcomes = racers.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1);
    let lost = outcomes.iter().filter_map(|outcome| outcome.as_ref().err());
    assert!(lost.into_iter().all(|e| matches!(e, StoreError::Conflict { .. } | StoreError::OpenDelivery { .. })));
    assert_eq!(store.pending_leaves().await.unwrap(), before + 1);
}

crate::house::on_both!(
    only_who_saw_the_present_state_may_change_it,
    a_state_takes_only_its_own_events,
    of_many_at_once_one_wins,
);
