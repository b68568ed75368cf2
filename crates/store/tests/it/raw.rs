//! What can somebody do to the database who does not go through the store?

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};

use causeway_store::Kind;
use causeway_testkit::server::Postgres;
use rusqlite::Connection;

use crate::house::PASSWORD;

/// A database, by hand.
#[derive(Clone)]
pub(crate) enum Raw {
    File(PathBuf),
    Server(&'static Postgres, String),
    /// A database at a port of this machine.
    Elsewhere(u16, String),
}

impl Raw {
    /// A new database on a server, which its user `causeway` owns.
    pub(crate) fn database(server: &'static Postgres) -> Self {
        let name = new_name();
        role(server);
        server.sql("postgres", &format!("CREATE DATABASE {name} OWNER causeway")).unwrap();
        Self::Server(server, name)
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::File(_) => Kind::Sqlite,
            Self::Server(..) | Self::Elsewhere(..) => Kind::Postgres,
        }
    }

    fn file(&self) -> Connection {
        let Self::File(path) = self else { panic!("no file") };
        let connection = Connection::open(path).unwrap();
        connection.execute_batch("PRAGMA foreign_keys = ON").unwrap();
        connection
    }

    pub(crate) async fn try_sql(&self, statements: &str) -> Result<(), String> {
        match self {
            Self::File(_) => self.file().execute_batch(statements).map_err(|error| error.to_string()),
            Self::Server(server, name) => server.sql(name, statements).map(|_| ()).map_err(|error| error.to_string()),
            Self::Elsewhere(..) => panic!("not by hand"),
        }
    }

    pub(crate) async fn sql(&self, statements: &str) {
        self.try_sql(statements).await.unwrap();
    }

    pub(crate) async fn tamper(&self, statements: &str) {
        match self {
            Self::File(_) => {
                for name in self.texts("SELECT name FROM sqlite_schema WHERE type = 'trigger'").await {
                    self.sql(&format!("DROP TRIGGER {name}")).await;
                }
                self.sql(statements).await;
            }
            Self::Server(..) | Self::Elsewhere(..) => {
                self.sql(&format!("SET session_replication_role = replica; {statements}")).await
            }
        }
    }

    /// One column of text.
    pub(crate) async fn texts(&self, statement: &str) -> Vec<String> {
        match self {
            Self::File(_) => {
                let connection = self.file();
                let mut asked = connection.prepare(statement).unwrap();
                asked.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
            }
            Self::Server(server, name) => {
                let said = server.psql(name).args(["-R", "\u{1e}", "-c", statement]).output().unwrap();
                assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
                let said = String::from_utf8(said.stdout).unwrap();
                let said = said.strip_suffix('\n').unwrap_or(&said);
                if said.is_empty() { Vec::new() } else { said.split('\u{1e}').map(str::to_owned).collect() }
            }
            Self::Elsewhere(..) => panic!("not by hand"),
        }
    }

    /// From now on nothing can be inserted into a table.
    pub(crate) async fn close_table(&self, table: &str) {
        match self {
            Self::File(_) => {
                self.sql(&format!(
                    "CREATE TRIGGER no_{table} BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'no'); END"
                ))
                .await;
            }
            Self::Server(..) | Self::Elsewhere(..) => {
                self.sql(&format!(
                    "CREATE OR REPLACE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS \
                     $$ BEGIN RAISE EXCEPTION 'no'; END $$; \
                     CREATE TRIGGER no_{table} BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION no()"
                ))
                .await;
            }
        }
    }

    pub(crate) async fn open_table(&self, table: &str) {
        match self {
            Self::File(_) => self.sql(&format!("DROP TRIGGER no_{table}")).await,
            Self::Server(..) | Self::Elsewhere(..) => self.sql(&format!("DROP TRIGGER no_{table} ON {table}")).await,
        }
    }

    /// A copy as it stands; nobody may be at work.
    pub(crate) fn copy(&self) -> Self {
        match self {
            Self::File(path) => {
                let copy = path.with_extension(new_name());
                std::fs::copy(path, &copy).unwrap();
                Self::File(copy)
            }
            Self::Server(server, name) => {
                let copy = new_name();
                server.sql("postgres", &format!("CREATE DATABASE {copy} TEMPLATE {name} OWNER causeway")).unwrap();
                Self::Server(server, copy)
            }
            Self::Elsewhere(..) => panic!("not by hand"),
        }
    }

    /// Loses it, and puts what stands in `copy` in its place, or nothing.
    pub(crate) fn replace_by(&self, copy: Option<&Self>) {
        match (self, copy) {
            (Self::File(path), None) => std::fs::remove_file(path).unwrap(),
            (Self::File(path), Some(Self::File(copy))) => {
                std::fs::copy(copy, path).unwrap();
            }
            (Self::Server(server, name), copy) => {
                server.sql("postgres", &format!("DROP DATABASE {name} WITH (FORCE)")).unwrap();
                let from = match copy {
                    Some(Self::Server(_, copy)) => copy,
                    _ => "template1",
                };
                server.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE {from} OWNER causeway")).unwrap();
            }
            _ => panic!("one of each"),
        }
    }

    /// 32 bytes that nobody wrote, as an expression.
    pub(crate) fn random_bytes(&self) -> &'static str {
        match self {
            Self::File(_) => "randomblob(32)",
            Self::Server(..) | Self::Elsewhere(..) => "sha256(random()::text::bytea)",
        }
    }

    /// Zeroes, as an expression.
    pub(crate) fn zeroes(&self, count: usize) -> String {
        match self {
            Self::File(_) => format!("zeroblob({count})"),
            Self::Server(..) | Self::Elsewhere(..) => format!("decode(repeat('00', {count}), 'hex')"),
        }
    }
}

fn new_name() -> String {
    static MADE: AtomicU64 = AtomicU64::new(1);
    format!("house{}", MADE.fetch_add(1, Ordering::Relaxed))
}

/// Makes the user, once a server.
pub(crate) fn role(server: &Postgres) {
    let make = format!(
        "DO $$ BEGIN CREATE ROLE causeway LOGIN PASSWORD '{PASSWORD}'; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    );
    server.sql("postgres", &make).unwrap();
}
