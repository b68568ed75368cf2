//! An installation with a registry that partners' records come into.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use causeway_connect::target::prepare;
use causeway_model::catalogue::Catalogue;
use causeway_model::document::Document;
use causeway_package::inbound::{Submission, submit};
use causeway_package::key::{Recipient, SigningKey};
use causeway_package::report::ReportReader;
use causeway_testkit::street::Street;
use causeway_testkit::{server, throw_away};
use rusqlite::Connection;
use serde_json::{Value, json};

use super::documents::{self, NUMBERS};
use crate::script::carry_out;

/// How many people there are.
pub const PEOPLE: usize = 40;

/// What no file may hold in the clear.
pub const CANARY: &str = "INVENTED";

/// Where the registry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Sqlite,
    Postgres,
    Mariadb,
}

const DATABASE: &str = "registry";
const WRITER: &str = "numbers_writer";
const PASSWORD: &str = "invented word";

pub struct Scene {
    pub street: Street,
    store: Store,
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
        Self::on(Store::Sqlite, |exchange| exchange.to_owned())
    }

    /// With a registry on one kind of database, and an exchange that differs.
    pub fn on(store: Store, differs: impl Fn(&str) -> String) -> Self {
        let dir = throw_away::directory().unwrap();
        let into = dir.path().join("documents");
        let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.path().join("home"), &into);
        documents::write(&into);
        fs::create_dir_all(street.sources()).unwrap();
        Connection::open(street.sources().join("people.sqlite"))
            .unwrap()
            .execute_batch("CREATE TABLE person (id TEXT);")
            .unwrap();
        let scene = Self { street, store, _removed: Box::new(dir) };
        let (file, exchange) = (into.join("catalogue.yaml"), into.join("exchange-numbers.yaml"));
        let text = fs::read_to_string(&file).unwrap().replace("sqlite: { path: registry.sqlite }", &scene.connect());
        fs::write(&file, &text).unwrap();
        fs::write(&exchange, differs(&fs::read_to_string(&exchange).unwrap())).unwrap();
        scene.make();
        scene.sql(&documents::tables(store == Store::Sqlite));
        for of in 0..PEOPLE {
            scene.sql(&format!("INSERT INTO person (id) VALUES ('{}');", id(of)));
        }
        if store == Store::Sqlite {
            let catalogue: Catalogue = Document::parse("c.yaml", &text).unwrap().read().unwrap();
            scene.sql(&prepare(catalogue.target("registry").unwrap(), &[]));
        }
        let exchanges = [(NUMBERS, "exchange-numbers.yaml")];
        scene.street.set_up_with(&["lantern-relief"], &["numbers"], &exchanges).unwrap();
        if store != Store::Sqlite {
            scene.sql(&scene.street.good(&["target", "prepare", "registry"]).unwrap());
        }
        scene
    }

    /// How the catalogue says where the registry is.
    fn connect(&self) -> String {
        let (kind, port) = match self.store {
            Store::Sqlite => return "sqlite: { path: registry.sqlite }".to_owned(),
            Store::Postgres => ("postgres", server::postgres().port()),
            Store::Mariadb => ("mariadb", server::mariadb().port()),
        };
        format!(
            "{kind}: {{ host: 127.0.0.1, port: {port}, tls: {{ mode: off }}, database: {DATABASE}, user: {WRITER}, \
             password: {{ file: secrets/writer }} }}"
        )
    }

    /// The database and who writes there, as an administrator makes them.
    fn make(&self) {
        match self.store {
            Store::Sqlite => return,
            Store::Postgres => {
                let server = server::postgres();
                server.sql("postgres", &format!("CREATE DATABASE {DATABASE}")).unwrap();
                server.sql("postgres", &format!("CREATE ROLE {WRITER} LOGIN PASSWORD '{PASSWORD}'")).unwrap();
            }
            Store::Mariadb => {
                let made =
                    format!("CREATE DATABASE {DATABASE}; CREATE USER '{WRITER}'@'%' IDENTIFIED BY '{PASSWORD}';");
                server::mariadb().sql("mysql", &made).unwrap();
            }
        }
        let secrets = self.street.sources().join("secrets");
        fs::create_dir_all(&secrets).unwrap();
        fs::write(secrets.join("writer"), PASSWORD).unwrap();
        fs::set_permissions(secrets.join("writer"), fs::Permissions::from_mode(0o600)).unwrap();
    }

    pub fn registry(&self) -> Connection {
        Connection::open(self.street.sources().join("registry.sqlite")).unwrap()
    }

    /// Runs statements as the registry's administrator.
    pub fn sql(&self, statements: &str) {
        match self.store {
            Store::Sqlite => self.registry().execute_batch(statements).unwrap(),
            Store::Postgres => carry_out(server::postgres().psql(DATABASE), statements),
            Store::Mariadb => carry_out(server::mariadb().client(DATABASE), statements),
        }
    }

    /// Every row of the registry's own tables, in order.
    pub fn tables(&self) -> Vec<String> {
        let asked = [
            "SELECT id || '|' || coalesce(nin, '-') || '|' || coalesce(decision, '-') || '|' \
             || coalesce(CAST(decided_on AS CHAR(20)), '-') || '|' || coalesce(CAST(stamp AS CHAR(20)), '-') || '|' \
             || CAST(row_version AS CHAR(20)) || coalesce('|' || status, '') FROM person ORDER BY id",
            "SELECT number || '|' || person_id || '|' || coalesce(status, '-') FROM card ORDER BY number",
        ];
        asked.into_iter().flat_map(|query| self.asked(query)).collect()
    }

    fn asked(&self, query: &str) -> Vec<String> {
        let said = match self.store {
            Store::Postgres => server::postgres().sql(DATABASE, query).unwrap(),
            Store::Mariadb => {
                let query = format!("SET sql_mode = 'PIPES_AS_CONCAT'; {query}");
                server::mariadb().sql(DATABASE, &query).unwrap()
            }
            Store::Sqlite => {
                let registry = self.registry();
                let mut rows = registry.prepare(query).unwrap();
                return rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            }
        };
        said.lines().map(str::to_owned).collect()
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
    let partner = street.partner();
    let (records, out) =
        (partner.join(format!("records-{number}.jsonl")), partner.join(format!("sealed-{exchange}-{number}")));
    let lines: Vec<String> =
        lines.iter().map(|line| line.as_str().map_or_else(|| line.to_string(), str::to_owned)).collect();
    fs::write(&records, lines.join("\n")).unwrap();
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
