//! A throw-away PostgreSQL.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Folder, Running, as_user, free_port, kept, ran};

/// A PostgreSQL server. Its superuser `postgres` may sign in over the socket, everybody else by password over TCP.
pub struct Postgres {
    running: Running,
    programs: PathBuf,
    port: u16,
}

impl Postgres {
    /// Starts a server with `options` of its configuration, on a free port.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or does not start.
    pub fn start(options: &[(&str, &str)]) -> io::Result<Self> {
        let folder = Folder::new("postgres")?;
        let data = folder.join("data");
        Self::run(folder, &data, options)
    }

    /// The same, but what is in it stays in the folder `data` for the next time.
    ///
    /// # Errors
    /// As [`Self::start`], and when the server's user cannot write `data`.
    pub fn kept(data: &Path, options: &[(&str, &str)]) -> io::Result<Self> {
        kept(data, "postgres")?;
        Self::run(Folder::new("postgres")?, data, options)
    }

    fn run(folder: Folder, data: &Path, options: &[(&str, &str)]) -> io::Result<Self> {
        let programs = programs()?;
        if !data.join("PG_VERSION").exists() {
            let mut init = as_user("postgres", &programs.join("initdb"));
            init.args(["--username=postgres", "--auth-local=trust", "--auth-host=scram-sha-256"]);
            init.args(["--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "-D"]).arg(data);
            ran(&mut init)?;
        }
        let port = free_port()?;
        let mut server = as_user("postgres", &programs.join("postgres"));
        server.arg("-D").arg(data).args(["-p", &port.to_string(), "-c", "listen_addresses=127.0.0.1"]);
        server.arg("-c").arg(format!("unix_socket_directories={}", folder.display()));
        for setting in ["fsync=off", "shared_buffers=64MB", "max_connections=60", "autovacuum=off"] {
            server.args(["-c", setting]);
        }
        for (name, value) in options {
            server.arg("-c").arg(format!("{name}={value}"));
        }
        let log = File::create(folder.join("log"))?;
        let child = server.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let mut server = Self { running: Running { child, folder, ends_by: "-INT" }, programs, port };
        let (ready, socket) = (server.programs.join("pg_isready"), server.running.folder.to_path_buf());
        server.running.wait(|| {
            let mut asked = Command::new(&ready);
            asked.arg("-h").arg(&socket).args(["-p", &port.to_string()]).stdout(Stdio::null());
            asked.status().is_ok_and(|status| status.success())
        })?;
        Ok(server)
    }

    /// Port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Folder of its socket.
    pub fn socket(&self) -> &Path {
        &self.running.folder
    }

    /// Identifier of its first process.
    pub fn pid(&self) -> u32 {
        self.running.child.id()
    }

    /// Runs statements in a database as the superuser; what they say, unaligned, fields divided by `|`.
    ///
    /// # Errors
    /// The server refuses.
    pub fn sql(&self, database: &str, statements: &str) -> io::Result<String> {
        ran(self.psql(database).args(["-c", statements]))
    }

    /// The command-line client in a database, as the superuser.
    pub fn psql(&self, database: &str) -> Command {
        let mut command = Command::new(self.programs.join("psql"));
        command.arg("-h").arg(self.socket()).args(["-p", &self.port.to_string(), "-U", "postgres", "-d", database]);
        command.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1"]);
        command
    }

    /// Makes a database, and a user of the same name with `password` who may read all of its tables to come.
    ///
    /// # Errors
    /// The server refuses.
    pub fn database(&self, name: &str, password: &str) -> io::Result<()> {
        self.sql("postgres", &format!("CREATE ROLE {name} LOGIN PASSWORD '{password}'"))?;
        self.sql("postgres", &format!("CREATE DATABASE {name}"))?;
        self.sql(name, &format!("ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO {name}")).map(|_| ())
    }
}

/// Folder of the newest installed server's programs.
fn programs() -> io::Result<PathBuf> {
    let all = std::fs::read_dir("/usr/lib/postgresql").map(|all| all.flatten().map(|entry| entry.path().join("bin")));
    let version = |path: &PathBuf| path.parent()?.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = all.ok().and_then(|all| all.filter(|path| path.join("initdb").exists()).max_by_key(version));
    newest.ok_or_else(|| {
        io::Error::new(io::ErrorKind::NotFound, "PostgreSQL is not installed: apt-get install postgresql")
    })
}
