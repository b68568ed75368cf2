//! Does everything that can go wrong with a live server refuse with a clear reason, and leave nothing open there?

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use causeway_flow::Personal;
use causeway_flow::source::{Hint, KeyList, KeyValue, SourceError, Watch};
use causeway_model::Code;
use causeway_model::catalogue::{Limits, Server, SnapshotMode, Tls, TlsMode};
use causeway_testkit::server::{self, Certificates, Mariadb, Postgres};

use crate::fixture::now;
use crate::live::{Kind, Live, column, scan, secret_file};

const BOTH: [Kind; 2] = [Kind::Postgres, Kind::Mariadb];
const COLUMNS: &[(&str, &str)] = &[("id", "integer"), ("name", "text")];

/// A database with a table of invented people.
fn people(kind: Kind, count: u32) -> Live {
    let live = Live::new(kind);
    live.sql("CREATE TABLE person (id integer PRIMARY KEY, name varchar(200), secret varchar(20))");
    match kind {
        Kind::Postgres => live.sql(&format!(
            "INSERT INTO person SELECT n, 'Zuri invented ' || n || repeat('x', 100), 's' FROM generate_series(1, {count}) n; ANALYZE person"
        )),
        Kind::Mariadb => live.sql(&format!(
            "INSERT INTO person SELECT seq, concat('Zuri invented ', seq, repeat('x', 100)), 's' FROM seq_1_to_{count}"
        )),
    };
    live
}

/// What an error must say; each reader has words of its own, and the other's are held by its own tests.
fn words(kind: Kind, postgres: &str) -> &str {
    if kind == Kind::Postgres { postgres } else { "" }
}

fn refused(result: Result<impl Sized, SourceError>, code: Code, words: &str) {
    let Err(error) = result else { panic!("`{words}` was expected, and all went well") };
    assert_eq!(error.code, code, "{error}");
    assert!(error.detail.contains(words), "`{words}` is not in: {error}");
}

/// Snapshot and scan of everybody with another connection.
fn read_with(live: &Live, server: Server) -> Result<usize, SourceError> {
    let mut snapshot = live.source_of(server, Limits::default()).snapshot(now(), &Watch::default())?;
    let mut rows = 0;
    for batch in snapshot.scan(&scan("person", COLUMNS))? {
        rows += batch?.records.num_rows();
    }
    Ok(rows)
}

#[test]
fn who_may_not_come_in_is_told_why() {
    for kind in BOTH {
        let live = people(kind, 10);
        assert_eq!(read_with(&live, live.server()).unwrap(), 10);
        secret_file(live.folder.path(), "another word");
        refused(
            read_with(&live, live.server()),
            Code::SourceUnreachable,
            words(kind, "refuses the user or the password"),
        );
        let nowhere = Server { port: Some(1), ..live.server() };
        refused(read_with(&live, nowhere), Code::SourceUnreachable, words(kind, "cannot be reached"));
        let tls = Server { tls: Tls::default(), host: "localhost".to_owned(), ..live.server() };
        refused(read_with(&live, tls), Code::SourceUnreachable, words(kind, "offers no TLS"));
        live.nothing_stays_open();
    }
}

#[test]
fn a_column_that_may_not_be_read_or_is_not_there_refuses() {
    for kind in BOTH {
        let live = people(kind, 10);
        let name = live.name.clone();
        match kind {
            Kind::Postgres => {
                live.sql(&format!("REVOKE SELECT ON person FROM {name}; GRANT SELECT (id) ON person TO {name}"))
            }
            Kind::Mariadb => live.sql(&format!(
                "REVOKE SELECT ON {name}.* FROM {name}@'%'; GRANT SELECT (id) ON {name}.person TO {name}@'%'"
            )),
        };
        refused(
            live.read(&scan("person", COLUMNS)),
            Code::SourceUnreachable,
            words(kind, "may not read column `name`"),
        );
        assert_eq!(live.read(&scan("person", &[("id", "integer")])).unwrap().len(), 1);
        live.nothing_stays_open();
        let live = people(kind, 10);
        live.sql("ALTER TABLE person DROP COLUMN name");
        let code = live.read(&scan("person", COLUMNS)).map(|_| ()).unwrap_err().code;
        assert_eq!(code, Code::ColumnMissing, "{kind:?}");
        let code = live.read(&scan("nobody", COLUMNS)).map(|_| ()).unwrap_err().code;
        assert_eq!(code, Code::ColumnMissing, "{kind:?}");
        live.nothing_stays_open();
    }
}

#[test]
fn a_connection_that_is_killed_in_the_middle_is_no_end() {
    for kind in BOTH {
        let live = people(kind, 200_000);
        let mut snapshot = live.source().snapshot(now(), &Watch::default()).unwrap();
        let mut stream = snapshot.scan(&scan("person", COLUMNS)).unwrap();
        stream.next().unwrap().unwrap();
        match kind {
            Kind::Postgres => live.sql(&format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{}' AND query LIKE 'COPY%'",
                live.name
            )),
            Kind::Mariadb => {
                let id =
                    live.sql(&format!("SELECT id FROM information_schema.processlist WHERE user = '{}'", live.name));
                live.sql(&format!("KILL {}", id.trim()))
            }
        };
        let end = stream.find_map(Result::err).expect("an error, not an end");
        assert_eq!(end.code, Code::SourceEndedEarly, "{end}");
        assert!(stream.next().is_none());
        drop((stream, snapshot));
        live.nothing_stays_open();
        assert_eq!(read_with(&live, live.server()).unwrap(), 200_000, "the next run succeeds");
    }
}

#[test]
fn a_stream_that_is_dropped_or_cancelled_leaves_nothing_open() {
    for kind in BOTH {
        let live = people(kind, 200_000);
        let mut snapshot = live.source().snapshot(now(), &Watch::default()).unwrap();
        let mut stream = snapshot.scan(&scan("person", COLUMNS)).unwrap();
        stream.next().unwrap().unwrap();
        drop(stream);
        drop(snapshot);
        live.nothing_stays_open();
        let watch = Watch::default();
        let mut snapshot = live.source().snapshot(now(), &watch).unwrap();
        let mut stream = snapshot.scan(&scan("person", COLUMNS)).unwrap();
        stream.next().unwrap().unwrap();
        watch.cancel();
        assert_eq!(stream.find_map(Result::err).unwrap().code, Code::Cancelled);
        drop((stream, snapshot));
        live.nothing_stays_open();
    }
}

#[test]
fn a_locked_table_and_a_slow_statement_are_limits() {
    let live = people(Kind::Postgres, 10);
    let mut locker = server::postgres().psql(&live.name);
    let mut locker = locker
        .args(["-c", "BEGIN; LOCK TABLE person; SELECT 'locked'; SELECT pg_sleep(60)"])
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    while live.sql("SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = 'person'::regclass").trim() != "1" {
        std::thread::yield_now();
    }
    refused(read_with(&live, live.server()), Code::SourceLimit, "locked");
    live.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)' AND pid <> pg_backend_pid()");
    locker.wait().unwrap();
    live.sql(&format!(
        "CREATE VIEW slow AS SELECT id, name, pg_sleep(0.2)::text AS nap FROM person; GRANT SELECT ON slow TO {}",
        live.name
    ));
    let limits = Limits { statement_timeout_s: Some(1), ..Limits::default() };
    let mut snapshot = live.source_of(live.server(), limits).snapshot(now(), &Watch::default()).unwrap();
    live.sql("INSERT INTO person SELECT n, 'Zuri', 's' FROM generate_series(11, 40) n");
    let read = snapshot
        .scan(&scan("slow", &[("id", "integer"), ("nap", "text")]))
        .and_then(|stream| stream.collect::<Result<Vec<_>, _>>());
    refused(read, Code::SourceLimit, "longer than its limit");
    drop(snapshot);
    live.nothing_stays_open();
}

#[test]
fn a_network_that_stalls_is_an_early_end() {
    for kind in BOTH {
        let live = people(kind, 100_000);
        let port = live.server().port.unwrap();
        let proxy = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let through = proxy.local_addr().unwrap().port();
        std::thread::spawn(move || {
            for client in proxy.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", port)).unwrap());
                let (mut to, mut from) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                std::thread::spawn(move || std::io::copy(&mut from, &mut to));
                std::thread::spawn(move || {
                    let (mut client, mut server, mut left) = (client, server, 2_000_000_usize);
                    let mut bytes = [0; 65_536];
                    // After two megabytes nothing is forwarded any more, and nothing is closed either.
                    while let Ok(read @ 1..) = server.read(&mut bytes) {
                        left = left.saturating_sub(read);
                        if left > 0 && client.write_all(&bytes[..read]).is_err() {
                            return;
                        }
                    }
                });
            }
        });
        let limits = Limits { statement_timeout_s: Some(2), ..Limits::default() };
        let server = Server { port: Some(through), ..live.server() };
        let mut snapshot = live.source_of(server, limits).snapshot(now(), &Watch::default()).unwrap();
        let mut stream = snapshot.scan(&scan("person", COLUMNS)).unwrap();
        let end = stream.find_map(Result::err).expect("an error, not an end");
        // A server may also be found to have passed its statement's limit.
        assert!(matches!(end.code, Code::SourceEndedEarly | Code::SourceLimit), "{end}");
        assert!(end.detail.contains(words(kind, "silent")), "{end}");
    }
}

#[test]
fn tables_are_read_as_of_one_moment() {
    for kind in BOTH {
        let live = people(kind, 50_000);
        live.sql("CREATE TABLE other (id integer, name varchar(50))");
        live.sql("INSERT INTO other VALUES (1, 'before')");
        let mut snapshot = live.source().snapshot(now(), &Watch::default()).unwrap();
        live.sql("UPDATE other SET name = 'after'");
        live.sql("DELETE FROM person WHERE id > 10");
        let mut rows = 0;
        for batch in snapshot.scan(&scan("person", COLUMNS)).unwrap() {
            rows += batch.unwrap().records.num_rows();
        }
        let other: Vec<_> = snapshot.scan(&scan("other", COLUMNS)).unwrap().map(Result::unwrap).collect();
        assert_eq!((rows, column(&other, 1)), (50_000, vec![Some("before".to_owned())]), "{kind:?}");
        drop(snapshot);
        live.nothing_stays_open();
    }
}

#[test]
fn streams_of_one_postgres_snapshot_run_beside_each_other() {
    let live = people(Kind::Postgres, 60_000);
    let mut snapshot = live.source().snapshot(now(), &Watch::default()).unwrap();
    assert!(snapshot.streams() >= 2);
    let mut streams =
        [snapshot.scan(&scan("person", COLUMNS)).unwrap(), snapshot.scan(&scan("person", COLUMNS)).unwrap()];
    live.sql("DELETE FROM person");
    let mut rows = [0, 0];
    loop {
        let mut any = false;
        for (stream, rows) in streams.iter_mut().zip(&mut rows) {
            if let Some(batch) = stream.next() {
                *rows += batch.unwrap().records.num_rows();
                any = true;
            }
        }
        if !any {
            break;
        }
    }
    assert_eq!(rows, [60_000, 60_000]);
}

#[test]
fn an_engine_without_transactions_refuses_unless_that_is_said() {
    let live = Live::new(Kind::Mariadb);
    live.sql("CREATE TABLE person (id integer, name varchar(20)) ENGINE=MyISAM");
    live.sql("INSERT INTO person VALUES (1, 'Zuri')");
    refused(live.read(&scan("person", COLUMNS)), Code::SourceUnreachable, "MyISAM");
    let said = Server { snapshot: SnapshotMode::None, ..live.server() };
    let source = live.source_of(said, Limits::default());
    let mut snapshot = source.snapshot(now(), &Watch::default()).unwrap();
    assert_eq!(snapshot.info().kind, "none");
    assert_eq!(snapshot.scan(&scan("person", COLUMNS)).unwrap().count(), 1);
}

#[test]
fn keys_are_asked_for_and_differ_by_case_and_trailing_blanks() {
    for kind in BOTH {
        let live = Live::new(kind);
        live.sql("CREATE TABLE person (id integer, name varchar(50))");
        live.sql("INSERT INTO person VALUES (1, 'p3'), (2, 'P3'), (3, 'p3 '), (4, 'q'), (5, NULL)");
        let mut wanted = scan("person", COLUMNS);
        let values =
            vec![KeyValue::Text(Personal::new("p3".to_owned())), KeyValue::Text(Personal::new("x'".to_owned()))];
        wanted.hint =
            Hint { keys: Some(KeyList { column: "name".to_owned(), values: values.into() }), ..Hint::default() };
        let names = column(&live.read(&wanted).unwrap(), 1);
        assert!(names.contains(&Some("p3".to_owned())) && !names.contains(&Some("q".to_owned())), "{kind:?} {names:?}");
        let filter = |text: &str| {
            let mut filtered = scan("person", COLUMNS);
            filtered.hint.filter = Some(causeway_model::document::Document::parse("p", text).unwrap().read().unwrap());
            column(&live.read(&filtered).unwrap(), 0)
        };
        let ids = |ids: &[&str]| ids.iter().map(|id| Some((*id).to_owned())).collect::<Vec<_>>();
        assert_eq!(filter("in: { element: name, values: [p3] }"), ids(&["1"]), "{kind:?}: byte for byte");
        assert_eq!(filter("not: { in: { element: name, values: [p3] } }"), ids(&["2", "3", "4"]), "{kind:?}");
        assert_eq!(filter("range: { element: id, from: 2, to: 3 }"), ids(&["2", "3"]), "{kind:?}");
        assert_eq!(
            filter("any: [{ null: { element: name } }, { in: { element: id, values: [4] } }]"),
            ids(&["4", "5"]),
            "{kind:?}"
        );
        // More keys than one statement takes.
        let many = (0..25_000).map(|number| KeyValue::Integer(Personal::new(number))).collect::<Vec<_>>();
        wanted.hint.keys = Some(KeyList { column: "id".to_owned(), values: many.into() });
        assert_eq!(column(&live.read(&wanted).unwrap(), 0).len(), 5, "{kind:?}");
    }
}

#[test]
fn an_outlook_tells_rows_statement_and_what_is_unique() {
    for kind in BOTH {
        let live = people(kind, 5_000);
        if kind == Kind::Mariadb {
            live.sql("ANALYZE TABLE person");
        }
        let mut snapshot = live.source().snapshot(now(), &Watch::default()).unwrap();
        let outlook = snapshot.outlook(&scan("person", COLUMNS)).unwrap();
        let rows = outlook.rows.unwrap();
        assert!((4_000..6_000).contains(&rows), "{kind:?} {rows}");
        assert!(outlook.statement.unwrap().contains("SELECT"));
        assert_eq!(outlook.unique, [["id".to_owned()].into()], "{kind:?}");
    }
}

#[test]
fn tls_verifies_the_server_and_shows_our_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let made = Certificates::make(folder.path(), "tls_user").unwrap();
    made.give_to("postgres").unwrap();
    let of = |name: &str| made.path(name).display().to_string();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["server.key", "client.key"] {
        std::fs::set_permissions(made.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let postgres = Postgres::start(&[
        ("ssl", "on"),
        ("ssl_cert_file", &of("server.pem")),
        ("ssl_key_file", &of("server.key")),
        ("ssl_ca_file", &of("ca.pem")),
    ])
    .unwrap();
    postgres.database("tls_user", "word").unwrap();
    postgres
        .sql("tls_user", "CREATE TABLE person (id integer, name text); INSERT INTO person VALUES (1, 'Zuri')")
        .unwrap();
    made.give_to("mysql").unwrap();
    let mariadb =
        Mariadb::start(&[("ssl-cert", &of("server.pem")), ("ssl-key", &of("server.key")), ("ssl-ca", &of("ca.pem"))])
            .unwrap();
    mariadb.database("tls_user", "word").unwrap();
    mariadb
        .sql("tls_user", "CREATE TABLE person (id integer, name text); INSERT INTO person VALUES (1, 'Zuri')")
        .unwrap();
    for (kind, port) in [(Kind::Postgres, postgres.port()), (Kind::Mariadb, mariadb.port())] {
        let live = Live { name: "tls_user".to_owned(), kind, folder: tempfile::tempdir().unwrap() };
        secret_file(live.folder.path(), "word");
        std::fs::copy(made.path("ca.pem"), live.folder.path().join("ca.pem")).unwrap();
        let other = tempfile::tempdir().unwrap();
        Certificates::make(other.path(), "x").unwrap();
        std::fs::copy(other.path().join("ca.pem"), live.folder.path().join("other.pem")).unwrap();
        let tls = |host: &str, ca: &str| Server {
            port: Some(port),
            host: host.to_owned(),
            tls: Tls { mode: TlsMode::VerifyFull, ca: Some(ca.to_owned()), ..Tls::default() },
            ..live.server()
        };
        assert_eq!(read_with(&live, tls("localhost", "ca.pem")).unwrap(), 1, "{kind:?}");
        refused(
            read_with(&live, tls("localhost", "other.pem")),
            Code::SourceUnreachable,
            words(kind, "nobody known signed it"),
        );
        refused(read_with(&live, tls("127.0.0.2", "ca.pem")), Code::SourceUnreachable, "");
    }
}
