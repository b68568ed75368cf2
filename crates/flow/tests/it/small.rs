//! Which invented operation do most tests share: three stores in memory, six entities, 33 elements, eleven people?

use std::sync::Arc;

use causeway_flow::source::Source;
use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::Exchange;

use super::memory::{Memory, Table};
use super::street::read;

const CATALOGUE: &str = r#"
catalogue: small
version: 1
sources:
  - { name: a, connect: { sqlite: { path: a.sqlite } } }
  - { name: b, connect: { sqlite: { path: b.sqlite } } }
  - { name: c, connect: { sqlite: { path: c.sqlite } } }
code_lists:
  - { name: sex, codes: [ { code: F, equivalents: { theirs: "2" } }, { code: M, equivalents: { theirs: "1" } }, { code: U, equivalents: { theirs: "0" } } ] }
  - { name: kind, codes: [ { code: P }, { code: Q }, { code: R } ] }
  - { name: onoff, codes: [ { code: active }, { code: closed } ] }
  - { name: consent, codes: [ { code: given }, { code: refused } ] }
  - { name: country, codes: [ { code: AAA }, { code: BBB }, { code: CCC } ] }
entities:
  - name: person
    key: [id]
    subject:
      consent: { element: consent, given: [given] }
      confidentiality: { marks: marks, withheld_from: withheld_from, everyone: "*" }
      origin: origin
    tables:
      - { name: main, source: a, table: person }
      - { name: extra, source: b, table: extra, key: [pid] }
    elements:
      - { name: id, type: text, sensitivity: 2, optional: false, from: [ { table: main, column: id } ] }
      - { name: hh, type: text, sensitivity: 2, from: [ { table: main, column: hh } ] }
      - { name: given, type: text, sensitivity: 2, from: [ { table: main, column: given } ] }
      - { name: family, type: text, sensitivity: 2, from: [ { table: main, column: family } ] }
      - { name: sex, type: code(sex), sensitivity: 2, from: [ { table: main, column: sex } ] }
      - { name: born, type: date, sensitivity: 2, from: [ { table: main, column: born } ] }
      - { name: camp, type: "place(2,4,6)", sensitivity: 2, from: [ { table: main, column: camp } ] }
      - { name: phone, type: text, sensitivity: 2, from: [ { table: extra, column: tel }, { table: main, column: phone } ] }
      - { name: score, type: integer, sensitivity: 2, from: [ { table: main, column: score } ] }
      - { name: consent, type: code(consent), sensitivity: 2, from: [ { table: main, column: consent } ] }
      - { name: origin, type: code(country), sensitivity: 3, from: [ { table: main, column: origin } ] }
      - { name: status, type: code(onoff), sensitivity: 2, from: [ { table: extra, column: status } ] }
      - { name: verified, type: date, sensitivity: 1, from: [ { table: extra, column: verified } ] }
  - name: household
    key: [no]
    tables: [ { name: main, source: a, table: household } ]
    elements:
      - { name: no, type: text, sensitivity: 2, optional: false, from: [ { table: main, column: no } ] }
      - { name: camp, type: "place(2,4,6)", sensitivity: 2, from: [ { table: main, column: camp } ] }
      - { name: size, type: integer, sensitivity: 1, from: [ { table: main, column: size } ] }
      - { name: district_code, type: text, sensitivity: 1, from: [ { table: main, column: district } ] }
      - { name: shelter, type: code(kind), sensitivity: 1, from: [ { table: main, column: shelter } ] }
  - name: district
    key: [code]
    tables: [ { name: main, source: c, table: district } ]
    elements:
      - { name: code, type: text, sensitivity: 1, optional: false, from: [ { table: main, column: code } ] }
      - { name: title, type: text, sensitivity: 1, from: [ { table: main, column: title } ] }
      - { name: level, type: integer, sensitivity: 1, from: [ { table: main, column: level } ] }
  - name: document
    key: [doc]
    tables: [ { name: main, source: b, table: document } ]
    elements:
      - { name: doc, type: integer, sensitivity: 1, from: [ { table: main, column: doc } ] }
      - { name: person, type: text, sensitivity: 2, from: [ { table: main, column: person } ] }
      - { name: kind, type: code(kind), sensitivity: 2, from: [ { table: main, column: kind } ] }
      - { name: number, type: text, sensitivity: 3, from: [ { table: main, column: number } ] }
      - { name: issued, type: date, sensitivity: 2, from: [ { table: main, column: issued } ] }
  - name: aid
    key: [aid]
    tables: [ { name: main, source: c, table: aid } ]
    elements:
      - { name: aid, type: integer, sensitivity: 1, from: [ { table: main, column: aid } ] }
      - { name: hh, type: text, sensitivity: 2, from: [ { table: main, column: hh } ] }
      - { name: amount, type: "decimal(12,2)", sensitivity: 2, from: [ { table: main, column: amount } ] }
      - { name: status, type: code(onoff), sensitivity: 1, from: [ { table: main, column: status } ] }
  - name: mark
    key: [mark]
    tables: [ { name: main, source: a, table: mark } ]
    elements:
      - { name: mark, type: integer, sensitivity: 1, from: [ { table: main, column: mark } ] }
      - { name: person, type: text, sensitivity: 2, from: [ { table: main, column: person } ] }
      - { name: withheld_from, type: text, sensitivity: 4, from: [ { table: main, column: withheld_from } ] }
relations:
  - { name: household, inverse: members, many: person, one: household, on: { hh: no } }
  - { name: district, inverse: households, many: household, one: district, on: { district_code: code }, optional: true }
  - { name: holder, inverse: documents, many: document, one: person, on: { person: id } }
  - { name: household, inverse: aids, many: aid, one: household, on: { hh: no } }
  - { name: marked, inverse: marks, many: mark, one: person, on: { person: id } }
"#;

const PERSON: &str = "
    id  hh given   family  sex born       camp   phone score consent origin
    p01 h1 Zuri    Mwamba  F   1980-03-05 XA0101 0701  10    given   AAA
    p02 h1 Tesfa   Mwamba  M   1978-11-30 XA0101 -     20    given   AAA
    p03 h1 Lulu    Mwamba  F   2012-01-31 XA0101 -     -     given   AAA
    p04 h2 Aung    Hla     M   1990-06-15 XA0101 0704  40    given   BBB
    p05 h2 Mya     Hla     F   1992-02-29 XA0102 0705  50    given   BBB
    p06 h3 Olena   Zoria   F   1961-12-24 XA0201 -     60    given   CCC
    p07 h3 Danylo  Zoria   M   2001-07-07 XA0201 0707  70    given   CCC
    p08 h4 Amal    Nur     U   -          XA0102 -     80    given   AAA
    p09 h4 Idris   Nur     M   2019-05-17 XA0102 -     -     given   AAA
    p10 h5 Far     Away    F   1970-01-01 XB0101 0710  10    given   BBB
    p11 h5 Further Away    M   1971-01-01 XB0101 -     11    given   BBB";

const EXTRA: &str = "
    pid tel  status verified
    p01 0701 active 2026-01-01
    p02 0702 active 2026-02-01
    p04 0799 closed 2026-03-01
    p06 -    active -
    p07 0707 -      2026-05-01
    p10 0788 closed 2026-06-01";

const HOUSEHOLD: &str = "
    no camp   size district shelter
    h1 XA0101 3    d1       P
    h2 XA0101 2    d1       Q
    h3 XA0201 2    d2       R
    h4 XA0102 2    -        P
    h5 XB0101 2    d3       Q
    h6 XA0101 9    d9       R";

const DISTRICT: &str = "
    code title  level
    d1   North  1
    d2   South  2
    d3   Abroad 3
    d4   Empty  4";

const DOCUMENT: &str = "
    doc person kind number issued
    1   p01    P    N-001  2015-01-01
    2   p01    Q    N-002  2020-01-01
    3   p02    P    N-003  -
    4   p02    P    N-004  2019-09-09
    5   p04    R    -      2018-01-01
    6   p06    Q    N-006  2001-01-01
    7   p06    Q    N-007  2001-01-01
    8   p09    P    N-008  2021-01-01
    9   p10    P    N-009  2011-01-01
    10  p99    P    N-010  2012-01-01";

const AID: &str = "
    aid hh amount  status
    1   h1 10.00   active
    2   h1 2.50    closed
    3   h1 0.25    active
    4   h2 100.00  closed
    5   h3 -       active
    6   h4 7.77    active
    7   h5 1000.00 active";

const MARK: &str = "
    mark person withheld_from
    1    p99    *";

/// The catalogue.
pub fn catalogue() -> Catalogue {
    read(CATALOGUE)
}

/// The stores, each giving batches of three rows.
#[derive(Clone, Debug)]
pub struct Stores(pub Vec<Memory>);

impl Stores {
    pub fn new() -> Self {
        let source = |name: &str, tables: &[(&str, &str)]| Memory {
            name: name.to_owned(),
            tables: tables.iter().map(|(name, text)| ((*name).to_owned(), Table::parse(text))).collect(),
            batch: 3,
            trouble: None,
            streams: 1,
            told: Arc::default(),
        };
        Self(vec![
            source("a", &[("person", PERSON), ("household", HOUSEHOLD), ("mark", MARK)]),
            source("b", &[("extra", EXTRA), ("document", DOCUMENT)]),
            source("c", &[("district", DISTRICT), ("aid", AID)]),
        ])
    }

    pub fn table(&mut self, name: &str) -> &mut Table {
        let found = self.0.iter_mut().find_map(|source| source.tables.get_mut(name));
        found.unwrap_or_else(|| panic!("no table {name}"))
    }

    /// Sets one cell: table, key of the row, column, value (`-` is none).
    pub fn set(&mut self, table: &str, key: &str, column: &str, value: &str) -> &mut Self {
        self.table(table).set(key, column, (value != "-").then_some(value));
        self
    }

    /// Adds a row as it would stand in the text of a table.
    pub fn add(&mut self, table: &str, row: &str) -> &mut Self {
        let table = self.table(table);
        let more = Table::parse(&format!("{}\n{row}", table.columns.join(" ")));
        table.rows.extend(more.rows);
        self
    }

    /// Adds a row as [`Self::add`] does, to a table with many.
    pub fn add_fast(&mut self, table: &str, row: &str) {
        let cell = |word: &str| (word != "-").then(|| word.replace('_', " "));
        let row: Vec<_> = row.split_whitespace().map(cell).collect();
        let table = self.table(table);
        assert_eq!(row.len(), table.columns.len());
        table.rows.push(row);
    }

    /// Removes a person from every table.
    pub fn remove_person(&mut self, id: &str) -> &mut Self {
        for (table, column) in [("person", "id"), ("extra", "pid"), ("document", "person"), ("mark", "person")] {
            let table = self.table(table);
            let at = table.column(column);
            table.rows.retain(|row| row[at].as_deref() != Some(id));
        }
        self
    }

    pub fn batches_of(&mut self, rows: usize) -> &mut Self {
        self.0.iter_mut().for_each(|source| source.batch = rows);
        self
    }

    pub fn sources(&self) -> Vec<Box<dyn Source>> {
        self.0.iter().map(|source| Box::new(source.clone()) as Box<dyn Source>).collect()
    }
}

/// An arrangement that agrees `elements` (`ENTITY.ELEMENT FORM`) and lets `selectors` select, for the people of `XA`.
pub fn arrangement(elements: &[&str], selectors: &[&str]) -> Arrangement {
    let elements: Vec<String> = elements
        .iter()
        .map(|item| {
            let (element, form) = item.split_once(' ').unwrap();
            format!("{{ element: {element}, form: {form}, necessity: \"to test what is agreed\" }}")
        })
        .collect();
    read(&format!(
        r#"
arrangement: terms
version: 1
kind: data-sharing-agreement
title: Invented terms
operation: small
partner: partner-one
parties:
  - {{ name: Operation, role: controller, jurisdiction: INT, hosting_country: YYY }}
  - {{ name: Partner One, role: controller, jurisdiction: ZZZ, hosting_country: ZZZ }}
processors: []
countries_of_origin: [AAA, BBB, CCC]
purpose: {{ code: testing, text: "Testing" }}
lawful_basis: consent
direction: provide
modality: [file]
elements: [{}]
may_select_by: [{}]
population: {{ range: {{ element: camp, from: XA0000, to: XA9999 }} }}
frequency: {{ at_most: 10, days: 1 }}
row_cap: 1000
retention_days: 30
onward: none
valid: {{ from: 2026-01-01, until: 2026-12-31 }}
biometrics: none
"#,
        elements.join(", "),
        selectors.join(", ")
    ))
}

/// Every element but the mark's, as `ENTITY.ELEMENT`.
pub fn elements() -> Vec<String> {
    let catalogue = catalogue();
    let of = |entity: &causeway_model::catalogue::Entity| {
        entity.elements.iter().map(|element| format!("{}.{}", entity.name, element.name)).collect::<Vec<_>>()
    };
    catalogue.entities.iter().filter(|entity| entity.name != "mark").flat_map(of).collect()
}

/// An arrangement that agrees to everything, raw.
pub fn everything_agreed() -> Arrangement {
    let all = elements();
    let raw: Vec<String> = all.iter().map(|element| format!("{element} raw")).collect();
    arrangement(&raw.iter().map(String::as_str).collect::<Vec<_>>(), &[])
}

/// An exchange of `root` with `fields`, one flow mapping a line; `more` are further members of the document.
pub fn exchange(root: &str, fields: &[&str], more: &str) -> Exchange {
    let fields: Vec<String> = fields.iter().map(|field| format!("  - {field}\n")).collect();
    read(&format!(
        "exchange: flow\nversion: 1\narrangement: terms\nroot: {root}\nfields:\n{}format: {{ kind: json-lines, audience: machine }}\ndeliver: {{ folder: {{ path: out }} }}\nquarantine_limit_percent: 100\n{more}\n",
        fields.concat()
    ))
}
