//! Whom does the simulated operation register, and what does it share of them?

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Stands in everybody's name, and therefore nowhere at rest.
pub const CANARY: &str = "Zzyzx";

/// The arrangement.
pub const ARRANGEMENT: &str = "lists-2026";

/// The exchange that is sent as states, and the one that an officer approves.
pub const EXCHANGES: [&str; 2] = ["list", "asked"];

/// How many exchanges a crowd of workers serves.
pub const CROWD: usize = 8;

/// Name and settlement of everybody, by number.
pub type People = BTreeMap<i64, (String, &'static str)>;

/// People of many scripts; those in the east are not agreed.
pub fn people() -> People {
    let names = ["Amina", "أمينة", "Олена", "ሰላም", "নূর", "Thiri သီရိ", "José", "Grâce"];
    let settlements = ["north", "south", "east"];
    let person = |(at, name): (usize, &&str)| {
        (i64::try_from(at).unwrap() + 1, (format!("{name} {CANARY}"), settlements[at % settlements.len()]))
    };
    names.iter().enumerate().map(person).collect()
}

/// Writes what the source holds.
pub fn write_people(sources: &Path, people: &People) {
    let mut text = "person_no,name,settlement\n".to_owned();
    for (number, (name, settlement)) in people {
        writeln!(text, "{number},{name},{settlement}").unwrap();
    }
    fs::write(sources.join("people.csv"), text).unwrap();
}

/// Writes everything; for a crowd of today, terms that hold today and exchanges that wait for nobody.
pub fn write(into: &Path, is_crowd: bool) {
    fs::create_dir_all(into).unwrap();
    fs::write(into.join("catalogue.yaml"), CATALOGUE).unwrap();
    let terms = arrangement(1);
    let terms = if is_crowd { terms.replace("until: 2026-08-01", "until: 2030-12-31") } else { terms };
    fs::write(into.join("arrangement-lists.yaml"), terms).unwrap();
    let exchange = |name: &str, more: &str| {
        format!(
            "exchange: {name}\nversion: 1\narrangement: {ARRANGEMENT}\nroot: person\nfields:\n  - {{ name: id, from: person_no }}\n  \
             - {{ name: name, from: name }}\nformat: {{ kind: json-lines, audience: machine }}\n\
             deliver: {{ folder: {{ path: outbox/lantern-relief }} }}\n{more}"
        )
    };
    fs::write(into.join("exchange-list.yaml"), exchange("list", "delta: { key: [id], full_every: 3 }\n")).unwrap();
    for number in 0..CROWD {
        let name = format!("plain-{number}");
        fs::write(into.join(format!("exchange-{name}.yaml")), exchange(&name, "")).unwrap();
    }
    fs::write(into.join("exchange-asked.yaml"), exchange("asked", "needs_approval: true\n")).unwrap();
}

/// The arrangement, of any version.
pub fn arrangement(version: u32) -> String {
    let cap = 5_000 + version;
    TERMS.replace("version: 1", &format!("version: {version}")).replace("row_cap: 5000", &format!("row_cap: {cap}"))
}

const CATALOGUE: &str = "catalogue: lists
version: 1
sources:
  - { name: registration, connect: { csv: { path: people.csv } } }
entities:
  - name: person
    description: A person
    key: [person_no]
    subject: {}
    tables: [{ name: main, source: registration, table: people }]
    elements:
      - { name: person_no, type: integer, sensitivity: 2, description: Number, from: [{ table: main, column: person_no }] }
      - { name: name, type: text, sensitivity: 2, description: Name, from: [{ table: main, column: name }] }
      - { name: settlement, type: text, sensitivity: 2, description: Settlement, from: [{ table: main, column: settlement }] }
relations: []
";

const TERMS: &str = "arrangement: lists-2026
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
may_select_by: []
population: { in: { element: settlement, values: [north, south] } }
frequency: { at_most: 100000, days: 30 }
row_cap: 5000
retention_days: 30
removal_grace_days: 10
onward: none
valid: { from: 2026-01-01, until: 2026-08-01 }
biometrics: none
";
