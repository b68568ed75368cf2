//! Does an inbound exchange refuse what could not be applied, undone or agreed?
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use super::Inbound;
use crate::arrangement::{Arrangement, Direction, Modality, sample};
use crate::catalogue::Catalogue;
use crate::document::Document;
use crate::{Code, ElementRef};

const CATALOGUE: &str = r#"
catalogue: small
version: 1
sources: [ { name: store, connect: { sqlite: { path: a.sqlite } } } ]
targets: [ { name: registry, connect: { sqlite: { path: r.sqlite } } } ]
code_lists:
  - name: decision
    codes:
      - { code: ACC, equivalents: { registry: accepted, doubtful: yes-or-no } }
      - { code: REJ, equivalents: { registry: rejected, doubtful: yes-or-no } }
entities:
  - name: person
    key: [id]
    tables: [ { name: main, source: store, table: person } ]
    subject: {}
    elements:
      - { name: id, type: uuid, sensitivity: 2, from: [ { table: main, column: id } ] }
      - { name: national_id, type: text, sensitivity: 3, from: [ { table: main, column: nin } ] }
      - { name: decision, type: code(decision), sensitivity: 3, from: [ { table: main, column: decision } ] }
      - { name: decided_on, type: date, sensitivity: 2, from: [ { table: main, column: decided_on } ] }
  - name: card
    key: [number]
    tables: [ { name: main, source: store, table: card } ]
    elements:
      - { name: number, type: text, sensitivity: 2, from: [ { table: main, column: number } ] }
"#;

const INBOUND: &str = r#"
exchange: id-numbers
version: 1
direction: accept
arrangement: a
format: { kind: json-lines }
record:
  - { name: message, type: text, required: true, max_length: 40 }
  - { name: stamp, type: integer, required: true }
  - { name: person, type: uuid, element: person.id, required: true, reference: true }
  - { name: nin, type: text, element: person.national_id, max_length: 12 }
  - { name: decision, type: code(decision), element: person.decision, vocabulary: registry }
  - { name: decided_on, type: date, element: person.decided_on }
  - { name: cards, at_most: 5, fields: [ { name: number, type: text, element: card.number, required: true } ] }
rules:
  - { name: late, holds: "record.decided_on >= current.decided_on", reads: [record.decided_on, current.decided_on] }
external_id: message
sequence: stamp
match: [ [person] ]
apply:
  target: registry
  tables:
    - table: person
      key: [ { column: id } ]
      version: { column: row_version, raised_by: writer }
      columns:
        - { column: id, from: person, on: never }
        - { column: nin, from: nin }
        - { column: decision, from: decision }
        - { column: decided_on, from: decided_on }
        - { column: stamp, from: stamp }
    - table: card
      each: cards
      key: [ { column: number } ]
      match: [ [number] ]
      belongs: [person_id]
      columns: [ { column: number, from: number, on: insert }, { column: status, constant: current, on: insert } ]
      unmatched: insert
      retire: { column: status, value: void }
collect: [ upload, { folder: { path: in/id-numbers } } ]
tells: { column: id, element: person.id }
"#;

pub(crate) fn read(text: &str) -> Inbound {
    let document = Document::parse("i.yaml", text).unwrap();
    assert!(Inbound::is_inbound(&document));
    document.read().unwrap()
}

fn catalogue() -> Catalogue {
    Document::parse("c.yaml", CATALOGUE).unwrap().read().unwrap()
}

/// The codes of what is found after `from` was put in the place of `to`.
fn codes(from: &str, to: &str) -> Vec<String> {
    assert!(INBOUND.contains(from), "{from}");
    let found = read(&INBOUND.replacen(from, to, 1)).check(&catalogue());
    found.iter().map(|finding| format!("{} {}", finding.code, finding.pointer)).collect()
}

#[test]
fn a_sound_one_has_no_findings_and_an_exchange_that_provides_is_none() {
    assert_eq!(codes("exchange", "exchange"), Vec::<String>::new());
    let other = Document::parse("e.yaml", "exchange: x\nversion: 1\n").unwrap();
    assert!(!Inbound::is_inbound(&other));
}

#[test]
fn what_could_not_be_read_applied_or_undone_is_refused_where_it_stands() {
    for (from, to, expected) in [
        ("name: nin,", "name: n-n,", "field-name /record/3/name"),
        ("type: text, element: person.national_id", "element: person.national_id", "field-type /record/3"),
        (
            "type: text, element: person.national_id",
            "type: integer, element: person.national_id",
            "field-type /record/3/type",
        ),
        ("type: text, element: person.national_id", "type: text", "no-element /record/3"),
        ("element: person.national_id", "element: person.tax_id", "unknown-name /record/3/element"),
        ("vocabulary: registry", "vocabulary: doubtful", "vocabulary /record/4/vocabulary"),
        ("vocabulary: registry", "vocabulary: other", "unknown-name /record/4/vocabulary"),
        ("required: true, max_length: 40", "max_length: 40", "mark-type /external_id"),
        ("required: true, max_length: 40", "required: true", "mark-type /external_id"),
        ("sequence: stamp", "sequence: nin", "mark-type /sequence"),
        ("reads: [record.decided_on, current", "reads: [record.cards, current", "rule-reads /rules/0/reads/0"),
        ("match: [ [person] ]", "match: []", "match /match"),
        ("from: person, on: never", "from: person", "key-written /apply/tables/0/columns/0/on"),
        ("target: registry", "target: other", "unknown-name /apply/target"),
        ("tells: { column: id", "tells: { column: nin", "tells /tells/column"),
        ("belongs: [person_id]", "belongs: []", "belongs /apply/tables/1/belongs"),
        ("key: [ { column: id } ]", "key: [ { column: id, type: uuid } ]", "key-type /apply/tables/0/key/0"),
        ("        - { column: stamp, from: stamp }\n", "", "sequence /sequence"),
        ("      retire: { column: status, value: void }\n", "", "no-retire /apply/tables/1/retire"),
        ("{ column: nin, from: nin }", "{ column: nin, from: none }", "unknown-name /apply/tables/0/columns/1/from"),
        ("format: { kind: json-lines }", "format: { kind: csv }", "csv-is-flat /record/6"),
        ("tells:", "sealing: on-receipt\ntells:", "sealing /sealing"),
        ("collect: [ upload,", "collect: [ api, upload,", "sealing /collect"),
        ("tells:", "limits: { records: 0 }\ntells:", "limits /limits"),
        (
            "tells:",
            "decides: [ { field: decision, value: REJ, decision: consent-given, person: person, reason: person-asked } ]\ntells:",
            "decides-kind /decides/0/decision",
        ),
        (
            "tells:",
            "decides: [ { field: decision, value: REJ, decision: consent-withdrawn, person: nin, reason: person-asked } ]\ntells:",
            "decides-person /decides/0/person",
        ),
        (
            "tells:",
            "decides: [ { field: decision, value: rejected, decision: consent-withdrawn, person: person, reason: person-asked } ]\ntells:",
            "decides-value /decides/0/value",
        ),
    ] {
        let found = codes(from, to);
        assert!(found.contains(&expected.to_owned()), "{to}: {found:?}");
    }
    let long = format!("holds: \"{}true\"", "!".repeat(1001));
    assert!(
        codes("holds: \"record.decided_on >= current.decided_on\"", &long).contains(&"rule-size /rules/0/holds".into())
    );
    let deep = format!("holds: \"{}true{}\"", "(".repeat(17), ")".repeat(17));
    assert!(
        codes("holds: \"record.decided_on >= current.decided_on\"", &deep).contains(&"rule-size /rules/0/holds".into())
    );
}

fn accepting() -> Arrangement {
    let item = |name: &str| crate::arrangement::AcceptedElement {
        element: name.parse::<ElementRef>().unwrap(),
        necessity: "the registry asks for it".into(),
    };
    let mut terms = sample();
    terms.direction = Direction::Both;
    terms.accepts =
        ["person.id", "person.national_id", "person.decision", "person.decided_on", "card.number"].map(item).to_vec();
    terms.elements.iter_mut().for_each(|item| item.form = crate::Form::Raw);
    terms
}

fn beyond(terms: &Arrangement) -> Vec<(Code, String)> {
    read(INBOUND).beyond(terms).into_iter().map(|(_, violation)| (violation.code, violation.subject)).collect()
}

#[test]
fn nothing_comes_in_that_the_arrangement_does_not_accept() {
    assert_eq!(beyond(&accepting()), []);
    let mut fewer = accepting();
    fewer.accepts.retain(|item| item.element.element != "number");
    assert_eq!(beyond(&fewer), [(Code::ElementNotAgreed, "card.number".into())]);
    let provides = Arrangement { direction: Direction::Provide, ..accepting() };
    assert_eq!(beyond(&provides), [(Code::NotCovered, "a".into())]);
    let online = Arrangement { modality: vec![Modality::Online], ..accepting() };
    assert_eq!(beyond(&online), [(Code::NotCovered, "a".into()), (Code::NotCovered, "a".into())]);
    let untold = Arrangement { elements: sample().elements, ..accepting() };
    assert_eq!(beyond(&untold), [(Code::FormWiderThanAgreed, "person.id".into())]);
    let nothing = Arrangement { elements: Vec::new(), ..accepting() };
    assert_eq!(beyond(&nothing), [(Code::ElementNotAgreed, "person.id".into())]);
}
