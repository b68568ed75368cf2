//! An installation with a registry that partners' records come into.

use std::fs;
use std::path::{Path, PathBuf};

use causeway_package::inbound::{Submission, submit};
use causeway_package::key::{Recipient, SigningKey};
use causeway_package::report::ReportReader;
use causeway_testkit::street::Street;
use causeway_testkit::throw_away;
use rusqlite::Connection;
use serde_json::{Value, json};

use super::documents::{self, NUMBERS};
use super::registry::{Registry, Store};

/// How many people there are.
pub const PEOPLE: usize = 40;

/// What no file may hold in the clear.
pub const CANARY: &str = "INVENTED";

pub struct Scene {
    pub street: Street,
    pub registry: Registry,
    _removed: Box<dyn std::any::Any>,
}

pub fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

/// An invented person's id.
pub fn id(of: usize) -> String {
    format!("00000000-0000-4000-8000-{of:012}")
}

/// A record about a person that is as it should be.
pub fn record(message: &str, stamp: u64, of: usize) -> Value {
    json!({
        "message": message, "stamp": stamp, "person": id(of), "nin": format!("{CANARY}{of:03}"), "decision": "accepted",
        "decided_on": "2026-05-01", "cards": [{ "number": format!("C{of:03}") }],
    })
}

impl Scene {
    pub fn new() -> Self {
        let people: Vec<_> = (0..PEOPLE).map(|of| (id(of), None)).collect();
        Self::on(Store::Sqlite, documents::EXCHANGE, &people)
    }

    /// With a registry on one kind of database, and an exchange that differs.
    pub fn with(store: Store, differs: impl Fn(&str) -> String) -> Self {
        let people: Vec<_> = (0..PEOPLE).map(|of| (id(of), None)).collect();
        Self::on(store, &differs(documents::EXCHANGE), &people)
    }

    /// The same on a kind of database, for an exchange, with people who are known.
    pub fn on(store: Store, exchange: &str, people: &[(String, Option<&str>)]) -> Self {
        let dir = throw_away::directory().unwrap();
        let into = dir.path().join("documents");
        let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.path().join("home"), &into);
        fs::create_dir_all(street.sources()).unwrap();
        Connection::open(street.sources().join("people.sqlite"))
            .unwrap()
            .execute_batch("CREATE TABLE person (id TEXT);")
            .unwrap();
        let registry = Registry::make(store, &street.sources());
        documents::write(&into, &registry.connect(), exchange);
        registry.know(people);
        let scene = Self { street, registry, _removed: Box::new(dir) };
        let exchanges = [(NUMBERS, "exchange-numbers.yaml")];
        scene.street.set_up_with(&["lantern-relief"], &["numbers"], &exchanges).unwrap();
        let prepared = scene.street.good(&["target", "prepare", "registry"]).unwrap();
        scene.registry.administer(&prepared);
        scene
    }

    pub fn registry(&self) -> Connection {
        Connection::open(self.street.sources().join("registry.sqlite")).unwrap()
    }

    /// Runs statements as the registry's administrator.
    pub fn sql(&self, statements: &str) {
        self.registry.administer(statements);
    }

    /// Every row of the registry's own tables, in order.
    pub fn tables(&self) -> Vec<String> {
        self.registry.tables()
    }

    /// An envelope of the partner with these lines.
    pub fn envelope(&self, number: u64, lines: &[Value]) -> PathBuf {
        envelope(&self.street, NUMBERS, number, lines)
    }

    /// Has an officer bring it in; its id.
    pub fn submitted(&self, envelope: &Path) -> String {
        submitted(&self.street, NUMBERS, envelope)
    }

    /// Works until nothing is due.
    pub fn work(&self) -> String {
        self.street.good(&["work", "--until-idle"]).unwrap()
    }

    pub fn shown(&self, intake: &str) -> String {
        self.street.good(&["intake", "show", intake]).unwrap()
    }

    pub fn folder(&self, intake: &str) -> PathBuf {
        folder(&self.street, intake)
    }

    /// The outcomes, as the partner opens them.
    pub fn outcomes(&self, intake: &str) -> Vec<Value> {
        outcomes(&self.street, intake)
    }

    /// Files of the installation that hold what no file may hold in the clear.
    pub fn leaks(&self) -> Vec<PathBuf> {
        let mut found = Vec::new();
        let mut folders = vec![self.street.home().join("data")];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if fs::read(&path).unwrap().windows(CANARY.len()).any(|window| window == CANARY.as_bytes()) {
                    found.push(path);
                }
            }
        }
        found
    }
}

/// An envelope of the partner for an exchange, with these lines.
pub fn envelope(street: &Street, exchange: &str, number: u64, lines: &[Value]) -> PathBuf {
    let lines = lines.iter().map(|line| line.as_str().map_or_else(|| line.to_string(), str::to_owned));
    sealed(street, exchange, number, lines.collect::<Vec<_>>().join("\n").as_bytes())
}

/// An envelope of the partner for an exchange, with these bytes.
pub fn sealed(street: &Street, exchange: &str, number: u64, bytes: &[u8]) -> PathBuf {
    let partner = street.partner();
    let (records, out) =
        (partner.join(format!("records-{number}.jsonl")), partner.join(format!("sealed-{exchange}-{number}")));
    fs::write(&records, bytes).unwrap();
    let operation = fs::read_to_string(street.home().join("keys/operation.age")).unwrap();
    let public = operation.lines().find_map(|line| line.strip_prefix("# public key: ")).unwrap();
    let (recipient, key) = (Recipient::parse(public).unwrap(), SigningKey::load(&partner.join("signing.pem")).unwrap());
    let submission = Submission {
        exchange,
        partner: "lantern-relief",
        number,
        created: "2026-06-01T00:00:00Z".parse().unwrap(),
        recipient: &recipient,
        key: &key,
        part_size: None,
    };
    submit(&records, &submission, &out).unwrap();
    fs::remove_file(&records).unwrap();
    out
}

/// Has an officer bring an envelope in; the intake's id.
pub fn submitted(street: &Street, exchange: &str, envelope: &Path) -> String {
    let said = street.good(&["intake", "submit", &text(envelope), "--exchange", exchange]).unwrap();
    said.split_whitespace().nth(1).unwrap().to_owned()
}

/// The outcomes of an intake, as the partner opens them.
pub fn outcomes(street: &Street, intake: &str) -> Vec<Value> {
    let identity = causeway_package::key::Identities::load(&street.partner().join("identity.txt")).unwrap();
    let reader = ReportReader::open(&folder(street, intake).join("outcomes.age"), &identity).unwrap();
    let mut lines: Vec<Value> = reader.lines().map(Result::unwrap).collect();
    lines.sort_by_key(|line| line["record"].as_u64());
    lines
}

fn folder(street: &Street, intake: &str) -> PathBuf {
    street.home().join("data/intakes").join(intake)
}
