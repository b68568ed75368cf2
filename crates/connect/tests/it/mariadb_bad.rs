//! Does bad input of a MariaDB end in a clear coded error, with nothing left open and nothing told?

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use causeway_flow::Batch;
use causeway_flow::source::{SourceError, Watch};
use causeway_model::Code;
use causeway_model::catalogue::{Limits, SnapshotMode, Tls};

use crate::fixture::{refused, rows, scan, texts};
use crate::mariadb::{PASSWORD, Place, place, private, wide_for, wide_scan};
use crate::stalling::Stalling;

const PERSON: &str = "CREATE TABLE person (id INT PRIMARY KEY, name VARCHAR(40), note TEXT) ENGINE=InnoDB;
    INSERT INTO person VALUES (1, 'Zuri invented', 'a'), (2, 'Zuri invented too', NULL)";

const COLUMNS: &[(&str, &str)] = &[("id", "integer"), ("name", "text")];

fn read(place: &Place) -> Result<Vec<Batch>, SourceError> {
    place.read(&scan(Some("person"), COLUMNS))
}

/// Another client, whose session lives as long as this does.
struct Other(Child, BufReader<std::process::ChildStdout>);

impl Other {
    fn new(place: &Place) -> Self {
        let mut client = place.server.client(&place.name);
        let mut client = client.arg("--unbuffered").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let said = BufReader::new(client.stdout.take().unwrap());
        Self(client, said)
    }

    /// Runs statements and waits until they are over.
    fn run(&mut self, statements: &str) {
        writeln!(self.0.stdin.as_mut().unwrap(), "{statements}; SELECT 'over';").unwrap();
        let mut line = String::new();
        while !line.ends_with("over\n") {
            assert_ne!(self.1.read_line(&mut line).unwrap(), 0, "the client ended: {line}");
        }
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

#[test]
fn who_may_not_sign_in_is_told_so_without_the_password() {
    let mut place = place("wrong_password", PERSON);
    private(place.base.path(), "word", "not the sesame");
    let error = read(&place).unwrap_err();
    assert_eq!(error.code, Code::SourceUnreachable, "{error}");
    assert!(error.detail.contains("password") && !error.to_string().contains("sesame"), "{error}");
    private(place.base.path(), "word", "");
    refused(read(&place), Code::SourceUnreachable, "password");
    private(place.base.path(), "word", PASSWORD);
    place.change(|server| server.user = "nobody".into());
    refused(read(&place), Code::SourceUnreachable, "password");
    place.change(|server| (server.user, server.database) = ("wrong_password".into(), "elsewhere".into()));
    assert_eq!(read(&place).unwrap_err().code, Code::SourceUnreachable);
    place.nothing_is_open();
}

#[test]
fn a_server_without_tls_is_refused_unless_the_catalogue_says_so() {
    let mut place = place("no_tls", PERSON);
    place.change(|server| server.tls = Tls { ca: Some("ca.pem".into()), ..Tls::default() });
    let made = causeway_testkit::server::Certificates::make(place.base.path(), "no_tls").unwrap();
    assert!(made.path("ca.pem").exists());
    refused(read(&place), Code::SourceUnreachable, "TLS");
    place.nothing_is_open();
}

#[test]
fn a_host_that_is_not_there_or_says_nothing_is_unreachable_in_time() {
    let mut place = place("nobody_there", PERSON);
    let port = TcpListener::bind(("127.0.0.1", 0)).unwrap().local_addr().unwrap().port();
    place.change(|server| server.port = Some(port));
    refused(read(&place), Code::SourceUnreachable, "127.0.0.1");
    place.change(|server| server.host = "no-such-host.invalid".into());
    refused(read(&place), Code::SourceUnreachable, "no-such-host.invalid");
    // Accepts, and never says a word.
    let silent = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = silent.local_addr().unwrap().port();
    place.change(|server| (server.host, server.port) = ("127.0.0.1".into(), Some(port)));
    let begun = Instant::now();
    let error = read(&place).unwrap_err();
    assert_eq!(error.code, Code::SourceUnreachable, "{error}");
    assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
}

#[test]
fn something_else_than_mariadb_is_unreachable() {
    let mut place = place("other_thing", PERSON);
    for greeting in ["HTTP/1.1 400 Bad Request\r\n\r\n", "", "\x04\0\0\0\x09abc", "\x01\0\0\x05\x0a"] {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let said = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            stream.write_all(greeting.as_bytes()).unwrap();
        });
        place.change(|server| server.port = Some(port));
        let error = read(&place).unwrap_err();
        assert_eq!(error.code, Code::SourceUnreachable, "{greeting:?}: {error}");
        said.join().unwrap();
    }
}

#[test]
fn localhost_is_tried_by_all_of_its_addresses() {
    // The server listens on 127.0.0.1 alone, and the name may stand for ::1 first.
    let mut place = place("local", PERSON);
    place.change(|server| server.host = "localhost".into());
    assert_eq!(rows(&read(&place).unwrap()), 2);
}

#[test]
fn a_column_that_may_not_be_read_is_refused_and_the_others_are_enough() {
    let place = place("rights", PERSON);
    place.sql("REVOKE SELECT ON rights.* FROM rights@'%'; GRANT SELECT (id, name) ON person TO rights@'%'");
    assert_eq!(rows(&read(&place).unwrap()), 2, "no more rights are needed than the declared columns");
    let error = place.read(&scan(Some("person"), &[("id", "integer"), ("note", "text")])).unwrap_err();
    assert_eq!(error.code, Code::SourceUnreachable, "{error}");
    assert!(error.detail.contains("read") && !error.to_string().contains("Zuri"), "{error}");
    place.nothing_is_open();
}

#[test]
fn a_table_or_column_that_is_not_there_is_missing() {
    let place = place("missing", PERSON);
    let code = |table: &str, column: &str| {
        place.read(&scan(Some(table), &[("id", "integer"), (column, "text")])).unwrap_err().code
    };
    assert_eq!(code("person", "nickname"), Code::ColumnMissing);
    assert_eq!(code("people", "name"), Code::ColumnMissing);
    place.sql("ALTER TABLE person DROP COLUMN name");
    assert_eq!(code("person", "name"), Code::ColumnMissing);
    place.sql("ALTER TABLE person MODIFY id VARCHAR(9); UPDATE person SET id = 'one' WHERE id = '1'");
    let batches = place.read(&scan(Some("person"), &[("id", "integer")])).unwrap();
    let faults = crate::fixture::faults(&batches);
    assert_eq!(faults, [("person.id".to_owned(), Code::WrongType, Some("one".to_owned()))]);
    place.nothing_is_open();
}

#[test]
fn a_table_altered_after_the_snapshot_is_refused() {
    let place = place("altered", PERSON);
    let mut snapshot = place.snapshot(&Watch::default()).unwrap();
    place.sql("ALTER TABLE person ADD COLUMN extra INT, ALGORITHM=COPY");
    let result: Result<Vec<_>, _> = snapshot.scan(&scan(Some("person"), COLUMNS)).and_then(Iterator::collect);
    refused(result, Code::SourceEndedEarly, "altered");
    drop(snapshot);
    place.nothing_is_open();
    assert_eq!(rows(&read(&place).unwrap()), 2, "the next run succeeds");
}

#[test]
fn a_locked_table_is_waited_for_shortly() {
    let place = place("locked", PERSON);
    let mut other = Other::new(&place);
    other.run("LOCK TABLES person WRITE");
    refused(read(&place), Code::SourceLimit, "lock");
    place.nothing_is_open();
    other.run("UNLOCK TABLES");
    assert_eq!(rows(&read(&place).unwrap()), 2);
}

#[test]
fn writers_that_hold_rows_are_not_waited_for() {
    let place = place("writers", PERSON);
    let mut other = Other::new(&place);
    other.run("START TRANSACTION; UPDATE person SET name = 'changed'");
    let batches = read(&place).unwrap();
    assert_eq!(texts(&batches, 1), ["Zuri invented", "Zuri invented too"]);
}

#[test]
fn an_engine_without_transactions_is_refused_unless_the_catalogue_says_none() {
    let mut place = place(
        "engines",
        "CREATE TABLE person (id INT, name VARCHAR(40)) ENGINE=MyISAM; INSERT INTO person VALUES (1, 'Zuri invented');
         CREATE TABLE sound (id INT, name VARCHAR(40)) ENGINE=InnoDB; INSERT INTO sound VALUES (1, 'Zuri invented');
         CREATE TABLE aria (id INT, name VARCHAR(40)) ENGINE=Aria; CREATE VIEW seen AS SELECT * FROM person",
    );
    refused(read(&place), Code::SourceUnreachable, "MyISAM");
    refused(place.read(&scan(Some("aria"), COLUMNS)), Code::SourceUnreachable, "Aria");
    // A view hides what it reads.
    refused(place.read(&scan(Some("seen"), COLUMNS)), Code::SourceUnreachable, "view");
    assert_eq!(rows(&place.read(&scan(Some("sound"), COLUMNS)).unwrap()), 1);
    place.change(|server| server.snapshot = SnapshotMode::None);
    assert_eq!(place.snapshot(&Watch::default()).unwrap().info().kind, "none");
    assert_eq!(rows(&read(&place).unwrap()), 1);
    assert_eq!(rows(&place.read(&scan(Some("seen"), COLUMNS)).unwrap()), 1);
    place.nothing_is_open();
}

/// Reads until 60 % of the rows have come, has something happen, and gives how the reading ended.
fn at_60_percent(user: &str, happens: impl FnOnce(&Place)) -> (Place, SourceError) {
    let (place, pace) = wide_for(user);
    let mut snapshot = place.snapshot_at(&pace, &Watch::default()).unwrap();
    let mut stream = snapshot.scan(&wide_scan()).unwrap();
    let mut came = 0;
    while came < 36_000 {
        came += stream.next().unwrap().unwrap().records.num_rows();
    }
    happens(&place);
    let mut error = None;
    for batch in stream.by_ref() {
        match batch {
            Ok(batch) => came += batch.records.num_rows(),
            Err(found) => error = Some(found),
        }
    }
    assert!(stream.next().is_none(), "an error is the end");
    let error = error.expect("an end without an error, although not everything came");
    assert!(came < 60_000, "{came}");
    drop(stream);
    drop(snapshot);
    place.nothing_is_open();
    let again = place.read(&wide_scan()).unwrap();
    assert_eq!(rows(&again), 60_000, "the next run succeeds");
    (place, error)
}

fn kill(place: &Place, how: &str) {
    let ids = place.connections();
    assert_eq!(ids.len(), 1);
    place.sql(&format!("KILL {how} {}", ids[0]));
}

#[test]
fn a_connection_killed_at_60_percent_is_an_error_and_no_end() {
    let (_, error) = at_60_percent("killed", |place| kill(place, "CONNECTION"));
    assert_eq!(error.code, Code::SourceEndedEarly, "{error}");
}

#[test]
fn a_statement_killed_at_60_percent_is_an_error_and_no_end() {
    let (_, error) = at_60_percent("stopped", |place| kill(place, "QUERY"));
    assert!(matches!(error.code, Code::SourceEndedEarly | Code::SourceLimit), "{error}");
}

#[test]
fn a_statement_that_takes_too_long_is_stopped() {
    let mut place = place("timeout", "CREATE VIEW person AS SELECT seq AS id, SLEEP(600) AS name FROM seq_1_to_3");
    place.change(|server| server.snapshot = SnapshotMode::None);
    place.limits(Limits { statement_timeout_s: Some(1), ..Limits::default() });
    let error = read(&place).unwrap_err();
    assert_eq!(error.code, Code::SourceLimit, "{error}");
    place.nothing_is_open();
}

#[test]
fn a_network_that_stalls_in_the_middle_is_an_error() {
    let (mut place, pace) = wide_for("stalled");
    let stalling = Stalling::before(place.server.port());
    place.change(|server| server.port = Some(stalling.port()));
    place.limits(Limits { rows_per_second: Some(1_000), statement_timeout_s: Some(2), ..Limits::default() });
    let mut snapshot = place.snapshot_at(&pace, &Watch::default()).unwrap();
    let mut stream = snapshot.scan(&wide_scan()).unwrap();
    stream.next().unwrap().unwrap();
    stalling.stall();
    let begun = Instant::now();
    let error = stream.find_map(Result::err).expect("an end without an error");
    assert!(matches!(error.code, Code::SourceEndedEarly | Code::SourceLimit), "{error}");
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    drop(stream);
    drop(snapshot);
    assert!(begun.elapsed() < Duration::from_secs(40), "{:?}", begun.elapsed());
    drop(stalling);
    place.nothing_is_open();
}

#[test]
fn a_connection_cut_in_the_middle_is_an_error() {
    let (mut place, pace) = wide_for("cut");
    let stalling = Stalling::before(place.server.port());
    place.change(|server| server.port = Some(stalling.port()));
    let mut snapshot = place.snapshot_at(&pace, &Watch::default()).unwrap();
    let mut stream = snapshot.scan(&wide_scan()).unwrap();
    stream.next().unwrap().unwrap();
    stalling.cut();
    let error = stream.find_map(Result::err).expect("an end without an error");
    assert_eq!(error.code, Code::SourceEndedEarly, "{error}");
    drop(snapshot);
    place.nothing_is_open();
}
