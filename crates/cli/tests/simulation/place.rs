//! Where does a history happen? In a copy of an installation that was set up once with the real program.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use causeway_testkit::server::postgres;
use causeway_testkit::street::Street;

use super::documents;

/// When every history begins.
pub const BEGIN: &str = "2026-05-04T09:00:00Z";

const PASSWORD: &str = "invented word";

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// An installation as it is when a history begins.
struct Pattern {
    home: PathBuf,
    _removed: tempfile::TempDir,
}

/// A copy of it, removed in the end.
pub struct Place {
    pub home: PathBuf,
    database: Option<String>,
    _removed: tempfile::TempDir,
}

impl Place {
    pub fn new(kind: Kind) -> Self {
        static SQLITE: OnceLock<Pattern> = OnceLock::new();
        static POSTGRES: OnceLock<Pattern> = OnceLock::new();
        let pattern = match kind {
            Kind::Sqlite => SQLITE.get_or_init(|| Pattern::make(kind, false)),
            Kind::Postgres => POSTGRES.get_or_init(|| Pattern::make(kind, false)),
        };
        Self::of(kind, pattern)
    }

    /// For a crowd of workers, by the clock of today.
    pub fn today(kind: Kind) -> Self {
        static TODAY: OnceLock<Pattern> = OnceLock::new();
        Self::of(kind, TODAY.get_or_init(|| Pattern::make(kind, true)))
    }

    fn of(kind: Kind, pattern: &Pattern) -> Self {
        let removed = folder();
        let home = removed.path().join("home");
        copy(&pattern.home, &home);
        let database = (kind == Kind::Postgres).then(|| {
            static MADE: AtomicU32 = AtomicU32::new(0);
            let name = format!("history_{}", MADE.fetch_add(1, Ordering::Relaxed));
            let make = format!("CREATE DATABASE {name} OWNER causeway TEMPLATE pattern");
            postgres().sql("postgres", &make).unwrap();
            let file = home.join("causeway.toml");
            let text = fs::read_to_string(&file).unwrap();
            fs::write(&file, text.replace("/pattern", &format!("/{name}"))).unwrap();
            name
        });
        Self { home, database, _removed: removed }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(name) = &self.database {
            let _it_stays_until_the_server_ends = postgres().sql("postgres", &format!("DROP DATABASE {name} (FORCE)"));
        }
    }
}

impl Pattern {
    fn make(kind: Kind, is_crowd: bool) -> Self {
        let removed = folder();
        let home = removed.path().join("home");
        let documents = removed.path().join("documents");
        documents::write(&documents, is_crowd);
        let program = if is_crowd { env!("CARGO_BIN_EXE_causeway").into() } else { program(removed.path()) };
        let mut street = Street::new(program, &home, &documents);
        if kind == Kind::Postgres {
            let password = removed.path().join("password");
            fs::write(&password, PASSWORD).unwrap();
            fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
            let server = postgres();
            server.sql("postgres", &format!("CREATE ROLE causeway LOGIN PASSWORD '{PASSWORD}'")).unwrap();
            server.sql("postgres", "CREATE DATABASE pattern OWNER causeway").unwrap();
            let url = format!("postgres://causeway@127.0.0.1:{}/pattern", server.port());
            let password = password.display().to_string();
            street = street.with_init(&[
                "--database",
                &url,
                "--database-password-file",
                &password,
                "--database-without-tls",
            ]);
        }
        fs::create_dir_all(street.sources()).unwrap();
        documents::write_people(&street.sources(), &documents::people());
        let crowd = (0..documents::CROWD).map(|number| format!("plain-{number}"));
        let few = documents::EXCHANGES.map(str::to_owned).into_iter();
        let names: Vec<String> = if is_crowd { crowd.collect() } else { few.collect() };
        let exchanges: Vec<_> = names.iter().map(|name| (name, format!("exchange-{name}.yaml"))).collect();
        let exchanges: Vec<(&str, &str)> =
            exchanges.iter().map(|(name, file)| (name.as_str(), file.as_str())).collect();
        street.set_up_with(&["lantern-relief"], &["lists"], &exchanges).unwrap();
        Self { home, _removed: removed }
    }
}

/// The program at the moment when histories begin.
fn program(folder: &Path) -> PathBuf {
    let path = folder.join("causeway");
    let binary = env!("CARGO_BIN_EXE_causeway");
    fs::write(&path, format!("#!/bin/sh\nCAUSEWAY_NOW={BEGIN} exec '{binary}' \"$@\"\n")).unwrap();
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    path
}

/// In memory where there is such a place: nobody waits for a disk.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let builder = || {
        let mut builder = tempfile::Builder::new();
        builder.prefix("causeway-history-");
        builder
    };
    if memory.is_dir() { builder().tempdir_in(memory).unwrap() } else { builder().tempdir().unwrap() }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, to) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        if path.is_dir() {
            copy(&path, &to);
        } else {
            fs::copy(&path, &to).unwrap();
        }
    }
}
