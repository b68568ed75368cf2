//! Does the last check hold whatever came before it? Bundles are made by hand here, as a broken plan would make them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use arrow::array::{ArrayRef, BooleanArray, StringArray};
use arrow::record_batch::RecordBatch;
use causeway_model::Code;
use causeway_model::arrangement::InForce;
use serde::de::DeserializeOwned;

use super::{Expectation, enforce};
use crate::aggregate::{Bundle, RunState};
use crate::error::FlowError;
use crate::plan::{Plan, RootRules};
use crate::source::Watch;
use crate::transform::{Pseudonyms, transform};
use crate::{Batch, Faults};

const CATALOGUE: &str = r#"
catalogue: one
version: 1
sources: [ { name: s, connect: { sqlite: { path: s.sqlite } } } ]
entities:
  - name: person
    key: [id]
    subject:
      consent: { element: consent, given: [given] }
      confidentiality: { marks: marks, withheld_from: who, everyone: "*" }
      origin: origin
    tables: [ { name: main, source: s, table: person } ]
    elements:
      - { name: id, type: text, sensitivity: 2, from: [ { table: main, column: id } ] }
      - { name: camp, type: text, sensitivity: 2, from: [ { table: main, column: camp } ] }
      - { name: consent, type: text, sensitivity: 2, from: [ { table: main, column: consent } ] }
      - { name: origin, type: text, sensitivity: 2, from: [ { table: main, column: origin } ] }
  - name: mark
    key: [mark]
    tables: [ { name: main, source: s, table: mark } ]
    elements:
      - { name: mark, type: text, sensitivity: 2, from: [ { table: main, column: mark } ] }
      - { name: person, type: text, sensitivity: 2, from: [ { table: main, column: person } ] }
      - { name: who, type: text, sensitivity: 2, from: [ { table: main, column: who } ] }
relations:
  - { name: marked, inverse: marks, many: mark, one: person, on: { person: id } }
"#;

const ARRANGEMENT: &str = r#"
arrangement: terms
version: 1
kind: data-sharing-agreement
title: Invented
operation: one
partner: partner-one
parties: [ { name: Partner, role: controller, jurisdiction: ZZZ, hosting_country: BBB } ]
processors: []
countries_of_origin: []
purpose: { code: testing, text: Testing }
lawful_basis: consent
direction: provide
modality: [file]
elements: [ { element: person.camp, form: raw, necessity: "to test what is agreed" } ]
may_select_by: []
population: { in: { element: camp, values: [inside] } }
frequency: { at_most: 1, days: 1 }
row_cap: 10
retention_days: 1
onward: none
valid: { from: 2026-01-01, until: 2026-12-31 }
biometrics: none
"#;

const EXCHANGE: &str = r#"
exchange: flow
version: 1
arrangement: terms
root: person
fields: [ { name: camp, from: camp } ]
format: { kind: json-lines, audience: machine }
deliver: { folder: { path: out } }
"#;

fn read<T: DeserializeOwned>(text: &str) -> T {
    causeway_model::document::Document::parse("test.yaml", text).unwrap().read().unwrap()
}

fn plan() -> Plan {
    let officers = BTreeSet::from(["one".to_owned(), "two".to_owned()]);
    let arrangement = InForce::new(read(ARRANGEMENT), &officers, jiff::civil::date(2026, 5, 1)).unwrap();
    Plan::compile(&arrangement, &read(EXCHANGE), &read(CATALOGUE), &Pseudonyms::new(&[1; 32], "partner-one", "testing"))
        .unwrap()
}

type Person<'p> = (&'p str, Option<&'p str>, Option<&'p str>, &'p str, Option<bool>);

/// Enforces a bundle of people: id, camp, consent, origin, whether marked.
fn released(people: &[Person<'_>]) -> Result<u64, FlowError> {
    let plan = plan();
    let RootRules::People(rules) = &plan.rules else { panic!() };
    let text =
        |of: fn(&Person<'_>) -> Option<String>| Arc::new(people.iter().map(of).collect::<StringArray>()) as ArrayRef;
    let records = RecordBatch::try_from_iter([
        ("id", text(|person| Some(person.0.to_owned()))),
        ("camp", text(|person| person.1.map(str::to_owned))),
        ("consent", text(|person| person.2.map(str::to_owned))),
        ("origin", text(|person| Some(person.3.to_owned()))),
        (
            rules.marked.as_deref().unwrap(),
            Arc::new(people.iter().map(|person| person.4).collect::<BooleanArray>()) as ArrayRef,
        ),
    ])
    .unwrap();
    enforced(records, &plan)
}

fn enforced(records: RecordBatch, plan: &Plan) -> Result<u64, FlowError> {
    let batch = Batch { records, faults: Faults::default() };
    let bundle = Bundle { stream: Box::new(std::iter::once(Ok(batch))), state: Rc::new(RunState::default()) };
    let expectation = Expectation { last_receipted: None, fewer_expected: true };
    let mut cleared = enforce(transform(bundle, plan), plan, expectation, Watch::default());
    while cleared.next_batch()?.is_some() {}
    Ok(cleared.clearance()?.released)
}

fn code(result: Result<u64, FlowError>) -> Code {
    result.unwrap_err().violations()[0].code
}

const SOUND: Person<'static> = ("p1", Some("inside"), Some("given"), "AAA", Some(false));

#[test]
fn a_person_outside_the_population_who_comes_this_far_stops_everything() {
    assert_eq!(released(&[SOUND]).unwrap(), 1);
    assert_eq!(
        code(released(&[SOUND, ("p2", Some("elsewhere"), Some("given"), "AAA", Some(false))])),
        Code::PopulationBreach
    );
    assert_eq!(code(released(&[SOUND, ("p2", None, Some("given"), "AAA", Some(false))])), Code::PopulationBreach);
    // Withheld or not: nobody outside has any business here.
    assert_eq!(code(released(&[("p2", Some("elsewhere"), None, "AAA", Some(true))])), Code::PopulationBreach);
}

#[test]
fn what_is_missing_keeps_a_person_in() {
    assert_eq!(released(&[SOUND, ("p2", Some("inside"), None, "AAA", Some(false))]).unwrap(), 1);
    assert_eq!(released(&[SOUND, ("p2", Some("inside"), Some("given"), "AAA", None)]).unwrap(), 1);
    assert_eq!(released(&[SOUND, ("p2", Some("inside"), Some("given"), "AAA", Some(true))]).unwrap(), 1);
}

#[test]
fn a_country_of_origin_stops_everything_unless_the_person_stays_in_anyway() {
    assert_eq!(
        code(released(&[SOUND, ("p2", Some("inside"), Some("given"), "BBB", Some(false))])),
        Code::CountryOfOrigin
    );
    assert_eq!(released(&[SOUND, ("p2", Some("inside"), None, "BBB", Some(false))]).unwrap(), 1);
}

#[test]
fn a_control_column_that_is_not_there_stops_everything() {
    let plan = plan();
    let text = |value: &str| Arc::new(StringArray::from(vec![value])) as ArrayRef;
    let without_mark = RecordBatch::try_from_iter([
        ("id", text("p1")),
        ("camp", text("inside")),
        ("consent", text("given")),
        ("origin", text("AAA")),
    ]);
    // The output is made, and only the rule lacks its column.
    assert_eq!(code(enforced(without_mark.unwrap(), &plan)), Code::RuleFailed);
}

#[test]
fn nothing_is_cleared_before_its_end() {
    let plan = plan();
    let bundle = Bundle { stream: Box::new(std::iter::empty()), state: Rc::new(RunState::default()) };
    let expectation = Expectation { last_receipted: None, fewer_expected: true };
    let cleared = enforce(transform(bundle, &plan), &plan, expectation, Watch::default());
    assert!(matches!(cleared.clearance(), Err(FlowError::Internal { .. })));
}
