//! Is a replica read like its primary: from one snapshot over parallel connections, and refused where it gives that up?

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use causeway_flow::source::Watch;
use causeway_model::Code;
use causeway_model::catalogue::{Connection, Source};

use crate::fixture::{rows, scan, source as named};
use crate::postgres_fixture::Store;

/// A server that follows another's; ends with its owner.
struct Replica {
    port: u16,
    programs: PathBuf,
    folder: PathBuf,
}

impl Replica {
    fn of(store: &Store) -> Self {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let programs = Path::new(store.server.psql("refuge").get_program()).parent().unwrap().to_owned();
        let replica = Self { port, programs, folder: store.server.socket().join("replica") };
        let (socket, primary) = (store.server.socket().display(), store.server.port());
        replica.run("pg_basebackup", &format!("-h {socket} -p {primary} -U postgres -R -X stream -c fast --no-sync"));
        let options = format!(
            "-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={socket} -c max_connections=60 \
             -c max_standby_streaming_delay=0 -c fsync=off -c shared_buffers=32MB"
        );
        replica.run_with("pg_ctl", "start -w -t 60 -l /dev/null -o", &[&options]);
        replica
    }

    fn run(&self, program: &str, arguments: &str) {
        self.run_with(program, arguments, &[]);
    }

    /// A server refuses to be root itself.
    fn run_with(&self, program: &str, arguments: &str, more: &[&str]) {
        let is_root = Command::new("id").arg("-u").output().unwrap().stdout.trim_ascii() == b"0";
        let mut command = Command::new(if is_root { Path::new("setpriv") } else { Path::new("env") });
        if is_root {
            command.args(["--reuid", "postgres", "--regid", "postgres", "--clear-groups", "--"]);
        }
        command.arg(self.programs.join(program)).arg("-D").arg(&self.folder);
        command.args(arguments.split_whitespace()).args(more).stdin(Stdio::null()).stdout(Stdio::null());
        assert!(command.status().unwrap().success(), "{command:?}");
    }

    fn source(&self, store: &Store) -> Source {
        let mut server = store.login();
        server.port = Some(self.port);
        named(Connection::Postgres(server))
    }

    /// What a statement says here, as the superuser.
    fn sql(&self, store: &Store, statement: &str) -> String {
        let mut client = Command::new(self.programs.join("psql"));
        client.arg("-h").arg(store.server.socket()).args([
            "-p",
            &self.port.to_string(),
            "-U",
            "postgres",
            "-d",
            "refuge",
        ]);
        let said = client.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", statement]).output().unwrap();
        assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }

    /// Waits, in the server, until it has replayed all that its primary has written.
    fn catches_up(&self, store: &Store) {
        let written = store.sql("SELECT pg_current_wal_flush_lsn()");
        self.sql(
            store,
            &format!(
                "DO $$ BEGIN FOR turn IN 1..600 LOOP
                   IF pg_last_wal_replay_lsn() >= '{written}'::pg_lsn THEN RETURN; END IF;
                   PERFORM pg_sleep(0.05);
                 END LOOP; RAISE 'it does not follow'; END $$"
            ),
        );
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.run("pg_ctl", "stop -w -m immediate");
        } else {
            // Its data goes with its primary's, and so will it.
            let _ = std::fs::remove_file(self.folder.join("postmaster.pid"));
        }
    }
}

#[test]
fn a_replica_is_read_from_one_snapshot_over_parallel_streams_or_refuses() {
    let store = Store::new();
    store.people("person", 200_000);
    store.people("other", 10);
    let replica = Replica::of(&store);
    assert_eq!(replica.sql(&store, "SELECT pg_is_in_recovery()"), "t");
    let source = replica.source(&store);
    let mut snapshot = store.snapshot_of(&source, &Watch::default()).unwrap();
    assert_eq!((snapshot.info().kind.as_str(), snapshot.streams()), ("exported-snapshot", 3));
    store.sql("INSERT INTO other SELECT gen_random_uuid(), n FROM generate_series(11, 20) AS n");
    replica.catches_up(&store);
    assert_eq!(replica.sql(&store, "SELECT count(*) FROM other"), "20");
    let wanted = |table| scan(Some(table), &[("no", "integer"), ("name", "text")]);
    let streams: Vec<_> = ["other", "person", "other"].map(|table| snapshot.scan(&wanted(table)).unwrap()).into();
    let counts: Vec<usize> =
        streams.into_iter().map(|stream| rows(&stream.map(Result::unwrap).collect::<Vec<_>>())).collect();
    assert_eq!(counts, [10, 200_000, 10]);
    drop(snapshot);
    let mut primary = store.snapshot(&Watch::default());
    assert_eq!(primary.scan(&wanted("other")).unwrap().map(|b| b.unwrap().records.num_rows()).sum::<usize>(), 20);
    drop(primary);

    // What the primary takes away from under a reading: the replica may not wait, and gives the reading up.
    let mut snapshot = store.snapshot_of(&source, &Watch::default()).unwrap();
    let mut stream = snapshot.scan(&wanted("person")).unwrap();
    stream.next().unwrap().unwrap();
    store.sql("DROP TABLE person");
    replica.catches_up(&store);
    let error = stream.last().unwrap().map(|batch| batch.records.num_rows()).unwrap_err();
    assert_eq!(error.code, Code::SourceEndedEarly, "{error}");
    drop(snapshot);
    let sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'causeway'";
    replica.sql(
        &store,
        &format!("DO $$ BEGIN WHILE ({sessions}) > 0 LOOP PERFORM pg_sleep(0.05); PERFORM pg_stat_clear_snapshot(); END LOOP; END $$"),
    );
    let mut snapshot = store.snapshot_of(&source, &Watch::default()).unwrap();
    assert_eq!(snapshot.scan(&wanted("other")).unwrap().map(|b| b.unwrap().records.num_rows()).sum::<usize>(), 20);
}
