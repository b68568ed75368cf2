//! Is a network that falls silent in the middle a refusal with the source's name, within its limit?

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use causeway_testkit::population::{Plant, Spec};

use super::stores::Kind;
use super::{DOCUMENTS, EXCHANGE, Installed};

/// Between us and a server: passes on so many bytes of its answers, then keeps silent and closes nothing.
struct Proxy {
    port: u16,
    left: Arc<AtomicUsize>,
}

impl Proxy {
    fn before(server: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let left = Arc::new(AtomicUsize::new(usize::MAX));
        let answers = Arc::clone(&left);
        std::thread::spawn(move || {
            for ours in listener.incoming() {
                let (ours, theirs) = (ours.unwrap(), TcpStream::connect(("127.0.0.1", server)).unwrap());
                let (from, to) = (ours.try_clone().unwrap(), theirs.try_clone().unwrap());
                std::thread::spawn(move || forward(from, to, &AtomicUsize::new(usize::MAX)));
                let answers = Arc::clone(&answers);
                std::thread::spawn(move || forward(theirs, ours, &answers));
            }
        });
        Self { port, left }
    }
}

/// Passes on what `left` allows. Whoever closes is closed on the other side.
fn forward(mut from: TcpStream, mut to: TcpStream, left: &AtomicUsize) {
    let mut bytes = [0; 4_096];
    while let Ok(read @ 1..) = from.read(&mut bytes) {
        let enough = |left: usize| if left == usize::MAX { Some(left) } else { left.checked_sub(read) };
        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, enough).is_ok() {
            if to.write_all(&bytes[..read]).is_err() {
                break;
            }
        } else {
            left.store(0, Ordering::SeqCst);
        }
    }
    let _ = to.shutdown(Shutdown::Both);
}

#[test]
fn a_network_that_falls_silent_is_refused_with_the_sources_name_within_its_limit() {
    for kind in [Kind::Postgres, Kind::Mariadb] {
        silent(kind);
    }
}

fn silent(kind: Kind) {
    let proxy = OnceLock::new();
    // The first port in the catalogue is the registration store's.
    let through = |text: &str| {
        let (before, rest) = text.split_once("port: ").unwrap();
        let (port, after) = rest.split_once(',').unwrap();
        let proxy = proxy.get_or_init(|| Proxy::before(port.parse().unwrap()));
        let text = format!("{before}port: {},{after}", proxy.port);
        text.replacen("statement_timeout_s: 60", "statement_timeout_s: 3", 1)
    };
    let people = Spec::of(1_500).plant(Plant { outside: 100, ..Plant::none() });
    let installed = Installed::new(kind, &people, through, DOCUMENTS);
    let proxy = proxy.get().unwrap();

    proxy.left.store(50_000, Ordering::SeqCst);
    let begun = Instant::now();
    let refused = installed.street.run(&["transfer", "run", EXCHANGE]).unwrap();
    assert_eq!(proxy.left.load(Ordering::SeqCst), 0, "{kind:?}: it did not fall silent");
    assert_eq!(refused.code, Some(4), "{kind:?}: {}{}", refused.out, refused.err);
    // PostgreSQL is asked over several connections: the first may pass its limit, or the next may not come about.
    let code =
        ["source-ended-early", "source-limit", "source-unreachable"].iter().any(|code| refused.err.contains(code));
    assert!(code && refused.err.contains("`progres`") && refused.err.contains("help: "), "{kind:?}: {}", refused.err);
    assert!(begun.elapsed() < Duration::from_secs(30), "{kind:?}: {:?}", begun.elapsed());
    assert!(installed.packages().is_empty(), "{kind:?}: something is visible");
    installed.live.nothing_stays_open();

    proxy.left.store(usize::MAX, Ordering::SeqCst);
    assert_eq!(installed.street.transfer(EXCHANGE).unwrap().counts, [1_400, 0, 0]);
    installed.live.nothing_stays_open();
}
