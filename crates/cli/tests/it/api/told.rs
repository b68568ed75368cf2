//! Is a program told of exactly those people whom it may know, sealed to it, and is it written down before?

use std::collections::BTreeSet;
use std::path::Path;
use std::time::{Duration, Instant};

use causeway_package::answer::AnswerSecret;
use causeway_package::client::EncryptionPair;
use causeway_testkit::street::{Street, administrator};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::place::{Gateway, Program, Reply, call, original_with, random, signed};
use crate::copied::{Copy, Original};
use crate::governance::place::Kind;

const ELEMENTS: &str = r#"
  - { element: individual.individual_id, form: pseudonym, necessity: "to recognise a person again at the desk" }
  - { element: individual.individual_no, form: raw, necessity: "people show the number on their card at the desk" }
  - { element: individual.given_name, form: raw, necessity: "to call people at the desk by their names" }
  - { element: individual.family_name, form: raw, necessity: "to call people at the desk by their names" }
  - { element: individual.date_of_birth, form: raw, necessity: "to tell people of one name from one another" }
  - { element: individual.camp_pcode, form: raw, necessity: "to send people to the desk of their camp" }
  - { element: document.document_number, form: raw, necessity: "to check who stands at the desk" }
  - { element: household.shelter, form: raw, necessity: "to hand out what fits the shelter" }
may_select_by: [individual.household_no]
"#;

/// An arrangement for online answers, and two exchanges under it.
pub fn desk(street: &Street) {
    let store = Connection::open(street.sources().join("progres.sqlite")).unwrap();
    let refuse = "UPDATE individual SET consent_sharing = 'refused' WHERE individual_id = \
                  (SELECT min(individual_id) FROM individual WHERE camp_pcode = 'KE106322')";
    assert_eq!(store.execute(refuse, []).unwrap(), 1);
    drop(store);
    let catalogue = std::fs::read_to_string(street.example("catalogue.yaml")).unwrap();
    let catalogue = catalogue.replacen("version: 1\n", "version: 2\n", 1);
    let catalogue = catalogue.replacen(
        "    key: [individual_id]\n",
        "    key: [individual_id]\n    unique: [[individual_no]]\n",
        1,
    );
    let origins = "\"Countries of origin, ISO 3166 alpha-3\", codes: [";
    assert!(catalogue.contains(origins));
    let catalogue = catalogue.replacen(origins, &format!("{origins}{{ code: KEN }}, "), 1);
    let terms = std::fs::read_to_string(street.example("arrangement-food.yaml")).unwrap();
    let (head, rest) = terms.split_once("elements:\n").unwrap();
    let (_, tail) = rest.split_once("population:\n").unwrap();
    let text = format!("{head}elements:{ELEMENTS}population:\n{tail}")
        .replace("food-2026", "desk-2026")
        .replace("modality: [file]", "modality: [online]")
        .replace("code: food-assistance", "code: desk")
        .replace("values: [KE106322, KE111507, KE115655, KE123001]", "values: [KE106322, KE111507]");
    let put = |name: &str, text: &str| {
        let file = street.home().join(name);
        std::fs::write(&file, text).unwrap();
        file.display().to_string()
    };
    street.good(&["catalogue", "import", &put("catalogue-2.yaml", &catalogue)]).unwrap();
    street.good(&["arrangement", "draft", &put("desk.yaml", &text)]).unwrap();
    let assessment = "assessment: dpia-desk\narrangement: desk-2026\nwritten_by: registration\nvalid_until: 2030-12-31\n\
                      covers: [large, repeated, structural, biometrics, sensitive]\ncovers_records: 1000000000\nevidence: invented\n";
    street.good(&["assessment", "import", &put("dpia-desk.yaml", assessment)]).unwrap();
    street.good(&["--as", "protection", "assessment", "approve", "dpia-desk"]).unwrap();
    street.conclude("desk-2026", "lantern-relief").unwrap();
    let exchange = |name: &str, online: &str| {
        format!(
            "exchange: {name}\nversion: 1\narrangement: desk-2026\nroot: individual\nfields:\n  - {{ name: ref, from: individual_id, transform: [pseudonym] }}\n  \
             - {{ name: number, from: individual_no }}\n  - {{ name: family, from: family_name }}\n  \
             - {{ name: documents, each: documents, order_by: [document_id], fields: [{{ name: document, from: document_number }}] }}\n\
             format: {{ kind: json-lines, audience: machine }}\ndeliver:\n  online:\n{online}"
        )
    };
    let rows = "    cap: 100\n    page: 7\n    parameters:\n      - { name: numbers, element: individual_no, at_most: 20 }\n      - { name: homes, element: household_no, at_most: 2 }\n";
    let flat = "    cap: 100\n    page: 100\n    answer: plain\n    shape: { flat: { ref: id, number: person.number, family: person.family, documents.document: document.number } }\n    parameters: [{ name: numbers, element: individual_no, at_most: 20 }]\n";
    let look = "    cap: 100\n    page: 10\n    look_up:\n      by:\n        - { find_by: individual_no }\n        - { find_by: family_name, and: [given_name, date_of_birth] }\n      answer: elements\n      hourly: 40\n      daily: 60\n      similar_most: 3\n";
    let plain = "    cap: 1\n    page: 1\n    answer: plain\n    look_up:\n      by: [{ find_by: individual_no }]\n      answer: match\n      hourly: 1000000\n      daily: 1000000\n      similar_most: 1000000\n";
    for (name, online) in [("desk-rows", rows), ("desk-flat", flat), ("desk-look", look), ("desk-plain", plain)] {
        let mut text = exchange(name, online).replace("order_by: [document_id], ", "");
        if name == "desk-plain" {
            text = text.replacen("format:", "  - { name: shelter, from: household.shelter }\nformat:", 1);
        }
        let file = put(&format!("{name}.yaml"), &text);
        street.good(&["exchange", "check", &file]).unwrap();
        street.good(&["exchange", "import", &file]).unwrap();
    }
}

/// One of those who may be told about comes from the country in which the partner is.
fn one_from_there(street: &Street) {
    let store = Connection::open(street.sources().join("progres.sqlite")).unwrap();
    let origin = "UPDATE individual SET country_of_origin = 'KEN' WHERE individual_id = \
                  (SELECT max(individual_id) FROM individual WHERE camp_pcode = 'KE106322' AND consent_sharing = 'given' \
                  AND individual_id NOT IN (SELECT individual_id FROM confidentiality_mark))";
    assert_eq!(store.execute(origin, []).unwrap(), 1);
}

pub struct Desk {
    pub copy: Copy,
    pub gateway: Gateway,
    pub bearer: String,
    pub program: Program,
    key: AnswerSecret,
    /// Its server and secrets are the copy's too.
    _original: Original,
}

impl Desk {
    pub fn open(kind: Kind) -> Self {
        Self::open_with(kind, "")
    }

    /// The same for a program that calls as often as it likes.
    pub fn open_wide(kind: Kind) -> Self {
        Self::open_with(kind, "calls_a_minute = 100000000\n")
    }

    fn open_with(kind: Kind, settings: &str) -> Self {
        let original = original_with(kind, |street| {
            desk(street);
            one_from_there(street);
        });
        let copy = original.copy();
        let config = copy.street.home().join("causeway.toml");
        let text = std::fs::read_to_string(&config).unwrap();
        std::fs::write(&config, format!("{text}{settings}")).unwrap();
        let pair = EncryptionPair::from_seed(&random());
        let key = AnswerSecret::parse(&serde_json::from_str(&pair.to_file().unwrap()).unwrap()).unwrap();
        let program = Program { name: "desk".into(), key: causeway_package::client::SigningPair::from_seed(&random()) };
        let file = signed(&copy.street, &program, "lantern-relief", |it| {
            it.scopes =
                ["desk-rows", "desk-flat", "desk-look", "desk-plain"].map(|name| format!("exchange:{name}")).to_vec();
            it.keys = vec![program.key.public(), pair.public()];
        });
        let as_whom = administrator("lantern-relief");
        copy.street.good(&["--as", &as_whom, "partner", "client", "add", &file.display().to_string()]).unwrap();
        let gateway = Gateway::open(&copy);
        let bearer = program.token(&gateway.address);
        Self { copy, gateway, bearer, program, key, _original: original }
    }

    pub fn ask(&self, path: &str, body: &Value) -> Reply {
        call(&self.gateway.address, &self.bearer, "POST", path, &body.to_string())
    }

    /// What is sealed in an answer.
    pub fn sealed(&self, reply: &Reply) -> Value {
        assert_eq!((reply.status, reply.header("content-type")), (200, Some("application/jose")), "{reply:?}");
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        serde_json::from_slice(&self.key.open(&reply.body).unwrap()).unwrap()
    }

    pub fn look(&self, by: &Value) -> Reply {
        self.ask("/exchanges/desk-look/look-ups", &json!({ "by": by }))
    }

    pub fn people(&self) -> Vec<Person> {
        people(&self.copy.street.sources())
    }

    pub fn ended(self) {
        self.gateway.serve.ended();
        self.gateway.worker.ended();
    }
}

#[derive(Clone, Debug)]
pub struct Person {
    pub number: String,
    family: String,
    given: String,
    born: Option<String>,
    home: String,
    pub id: String,
    /// Whether the arrangement covers the person, who consents and is not kept from the partner.
    pub told: bool,
    pub covered: bool,
    /// Whether it is the country of origin alone that keeps the person from the partner.
    from_there: bool,
    documents: usize,
}

fn people(sources: &Path) -> Vec<Person> {
    let store = Connection::open(sources.join("progres.sqlite")).unwrap();
    let marked: BTreeSet<String> = store
        .prepare("SELECT individual_id FROM confidentiality_mark WHERE withheld_from IN ('*', 'lantern-relief')")
        .and_then(|mut rows| rows.query_map([], |row| row.get(0))?.collect())
        .unwrap();
    let mut rows = store
        .prepare(
            "SELECT individual_no, family_name, given_name, date_of_birth, household_no, individual_id, consent_sharing, camp_pcode, \
             (SELECT count(*) FROM document d WHERE d.individual_id = i.individual_id), country_of_origin FROM individual i ORDER BY individual_id",
        )
        .unwrap();
    let person = |row: &rusqlite::Row<'_>| {
        let (id, consent, camp): (String, Option<String>, Option<String>) = (row.get(5)?, row.get(6)?, row.get(7)?);
        let covered = camp.is_some_and(|camp| ["KE106322", "KE111507"].contains(&camp.as_str()));
        let from_there = row.get::<_, String>(9)? == "KEN";
        Ok(Person {
            number: row.get(0)?,
            family: row.get(1)?,
            given: row.get(2)?,
            born: row.get(3)?,
            home: row.get(4)?,
            from_there,
            told: covered && !from_there && consent.as_deref() == Some("given") && !marked.contains(&id),
            covered,
            documents: row.get(8)?,
            id,
        })
    };
    rows.query_map([], person).unwrap().collect::<Result<_, _>>().unwrap()
}

fn rows_by_page(kind: Kind) {
    let desk = Desk::open(kind);
    let all = desk.people();
    let expected: BTreeSet<String> = all.iter().filter(|one| one.told).map(|one| one.number.clone()).collect();
    assert!(expected.len() > 14, "{} people", expected.len());
    let (mut found, mut cursor, mut first) = (Vec::new(), Value::Null, String::new());
    for page in 0.. {
        let body = if page == 0 { json!({}) } else { json!({ "cursor": cursor }) };
        let told = desk.sealed(&desk.ask("/exchanges/desk-rows/rows", &body));
        assert_eq!(told["records"], expected.len());
        assert_eq!(told["rows"], told["data"].as_array().unwrap().len());
        found.extend(told["data"].as_array().unwrap().iter().map(|row| row["number"].as_str().unwrap().to_owned()));
        cursor = told["next"].clone();
        if page == 0 {
            first = told["answer"].as_str().unwrap().to_owned();
            let again = desk.sealed(&desk.ask("/exchanges/desk-rows/rows", &json!({ "cursor": cursor })));
            assert_eq!(
                again,
                desk.sealed(&desk.ask("/exchanges/desk-rows/rows", &json!({ "cursor": cursor }))),
                "a page again"
            );
        }
        if cursor.is_null() {
            break;
        }
    }
    assert_eq!(found.len(), expected.len());
    assert_eq!(found.iter().cloned().collect::<BTreeSet<_>>(), expected);
    // Narrowed: those alone, of whom some may not be told about.
    let asked: Vec<&str> = all.iter().take(20).map(|one| one.number.as_str()).collect();
    let told = desk.sealed(&desk.ask("/exchanges/desk-rows/rows", &json!({ "parameters": { "numbers": asked } })));
    assert_eq!(told["records"], all.iter().take(20).filter(|one| one.told).count());
    let home = &all.iter().find(|one| one.told).unwrap().home;
    let told = desk.sealed(&desk.ask("/exchanges/desk-rows/rows", &json!({ "parameters": { "homes": [home] } })));
    assert_eq!(told["records"], all.iter().filter(|one| one.told && one.home == *home).count());
    let flat = desk.ask("/exchanges/desk-flat/rows", &json!({ "parameters": { "numbers": asked } })).json();
    let expected: usize = all.iter().take(20).filter(|one| one.told).map(|one| one.documents.max(1)).sum();
    assert_eq!(flat["rows"], expected, "{flat}");
    // What is wrong is refused: nothing that narrows is passed over, and nothing of a person is said.
    for (body, code) in [
        (json!({ "parameters": { "camps": ["KE106322"] } }), "unknown-name"),
        (json!({ "parameters": { "numbers": [7] } }), "wrong-type"),
        (json!({ "parameters": { "homes": ["a", "b", "c"] } }), "value-oversize"),
    ] {
        let reply = desk.ask("/exchanges/desk-rows/rows", &body);
        assert!(reply.status == 422 && reply.body.contains(code), "{reply:?}");
    }
    assert_eq!(desk.ask("/exchanges/desk-rows/rows", &json!({ "cursor": "0-1" })).status, 404);
    assert_eq!(desk.ask("/exchanges/food-people/rows", &json!({})).status, 403, "the token is not for it");
    assert_eq!(desk.ask("/exchanges/desk-look/look-ups", &json!({ "by": {} })).status, 422);
    // It is in the record, and a person is answered of it.
    let one = all.iter().find(|one| one.told).unwrap();
    let said = disclosures(&desk, &one.id);
    let told = said["disclosures"].as_array().unwrap().iter().find(|one| one["transfer"] == first.as_str()).unwrap();
    assert_eq!(
        (told["status"].as_str(), told["exchange"]["name"].as_str()),
        (Some("arrived"), Some("desk-rows")),
        "{said}"
    );
    assert!(told["elements"].as_array().unwrap().iter().any(|one| one["element"] == "individual.family_name"));
    // Whoever withdraws is told about no more.
    let key = desk.copy.street.home().join("whom");
    std::fs::write(&key, &one.id).unwrap();
    withdrawn(&desk.copy.street, &key);
    let told =
        desk.sealed(&desk.ask("/exchanges/desk-rows/rows", &json!({ "parameters": { "numbers": [one.number] } })));
    assert_eq!((told["records"].as_u64(), told["data"].clone()), (Some(0), json!([])));
    desk.ended();
}

fn withdrawn(street: &Street, key: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let key = key.display().to_string();
    street.good(&["person", "consent", "--withdrawn", "--key-file", &key, "--reason", "said so at the desk"]).unwrap();
}

pub fn disclosures(desk: &Desk, id: &str) -> Value {
    use std::os::unix::fs::PermissionsExt as _;
    let key = desk.copy.street.home().join("who");
    std::fs::write(&key, id).unwrap();
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600)).unwrap();
    let key = key.display().to_string();
    let said = desk.copy.street.good(&[
        "--as",
        "protection",
        "person",
        "disclosures",
        "--entity",
        "individual",
        "--key-file",
        &key,
        "--reason",
        "the person asks at the desk",
        "--format",
        "json",
    ]);
    serde_json::from_str(&said.unwrap()).unwrap()
}

fn one_by_one(kind: Kind) {
    let desk = Desk::open(kind);
    let all = desk.people();
    let told = all.iter().find(|one| one.told && one.born.is_some()).unwrap();
    let withheld = all.iter().find(|one| one.covered && !one.told).unwrap();
    let outside = all.iter().find(|one| !one.covered).unwrap();
    let from_there = all.iter().find(|one| one.from_there).unwrap();
    let found = desk.sealed(&desk.look(&json!({ "individual_no": told.number })));
    assert_eq!(
        (found["found"].as_bool(), found["record"]["number"].as_str()),
        (Some(true), Some(told.number.as_str())),
        "{found}"
    );
    assert_eq!(found["record"]["documents"].as_array().unwrap().len(), told.documents);
    let by = json!({ "family_name": told.family, "given_name": told.given, "date_of_birth": told.born });
    assert_eq!(desk.sealed(&desk.look(&by)), found);
    // Every no is one: as long, and as it stands.
    let mut lengths = BTreeSet::new();
    for number in ["KEN-of-nobody", &withheld.number, &outside.number] {
        let reply = desk.look(&json!({ "individual_no": number }));
        assert_eq!(desk.sealed(&reply), json!({ "found": false }), "{number}");
        let names: Vec<String> =
            reply.head.lines().filter(|line| !line.starts_with("date")).map(str::to_owned).collect();
        lengths.insert((
            reply.body.len(),
            names.iter().filter(|line| !line.starts_with("ratelimit")).cloned().collect::<Vec<_>>(),
        ));
    }
    assert_eq!(lengths.len(), 1, "{lengths:?}");
    let by = json!({ "by": { "individual_no": from_there.number } });
    assert_eq!(desk.ask("/exchanges/desk-plain/look-ups", &by).json(), json!({ "found": false }));
    // Asked about is in the record too.
    for one in [withheld, from_there] {
        let said = disclosures(&desk, &one.id);
        assert_eq!(said["disclosures"][0]["status"], "asked-about", "{said}");
    }
    let said = disclosures(&desk, &withheld.id);
    assert_eq!(said["disclosures"][0]["elements"], json!([]));
    let said = disclosures(&desk, &told.id);
    assert_eq!(said["disclosures"][0]["status"], "arrived", "{said}");
    // Four days of birth for one name: the fourth is one too many, and nothing is answered until somebody lifts it.
    let mut last = None;
    for day in 1..=4 {
        let by =
            json!({ "family_name": "Of-Nobody", "given_name": "Nobody", "date_of_birth": format!("1990-01-0{day}") });
        last = Some(desk.look(&by));
    }
    let last = last.unwrap();
    assert_eq!((last.status, last.json()["code"].as_str()), (403, Some("not-permitted")), "{last:?}");
    assert_eq!(desk.look(&json!({ "individual_no": told.number })).status, 403, "whatever it asks");
    let alerts = desk.copy.street.good(&["--as", "protection", "alert", "list"]).unwrap();
    assert!(alerts.contains("look-ups-suspended"), "{alerts}");
    let lift = [
        "--as",
        "protection",
        "partner",
        "client",
        "lift",
        "desk",
        "--exchange",
        "desk-look",
        "--reason",
        "it was a test of ours",
    ];
    desk.copy.street.good(&lift).unwrap();
    assert_eq!(desk.look(&json!({ "individual_no": told.number })).status, 200);
    // Forty an hour.
    let began = Instant::now();
    let stopped = loop {
        let reply = desk.look(&json!({ "individual_no": told.number }));
        if reply.status != 200 {
            break reply;
        }
        assert!(began.elapsed() < Duration::from_secs(60));
    };
    assert_eq!((stopped.status, stopped.code().as_str()), (429, "asked-too-often"), "{stopped:?}");
    let wait: u32 = stopped.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=3_601).contains(&wait), "{wait}");
    // It is decided before anything is read, and told at the same times as a no.
    let store = Connection::open(desk.copy.street.sources().join("progres.sqlite")).unwrap();
    store.execute_batch("ALTER TABLE individual RENAME TO nowhere").unwrap();
    for _ in 0..5 {
        let began = Instant::now();
        let reply = desk.look(&json!({ "individual_no": told.number }));
        assert_eq!((reply.status, reply.code().as_str()), (429, "asked-too-often"), "{reply:?}");
        assert!(began.elapsed() >= Duration::from_millis(25), "{:?}", began.elapsed());
    }
    store.execute_batch("ALTER TABLE nowhere RENAME TO individual").unwrap();
    desk.copy.street.good(&["ledger", "verify"]).unwrap();
    desk.ended();
}

#[test]
fn rows_are_told_by_page_on_sqlite() {
    rows_by_page(Kind::Sqlite);
}

#[test]
fn rows_are_told_by_page_on_postgres() {
    rows_by_page(Kind::Postgres);
}

#[test]
fn one_person_is_asked_for_on_sqlite() {
    one_by_one(Kind::Sqlite);
}

#[test]
fn one_person_is_asked_for_on_postgres() {
    one_by_one(Kind::Postgres);
}
