//! Is somebody told once of what happened, also where workers die or race, and of nothing that did not happen?

use causeway_model::alert::{Alert, AlertKind, To};
use causeway_store::beat::Beat;
use causeway_store::change::{AbandonTransfer, ReceiptOutcome, ReplayAlert, RetryAlert};
use causeway_store::lease::{self, LASTS};
use causeway_store::outbox::{Dispatch, End};
use causeway_store::query::{AlertFilter, DispatchState};
use causeway_store::{Kind, Saved, Store, StoreError};
use jiff::SignedDuration;

use crate::house::{House, at, changed, on_both, stamp};
use crate::street::{delivered, found, prepared, receipt, refused, sealed_with};

/// An alert on two ways, one of them given up, and a worker that was seen: something in every table.
pub(crate) async fn told(store: &Store) {
    let alert = Alert::new(AlertKind::ReceiptOverdue, To::Partner("agency".into()), "t1").with("package", "p-1");
    assert_eq!(store.outbox().post(&alert, at(70)).await.unwrap(), Saved::New);
    let id = store.alerts(AlertFilter::All, None, 1).await.unwrap()[0].id.clone();
    store.outbox().address(&id, &["duty-desk", "agency-hook"], at(71)).await.unwrap();
    let first = store.outbox().find("token-1", at(72)).await.unwrap().unwrap();
    let end = End::Dead { why: "410 Gone".into(), at: at(73) };
    assert!(store.outbox().end(&first, &end).await.unwrap());
    store.beats().say(&beat("worker-1", 74)).await.unwrap();
}

fn beat(worker: &str, seen: i64) -> Beat {
    let program = "0.1.0".to_owned();
    Beat { worker: worker.into(), program, began_at: at(0), seen_at: at(seen), next_run: Some(at(seen + 60)) }
}

async fn kinds(store: &Store) -> Vec<(AlertKind, String)> {
    let told = store.alerts(AlertFilter::All, None, 100).await.unwrap();
    let mut told: Vec<_> = told.into_iter().map(|alert| (alert.kind, alert.subject)).collect();
    told.sort();
    told
}

async fn what_happens_is_told_in_its_own_transaction(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    refused(&store, "t1").await;
    let seen = prepared(&store, "t2").await;
    let told_of_one = kinds(&store).await;
    assert_eq!(told_of_one, [(AlertKind::TransferFailed, "t1".to_owned())]);
    // The leaf is the last statement: without it there is no alert either.
    house.raw().close_table("ledger_pending").await;
    let abandon = || changed(AbandonTransfer { seen: seen.clone() }, "transfer-abandoned", "t2");
    assert!(store.abandon(abandon(), stamp(30)).await.is_err());
    assert_eq!(kinds(&store).await, told_of_one);
    house.raw().open_table("ledger_pending").await;
    store.abandon(abandon(), stamp(30)).await.unwrap();
    let seen = delivered(&store, "t3").await;
    let rejected = receipt(&seen, "{}", ReceiptOutcome::Rejected);
    store.accept_receipt(rejected, stamp(60)).await.unwrap();
    let expected =
        [(AlertKind::TransferFailed, "t1"), (AlertKind::TransferFailed, "t2"), (AlertKind::ReceiptDisputed, "t3")];
    assert_eq!(kinds(&store).await, expected.map(|(kind, subject)| (kind, subject.to_owned())));
}

async fn a_package_unlike_those_before_is_told(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    for (transfer, released) in [("t1", 100), ("t2", 190), ("t3", 9000), ("t4", 120), ("t5", 10)] {
        sealed_with(&store, transfer, released).await;
    }
    let unusual = |subject: &str| (AlertKind::UnusualVolume, subject.to_owned());
    assert_eq!(kinds(&store).await, [unusual("t3"), unusual("t5")]);
    let told = store.alerts(AlertFilter::All, None, 9).await.unwrap();
    let ways: Vec<_> = told.iter().map(|alert| alert.ids["records"].as_str()).collect();
    assert_eq!(ways.iter().filter(|way| **way == "more").count(), 1, "{ways:?}");
}

async fn the_same_is_told_once_and_free_text_never(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let outbox = store.outbox();
    let overdue = Alert::new(AlertKind::ReceiptOverdue, To::Staff, "t1");
    let mut racing = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (outbox, alert) = (outbox.clone(), overdue.clone());
        racing.spawn(async move { outbox.post(&alert, at(1)).await.unwrap() });
    }
    let new = racing.join_all().await.into_iter().filter(|saved| *saved == Saved::New).count();
    assert_eq!(new, 1);
    for another in [overdue.clone().at("week-2"), Alert { to: To::Partner("agency".into()), ..overdue.clone() }] {
        assert_eq!(outbox.post(&another, at(2)).await.unwrap(), Saved::New);
    }
    let spoken = Alert::new(AlertKind::Trial, To::Staff, "Ubah Abdi is ill").with("exchange", "የምግብ ዝርዝር");
    outbox.post(&spoken, at(3)).await.unwrap();
    let told = &store.alerts(AlertFilter::All, None, 1).await.unwrap()[0];
    assert!(told.subject.starts_with("sha256:") && told.ids["exchange"].starts_with("sha256:"), "{told:?}");
}

async fn addressed(store: &Store, routes: &[&str]) -> String {
    store.outbox().post(&Alert::new(AlertKind::Trial, To::Staff, "trial"), at(0)).await.unwrap();
    let id = store.unaddressed_alerts(9).await.unwrap()[0].id.clone();
    assert_eq!(store.outbox().address(&id, routes, at(1)).await.unwrap(), Saved::New);
    assert_eq!(store.outbox().address(&id, &["another"], at(1)).await.unwrap(), Saved::Already);
    id
}

async fn find(store: &Store, token: &str, second: i64) -> Option<Dispatch> {
    store.outbox().find(token, at(second)).await.unwrap()
}

async fn it_is_sent_until_it_is_confirmed_and_never_again(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let outbox = store.outbox();
    let id = addressed(&store, &["duty-desk"]).await;
    let slow = find(&store, "one", 2).await.unwrap();
    assert_eq!(find(&store, "two", 3).await, None, "it is in somebody's hands");
    let after = 2 + LASTS.as_secs();
    let second = find(&store, "two", after).await.unwrap();
    assert!(!outbox.end(&slow, &End::Sent { at: at(after) }).await.unwrap(), "it is another's by now");
    let failed = End::Failed { why: "connection refused".into(), again_at: at(after + 60) };
    assert!(outbox.end(&second, &failed).await.unwrap());
    assert_eq!(find(&store, "three", after + 59).await, None);
    let third = find(&store, "three", after + 60).await.unwrap();
    assert_eq!(third.failures, 1);
    assert!(outbox.end(&third, &End::Sent { at: at(after + 61) }).await.unwrap());
    assert_eq!(find(&store, "four", 1_000_000).await, None);
    let row = &store.dispatches(&id).await.unwrap()[0];
    assert_eq!((row.state, row.tries, row.why.as_deref()), (DispatchState::Sent, 3, None));
    assert!(store.alerts(AlertFilter::Unsent, None, 9).await.unwrap().is_empty());
}

async fn what_was_put_off_by_a_clock_set_back_is_tried(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    addressed(&store, &["duty-desk"]).await;
    let first = find(&store, "one", 500_000).await.unwrap();
    let failed = End::Failed { why: "no answer".into(), again_at: at(503_000) };
    assert!(store.outbox().end(&first, &failed).await.unwrap());
    assert!(find(&store, "two", 2).await.is_some(), "further ahead than anything is put off");
}

async fn a_dead_letter_is_listed_and_tried_again_by_hand(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let id = addressed(&store, &["agency-hook", "duty-desk"]).await;
    let first = find(&store, "one", 2).await.unwrap();
    assert!(store.outbox().end(&first, &End::Dead { why: "410 Gone".into(), at: at(3) }).await.unwrap());
    let second = find(&store, "two", 4).await.unwrap();
    assert!(store.outbox().end(&second, &End::Sent { at: at(5) }).await.unwrap());
    assert_eq!(store.alerts(AlertFilter::Unsent, None, 9).await.unwrap().len(), 1);
    assert_eq!(store.figures(at(9), at(9)).await.unwrap().alerts_dead, 1);
    let retry = || changed(RetryAlert { alert: id.clone() }, "alert-retried", &id);
    assert_eq!(store.retry_alert(retry(), stamp(10)).await.unwrap(), Saved::New);
    assert_eq!(store.retry_alert(retry(), stamp(11)).await.unwrap(), Saved::Already);
    let again = find(&store, "three", 12).await.unwrap();
    assert_eq!((again.route.as_str(), again.failures), ("agency-hook", 0), "what was confirmed is not sent again");
    assert_eq!(find(&store, "four", 12).await, None);
    let unknown = changed(RetryAlert { alert: "none".into() }, "alert-retried", "none");
    assert!(matches!(store.retry_alert(unknown, stamp(13)).await, Err(StoreError::NotFound { .. })));
}

async fn whoever_lost_one_gets_it_once_more(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let id = addressed(&store, &["agency-hook"]).await;
    let replay = || changed(ReplayAlert { alert: id.clone() }, "alert-replayed", &id);
    assert_eq!(store.replay_alert(replay(), stamp(2)).await.unwrap(), Saved::Already, "it waits anyway");
    let first = find(&store, "one", 3).await.unwrap();
    assert!(store.outbox().end(&first, &End::Sent { at: at(4) }).await.unwrap());
    assert_eq!(find(&store, "two", 5).await, None);
    assert_eq!(store.replay_alert(replay(), stamp(6)).await.unwrap(), Saved::New);
    assert_eq!(find(&store, "two", 7).await.unwrap().route, "agency-hook");
    let unknown = changed(ReplayAlert { alert: "none".into() }, "alert-replayed", "none");
    assert!(matches!(store.replay_alert(unknown, stamp(8)).await, Err(StoreError::NotFound { .. })));
}

async fn one_that_no_way_took_is_addressed_anew_by_hand(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let id = addressed(&store, &[]).await;
    assert_eq!(find(&store, "one", 2).await, None);
    assert_eq!(store.alerts(AlertFilter::Unsent, None, 9).await.unwrap()[0].id, id);
    let retry = changed(RetryAlert { alert: id.clone() }, "alert-retried", &id);
    assert_eq!(store.retry_alert(retry, stamp(10)).await.unwrap(), Saved::New);
    assert_eq!(store.unaddressed_alerts(9).await.unwrap().len(), 1);
}

async fn workers_are_seen_until_they_are_silent(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let day = SignedDuration::from_hours(24).as_secs();
    store.beats().say(&beat("worker-1", 10)).await.unwrap();
    store.beats().say(&beat("worker-2", 20)).await.unwrap();
    store.beats().say(&beat("worker-1", 30)).await.unwrap();
    let seen = store.workers_seen().await.unwrap();
    assert_eq!(seen, [beat("worker-1", 30), beat("worker-2", 20)]);
    assert!(seen[0].is_alive(at(150)) && !seen[1].is_alive(at(150)));
    assert!(seen[0].is_alive(at(-3000)) && !seen[0].is_alive(at(-4000)), "another clock, and one that was set back");
    store.beats().end("worker-1").await.unwrap();
    store.beats().say(&beat("worker-3", 21 + day)).await.unwrap();
    let seen: Vec<_> = store.workers_seen().await.unwrap().into_iter().map(|beat| beat.worker).collect();
    assert_eq!(seen, ["worker-3"]);
}

async fn figures_count_and_the_overdue_are_named(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    delivered(&store, "t1").await;
    prepared(&store, "t2").await;
    let figures = store.figures(at(10_000), at(10_000)).await.unwrap();
    assert_eq!(figures.transfers, [("delivered".to_owned(), 1), ("preparing".to_owned(), 1)].into());
    assert_eq!((figures.receipts_due, figures.receipts_overdue, figures.packages_held), (1, 1, 1));
    assert!(figures.waiting_since.is_some() && figures.ledger_pending > 0);
    assert_eq!(store.figures(at(0), at(0)).await.unwrap().receipts_overdue, 0);
    let overdue = store.overdue_receipts(at(10_000), None, 9).await.unwrap();
    assert_eq!((overdue[0].transfer.as_str(), overdue[0].package.as_str()), ("t1", "package-of-t1"));
    assert!(store.overdue_receipts(at(0), None, 9).await.unwrap().is_empty());
    delivered(&store, "t3").await;
    let first = store.overdue_receipts(at(10_000), None, 1).await.unwrap();
    let behind = store.overdue_receipts(at(10_000), first.first(), 9).await.unwrap();
    let found: Vec<_> = first.iter().chain(&behind).map(|late| late.transfer.as_str()).collect();
    assert_eq!(found, ["t1", "t3"], "each once, page by page");
}

async fn what_waits_for_a_worker_is_what_nobody_has_and_may_be_tried(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    prepared(&store, "t1").await;
    let figures = async |now| {
        let figures = store.figures(at(0), at(now)).await.unwrap();
        (figures.waiting_since, figures.leases_held)
    };
    assert_eq!(figures(25).await, (Some(at(10)), 0));
    let lease = store.leases().find("worker-1", "token-2", at(30)).await.unwrap().unwrap();
    assert_eq!(figures(31).await, (None, 1));
    assert_eq!(figures(30 + LASTS.as_secs()).await, (Some(at(10)), 0), "who had it has died");
    let held = lease::End { ended: lease::Ended::Held, why: Some("stopped".into()), not_before: at(200) };
    assert!(store.leases().end(&lease, &held).await.unwrap());
    assert_eq!(figures(150).await, (None, 0), "it is held back, and no worker is missing");
    assert_eq!(figures(250).await, (Some(at(200)), 0));
}

async fn one_way_is_tried_once_at_a_time_and_holds_up_no_other(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    for subject in ["one", "two"] {
        store.outbox().post(&Alert::new(AlertKind::Trial, To::Staff, subject), at(0)).await.unwrap();
    }
    for alert in store.unaddressed_alerts(9).await.unwrap() {
        store.outbox().address(&alert.id, &["hangs", "works", "works"], at(1)).await.unwrap();
        assert_eq!(store.dispatches(&alert.id).await.unwrap().len(), 2, "a way that is named twice is one");
    }
    let hanging = find(&store, "token-1", 2).await.unwrap();
    let first = find(&store, "token-2", 2).await.unwrap();
    assert_eq!((hanging.route.as_str(), first.route.as_str()), ("hangs", "works"));
    assert_eq!(find(&store, "token-3", 3).await, None, "both ways are being tried");
    assert!(store.outbox().end(&first, &End::Sent { at: at(4) }).await.unwrap());
    let second = find(&store, "token-4", 5).await.unwrap();
    assert!(second.route == "works" && second.alert != first.alert, "{second:?}");
    // Whoever tried the other died.
    assert_eq!(find(&store, "token-5", 2 + LASTS.as_secs()).await.map(|found| found.route).as_deref(), Some("hangs"));
}

async fn workers_whose_clocks_differ_do_not_send_it_twice(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    addressed(&store, &["duty-desk"]).await;
    assert!(find(&store, "ahead", 200).await.is_some());
    assert_eq!(find(&store, "behind", 80).await, None, "two minutes behind");
    assert!(find(&store, "later", 200 + LASTS.as_secs()).await.is_some());
}

async fn what_is_held_back_was_not_tried(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    let id = addressed(&store, &["agency-hook"]).await;
    let first = find(&store, "one", 2).await.unwrap();
    let failed = End::Failed { why: "no answer".into(), again_at: at(3) };
    assert!(store.outbox().end(&first, &failed).await.unwrap());
    let second = find(&store, "two", 3).await.unwrap();
    let held = End::Held { why: "partner `agency` is suspended".into(), again_at: at(300) };
    assert!(store.outbox().end(&second, &held).await.unwrap());
    assert_eq!(find(&store, "three", 299).await, None);
    let row = &store.dispatches(&id).await.unwrap()[0];
    assert_eq!(
        (row.state, row.tries, row.why.as_deref()),
        (DispatchState::Waiting, 1, Some("partner `agency` is suspended"))
    );
    assert_eq!(find(&store, "three", 300).await.unwrap().failures, 1, "as many as before");
}

on_both!(
    what_happens_is_told_in_its_own_transaction,
    a_package_unlike_those_before_is_told,
    the_same_is_told_once_and_free_text_never,
    it_is_sent_until_it_is_confirmed_and_never_again,
    what_was_put_off_by_a_clock_set_back_is_tried,
    a_dead_letter_is_listed_and_tried_again_by_hand,
    whoever_lost_one_gets_it_once_more,
    one_that_no_way_took_is_addressed_anew_by_hand,
    workers_are_seen_until_they_are_silent,
    figures_count_and_the_overdue_are_named,
    what_waits_for_a_worker_is_what_nobody_has_and_may_be_tried,
    one_way_is_tried_once_at_a_time_and_holds_up_no_other,
    workers_whose_clocks_differ_do_not_send_it_twice,
    what_is_held_back_was_not_tried,
);
