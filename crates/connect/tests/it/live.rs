//! What do the tests of live servers have in common: a database each, and scans of it.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use causeway_connect::source;
use causeway_flow::Batch;
use causeway_flow::source::{Hint, Scan, ScanColumn, Source, SourceError, Watch};
use causeway_flow::transform::show;
use causeway_model::ElementRef;
use causeway_model::catalogue::{Connection, Limits, Secret, Server, SnapshotMode, Tls, TlsMode};
use causeway_testkit::server;

use crate::fixture::now;

const PASSWORD: &str = "invented word";

/// A database of its own on a shared server, with a user that may read it.
pub struct Live {
    pub name: String,
    pub kind: Kind,
    pub folder: tempfile::TempDir,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Postgres,
    Mariadb,
}

impl Live {
    pub fn new(kind: Kind) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("store{}", NUMBER.fetch_add(1, Ordering::Relaxed));
        match kind {
            Kind::Postgres => server::postgres().database(&name, PASSWORD).unwrap(),
            Kind::Mariadb => server::mariadb().database(&name, PASSWORD).unwrap(),
        }
        let folder = tempfile::tempdir().unwrap();
        secret_file(folder.path(), PASSWORD);
        Self { name, kind, folder }
    }

    /// Runs statements as the server's own superuser.
    pub fn sql(&self, statements: &str) -> String {
        match self.kind {
            Kind::Postgres => server::postgres().sql(&self.name, statements).unwrap(),
            Kind::Mariadb => server::mariadb().sql(&self.name, statements).unwrap(),
        }
    }

    pub fn server(&self) -> Server {
        let port = match self.kind {
            Kind::Postgres => server::postgres().port(),
            Kind::Mariadb => server::mariadb().port(),
        };
        Server {
            host: "127.0.0.1".to_owned(),
            port: Some(port),
            database: self.name.clone(),
            user: self.name.clone(),
            password: Some(Secret::File("password".to_owned())),
            tls: Tls { mode: TlsMode::Off, ..Tls::default() },
            snapshot: SnapshotMode::Transaction,
        }
    }

    pub fn source(&self) -> Box<dyn Source> {
        self.source_of(self.server(), Limits::default())
    }

    pub fn source_of(&self, server: Server, limits: Limits) -> Box<dyn Source> {
        let connect = match self.kind {
            Kind::Postgres => Connection::Postgres(server),
            Kind::Mariadb => Connection::Mariadb(server),
        };
        let declared = causeway_model::catalogue::Source {
            name: "store".to_owned(),
            description: String::new(),
            data: causeway_model::environment::DataKind::Real,
            connect,
            limits,
        };
        source::open(&declared, self.folder.path()).unwrap()
    }

    /// All batches of one scan of one snapshot.
    pub fn read(&self, scan: &Scan) -> Result<Vec<Batch>, SourceError> {
        let mut snapshot = self.source().snapshot(now(), &Watch::default())?;
        snapshot.scan(scan)?.collect()
    }

    /// Sessions of our user that are in a transaction, or are doing something.
    pub fn open_sessions(&self) -> u32 {
        let found = match self.kind {
            Kind::Postgres => server::postgres()
                .sql("postgres", &format!("SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'", self.name)),
            Kind::Mariadb => server::mariadb().sql(
                "mysql",
                &format!("SELECT count(*) FROM information_schema.processlist WHERE user = '{}'", self.name),
            ),
        };
        found.unwrap().trim().parse().unwrap()
    }

    /// Waits until the server has noticed that we are gone; a session that stays open fails.
    pub fn nothing_stays_open(&self) {
        for _ in 0..100 {
            if self.open_sessions() == 0 {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{:?}: a session stays open at the server", self.kind);
    }
}

pub fn secret_file(folder: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    let path = folder.join("password");
    std::fs::write(&path, format!("{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

/// A scan of `table` with columns `NAME: TYPE`, each named like its column.
pub fn scan(table: &str, columns: &[(&str, &str)]) -> Scan {
    let column = |(name, value_type): &(&str, &str)| ScanColumn {
        name: (*name).to_owned(),
        element: ElementRef::new("person", *name),
        column: (*name).to_owned(),
        value_type: value_type.parse().unwrap(),
        codes: Some(std::sync::Arc::new(["F", "M"].map(String::from).into())),
        max_length: 500,
        optional: true,
        format: None,
    };
    Scan {
        source: "store".to_owned(),
        entity: "person".to_owned(),
        table: Some(table.to_owned()),
        columns: columns.iter().map(column).collect(),
        hint: Hint::default(),
    }
}

/// Every value of a column as text, or the code of its fault.
pub fn column(batches: &[Batch], at: usize) -> Vec<Option<String>> {
    let mut found = Vec::new();
    for batch in batches {
        let subject = format!("person.{}", batch.records.schema().field(at).name());
        for row in 0..batch.records.num_rows() {
            let fault = batch.faults.of(row).iter().find(|fault| fault.subject == subject);
            let value = show(batch.records.column(at).as_ref(), row);
            found.push(fault.map(|fault| format!("! {}", fault.code)).or(value));
        }
    }
    found
}
