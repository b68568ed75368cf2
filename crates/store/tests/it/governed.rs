//! Are stops, requests and consents kept once, moved only as they were read, and seen by whoever works beside?

use causeway_model::permission::Role;
use causeway_model::request::{Asker, Manner, RefusedRequest, State, TransferRequest};
use causeway_model::stop::{Event, Scope, Stop, is_stopped};
use causeway_model::transfer::Transfer;
use causeway_model::{Code, Person, Violation};
use causeway_store::change::{
    DecideRequest, MoveStop, NewConsent, NewRefusedRequest, NewRequest, NewSandbox, NewStop, SyntheticOnly,
};
use causeway_store::{Kind, Saved, Store, StoreError};

use crate::house::{House, at, changed, on_both, stamp};
use crate::street::{found, officer, partner, request};

fn person(name: &str) -> Person {
    Person::new(name, format!("SHA256:{name}"))
}

fn stopping(id: &str, scope: Scope) -> Stop {
    Stop::new(id.into(), scope, person("officer-a"), at(1), "an invented reason".into()).unwrap()
}

async fn stopped(store: &Store, stop: &Stop) -> Result<Saved, StoreError> {
    store.stop(changed(NewStop { stop: stop.clone() }, "stopped", &stop.scope.to_string()), stamp(1)).await
}

async fn moved(store: &Store, seen: &Stop, next: &Stop) -> Result<(), StoreError> {
    let change = MoveStop { seen: seen.clone(), next: next.clone() };
    store.move_stop(changed(change, "moved", &seen.id), stamp(2)).await
}

fn asking(id: &str, state: State) -> causeway_store::Changed<NewRequest> {
    let asked = TransferRequest {
        exchange: "food-list".into(),
        cycle: Some("2031-05".into()),
        place: None,
        cut_off: None,
        note: Some("ማስታወሻ".into()),
    };
    let transfer = request(id).value().clone();
    let ask = NewRequest { transfer, asked, by: person("officer-a"), state, denied: Vec::new() };
    changed(ask, "transfer.requested", id)
}

fn refused(asked_for: &str) -> RefusedRequest {
    RefusedRequest {
        asker: Asker::Donor,
        organisation: "an invented donor".into(),
        manner: Manner::Informal,
        asked_on: "2031-05-04".parse().unwrap(),
        asked_for: asked_for.into(),
        elements: ["household.id".parse().unwrap()].into(),
        reason: "counts are enough".into(),
        codes: [Code::ElementNotAgreed].into(),
    }
}

/// A row of each kind; the documents, `officer-a` and the partner `agency` must be there.
pub(crate) async fn governed(store: &Store) {
    stopped(store, &stopping("st-1", Scope::All)).await.unwrap();
    let waiting = State::AwaitingApproval { by: person("officer-a") };
    store.ask(asking("asked-1", waiting), stamp(3)).await.unwrap();
    let consent = NewConsent {
        transfer: "asked-1".into(),
        role: Role::Representative,
        officer: "officer-a".into(),
        reason: "an invented reason".into(),
        text: "text\n".into(),
        signature: "aa".into(),
    };
    store.consent(changed(consent, "consented", "asked-1"), stamp(4)).await.unwrap();
    let entry = NewRefusedRequest { id: "rr-1".into(), entry: refused("a list of households") };
    store.register_refused(changed(entry, "registered", "rr-1"), stamp(5)).await.unwrap();
    let sandbox = NewSandbox { exchange: "food-list-sandbox".into(), twin_of: "food-list".into(), records: 50 };
    store.open_sandbox(changed(sandbox, "sandbox.opened", "food-list-sandbox"), stamp(6)).await.unwrap();
    let only = SyntheticOnly { partner: "agency".into() };
    store.synthetic_only(changed(only, "synthetic.only", "agency"), stamp(7)).await.unwrap();
}

async fn everything(kind: Kind) -> (House, Store) {
    let house = House::new(kind);
    let store = house.open().await;
    found(&store).await;
    store.add_officer(officer("officer-a"), stamp(1)).await.unwrap();
    store.add_partner(partner("agency"), stamp(1)).await.unwrap();
    (house, store)
}

async fn a_stop_stands_once_a_scope_and_moves_only_as_it_was_read(kind: Kind) {
    let (_house, store) = everything(kind).await;
    let scope = || Scope::Partner { operation: "op".into(), partner: "agency".into() };
    let first = stopping("st-1", scope());
    assert_eq!(stopped(&store, &first).await.unwrap(), Saved::New);
    assert_eq!(stopped(&store, &stopping("st-2", scope())).await.unwrap(), Saved::Already);
    assert_eq!(stopped(&store, &stopping("st-3", Scope::All)).await.unwrap(), Saved::New);
    let standing = store.standing_stops().await.unwrap();
    assert_eq!(standing.len(), 2);
    assert_eq!(is_stopped(&standing, "agency", "op").unwrap().id, "st-3", "the widest is told");
    let one = first.clone().apply(Event::Resume(person("officer-b"))).unwrap();
    moved(&store, &first, &one).await.unwrap();
    // Two at once: the other read what is no more.
    let other = first.clone().apply(Event::Resume(person("officer-c"))).unwrap();
    let late = moved(&store, &first, &other).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { what: "stop", .. })), "{late:?}");
    let lifted = one.clone().apply(Event::Resume(person("officer-c"))).unwrap();
    moved(&store, &one, &lifted).await.unwrap();
    assert_eq!(store.standing_stops().await.unwrap(), [stopping("st-3", Scope::All)]);
    assert_eq!(stopped(&store, &stopping("st-4", scope())).await.unwrap(), Saved::New, "and can be stopped again");
    assert_eq!(store.stops().await.unwrap().len(), 3);
}

async fn a_stop_from_beside_does_not_wait_for_whoever_holds_the_lock(kind: Kind) {
    let (house, working) = everything(kind).await;
    let beside = house.beside_store().await;
    assert_eq!(stopped(&beside, &stopping("st-1", Scope::All)).await.unwrap(), Saved::New);
    assert_eq!(working.standing_stops().await.unwrap().len(), 1, "seen at once");
    // Both go on writing, and the log stays one.
    house.sequence(&beside).await;
    governed_but_the_stop(&working).await;
    house.sequence(&working).await;
    house.sequence(&beside).await;
    beside.close().await;
    working.ledger().await.unwrap().verify(None).await.unwrap();
}

async fn governed_but_the_stop(store: &Store) {
    let entry = NewRefusedRequest { id: "rr-1".into(), entry: refused("a list") };
    store.register_refused(changed(entry, "registered", "rr-1"), stamp(5)).await.unwrap();
}

async fn a_decision_moves_request_and_transfer_together_and_once(kind: Kind) {
    let (_house, store) = everything(kind).await;
    let waiting = State::AwaitingApproval { by: person("officer-a") };
    let seen = store.ask(asking("asked-1", waiting.clone()), stamp(3)).await.unwrap();
    assert_eq!(store.requests_awaiting_approval().await.unwrap().len(), 1);
    let approved = State::Approved { by: person("officer-a"), approved_by: Some(person("officer-b")) };
    let decide = |to: State| DecideRequest {
        seen: seen.clone(),
        from: waiting.clone(),
        to,
        denied: Vec::new(),
        violations: vec![Violation::new(Code::RefusedByOfficer, "officer-b", "an invented reason")],
    };
    let moved = store.decide_request(changed(decide(approved.clone()), "approved", "asked-1"), stamp(4)).await.unwrap();
    assert_eq!(moved.state, Transfer::Requested);
    let late = store.decide_request(changed(decide(State::Withdrawn), "withdrawn", "asked-1"), stamp(5)).await;
    assert!(matches!(late, Err(StoreError::ChangedMeanwhile { what: "request", .. })), "{late:?}");
    assert_eq!(store.request("asked-1").await.unwrap().unwrap().state, approved);
    assert_eq!(store.requests_of("food-list").await.unwrap().len(), 1);
    let withdrawn = DecideRequest { from: approved, to: State::Withdrawn, ..decide(State::Withdrawn) };
    let moved = store.decide_request(changed(withdrawn, "withdrawn", "asked-1"), stamp(6)).await.unwrap();
    assert_eq!(moved.state, Transfer::Cancelled);
    assert_eq!(store.requests_of("food-list").await.unwrap(), []);
}

async fn consents_entries_and_sandboxes_are_kept_once(kind: Kind) {
    let (_house, store) = everything(kind).await;
    governed(&store).await;
    let consent = |officer: &str| NewConsent {
        transfer: "asked-1".into(),
        role: Role::Representative,
        officer: officer.into(),
        reason: "an invented reason".into(),
        text: "text\n".into(),
        signature: "aa".into(),
    };
    let again = store.consent(changed(consent("officer-a"), "consented", "asked-1"), stamp(8)).await.unwrap();
    assert_eq!(again, Saved::Already);
    let other = store.consent(changed(consent("officer-b"), "consented", "asked-1"), stamp(8)).await;
    assert!(matches!(other, Err(StoreError::Taken { what: "consent as", .. })));
    assert_eq!(store.consents("asked-1").await.unwrap().len(), 1);
    let entry = NewRefusedRequest { id: "rr-2".into(), entry: refused("a list of households") };
    assert_eq!(store.register_refused(changed(entry, "registered", "rr-2"), stamp(9)).await.unwrap(), Saved::Already);
    assert_eq!(store.refused_requests().await.unwrap()[0].entry, refused("a list of households"));
    let entry = NewRefusedRequest { id: "rr-0".into(), entry: refused("a list of people") };
    store.register_refused(changed(entry, "registered", "rr-0"), stamp(10)).await.unwrap();
    let all = store.refused_requests().await.unwrap();
    assert_eq!(all.iter().map(|row| row.id.as_str()).collect::<Vec<_>>(), ["rr-1", "rr-0"]);
    assert_eq!(store.refused_requests_after(None, 1).await.unwrap(), all[..1]);
    assert_eq!(store.refused_requests_after(Some("rr-1"), 9).await.unwrap(), all[1..]);
    let unknown = store.refused_requests_after(Some("rr-9"), 9).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { what: "refused request", .. })));
    let sandbox = NewSandbox { exchange: "food-list-sandbox".into(), twin_of: "food-list".into(), records: 9 };
    let again = store.open_sandbox(changed(sandbox, "sandbox.opened", "food-list-sandbox"), stamp(9)).await;
    assert_eq!(again.unwrap(), Saved::Already);
    let taken = NewSandbox { exchange: "food-list".into(), twin_of: "other".into(), records: 9 };
    let taken = store.open_sandbox(changed(taken, "sandbox.opened", "food-list"), stamp(9)).await;
    assert!(matches!(taken, Err(StoreError::Taken { what: "exchange", .. })));
    assert_eq!(store.sandbox("food-list-sandbox").await.unwrap().unwrap().records, 50);
    assert_eq!(store.sandbox("food-list").await.unwrap(), None);
    assert!(store.is_synthetic_only("agency").await.unwrap() && !store.is_synthetic_only("other").await.unwrap());
    let nobody = SyntheticOnly { partner: "other".into() };
    let nobody = store.synthetic_only(changed(nobody, "synthetic.only", "other"), stamp(9)).await;
    assert!(matches!(nobody, Err(StoreError::NotFound { what: "partner", .. })));
}

on_both!(
    a_stop_stands_once_a_scope_and_moves_only_as_it_was_read,
    a_stop_from_beside_does_not_wait_for_whoever_holds_the_lock,
    a_decision_moves_request_and_transfer_together_and_once,
    consents_entries_and_sandboxes_are_kept_once,
);
