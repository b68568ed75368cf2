//! What if the server is not ours, refuses, stalls, dies, or changes under us? An error that says which, and nothing open.

use std::io::{Read, Write};
use std::net::TcpListener;

use causeway_connect::source;
use causeway_flow::source::{SourceError, Watch};
use causeway_model::Code;
use causeway_model::catalogue::{Connection, Limits, Secret, Server, Source, Tls, TlsMode};
use causeway_testkit::server::{Certificates, Postgres};

use crate::fixture::{faults, now, rows, scan, source as named};
use crate::postgres_fixture::{PASSWORD, Store, write_secret};

pub const NAME: &[(&str, &str)] = &[("name", "text")];

pub fn refused<T>(result: Result<T, SourceError>, code: Code, words: &[&str]) {
    let error = result.map(|_| ()).unwrap_err();
    assert_eq!(error.code, code, "{error}");
    for word in words {
        assert!(error.to_string().contains(word), "{error} does not say {word:?}");
    }
    for value in ["Zuri", "battery", "swordfish"] {
        assert!(!error.to_string().contains(value), "{error} shows a value");
    }
}

pub fn with(store: &Store, change: impl Fn(&mut Server)) -> Source {
    let mut server = store.login();
    change(&mut server);
    named(Connection::Postgres(server))
}

#[test]
fn whoever_cannot_sign_in_is_told_why() {
    let store = Store::new();
    let dir = store.dir.path();
    let refused = |change: &dyn Fn(&mut Server), words: &[&str]| {
        refused(store.snapshot_of(&with(&store, change), &Watch::default()), Code::SourceUnreachable, words);
    };
    write_secret(&dir.join("other"), "swordfish");
    refused(&|server| server.password = Some(Secret::File("other".into())), &["28P01"]);
    refused(&|server| server.password = None, &["password"]);
    refused(&|server| server.password = Some(Secret::File("none".into())), &["`none`"]);
    refused(&|server| server.password = Some(Secret::Env("CAUSEWAY_NO_SUCH_PASSWORD".into())), &["CAUSEWAY_NO_SUCH"]);
    refused(&|server| server.user = "nobody".into(), &["28P01"]);
    refused(&|server| server.database = "elsewhere".into(), &["3D000"]);
    refused(&|server| server.host = "host.invalid".into(), &["host.invalid"]);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    refused(&|server| server.port = Some(closed), &["127.0.0.1", "cannot be reached", "refused"]);
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir.join("password"), std::fs::Permissions::from_mode(0o644)).unwrap();
    refused(&|_| {}, &["password", "chmod 600"]);
    assert!(store.is_clean());
}

#[test]
fn what_is_no_postgresql_is_told_so() {
    let store = Store::new();
    for answer in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], b"", b"R\0\0\0\x01", b"E\xff\xff\xff\xff"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let other = std::thread::spawn(move || {
            for stream in listener.incoming().take(1) {
                let mut stream = stream.unwrap();
                let _ = stream.read(&mut [0; 256]);
                let _ = stream.write_all(answer);
            }
        });
        let source = with(&store, |server| server.port = Some(port));
        let error = store.snapshot_of(&source, &Watch::default()).map(|_| ()).unwrap_err();
        assert!(!error.detail.is_empty());
        other.join().unwrap();
    }
}

#[test]
fn tls_verifies_the_server_by_its_name_and_shows_our_certificate() {
    let dir = tempfile::tempdir().unwrap();
    let (theirs, ours) = (dir.path().join("theirs"), dir.path().join("ours"));
    std::fs::create_dir_all(&theirs).unwrap();
    std::fs::create_dir_all(&ours).unwrap();
    let strangers = dir.path().join("strangers");
    std::fs::create_dir_all(&strangers).unwrap();
    let made = Certificates::make(&theirs, "refuge").unwrap();
    Certificates::make(&strangers, "somebody").unwrap();
    for (from, to) in [("ca.pem", "ca.pem"), ("client.pem", "client.pem"), ("client.key", "client.key")] {
        std::fs::copy(made.path(from), ours.join(to)).unwrap();
    }
    write_secret(&ours.join("password"), PASSWORD);
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    for name in ["server.key", "client.key", "ca.key"] {
        std::fs::set_permissions(made.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    std::fs::set_permissions(ours.join("client.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    made.give_to("postgres").unwrap();
    let file = |name: &str| made.path(name).display().to_string();
    let (certificate, key, ca) = (file("server.pem"), file("server.key"), file("ca.pem"));
    let server = Postgres::start(&[
        ("ssl", "on"),
        ("ssl_cert_file", &certificate),
        ("ssl_key_file", &key),
        ("ssl_ca_file", &ca),
    ])
    .unwrap();
    server.database("refuge", &PASSWORD.replace('\'', "''")).unwrap();
    server.sql("refuge", "CREATE TABLE person (name text); INSERT INTO person VALUES ('Zuri')").unwrap();
    let source = |host: &str, tls: Tls| {
        named(Connection::Postgres(Server {
            host: host.into(),
            port: Some(server.port()),
            database: "refuge".into(),
            user: "refuge".into(),
            password: Some(Secret::File("password".into())),
            tls,
            snapshot: Default::default(),
        }))
    };
    let tls = |ca: Option<&str>| Tls { ca: ca.map(str::to_owned), ..Tls::default() };
    let read = |source: &Source| {
        let mut snapshot = source::open(source, &ours)?.snapshot(now(), &Watch::default())?;
        snapshot.scan(&scan(Some("person"), NAME))?.collect::<Result<Vec<_>, _>>()
    };
    assert_eq!(rows(&read(&source("127.0.0.1", tls(Some("ca.pem")))).unwrap()), 1);
    assert_eq!(rows(&read(&source("localhost", tls(Some("ca.pem")))).unwrap()), 1);
    std::fs::copy(strangers.join("ca.pem"), ours.join("strangers.pem")).unwrap();
    refused(
        read(&source("localhost", tls(Some("strangers.pem")))),
        Code::SourceUnreachable,
        &["certificate", "nobody known signed it"],
    );
    refused(read(&source("localhost", tls(None))), Code::SourceUnreachable, &[]);
    refused(read(&source("127.0.0.2", tls(Some("ca.pem")))), Code::SourceUnreachable, &["127.0.0.2"]);
    refused(read(&source("localhost", tls(Some("none.pem")))), Code::SourceUnreachable, &["`none.pem`"]);
    let half = Tls { certificate: Some("client.pem".into()), ..tls(Some("ca.pem")) };
    refused(read(&source("localhost", half)), Code::SourceUnreachable, &["`key`"]);

    // With a certificate instead of a password.
    let rules = "hostssl all all 127.0.0.1/32 cert";
    let path = server.sql("postgres", "SHOW hba_file").unwrap();
    std::fs::write(path.trim(), format!("local all all trust\n{rules}\n")).unwrap();
    server.sql("postgres", "SELECT pg_reload_conf()").unwrap();
    let with_certificate =
        Tls { certificate: Some("client.pem".into()), key: Some("client.key".into()), ..tls(Some("ca.pem")) };
    let mut signed = source("localhost", with_certificate);
    if let Connection::Postgres(server) = &mut signed.connect {
        server.password = None;
    }
    assert_eq!(rows(&read(&signed).unwrap()), 1);
    std::fs::set_permissions(ours.join("client.key"), std::fs::Permissions::from_mode(0o644)).unwrap();
    refused(read(&signed), Code::SourceUnreachable, &["`client.key`", "chmod 600"]);
    refused(
        read(&source("localhost", Tls { mode: TlsMode::Off, ..Tls::default() })),
        Code::SourceUnreachable,
        &["28000"],
    );
}

#[test]
fn a_server_without_tls_is_refused_unless_the_catalogue_says_off() {
    let store = Store::new();
    let dir = tempfile::tempdir().unwrap();
    Certificates::make(dir.path(), "refuge").unwrap();
    std::fs::copy(dir.path().join("ca.pem"), store.dir.path().join("ca.pem")).unwrap();
    let source = with(&store, |server| server.tls = Tls { ca: Some("ca.pem".into()), ..Tls::default() });
    refused(store.snapshot_of(&source, &Watch::default()), Code::SourceUnreachable, &["TLS"]);
    assert!(store.is_clean());
}

#[test]
fn a_right_that_is_missing_is_named_by_its_column() {
    let store = Store::new();
    store.people("person", 10);
    store.sql("REVOKE ALL ON person FROM refuge; GRANT SELECT (id, name) ON person TO refuge");
    assert_eq!(rows(&store.read(&scan(Some("person"), NAME)).unwrap()), 10);
    let both = scan(Some("person"), &[("name", "text"), ("born", "date")]);
    refused(store.read(&both), Code::SourceUnreachable, &["`born`", "`person`", "GRANT SELECT"]);
    store.sql("CREATE SCHEMA closed; CREATE TABLE closed.person (name text); GRANT SELECT ON closed.person TO refuge");
    refused(store.read(&scan(Some("closed.person"), NAME)), Code::SourceUnreachable, &["`closed.person`", "USAGE"]);
    assert!(store.is_clean());
}

#[test]
fn a_column_that_is_dropped_before_or_after_the_snapshot_is_missing() {
    let store = Store::new();
    store.people("person", 10);
    let wanted = scan(Some("person"), &[("name", "text"), ("sex", "code(sex)")]);
    let mut snapshot = store.snapshot(&Watch::default());
    store.sql("ALTER TABLE person DROP sex");
    let late = snapshot.scan(&wanted).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    refused(late, Code::ColumnMissing, &[]);
    // The snapshot itself goes on.
    let read: Result<Vec<_>, _> = snapshot.scan(&scan(Some("person"), NAME)).unwrap().collect();
    assert_eq!(rows(&read.unwrap()), 10);
    drop(snapshot);
    refused(store.read(&wanted), Code::ColumnMissing, &["`person`", "`sex`"]);
    store.sql("ALTER TABLE person ALTER born TYPE boolean USING true");
    let retyped = store.read(&scan(Some("person"), &[("born", "date")])).unwrap();
    assert_eq!(faults(&retyped).len(), 10, "each value is a fault");
    assert!(store.is_clean());
}

#[test]
fn a_table_that_somebody_holds_is_not_waited_for_long_and_one_that_we_read_is_not_changed() {
    let store = Store::new();
    store.people("person", 200_000);
    let mut beside = store.session();
    beside.sql("BEGIN; LOCK TABLE person IN ACCESS EXCLUSIVE MODE");
    let limits = Limits { statement_timeout_s: Some(2), ..Limits::default() };
    let read = store.read_from(&store.limited(limits), &scan(Some("person"), NAME));
    refused(read, Code::SourceLimit, &["locked", "55P03"]);
    beside.sql("ROLLBACK");
    let mut snapshot = store.snapshot(&Watch::default());
    let mut stream = snapshot.scan(&scan(Some("person"), NAME)).unwrap();
    let first = rows(&[stream.next().unwrap().unwrap()]);
    beside.sql("SET lock_timeout = '100ms';\n\\set ON_ERROR_STOP 0\nALTER TABLE person DROP name");
    let rest: Vec<_> = stream.map(Result::unwrap).collect();
    assert_eq!(first + rows(&rest), 200_000);
    drop(snapshot);
    assert!(store.is_clean());
}

#[test]
fn a_backend_that_is_killed_at_60_percent_is_an_error_and_no_end() {
    let store = Store::new();
    store.people("person", 300_000);
    // Wide enough that the rest cannot already be on its way to us.
    store.sql("UPDATE person SET name = name || repeat(' x', 150)");
    for killer in ["pg_terminate_backend", "pg_cancel_backend"] {
        let mut snapshot = store.snapshot(&Watch::default());
        let mut stream = snapshot.scan(&scan(Some("person"), NAME)).unwrap();
        let mut read = 0;
        while read < 180_000 {
            read += stream.next().unwrap().unwrap().records.num_rows();
        }
        store.sql(&format!("SELECT {killer}(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%'"));
        let last = stream.by_ref().last().unwrap();
        assert!(stream.next().is_none());
        let code = if killer == "pg_terminate_backend" { Code::SourceEndedEarly } else { Code::SourceLimit };
        refused(last, code, &[]);
        drop(stream);
        drop(snapshot);
        assert!(store.is_clean());
        assert_eq!(rows(&store.read(&scan(Some("person"), NAME)).unwrap()), 300_000, "the next run succeeds");
    }
}
