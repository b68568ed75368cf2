//! Does one person stop, and do only two different ones resume?
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use super::*;
use crate::states::table;

fn person(name: &str, key: &str) -> Person {
    Person::new(name, key)
}

fn stop(scope: Scope) -> Stop {
    let at = "2026-05-01T10:00:00Z".parse().unwrap();
    Stop::new("st-1".into(), scope, person("amina", "a"), at, "a breach was reported".into()).unwrap()
}

fn of(partner: &str) -> Scope {
    Scope::Partner { operation: "invented-land".into(), partner: partner.into() }
}

#[test]
fn the_whole_table_is_as_reviewed() {
    let apply = |state: State, event: Event| state.apply(event).ok();
    let table = table(&State::samples(), &Event::samples(), State::name, Event::name, apply);
    assert_eq!(table.lines(), "standing: resume → resuming\nresuming: resume → lifted, object → standing\nlifted: \n");
}

#[test]
fn one_person_under_two_names_or_keys_does_not_resume() {
    let half = stop(Scope::All).apply(Event::Resume(person("amina", "a"))).unwrap();
    for again in [person("amina", "a"), person("amina", "other"), person("bo", "a"), person("bo", "")] {
        let refused = half.clone().apply(Event::Resume(again)).unwrap_err();
        assert_eq!(refused.codes(), [Code::TwoPeopleNeeded]);
    }
    assert!(half.stands());
    assert!(!half.apply(Event::Resume(person("bo", "b"))).unwrap().stands());
}

#[test]
fn a_stop_covers_its_scope_and_nothing_else() {
    let stops = [stop(of("lantern")), stop(Scope::Operation("invented-land".into()))];
    assert_eq!(is_stopped(&stops, "lantern", "invented-land").unwrap().scope, Scope::Operation("invented-land".into()));
    assert!(is_stopped(&stops[..1], "harbour", "invented-land").is_none());
    assert!(is_stopped(&stops, "lantern", "other-land").is_none());
    assert_eq!(is_stopped(&[stop(Scope::All)], "any", "where").unwrap().violation().code, Code::Stopped);
    let lifted = stop(Scope::All).apply(Event::Resume(person("a", "1"))).unwrap();
    assert!(is_stopped(std::slice::from_ref(&lifted), "any", "where").is_some(), "one consent resumes nothing");
    let lifted = lifted.apply(Event::Resume(person("b", "2"))).unwrap();
    assert!(is_stopped(&[lifted], "any", "where").is_none());
}

#[test]
fn stopping_needs_a_reason() {
    let at = "2026-05-01T10:00:00Z".parse().unwrap();
    let refused = Stop::new("st".into(), Scope::All, person("a", "1"), at, " ".into()).unwrap_err();
    assert_eq!(refused.codes(), [Code::ReasonMissing]);
}
