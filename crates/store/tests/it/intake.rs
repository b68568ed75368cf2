//! Is what comes in kept once, opened in the order of the partner's numbers, and worked on by one at a time?

use causeway_model::intake::{Counts, Intake};
use causeway_store::change::{
    DocumentKind, IntakeStep, IntakeVersions, MoveIntake, NewIntake, ReceivedIntake, SeenIntake, WaitingRecord, Way,
};
use causeway_store::lease::Kind as Leased;
use causeway_store::query::IntakeFilter;
use causeway_store::upload::Upload;
use causeway_store::{Changed, Kind, Saved, Store, StoreError};

use crate::house::{House, at, changed, on_both, stamp};
use crate::street::document;

/// The documents that [`file`] is read by.
pub(crate) async fn governed(store: &Store) {
    for (kind, name) in [
        (DocumentKind::Exchange, "id-numbers"),
        (DocumentKind::Arrangement, "numbers"),
        (DocumentKind::Catalogue, "registry"),
    ] {
        for version in [1, 2] {
            store.import_document(document(kind, name, version), stamp(0)).await.unwrap();
        }
    }
}

pub(crate) fn versions(version: u32) -> IntakeVersions {
    IntakeVersions {
        exchange: ("id-numbers".into(), version),
        arrangement: ("numbers".into(), version),
        catalogue: ("registry".into(), version),
    }
}

/// A file of that number, whose digest is made of it.
pub(crate) fn file(id: &str, number: u64) -> NewIntake {
    NewIntake {
        id: id.into(),
        versions: versions(1),
        partner: "agency".into(),
        client: None,
        way: Way::Upload,
        number: Some(number),
        sha256: format!("{number:064}"),
        size: 9,
        body: Some(vec![1, 2, 3]),
    }
}

async fn received(store: &Store, id: &str, number: u64, second: i64) -> SeenIntake {
    let file = changed(file(id, number), "intake-received", id);
    assert_eq!(store.receive_intake(file, stamp(second)).await.unwrap().saved, Saved::New);
    store.intake(id).await.unwrap().unwrap().seen()
}

pub(crate) fn moved(seen: &SeenIntake, step: IntakeStep) -> Changed<MoveIntake> {
    changed(MoveIntake { seen: seen.clone(), step }, "intake-moved", &seen.intake)
}

/// Through all of it, with a record that waits and an upload that became it.
pub(crate) async fn came(store: &Store) {
    governed(store).await;
    let seen = received(store, "came", 7, 0).await;
    let lease = store.leases_of(Leased::Intake).take("came", "worker-1", "token-9", at(1)).await.unwrap();
    let mut seen = seen.under(&lease.token);
    let counts = Counts { records: 3, inserted: 2, waiting: 1, ..Counts::default() };
    let waiting = WaitingRecord { record: 2, codes: vec!["ambiguous".into()], candidates: 2 };
    for step in [
        IntakeStep::Open,
        IntakeStep::Validate(counts),
        IntakeStep::Begin { undo_key: Some(vec![9]) },
        IntakeStep::Wait(counts, vec![waiting]),
    ] {
        seen = store.move_intake(moved(&seen, step), stamp(2)).await.unwrap();
    }
    let upload = Upload {
        id: "up".into(),
        exchange: "id-numbers".into(),
        partner: "agency".into(),
        client: None,
        size: Some(9),
        received: 0,
        begun_by: "agency".into(),
        intake: None,
    };
    assert!(store.uploads().begin(&upload, 1, at(0)).await.unwrap());
    assert!(store.uploads().grow("up", 0, 9, at(1)).await.unwrap());
    assert!(store.uploads().end("up", Some("came"), at(2)).await.unwrap());
}

async fn the_same_file_is_the_same_intake_until_it_was_refused(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    governed(&store).await;
    let seen = received(&store, "in-1", 1, 0).await;
    let again = |id: &str| {
        changed(NewIntake { number: Some(9), sha256: format!("{:064}", 1), ..file(id, 1) }, "intake-received", id)
    };
    let leaves = store.pending_leaves().await.unwrap();
    let same = store.receive_intake(again("in-2"), stamp(1)).await.unwrap();
    assert_eq!(same, ReceivedIntake { id: "in-1".into(), saved: Saved::Already });
    assert_eq!(store.pending_leaves().await.unwrap(), leaves, "nothing is entered for it");
    store.move_intake(moved(&seen, IntakeStep::Cancel), stamp(2)).await.unwrap();
    assert_eq!(store.receive_intake(again("in-2"), stamp(3)).await.unwrap().saved, Saved::New);
    assert_eq!(store.intake_body("in-2").await.unwrap(), Some(vec![1, 2, 3]));
    let taken = NewIntake { sha256: "f".repeat(64), ..file("in-2", 3) };
    let taken = store.receive_intake(changed(taken, "intake-received", "in-2"), stamp(4)).await;
    assert!(matches!(taken, Err(StoreError::Taken { .. })));
    let unknown = NewIntake { versions: versions(3), ..file("in-4", 4) };
    let unknown = store.receive_intake(changed(unknown, "intake-received", "in-4"), stamp(4)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    let filter = IntakeFilter { state: Some("received".into()), ..IntakeFilter::default() };
    let ids: Vec<String> = store.intakes(&filter).await.unwrap().into_iter().map(|row| row.id).collect();
    assert_eq!(ids, ["in-2"]);
}

async fn an_older_number_is_not_opened_and_a_retry_is_no_older_one(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    governed(&store).await;
    let (first, second) = (received(&store, "first", 5, 0).await, received(&store, "second", 4, 1).await);
    let opened = store.move_intake(moved(&first, IntakeStep::Open), stamp(2)).await.unwrap();
    let older = store.move_intake(moved(&second, IntakeStep::Open), stamp(3)).await;
    assert!(matches!(older, Err(StoreError::NotAbove { newest: 5, found: 4, .. })));
    assert_eq!(store.intake("second").await.unwrap().unwrap().state, Intake::Received);
    let refused = store.move_intake(moved(&opened, IntakeStep::Reject(Vec::new(), None)), stamp(4)).await.unwrap();
    let newer = received(&store, "third", 6, 5).await;
    store.move_intake(moved(&newer, IntakeStep::Open), stamp(6)).await.unwrap();
    let retried = store.move_intake(moved(&refused, IntakeStep::Retry(versions(2))), stamp(7)).await.unwrap();
    assert_eq!(retried.state, Intake::Received);
    store.move_intake(moved(&retried, IntakeStep::Open), stamp(8)).await.unwrap();
    // What was refused before it was opened is no retry of an opened one: its number is asked for.
    let refused = store.move_intake(moved(&second, IntakeStep::Reject(Vec::new(), None)), stamp(9)).await.unwrap();
    let again = store.move_intake(moved(&refused, IntakeStep::Retry(versions(2))), stamp(10)).await.unwrap();
    let older = store.move_intake(moved(&again, IntakeStep::Open), stamp(11)).await;
    assert!(matches!(older, Err(StoreError::NotAbove { newest: 6, found: 4, .. })));
    let row = store.intake("first").await.unwrap().unwrap();
    assert_eq!((row.versions, row.opened_at), (versions(2), Some(at(2))));
    assert_eq!(store.newest_opened("id-numbers", "agency").await.unwrap(), 6);
    assert_eq!(store.newest_opened("id-numbers", "other").await.unwrap(), 0);
}

async fn whoever_lost_it_or_saw_it_otherwise_moves_nothing(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    governed(&store).await;
    let seen = received(&store, "in", 1, 0).await;
    let under = seen.clone().under("nobody's");
    let stale = store.move_intake(moved(&under, IntakeStep::Open), stamp(1)).await;
    assert!(matches!(stale, Err(StoreError::StaleLease { what: "intake", .. })));
    let wrong = store.move_intake(moved(&seen, IntakeStep::Acknowledge), stamp(1)).await;
    assert!(matches!(wrong, Err(StoreError::WrongIntake { .. })));
    store.move_intake(moved(&seen, IntakeStep::Open), stamp(1)).await.unwrap();
    let late = store.move_intake(moved(&seen, IntakeStep::Cancel), stamp(2)).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { .. })));
}

async fn of_one_exchange_the_first_goes_first_and_what_waits_for_people_is_not_found(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    governed(&store).await;
    let leases = store.leases_of(Leased::Intake);
    assert_eq!(leases.find("w", "t0", at(0)).await.unwrap(), None);
    let second = received(&store, "second", 2, 10).await;
    let first = received(&store, "first", 1, 5).await;
    let lease = leases.find("w", "t1", at(20)).await.unwrap().unwrap();
    assert_eq!((lease.id.as_str(), lease.kind), ("first", Leased::Intake));
    assert_eq!(leases.find("v", "t2", at(21)).await.unwrap(), None, "one at a time, in order");
    assert_eq!(store.leases().find("v", "t3", at(21)).await.unwrap(), None, "it is no transfer");
    assert_eq!(leases.void(&[], at(22)).await.unwrap(), ["t1"]);
    assert!(leases.void(&["w".to_owned()], at(22)).await.unwrap().is_empty());
    let mut seen = first;
    for step in [
        IntakeStep::Open,
        IntakeStep::Validate(Counts::default()),
        IntakeStep::Begin { undo_key: None },
        IntakeStep::Wait(Counts::default(), Vec::new()),
    ] {
        seen = store.move_intake(moved(&seen, step), stamp(30)).await.unwrap();
    }
    let found = leases.find("w", "t4", at(40)).await.unwrap().unwrap();
    assert_eq!(found.id, second.intake, "what waits for a person holds nothing up");
    assert_eq!(store.lease_of(Leased::Intake, "second").await.unwrap().unwrap().holder(at(41)), Some("w"));
}

async fn a_record_that_waits_keeps_what_was_said_of_it(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    came(&store).await;
    let row = store.intake("came").await.unwrap().unwrap();
    assert_eq!((row.state, row.counts.unwrap().waiting, row.is_short), (Intake::AwaitingReview, 1, true));
    assert_eq!(store.intake_undo_key("came").await.unwrap(), Some(vec![9]));
    let waiting = store.intake_waiting("came").await.unwrap();
    assert_eq!((waiting[0].record, waiting[0].candidates, &waiting[0].decision), (2, 2, &None));
    assert_eq!(waiting[0].codes, ["ambiguous"]);
}

async fn an_upload_grows_in_order_and_ends_once(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    came(&store).await;
    let uploads = store.uploads();
    let upload = store.upload("up").await.unwrap().unwrap();
    assert_eq!((upload.received, upload.intake.as_deref()), (9, Some("came")));
    assert!(!uploads.grow("up", 9, 10, at(3)).await.unwrap(), "it has ended");
    let other = Upload { id: "other".into(), intake: None, received: 0, size: Some(5), ..upload };
    assert!(uploads.begin(&other, 1, at(10)).await.unwrap());
    let third = Upload { id: "third".into(), ..other.clone() };
    assert!(!uploads.begin(&third, 1, at(10)).await.unwrap(), "one is unfinished");
    assert!(!uploads.grow("other", 1, 2, at(11)).await.unwrap(), "the first piece is missing");
    assert!(!uploads.grow("other", 0, 6, at(11)).await.unwrap(), "more than was said");
    assert!(uploads.grow("other", 0, 5, at(11)).await.unwrap());
    assert!(uploads.give_up(at(12)).await.unwrap().is_empty());
    assert_eq!(uploads.give_up(at(11 + 24 * 3600)).await.unwrap(), ["other"]);
    assert_eq!(store.upload("other").await.unwrap(), None);
}

on_both!(
    the_same_file_is_the_same_intake_until_it_was_refused,
    an_older_number_is_not_opened_and_a_retry_is_no_older_one,
    whoever_lost_it_or_saw_it_otherwise_moves_nothing,
    of_one_exchange_the_first_goes_first_and_what_waits_for_people_is_not_found,
    a_record_that_waits_keeps_what_was_said_of_it,
    an_upload_grows_in_order_and_ends_once,
);
