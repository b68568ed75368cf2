//! Does an occurrence of a schedule make one transfer, whoever looks at it and how often?

use causeway_model::Person;
use causeway_model::request::{State, TransferRequest};
use causeway_store::change::{
    DocumentKind, HandleOccurrence, NewRequest, OccurrenceOutcome, PauseSchedule, UnpauseSchedule,
};
use causeway_store::query::TransferFilter;
use causeway_store::{Kind, Saved, Store, StoreError};
use jiff::Timestamp;
use jiff::civil::date;

use crate::house::{House, changed, on_both, stamp};
use crate::street::{document, found, request};

const NAME: &str = "food-list";

fn day(day: i8) -> Timestamp {
    format!("2026-05-{day:02}T03:00:00Z").parse().unwrap()
}

/// The occurrence of that day, decided when the one of the day `seen` was the last.
fn occurrence(at: i8, seen: Option<i8>, outcome: OccurrenceOutcome) -> HandleOccurrence {
    HandleOccurrence {
        exchange: NAME.into(),
        exchange_version: 1,
        due_at: day(at),
        due_local: date(2026, 5, at).at(6, 0, 0, 0),
        time_zone: "Africa/Nairobi".into(),
        first_due_at: day(at),
        occurrences: 1,
        seen: seen.map(day),
        outcome,
    }
}

fn start(id: &str) -> OccurrenceOutcome {
    let asked = TransferRequest { exchange: NAME.into(), cycle: None, place: None, cut_off: None, note: None };
    let by = Person::new("officer-a", "SHA256:officer-a");
    let state = State::Approved { by: by.clone(), approved_by: None };
    let transfer = request(id).value().clone();
    OccurrenceOutcome::Requested(Box::new(NewRequest { transfer, asked, by, state, denied: Vec::new() }))
}

fn skip() -> OccurrenceOutcome {
    OccurrenceOutcome::Skipped { reason: "blackout".into(), detail: "the office moves".into() }
}

async fn handle(store: &Store, one: HandleOccurrence) -> Saved {
    store.handle_occurrence(changed(one, "schedule.occurrence", NAME), stamp(30)).await.unwrap()
}

/// Whether it was to be decided anew.
async fn overtaken(store: &Store, one: HandleOccurrence) -> bool {
    let outcome = store.handle_occurrence(changed(one, "schedule.occurrence", NAME), stamp(30)).await;
    matches!(outcome, Err(StoreError::ChangedMeanwhile { .. }))
}

async fn pause(store: &Store) -> Saved {
    let pause = PauseSchedule { exchange: NAME.into(), reason: "the partner moves".into() };
    store.pause_schedule(changed(pause, "schedule.paused", NAME), stamp(31)).await.unwrap()
}

async fn unpause(store: &Store) -> Saved {
    let unpause = UnpauseSchedule { exchange: NAME.into() };
    store.unpause_schedule(changed(unpause, "schedule.unpaused", NAME), stamp(32)).await.unwrap()
}

/// Something in both tables.
pub(crate) async fn run_and_paused(store: &Store) {
    assert_eq!(handle(store, occurrence(1, None, skip())).await, Saved::New);
    assert_eq!(handle(store, occurrence(2, Some(1), start("scheduled"))).await, Saved::New);
    assert_eq!(pause(store).await, Saved::New);
}

async fn house(kind: Kind) -> (House, Store) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    (house, store)
}

async fn transfers(store: &Store) -> usize {
    store.transfers(&TransferFilter::default()).await.unwrap().len()
}

async fn an_occurrence_is_handled_once(kind: Kind) {
    let (_house, store) = house(kind).await;
    run_and_paused(&store).await;
    unpause(&store).await;
    let leaves = store.pending_leaves().await.unwrap();
    assert_eq!(handle(&store, occurrence(2, Some(1), start("again"))).await, Saved::Already);
    assert_eq!(handle(&store, occurrence(1, None, start("again"))).await, Saved::Already, "nor what was skipped");
    // The same wall-clock time, which the zone's new rules put elsewhere.
    let moved = HandleOccurrence { due_at: day(3), ..occurrence(2, Some(2), start("again")) };
    assert_eq!(handle(&store, moved).await, Saved::Already);
    // Decided before the one of the second was handled.
    assert!(overtaken(&store, occurrence(4, Some(1), start("again"))).await);
    let older = HandleOccurrence { exchange_version: 0, ..occurrence(4, Some(2), start("again")) };
    assert!(overtaken(&store, older).await, "by another version than the one in use");
    assert_eq!(store.pending_leaves().await.unwrap(), leaves, "nothing was entered");
    assert_eq!(transfers(&store).await, 1);
    let rows = store.handled_occurrences(NAME, day(31), 10).await.unwrap();
    let told: Vec<_> = rows.iter().map(|row| (row.due_at, row.skipped.as_deref(), row.transfer.as_deref())).collect();
    assert_eq!(told, [(day(2), None, Some("scheduled")), (day(1), Some("blackout"), None)]);
    assert_eq!(store.handled_occurrences(NAME, day(1), 10).await.unwrap().len(), 1);
}

async fn nothing_starts_while_it_is_paused(kind: Kind) {
    let (_house, store) = house(kind).await;
    assert_eq!(
        (unpause(&store).await, pause(&store).await, pause(&store).await),
        (Saved::Already, Saved::New, Saved::Already)
    );
    assert!(overtaken(&store, occurrence(1, None, start("t1"))).await, "paused since it was decided");
    assert_eq!(handle(&store, occurrence(1, None, skip())).await, Saved::New);
    assert_eq!(store.paused_schedules().await.unwrap()[0].reason, "the partner moves");
    assert_eq!(
        (unpause(&store).await, pause(&store).await, unpause(&store).await),
        (Saved::New, Saved::New, Saved::New)
    );
    assert_eq!(store.paused_schedules().await.unwrap(), []);
    let all = store.schedule_pauses(NAME, Timestamp::MIN).await.unwrap();
    assert!(all.len() == 2 && all.iter().all(|one| one.ended_at.is_some()), "{all:?}");
    assert_eq!(store.schedule_pauses(NAME, Timestamp::MAX).await.unwrap(), []);
    assert_eq!(handle(&store, occurrence(2, Some(1), start("t1"))).await, Saved::New);
}

async fn a_transfer_that_cannot_be_asked_for_leaves_no_occurrence(kind: Kind) {
    let (_house, store) = house(kind).await;
    store.import_document(document(DocumentKind::Exchange, NAME, 2), stamp(2)).await.unwrap();
    assert!(overtaken(&store, occurrence(1, None, start("t1"))).await, "version 2 is in use");
    let unknown = HandleOccurrence { exchange_version: 2, ..occurrence(1, None, start("t1")) };
    assert_eq!(handle(&store, unknown).await, Saved::New);
    let again = HandleOccurrence { exchange_version: 2, ..occurrence(2, Some(1), start("t1")) };
    let refused = store.handle_occurrence(changed(again, "schedule.occurrence", NAME), stamp(30)).await;
    assert!(refused.is_err(), "the id is used");
    assert_eq!(store.handled_occurrences(NAME, day(31), 10).await.unwrap().len(), 1);
}

/// Four who look at the same occurrences at once, through stores of their own.
async fn whoever_looks_at_once_there_is_one_transfer(kind: Kind) {
    let (house, store) = house(kind).await;
    let mut stores = vec![store];
    for _ in 0..3 {
        stores.push(house.beside_store().await);
    }
    for at in 1..=10_i8 {
        let seen = (at > 1).then(|| at - 1);
        let looks = stores
            .iter()
            .enumerate()
            .map(|(who, store)| handle(store, occurrence(at, seen, start(&format!("t-{at}-{who}")))));
        let outcomes = futures_util::future::join_all(looks).await;
        assert_eq!(outcomes.iter().filter(|one| **one == Saved::New).count(), 1, "{outcomes:?}");
    }
    assert_eq!(transfers(&stores[0]).await, 10);
}

on_both!(
    an_occurrence_is_handled_once,
    nothing_starts_while_it_is_paused,
    a_transfer_that_cannot_be_asked_for_leaves_no_occurrence,
    whoever_looks_at_once_there_is_one_transfer,
);
