//! How does a test begin a hundred times from one installation? It is made once and copied, with its database.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

use causeway_testkit::server::postgres;
use causeway_testkit::street::Street;
use causeway_testkit::throw_away;

use crate::governance::place::{Kind, PASSWORD, examples, new_database};

const BINARY: &str = env!("CARGO_BIN_EXE_causeway");

/// An installation that nobody works in any more once it is copied.
pub struct Original {
    street: Street,
    database: Option<String>,
    _removed: Box<dyn std::any::Any>,
}

/// A copy to work in.
pub struct Copy {
    /// The installation.
    pub street: Street,
    /// Its database on the server, if it is not its own file.
    pub database: Option<String>,
    folder: PathBuf,
    _removed: Box<dyn std::any::Any>,
}

impl Original {
    /// An empty folder and a database, which `set_up` makes an installation.
    pub fn new(kind: Kind, set_up: impl FnOnce(&Street)) -> Self {
        let removed = throw_away::directory().unwrap();
        let home = removed.path().join("home");
        fs::create_dir(&home).unwrap();
        let mut street = Street::new(BINARY, &home, examples());
        let mut database = None;
        if kind == Kind::Postgres {
            let (name, file) = (new_database(), removed.path().join("password"));
            street = on_server(street, &name, &file);
            database = Some(name);
        }
        set_up(&street);
        Self { street, database, _removed: Box::new(removed) }
    }

    /// A copy of the folder, and of the database where it is on a server.
    pub fn copy(&self) -> Copy {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let removed = throw_away::directory().unwrap();
        let home = removed.path().join("home");
        let copied = Command::new("cp").arg("-a").arg(self.street.home()).arg(&home).status().unwrap();
        assert!(copied.success());
        let street = Street::new(BINARY, &home, examples());
        let database = self.database.as_ref().map(|from| {
            let name = format!("copied_{}", MADE.fetch_add(1, Ordering::Relaxed));
            let make = format!("CREATE DATABASE {name} OWNER causeway TEMPLATE {from}");
            postgres().sql("postgres", &make).unwrap();
            let config = home.join("causeway.toml");
            let text = fs::read_to_string(&config).unwrap();
            let there = format!("/{from}\"");
            assert!(text.contains(&there), "{text}");
            fs::write(config, text.replace(&there, &format!("/{name}\""))).unwrap();
            name
        });
        Copy { street, database, folder: removed.path().to_owned(), _removed: Box::new(removed) }
    }
}

impl Copy {
    /// The folder in which the installation's is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Every leaf of the ledger, in order.
    pub fn leaves(&self) -> Vec<Leaf> {
        leaves_of(&self.street)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if let Some(name) = &self.database {
            let _ = postgres().sql("postgres", &format!("DROP DATABASE IF EXISTS {name}"));
        }
    }
}

/// The same street with its database on the server of the tests.
pub fn on_server(street: Street, database: &str, password: &Path) -> Street {
    fs::write(password, PASSWORD).unwrap();
    fs::set_permissions(password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let url = format!("postgres://causeway@127.0.0.1:{}/{database}", postgres().port());
    let password = password.display().to_string();
    street.with_init(&["--database", &url, "--database-password-file", &password, "--database-without-tls"])
}

/// Every leaf of an installation's ledger, in order.
pub fn leaves_of(street: &Street) -> Vec<Leaf> {
    let text = street.good(&["ledger", "export"]).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    lines.filter_map(|line| Leaf::of(&line)).collect()
}

/// An entry of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    pub at: jiff::Timestamp,
    pub actor: String,
    pub event: String,
    pub subject: String,
    pub body: serde_json::Value,
}

impl Leaf {
    /// The leaf in a line of the export, if it holds one.
    fn of(line: &serde_json::Value) -> Option<Self> {
        let leaf = line.get("leaf")?;
        let text = |name: &str| leaf.get(name)?.as_str().map(str::to_owned);
        let body = match leaf.get("body")? {
            serde_json::Value::String(text) => serde_json::from_str(text).unwrap(),
            body => body.clone(),
        };
        let at = leaf.get("time_us")?.as_i64().and_then(|micros| jiff::Timestamp::from_microsecond(micros).ok());
        Some(Self { at: at.unwrap(), actor: text("actor")?, event: text("event")?, subject: text("subject")?, body })
    }
}
