//! Do throw-away servers keep what they are told to keep, and vanish otherwise?

use causeway_testkit::server::{self, Mariadb, Postgres};
use causeway_testkit::throw_away;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

fn alive(pid: u32) -> bool {
    Path::new(&format!("/proc/{pid}")).exists()
}

#[test]
fn a_postgres_ends_with_its_owner_and_what_is_kept_is_there_again() {
    let folder = throw_away::directory().unwrap();
    // The server runs as a user of its own, who must be able to enter.
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let data = folder.path().join("data");
    let server = Postgres::kept(&data, &[]).unwrap();
    let (pid, socket) = (server.pid(), server.socket().to_owned());
    server.sql("postgres", "CREATE TABLE kept AS SELECT 7 AS number").unwrap();
    drop(server);
    assert!(!alive(pid) && !socket.exists());

    let again = Postgres::kept(&data, &[]).unwrap();
    assert_eq!(again.sql("postgres", "SELECT number FROM kept").unwrap().trim(), "7");
    assert!(again.sql("postgres", "SELECT nothing").is_err());
}

#[test]
fn a_mariadb_ends_with_its_owner_and_what_is_kept_is_there_again() {
    let folder = throw_away::directory().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let data = folder.path().join("data");
    let server = Mariadb::kept(&data, &[]).unwrap();
    let (pid, socket) = (server.pid(), server.socket().to_owned());
    server.sql("mysql", "CREATE DATABASE kept; CREATE TABLE kept.kept AS SELECT 7 AS number").unwrap();
    drop(server);
    assert!(!alive(pid) && !socket.exists());

    let again = Mariadb::kept(&data, &[]).unwrap();
    assert_eq!(again.sql("kept", "SELECT number FROM kept").unwrap().trim(), "7");
    assert!(again.sql("kept", "SELECT nothing").is_err());
}

/// Says to this test, which is run by itself, that it is to leave servers behind.
const LEAVES: &str = "CAUSEWAY_TEST_LEAVES_SERVERS";

#[test]
fn shared_servers_and_their_folders_vanish_with_their_process() {
    if std::env::var_os(LEAVES).is_some() {
        let folders = [server::postgres().socket(), server::mariadb().socket().parent().unwrap()];
        folders.iter().for_each(|folder| println!("\nleft {}", folder.display()));
        return;
    }
    let mut own = Command::new(std::env::current_exe().unwrap());
    own.args(["--exact", "server::shared_servers_and_their_folders_vanish_with_their_process", "--nocapture"]);
    let said = own.env(LEAVES, "1").output().unwrap();
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let left: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("left ")).collect();
    assert_eq!(left.len(), 2, "{said}");
    let begun = Instant::now();
    while left.iter().any(|folder| Path::new(folder).exists()) {
        assert!(begun.elapsed() < Duration::from_secs(20), "still there: {left:?}");
        std::thread::yield_now();
    }
}
