//! Is a MariaDB read from one consistent snapshot, and is nothing left open there afterwards?

use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::OnceLock;

use causeway_connect::source;
use causeway_flow::Batch;
use causeway_flow::source::{Scan, Snapshot, SourceError, Watch};
use causeway_model::Code;
use causeway_model::catalogue::{Connection, Limits, Secret, Server, SnapshotMode, Source, Tls, TlsMode};
use causeway_testkit::server::{Mariadb, mariadb};
use tempfile::TempDir;

use crate::fixture::{self, FakePace, now, refused, rows, scan, texts};

/// The password of every invented user.
pub const PASSWORD: &str = "open sesame";

/// A database of one test, its user, and the file with the user's password.
pub struct Place {
    pub name: String,
    pub server: &'static Mariadb,
    pub source: Source,
    pub base: TempDir,
}

/// A fresh database on the shared server, made by `statements`.
pub fn place(name: &str, statements: &str) -> Place {
    place_on(mariadb(), name, statements)
}

/// A fresh database on `server`.
pub fn place_on(server: &'static Mariadb, name: &str, statements: &str) -> Place {
    server.database(name, PASSWORD).unwrap();
    if !statements.is_empty() {
        typed(server, name, statements);
    }
    let base = tempfile::tempdir().unwrap();
    private(base.path(), "word", PASSWORD);
    let connect = Server {
        host: "127.0.0.1".into(),
        port: Some(server.port()),
        database: name.into(),
        user: name.into(),
        password: Some(Secret::File("word".into())),
        tls: Tls { mode: TlsMode::Off, ..Tls::default() },
        snapshot: SnapshotMode::Transaction,
    };
    let source = fixture::source(Connection::Mariadb(connect));
    Place { name: name.into(), server, source, base }
}

/// Runs statements that may be longer than a command line.
fn typed(server: &Mariadb, database: &str, statements: &str) {
    let mut client = server.client(database).stdin(Stdio::piped()).spawn().unwrap();
    client.stdin.take().unwrap().write_all(statements.as_bytes()).unwrap();
    assert!(client.wait().unwrap().success());
}

/// Writes a file that its owner alone can read.
pub fn private(folder: &Path, name: &str, text: &str) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::write(folder.join(name), text).unwrap();
    std::fs::set_permissions(folder.join(name), std::fs::Permissions::from_mode(0o600)).unwrap();
}

impl Place {
    /// Changes how the server is reached.
    pub fn change(&mut self, change: impl FnOnce(&mut Server)) {
        let Connection::Mariadb(server) = &mut self.source.connect else { panic!("another kind") };
        change(server);
    }

    pub fn limits(&mut self, limits: Limits) {
        self.source.limits = limits;
    }

    pub fn sql(&self, statements: &str) -> String {
        self.server.sql(&self.name, statements).unwrap()
    }

    pub fn read(&self, scan: &Scan) -> Result<Vec<Batch>, SourceError> {
        fixture::read(&self.source, self.base.path(), scan)
    }

    pub fn snapshot(&self, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        source::open(&self.source, self.base.path())?.snapshot(now(), watch)
    }

    /// A snapshot whose clock only moves when somebody sleeps on it.
    pub fn snapshot_at(&self, pace: &Arc<FakePace>, watch: &Watch) -> Result<Box<dyn Snapshot>, SourceError> {
        source::open_at_pace(&self.source, self.base.path(), pace.clone())?.snapshot(now(), watch)
    }

    /// Identifiers of this user's connections.
    pub fn connections(&self) -> Vec<u64> {
        let user = &self.name;
        let said = self.sql(&format!(
            "SELECT id FROM information_schema.processlist WHERE user = '{user}' AND command <> 'Killed'"
        ));
        said.lines().map(|id| id.parse().unwrap()).collect()
    }

    /// Waits until the user has no connection and so no transaction: asking again and again takes its time.
    pub fn nothing_is_open(&self) {
        for _ in 0..1_000 {
            if self.connections().is_empty() {
                let open = self.sql(&format!(
                    "SELECT count(*) FROM information_schema.innodb_trx t JOIN information_schema.processlist p
                       ON p.id = t.trx_mysql_thread_id WHERE p.user = '{}'",
                    self.name
                ));
                assert_eq!(open.trim(), "0", "a transaction is open");
                return;
            }
        }
        panic!("connections are open: {}", self.sql("SHOW PROCESSLIST"));
    }

    /// Waits until a statement of the user that looks so is being run.
    pub fn is_running(&self, like: &str) {
        let asked = format!(
            "SELECT count(*) FROM information_schema.processlist WHERE user = '{}' AND info LIKE '{like}'",
            self.name
        );
        for _ in 0..1_000 {
            if self.sql(&asked).trim() != "0" {
                return;
            }
        }
        panic!("never run: {like}");
    }
}

const PEOPLE: &str =
    "CREATE TABLE person (id INT PRIMARY KEY, name VARCHAR(40), sex ENUM('F','M'), born DATE) ENGINE=InnoDB;
    INSERT INTO person SELECT seq, CONCAT('Zuri invented ', seq), 'F', '1990-01-31' FROM seq_1_to_20000;";

const COLUMNS: &[(&str, &str)] = &[("id", "integer"), ("name", "text"), ("sex", "code(sex)"), ("born", "date")];

/// A database with 60,000 rows of a kilobyte each, far more than what any buffer on the way holds.
pub fn wide() -> &'static Place {
    static WIDE: OnceLock<Place> = OnceLock::new();
    WIDE.get_or_init(|| {
        place(
            "wide",
            "CREATE TABLE wide (id INT PRIMARY KEY, filler VARCHAR(1000) CHARACTER SET ascii) ENGINE=InnoDB;
             INSERT INTO wide SELECT seq, REPEAT('x', 1000) FROM seq_1_to_60000;",
        )
    })
}

/// The same database for another user, so that tests do not see each other's connections; batches of 1,000 rows.
pub fn wide_for(user: &str) -> (Place, Arc<FakePace>) {
    wide();
    let mut place = place(user, "");
    place.sql(&format!("GRANT SELECT ON wide.* TO {user}@'%'"));
    place.change(|server| server.database = "wide".into());
    place.limits(Limits { rows_per_second: Some(1_000), ..Limits::default() });
    (place, Arc::new(FakePace::default()))
}

pub fn wide_scan() -> Scan {
    let mut scan = scan(Some("wide"), &[("id", "integer"), ("filler", "text")]);
    scan.columns[1].max_length = 1_000;
    scan
}

#[test]
fn every_row_comes_once_in_batches_and_nothing_stays_open() {
    let place = place("batches", PEOPLE);
    let batches = place.read(&scan(Some("person"), COLUMNS)).unwrap();
    assert_eq!(batches.iter().map(|b| b.records.num_rows()).collect::<Vec<_>>(), [8_192, 8_192, 3_616]);
    let mut names = texts(&batches, 1);
    names.sort();
    names.dedup();
    assert_eq!((names.len(), fixture::faults(&batches).len()), (20_000, 0));
    let nothing = place.read(&scan(Some("person"), &[])).unwrap();
    assert_eq!((rows(&nothing), nothing[0].records.num_columns()), (20_000, 0));
    place.nothing_is_open();
}

#[test]
fn a_writer_that_commits_meanwhile_is_not_seen_by_any_scan_of_the_snapshot() {
    let place =
        place("still", &format!("{PEOPLE} CREATE TABLE visit (id INT) ENGINE=InnoDB; INSERT INTO visit VALUES (1)"));
    let mut snapshot = place.snapshot(&Watch::default()).unwrap();
    assert_eq!((snapshot.info().kind.as_str(), snapshot.info().taken_at), ("consistent-snapshot", now()));
    // Before anything is read: the snapshot must already be real, for every table.
    place.sql("UPDATE person SET name = 'changed'; DELETE FROM person WHERE id < 100; DELETE FROM visit");
    let wanted = scan(Some("person"), &[("name", "text")]);
    for _ in 0..2 {
        let batches: Vec<_> = snapshot.scan(&wanted).unwrap().map(Result::unwrap).collect();
        let names = texts(&batches, 0);
        assert_eq!(names.len(), 20_000);
        assert!(names.iter().all(|name| name.starts_with("Zuri invented")));
    }
    let visits: Vec<_> =
        snapshot.scan(&scan(Some("visit"), &[("id", "integer")])).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows(&visits), 1);
    drop(snapshot);
    place.nothing_is_open();
}

#[test]
fn a_stream_that_is_dropped_frees_its_snapshot_for_the_next_and_keeps_it() {
    let (place, pace) = wide_for("dropped");
    let mut snapshot = place.snapshot_at(&pace, &Watch::default()).unwrap();
    let mut stream = snapshot.scan(&wide_scan()).unwrap();
    assert_eq!(stream.next().unwrap().unwrap().records.num_rows(), 1_000);
    assert_eq!(snapshot.scan(&wide_scan()).map(|_| ()).unwrap_err().code, Code::SourceLimit, "one at a time");
    drop(stream);
    let whole: Vec<_> = snapshot.scan(&wide_scan()).unwrap().map(Result::unwrap).collect();
    assert_eq!(rows(&whole), 60_000);
    drop(snapshot.scan(&wide_scan()).unwrap());
    drop(snapshot);
    place.nothing_is_open();
}

#[test]
fn a_snapshot_that_is_dropped_ends_its_stream_and_its_transaction() {
    let (place, pace) = wide_for("gone");
    let mut snapshot = place.snapshot_at(&pace, &Watch::default()).unwrap();
    let mut stream = snapshot.scan(&wide_scan()).unwrap();
    stream.next().unwrap().unwrap();
    drop(snapshot);
    assert_eq!(stream.last().unwrap().unwrap_err().code, Code::SourceEndedEarly);
    place.nothing_is_open();
}

#[test]
fn a_cancelled_run_ends_in_an_error_even_while_the_server_is_silent() {
    let mut slow = place("slow", "CREATE VIEW slow AS SELECT seq AS id, SLEEP(600) AS s FROM seq_1_to_3");
    slow.change(|server| server.snapshot = SnapshotMode::None);
    let watch = Watch::default();
    let mut snapshot = slow.snapshot(&watch).unwrap();
    assert_eq!(snapshot.info().kind, "none");
    let reading = std::thread::spawn(move || {
        let found: Result<Vec<_>, _> =
            snapshot.scan(&scan(Some("slow"), &[("id", "integer"), ("s", "integer")]))?.collect();
        found
    });
    slow.is_running("SELECT%slow%");
    watch.cancel();
    refused(reading.join().unwrap(), Code::Cancelled, "cancelled");
    slow.nothing_is_open();

    let (place, pace) = wide_for("cancelled");
    let watch = Watch::default();
    let mut snapshot = place.snapshot_at(&pace, &watch).unwrap();
    let mut stream = snapshot.scan(&wide_scan()).unwrap();
    stream.next().unwrap().unwrap();
    watch.cancel();
    assert_eq!(stream.next().unwrap().unwrap_err().code, Code::Cancelled);
    assert!(stream.next().is_none());
    drop(snapshot);
    place.nothing_is_open();
}

#[test]
fn hostile_names_are_only_names() {
    let place = place(
        "hostile",
        "CREATE TABLE `or``der; -- \"` (`sel``ect '\"` VARCHAR(9)) ENGINE=InnoDB; INSERT INTO `or``der; -- \"` VALUES ('Ana')",
    );
    let batches = place.read(&scan(Some("or`der; -- \""), &[("sel`ect '\"", "text")])).unwrap();
    assert_eq!(texts(&batches, 0), ["Ana"]);
}

#[test]
fn a_snapshot_that_is_too_old_is_not_read_from() {
    let (mut place, pace) = wide_for("old");
    place.limits(Limits { rows_per_second: Some(1_000), snapshot_max_age_s: Some(30), ..Limits::default() });
    let mut snapshot = place.snapshot_at(&pace, &Watch::default()).unwrap();
    // A thousand rows a second: after the first thirty thousand it is too old.
    let read: Vec<_> = snapshot.scan(&wide_scan()).unwrap().collect();
    let (last, before) = read.split_last().unwrap();
    let error = last.as_ref().unwrap_err();
    assert_eq!(error.code, Code::SourceLimit, "{error}");
    assert!(error.detail.contains("older"), "{error}");
    assert!((25..=35).contains(&before.len()), "{}", before.len());
    drop(snapshot);
    place.nothing_is_open();

    *pace.at.lock().unwrap() = std::time::Duration::ZERO;
    let mut snapshot = place.snapshot_at(&pace, &Watch::default()).unwrap();
    *pace.at.lock().unwrap() = std::time::Duration::from_secs(31);
    let begun: Result<Vec<_>, _> = snapshot.scan(&wide_scan()).and_then(Iterator::collect);
    assert_eq!(begun.unwrap_err().code, Code::SourceLimit, "not even begun");
}

#[test]
fn an_outlook_tells_statement_rows_and_what_is_unique() {
    let place = place(
        "outlook",
        "CREATE TABLE person (id INT PRIMARY KEY, national_id VARCHAR(20), camp VARCHAR(9), place INT, shelter INT,
            note TEXT, secret VARCHAR(9),
            UNIQUE (national_id), UNIQUE (camp, shelter), UNIQUE (note(10)), UNIQUE (place, secret), KEY (camp)) ENGINE=InnoDB;
         INSERT INTO person (id) SELECT seq FROM seq_1_to_500; ANALYZE TABLE person",
    );
    let wanted = scan(
        Some("person"),
        &[
            ("ID", "integer"),
            ("national_id", "text"),
            ("camp", "text"),
            ("shelter", "integer"),
            ("note", "text"),
            ("place", "integer"),
        ],
    );
    let mut snapshot = place.snapshot(&Watch::default()).unwrap();
    let outlook = snapshot.outlook(&wanted).unwrap();
    let mut unique: Vec<Vec<String>> = outlook.unique.iter().map(|set| set.iter().cloned().collect()).collect();
    unique.sort();
    // A prefix says nothing of what follows it; a column that is not scanned says nothing either.
    assert_eq!(unique, [vec!["c0"], vec!["c1"], vec!["c2", "c3"]]);
    let about = outlook.rows.unwrap();
    assert!((400..=600).contains(&about), "{about}");
    let statement = outlook.statement.unwrap();
    assert!(statement.starts_with("SELECT") && statement.contains("`national_id`"), "{statement}");
    assert!(!statement.contains("secret"), "{statement}");
    drop(snapshot);

    // Who may not see `secret` must not take `place` for unique by itself.
    place.sql("REVOKE SELECT ON outlook.* FROM outlook@'%'; GRANT SELECT (id, place) ON outlook.person TO outlook@'%'");
    let mut snapshot = place.snapshot(&Watch::default()).unwrap();
    let outlook = snapshot.outlook(&scan(Some("person"), &[("id", "integer"), ("place", "integer")])).unwrap();
    let unique: Vec<Vec<String>> = outlook.unique.iter().map(|set| set.iter().cloned().collect()).collect();
    assert!(!unique.contains(&vec!["c1".to_owned()]), "{unique:?}");
}
