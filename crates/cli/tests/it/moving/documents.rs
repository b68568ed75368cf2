//! How are the two databases declared, and what is asked of them?

use std::fs;
use std::path::Path;

/// Writes catalogue, arrangement and exchange; `apart` declares people in stores of their own.
pub(super) fn write(into: &Path, postgres: u16, mariadb: u16, apart: bool) {
    fs::create_dir_all(into).unwrap();
    let source = |name: &str, kind: &str, port: u16| {
        format!(
            "  - {{ name: {name}, connect: {{ {kind}: {{ host: 127.0.0.1, port: {port}, database: homes, user: homes, password: {{ file: password }}, tls: {{ mode: off }} }} }} }}\n"
        )
    };
    let sources = source("registration", "postgres", postgres) + &source("distribution", "mariadb", mariadb);
    let again = if apart {
        source("people", "postgres", postgres) + &source("collectors", "mariadb", mariadb)
    } else {
        String::new()
    };
    let (people, collectors) = if apart { ("people", "collectors") } else { ("registration", "distribution") };
    let entity = |name: &str, subject: &str, source: &str, table: &str, key: &str, more: &str| {
        let element = |name: &str, kind: &str| {
            format!(
                "      - {{ name: {name}, type: {kind}, sensitivity: 2, description: \"An example\", from: [{{ table: main, column: {name} }}] }}\n"
            )
        };
        let own = if key == "household_no" { String::new() } else { element(key, "integer") };
        let more = if more.is_empty() { String::new() } else { element(more, "integer") };
        format!(
            "  - name: {name}\n    description: An example\n    key: [{key}]\n{subject}    tables: [{{ name: main, source: {source}, table: {table} }}]\n    elements:\n{own}{}{}{more}",
            element("household_no", "integer"),
            element("name", "text")
        )
    };
    let entities = [
        entity("individual", "    subject: {}\n", people, "person", "person_no", ""),
        entity("household", "", "registration", "household", "household_no", "size"),
        entity("card", "", "registration", "card", "card_no", ""),
        entity("ration_group", "", "distribution", "ration_group", "household_no", "size"),
        entity("collector", "", collectors, "collector", "person_no", ""),
        entity("voucher", "", "distribution", "voucher", "card_no", ""),
    ];
    let many = [
        ("individual", "members"),
        ("card", "cards"),
        ("ration_group", "groups"),
        ("collector", "collectors"),
        ("voucher", "vouchers"),
    ];
    let relations: String = many
        .iter()
        .map(|(many, inverse)| {
            format!("  - {{ name: {inverse}_of, inverse: {inverse}, many: {many}, one: household, on: {{ household_no: household_no }} }}\n")
        })
        .collect();
    let catalogue = format!(
        "catalogue: moving\nversion: 1\nsources:\n{sources}{again}entities:\n{}relations:\n{relations}",
        entities.concat()
    );
    let elements: String = [
        "household.name",
        "household.size",
        "individual.name",
        "card.name",
        "ration_group.size",
        "collector.name",
        "voucher.name",
    ]
    .iter()
    .map(|element| format!("  - {{ element: {element}, form: raw, necessity: \"to see that they agree\" }}\n"))
    .collect();
    let lists: String = ["members", "cards", "collectors", "vouchers"]
        .iter()
        .map(|list| format!("  - {{ name: {list}, each: {list}, fields: [{{ name: name, from: name }}] }}\n"))
        .collect();
    let exchange = format!(
        "exchange: moving\nversion: 1\narrangement: moving-2026\nroot: household\non_withheld_member: omit\nfields:\n  - {{ name: name, from: name }}\n  \
         - {{ name: size, from: size }}\n  - {{ name: group_size, reduce: max, of: groups.size }}\n{lists}\
         format: {{ kind: json-lines, audience: machine }}\ndeliver: {{ folder: {{ path: outbox/lantern-relief }} }}\n"
    );
    fs::write(into.join("catalogue.yaml"), catalogue).unwrap();
    fs::write(into.join("arrangement-moving.yaml"), ARRANGEMENT.replace("AGREED\n", &elements)).unwrap();
    fs::write(into.join("exchange.yaml"), exchange).unwrap();
}

const ARRANGEMENT: &str = "arrangement: moving-2026
version: 1
kind: memorandum-of-understanding
title: Households while people move
operation: kenya-example
partner: lantern-relief
parties:
  - { name: Example Operation, registered_as: kenya-example, role: controller, jurisdiction: INT, hosting_country: CHE }
  - { name: Lantern Relief (invented), registered_as: lantern-relief, role: controller, jurisdiction: KEN, hosting_country: KEN }
processors: []
countries_of_origin: [SYR]
purpose: { code: test, text: To see that households agree }
lawful_basis: mandate
direction: provide
modality: [file]
elements:
AGREED
may_select_by: []
population: { all: [] }
frequency: { at_most: 1000, days: 30 }
row_cap: 5000
retention_days: 30
onward: none
valid: { from: 2026-01-01, until: 2030-12-31 }
biometrics: none
";
