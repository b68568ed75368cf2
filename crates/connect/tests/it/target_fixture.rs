//! What do the tests of targets stand on: one registry of invented people on each kind of database, as its administrator sees it.

use std::path::PathBuf;

use causeway_connect::target;
use causeway_flow::accept::target::{
    Answer, Column, Datum, Group, Keeper, Layout, Mapping, Message, Onto, Place as GroupPlace, Raiser, Row, Session,
    TargetError, Version, Write,
};
use causeway_model::ValueType;
use causeway_model::catalogue::{Secret, Server, SnapshotMode, Target, TargetConnection, Tls, TlsMode};
use causeway_model::environment::DataKind;
use causeway_testkit::server::{Mariadb, Postgres};

use crate::postgres_fixture::write_secret;

pub const PASSWORD: &str = "correct horse's \"battery\"";

/// Tables of people and of what happened to them.
pub const SQLITE: &str = "
    CREATE TABLE person (id INTEGER PRIMARY KEY, code TEXT UNIQUE, name TEXT COLLATE NOCASE, born TEXT, served INTEGER, amount TEXT,
      seen TEXT, ref TEXT, photo BLOB, note TEXT CHECK (length(note) <= 20), status TEXT DEFAULT 'new', sent INTEGER,
      secret TEXT DEFAULT 'not ours');
    CREATE TABLE event (id INTEGER PRIMARY KEY, person INTEGER NOT NULL REFERENCES person (id), kind TEXT NOT NULL,
      status TEXT, version INTEGER NOT NULL DEFAULT 0);";
pub const POSTGRES: &str = "
    CREATE TABLE person (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code varchar(40) UNIQUE, name text, born date,
      served boolean, amount numeric(12,2), seen timestamptz, ref uuid, photo bytea, note varchar(20),
      status text DEFAULT 'new', sent int, secret text DEFAULT 'not ours');
    CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, person bigint NOT NULL REFERENCES person (id),
      kind varchar(10) NOT NULL, status text, version int NOT NULL DEFAULT 0);";
pub const MARIADB: &str = "
    CREATE TABLE person (id BIGINT AUTO_INCREMENT PRIMARY KEY, code VARCHAR(40) UNIQUE, name TEXT, born DATE,
      served BOOLEAN, amount DECIMAL(12,2), seen DATETIME(6), ref UUID, photo BLOB, note VARCHAR(20),
      status VARCHAR(20) DEFAULT 'new', sent INT, secret TEXT DEFAULT 'not ours') ENGINE = InnoDB;
    CREATE TABLE event (id BIGINT AUTO_INCREMENT PRIMARY KEY, person BIGINT NOT NULL, kind VARCHAR(10) NOT NULL,
      status TEXT, version INT NOT NULL DEFAULT 0, FOREIGN KEY (person) REFERENCES person (id)) ENGINE = InnoDB;";

enum Kind {
    Sqlite,
    Postgres(Postgres),
    Mariadb(Mariadb),
}

/// A registry, prepared as `target prepare` prints it.
pub struct Registry {
    kind: Kind,
    pub dir: tempfile::TempDir,
    pub target: Target,
}

/// The three of them, each with the statements that make its tables.
pub fn sqlite() -> Registry {
    let dir = tempfile::tempdir().unwrap();
    rusqlite::Connection::open(dir.path().join("registry.sqlite")).unwrap().execute_batch(SQLITE).unwrap();
    let connect = TargetConnection::Sqlite { path: "registry.sqlite".into() };
    Registry { kind: Kind::Sqlite, dir, target: declared(connect) }.prepared()
}

pub fn postgres() -> Registry {
    let server = Postgres::start(&[]).unwrap();
    server.sql("postgres", "CREATE DATABASE registry").unwrap();
    let role = format!("CREATE ROLE writer LOGIN PASSWORD '{}'", PASSWORD.replace('\'', "''"));
    server.sql("postgres", &role).unwrap();
    let connect = TargetConnection::Postgres(login(server.port()));
    let registry = Registry { kind: Kind::Postgres(server), dir: secrets(), target: declared(connect) };
    registry.sql(POSTGRES);
    registry.prepared()
}

pub fn mariadb() -> Registry {
    let server = Mariadb::start(&[]).unwrap();
    let user = format!("CREATE USER writer@'%' IDENTIFIED BY '{}'", PASSWORD.replace('\'', "''"));
    server.sql("mysql", &format!("CREATE DATABASE registry; {user}")).unwrap();
    let connect = TargetConnection::Mariadb(login(server.port()));
    let registry = Registry { kind: Kind::Mariadb(server), dir: secrets(), target: declared(connect) };
    registry.sql(MARIADB);
    registry.prepared()
}

fn secrets() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    write_secret(&dir.path().join("password"), PASSWORD);
    dir
}

fn login(port: u16) -> Server {
    Server {
        host: "127.0.0.1".into(),
        port: Some(port),
        database: "registry".into(),
        user: "writer".into(),
        password: Some(Secret::File("password".into())),
        tls: Tls { mode: TlsMode::Off, ..Tls::default() },
        snapshot: SnapshotMode::Transaction,
    }
}

pub fn declared(connect: TargetConnection) -> Target {
    let (name, description) = ("registry".to_owned(), String::new());
    Target { name, description, data: DataKind::Real, connect, statement_timeout_s: Some(4) }
}

impl Registry {
    fn prepared(self) -> Self {
        self.prepare();
        self
    }

    /// Has run what `target prepare` prints.
    pub fn prepare(&self) {
        self.sql(&target::prepare(&self.target, &[layout(), other_layout()]));
    }

    /// As an administrator: fields divided by `|`.
    pub fn sql(&self, statements: &str) -> String {
        match &self.kind {
            Kind::Sqlite => {
                let store = rusqlite::Connection::open(self.dir.path().join("registry.sqlite")).unwrap();
                store.busy_timeout(std::time::Duration::from_secs(5)).unwrap();
                if !statements.trim_start().starts_with("SELECT") {
                    store.execute_batch(statements).unwrap();
                    return String::new();
                }
                let mut statement = store.prepare(statements).unwrap();
                let width = statement.column_count();
                let text = |row: &rusqlite::Row<'_>, at| match row.get::<_, rusqlite::types::Value>(at).unwrap() {
                    rusqlite::types::Value::Null => String::new(),
                    rusqlite::types::Value::Integer(value) => value.to_string(),
                    rusqlite::types::Value::Real(value) => value.to_string(),
                    rusqlite::types::Value::Text(text) => text,
                    rusqlite::types::Value::Blob(bytes) => String::from_utf8(bytes).unwrap(),
                };
                let line =
                    |row: &rusqlite::Row<'_>| Ok((0..width).map(|at| text(row, at)).collect::<Vec<_>>().join("|"));
                let rows: Vec<String> = statement.query_map([], line).unwrap().map(Result::unwrap).collect();
                rows.join("\n")
            }
            Kind::Postgres(server) => server.sql("registry", statements).unwrap().trim_end_matches('\n').to_owned(),
            Kind::Mariadb(server) => {
                let said = server.sql("registry", statements).unwrap();
                said.trim_end_matches('\n').replace('\t', "|").replace("NULL", "")
            }
        }
    }

    pub fn is_sqlite(&self) -> bool {
        matches!(self.kind, Kind::Sqlite)
    }

    pub fn is_postgres(&self) -> bool {
        matches!(self.kind, Kind::Postgres(_))
    }

    /// Ends every session of ours at the server, as an administrator would.
    pub fn end_sessions(&self) {
        match &self.kind {
            Kind::Sqlite => unreachable!("a file has no sessions"),
            Kind::Postgres(_) => {
                self.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'writer'");
            }
            Kind::Mariadb(_) => {
                let ours = "SELECT id FROM information_schema.processlist WHERE user = 'writer'";
                for id in self.sql(ours).lines() {
                    self.sql(&format!("KILL {id}"));
                }
            }
        }
    }

    pub fn path(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    pub fn try_open(&self, layout: &Layout) -> Result<Box<dyn Session>, TargetError> {
        target::open(&self.target, self.dir.path()).open(layout)
    }

    pub fn open(&self) -> Box<dyn Session> {
        self.try_open(&layout()).unwrap()
    }

    /// Everything that stands there, markers without their plans.
    pub fn tables(&self) -> String {
        let people = "SELECT id, code, name, born, note, status, sent, secret FROM person ORDER BY id";
        let events = "SELECT id, person, kind, status, version FROM event ORDER BY id";
        let markers = "SELECT exchange, external_id, record_key, digest, intake, group_number, sequence, outcome \
                       FROM causeway_applied ORDER BY group_number, intake";
        [people, events, markers].map(|sql| self.sql(sql)).join("\n--\n")
    }
}

pub fn column(name: &str, value_type: &str) -> Column {
    Column::new(name, value_type.parse::<ValueType>().unwrap())
}

/// People and their events, as an exchange writes them.
pub fn layout() -> Layout {
    let status = |name: &str| (column("status", "text"), Datum::Text(name.to_owned()));
    let person = Mapping {
        table: "person".into(),
        key: vec![column("id", "integer")],
        columns: [
            ("code", "text"),
            ("name", "text"),
            ("born", "date"),
            ("served", "boolean"),
            ("amount", "decimal(12,2)"),
            ("seen", "timestamp"),
            ("ref", "uuid"),
            ("photo", "bytes"),
            ("note", "text"),
            ("sent", "integer"),
        ]
        .map(|(name, value_type)| column(name, value_type))
        .into(),
        parent: Vec::new(),
        version: None,
        sequence: Some("sent".into()),
        retire: Some(status("void")),
    };
    let event = Mapping {
        table: "event".into(),
        key: vec![column("id", "integer")],
        columns: vec![column("kind", "text"), column("status", "text")],
        parent: vec![column("person", "integer")],
        version: Some(Version { column: column("version", "integer"), raised_by: Raiser::Writer }),
        sequence: None,
        retire: Some(status("void")),
    };
    Layout { exchange: "served".into(), mappings: vec![person, event] }
}

/// Another exchange, which reads the column that the first one only retires by.
fn other_layout() -> Layout {
    let mut other = layout();
    other.exchange = "others".into();
    other.mappings[0].columns.push(column("status", "text"));
    other
}

pub fn text(text: &str) -> Option<Datum> {
    Some(Datum::Text(text.to_owned()))
}

/// A person: code and name, and nothing else said.
pub fn person(code: &str, name: &str) -> Write {
    let mut values = vec![None; 10];
    (values[0], values[1]) = (text(code), text(name));
    Write { mapping: 0, values, onto: Onto::Insert(Vec::new()), nested: Vec::new() }
}

pub fn event(kind: &str) -> Write {
    Write { mapping: 1, values: vec![text(kind), None], onto: Onto::Insert(Vec::new()), nested: Vec::new() }
}

pub fn onto(row: &Row, mut write: Write) -> Write {
    write.onto = Onto::Update(row.clone());
    write
}

/// A group whose digest is of what it is called.
pub fn group(intake: &str, number: u64, external_id: &str, digest: u8, record: Write) -> Group {
    let place = GroupPlace { intake: intake.into(), group: number };
    let (digest, later) = ([digest; 32], Default::default());
    let message = Message { place, external_id: external_id.into(), digest, sequence: None, later };
    Group { message, record }
}

/// Seals by turning every bit, which no reader takes for text; counts marks, and does something at one of them.
#[derive(Default)]
pub struct Sealer {
    pub sealed: Vec<u8>,
    pub passed: usize,
    pub at: Option<(usize, Box<dyn FnMut()>)>,
}

impl Keeper for Sealer {
    fn seal(&mut self, before: &[u8]) -> Result<Vec<u8>, String> {
        self.sealed = turned(before);
        Ok(self.sealed.clone())
    }

    fn mark(&mut self, _: &'static str) {
        self.passed += 1;
        if let Some((wanted, act)) = &mut self.at
            && *wanted == self.passed
        {
            act();
        }
    }
}

pub fn turned(bytes: &[u8]) -> Vec<u8> {
    bytes.iter().map(|byte| !byte).collect()
}

pub fn apply(session: &mut dyn Session, group: &Group) -> Answer {
    session.apply(group, &mut Sealer::default()).unwrap()
}

/// The one person of that code.
pub fn row(session: &mut dyn Session, code: &str) -> Row {
    let found = session.find(0, &[("code".to_owned(), Datum::Text(code.to_owned()))]).unwrap();
    assert_eq!(found.rows.len(), 1, "one row");
    found.rows[0].clone()
}

/// A test on each kind of database.
macro_rules! on_each {
    ($($name:ident),* $(,)?) => {
        mod sqlite { $(#[test] fn $name() { super::$name(&crate::target_fixture::sqlite()); })* }
        mod postgres { $(#[test] fn $name() { super::$name(&crate::target_fixture::postgres()); })* }
        mod mariadb { $(#[test] fn $name() { super::$name(&crate::target_fixture::mariadb()); })* }
    };
}
pub(crate) use on_each;
