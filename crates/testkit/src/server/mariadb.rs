//! A throw-away MariaDB.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Folder, Running, as_user, free_port, is_root, kept, ran};

/// A MariaDB server. Its user `root` may sign in over the socket, everybody else by password over TCP.
pub struct Mariadb {
    running: Running,
    socket: PathBuf,
    port: u16,
}

impl Mariadb {
    /// Starts a server with `options` of its command line (without the dashes), on a free port.
    ///
    /// # Errors
    /// MariaDB is not installed, or does not start.
    pub fn start(options: &[(&str, &str)]) -> io::Result<Self> {
        let folder = Folder::new("mysql")?;
        let data = folder.join("data");
        Self::run(folder, &data, options)
    }

    /// The same, but what is in it stays in the folder `data` for the next time.
    ///
    /// # Errors
    /// As [`Self::start`], and when the server's user cannot write `data`.
    pub fn kept(data: &Path, options: &[(&str, &str)]) -> io::Result<Self> {
        kept(data, "mysql")?;
        Self::run(Folder::new("mysql")?, data, options)
    }

    fn run(folder: Folder, data: &Path, options: &[(&str, &str)]) -> io::Result<Self> {
        let server = ["/usr/sbin/mariadbd", "/usr/sbin/mysqld"].into_iter().map(Path::new).find(|path| path.exists());
        let server = server.ok_or_else(|| {
            io::Error::new(io::ErrorKind::NotFound, "MariaDB is not installed: apt-get install mariadb-server")
        })?;
        if !data.join("mysql").exists() {
            let mut init = as_user("mysql", Path::new("mariadb-install-db"));
            init.args(["--no-defaults", "--skip-test-db", "--auth-root-authentication-method=normal"]);
            // Folders of its own for everything: several servers begin at the same time.
            init.arg("--innodb-use-native-aio=0").arg(format!("--tmpdir={}", folder.display()));
            init.arg(format!("--datadir={}", data.display()));
            ran(&mut init)?;
        }
        let (port, socket) = (free_port()?, folder.join("socket"));
        let mut command = as_user("mysql", server);
        command.arg("--no-defaults").arg(format!("--datadir={}", data.display()));
        command.arg(format!("--socket={}", socket.display())).arg(format!("--port={port}"));
        command.arg("--innodb-use-native-aio=0").arg(format!("--tmpdir={}", folder.display()));
        command.args(["--bind-address=127.0.0.1", "--skip-name-resolve", "--character-set-server=utf8mb4"]);
        command.args(["--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0", "--local-infile=1"]);
        for (name, value) in options {
            command.arg(format!("--{name}={value}"));
        }
        let log = File::create(folder.join("log"))?;
        let child = command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()?;
        let mut server = Self { running: Running { child, folder, ends_by: "-TERM" }, socket, port };
        let socket = server.socket.clone();
        server.running.wait(|| {
            let mut asked = Command::new("mariadb-admin");
            asked.arg("--no-defaults").arg(format!("--socket={}", socket.display())).args(["-u", "root", "ping"]);
            asked.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
        })?;
        Ok(server)
    }

    /// Path of its socket.
    pub fn socket(&self) -> &Path {
        &self.socket
    }

    /// Port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Identifier of its process.
    pub fn pid(&self) -> u32 {
        self.running.child.id()
    }

    /// Runs statements in a database as `root`; what they say, fields divided by tabs.
    ///
    /// # Errors
    /// The server refuses.
    pub fn sql(&self, database: &str, statements: &str) -> io::Result<String> {
        ran(self.client(database).args(["-e", statements]))
    }

    /// The command-line client in a database, as `root`.
    pub fn client(&self, database: &str) -> Command {
        let mut command = Command::new("mariadb");
        command.arg("--no-defaults").arg(format!("--socket={}", self.socket.display()));
        command.args([
            "-u",
            "root",
            "--batch",
            "--skip-column-names",
            "--local-infile=1",
            "--default-character-set=utf8mb4",
        ]);
        command.arg(database);
        debug_assert!(is_root() || !database.is_empty());
        command
    }

    /// Makes a database, and a user of the same name with `password` who may read it.
    ///
    /// # Errors
    /// The server refuses.
    pub fn database(&self, name: &str, password: &str) -> io::Result<()> {
        let statements = format!(
            "CREATE DATABASE {name}; CREATE USER {name}@'%' IDENTIFIED BY '{password}'; GRANT SELECT ON {name}.* TO {name}@'%'"
        );
        self.sql("mysql", &statements).map(|_| ())
    }
}
