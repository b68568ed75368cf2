//! Is work found by one worker at a time, and can whoever lost it still change anything?

use causeway_store::change::{AbandonTransfer, DeliveryOutcome, LapseTransfer, RefuseTransfer, Seen};
use causeway_store::lease::{End, Ended, LASTS, LONGEST_PAUSE, Lease};
use causeway_store::{Kind, Store, StoreError};
use jiff::Timestamp;

use crate::house::{House, at, changed, on_both, stamp};
use crate::street::{attempt, delivered, found, prepared, request, sealed, sealing, send, sent};

async fn find(store: &Store, worker: &str, now: Timestamp) -> Option<Lease> {
    let token = format!("token of {worker} at {now}");
    store.leases().find(worker, &token, now).await.unwrap()
}

async fn found_by(store: &Store, worker: &str, now: Timestamp) -> Option<String> {
    find(store, worker, now).await.map(|lease| lease.id)
}

fn end(ended: Ended, not_before: Timestamp) -> End {
    End { ended, why: Some("it rained".into()), not_before }
}

/// A transfer in each state, in an installation of its own.
async fn house(kind: Kind) -> (House, Store) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    (house, store)
}

async fn what_waits_longest_is_found_and_what_is_done_is_not(kind: Kind) {
    let (_house, store) = house(kind).await;
    assert_eq!(found_by(&store, "w", at(0)).await, None);
    store.request_transfer(request("second"), stamp(10)).await.unwrap();
    store.request_transfer(request("first"), stamp(5)).await.unwrap();
    delivered(&store, "done").await;
    assert_eq!(found_by(&store, "w", at(20)).await.as_deref(), Some("first"));
    assert_eq!(found_by(&store, "v", at(20)).await, None, "of one exchange, one at a time is prepared");
    sealed(&store, "to-be-sent").await;
    assert_eq!(found_by(&store, "v", at(40)).await.as_deref(), Some("to-be-sent"));
    assert_eq!(found_by(&store, "u", at(41)).await, None);
    let row = store.lease("first").await.unwrap().unwrap();
    assert_eq!((row.holder(at(21)), row.taken, row.failures), (Some("w"), 1, 0));
    let refused = store.leases().take("first", "v", "another", at(30)).await;
    assert!(matches!(refused, Err(StoreError::Leased { worker, .. }) if worker == "w"));
}

async fn a_lease_runs_out_unless_it_is_renewed(kind: Kind) {
    let (_house, store) = house(kind).await;
    store.request_transfer(request("t"), stamp(0)).await.unwrap();
    let lease = find(&store, "w", at(0)).await.unwrap();
    assert!(store.leases().renew(&lease, at(50)).await.unwrap());
    assert_eq!(found_by(&store, "v", at(109)).await, None);
    let taken = find(&store, "v", at(110)).await.unwrap();
    assert_eq!((taken.taken, taken.failures), (2, 0));
    assert!(!store.leases().renew(&lease, at(111)).await.unwrap(), "it is another's by now");
    assert!(!store.leases().end(&lease, &end(Ended::Done, at(0))).await.unwrap());
    assert_eq!(store.lease("t").await.unwrap().unwrap().holder(at(112)), Some("v"), "and only its own ends it");
}

async fn a_clock_set_back_keeps_nothing_for_ever(kind: Kind) {
    let (_house, store) = house(kind).await;
    sealed(&store, "held").await;
    sealed(&store, "put-off").await;
    find(&store, "w", at(10_000)).await.unwrap();
    let second = find(&store, "w", at(10_001)).await.unwrap();
    let longest = at(10_001) + LONGEST_PAUSE;
    assert!(store.leases().end(&second, &end(Ended::Failed, longest)).await.unwrap());
    // As far ahead as a lease and a pause may be, and one second further.
    assert_eq!(found_by(&store, "v", at(10_001)).await, None);
    assert_eq!(found_by(&store, "v", at(9_999)).await.as_deref(), Some("held"));
    assert_eq!(found_by(&store, "v", at(10_000)).await.as_deref(), Some("put-off"));
}

async fn a_failure_counts_and_waits_and_a_success_forgets_it(kind: Kind) {
    let (_house, store) = house(kind).await;
    store.request_transfer(request("t"), stamp(0)).await.unwrap();
    for (failures, ended) in [(0, Ended::Failed), (1, Ended::Failed), (2, Ended::Held), (0, Ended::Failed)] {
        let now = at(1_000 * i64::from(failures) + 50_000 * i64::from(ended == Ended::Held));
        let lease = find(&store, "w", now).await.unwrap();
        assert_eq!(lease.failures, failures);
        assert!(store.leases().end(&lease, &end(ended, now + LASTS)).await.unwrap());
        assert_eq!(found_by(&store, "w", now + LASTS - jiff::SignedDuration::from_secs(1)).await, None, "not before");
        let row = store.lease("t").await.unwrap().unwrap();
        assert_eq!((row.ended, row.why.as_deref(), row.held), (Some(ended), Some("it rained"), None));
        if ended == Ended::Held {
            break;
        }
    }
    assert_eq!(find(&store, "w", at(99_000)).await.unwrap().failures, 0);
}

/// What a worker does that was asleep for longer than its lease.
async fn whoever_lost_the_lease_changes_nothing(kind: Kind) {
    let (_house, store) = house(kind).await;
    let theirs = |seen: Seen| seen.under("token of somebody who slept");
    macro_rules! stale {
        ($($asked:expr),+ $(,)?) => {$(
            assert!(matches!($asked.await, Err(StoreError::StaleLease { .. })), "{}", stringify!($asked));
        )+};
    }
    let fresh = theirs(store.request_transfer(request("fresh"), stamp(1)).await.unwrap());
    stale!(store.begin_attempt(attempt(&fresh, "token-2"), stamp(2)));
    let at_work = theirs(prepared(&store, "prepared").await);
    let refuse = RefuseTransfer { seen: at_work.clone(), token: Some("token-1".into()), violations: vec![] };
    stale!(
        store.seal(sealing(&at_work, "token-1", 1), stamp(40)),
        store.refuse(changed(refuse, "refused", "prepared"), stamp(40)),
        store
            .lapse(changed(LapseTransfer { seen: at_work.clone(), tell: Vec::new() }, "lapsed", "prepared"), stamp(40)),
        store.abandon(changed(AbandonTransfer { seen: at_work.clone() }, "abandoned", "prepared"), stamp(40)),
    );
    let whole = sealed(&store, "sealed").await;
    stale!(store.begin_delivery(send(&theirs(whole.clone())), stamp(41)));
    let sending = store.begin_delivery(send(&whole), stamp(42)).await.unwrap();
    stale!(store.finish_delivery(sent(&theirs(sending.clone()), 1, DeliveryOutcome::Arrived), stamp(43)));
    store.finish_delivery(sent(&sending, 1, DeliveryOutcome::Arrived), stamp(44)).await.unwrap();
}

async fn what_is_changed_under_the_lease_that_is_held_is_changed(kind: Kind) {
    let (_house, store) = house(kind).await;
    let fresh = store.request_transfer(request("t"), stamp(1)).await.unwrap();
    let lease = find(&store, "w", at(2)).await.unwrap();
    let seen = store.begin_attempt(attempt(&fresh.under(&lease.token), "token-1"), stamp(3)).await.unwrap();
    let seen = store.seal(sealing(&seen, "token-1", 1), stamp(4)).await.unwrap();
    // Taken away meanwhile: by a sweep that knows the worker to be gone.
    let left = store.leases().void(&["w".to_owned()], at(5)).await.unwrap();
    assert_eq!(left, Vec::<String>::new());
    assert!(matches!(store.begin_delivery(send(&seen), stamp(6)).await, Err(StoreError::StaleLease { .. })));
}

async fn leases_of_the_living_stay(kind: Kind) {
    let (_house, store) = house(kind).await;
    for id in ["a", "b", "c"] {
        sealed(&store, id).await;
    }
    find(&store, "gone", at(100)).await.unwrap();
    find(&store, "asleep", at(50)).await.unwrap();
    let alive = find(&store, "alive", at(100)).await.unwrap();
    let left = store.leases().void(&["gone".to_owned()], at(120)).await.unwrap();
    assert_eq!(left, [alive.token]);
    assert_eq!(store.leases_held().await.unwrap().len(), 1);
}

async fn eight_who_look_at_once_find_eight(kind: Kind) {
    let (_house, store) = house(kind).await;
    for number in 0..8 {
        sealed(&store, &format!("t{number}")).await;
    }
    let looks = (0..12).map(|number| {
        let leases = store.leases();
        tokio::spawn(async move { leases.find("w", &format!("token {number}"), at(100)).await.unwrap() })
    });
    let mut taken = Vec::new();
    for look in looks.collect::<Vec<_>>() {
        taken.extend(look.await.unwrap().map(|lease| lease.id));
    }
    taken.sort();
    assert_eq!(taken, (0..8).map(|number| format!("t{number}")).collect::<Vec<_>>());
}

on_both!(
    what_waits_longest_is_found_and_what_is_done_is_not,
    a_lease_runs_out_unless_it_is_renewed,
    a_clock_set_back_keeps_nothing_for_ever,
    a_failure_counts_and_waits_and_a_success_forgets_it,
    whoever_lost_the_lease_changes_nothing,
    what_is_changed_under_the_lease_that_is_held_is_changed,
    leases_of_the_living_stay,
    eight_who_look_at_once_find_eight,
);
