//! Does an arrangement refuse what must never be signed?
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use jiff::civil::date;

use crate::arrangement::{Arrangement, Event, InForce, Kind, State};
use crate::assessment::Gate;
use crate::catalogue::Catalogue;
use crate::document::Document;
use crate::onward::{Consent, consent_text, release_exceptionally};
use crate::permission::Role;
use crate::{Code, Person};

const CATALOGUE: &str = r#"
catalogue: small
version: 1
sources: [ { name: store, connect: { sqlite: { path: a.sqlite } } } ]
entities:
  - name: person
    key: [id]
    tables: [ { name: main, source: store, table: person } ]
    subject: { origin: country_of_origin }
    elements:
      - { name: id, type: uuid, sensitivity: 2, from: [ { table: main, column: id } ] }
      - { name: country_of_origin, type: text, sensitivity: 3, from: [ { table: main, column: coo } ] }
"#;

const ARRANGEMENT: &str = r#"
arrangement: a
version: 1
kind: data-sharing-agreement
title: T
operation: o
partner: p
parties: [ { name: P, role: controller, jurisdiction: KEN, hosting_country: KEN } ]
processors: [ { name: Cloud, role: processor, jurisdiction: IRL, hosting_country: IRL } ]
countries_of_origin: [ SOM, SSD ]
purpose: { code: food, text: Food }
lawful_basis: mandate
direction: provide
modality: [ file ]
elements: [ { element: person.id, form: pseudonym, necessity: to recognise a person again } ]
may_select_by: []
population: { in: { element: country_of_origin, values: [ SOM, SSD ] } }
frequency: { at_most: 1, days: 30 }
row_cap: 100
retention_days: 30
onward: none
valid: { from: 2026-01-01, until: 2026-12-31 }
biometrics: none
"#;

/// The sound arrangement of these tests.
pub(crate) fn sample() -> Arrangement {
    Document::parse("a.yaml", ARRANGEMENT).unwrap().read().unwrap()
}

/// The catalogue of these tests.
pub(crate) fn catalogue() -> Catalogue {
    Document::parse("c.yaml", CATALOGUE).unwrap().read().unwrap()
}

fn codes(text: &str) -> Vec<String> {
    let catalogue: Catalogue = Document::parse("c.yaml", CATALOGUE).unwrap().read().unwrap();
    let document = Document::parse("a.yaml", text).unwrap();
    let arrangement: Arrangement = document.read().unwrap();
    arrangement.check(&catalogue).iter().map(|finding| finding.code.clone()).collect()
}

#[test]
fn a_sound_arrangement_has_no_findings() {
    assert_eq!(codes(ARRANGEMENT), Vec::<String>::new());
}

#[test]
fn a_country_of_origin_may_neither_receive_nor_host_nor_process() {
    for (from, to) in [
        ("jurisdiction: KEN", "jurisdiction: SOM"),
        ("hosting_country: KEN", "hosting_country: SOM"),
        ("hosting_country: IRL", "hosting_country: SSD"),
    ] {
        assert_eq!(codes(&ARRANGEMENT.replace(from, to)), ["country-of-origin"], "{to}");
    }
    assert_eq!(codes(&ARRANGEMENT.replace("origin: [ SOM, SSD ]", "origin: [ SOM ]")), ["origin-undeclared"]);
}

#[test]
fn form_and_necessity_have_no_default() {
    let document = Document::parse("a.yaml", &ARRANGEMENT.replace("form: pseudonym, ", "")).unwrap();
    assert!(document.read::<Arrangement>().unwrap_err().message.contains("form"));
    assert_eq!(codes(&ARRANGEMENT.replace("to recognise a person again", "x")), ["no-necessity"]);
    assert_eq!(codes(&ARRANGEMENT.replace("lawful_basis: mandate", "lawful_basis: consent")), ["consent-not-recorded"]);
    assert_eq!(codes(&ARRANGEMENT.replace("person.id", "person.religion")), ["unknown-name"]);
}

#[test]
fn a_party_is_found_by_the_name_under_which_it_is_registered() {
    let mut arrangement = sample();
    assert_eq!(arrangement.party_registered_as("P").map(|party| party.name.as_str()), Some("P"));
    arrangement.parties[0].registered_as = Some("operation".into());
    assert_eq!(arrangement.party_registered_as("operation").map(|party| party.name.as_str()), Some("P"));
    assert_eq!(arrangement.party_registered_as("P"), None);
}

#[test]
fn what_two_officers_signatures_alone_cannot_hold_is_refused() {
    let officers = ["amina".to_owned(), "dana".to_owned()].into();
    let refused = |arrangement: Arrangement| InForce::new(arrangement, &officers, date(2026, 5, 1)).map(|_| ());
    assert_eq!(refused(sample()), Ok(()));
    for arrangement in [
        Arrangement { under: Some("global".into()), ..sample() },
        Arrangement { day_cap: Some(1), ..sample() },
        Arrangement { volume_cap: Some(1), ..sample() },
        Arrangement { kind: Kind::GlobalFramework, ..sample() },
    ] {
        assert_eq!(refused(arrangement).unwrap_err().code, Code::NotInForce);
    }
}

/// A version in force, and the moment from which it is.
fn living(arrangement: &Arrangement) -> (State, jiff::Timestamp) {
    let state = State::samples().into_iter().find(|state| state.name() == "in-force").unwrap();
    let State::InForce { mut terms, signatures, assessment } = state else { unreachable!() };
    (terms.arrangement, terms.version, terms.valid) = ("a".into(), arrangement.version, arrangement.valid);
    (State::InForce { terms, signatures, assessment }, arrangement.valid.begins_at())
}

#[test]
fn only_the_living_version_of_this_text_is_in_force() {
    let (state, now) = living(&sample());
    let of = |terms: Arrangement, state: &State, digest: &str, now| {
        InForce::of(terms, state, digest, now, None).map(|_| ()).map_err(|refused| refused.codes())
    };
    assert_eq!(of(sample(), &state, "d", now), Ok(()));
    let no = Err(vec![Code::NotInForce]);
    assert_eq!(of(sample(), &state, "another text", now), no);
    assert_eq!(of(Arrangement { version: 2, ..sample() }, &state, "d", now), no);
    assert_eq!(of(sample(), &state, "d", sample().valid.ends_at()), no);
    assert_eq!(of(Arrangement { kind: Kind::GlobalFramework, ..sample() }, &state, "d", now), no);
    let suspended = state.clone().apply(Event::Suspend { reason: "a breach".into() }).unwrap();
    assert_eq!(of(sample(), &suspended, "d", now), no);
    let resumed = suspended.apply(Event::Resume { now, gate: Gate::NotDue }).unwrap();
    assert_eq!(of(sample(), &resumed, "d", now), Ok(()));
}

#[test]
fn the_country_of_origin_is_denied_unless_two_lifted_it_for_this_transfer() {
    let mut terms = sample();
    terms.parties[0].hosting_country = "SOM".into();
    let (state, now) = living(&terms);
    let denied = InForce::of(terms.clone(), &state, "d", now, None).map(|_| ()).unwrap_err();
    assert_eq!(denied.codes(), [Code::CountryOfOrigin]);
    let reason = "the person returns and asked for it";
    let text = consent_text("tr-1", reason, &denied.violations);
    let consent = |role, name: &str| Consent { role, signer: Person::new(name, name), text: text.clone() };
    let consents = [consent(Role::Representative, "amina"), consent(Role::DataProtectionOfficer, "dana")];
    let exception = release_exceptionally("tr-1", reason, &denied.violations, &consents).unwrap();
    assert!(InForce::of(terms.clone(), &state, "d", now, Some(("tr-1", &exception))).is_ok());
    assert!(InForce::of(terms, &state, "d", now, Some(("tr-2", &exception))).is_err());
}
