//! Is an over-request refused element by element, and does it become a proposal that says what it changes?
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::collections::BTreeSet;

use jiff::civil::date;

use super::*;
use crate::arrangement::{catalogue, sample};
use crate::document::Document;
use crate::hierarchy::{Effective, effective};
use crate::population::Predicate;
use crate::states::table;
use crate::{Code, ElementRef, Form, Person, Value};

fn terms() -> Effective {
    effective(&[&sample()]).unwrap()
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> T {
    Document::parse("r.yaml", text).unwrap().read().unwrap()
}

fn codes(request: &TransferRequest, earlier: &[Earlier]) -> Vec<Code> {
    request.check(&terms(), &catalogue(), earlier).map_err(|refused| refused.codes()).err().unwrap_or_default()
}

#[test]
fn the_whole_table_is_as_reviewed() {
    let apply = |state: State, event: Event| state.apply(event).ok();
    let table = table(&State::samples(), &Event::samples(), State::name, Event::name, apply);
    assert_eq!(
        table.lines(),
        "received: judge → approved or awaiting-approval or refused, withdraw → withdrawn\n\
         awaiting-approval: approve → approved, refuse → refused, withdraw → withdrawn\n\
         approved: withdraw → withdrawn\nrefused: \nwithdrawn: \n"
    );
}

#[test]
fn nobody_approves_their_own_request_under_any_name() {
    let waiting = State::AwaitingApproval { by: Person::new("thandi", "t") };
    for by in [Person::new("thandi", "x"), Person::new("bo", "t")] {
        assert_eq!(waiting.clone().apply(Event::Approve { by }).unwrap_err().codes(), [Code::OwnDraft]);
    }
    let refuse = Event::Refuse { by: Person::new("bo", "b"), reason: "no".into() };
    assert_eq!(waiting.apply(refuse).unwrap_err().codes(), [Code::ReasonMissing]);
}

#[test]
fn a_request_names_cycle_place_and_day_within_the_terms() {
    let sound: TransferRequest = read(
        "exchange: x\ncycle: 2026-05\nplace: {element: country_of_origin, values: [SOM]}\ncut_off: 2026-05-01\nnote: as every month\n",
    );
    assert_eq!(codes(&sound, &[]), []);
    let narrowed = terms().terms.population.and(sound.narrowing().unwrap());
    assert!(narrowed.is_within(&sample().population));
    let before = Earlier { request: "rq-1".into(), asked: sound.clone() };
    assert_eq!(codes(&sound, std::slice::from_ref(&before)), [Code::CycleRepeated]);
    let next = TransferRequest { cycle: Some("2026-06".into()), ..sound.clone() };
    assert_eq!(codes(&next, &[before]), []);
    let place = |element: &str, value: &str| Place { element: element.into(), values: vec![Value::Text(value.into())] };
    let at = |place| TransferRequest { place: Some(place), ..sound.clone() };
    assert_eq!(codes(&at(place("country_of_origin", "UKR")), &[]), [Code::PopulationWiderThanAgreed]);
    assert_eq!(codes(&at(place("id", "1")), &[]), [Code::SelectionNotAgreed]);
    assert_eq!(codes(&at(place("camp", "A")), &[]), [Code::UnknownName]);
    let late = TransferRequest { cut_off: Some(date(2027, 1, 1)), ..sound };
    assert_eq!(codes(&late, &[]), [Code::CutOffOutside]);
}

fn wanted(elements: &[(&str, Form)], population: Option<&str>) -> Wanted {
    let element = |(name, form): &(&str, Form)| WantedElement {
        element: ElementRef::new("person", *name),
        form: *form,
        necessity: "they say that they need it".into(),
    };
    Wanted {
        arrangement: "a".into(),
        purpose: "food".into(),
        elements: elements.iter().map(element).collect(),
        population: population.map(read),
        records: None,
    }
}

#[test]
fn an_over_request_is_refused_part_by_part() {
    let ask = wanted(&[("id", Form::Raw), ("religion", Form::Raw), ("id", Form::Pseudonym)], Some("all: []"));
    let ask = Wanted { records: Some(101), purpose: "security".into(), ..ask };
    let found: Vec<(Code, String)> = beyond(&ask, &terms()).into_iter().map(|v| (v.code, v.subject)).collect();
    assert_eq!(
        found,
        [
            (Code::PurposeNotAgreed, "security".to_owned()),
            (Code::FormWiderThanAgreed, "person.id".to_owned()),
            (Code::ElementNotAgreed, "person.religion".to_owned()),
            (Code::PopulationWiderThanAgreed, "country_of_origin".to_owned()),
            (Code::RowCap, "a".to_owned()),
        ]
    );
    let within = wanted(&[("id", Form::Presence)], Some("in: {element: country_of_origin, values: [SOM]}"));
    assert_eq!(beyond(&within, &terms()), []);
}

#[test]
fn what_is_beyond_becomes_a_proposal_with_its_difference() {
    let ask =
        wanted(&[("id", Form::Raw), ("name", Form::Masked)], Some("in: {element: country_of_origin, values: [UKR]}"));
    let proposal = propose(&sample(), &ask).unwrap();
    assert_eq!(proposal.document.version, 2);
    let changes: Vec<(&str, &str)> = proposal.changes.iter().map(|c| (c.member.as_str(), c.effect.as_str())).collect();
    assert_eq!(changes, [("elements", "widened"), ("elements", "widened"), ("population", "widened")]);
    assert_eq!(beyond(&ask, &effective(&[&proposal.document]).unwrap()), [], "the proposal agrees what was asked");
    assert_eq!(propose(&sample(), &wanted(&[("id", Form::Presence)], None)), None);
    assert_eq!(propose(&sample(), &Wanted { purpose: "security".into(), ..ask }), None);
    let everyone = propose(&sample(), &wanted(&[], Some("all: []"))).unwrap();
    assert_eq!(everyone.document.population, Predicate::everyone());
}

fn refused(asker: Asker, manner: Manner, day: i8) -> RefusedRequest {
    RefusedRequest {
        asker,
        organisation: "Ministry of Invention".into(),
        manner,
        asked_on: date(2026, 6, day),
        asked_for: "telephone numbers and political views".into(),
        elements: BTreeSet::from([ElementRef::new("person", "phone")]),
        reason: "no purpose that we serve".into(),
        codes: BTreeSet::from([Code::PurposeNotAgreed, Code::ElementNotAgreed]),
    }
}

#[test]
fn the_register_counts_and_names_nobody() {
    let entries = [
        refused(Asker::State, Manner::Formal, 1),
        refused(Asker::State, Manner::Informal, 2),
        refused(Asker::LawEnforcement, Manner::Formal, 30),
    ];
    let counted = statistics(&entries, date(2026, 6, 1), date(2026, 6, 29));
    assert_eq!(counted.total, 2);
    assert_eq!(counted.by_asker[&Asker::State][&Manner::Informal], 1);
    assert!(!counted.by_asker.contains_key(&Asker::LawEnforcement));
    assert_eq!(counted.by_code["purpose-not-agreed"], 2);
    assert!(!serde_json::to_string(&counted).unwrap().contains("Ministry"));
}

#[test]
fn an_entry_says_what_and_why_and_is_not_of_the_future() {
    let entry = refused(Asker::Donor, Manner::Informal, 3);
    assert!(entry.check(date(2026, 6, 3)).is_ok());
    let early = entry.check(date(2026, 6, 2)).unwrap_err();
    assert_eq!(early.codes(), [Code::CutOffOutside]);
    let silent = RefusedRequest { reason: " ".into(), organisation: "".into(), ..entry };
    assert_eq!(silent.check(date(2026, 6, 3)).unwrap_err().codes(), [Code::ReasonMissing, Code::ReasonMissing]);
}
