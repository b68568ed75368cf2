//! Are a live server's limits kept, and is a reading that is stopped, for whatever reason, stopped at the server too?

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use causeway_connect::source;
use causeway_flow::source::Watch;
use causeway_model::Code;
use causeway_model::catalogue::{Limits, Source};

use crate::fixture::{FakePace, now, rows, scan};
use crate::postgres_fixture::Store;
use crate::postgres_hostile::{NAME, refused, with};

#[test]
fn a_slow_statement_is_stopped_by_its_limit_by_a_cancelled_run_and_by_a_dropped_stream() {
    let store = Store::new();
    store.people("person", 100);
    store.sql(
        "CREATE VIEW slow AS SELECT name FROM person WHERE pg_sleep(3600) IS NULL; GRANT SELECT ON slow TO refuge",
    );
    let wanted = scan(Some("slow"), NAME);
    let limits = Limits { statement_timeout_s: Some(1), ..Limits::default() };
    refused(store.read_from(&store.limited(limits), &wanted), Code::SourceLimit, &["limit"]);
    assert!(store.is_clean());

    let watch = Watch::default();
    let mut snapshot = store.snapshot(&watch);
    let stream = snapshot.scan(&wanted).unwrap();
    watch.cancel();
    refused(stream.last().unwrap(), Code::Cancelled, &[]);
    drop(snapshot);
    assert!(store.is_clean());

    let mut snapshot = store.snapshot(&Watch::default());
    drop(snapshot.scan(&wanted).unwrap());
    let whole: Result<Vec<_>, _> = snapshot.scan(&scan(Some("person"), NAME)).unwrap().collect();
    assert_eq!(rows(&whole.unwrap()), 100, "the snapshot goes on");
    let stream = snapshot.scan(&wanted).unwrap();
    drop(snapshot);
    refused(stream.last().unwrap(), Code::SourceEndedEarly, &[]);
    assert!(store.is_clean());
}

#[test]
fn our_own_waiting_is_not_the_servers_time() {
    let store = Store::new();
    store.people("person", 400_000);
    let limits = Limits { statement_timeout_s: Some(2), ..Limits::default() };
    let mut snapshot = store.snapshot_of(&store.limited(limits), &Watch::default()).unwrap();
    let mut stream = snapshot.scan(&scan(Some("person"), NAME)).unwrap();
    let first = rows(&[stream.next().unwrap().unwrap()]);
    store.wait_until(
        "EXISTS (SELECT FROM pg_stat_activity WHERE query LIKE 'COPY%' AND wait_event = 'ClientWrite'
                 AND clock_timestamp() - query_start > INTERVAL '2.5 s')",
    );
    let rest: Vec<_> = stream.map(Result::unwrap).collect();
    assert_eq!(first + rows(&rest), 400_000);
}

#[test]
fn a_cancelled_run_and_a_dropped_reader_leave_nothing_in_the_middle_of_the_rows() {
    let store = Store::new();
    store.people("person", 300_000);
    let wanted = scan(Some("person"), NAME);
    let watch = Watch::default();
    let mut snapshot = store.snapshot(&watch);
    let mut streams =
        [snapshot.scan(&wanted).unwrap(), snapshot.scan(&wanted).unwrap(), snapshot.scan(&wanted).unwrap()];
    streams.iter_mut().for_each(|stream| assert!(stream.next().unwrap().is_ok()));
    watch.cancel();
    for stream in streams {
        refused(stream.last().unwrap(), Code::Cancelled, &[]);
    }
    drop(snapshot);
    assert!(store.is_clean());

    let mut snapshot = store.snapshot(&Watch::default());
    for _ in 0..5 {
        let mut stream = snapshot.scan(&wanted).unwrap();
        stream.next().unwrap().unwrap();
    }
    drop(snapshot);
    assert!(store.is_clean());

    // Whoever reads in a thread that panics leaves nothing either.
    let mut snapshot = store.snapshot(&Watch::default());
    let reader = std::thread::spawn(move || {
        let mut stream = snapshot.scan(&scan(Some("person"), NAME)).unwrap();
        stream.next().unwrap().unwrap();
        panic!("an invented trouble");
    });
    assert!(reader.join().is_err());
    assert!(store.is_clean());
}

#[test]
fn a_snapshot_that_grows_too_old_is_not_read_from_any_more() {
    let store = Store::new();
    store.people("person", 100_000);
    let pace = Arc::new(FakePace::default());
    let limits = Limits { snapshot_max_age_s: Some(60), ..Limits::default() };
    let opened = source::open_at_pace(&store.limited(limits), store.dir.path(), pace.clone()).unwrap();
    let mut snapshot = opened.snapshot(now(), &Watch::default()).unwrap();
    let wanted = scan(Some("person"), NAME);
    assert_eq!(snapshot.scan(&wanted).unwrap().map(|b| b.unwrap().records.num_rows()).sum::<usize>(), 100_000);
    let mut stream = snapshot.scan(&wanted).unwrap();
    stream.next().unwrap().unwrap();
    *pace.at.lock().unwrap() += Duration::from_secs(61);
    refused(stream.last().unwrap(), Code::SourceLimit, &["snapshot_max_age_s"]);
    let again = snapshot.scan(&wanted).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    refused(again, Code::SourceLimit, &["snapshot_max_age_s"]);
    drop(snapshot);
    assert!(store.is_clean());
    let none = Limits { snapshot_max_age_s: Some(0), ..Limits::default() };
    refused(source::open(&store.limited(none), store.dir.path()), Code::SourceLimit, &["0"]);
}

#[test]
fn limits_on_rows_and_hours_hold_here_too() {
    let store = Store::new();
    store.people("person", 1_000);
    let pace = Arc::new(FakePace::default());
    let limits = Limits { rows_per_second: Some(100), ..Limits::default() };
    let opened = source::open_at_pace(&store.limited(limits), store.dir.path(), pace.clone()).unwrap();
    let mut snapshot = opened.snapshot(now(), &Watch::default()).unwrap();
    assert_eq!(snapshot.scan(&scan(Some("person"), NAME)).unwrap().map(Result::unwrap).count(), 10);
    assert_eq!(*pace.slept.lock().unwrap(), Duration::from_secs(9));
    let closed = Limits { window: Some("06:00-18:00".into()), ..Limits::default() };
    refused(store.snapshot_of(&store.limited(closed), &Watch::default()), Code::SourceLimit, &["06:00-18:00"]);
}

/// Passes bytes on until it is told to stall; then it keeps both sides open and passes nothing.
struct Proxy {
    port: u16,
    stalls: Arc<AtomicBool>,
    passed: Arc<std::sync::atomic::AtomicUsize>,
}

impl Proxy {
    fn to(port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stalls = Arc::new(AtomicBool::new(false));
        let passed = Arc::new(std::sync::atomic::AtomicUsize::new(0));
        let proxy =
            Self { port: listener.local_addr().unwrap().port(), stalls: stalls.clone(), passed: passed.clone() };
        std::thread::spawn(move || {
            for ours in listener.incoming() {
                let (Ok(ours), Ok(theirs)) = (ours, TcpStream::connect(("127.0.0.1", port))) else { return };
                for (from, to) in [(ours.try_clone(), theirs.try_clone()), (theirs.try_clone(), ours.try_clone())] {
                    let (mut from, mut to, stalls, passed) =
                        (from.unwrap(), to.unwrap(), stalls.clone(), passed.clone());
                    std::thread::spawn(move || {
                        let mut bytes = [0; 8_192];
                        while let Ok(count @ 1..) = from.read(&mut bytes) {
                            if stalls.load(Ordering::Relaxed) {
                                // Reads to the end of the side that gives up, and passes only that on.
                                continue;
                            }
                            passed.fetch_add(count, Ordering::Relaxed);
                            if to.write_all(&bytes[..count]).is_err() {
                                break;
                            }
                        }
                        let _ = to.shutdown(std::net::Shutdown::Both);
                    });
                }
            }
        });
        proxy
    }
}

#[test]
fn a_network_that_stalls_is_an_error_after_a_minute_or_the_statements_limit() {
    let store = Store::new();
    store.people("person", 500_000);
    let stall = |limits: Limits, pace: Arc<FakePace>| {
        let proxy = Proxy::to(store.server.port());
        let source = Source { limits, ..with(&store, |server| server.port = Some(proxy.port)) };
        let opened = source::open_at_pace(&source, store.dir.path(), pace).unwrap();
        let mut snapshot = opened.snapshot(now(), &Watch::default()).unwrap();
        let mut stream = snapshot.scan(&scan(Some("person"), NAME)).unwrap();
        stream.next().unwrap().unwrap();
        proxy.stalls.store(true, Ordering::Relaxed);
        assert!(proxy.passed.load(Ordering::Relaxed) > 0);
        let last = stream.by_ref().last().unwrap();
        drop(stream);
        drop(snapshot);
        last
    };
    // Time flies: every look at the clock is five seconds.
    let fast = || Arc::new(FakePace { step: Duration::from_secs(5), ..FakePace::default() });
    refused(stall(Limits::default(), fast()), Code::SourceEndedEarly, &["60 s"]);
    let limits = Limits { statement_timeout_s: Some(100), ..Limits::default() };
    refused(stall(limits, fast()), Code::SourceLimit, &["100 s"]);
    assert!(store.is_clean());
}
