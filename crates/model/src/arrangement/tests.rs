//! Does an arrangement refuse what must never be signed?
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use crate::arrangement::Arrangement;
use crate::catalogue::Catalogue;
use crate::document::Document;

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
