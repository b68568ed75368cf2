//! Where do the registry's tables stand, on each kind of database, and what stands there as its administrator sees it?

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use causeway_testkit::server;
use rusqlite::Connection;

pub use crate::referrals::place::Store;
use crate::script::carry_out;

const PASSWORD: &str = "invented word";

/// The tables as their owner made them.
fn tables(store: Store) -> String {
    let [id, text, day, number, end] = match store {
        Store::Sqlite => ["TEXT", "TEXT", "TEXT", "INTEGER", ""],
        Store::Postgres => ["uuid", "varchar(40)", "date", "bigint", ""],
        Store::Mariadb => {
            ["uuid", "varchar(40)", "date", "bigint", " ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin"]
        }
    };
    format!(
        "CREATE TABLE person (id {id} PRIMARY KEY, nin {text}, decision {text}, decided_on {day}, stamp {number}, row_version {number} NOT NULL DEFAULT 0, status {text}){end};
         CREATE INDEX person_by_nin ON person (nin);
         CREATE TABLE card (number {text} PRIMARY KEY, person_id {id} NOT NULL REFERENCES person (id), status {text}){end};"
    )
}

pub struct Registry {
    pub store: Store,
    /// Name of its database, and of the user who writes there.
    name: String,
    file: PathBuf,
}

impl Registry {
    /// Makes the tables, and a user who has no right yet.
    pub fn make(store: Store, sources: &Path) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let name = format!("registry_{}", MADE.fetch_add(1, Ordering::Relaxed));
        match store {
            Store::Sqlite => {}
            Store::Postgres => {
                let server = server::postgres();
                server.sql("postgres", &format!("CREATE DATABASE {name}")).unwrap();
                server.sql("postgres", &format!("CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")).unwrap();
            }
            Store::Mariadb => {
                let made = format!("CREATE DATABASE {name}; CREATE USER '{name}'@'%' IDENTIFIED BY '{PASSWORD}';");
                server::mariadb().sql("mysql", &made).unwrap();
            }
        }
        let secret = sources.join("registry-writer");
        fs::write(&secret, PASSWORD).unwrap();
        fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
        let registry = Self { store, name, file: sources.join("registry.sqlite") };
        registry.administer(&tables(store));
        registry
    }

    /// How the catalogue leads there.
    pub fn connect(&self) -> String {
        let (kind, port) = match self.store {
            Store::Sqlite => return "sqlite: { path: registry.sqlite }".to_owned(),
            Store::Postgres => ("postgres", server::postgres().port()),
            Store::Mariadb => ("mariadb", server::mariadb().port()),
        };
        let Self { name, .. } = self;
        format!(
            "{kind}: {{ host: 127.0.0.1, port: {port}, database: {name}, user: {name}, password: {{ file: registry-writer }}, tls: {{ mode: off }} }}"
        )
    }

    /// Runs statements as its administrator.
    pub fn administer(&self, statements: &str) {
        match self.store {
            Store::Sqlite => Connection::open(&self.file).unwrap().execute_batch(statements).unwrap(),
            Store::Postgres => carry_out(server::postgres().psql(&self.name), statements),
            Store::Mariadb => carry_out(server::mariadb().client(&self.name), statements),
        }
    }

    /// Adds people of whom nothing is known but, of some, a day.
    pub fn know(&self, people: &[(String, Option<&str>)]) {
        let mut script = "BEGIN;\n".to_owned();
        for some in people.chunks(500) {
            let day = |day: &Option<&str>| day.map_or("NULL".to_owned(), |day| format!("'{day}'"));
            let rows: Vec<String> = some.iter().map(|(id, known)| format!("('{id}', {})", day(known))).collect();
            script.push_str(&format!("INSERT INTO person (id, decided_on) VALUES {};\n", rows.join(", ")));
        }
        self.administer(&(script + "COMMIT;\n"));
    }

    /// What a query of one column says, a row a line.
    fn asked(&self, query: &str) -> Vec<String> {
        let said = match self.store {
            Store::Postgres => server::postgres().sql(&self.name, query).unwrap(),
            Store::Mariadb => server::mariadb().sql(&self.name, query).unwrap(),
            Store::Sqlite => {
                let store = Connection::open(&self.file).unwrap();
                let mut rows = store.prepare(query).unwrap();
                return rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
            }
        };
        said.lines().map(str::to_owned).collect()
    }

    /// Every row of its own tables, in order: people, then cards.
    pub fn tables(&self) -> Vec<String> {
        let text = |column: &str| match self.store {
            Store::Postgres => format!("coalesce(CAST({column} AS varchar), '-')"),
            Store::Sqlite | Store::Mariadb => format!("coalesce({column}, '-')"),
        };
        let row = |columns: &[&str]| columns.iter().map(|column| text(column)).collect::<Vec<_>>().join(", '|', ");
        let people = row(&["id", "nin", "decision", "decided_on", "stamp", "row_version"]);
        // Most have none.
        let people = format!("{people}, CASE WHEN status IS NULL THEN '' ELSE concat('|', status) END");
        let cards = row(&["number", "person_id", "status"]);
        let mut all = Vec::new();
        for (columns, table) in [(people, "person"), (cards, "card")] {
            let mut rows = self.asked(&format!("SELECT concat({columns}) FROM {table}"));
            rows.sort_unstable();
            all.extend(rows);
        }
        all
    }

    /// Every row of our table there, plans for undoing too.
    pub fn markers(&self) -> Vec<String> {
        let undo = match self.store {
            Store::Postgres => "encode(undo, 'hex')",
            Store::Sqlite => "hex(undo)",
            // A word of its own language.
            Store::Mariadb => "hex(`undo`)",
        };
        let columns = "id, '|', exchange, '|', external_id, '|', record_key, '|', digest, '|', intake, '|', group_number, '|', \
                       coalesce(sequence, '-'), '|', outcome";
        self.asked(&format!("SELECT concat({columns}, '|', {undo}) FROM causeway_applied ORDER BY causeway_applied.id"))
    }
}
