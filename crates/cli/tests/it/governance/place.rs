//! Where is a transcript walked? In an empty folder, with an empty database of either kind.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::server::postgres;
use causeway_testkit::street::Street;
use causeway_testkit::throw_away;

/// Of the user `causeway` of those databases.
pub const PASSWORD: &str = "invented word";

/// The moment at which every command runs, unless it says another.
const NOW: &str = "2026-05-04T09:00:00Z";

/// Which database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Sqlite,
    Postgres,
}

/// A folder, what `causeway init` is told of the database, and the program on the path.
pub struct Place {
    dir: PathBuf,
    database: String,
    _removed: Box<dyn std::any::Any>,
}

impl Place {
    pub fn new(kind: Kind, people: Option<u32>) -> Self {
        let removed = throw_away::directory().unwrap();
        let dir = removed.path().to_owned();
        for folder in ["bin", "work"] {
            fs::create_dir(dir.join(folder)).unwrap();
        }
        std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_causeway"), dir.join("bin/causeway")).unwrap();
        if let Some(people) = people {
            let street = Street::new(env!("CARGO_BIN_EXE_causeway"), dir.join("work/home"), examples());
            street.people(&Spec::of(people).plant(Plant::none())).unwrap();
        }
        let database = match kind {
            Kind::Sqlite => String::new(),
            Kind::Postgres => {
                let password = dir.join("password");
                fs::write(&password, PASSWORD).unwrap();
                fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
                let url = format!("postgres://causeway@127.0.0.1:{}/{}", postgres().port(), new_database());
                let without = "--database-without-tls";
                format!("--database {url} --database-password-file {} {without}", password.display())
            }
        };
        Self { dir, database, _removed: Box::new(removed) }
    }

    /// The folder, as it may stand in what is said.
    pub fn folder(&self) -> String {
        self.dir.join("work").display().to_string()
    }

    /// Runs a command: its exit code, and what it says.
    pub fn run(&self, command: &str) -> (i32, String) {
        let prelude = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/governance/prelude.sh");
        let script = format!("exec 2>&1\n. {}\n{command}\n", prelude.display());
        let path = std::env::var("PATH").unwrap_or_default();
        let work = self.dir.join("work");
        let mut shell = Command::new("sh");
        shell.args(["-euc", &script]).current_dir(&work).env_clear().stdin(Stdio::null());
        shell
            .env("PATH", format!("{}:{path}", self.dir.join("bin").display()))
            .env("LC_ALL", "C.UTF-8")
            .env("CAUSEWAY_LOG", "error");
        shell.env("CAUSEWAY_HOME", work.join("home")).env("DATABASE", &self.database).env("EXAMPLES", examples());
        shell.env("CAUSEWAY_NOW", NOW);
        let ended = shell.output().unwrap();
        (ended.status.code().unwrap_or(-1), String::from_utf8_lossy(&ended.stdout).into_owned())
    }
}

/// Folder of the example documents.
pub fn examples() -> PathBuf {
    let kenya = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../examples/kenya");
    kenya.canonicalize().unwrap()
}

/// A new database on the server of all tests, which its user `causeway` owns.
pub fn new_database() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    let server = postgres();
    let make = format!(
        "DO $$ BEGIN CREATE ROLE causeway LOGIN PASSWORD '{PASSWORD}'; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    );
    server.sql("postgres", &make).unwrap();
    let name = format!("governed_{}", MADE.fetch_add(1, Ordering::Relaxed));
    server.sql("postgres", &format!("CREATE DATABASE {name} OWNER causeway")).unwrap();
    name
}
