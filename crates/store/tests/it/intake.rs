//! Is what comes in kept once, opened in the order of the partner's numbers, and worked on by one at a time?

use causeway_model::intake::{Counts, Intake, Verdict};
use causeway_store::change::{
    DocumentKind, Heeded, IntakeStep, IntakeVersions, MoveIntake, NewIntake, ReceivedIntake, ReviewIntake, SeenIntake,
    WaitingRecord, Way,
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
        IntakeStep::Wait(counts, vec![waiting], Vec::new()),
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
        IntakeStep::Wait(Counts::default(), Vec::new(), Vec::new()),
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

fn said(record: u64, verdict: Verdict, candidate: Option<u64>) -> Changed<ReviewIntake> {
    let chosen = (verdict == Verdict::Link).then(|| format!("{:064}", candidate.unwrap_or_default()));
    let review =
        ReviewIntake { intake: "came".into(), record, verdict, candidate, chosen, reason: "looked at it".into() };
    changed(review, "intake-reviewed", "came")
}

async fn a_decision_counts_until_it_is_carried_out(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    came(&store).await;
    let leases = store.leases_of(Leased::Intake);
    leases.void(&["worker-1".to_owned()], at(9)).await.unwrap();
    assert_eq!(leases.find("w", "t0", at(10)).await.unwrap(), None, "it waits for a person");
    let nobody = store.review_intake(said(3, Verdict::Insert, None), stamp(10)).await;
    assert!(matches!(nobody, Err(StoreError::NotFound { .. })));
    assert_eq!(store.review_intake(said(2, Verdict::Link, Some(1)), stamp(11)).await.unwrap(), Saved::New);
    assert_eq!(store.review_intake(said(2, Verdict::Link, Some(1)), stamp(12)).await.unwrap(), Saved::Already);
    assert_eq!(store.review_intake(said(2, Verdict::Link, Some(2)), stamp(13)).await.unwrap(), Saved::New);
    assert!(store.intake_is_decided("came").await.unwrap());
    let lease = leases.find("w", "t1", at(14)).await.unwrap().unwrap();
    let seen = store.intake("came").await.unwrap().unwrap().seen().under(&lease.token);
    let seen = store.move_intake(moved(&seen, IntakeStep::Begin { undo_key: None }), stamp(15)).await.unwrap();
    let other = store.review_intake(said(2, Verdict::LeaveOut, None), stamp(16)).await;
    assert!(matches!(other, Err(StoreError::Denied { .. })), "a run goes by what was decided before");

    // It waits all the same: what was decided is gone, and something else may be.
    let counts = Counts { records: 3, inserted: 2, conflict: 1, ..Counts::default() };
    let heeded = vec![Heeded { record: 2, decided_at: at(13) }];
    let waiting = WaitingRecord { record: 2, codes: vec!["changed-meanwhile".into()], candidates: 1 };
    let wait = IntakeStep::Wait(counts, vec![waiting], heeded);
    let seen = store.move_intake(moved(&seen, wait), stamp(17)).await.unwrap();
    let row = store.intake_waiting("came").await.unwrap().remove(0);
    assert_eq!((row.decision, row.settled_at, row.candidates), (None, None, 1));
    assert!(!store.intake_is_decided("came").await.unwrap());
    assert_eq!(store.review_intake(said(2, Verdict::LeaveOut, None), stamp(18)).await.unwrap(), Saved::New);

    // Carried out, it is settled.
    let seen = store.move_intake(moved(&seen, IntakeStep::Begin { undo_key: None }), stamp(19)).await.unwrap();
    let heeded = vec![Heeded { record: 2, decided_at: at(18) }];
    let applied = store.move_intake(moved(&seen, IntakeStep::Apply(counts, heeded)), stamp(20)).await.unwrap();
    let row = store.intake_waiting("came").await.unwrap().remove(0);
    assert_eq!((row.decision.unwrap().verdict, row.settled_at), (Verdict::LeaveOut, Some(at(20))));
    assert_eq!(store.review_intake(said(2, Verdict::LeaveOut, None), stamp(21)).await.unwrap(), Saved::Already);
    let late = store.review_intake(said(2, Verdict::Insert, None), stamp(22)).await;
    assert!(matches!(late, Err(StoreError::Denied { .. })));
    let row = store.intake("came").await.unwrap().unwrap();
    assert_eq!(row.reviewers.len(), 1);

    // Undone, and read once more: what waits is asked anew.
    let undoing = store.move_intake(moved(&applied, IntakeStep::Undo), stamp(23)).await.unwrap();
    let undone = store.move_intake(moved(&undoing, IntakeStep::PutBack), stamp(24)).await.unwrap();
    assert_eq!(store.intake("came").await.unwrap().unwrap().undone, 1);
    store.move_intake(moved(&undone, IntakeStep::Retry(versions(2))), stamp(25)).await.unwrap();
    assert!(store.intake_waiting("came").await.unwrap().is_empty());
    assert_eq!(store.intake("came").await.unwrap().unwrap().reviewers.len(), 1, "who decided stays known");
}

async fn what_was_decided_while_a_run_did_not_look_is_carried_out_by_the_next(kind: Kind) {
    let house = House::new(kind);
    let store = house.open().await;
    came(&store).await;
    let seen = store.intake("came").await.unwrap().unwrap().seen();
    let seen = store.move_intake(moved(&seen, IntakeStep::LeaveOut), stamp(10)).await.unwrap();
    let ended = store.review_intake(said(2, Verdict::LeaveOut, None), stamp(11)).await;
    assert!(matches!(ended, Err(StoreError::Denied { .. })), "the rest is left out");
    assert!(store.intake_is_decided("came").await.unwrap());
    let seen = store.move_intake(moved(&seen, IntakeStep::Begin { undo_key: None }), stamp(12)).await.unwrap();
    let counts = Counts { records: 3, inserted: 2, left_out: 1, ..Counts::default() };
    let seen = store.move_intake(moved(&seen, IntakeStep::Apply(counts, Vec::new())), stamp(13)).await.unwrap();
    let row = store.intake_waiting("came").await.unwrap().remove(0);
    assert_eq!((row.decision, row.settled_at), (None, Some(at(13))));
    store.move_intake(moved(&seen, IntakeStep::Retry(versions(2))), stamp(14)).await.unwrap();
    assert_eq!(store.intake("came").await.unwrap().unwrap().left_out_at, None);
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
    a_decision_counts_until_it_is_carried_out,
    what_was_decided_while_a_run_did_not_look_is_carried_out_by_the_next,
    an_upload_grows_in_order_and_ends_once,
);
