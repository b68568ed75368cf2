//! An installation that refers and is referred to: the example's documents, and its tables on one kind of database.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use causeway_testkit::server;
use causeway_testkit::street::Street;
use causeway_testkit::throw_away;
use rusqlite::Connection;
use serde_json::{Value, json};

use crate::api::place::{Gateway, Program, URL, call, http, registered, word};
use crate::copied::on_server;
use crate::governance::place::new_database;
use crate::script::carry_out;

/// Exchanges by which the partner asks, with their files.
const ASKED: [(&str, &str); 4] = [
    ("pending-referrals", "exchange-pending.yaml"),
    ("referral-details", "exchange-details.yaml"),
    ("decisions", "exchange-decisions.yaml"),
    ("decision-details", "exchange-decision-details.yaml"),
];

/// Exchanges by which the partner says something.
const SAID: [(&str, &str); 3] = [
    ("intervention-status", "exchange-intervention-status.yaml"),
    ("new-referral", "exchange-new-referral.yaml"),
    ("decision-status", "exchange-decision-status.yaml"),
];

const DATABASE: &str = "referrals";
const USERS: [&str; 2] = ["referrals_reader", "referrals_writer"];
const PASSWORD: &str = "invented word";

/// Where the referrals are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    Sqlite,
    Postgres,
    Mariadb,
}

pub struct Place {
    pub street: Street,
    pub store: Store,
    _removed: Box<dyn std::any::Any>,
}

/// The example's file.
fn example(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/referrals");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// An invented referral's id.
pub fn id(of: u32) -> String {
    format!("10000000-0000-4000-8000-{of:012}")
}

impl Store {
    fn word(self) -> &'static str {
        match self {
            Store::Sqlite => "sqlite",
            Store::Postgres => "postgres",
            Store::Mariadb => "mariadb",
        }
    }

    /// The example's catalogue with the stores of this kind, on the servers of the tests.
    fn catalogue(self) -> String {
        let text = example("catalogue.yaml");
        let port = match self {
            Store::Postgres => server::postgres().port(),
            Store::Mariadb => server::mariadb().port(),
            Store::Sqlite => 0,
        };
        let text = match self {
            Store::Postgres => text,
            other => {
                let (head, rest) = text.split_once("sources:\n").unwrap();
                let (_, tail) = rest.split_once("# end of stores\n").unwrap();
                format!("{head}{}{tail}", example(&format!("stores-{}.yaml", other.word())))
            }
        };
        text.replace("host: db.example.org", &format!("host: 127.0.0.1, port: {port}, tls: {{ mode: off }}"))
    }

    /// Runs statements as the store's administrator.
    fn administer(self, sources: &Path, statements: &str) {
        match self {
            Store::Sqlite => {
                Connection::open(sources.join("referrals.sqlite")).unwrap().execute_batch(statements).unwrap();
            }
            Store::Postgres => carry_out(server::postgres().psql(DATABASE), statements),
            Store::Mariadb => carry_out(server::mariadb().client(DATABASE), statements),
        }
    }

    /// The database and its users, as an administrator makes them: one reads, one has no right yet.
    fn make(self) {
        let [reader, writer] = USERS;
        match self {
            Store::Sqlite => {}
            Store::Postgres => {
                let server = server::postgres();
                server.sql("postgres", &format!("CREATE DATABASE {DATABASE}")).unwrap();
                for user in USERS {
                    server.sql("postgres", &format!("CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'")).unwrap();
                }
                let reads = format!("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {reader}");
                server.sql(DATABASE, &reads).unwrap();
            }
            Store::Mariadb => {
                let user = |name: &str| format!("CREATE USER '{name}'@'%' IDENTIFIED BY '{PASSWORD}';");
                let reads = format!("GRANT SELECT ON {DATABASE}.* TO '{reader}'@'%';");
                let made = format!("CREATE DATABASE {DATABASE};{}{}{reads}", user(reader), user(writer));
                server::mariadb().sql("mysql", &made).unwrap();
            }
        }
    }
}

impl Place {
    /// Everything that the example has, in force; and a program of the partner's.
    pub fn new(store: Store) -> Self {
        Self::of(store, |_, text| text)
    }

    /// The same with documents that differ.
    pub fn of(store: Store, differs: impl Fn(&str, String) -> String) -> Self {
        let removed = throw_away::directory().unwrap();
        let (home, documents) = (removed.path().join("home"), removed.path().join("documents"));
        let mut street = Street::new(env!("CARGO_BIN_EXE_causeway"), &home, &documents);
        if store == Store::Postgres {
            street = on_server(street, &new_database(), &removed.path().join("password"));
        }
        fs::create_dir(&documents).unwrap();
        fs::write(documents.join("catalogue.yaml"), store.catalogue()).unwrap();
        for file in ["arrangement-referrals.yaml"].into_iter().chain(ASKED.iter().chain(&SAID).map(|(_, file)| *file)) {
            fs::write(documents.join(file), differs(file, example(file))).unwrap();
        }
        let secrets = street.sources().join("secrets");
        fs::create_dir_all(&secrets).unwrap();
        for user in USERS {
            let file = secrets.join(user.replace('_', "-"));
            fs::write(&file, PASSWORD).unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        store.make();
        for file in [&format!("tables-{}.sql", store.word()), "rows.sql"] {
            store.administer(&street.sources(), &example(file));
        }
        let place = Self { street, store, _removed: Box::new(removed) };
        place.set_up();
        place
    }

    fn set_up(&self) {
        self.street.set_up_with(&["lantern-relief"], &["referrals"], &exchanges()).unwrap();
        let prepared = self.street.good(&["target", "prepare", "referrals"]).unwrap();
        self.administer(&prepared);
        let ready = self.street.good(&["target", "check", "referrals"]).unwrap();
        assert!(SAID.iter().all(|(name, _)| ready.contains(name)), "{ready}");
        let config = self.street.home().join("causeway.toml");
        let text = fs::read_to_string(&config).unwrap();
        fs::write(&config, format!("{text}\n[api]\nlisten = \"127.0.0.1:0\"\nurl = \"{URL}\"\n")).unwrap();
    }

    /// Runs statements as the store's administrator, or a caseworker.
    pub fn administer(&self, statements: &str) {
        self.store.administer(&self.street.sources(), statements);
    }

    /// What a query of one column says, a row a line.
    pub fn asked(&self, query: &str) -> Vec<String> {
        let said = match self.store {
            Store::Postgres => server::postgres().sql(DATABASE, query).unwrap(),
            Store::Mariadb => server::mariadb().sql(DATABASE, query).unwrap(),
            Store::Sqlite => {
                let store = Connection::open(self.street.sources().join("referrals.sqlite")).unwrap();
                let mut rows = store.prepare(query).unwrap();
                let rows: Vec<String> = rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
                rows.join("\n")
            }
        };
        said.lines().map(str::to_owned).collect()
    }

    /// The partner's program asks for rows, while the gateway is at work.
    pub fn ask(&self, each: impl FnOnce(&dyn Fn(&str, &Value) -> Value)) {
        let (gateway, token) = self.called();
        each(&|exchange, body| {
            let path = format!("/exchanges/{exchange}/rows");
            let reply = call(&gateway.address, &token, "POST", &path, &body.to_string());
            assert_eq!(reply.status, 200, "{exchange}: {reply:?}");
            reply.json()
        });
        gateway.serve.ended();
        gateway.worker.ended();
    }

    /// The partner's program sends records, which are worked off: of each, its id, its outcome, and what is wrong with it.
    pub fn said(&self, exchange: &str, records: &[Value]) -> Vec<String> {
        let (gateway, token) = self.called();
        let intake = sent(&gateway.address, &token, exchange, records);
        let path = format!("/intakes/{intake}");
        let begun = Instant::now();
        loop {
            let reply = call(&gateway.address, &token, "GET", &path, "");
            if reply.status == 200 || reply.json()["state"] == "awaiting-review" {
                break;
            }
            assert!(begun.elapsed() < Duration::from_secs(60), "{reply:?}");
            std::thread::sleep(Duration::from_millis(20));
        }
        let told = call(&gateway.address, &token, "GET", &format!("{path}/outcomes"), "").json();
        gateway.serve.ended();
        gateway.worker.ended();
        told["items"].as_array().unwrap().iter().map(|line| outcome(line, "errors")).collect()
    }

    /// The gateway at work, and a token for everything.
    fn called(&self) -> (Gateway, String) {
        let program = self.program();
        let gateway = Gateway::on(&self.street);
        let token = program.token(&gateway.address);
        (gateway, token)
    }

    /// A program of the partner's that may be about everything.
    pub fn program(&self) -> Program {
        registered(&self.street, "lantern-relief", &format!("desk-{}", word()), |it| {
            it.scopes = exchanges().iter().map(|(name, _)| format!("exchange:{name}")).collect();
        })
    }
}

/// Sends records; the intake that they became.
pub fn sent(address: &str, token: &str, exchange: &str, records: &[Value]) -> String {
    let (bearer, key) = (format!("Bearer {token}"), word());
    let headers =
        [("authorization", bearer.as_str()), ("idempotency-key", key.as_str()), ("content-type", "application/json")];
    let body = json!({ "records": records }).to_string();
    let reply = http(address, "POST", &format!("/api/v1/exchanges/{exchange}/intakes"), &headers, &body);
    assert_eq!(reply.status, 202, "{reply:?}");
    reply.json()["intake"].as_str().unwrap().to_owned()
}

/// Every exchange of the example, with its file.
pub fn exchanges() -> Vec<(&'static str, &'static str)> {
    ASKED.into_iter().chain(SAID).collect()
}

/// An outcome in a line.
pub fn outcome(line: &Value, errors: &str) -> String {
    let mut said = format!("{} {}", line["external_id"].as_str().unwrap(), line["outcome"].as_str().unwrap());
    for field in line[errors].as_array().into_iter().flatten() {
        said.push_str(&format!(" {}:{}", field["field"].as_str().unwrap(), field["code"].as_str().unwrap()));
    }
    said
}
