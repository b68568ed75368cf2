//! Do throw-away servers keep what they are told to keep, and vanish otherwise?

use causeway_testkit::server::{Mariadb, Postgres};
use causeway_testkit::throw_away;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

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
