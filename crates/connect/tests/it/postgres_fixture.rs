//! What do the tests of PostgreSQL stand on: a server of their own, invented people in it, a second session beside ours.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use causeway_connect::source;
use causeway_flow::Batch;
use causeway_flow::source::{Scan, Snapshot, SourceError, Watch};
use causeway_model::catalogue::{Connection, Limits, Secret, Server, SnapshotMode, Source, Tls, TlsMode};
use causeway_testkit::server::Postgres;

use crate::fixture::{now, source as named};

pub const PASSWORD: &str = "correct horse's \"battery\"";

/// A server with the database `refuge` and its reader, who is called the same.
pub struct Store {
    pub server: Postgres,
    pub dir: tempfile::TempDir,
}

impl Store {
    pub fn new() -> Self {
        Self::with(&[])
    }

    pub fn with(options: &[(&str, &str)]) -> Self {
        let store = Self { server: Postgres::start(options).unwrap(), dir: tempfile::tempdir().unwrap() };
        store.server.database("refuge", &PASSWORD.replace('\'', "''")).unwrap();
        write_secret(&store.dir.path().join("password"), PASSWORD);
        store
    }

    /// As the superuser.
    pub fn sql(&self, statements: &str) -> String {
        self.server.sql("refuge", statements).unwrap().trim().to_owned()
    }

    pub fn login(&self) -> Server {
        Server {
            host: "127.0.0.1".into(),
            port: Some(self.server.port()),
            database: "refuge".into(),
            user: "refuge".into(),
            password: Some(Secret::File("password".into())),
            tls: Tls { mode: TlsMode::Off, ..Tls::default() },
            snapshot: SnapshotMode::Transaction,
        }
    }

    pub fn source(&self) -> Source {
        named(Connection::Postgres(self.login()))
    }

    pub fn limited(&self, limits: Limits) -> Source {
        Source { limits, ..self.source() }
    }

    pub fn snapshot(&self, watch: &Watch) -> Box<dyn Snapshot> {
        self.snapshot_of(&self.source(), watch).unwrap()
    }

    pub fn snapshot_of(&self, source: &Source, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        source::open(source, self.dir.path())?.snapshot(now(), watch)
    }

    pub fn read(&self, scan: &Scan) -> Result<Vec<Batch>, SourceError> {
        self.read_from(&self.source(), scan)
    }

    pub fn read_from(&self, source: &Source, scan: &Scan) -> Result<Vec<Batch>, SourceError> {
        self.snapshot_of(source, &Watch::default())?.scan(scan)?.collect()
    }

    /// `table` with so many invented people.
    pub fn people(&self, table: &str, people: usize) {
        self.sql(&format!(
            "CREATE TABLE {table} (id uuid PRIMARY KEY, no int NOT NULL, name text, sex char(1), born date, secret text);
             INSERT INTO {table} SELECT ('00000000-0000-4000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, n,
                    'Zuri invented ' || n, 'F', '1990-01-31', 'not asked for'
               FROM generate_series(1, {people}) AS n;"
        ));
    }

    /// Whether nothing of ours is left at the server: no session, so no transaction and no lock. The server itself waits
    /// for the last of them to go.
    pub fn is_clean(&self) -> bool {
        let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'causeway'";
        let wait = format!(
            "DO $$ BEGIN FOR turn IN 1..200 LOOP
               IF ({sessions}) = 0 THEN RETURN; END IF;
               PERFORM pg_sleep(0.05); PERFORM pg_stat_clear_snapshot();
             END LOOP; END $$"
        );
        self.sql(&wait);
        self.sql(sessions) == "0"
    }

    /// Waits, in the server, until `condition` holds.
    pub fn wait_until(&self, condition: &str) {
        self.sql(&format!(
            "DO $$ BEGIN FOR turn IN 1..400 LOOP
               IF ({condition}) THEN RETURN; END IF;
               PERFORM pg_sleep(0.05); PERFORM pg_stat_clear_snapshot();
             END LOOP; RAISE 'it did not come about'; END $$"
        ));
    }

    /// A session beside ours, as the superuser.
    pub fn session(&self) -> Beside {
        let mut client = self.server.psql("refuge");
        let mut client = client.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let said = BufReader::new(client.stdout.take().unwrap());
        Beside { ask: client.stdin.take(), said, client }
    }
}

/// A session of somebody else, which stays open between statements.
pub struct Beside {
    client: Child,
    ask: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
}

impl Beside {
    /// Runs statements; returns when they are done.
    pub fn sql(&mut self, statements: &str) {
        let ask = self.ask.as_mut().unwrap();
        writeln!(ask, "{statements};\n\\echo done").unwrap();
        ask.flush().unwrap();
        let mut line = String::new();
        while line.trim() != "done" {
            line.clear();
            assert_ne!(self.said.read_line(&mut line).unwrap(), 0, "the session beside ours ended");
        }
    }
}

impl Drop for Beside {
    fn drop(&mut self) {
        drop(self.ask.take());
        let _ = self.client.wait();
    }
}

pub fn write_secret(path: &Path, secret: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(path, format!("{secret}\n")).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
}
