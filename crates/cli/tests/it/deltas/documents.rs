//! How are people and their vouchers declared, and what is sent of them?

use std::fs;
use std::path::Path;

/// The exchange that is sent as states, and one of the same outputs that sends everything each time.
pub(super) const LIST: &str = "list";
pub(super) const WHOLE: &str = "whole";

/// Writes catalogue, arrangement and exchanges; the two stores as the catalogue connects to them.
pub(super) fn write(into: &Path, registration: &str, distribution: &str, full_every: u32) {
    fs::create_dir_all(into).unwrap();
    let catalogue = CATALOGUE.replace("REGISTRATION", registration).replace("DISTRIBUTION", distribution);
    fs::write(into.join("catalogue.yaml"), catalogue).unwrap();
    fs::write(into.join("arrangement-lists.yaml"), ARRANGEMENT).unwrap();
    fs::write(into.join("exchange-list.yaml"), exchange(LIST, 1, full_every)).unwrap();
    fs::write(into.join("exchange-whole.yaml"), exchange(WHOLE, 1, 0)).unwrap();
}

/// An exchange; `full_every` of 0 sends everything each time.
pub(super) fn exchange(name: &str, version: u32, full_every: u32) -> String {
    let delta =
        if full_every == 0 { String::new() } else { format!("delta: {{ key: [id], full_every: {full_every} }}\n") };
    format!(
        "exchange: {name}\nversion: {version}\narrangement: lists-2026\nroot: person\nfields:\n  - {{ name: id, from: person_no }}\n  \
         - {{ name: name, from: name }}\n  - {{ name: vouchers, each: vouchers, fields: [{{ name: amount, from: amount }}] }}\n  \
         - {{ name: total, reduce: sum, of: vouchers.amount }}\n\
         format: {{ kind: json-lines, audience: machine }}\ndeliver: {{ folder: {{ path: outbox/lantern-relief }} }}\n{delta}"
    )
}

const CATALOGUE: &str = "catalogue: lists
version: 1
sources:
  - { name: registration, connect: { REGISTRATION } }
  - { name: distribution, connect: { DISTRIBUTION } }
entities:
  - name: person
    description: A person
    key: [person_no]
    subject: {}
    tables: [{ name: main, source: registration, table: person }]
    elements:
      - { name: person_no, type: integer, sensitivity: 2, description: Number, from: [{ table: main, column: person_no }] }
      - { name: name, type: text, sensitivity: 2, description: Name, from: [{ table: main, column: name }] }
      - { name: settlement, type: text, sensitivity: 2, description: Settlement, from: [{ table: main, column: settlement }] }
  - name: voucher
    description: A voucher
    key: [voucher_no]
    tables: [{ name: main, source: distribution, table: voucher }]
    elements:
      - { name: voucher_no, type: integer, sensitivity: 1, description: Number, from: [{ table: main, column: voucher_no }] }
      - { name: person_no, type: integer, sensitivity: 2, description: Whose, from: [{ table: main, column: person_no }] }
      - { name: amount, type: integer, sensitivity: 1, description: Amount, from: [{ table: main, column: amount }] }
relations:
  - { name: vouchers_of, inverse: vouchers, many: voucher, one: person, on: { person_no: person_no } }
";

pub(super) const ARRANGEMENT: &str = "arrangement: lists-2026
version: 1
kind: memorandum-of-understanding
title: Lists that follow
operation: kenya-example
partner: lantern-relief
parties:
  - { name: Example Operation, registered_as: kenya-example, role: controller, jurisdiction: INT, hosting_country: CHE }
  - { name: Lantern Relief (invented), registered_as: lantern-relief, role: controller, jurisdiction: KEN, hosting_country: KEN }
processors: []
countries_of_origin: [SYR]
purpose: { code: food, text: To hand out food }
lawful_basis: mandate
direction: provide
modality: [file]
elements:
  - { element: person.person_no, form: raw, necessity: to tell people apart }
  - { element: person.name, form: raw, necessity: to call people }
  - { element: voucher.amount, form: raw, necessity: to hand out what is due }
may_select_by: []
population: { in: { element: settlement, values: [north, south] } }
frequency: { at_most: 1000, days: 30 }
row_cap: 5000
retention_days: 30
removal_grace_days: 10
onward: none
valid: { from: 2026-01-01, until: 2030-12-31 }
biometrics: none
";
