//! Is nothing half done when a target is not prepared, lets us do too much, or makes us wait?

use std::path::Path;
use std::process::Command;

use causeway_flow::accept::target::{Outcome, TargetError};
use causeway_model::Code;
use causeway_model::catalogue::{TargetConnection, Tls, TlsMode};
use causeway_testkit::server::{Certificates, Mariadb, Postgres};

use crate::postgres_fixture::write_secret;
use crate::target_fixture::{PASSWORD, Registry, Sealer, apply, declared, group, layout, on_each, onto, person, row};

on_each!(
    a_target_that_is_not_prepared_is_refused,
    a_user_with_other_rights_is_refused,
    a_row_that_somebody_holds_is_waited_for_not_forever,
    whoever_writes_between_look_and_commit_waits,
);

fn refused(registry: &Registry) -> TargetError {
    let error = registry.try_open(&layout()).err().expect("it was opened");
    assert!(!error.detail.contains("horse"), "{}", error.detail);
    error
}

fn a_target_that_is_not_prepared_is_refused(registry: &Registry) {
    registry.sql("ALTER TABLE causeway_applied RENAME TO elsewhere");
    let error = refused(registry);
    assert_eq!(error.code, Code::TargetNotPrepared);
    assert!(error.detail.contains("`causeway_applied`"), "{error}");
    registry.sql("ALTER TABLE elsewhere RENAME TO causeway_applied");
    registry.sql("ALTER TABLE event RENAME COLUMN kind TO sort");
    let error = refused(registry);
    assert_eq!(error.code, Code::TargetNotPrepared);
    assert!(error.detail.contains("`event`") && error.detail.contains("`kind`"), "{error}");
    registry.sql("ALTER TABLE event RENAME COLUMN sort TO kind");
    let unfit = if registry.is_sqlite() {
        "ALTER TABLE event RENAME TO events; CREATE VIEW event AS SELECT * FROM events"
    } else if registry.is_postgres() {
        "ALTER TABLE event SET UNLOGGED"
    } else {
        "ALTER TABLE event DROP FOREIGN KEY event_ibfk_1; ALTER TABLE event ENGINE = MyISAM"
    };
    registry.open();
    registry.sql(unfit);
    assert_eq!(refused(registry).code, Code::TargetNotPrepared);
}

fn a_user_with_other_rights_is_refused(registry: &Registry) {
    if registry.is_sqlite() {
        // A file has no users: see `a_file_that_we_may_not_write_is_refused`.
        registry.open();
        return;
    }
    let writer = if registry.is_postgres() { "writer" } else { "writer@'%'" };
    let postgres: &[(&str, &str)] = &[
        ("GRANT DELETE ON event TO writer", "REVOKE DELETE ON event FROM writer"),
        ("GRANT TRUNCATE ON person TO PUBLIC", "REVOKE TRUNCATE ON person FROM PUBLIC"),
        ("ALTER TABLE event OWNER TO writer", "ALTER TABLE event OWNER TO postgres"),
        ("ALTER SCHEMA public OWNER TO writer", "ALTER SCHEMA public OWNER TO postgres"),
        ("ALTER ROLE writer SUPERUSER", "ALTER ROLE writer NOSUPERUSER"),
        ("CREATE ROLE boss SUPERUSER; GRANT boss TO writer", "REVOKE boss FROM writer"),
        (
            "CREATE ROLE eraser; GRANT DELETE ON causeway_applied TO eraser; GRANT eraser TO writer",
            "REVOKE eraser FROM writer",
        ),
        ("REVOKE UPDATE (note) ON person FROM writer", "GRANT UPDATE (note) ON person TO writer"),
        ("REVOKE SELECT (undo) ON causeway_applied FROM writer", "GRANT SELECT (undo) ON causeway_applied TO writer"),
    ];
    let mariadb: &[(&str, &str)] = &[
        ("GRANT DELETE ON registry.event TO writer@'%'", "REVOKE DELETE ON registry.event FROM writer@'%'"),
        ("GRANT ALL ON registry.* TO writer@'%'", "REVOKE ALL ON registry.* FROM writer@'%'"),
        ("GRANT SUPER ON *.* TO writer@'%'", "REVOKE SUPER ON *.* FROM writer@'%'"),
        (
            "GRANT SELECT ON registry.event TO writer@'%' WITH GRANT OPTION",
            "REVOKE GRANT OPTION ON registry.event FROM writer@'%'",
        ),
        (
            "CREATE ROLE eraser; GRANT DELETE ON registry.event TO eraser; GRANT eraser TO writer@'%'",
            "REVOKE eraser FROM writer@'%'",
        ),
        (
            "REVOKE UPDATE (note) ON registry.person FROM writer@'%'",
            "GRANT UPDATE (note) ON registry.person TO writer@'%'",
        ),
    ];
    registry.open();
    for (given, taken) in if registry.is_postgres() { postgres } else { mariadb } {
        registry.sql(given);
        let error = refused(registry);
        assert_eq!(error.code, Code::TargetRights, "{given}: {error}");
        assert!(error.detail.contains("`writer`"), "{given}: {error}");
        registry.sql(taken);
        registry.prepare();
        registry.try_open(&layout()).map(|_| ()).unwrap_or_else(|error| panic!("{taken}: {error}"));
    }
    // What is taken away while we are at it.
    let mut session = registry.open();
    registry.sql(&format!("REVOKE INSERT (code) ON person FROM {writer}"));
    let applied = session.apply(&group("i", 1, "x", 1, person("A-1", "Zuri")), &mut Sealer::default());
    let error = applied.unwrap_err();
    assert!(error.code == Code::TargetRights && !error.may_pass(), "{error}");
}

/// The child of [`a_file_that_we_may_not_write_is_refused`]: opens it as somebody who may not write there.
#[test]
fn child_that_may_not_write() {
    let Ok(base) = std::env::var("CAUSEWAY_TEST_MAY_NOT_WRITE") else { return };
    let target = declared(TargetConnection::Sqlite { path: "registry.sqlite".into() });
    let error = causeway_connect::target::open(&target, Path::new(&base)).open(&layout()).err().expect("it was opened");
    assert!(error.code == Code::TargetRights && !error.may_pass(), "{error}");
    assert!(error.detail.contains("may not write to `registry.sqlite`"), "{error}");
    println!("refused");
}

#[test]
fn a_file_that_we_may_not_write_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let registry = crate::target_fixture::sqlite();
    registry.open();
    let rights = |name: &str, mode| {
        std::fs::set_permissions(registry.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let program = registry.path().join("program");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    ["", "program"].into_iter().for_each(|name| rights(name, 0o755));
    rights("registry.sqlite", 0o444);
    // Root may write everything: whoever is root tries it as nobody.
    let is_root = Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0";
    let mut child = Command::new("setpriv");
    if is_root {
        child.args(["--reuid", "65534", "--regid", "65534", "--clear-groups"]);
    }
    child.arg("--").arg(&program).args(["--exact", "target_trouble::child_that_may_not_write", "--nocapture"]);
    let said = child.env("CAUSEWAY_TEST_MAY_NOT_WRITE", registry.path()).current_dir("/").output().unwrap();
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(said.status.success() && text.contains("refused"), "{text}{}", String::from_utf8_lossy(&said.stderr));
}

/// Somebody who holds a row in a transaction of their own.
fn held(registry: &Registry, then: impl FnOnce()) {
    if registry.is_sqlite() {
        let other = rusqlite::Connection::open(registry.path().join("registry.sqlite")).unwrap();
        other.execute_batch("BEGIN IMMEDIATE").unwrap();
        then();
        other.execute_batch("ROLLBACK").unwrap();
        return;
    }
    std::thread::scope(|scope| {
        let sleep = if registry.is_postgres() { "SELECT pg_sleep(6)" } else { "DO SLEEP(6)" };
        let holder =
            scope.spawn(move || registry.sql(&format!("BEGIN; UPDATE person SET secret = 'held'; {sleep}; ROLLBACK")));
        let waiting = if registry.is_postgres() {
            "SELECT COUNT(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep%' AND pid <> pg_backend_pid() AND wait_event = 'PgSleep'"
        } else {
            "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User sleep'"
        };
        while registry.sql(waiting) != "1" {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        then();
        holder.join().unwrap();
    });
}

fn a_row_that_somebody_holds_is_waited_for_not_forever(registry: &Registry) {
    let mut session = registry.open();
    apply(&mut *session, &group("i", 1, "x", 1, person("A-1", "Zuri")));
    let read = row(&mut *session, "A-1");
    let change = group("i", 2, "x", 2, onto(&read, person("A-1", "Imani")));
    held(registry, || {
        let error = session.apply(&change, &mut Sealer::default()).unwrap_err();
        assert!(error.code == Code::TargetBusy && error.may_pass(), "{error}");
    });
    assert_eq!(apply(&mut *session, &change).outcome, Outcome::Updated);
}

fn whoever_writes_between_look_and_commit_waits(registry: &Registry) {
    let mut session = registry.open();
    apply(&mut *session, &group("i", 1, "x", 1, person("A-1", "Zuri")));
    let read = row(&mut *session, "A-1");
    let change = group("i", 2, "x", 2, onto(&read, person("A-1", "ours")));
    std::thread::scope(|scope| {
        let (ask, asked) = std::sync::mpsc::channel::<()>();
        let other = scope.spawn(move || {
            asked.recv().unwrap();
            registry.sql("UPDATE person SET name = 'theirs'");
        });
        // After the row was looked at, before it is written: they begin, and have a second for it.
        let begin = Box::new(move || {
            ask.send(()).unwrap();
            std::thread::sleep(std::time::Duration::from_secs(1));
        });
        let mut sealer = Sealer { at: Some((1, begin)), ..Sealer::default() };
        assert_eq!(session.apply(&change, &mut sealer).unwrap().outcome, Outcome::Updated);
        other.join().unwrap();
    });
    assert_eq!(registry.sql("SELECT name FROM person"), "theirs", "they came after us, and are not overwritten");
}

#[test]
fn a_target_that_is_not_there_cannot_be_reached() {
    let dir = tempfile::tempdir().unwrap();
    write_secret(&dir.path().join("password"), PASSWORD);
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let server = |port| causeway_model::catalogue::Server {
        host: "127.0.0.1".into(),
        port: Some(port),
        database: "registry".into(),
        user: "writer".into(),
        password: Some(causeway_model::catalogue::Secret::File("password".into())),
        tls: Tls { mode: TlsMode::Off, ..Tls::default() },
        snapshot: Default::default(),
    };
    std::fs::write(dir.path().join("empty.sqlite"), "").unwrap();
    let all = [
        TargetConnection::Sqlite { path: "missing.sqlite".into() },
        TargetConnection::Sqlite { path: "empty.sqlite".into() },
        TargetConnection::Postgres(server(port)),
        TargetConnection::Mariadb(server(port)),
    ];
    for connect in all {
        let kind = connect.kind();
        let opened = causeway_connect::target::open(&declared(connect), dir.path()).open(&layout());
        let error = opened.err().expect("it was opened");
        assert!(error.code == Code::TargetUnreachable && error.may_pass(), "{kind}: {error}");
    }
    assert!(!dir.path().join("missing.sqlite").exists(), "a file that is not there is not made");
}

#[test]
fn a_server_is_written_over_tls_that_verifies_it() {
    let folder = tempfile::tempdir().unwrap();
    let made = Certificates::make(folder.path(), "writer").unwrap();
    let of = |name: &str| made.path(name).display().to_string();
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    made.give_to("postgres").unwrap();
    std::fs::set_permissions(made.path("server.key"), std::fs::Permissions::from_mode(0o600)).unwrap();
    let options = [("ssl", "on".to_owned()), ("ssl_cert_file", of("server.pem")), ("ssl_key_file", of("server.key"))];
    let postgres = Postgres::start(&options.each_ref().map(|(name, value)| (*name, value.as_str()))).unwrap();
    made.give_to("mysql").unwrap();
    let mariadb = Mariadb::start(&[("ssl-cert", &of("server.pem")), ("ssl-key", &of("server.key"))]).unwrap();
    let dir = tempfile::tempdir().unwrap();
    write_secret(&dir.path().join("password"), "word");
    std::fs::copy(made.path("ca.pem"), dir.path().join("ca.pem")).unwrap();
    let other = tempfile::tempdir().unwrap();
    Certificates::make(other.path(), "x").unwrap();
    std::fs::copy(other.path().join("ca.pem"), dir.path().join("other.pem")).unwrap();
    postgres.database("writer", "word").unwrap();
    mariadb.database("writer", "word").unwrap();
    let server = |port, ca: &str| causeway_model::catalogue::Server {
        host: "localhost".into(),
        port: Some(port),
        database: "writer".into(),
        user: "writer".into(),
        password: Some(causeway_model::catalogue::Secret::File("password".into())),
        tls: Tls { mode: TlsMode::VerifyFull, ca: Some(ca.to_owned()), ..Tls::default() },
        snapshot: Default::default(),
    };
    for (ca, code) in [("ca.pem", Code::TargetNotPrepared), ("other.pem", Code::TargetUnreachable)] {
        let both = [
            TargetConnection::Postgres(server(postgres.port(), ca)),
            TargetConnection::Mariadb(server(mariadb.port(), ca)),
        ];
        for connect in both {
            let kind = connect.kind();
            let opened = causeway_connect::target::open(&declared(connect), dir.path()).open(&layout());
            let error = opened.err().expect("it was opened");
            assert_eq!(error.code, code, "{kind}: {error}");
        }
    }
}
