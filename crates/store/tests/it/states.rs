//! Which state may a delta start from, and what is disputed?

use causeway_store::change::{PackageState, ReceiptOutcome, SealTransfer, Seen, SettleDispute, StartsFrom};
use causeway_store::query::AlertFilter;
use causeway_store::{Changed, Kind, Saved, Store, StoreError};

use crate::house::{House, changed, event, on_both, stamp};
use crate::street::{arrived, found, package_of, prepared, receipt, sealing};

on_both!(
    a_state_counts_once_it_is_confirmed_and_the_highest_number_does,
    what_is_disputed_blocks_sealing_until_it_is_settled,
    a_delta_is_as_usual_as_the_list_that_it_leads_to,
    a_dispute_that_comes_after_the_base_makes_it_no_base,
    what_stays_is_kept_until_the_last_day_of_what_was_built_on_it
);

fn state(base: Option<&str>) -> PackageState {
    let starts_from = match base {
        Some(package) => StartsFrom::Package { package: package.into() },
        None => StartsFrom::Nothing { why: "no earlier state is confirmed".into() },
    };
    PackageState {
        starts_from,
        shape: "s".into(),
        records: 101,
        digest: "d".repeat(64),
        set_sha256: "e".repeat(64),
        added: 1,
        changed: 2,
        removed: 3,
    }
}

async fn seal(store: &Store, id: &str, base: Option<&str>) -> Result<Seen, StoreError> {
    seal_until(store, id, base, "2031-10-01").await
}

async fn seal_until(store: &Store, id: &str, base: Option<&str>, day: &str) -> Result<Seen, StoreError> {
    let seen = prepared(store, id).await;
    let number = store.next_sequence("food-list").await.unwrap();
    let mut sealing = SealTransfer { state: Some(state(base)), ..sealing(&seen, "token-1", number).value().clone() };
    sealing.facts.purge_by = day.parse().unwrap();
    store.seal(changed(sealing, "transfer.sealed", id), stamp(30)).await
}

/// A state that was sent, one that is confirmed and one that is disputed, and settled: for the backup, too.
pub(crate) async fn disputed(store: &Store) {
    let seen = arrived(store, &seal(store, "s1", None).await.unwrap()).await;
    let mut disputing = receipt(&seen, "{}", ReceiptOutcome::Accepted).value().clone();
    disputing.disagreements = vec!["receipt-state-differs"];
    store.accept_receipt(changed(disputing, "receipt.accepted", "s1"), stamp(60)).await.unwrap();
    assert_eq!(store.settle_dispute(settling("s1"), stamp(61)).await.unwrap(), Saved::New);
}

fn settling(id: &str) -> Changed<SettleDispute> {
    let settle = SettleDispute { package: format!("package-of-{id}"), reason: "a copy was restored".into() };
    Changed::new(settle, event("dispute-settled", id))
}

async fn a_state_counts_once_it_is_confirmed_and_the_highest_number_does(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let first = arrived(&store, &seal(&store, "t1", None).await.unwrap()).await;
    assert_eq!(store.confirmed_state("food-list").await.unwrap(), None);
    assert_eq!(store.deltas_in_a_row("food-list").await.unwrap(), 0);
    let confirm = |seen: &Seen, outcome| receipt(seen, "{}", outcome);
    store.accept_receipt(confirm(&first, ReceiptOutcome::Accepted), stamp(60)).await.unwrap();
    let base = package_of(&first);
    let second = arrived(&store, &seal(&store, "t2", Some(&base)).await.unwrap()).await;
    let third = arrived(&store, &seal(&store, "t3", Some(&base)).await.unwrap()).await;
    assert_eq!(store.deltas_in_a_row("food-list").await.unwrap(), 2);
    let confirmed = store.confirmed_state("food-list").await.unwrap().unwrap();
    assert_eq!((confirmed.transfer.as_str(), confirmed.sequence, confirmed.state), ("t1", 1, state(None)));
    // The receipt of the third comes, then that of the second, late; a partial one confirms nothing.
    store.accept_receipt(confirm(&third, ReceiptOutcome::Accepted), stamp(61)).await.unwrap();
    store.accept_receipt(confirm(&second, ReceiptOutcome::Accepted), stamp(62)).await.unwrap();
    let fourth = arrived(&store, &seal(&store, "t4", Some(&package_of(&third))).await.unwrap()).await;
    store.accept_receipt(confirm(&fourth, ReceiptOutcome::Partial), stamp(63)).await.unwrap();
    // What the next is compared with is the state, not what was in the package.
    assert_eq!(store.last_receipted("food-list").await.unwrap().unwrap().released, 101);
    let confirmed = store.confirmed_state("food-list").await.unwrap().unwrap();
    assert_eq!((confirmed.transfer.as_str(), confirmed.token.as_str()), ("t3", "token-1"));
    assert_eq!(confirmed.state.starts_from, StartsFrom::Package { package: base });
    assert_eq!(store.state_of("package-of-t2").await.unwrap().unwrap().sequence, 2);
    let edit = house.raw().try_sql("UPDATE package_state SET records = 1").await;
    assert!(edit.unwrap_err().contains("never edited"));
}

async fn what_is_disputed_blocks_sealing_until_it_is_settled(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let first = arrived(&store, &seal(&store, "t1", None).await.unwrap()).await;
    let mut disputing = receipt(&first, "{}", ReceiptOutcome::Accepted).value().clone();
    disputing.disagreements = vec!["receipt-state-differs"];
    store.accept_receipt(changed(disputing, "receipt.accepted", "t1"), stamp(60)).await.unwrap();
    let open = store.open_disputes("food-list").await.unwrap();
    assert_eq!((open[0].transfer.as_str(), open[0].codes.join(" ")), ("t1", "receipt-state-differs".to_owned()));
    assert_eq!(store.confirmed_state("food-list").await.unwrap(), None);
    let blocked = seal(&store, "t2", None).await;
    assert!(matches!(blocked, Err(StoreError::ChangedMeanwhile { .. })), "{blocked:?}");
    let unknown = store.settle_dispute(settling("t9"), stamp(61)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    assert_eq!(store.settle_dispute(settling("t1"), stamp(62)).await.unwrap(), Saved::New);
    assert_eq!(store.settle_dispute(settling("t1"), stamp(63)).await.unwrap(), Saved::Already);
    assert_eq!(store.open_disputes("food-list").await.unwrap(), []);
    assert!(seal(&store, "t3", None).await.is_ok());
}

async fn a_delta_is_as_usual_as_the_list_that_it_leads_to(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    seal(&store, "t1", None).await.unwrap();
    let delta = async |id: &str, records: u64| {
        let seen = prepared(&store, id).await;
        let number = store.next_sequence("food-list").await.unwrap();
        let mut sealing = sealing(&seen, "token-1", number).value().clone();
        sealing.facts.released = 3;
        sealing.state = Some(PackageState { records, ..state(Some("package-of-t1")) });
        store.seal(changed(sealing, "transfer.sealed", id), stamp(30)).await.unwrap();
        let told = store.alerts(AlertFilter::All, None, 9).await.unwrap();
        told.into_iter().map(|alert| alert.subject).collect::<Vec<_>>()
    };
    assert_eq!(delta("t2", 103).await, [""; 0], "few changed in a list as long as before");
    assert_eq!(delta("t3", 40).await, ["t3"], "as few changed, and more than half are gone");
}

/// Numbers tell of the order of packages, not of that of receipts: one of an older package may come last.
async fn a_dispute_that_comes_after_the_base_makes_it_no_base(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let first = arrived(&store, &seal(&store, "t1", None).await.unwrap()).await;
    store.accept_receipt(receipt(&first, "{}", ReceiptOutcome::Accepted), stamp(60)).await.unwrap();
    let older = arrived(&store, &seal(&store, "t2", Some("package-of-t1")).await.unwrap()).await;
    let newer = arrived(&store, &seal(&store, "t3", Some("package-of-t1")).await.unwrap()).await;
    store.accept_receipt(receipt(&newer, "{}", ReceiptOutcome::Accepted), stamp(61)).await.unwrap();
    assert!(!store.disputed_since("package-of-t3").await.unwrap());
    store.accept_receipt(receipt(&older, "{}", ReceiptOutcome::Rejected), stamp(62)).await.unwrap();
    assert_eq!(store.confirmed_state("food-list").await.unwrap().unwrap().transfer, "t3");
    assert!(store.disputed_since("package-of-t3").await.unwrap());
    // Nobody has to settle a rejection: what was begun before it came is not sealed all the same.
    let late = seal(&store, "t4", Some("package-of-t3")).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { .. })), "{late:?}");
    let full = arrived(&store, &seal(&store, "t5", None).await.unwrap()).await;
    store.accept_receipt(receipt(&full, "{}", ReceiptOutcome::Accepted), stamp(63)).await.unwrap();
    assert!(!store.disputed_since("package-of-t5").await.unwrap());
    assert!(seal(&store, "t6", Some("package-of-t5")).await.is_ok());

    // What each set is asked by.
    let of = ["t2", "t3", "t4", "t9"].map(str::to_owned);
    let owners = store.set_owners(&of).await.unwrap();
    let shown = |id: &str| owners.get(id).map(|owner| (owner.state.as_str(), owner.sequence, owner.confirmed));
    assert_eq!(shown("t2"), Some(("disputed", Some(2), 4)));
    assert_eq!(shown("t3"), Some(("receipted", Some(3), 4)));
    assert_eq!(shown("t4"), Some(("preparing", None, 4)));
    assert_eq!(shown("t9"), None);
}

async fn what_stays_is_kept_until_the_last_day_of_what_was_built_on_it(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    let confirmed = async |id: &str, base: Option<&str>, day: &str| {
        let seen = arrived(&store, &seal_until(&store, id, base, day).await.unwrap()).await;
        store.accept_receipt(receipt(&seen, "{}", ReceiptOutcome::Accepted), stamp(60)).await.unwrap();
    };
    confirmed("t1", None, "2031-10-01").await;
    confirmed("t2", Some("package-of-t1"), "2031-11-01").await;
    // On a shorter day than what it is built on, and the last of this line; then another line.
    confirmed("t3", Some("package-of-t2"), "2031-10-15").await;
    confirmed("t4", None, "2031-12-01").await;
    // What never left keeps nobody.
    seal_until(&store, "t5", Some("package-of-t4"), "2032-01-01").await.unwrap();
    let days = store.last_days().await.unwrap();
    let day = |id: &str| days.get(&format!("package-of-{id}")).map(ToString::to_string);
    assert_eq!(day("t1").as_deref(), Some("2031-11-01"));
    assert_eq!(day("t2").as_deref(), Some("2031-11-01"));
    assert_eq!(day("t3").as_deref(), Some("2031-10-15"));
    assert_eq!(day("t4").as_deref(), Some("2031-12-01"));
    assert_eq!(day("t5"), None);
}
