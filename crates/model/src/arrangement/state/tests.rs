//! Does a version come into force only by two parties' keys, an assessment where due, and on its days?
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::*;
use crate::states::table;

fn terms() -> Terms {
    State::samples().into_iter().next().unwrap().into_terms()
}

fn sign(party: &str, name: &str, key: &str) -> Event {
    let signature = Signature { party: party.into(), signer: Person::new(name, key), digest: "d".into() };
    Event::Sign { signature, key: KeyStanding::Current }
}

fn proposed() -> State {
    State::Draft { terms: terms() }.apply(Event::Propose).unwrap()
}

fn agreed() -> State {
    proposed().apply(sign("operation", "amina", "a")).unwrap().apply(sign("partner", "thandi", "t")).unwrap()
}

fn activate(gate: Gate, revoked: &[&str]) -> Event {
    let revoked = revoked.iter().map(|key| (*key).to_owned()).collect();
    Event::Activate { now: terms().valid.begins_at(), revoked, gate }
}

fn in_force() -> State {
    agreed().apply(activate(Gate::NotDue, &[])).unwrap()
}

fn suspend() -> Event {
    Event::Suspend { reason: "a breach was reported".into() }
}

fn refusal(state: State, event: Event) -> Vec<Code> {
    state.apply(event).unwrap_err().codes()
}

#[test]
fn the_whole_table_is_as_reviewed() {
    let apply = |state: State, event: Event| state.apply(event).ok();
    let table = table(&State::samples(), &Event::samples(), State::name, Event::name, apply);
    insta::assert_snapshot!(table.lines());
}

#[test]
fn a_signature_counts_only_for_a_party_over_this_text_by_a_current_key_that_is_not_the_drafters() {
    assert_eq!(refusal(proposed(), sign("stranger", "amina", "a")), [Code::NotAParty]);
    let over_other = Signature { party: "operation".into(), signer: Person::new("amina", "a"), digest: "other".into() };
    let event = |signature: &Signature, key| Event::Sign { signature: signature.clone(), key };
    assert_eq!(refusal(proposed(), event(&over_other, KeyStanding::Current)), [Code::SignatureOtherText]);
    let sound = Signature { digest: "d".into(), ..over_other };
    assert_eq!(refusal(proposed(), event(&sound, KeyStanding::Revoked)), [Code::KeyRevoked]);
    assert_eq!(refusal(proposed(), sign("operation", "amina", "")), [Code::KeyNotVerified]);
    assert_eq!(refusal(proposed(), sign("operation", "drafter", "a")), [Code::OwnDraft]);
    assert_eq!(refusal(proposed(), sign("operation", "amina", "key of drafter")), [Code::OwnDraft]);
    let once = proposed().apply(sign("operation", "amina", "a")).unwrap();
    for again in [sign("operation", "amina", "a"), sign("partner", "amina", "b"), sign("partner", "bo", "a")] {
        assert_eq!(refusal(once.clone(), again), [Code::AlreadySigned]);
    }
    assert_eq!(once.apply(sign("operation", "bo", "b")).unwrap().name(), "proposed", "two officers of one party");
}

#[test]
fn an_arrangement_of_one_party_is_none() {
    let alone = Terms { parties: BTreeSet::from(["operation".to_owned()]), ..terms() };
    assert_eq!(refusal(State::Draft { terms: alone }, Event::Propose), [Code::SignaturesMissing]);
}

#[test]
fn a_key_revoked_before_activation_does_not_count_until_another_signs() {
    assert_eq!(refusal(agreed(), activate(Gate::NotDue, &["t"])), [Code::SignaturesMissing]);
    let renewed = agreed().apply(sign("partner", "thabo", "t2")).unwrap();
    assert_eq!(renewed.apply(activate(Gate::NotDue, &["t"])).unwrap().name(), "in-force");
}

#[test]
fn a_due_assessment_refuses_activation_and_resumption() {
    let due = || Gate::Refused(Refused::one(Code::AssessmentMissing, "a", "60,000 records"));
    assert_eq!(refusal(agreed(), activate(due(), &[])), [Code::AssessmentMissing]);
    assert_eq!(refusal(agreed(), activate(due(), &["a"])), [Code::SignaturesMissing, Code::AssessmentMissing]);
    let met = Gate::Met { assessment: "dpia-1".into() };
    let suspended = agreed().apply(activate(met, &[])).unwrap().apply(suspend()).unwrap();
    let now = terms().valid.begins_at();
    assert_eq!(refusal(suspended.clone(), Event::Resume { now, gate: due() }), [Code::AssessmentMissing]);
    assert_eq!(suspended.apply(Event::Resume { now, gate: Gate::NotDue }).unwrap().name(), "in-force");
}

#[test]
fn the_clock_decides_and_does_not_go_back() {
    let end = terms().valid.ends_at();
    let before = end - jiff::Span::new().seconds(1);
    let late = |now| Event::Activate { now, revoked: BTreeSet::new(), gate: Gate::NotDue };
    assert_eq!(refusal(agreed(), late(end)), [Code::NotInForce]);
    assert!(agreed().apply(late(before)).is_ok());
    assert_eq!(refusal(in_force(), Event::Expire { now: before }), [Code::WrongState]);
    let expired = in_force().apply(Event::Expire { now: end }).unwrap();
    for event in Event::samples() {
        assert_eq!(refusal(expired.clone(), event), [Code::WrongState], "set back or not, it stays ended");
    }
    let suspended = in_force().apply(suspend()).unwrap();
    assert_eq!(refusal(suspended, Event::Resume { now: end, gate: Gate::NotDue }), [Code::NotInForce]);
}

#[test]
fn suspending_and_ending_need_reasons() {
    assert_eq!(refusal(in_force(), Event::Suspend { reason: "".into() }), [Code::ReasonMissing]);
    assert_eq!(refusal(in_force(), Event::Terminate { reason: " - ".into() }), [Code::ReasonMissing]);
    assert_eq!(refusal(in_force(), Event::Supersede { by: 1 }), [Code::AmendmentMismatch]);
}

#[test]
fn an_amendment_lets_transfers_end_under_their_version_and_an_end_does_not() {
    let now = terms().valid.begins_at();
    let package = || "P".to_owned();
    let under_way = [
        Transfer::Requested,
        Transfer::Preparing { attempt: 1 },
        Transfer::Sealed { package: package() },
        Transfer::Delivering { package: package(), attempt: 1 },
    ];
    let superseded = in_force().apply(Event::Supersede { by: 2 }).unwrap();
    let suspended = in_force().apply(suspend()).unwrap();
    let terminated = in_force().apply(Event::Terminate { reason: "as asked".into() }).unwrap();
    for transfer in &under_way {
        assert_eq!(in_flight(&superseded, &in_force(), transfer, now), InFlight::GoesOn);
        assert_eq!(in_flight(&in_force(), &in_force(), transfer, terms().valid.ends_at()), InFlight::Lapses);
        for ended in [&suspended, &terminated] {
            assert_eq!(in_flight(ended, ended, transfer, now), InFlight::Lapses);
            assert_eq!(in_flight(&superseded, ended, transfer, now), InFlight::Lapses, "whichever version has it");
        }
    }
    let delivered = Transfer::Delivered { package: package() };
    assert_eq!(in_flight(&terminated, &terminated, &delivered, now), InFlight::GoesOn);
}

#[test]
fn states_round_trip() {
    for state in State::samples() {
        let text = serde_json::to_string(&state).unwrap();
        assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state);
    }
}
