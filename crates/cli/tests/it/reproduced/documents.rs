//! How are the two stores declared, and what is asked of them?

use std::fs;
use std::path::Path;

const TOLD: &str = "  - { name: name, from: name }
  - { name: phone, from: phone }
  - { name: programme, from: programme }
  - { name: aids, reduce: count, of: aids }
  - { name: aid_of_p3, reduce: sum, of: aids.amount, where: { in: { element: programme, values: [p3] } } }
";
const KNOWN: &str = "  - { name: known, constant: true }\n";

/// Name, fields, what is added.
pub(super) const EXCHANGES: [(&str, &str, &str); 8] = [
    ("everybody", TOLD, ""),
    ("of-p3", TOLD, "population: { in: { element: programme, values: [p3] } }\n"),
    ("few", TOLD, "population: { range: { element: number, from: 1990, to: 2014 } }\n"),
    ("others", TOLD, "population: { not: { in: { element: programme, values: [p3] } } }\n"),
    ("secretive", "  - { name: secret, from: secret }\n", ""),
    ("nothing-of-people", KNOWN, ""),
    ("nothing-of-aids", "  - { name: known, constant: true }\n  - { name: aids, reduce: count, of: aids }\n", ""),
    (
        "noted",
        "  - { name: name, from: name }\n  - { name: notes, each: aids, fields: [{ name: note, from: note }] }\n",
        "",
    ),
];

/// Writes catalogue, arrangement and exchanges.
pub(super) fn write(into: &Path, postgres: u16, mariadb: u16) {
    fs::create_dir_all(into).unwrap();
    let catalogue = CATALOGUE.replace("PORT_P", &postgres.to_string()).replace("PORT_M", &mariadb.to_string());
    fs::write(into.join("catalogue.yaml"), catalogue).unwrap();
    fs::write(into.join("arrangement-reproduced.yaml"), ARRANGEMENT).unwrap();
    for (name, fields, more) in EXCHANGES {
        let text = format!(
            "exchange: {name}\nversion: 1\narrangement: reproduced-2026\nroot: person\n{more}fields:\n{fields}\
             format: {{ kind: json-lines, audience: machine }}\ndeliver: {{ folder: {{ path: outbox/lantern-relief }} }}\n"
        );
        fs::write(into.join(format!("exchange-{name}.yaml")), text).unwrap();
    }
}

const CATALOGUE: &str = "catalogue: reproduced
version: 1
sources:
  - { name: registration, connect: { postgres: { host: 127.0.0.1, port: PORT_P, database: people, user: people, password: { file: password }, tls: { mode: off } } } }
  - { name: distribution, connect: { mariadb: { host: 127.0.0.1, port: PORT_M, database: aids, user: aids, password: { file: password }, tls: { mode: off } } } }
entities:
  - name: person
    description: A person
    key: [person_ref]
    subject: {}
    tables:
      - { name: main, source: registration, table: person }
      - { name: contact, source: distribution, table: contact, key: [person_ref] }
    elements:
      - { name: person_ref, type: text, sensitivity: 2, description: Reference, from: [{ table: main, column: person_ref }] }
      - { name: number, type: integer, sensitivity: 1, description: Number, from: [{ table: main, column: number }] }
      - { name: name, type: text, sensitivity: 2, description: Name, from: [{ table: main, column: name }] }
      - { name: programme, type: text, sensitivity: 2, description: Programme, from: [{ table: main, column: programme }] }
      - { name: secret, type: text, sensitivity: 4, description: Secret, from: [{ table: main, column: secret }] }
      - { name: phone, type: text, sensitivity: 2, description: Telephone, from: [{ table: contact, column: phone }] }
      - { name: other_secret, type: text, sensitivity: 4, description: Secret, from: [{ table: contact, column: secret }] }
  - name: aid
    description: What somebody was given
    key: [aid_no]
    tables: [{ name: main, source: distribution, table: aid }]
    elements:
      - { name: aid_no, type: integer, sensitivity: 1, description: Number, from: [{ table: main, column: aid_no }] }
      - { name: person_ref, type: text, sensitivity: 2, description: Reference, from: [{ table: main, column: person_ref }] }
      - { name: programme, type: text, sensitivity: 2, description: Programme, from: [{ table: main, column: programme }] }
      - { name: amount, type: integer, sensitivity: 2, description: Amount, from: [{ table: main, column: amount }] }
      - { name: note, type: text, sensitivity: 3, description: Note, max_length: 5000, from: [{ table: main, column: note }] }
      - { name: secret, type: text, sensitivity: 4, description: Secret, from: [{ table: main, column: secret }] }
relations:
  - { name: helped, inverse: aids, many: aid, one: person, on: { person_ref: person_ref } }
";

const ARRANGEMENT: &str = "arrangement: reproduced-2026
version: 1
kind: memorandum-of-understanding
title: Results that were once wrong
operation: kenya-example
partner: lantern-relief
parties:
  - { name: Example Operation, registered_as: kenya-example, role: controller, jurisdiction: INT, hosting_country: CHE }
  - { name: Lantern Relief (invented), registered_as: lantern-relief, role: controller, jurisdiction: KEN, hosting_country: KEN }
processors: []
countries_of_origin: [SYR]
purpose: { code: test, text: To see that nothing is wrong }
lawful_basis: mandate
direction: provide
modality: [file]
elements:
  - { element: person.name, form: raw, necessity: to tell people apart }
  - { element: person.phone, form: raw, necessity: to see it come }
  - { element: person.programme, form: raw, necessity: to see it come }
  - { element: person.secret, form: raw, necessity: to see that it cannot be read }
  - { element: aid.aid_no, form: aggregate-only, necessity: to see how many there are }
  - { element: aid.amount, form: aggregate-only, necessity: to see what they come to }
  - { element: aid.note, form: raw, necessity: to see it come }
may_select_by: [aid.programme, person.programme, person.number]
population: { all: [] }
frequency: { at_most: 1000, days: 30 }
row_cap: 5000
retention_days: 30
onward: none
valid: { from: 2026-01-01, until: 2030-12-31 }
biometrics: none
";
