//! Does data that nobody here made add up: released, withheld, quarantined?
//!
//! FEBRL's dataset 4 is two files about the same 5,000 invented people: the originals, and duplicates with errors in
//! them. Here they are two stores, joined by the number of the record; a third file of ours places the people.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use causeway_testkit::street::Street;
use causeway_testkit::throw_away;
use rusqlite::Connection;
use serde_json::Value;

/// Columns of both files, in their order.
const COLUMNS: [&str; 10] = [
    "given_name",
    "surname",
    "street_number",
    "address_1",
    "address_2",
    "suburb",
    "postcode",
    "state",
    "date_of_birth",
    "soc_sec_id",
];
/// Every so many people carry a mark, or a place that no list has.
const MARKED: usize = 97;
const NOWHERE: usize = 211;

type Records = BTreeMap<String, BTreeMap<&'static str, String>>;

fn shared_data() -> Option<PathBuf> {
    let data = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    data.is_dir().then(|| data.canonicalize().unwrap())
}

/// Lines of a CSV file without quotes, cells trimmed: FEBRL writes a blank behind each comma.
fn records(path: &Path) -> Records {
    let text = fs::read_to_string(path).unwrap();
    let lines = text.lines().skip(1).filter(|line| !line.trim().is_empty());
    let record = |line: &str| {
        let cells: Vec<&str> = line.split(',').map(str::trim).collect();
        assert_eq!(cells.len(), COLUMNS.len() + 1, "{}: a line of another width", path.display());
        let number = cells[0].split('-').nth(1).unwrap().to_owned();
        (number, COLUMNS.into_iter().zip(cells[1..].iter().map(|cell| (*cell).to_owned())).collect())
    };
    let all: Vec<_> = lines.map(record).collect();
    let count = all.len();
    let records: Records = all.into_iter().collect();
    assert_eq!(records.len(), count, "{}: a record number stands twice", path.display());
    records
}

fn store(path: &Path, records: &Records) {
    let mut store = Connection::open(path).unwrap();
    let columns: Vec<String> = COLUMNS.iter().map(|name| format!("{name} TEXT")).collect();
    store
        .execute_batch(&format!(
            "CREATE TABLE person (record_no TEXT PRIMARY KEY NOT NULL, {}) STRICT",
            columns.join(", ")
        ))
        .unwrap();
    let transaction = store.transaction().unwrap();
    for (number, record) in records {
        let cell = |name: &str| Some(record[name].clone()).filter(|text| !text.is_empty());
        let cells = std::iter::once(Some(number.clone())).chain(COLUMNS.iter().map(|name| cell(name)));
        transaction
            .execute("INSERT INTO person VALUES (?,?,?,?,?,?,?,?,?,?,?)", rusqlite::params_from_iter(cells))
            .unwrap();
    }
    transaction.commit().unwrap();
    drop(store);
    read_only(path);
}

fn read_only(path: &Path) {
    let mut rights = fs::metadata(path).unwrap().permissions();
    rights.set_readonly(true);
    fs::set_permissions(path, rights).unwrap();
}

/// The codes in one column of a published list, in its order.
fn codes(path: &Path, header: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let at = reader.headers().unwrap().iter().position(|name| name == header).unwrap();
    let cells = reader.records().map(|record| record.unwrap().get(at).unwrap_or_default().trim().to_owned());
    cells.filter(|code| !code.is_empty()).collect()
}

/// Places the people: a country and a place from the lists in turn, some nowhere; and marks some.
fn place(sources: &Path, data: &Path, numbers: &[&String]) {
    let countries = codes(&data.join("countries/country-codes.csv"), "ISO3166-1-Alpha-3");
    let places = codes(&data.join(PLACES), "P-Code");
    let (mut placed, mut marks) =
        ("record_no,country,place\n".to_owned(), "mark_no,record_no,withheld_from\n".to_owned());
    for (at, number) in numbers.iter().enumerate() {
        let place = if at % NOWHERE == 1 { "NOWHERE-1" } else { &places[at * 7 % places.len()] };
        placed += &format!("{number},{},{place}\n", countries[at % countries.len()]);
        if at % MARKED == 0 {
            let from = if at % 2 == 0 { "*" } else { "lantern-relief" };
            marks += &format!("{at},{number},{from}\n");
        }
    }
    for (file, text) in [("placed.csv", placed), ("marks.csv", marks)] {
        fs::write(sources.join(file), text).unwrap();
        read_only(&sources.join(file));
    }
}

const PLACES: &str = "pcodes/fixtures-download-global-pcodes-adm-1-2.csv";

fn documents(into: &Path, data: &Path) {
    fs::create_dir_all(into).unwrap();
    let data = data.display();
    let catalogue = format!(
        r#"catalogue: febrl
version: 1
sources:
  - {{ name: originals, connect: {{ sqlite: {{ path: originals.sqlite }} }} }}
  - {{ name: duplicates, connect: {{ sqlite: {{ path: duplicates.sqlite }} }} }}
  - {{ name: placed, connect: {{ csv: {{ path: placed.csv }} }} }}
  - {{ name: marks, connect: {{ csv: {{ path: marks.csv }} }} }}
code_lists:
  - {{ name: state, description: "States of Australia", codes: [{{ code: nsw }}, {{ code: vic }}, {{ code: qld }}, {{ code: wa }}, {{ code: sa }}, {{ code: tas }}, {{ code: act }}, {{ code: nt }}] }}
  - {{ name: country, description: "ISO 3166", file: {{ path: "{data}/countries/country-codes.csv", code: ISO3166-1-Alpha-3, label: "CLDR display name", equivalents: {{ alpha2: ISO3166-1-Alpha-2 }} }} }}
  - {{ name: place, description: "OCHA place codes", file: {{ path: "{data}/{PLACES}", code: P-Code, label: Name }} }}
entities:
  - name: person
    description: A person of the data set
    key: [record_no]
    subject: {{ confidentiality: {{ marks: marks, withheld_from: withheld_from, everyone: "*" }} }}
    tables:
      - {{ name: original, source: originals, table: person, key: [record_no] }}
      - {{ name: duplicate, source: duplicates, table: person, key: [record_no] }}
      - {{ name: placed, source: placed, key: [record_no] }}
    elements:
      - {{ name: record_no, type: text, sensitivity: 2, description: "Number of the record", optional: false, from: [{{ table: original, column: record_no }}] }}
      - {{ name: given_name, type: text, sensitivity: 2, description: "Given name", from: [{{ table: original, column: given_name }}, {{ table: duplicate, column: given_name }}] }}
      - {{ name: surname, type: text, sensitivity: 2, description: "Surname", from: [{{ table: original, column: surname }}, {{ table: duplicate, column: surname }}] }}
      - {{ name: suburb, type: text, sensitivity: 2, description: "Suburb", from: [{{ table: original, column: suburb }}] }}
      - {{ name: postcode, type: text, sensitivity: 2, description: "Postcode", from: [{{ table: original, column: postcode }}] }}
      - {{ name: state, type: "code(state)", sensitivity: 2, description: "State: the duplicate's, else the original's", from: [{{ table: duplicate, column: state }}, {{ table: original, column: state }}] }}
      - {{ name: date_of_birth, type: date, sensitivity: 2, description: "Date of birth", from: [{{ table: duplicate, column: date_of_birth, format: "%Y%m%d" }}] }}
      - {{ name: soc_sec_id, type: text, sensitivity: 4, description: "Social security number", from: [{{ table: original, column: soc_sec_id }}] }}
      - {{ name: country, type: "code(country)", sensitivity: 3, description: "Country", from: [{{ table: placed, column: country }}] }}
      - {{ name: place, type: "code(place)", sensitivity: 2, description: "Place", from: [{{ table: placed, column: place }}] }}
  - name: mark
    description: A confidentiality mark
    key: [mark_no]
    tables: [{{ name: main, source: marks }}]
    elements:
      - {{ name: mark_no, type: integer, sensitivity: 1, description: "Number", from: [{{ table: main, column: mark_no }}] }}
      - {{ name: record_no, type: text, sensitivity: 2, description: "Person", from: [{{ table: main, column: record_no }}] }}
      - {{ name: withheld_from, type: text, sensitivity: 4, description: "Partner", from: [{{ table: main, column: withheld_from }}] }}
relations:
  - {{ name: marked, inverse: marks, many: mark, one: person, on: {{ record_no: record_no }} }}
"#
    );
    fs::write(into.join("catalogue.yaml"), catalogue).unwrap();
    let agreed = [
        ("record_no", "pseudonym"),
        ("given_name", "raw"),
        ("surname", "raw"),
        ("suburb", "raw"),
        ("postcode", "raw"),
        ("state", "raw"),
        ("date_of_birth", "raw"),
        ("country", "raw"),
        ("place", "raw"),
    ];
    let elements: String =
        agreed.iter().map(|(name, form)| format!("  - {{ element: person.{name}, form: {form}, necessity: \"to find the same person in two registers\" }}\n")).collect();
    let arrangement = format!(
        "arrangement: febrl-2026\nversion: 1\nkind: memorandum-of-understanding\ntitle: Linkage of two registers\noperation: kenya-example\n\
         partner: lantern-relief\nparties:\n  - {{ name: Example Operation, registered_as: kenya-example, role: controller, jurisdiction: INT, hosting_country: CHE }}\n  \
         - {{ name: Lantern Relief (invented), registered_as: lantern-relief, role: controller, jurisdiction: KEN, hosting_country: KEN }}\nprocessors: []\n\
         countries_of_origin: [SYR]\npurpose: {{ code: linkage, text: \"Linkage of two registers\" }}\nlawful_basis: mandate\n\
         direction: provide\nmodality: [file]\nelements:\n{elements}may_select_by: []\npopulation: {{ all: [] }}\n\
         frequency: {{ at_most: 10, days: 30 }}\nrow_cap: 5000\nretention_days: 30\nonward: none\n\
         valid: {{ from: 2026-01-01, until: 2030-12-31 }}\nbiometrics: none\n"
    );
    fs::write(into.join("arrangement-febrl.yaml"), arrangement).unwrap();
    let fields: String = ["given_name", "surname", "suburb", "postcode", "state", "date_of_birth", "place"]
        .iter()
        .map(|name| format!("  - {{ name: {name}, from: {name} }}\n"))
        .collect();
    let exchange = format!(
        "exchange: febrl-people\nversion: 1\narrangement: febrl-2026\nroot: person\nfields:\n  - {{ name: person_ref, from: record_no, transform: [pseudonym] }}\n\
         {fields}  - {{ name: country, from: country, transform: [{{ code-map: {{ to: alpha2 }} }}] }}\nformat: {{ kind: json-lines, audience: machine }}\n\
         deliver: {{ folder: {{ path: outbox/lantern-relief }} }}\n"
    );
    fs::write(into.join("exchange-febrl.yaml"), exchange).unwrap();
}

/// Whether FEBRL's date is a day of the calendar.
fn is_day(text: &str) -> bool {
    jiff::civil::Date::strptime("%Y%m%d", text).is_ok()
}

#[test]
fn every_record_of_febrl_is_released_withheld_or_quarantined_with_a_reason() {
    let Some(data) = shared_data() else {
        println!("skipped: no shared data");
        return;
    };
    let dir = throw_away::directory().unwrap();
    let examples = dir.path().join("documents");
    documents(&examples, &data);
    let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.path().join("home"), &examples);
    fs::create_dir_all(street.sources()).unwrap();
    let originals = records(&data.join("linkage-febrl/dataset4a.csv"));
    let duplicates = records(&data.join("linkage-febrl/dataset4b.csv"));
    assert_eq!(originals.len() + duplicates.len(), 10_000);
    assert!(originals.keys().eq(duplicates.keys()), "both files are about the same people");
    store(&street.sources().join("originals.sqlite"), &originals);
    store(&street.sources().join("duplicates.sqlite"), &duplicates);
    let numbers: Vec<&String> = originals.keys().collect();
    place(&street.sources(), &data, &numbers);

    // What must come of it, reckoned without the gateway.
    let states = ["", "nsw", "vic", "qld", "wa", "sa", "tas", "act", "nt"];
    let marked: BTreeSet<&str> = numbers.iter().step_by(MARKED).map(|number| number.as_str()).collect();
    let broken = |at: usize, number: &str| {
        let duplicate = &duplicates[number];
        let birth = duplicate["date_of_birth"].as_str();
        at % NOWHERE == 1 || !(birth.is_empty() || is_day(birth)) || !states.contains(&duplicate["state"].as_str())
    };
    let broken: BTreeSet<&str> = numbers
        .iter()
        .enumerate()
        .filter(|(at, number)| broken(*at, number))
        .map(|(_, number)| number.as_str())
        .collect();
    assert!(broken.len() > 100 && marked.len() > 50 && broken.intersection(&marked).count() < marked.len());

    street.set_up_with(&["lantern-relief"], &["febrl"], &[("febrl-people", "exchange-febrl.yaml")]).unwrap();
    let said = street.good(&["transfer", "run", "febrl-people"]).unwrap();
    let sent = causeway_testkit::street::delivered(&said).unwrap();
    let [released, withheld, quarantined] = sent.counts;
    assert_eq!(released + withheld + quarantined, 5_000, "{said}");
    // Each person stands in both stores: five thousand decisions are about ten thousand records.
    assert_eq!(2 * (released + withheld + quarantined), (originals.len() + duplicates.len()) as u64);
    // Who is marked and broken is quarantined: the rules judge whole records only.
    assert_eq!(withheld, marked.difference(&broken).count() as u64, "{said}");
    assert_eq!(quarantined, broken.len() as u64, "{said}");
    for (element, code) in [
        ("person.date_of_birth", "date-impossible"),
        ("person.state", "code-unknown"),
        ("person.place", "code-unknown"),
    ] {
        assert!(said.lines().any(|line| line.contains(&format!("{element}: {code}"))), "{element}: {said}");
    }
    // Each precedence: where both origins have a value and disagree, it is counted.
    let differ = |name: &str| {
        let pairs = numbers.iter().map(|number| (&originals[*number][name], &duplicates[*number][name]));
        pairs.filter(|(one, other)| !one.is_empty() && !other.is_empty() && one != other).count()
    };
    for name in ["given_name", "surname"] {
        let line = said
            .lines()
            .find(|line| line.contains("conflicts") && line.contains(&format!("person.{name}:")))
            .expect(name);
        let counted: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
        assert!(counted > 0 && counted <= differ(name), "{name}: {counted} of {}", differ(name));
    }

    // Who was left out stands in the report, each with a reason.
    let report =
        street.good(&["quarantine", "open", &sent.transfer, "--reason", "to reckon who was left out"]).unwrap();
    let mut left_out = BTreeSet::new();
    for line in report.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let reasons = line["reasons"].as_array().unwrap();
        assert!(
            reasons.iter().any(|reason| reason["code"].as_str().is_some_and(|code| code.contains('-'))),
            "no reason: {line}"
        );
        assert!(left_out.insert(line["key"].as_str().unwrap().to_owned()), "twice: {line}");
    }
    let expected: BTreeSet<&str> = broken.union(&marked).copied().collect();
    assert_eq!(left_out.iter().map(String::as_str).collect::<BTreeSet<_>>(), expected);

    // Who was not is in the package, once, and nothing that was not agreed.
    let opened = street.open(&sent.package, &dir.path().join("opened")).unwrap();
    let mut people = BTreeSet::new();
    for entry in fs::read_dir(opened).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "jsonl") {
            continue;
        }
        for line in fs::read_to_string(path).unwrap().lines() {
            let record: Value = serde_json::from_str(line).unwrap();
            assert!(record.get("soc_sec_id").is_none());
            assert!(record["country"].as_str().is_some_and(|code| code.len() == 2), "{record}");
            assert!(people.insert(record["person_ref"].as_str().unwrap().to_owned()), "twice: {record}");
        }
    }
    assert_eq!(people.len() as u64, released);
}
