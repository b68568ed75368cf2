//! Where do the benchmark's people stand? In servers of our own that keep them between runs, or in those of the optional
//! shared benchmark, where the peers find them too.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use causeway_testkit::bench::{Answer, Answers};
use causeway_testkit::server::{Mariadb, Postgres};

use super::helper::Helper;
use super::measure::{Servers, ticks};
use super::options::{Size, Variant};
use super::shared::Shared;
use crate::{Outcome, shell};

/// Raised when the generator or a table changes: databases of before are made anew.
const EDITION: u32 = 1;

/// Password of the databases' users, secret to nobody: the people are invented.
pub const PASSWORD: &str = "bench";

/// A population in live databases.
pub struct Stores {
    /// Processes of the servers.
    pub servers: Servers,
    postgres: Sign,
    bims: Sign,
    assistance: PathBuf,
    /// Client of PostgreSQL in this database.
    psql: Vec<String>,
    /// Client of MariaDB in this database.
    mariadb: Vec<String>,
    expected: Expected,
}

/// Where a database is and who may read it.
struct Sign {
    port: u16,
    database: String,
    user: String,
}

enum Expected {
    Both(Answers),
    Listed(Vec<(Variant, Answer)>),
}

/// Our own servers, which end when this is dropped.
pub struct Own {
    postgres: Postgres,
    mariadb: Mariadb,
    cache: PathBuf,
}

impl Own {
    /// Starts them on the databases of `cache`.
    pub fn start(cache: &Path) -> Outcome<Self> {
        fs::create_dir_all(cache)?;
        let postgres = Postgres::kept(
            &cache.join("postgres"),
            &[
                ("shared_buffers", "512MB"),
                ("maintenance_work_mem", "256MB"),
                ("max_wal_size", "1GB"),
                ("wal_level", "minimal"),
                ("max_wal_senders", "0"),
                ("jit", "off"),
                ("max_connections", "40"),
            ],
        )?;
        let mariadb = Mariadb::kept(
            &cache.join("mariadb"),
            &[("innodb-buffer-pool-size", "7G"), ("innodb-log-file-size", "512M"), ("max-allowed-packet", "64M")],
        )?;
        Ok(Self { postgres, mariadb, cache: cache.to_owned() })
    }

    /// The population of a size, made when it is not there.
    pub fn stores(&self, helper: &Helper, size: &Size) -> Outcome<Stores> {
        let name = format!("bench_{}_{EDITION}", size.people);
        let (assistance, answers) =
            (self.cache.join(format!("{name}.assistance.csv")), self.cache.join(format!("{name}.json")));
        let (psql, mariadb) = (words(&self.postgres.psql(&name)), words(&self.mariadb.client(&name)));
        // CRASH: the answers are written last; without them whatever a broken run left is made anew.
        if !answers.exists() {
            println!("inventing {} people", size.people);
            for statement in ["DROP DATABASE IF EXISTS", "DROP ROLE IF EXISTS"] {
                self.postgres.sql("postgres", &format!("{statement} {name}"))?;
            }
            self.mariadb.sql("mysql", &format!("DROP DATABASE IF EXISTS {name}; DROP USER IF EXISTS {name}@'%'"))?;
            self.postgres.database(&name, PASSWORD)?;
            self.mariadb.database(&name, PASSWORD)?;
            let made = helper.load(size.people, &assistance, &psql, &mariadb)?;
            fs::write(&answers, made)?;
        }
        let expected = serde_json::from_str(&fs::read_to_string(&answers)?)?;
        Ok(Stores {
            servers: Servers { postgres: self.postgres.pid(), mariadb: self.mariadb.pid(), ticks: ticks()? },
            postgres: Sign::new(self.postgres.port(), &name, &name),
            bims: Sign::new(self.mariadb.port(), &name, &name),
            assistance,
            psql,
            mariadb,
            expected: Expected::Both(expected),
        })
    }
}

impl Stores {
    /// The population of a size in the servers of the shared benchmark.
    pub fn shared(shared: &Shared, size: &Size) -> Outcome<Self> {
        let (progres, bims) = (format!("progres_{}", size.label), format!("bims_{}", size.label));
        let assistance = shared.data.join(&size.label).join("assistance.csv");
        if !assistance.exists() {
            let load = shared.folder.join("load.sh");
            let what = format!("there is no population {0}: run `{1} {0}` first", size.label, load.display());
            return Err(what.into());
        }
        Ok(Self {
            servers: Servers { postgres: shared.postgres_pid()?, mariadb: shared.mariadb_pid()?, ticks: ticks()? },
            postgres: Sign::new(shared.postgres_port, &progres, "postgres"),
            bims: Sign::new(shared.mariadb_port, &bims, "bench"),
            assistance,
            psql: shared.psql(&progres),
            mariadb: shared.mariadb(&bims),
            expected: Expected::Listed(shared.expected(&size.label)?),
        })
    }

    /// What the gateway must give; none where nobody worked it out.
    pub fn expected(&self, variant: Variant) -> Option<Answer> {
        match &self.expected {
            Expected::Both(answers) if variant == Variant::Everybody => Some(answers.everybody),
            Expected::Both(answers) => Some(answers.narrow),
            Expected::Listed(listed) => listed.iter().find(|(known, _)| *known == variant).map(|(_, answer)| *answer),
        }
    }

    /// The `sources` of the catalogue, the password in a file.
    pub fn sources(&self, password: &Path) -> String {
        let server = |sign: &Sign| {
            let Sign { port, database, user } = sign;
            let password = password.display();
            format!(
                "{{ host: 127.0.0.1, port: {port}, database: {database}, user: {user}, \
                 password: {{ file: \"{password}\" }}, tls: {{ mode: off }} }}"
            )
        };
        let (postgres, bims, assistance) = (server(&self.postgres), server(&self.bims), self.assistance.display());
        format!(
            "sources:\n  - {{ name: progres, connect: {{ postgres: {postgres} }} }}\n  \
             - {{ name: bims, connect: {{ mariadb: {bims} }} }}\n  \
             - {{ name: assistance, connect: {{ csv: {{ path: \"{assistance}\" }} }} }}\n"
        )
    }

    /// Rows of each table that outputs are made of.
    pub fn rows(&self) -> Outcome<Vec<(String, f64)>> {
        let count = |table: &str| format!("SELECT '{table}', count(*) FROM {table}");
        self.ask(&REGISTRATION.map(count).join(" UNION ALL "), &count(BIOMETRICS))
    }

    /// Rows that were read of each of these tables since the servers count.
    pub fn read(&self) -> Outcome<Vec<(String, f64)>> {
        let one = |table: &str| {
            format!(
                "SELECT '{table}', seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables WHERE relname = '{table}'"
            )
        };
        let handler = format!(
            "SELECT '{BIOMETRICS}', sum(variable_value) FROM information_schema.global_status \
             WHERE variable_name IN ('HANDLER_READ_RND_NEXT', 'HANDLER_READ_NEXT')"
        );
        self.ask(&REGISTRATION.map(one).join(" UNION ALL "), &handler)
    }

    fn ask(&self, postgres: &str, mariadb: &str) -> Outcome<Vec<(String, f64)>> {
        let mut said = shell::output(command(&self.psql).args(["-At", "-F", "\t", "-c", postgres]))?;
        said.push_str(&shell::output(command(&self.mariadb).args(["-N", "-B", "-e", mariadb]))?);
        let cells = said.lines().filter_map(|line| line.split_once('\t'));
        cells.map(|(table, number)| Ok((table.to_owned(), number.trim().parse()?))).collect()
    }
}

/// Tables of the registration database that outputs are made of.
const REGISTRATION: [&str; 3] = ["individual", "registration_group", "document"];
/// Table of the biometrics database.
const BIOMETRICS: &str = "biometric_enrolment";

impl Sign {
    fn new(port: u16, database: &str, user: &str) -> Self {
        Self { port, database: database.to_owned(), user: user.to_owned() }
    }
}

fn words(command: &Command) -> Vec<String> {
    let all = std::iter::once(command.get_program()).chain(command.get_args());
    all.map(|word| word.to_string_lossy().into_owned()).collect()
}

/// A client as a command.
fn command(words: &[String]) -> Command {
    let mut words = words.iter();
    let mut command = Command::new(words.next().map_or("false", String::as_str));
    command.args(words);
    command
}
