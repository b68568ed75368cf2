//! Does an installation work in PostgreSQL as in its own file, and does it outlive its machine?

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use causeway_testkit::population::Spec;
use causeway_testkit::server::postgres;
use causeway_testkit::street::Street;
use causeway_testkit::throw_away;

use crate::street::street;

const PASSWORD: &str = "invented word of the database";

/// A new database on the test server and its URL.
fn database(name: &str) -> String {
    let server = postgres();
    let role = format!(
        "DO $$ BEGIN CREATE ROLE causeway LOGIN PASSWORD '{PASSWORD}'; \
         EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
    );
    server.sql("postgres", &role).unwrap();
    server.sql("postgres", &format!("CREATE DATABASE {name} OWNER causeway")).unwrap();
    format!("postgres://causeway@127.0.0.1:{}/{name}", server.port())
}

/// A street whose installation works in a new database.
fn street_on_postgres(home: &Path, name: &str) -> Street {
    let secret = home.join("database.password");
    std::fs::write(&secret, format!("{PASSWORD}\n")).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let (url, secret) = (database(name), secret.display().to_string());
    street(home).with_init(&["--database", &url, "--database-password-file", &secret, "--database-without-tls"])
}

fn people_transferred(street: &Street) -> String {
    let sent = street.transfer("food-people").unwrap();
    let receipt = street.sign_receipt(&sent.package, "accepted").unwrap().display().to_string();
    assert!(street.good(&["receipt", "add", &receipt]).unwrap().contains("accepted"));
    street.good(&["ledger", "verify", "--against", &receipt]).unwrap();
    receipt
}

const SMALL: (&[&str], &[&str], &[(&str, &str)]) =
    (&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")]);

#[test]
fn the_street_runs_in_postgres_and_says_what_it_says_in_sqlite() {
    let (here, there) = (throw_away::directory().unwrap(), throw_away::directory().unwrap());
    let streets = [street(here.path()), street_on_postgres(there.path(), "street")];
    let mut said = Vec::new();
    for street in &streets {
        street.people(&Spec::of(2500)).unwrap();
        street.set_up_with(SMALL.0, SMALL.1, SMALL.2).unwrap();
        let counts = street.transfer("food-people").unwrap().counts;
        people_transferred(street);
        said.push((counts, street.good(&["officer", "list"]).unwrap_or_default()));
        let doctor = street.run(&["doctor"]).unwrap().out;
        let status = street.good(&["status"]).unwrap();
        assert!(status.contains("receipted"), "{status}");
        let own = street.home().join("data/causeway.sqlite").exists();
        assert_eq!(own, doctor.contains("the database is SQLite"), "{doctor}");
        assert_eq!(!own, doctor.contains("the database is PostgreSQL"), "{doctor}");
        assert_eq!(
            !own,
            doctor.contains("the database server does not write to disk"),
            "a test server does not: {doctor}"
        );
    }
    assert_eq!(said.first().unwrap().0, said.last().unwrap().0);
    let config = std::fs::read_to_string(there.path().join("causeway.toml")).unwrap();
    assert!(config.contains("[database]") && !config.contains(PASSWORD), "{config}");
    // A second process does not disturb the work in the same data folder.
    let log = streets.last().unwrap().good(&["ledger", "export"]).unwrap();
    assert!(!log.contains(PASSWORD));
}

#[test]
fn a_database_that_does_not_do_makes_no_installation_and_its_password_is_not_shown() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    let init = |more: &[&str]| {
        let mut arguments = vec!["init", "--operation", "kenya-example", "--database"];
        arguments.extend(more);
        let ended = street.run(&arguments).unwrap();
        assert_eq!(ended.code, Some(2), "{}", ended.err);
        assert!(!dir.path().join("causeway.toml").exists());
        ended.err
    };
    let said = init(&["postgres://causeway:hunter2@127.0.0.1/x"]);
    assert!(said.contains("it holds a password") && !said.contains("hunter2"), "{said}");
    let said = init(&["postgres://causeway@127.0.0.1/x", "--database-password-env", "CAUSEWAY_NOT_THERE"]);
    assert!(said.contains("the environment has no `CAUSEWAY_NOT_THERE`"), "{said}");
    let said = init(&["postgres://causeway@db.example/x", "--database-without-tls"]);
    assert!(said.contains("everything would go there in the clear"), "{said}");
}

/// A new home with the keys and the configuration of `street`, as kept elsewhere, and the database of `street`'s choice.
fn elsewhere(home: &Path, street: Street, from: &Street) -> Street {
    street.people(&Spec::of(2500)).unwrap();
    street.init().unwrap();
    std::fs::remove_dir_all(home.join("keys")).unwrap();
    // The partner is the same one.
    for folder in ["keys", "partner"] {
        let copied =
            std::process::Command::new("cp").arg("-a").arg(from.home().join(folder)).arg(home).status().unwrap();
        assert!(copied.success());
    }
    street
}

fn drill(from: &Street, to: impl Fn(&Path) -> Street) {
    from.people(&Spec::of(2500)).unwrap();
    from.set_up_with(SMALL.0, SMALL.1, SMALL.2).unwrap();
    people_transferred(from);
    let older = from.home().join("older.backup").display().to_string();
    from.good(&["backup", &older]).unwrap();
    let sent = from.transfer("food-people").unwrap();
    let newer = from.home().join("newer.backup").display().to_string();
    let said = from.good(&["backup", &newer]).unwrap();
    assert!(said.contains("sha256 "), "{said}");
    let bytes = std::fs::read(&newer).unwrap();
    assert!(bytes.starts_with(b"age-encryption.org/"), "encrypted");

    // Another machine: the keys, the newest backup.
    let dir = throw_away::directory().unwrap();
    let there = elsewhere(dir.path(), to(dir.path()), from);
    let cut = dir.path().join("cut.backup");
    std::fs::write(&cut, &bytes[..bytes.len() - 40]).unwrap();
    assert_ne!(there.run(&["restore", &cut.display().to_string()]).unwrap().code, Some(0));
    let said = there.good(&["restore", &newer]).unwrap();
    assert!(said.contains("ledger is whole") && !said.contains("lost"), "{said}");
    let again = there.run(&["restore", &newer]).unwrap();
    assert_eq!(again.code, Some(2), "{}", again.err);
    // The transfer that was under way is receipted here, and life goes on.
    let receipt = from.sign_receipt(&sent.package, "accepted").unwrap().display().to_string();
    assert!(there.good(&["receipt", "add", &receipt]).unwrap().contains("accepted"));
    there.good(&["ledger", "verify", "--against", &receipt]).unwrap();

    // A third, where only yesterday's backup is left.
    let dir = throw_away::directory().unwrap();
    let third = elsewhere(dir.path(), crate::street::street(dir.path()), &there);
    let refused = third.run(&["restore", &older]).unwrap();
    assert_eq!(refused.code, Some(3), "{}", refused.err);
    let accept = refused.err.split('`').find(|word| word.starts_with("--accept-loss")).unwrap();
    let lost = accept.split(' ').nth(1).unwrap();
    let denied = third.run(&["restore", &older, "--accept-loss", lost]).unwrap();
    assert_eq!(denied.code, Some(4), "who restores may not accept a loss: {}", denied.err);
    let accepted = ["--accept-loss", lost, "--loss-accepted-by", "protection"];
    let said = third.good(&[&["restore", &older], &accepted[..]].concat()).unwrap();
    assert!(said.contains(&format!("{lost} ledger entries are lost; the ledger tells it")), "{said}");
    assert!(third.good(&["ledger", "export"]).unwrap().contains("backup-restored"));
    people_transferred(&third);
}

#[test]
fn what_is_backed_up_in_postgres_goes_on_elsewhere_in_a_file() {
    let dir = throw_away::directory().unwrap();
    drill(&street_on_postgres(dir.path(), "drill"), street);
}

#[test]
fn what_is_backed_up_in_sqlite_goes_on_elsewhere_in_postgres() {
    let dir = throw_away::directory().unwrap();
    drill(&street(dir.path()), |home| street_on_postgres(home, "elsewhere"));
}
