//! A live MariaDB for the tests, what is asked of it, and what must be gone from it afterwards.

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use causeway_connect::source;
use causeway_flow::Batch;
use causeway_flow::source::{Scan, Snapshot, SourceError, Watch};
use causeway_model::catalogue::{Connection, Limits, Secret, Server, SnapshotMode, Source, Tls, TlsMode};
use causeway_testkit::server::Mariadb;

use crate::fixture::{now, source as of};

/// Name of the database and of its user.
pub const NAME: &str = "camp";

/// A server with one database, and the folder of its reader's secrets.
pub struct Live {
    pub server: Mariadb,
    pub dir: tempfile::TempDir,
}

impl Live {
    /// Starts a server with `options`, and makes a database with `statements`.
    pub fn start(options: &[(&str, &str)], statements: &str) -> Self {
        let server = Mariadb::start(options).unwrap();
        server.database(NAME, "open sesame").unwrap();
        let live = Self { server, dir: tempfile::tempdir().unwrap() };
        live.secret("password", "open sesame\n");
        live.sql(statements);
        live
    }

    /// A file that only its owner can read.
    pub fn secret(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
    }

    pub fn sql(&self, statements: &str) -> String {
        if statements.is_empty() {
            return String::new();
        }
        // By its input, as a long script has no place in an argument.
        let mut client = self.server.client(NAME).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        client.stdin.take().unwrap().write_all(statements.as_bytes()).unwrap();
        let output = client.wait_with_output().unwrap();
        assert!(output.status.success(), "{statements}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// The way to the server, without TLS.
    pub fn way(&self) -> Server {
        Server {
            host: "127.0.0.1".into(),
            port: Some(self.server.port()),
            database: NAME.into(),
            user: NAME.into(),
            password: Some(Secret::File("password".into())),
            tls: Tls { mode: TlsMode::Off, ..Tls::default() },
            snapshot: SnapshotMode::Transaction,
        }
    }

    pub fn source(&self) -> Source {
        at(self.way(), Limits::default())
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn snapshot(&self) -> Box<dyn Snapshot> {
        self.snapshot_of(&self.source(), &Watch::default()).unwrap()
    }

    pub fn snapshot_of(&self, source: &Source, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        source::open(source, self.path())?.snapshot(now(), watch)
    }

    pub fn read(&self, scan: &Scan) -> Result<Vec<Batch>, SourceError> {
        self.snapshot().scan(scan)?.collect()
    }

    /// Makes sure that nobody but us is connected any more, and that no transaction is open.
    pub fn nothing_is_open(&self) {
        let asked = "SELECT (SELECT COUNT(*) FROM information_schema.processlist WHERE user NOT IN ('root', 'system user', 'event_scheduler')) \
                     + (SELECT COUNT(*) FROM information_schema.innodb_trx)";
        let begun = Instant::now();
        while self.sql(asked).trim() != "0" {
            assert!(begun.elapsed() < Duration::from_secs(10), "{}", self.sql("SHOW FULL PROCESSLIST"));
        }
    }
}

pub fn at(server: Server, limits: Limits) -> Source {
    Source { limits, ..of(Connection::Mariadb(server)) }
}
