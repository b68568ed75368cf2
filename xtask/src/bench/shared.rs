//! Where is the optional shared benchmark, and who are the peers in it?
//!
//! It is a folder beside the repository with the peers' programs, scripts that set up servers and load them, and a README
//! that lists the right answers. Nothing of it is needed to measure the gateway alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use causeway_testkit::bench::Answer;

use super::options::{Format, Size, Variant};
use crate::{Outcome, shell};

/// The shared benchmark.
pub struct Shared {
    /// Its folder.
    pub folder: PathBuf,
    /// Where its populations lie.
    pub data: PathBuf,
    /// Where its servers run.
    place: PathBuf,
    outputs: PathBuf,
    socket: PathBuf,
    /// Port of its PostgreSQL.
    pub postgres_port: u16,
    /// Port of its MariaDB.
    pub mariadb_port: u16,
}

/// Names of the peers, and the program and words after the output's path that each is run with.
const PEERS: [(&str, &str, &str); 3] = [
    ("duckdb-adbc", "duckdb_adbc.py", ""),
    ("duckdb-adbc-tuned", "duckdb_adbc.py", "tuned"),
    ("connectorx-polars", "cx_polars.py", "cx raw"),
];

/// A peer's run.
pub struct Peer {
    /// Its name.
    pub name: &'static str,
    /// Output and packaging, as one command.
    pub command: Command,
    /// What it writes.
    pub output: PathBuf,
}

impl Shared {
    /// Finds it.
    pub fn find(root: &Path, given: Option<&Path>) -> Outcome<Self> {
        let folder = given.map_or_else(|| root.join("../shared/bench"), Path::to_path_buf);
        let settings = folder.join("env.sh");
        if !settings.is_file() {
            let what = "the peers are optional and not here: `--peers FOLDER` names the shared benchmark's folder; \
                        without `--compare` the gateway is measured alone";
            return Err(what.into());
        }
        let folder = fs::canonicalize(folder)?;
        let mut bash = Command::new("bash");
        bash.args([
            "-eu",
            "-c",
            ". ./env.sh; printf '%s\\n' \"$BENCH\" \"$DATA\" \"$OUT\" \"$MYSOCK\" \"$PGPORT\" \"$MYPORT\"",
        ]);
        let said = shell::output(bash.current_dir(&folder))?;
        let mut lines = said.lines();
        let mut next = || lines.next().ok_or("env.sh of the shared benchmark sets less than it should");
        let (place, data, outputs, socket) = (next()?.into(), next()?.into(), next()?.into(), next()?.into());
        let (postgres_port, mariadb_port) = (next()?.parse()?, next()?.parse()?);
        Ok(Self { folder, data, place, outputs, socket, postgres_port, mariadb_port })
    }

    /// First process of its PostgreSQL.
    pub fn postgres_pid(&self) -> Outcome<u32> {
        self.pid("pg/postmaster.pid")
    }

    /// Process of its MariaDB.
    pub fn mariadb_pid(&self) -> Outcome<u32> {
        self.pid("run/mariadbd.pid")
    }

    fn pid(&self, file: &str) -> Outcome<u32> {
        let text = fs::read_to_string(self.place.join(file)).unwrap_or_default();
        let pid = text.lines().next().and_then(|line| line.trim().parse().ok());
        let alive = pid.filter(|pid| Path::new(&format!("/proc/{pid}")).exists());
        let setup = self.folder.join("setup.sh");
        alive
            .ok_or_else(|| format!("the shared benchmark's servers do not run: run `{}` first", setup.display()).into())
    }

    /// Client of its PostgreSQL in a database.
    pub fn psql(&self, database: &str) -> Vec<String> {
        let port = self.postgres_port.to_string();
        ["psql", "-h", "127.0.0.1", "-p", &port, "-U", "postgres", "-d", database, "-X", "-q"]
            .map(str::to_owned)
            .to_vec()
    }

    /// Client of its MariaDB in a database.
    pub fn mariadb(&self, database: &str) -> Vec<String> {
        let socket = format!("--socket={}", self.socket.display());
        ["mariadb", "--no-defaults", &socket, "-u", "root", database].map(str::to_owned).to_vec()
    }

    /// The answers that its README lists for a size.
    pub fn expected(&self, size: &str) -> Outcome<Vec<(Variant, Answer)>> {
        listed(&fs::read_to_string(self.folder.join("README.md"))?, size)
    }

    /// The peers' commands for a task: each writes its output and packages it as the workload says.
    pub fn peers(&self, size: &Size, variant: Variant, format: Format) -> Vec<Peer> {
        let one = |(name, program, words): (&'static str, &str, &str)| {
            let output = self.outputs.join(format!("{name}.{}", format.label()));
            let script = format!(
                ". ./env.sh; $PY peers/{program} {size} {variant} {format} \"$FILE\" {words} && \
                 zstd -q -3 -f -c \"$FILE\" | age -r \"$(cat \"$BENCH/run/recipient\")\" | tee \"$FILE.zst.age\" | sha256sum >/dev/null",
                size = size.label,
                variant = variant.label(),
                format = format.label(),
            );
            let script = format!("cd \"$FOLDER\"; {script}");
            let mut command = Command::new("bash");
            command.args(["-o", "pipefail", "-c", &script]).env("FILE", &output).env("FOLDER", &self.folder);
            Peer { name, command, output }
        };
        PEERS.into_iter().map(one).collect()
    }
}

/// Rows of the README's table of answers: size, variant, rows, checksum.
fn listed(readme: &str, size: &str) -> Outcome<Vec<(Variant, Answer)>> {
    let mut found = Vec::new();
    for line in readme.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        if let [_, of, variant, rows, checksum, _] = cells.as_slice()
            && *of == size
            && checksum.len() == 32
        {
            let variant = if *variant == "10" { Variant::Narrow } else { Variant::Everybody };
            found.push((variant, Answer::of(rows.parse()?, checksum)?));
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_found_in_the_table() {
        let readme = "| data | variant | rows | checksum |\n|---|---|---|---|\n\
                      | 2k | 10 | 7 | 1efb859d91d90958e6f89e17c8f526a0 |\n| 2k | 100 | 70 | 000000000000000000000000000000ff |\n";
        let found = listed(readme, "2k").unwrap();
        assert_eq!(found.len(), 2);
        assert_eq!(found[0].1.to_string(), "7 rows, checksum 1efb859d91d90958e6f89e17c8f526a0");
        assert!(listed(readme, "1m").unwrap().is_empty());
    }
}
