//! What is agreed to come in, and into which tables?

use std::fs;
use std::path::Path;

/// The exchange.
pub const NUMBERS: &str = "id-numbers";

/// Writes catalogue, arrangement and exchange.
pub(super) fn write(into: &Path) {
    fs::create_dir_all(into).unwrap();
    fs::write(into.join("catalogue.yaml"), CATALOGUE).unwrap();
    fs::write(into.join("arrangement-numbers.yaml"), ARRANGEMENT).unwrap();
    fs::write(into.join("exchange-numbers.yaml"), EXCHANGE).unwrap();
    let at_once = EXCHANGE.replace("exchange: id-numbers", "exchange: numbers-at-once").replace(
        "collect: [ upload, { folder: { path: inbox/lantern-relief } } ]",
        "collect: [ api ]\nsealing: on-receipt\nsignature: token",
    );
    fs::write(into.join("exchange-at-once.yaml"), at_once).unwrap();
}

/// The tables of the registry, as its owner made them: SQLite knows no dates, and servers no texts for keys without an end.
pub(super) fn tables(is_sqlite: bool) -> String {
    let (key, day) = if is_sqlite { ("TEXT", "TEXT") } else { ("VARCHAR(40)", "DATE") };
    format!(
        "CREATE TABLE person (id {key} PRIMARY KEY, nin VARCHAR(40), decision VARCHAR(40), decided_on {day}, stamp INTEGER, \
         row_version INTEGER NOT NULL DEFAULT 0, status VARCHAR(20));\n\
         CREATE TABLE card (number {key} PRIMARY KEY, person_id {key} NOT NULL REFERENCES person (id), status VARCHAR(20));\n"
    )
}

const CATALOGUE: &str = "catalogue: registry
version: 1
sources:
  - { name: people, connect: { sqlite: { path: people.sqlite } } }
targets:
  - { name: registry, connect: { sqlite: { path: registry.sqlite } } }
code_lists:
  - name: decision
    codes:
      - { code: ACC, label: accepted, equivalents: { registry: accepted } }
      - { code: REJ, label: rejected, equivalents: { registry: rejected } }
entities:
  - name: person
    description: A person
    key: [id]
    subject: {}
    tables: [{ name: main, source: people, table: person }]
    elements:
      - { name: id, type: uuid, sensitivity: 2, description: Number, from: [{ table: main, column: id }] }
      - { name: settlement, type: text, sensitivity: 2, description: Settlement, from: [{ table: main, column: settlement }] }
      - { name: nin, type: text, sensitivity: 3, description: National number, from: [{ table: main, column: nin }] }
      - { name: decision, type: code(decision), sensitivity: 3, description: Decision, from: [{ table: main, column: decision }] }
      - { name: decided_on, type: date, sensitivity: 2, description: Its day, from: [{ table: main, column: decided_on }] }
  - name: card
    description: A card
    key: [number]
    tables: [{ name: main, source: people, table: card }]
    elements:
      - { name: number, type: text, sensitivity: 2, description: Number, from: [{ table: main, column: number }] }
";

const ARRANGEMENT: &str = "arrangement: numbers-2026
version: 1
kind: memorandum-of-understanding
title: National numbers that come back
operation: kenya-example
partner: lantern-relief
parties:
  - { name: Example Operation, registered_as: kenya-example, role: controller, jurisdiction: INT, hosting_country: CHE }
  - { name: Lantern Relief (invented), registered_as: lantern-relief, role: controller, jurisdiction: KEN, hosting_country: KEN }
processors: []
countries_of_origin: [SYR]
purpose: { code: numbers, text: To know people by their national number }
lawful_basis: mandate
direction: both
modality: [file, online]
elements:
  - { element: person.id, form: raw, necessity: to tell people apart }
accepts:
  - { element: person.id, necessity: to know whose number it is }
  - { element: person.nin, necessity: to know people by it }
  - { element: person.decision, necessity: to know what was decided }
  - { element: person.decided_on, necessity: to know when it was decided }
  - { element: card.number, necessity: to know which card was issued }
may_select_by: []
population: { in: { element: settlement, values: [north, south] } }
frequency: { at_most: 1000, days: 30 }
row_cap: 5000
retention_days: 30
onward: none
valid: { from: 2026-01-01, until: 2030-12-31 }
biometrics: none
";

const EXCHANGE: &str = r#"exchange: id-numbers
version: 1
direction: accept
arrangement: numbers-2026
format: { kind: json-lines }
record:
  - { name: message, type: text, required: true, max_length: 40 }
  - { name: stamp, type: integer, required: true }
  - { name: person, type: uuid, element: person.id, required: true, reference: true }
  - { name: nin, type: text, element: person.nin, max_length: 12 }
  - { name: decision, type: code(decision), element: person.decision, vocabulary: registry }
  - { name: decided_on, type: date, element: person.decided_on }
  - { name: cards, at_most: 5, fields: [ { name: number, type: text, element: card.number, required: true } ] }
rules:
  - { name: not_before, holds: "!has(current.decided_on) || current.decided_on == null || record.decided_on >= current.decided_on", reads: [record.decided_on, current.decided_on] }
external_id: message
sequence: stamp
match: [ [person], [nin] ]
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
collect: [ upload, { folder: { path: inbox/lantern-relief } } ]
tells: { column: id, element: person.id }
refuse_above_percent: 20
"#;
