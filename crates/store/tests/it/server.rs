//! What does the store do when the server dies, is cut off or refuses, and which servers does it refuse?

use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use causeway_store::change::DocumentKind;
use causeway_store::{Kind, Opening, Password, Place, Reader, Saved, Server, Store, StoreError, Tls};
use causeway_testkit::server::{Certificates, Postgres, postgres};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::house::{House, PASSWORD, at, record, stamp};
use crate::raw::{Raw, role};
use crate::street::{document, found, officer, partner};

fn own(options: &'static [(&'static str, &'static str)]) -> &'static Postgres {
    // Started on a thread that lasts as long as the process: the server ends with the thread that started it.
    let (sender, receiver) = std::sync::mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let server: &'static Postgres = Box::leak(Box::new(Postgres::start(options).unwrap()));
        sender.send(server).unwrap();
        loop {
            std::thread::park();
        }
    });
    receiver.recv().unwrap()
}

/// A server that may be killed, apart from the one that all tests share.
fn victim() -> &'static Postgres {
    static VICTIM: OnceLock<&'static Postgres> = OnceLock::new();
    VICTIM.get_or_init(|| own(&[]))
}

static KILLS: AtomicUsize = AtomicUsize::new(0);

/// Kills every process of the server that works for us with the signal that nothing catches: the server drops all
/// connections and recovers from its log.
fn kill_the_server(mark: &'static str) {
    if mark == "store-change-not-committed" && KILLS.fetch_add(1, Ordering::SeqCst) == 0 {
        let ours = "SELECT pid FROM pg_stat_activity WHERE application_name = 'causeway'";
        for pid in victim().sql("postgres", ours).unwrap().lines() {
            assert!(std::process::Command::new("kill").args(["-9", pid]).status().unwrap().success());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_in_the_middle_of_a_change_loses_nothing_and_doubles_nothing() {
    let house = House::on(victim());
    let store = house.open().await.probed(kill_the_server);
    let saved = store.import_document(document(DocumentKind::Catalogue, "c", 1), stamp(1)).await.unwrap();
    assert_eq!(saved, Saved::New, "the change was done again on the server that came back");
    assert_eq!(KILLS.load(Ordering::SeqCst), 2);
    assert_eq!(store.documents(DocumentKind::Catalogue).await.unwrap().len(), 1);
    assert_eq!(store.pending_leaves().await.unwrap(), 1);
    house.sequence(&store).await;
    assert_eq!(store.ledger().await.unwrap().verify(None).await.unwrap().size, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_were_ended_are_replaced() {
    let house = House::new(Kind::Postgres);
    let store = house.open().await;
    let Raw::Server(server, name) = house.raw() else { panic!("on PostgreSQL") };
    for round in 1..4 {
        let end = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
        server.sql("postgres", &end).unwrap();
        assert_eq!(store.pending_leaves().await.unwrap(), 0);
        server.sql("postgres", &end).unwrap();
        record(&store, 1).await;
        server.sql("postgres", &end).unwrap();
        house.sequence(&store).await;
        assert_eq!(store.ledger().await.unwrap().verify(None).await.unwrap().size, round);
    }
}

static ARMED: AtomicBool = AtomicBool::new(false);
static CUT: AtomicBool = AtomicBool::new(false);

/// Between us and the server: once armed it lets the next commit through and then cuts the line, before the answer.
async fn line_that_is_cut(server: u16) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (near, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let far = TcpStream::connect(("127.0.0.1", server)).await.unwrap();
                let ((mut near_in, mut near_out), (mut far_in, mut far_out)) = (near.into_split(), far.into_split());
                let (mut asked, mut said) = (vec![0; 1 << 16], vec![0; 1 << 16]);
                let mut cutting = false;
                loop {
                    tokio::select! {
                        read = near_in.read(&mut asked) => {
                            let Ok(count @ 1..) = read else { return };
                            cutting = asked[..count].windows(6).any(|word| word == b"COMMIT")
                                && ARMED.swap(false, Ordering::SeqCst);
                            far_out.write_all(&asked[..count]).await.unwrap();
                        }
                        read = far_in.read(&mut said) => {
                            let Ok(count @ 1..) = read else { return };
                            if cutting {
                                CUT.store(true, Ordering::SeqCst);
                                return;
                            }
                            near_out.write_all(&said[..count]).await.unwrap();
                        }
                    }
                }
            });
        }
    });
    port
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_commit_whose_answer_was_lost_is_found_by_its_leaf() {
    let house = House::new(Kind::Postgres);
    let Raw::Server(server, name) = house.raw() else { panic!("on PostgreSQL") };
    let line = Raw::Elsewhere(line_that_is_cut(server.port()).await, name.clone());
    let store = house.try_open_with(&line, &house.head()).await.unwrap();
    found(&store).await;
    let before = store.pending_leaves().await.unwrap();
    ARMED.store(true, Ordering::SeqCst);
    assert_eq!(store.add_partner(partner("agency"), stamp(1)).await.unwrap(), Saved::New);
    assert!(CUT.load(Ordering::SeqCst), "the line was cut");
    assert_eq!(store.pending_leaves().await.unwrap(), before + 1);
    assert_eq!(store.partners().await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_was_in_the_way_of_another_is_repeated() {
    for code in ["40001", "40P01"] {
        let house = House::new(Kind::Postgres);
        let store = house.open().await;
        house
            .sql(&format!(
                "CREATE SEQUENCE tries; GRANT ALL ON SEQUENCE tries TO causeway; \
                 CREATE FUNCTION fails_thrice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN \
                 IF nextval('tries') <= 3 THEN RAISE EXCEPTION 'in the way' USING ERRCODE = '{code}'; END IF; \
                 RETURN NEW; END $$; \
                 CREATE TRIGGER fails_thrice BEFORE INSERT ON officer FOR EACH ROW EXECUTE FUNCTION fails_thrice()"
            ))
            .await;
        assert_eq!(store.add_officer(officer("officer-a"), stamp(1)).await.unwrap(), Saved::New);
        assert_eq!(house.raw().texts("SELECT last_value::text FROM tries").await, ["4"]);
        assert_eq!(store.pending_leaves().await.unwrap(), 1);
        // One that is always in the way is given up.
        house.sql("ALTER SEQUENCE tries MAXVALUE 1000000; SELECT setval('tries', 1); ALTER SEQUENCE tries INCREMENT BY -1 MINVALUE -1000000").await;
        let error = store.add_officer(officer("officer-b"), stamp(1)).await.unwrap_err();
        assert!(error.to_string().contains(&format!("SQLSTATE {code}")), "{error}");
        assert_eq!(store.pending_leaves().await.unwrap(), 1);
    }
}

async fn open_as(server: &Server, house: &House) -> Result<Store, StoreError> {
    Store::open(Opening { place: Place::Server(server), head: &house.head(), key: house.key() }).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_does_not_do_is_refused_by_name() {
    let house = House::new(Kind::Postgres);
    let shared = postgres();
    let at = |database: &str, user: &str, password: &str| {
        let url = format!("postgres://{user}@127.0.0.1:{}/{database}", shared.port());
        Server::new(&url, Some(Password::new(password.to_owned())), Tls::Off).unwrap()
    };
    let refusal = |server: Server| {
        let house = &house;
        async move { open_as(&server, house).await.unwrap_err().to_string() }
    };
    let said = refusal(at("postgres", "causeway", "another word")).await;
    assert!(said.contains("password authentication failed") && !said.contains("another word"), "{said}");
    assert!(refusal(at("no_such", "causeway", PASSWORD)).await.contains("\"no_such\" does not exist"));
    let latin = "CREATE DATABASE latin ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0 OWNER causeway";
    shared.sql("postgres", latin).unwrap();
    let said = refusal(at("latin", "causeway", PASSWORD)).await;
    assert!(said.contains("the database's encoding is `LATIN1`; make a database with ENCODING 'UTF8'"), "{said}");
    // A user who may connect and nothing else.
    shared.sql("postgres", &format!("CREATE ROLE poor LOGIN PASSWORD '{PASSWORD}'")).unwrap();
    shared.sql("postgres", "CREATE DATABASE empty").unwrap();
    shared.sql("empty", "REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO poor").unwrap();
    let said = refusal(at("empty", "poor", PASSWORD)).await;
    assert!(said.contains("the tables must be made or brought up to date, and our user may not"), "{said}");
    house.open().await.close().await;
    let Raw::Server(_, name) = house.raw() else { panic!("on PostgreSQL") };
    shared.sql(name, "GRANT SELECT ON ALL TABLES IN SCHEMA public TO poor").unwrap();
    let said = refusal(at(name, "poor", PASSWORD)).await;
    assert!(said.contains("our user may not read and write the table `access_token`"), "{said}");
    // Nobody is there.
    let closed = TcpListener::bind(("127.0.0.1", 0)).await.unwrap().local_addr().unwrap().port();
    let nobody = Server::new(&format!("postgres://causeway@127.0.0.1:{closed}/x"), None, Tls::Off).unwrap();
    let said = refusal(nobody).await;
    assert!(said.starts_with(&format!("the database `127.0.0.1:{closed}/x` cannot be reached: ")), "{said}");
}

#[test]
fn a_url_that_does_not_do_is_not_repeated() {
    for (url, why) in [
        ("postgres://causeway:hunter2@127.0.0.1/causeway", "it holds a password"),
        ("mysql://causeway@127.0.0.1/causeway", "does not begin with `postgres://`"),
        ("postgres://causeway@127.0.0.1/causeway?sslmode=disable", "it has parameters"),
        ("postgres://127.0.0.1/causeway", "no user"),
        ("postgres://causeway@db.example/causeway", "everything would go there in the clear"),
        ("postgres://causeway@127.0.0.1,127.0.0.2/causeway", "one host"),
    ] {
        let said = Server::new(url, None, Tls::Off).unwrap_err().to_string();
        assert!(said.contains(why), "{said}");
        assert!(!said.contains("hunter2") && !said.contains("example"), "{said}");
    }
    let server = Server::new("postgres://causeway@127.0.0.1:7/x", Some(Password::new("hunter2\n".into())), Tls::Off);
    assert!(!format!("{server:?}").contains("hunter2"));
}

/// What time the server has.
fn clock_of(server: &Postgres) -> jiff::Timestamp {
    let said = server.sql("postgres", "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint").unwrap();
    jiff::Timestamp::from_millisecond(said.trim().parse().unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_must_show_a_certificate_for_its_name() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    let made = |name: &str| {
        let folder = folder.path().join(name);
        std::fs::create_dir(&folder).unwrap();
        Certificates::make(&folder, "causeway").unwrap()
    };
    let (ours, others) = (made("ours"), made("others"));
    ours.give_to("postgres").unwrap();
    let (certificate, key) = (ours.path("server.pem"), ours.path("server.key"));
    let text = |path: &Path| path.to_str().unwrap().to_owned();
    let options = [("ssl", "on".to_owned()), ("ssl_cert_file", text(&certificate)), ("ssl_key_file", text(&key))];
    let options: Vec<_> = options.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let server = Postgres::start(&options).unwrap();
    role(&server);
    server.sql("postgres", "CREATE DATABASE sealed OWNER causeway").unwrap();
    let house = House::new(Kind::Sqlite);
    let open = |host: &str, ca: Option<std::path::PathBuf>| {
        let url = format!("postgres://causeway@{host}:{}/sealed", server.port());
        let server = Server::new(&url, Some(Password::new(PASSWORD.into())), Tls::VerifyFull { ca }).unwrap();
        let house = &house;
        async move { open_as(&server, house).await }
    };
    let store = open("localhost", Some(ours.path("ca.pem"))).await.unwrap();
    let facts = store.facts(clock_of(&server)).await.unwrap();
    assert_eq!((facts.kind, facts.is_encrypted, facts.is_durable), (Kind::Postgres, Some(true), false));
    assert!(facts.clock_ahead_ms.unwrap().abs() < 5_000);
    store.close().await;
    for (host, ca) in [("localhost", Some(others.path("ca.pem"))), ("localhost", None)] {
        let said = open(host, ca).await.unwrap_err().to_string();
        assert!(said.contains("certificate") || said.contains("authority"), "{said}");
    }
    // 127.0.0.2 reaches nobody or a server of another name: no certificate says so.
    let said = open("127.0.0.2", Some(ours.path("ca.pem"))).await.unwrap_err();
    assert!(matches!(said, StoreError::Unreachable { .. }), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_cannot_write_and_facts_tell_which_database() {
    let house = House::new(Kind::Postgres);
    let store = house.open().await;
    let facts = store.facts(at(0)).await.unwrap();
    assert_eq!((facts.schema, facts.is_encrypted), (facts.known_schema, Some(false)));
    let reader: Reader = house.try_read().await.unwrap();
    assert_eq!(reader.partners().await.unwrap(), []);
    let file = House::new(Kind::Sqlite);
    let facts = file.open().await.facts(at(0)).await.unwrap();
    assert_eq!((facts.kind, facts.is_encrypted, facts.clock_ahead_ms), (Kind::Sqlite, None, None));
}
