//! May only `serve` ask of `work`, and does nothing that comes over their socket harm it?

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::copied::Original;
use crate::governance::place::Kind;
use crate::serve::{Process, ask, serving};

fn socket(home: &Path) -> PathBuf {
    home.join("run/work.sock")
}

fn connected(home: &Path) -> UnixStream {
    let begun = Instant::now();
    loop {
        match UnixStream::connect(socket(home)) {
            Ok(stream) => {
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                return stream;
            }
            Err(error) => assert!(begun.elapsed() < Duration::from_secs(30), "{error}"),
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub fn message(head: &str) -> Vec<u8> {
    let mut bytes = u32::try_from(head.len()).unwrap().to_be_bytes().to_vec();
    bytes.extend(head.as_bytes());
    bytes.extend([0; 4]);
    bytes
}

/// The answer to `bytes`, empty where the desk hung up.
pub fn answered(home: &Path, bytes: &[u8]) -> String {
    let mut stream = connected(home);
    let _it_may_hang_up_meanwhile = stream.write_all(bytes);
    let mut said = Vec::new();
    let _as_it_may_here = stream.read_to_end(&mut said);
    String::from_utf8_lossy(said.get(4..).unwrap_or_default()).trim_end_matches('\0').to_owned()
}

const DONE: &str = r#"{"answer":"done"}"#;

fn nothing_that_is_asked_harms_the_desk(kind: Kind) {
    let original = Original::new(kind, |street| street.init().unwrap());
    let copy = original.copy();
    let home = copy.street.home().to_owned();
    let mut worker = Process::begin(&copy.street, &["work"], |_| {});
    worker.says("at work");
    drop(connected(&home));
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode(&socket(&home)), mode(&home.join("run"))), (0o600, 0o700));
    let trial = message(r#"{"ask":"trial"}"#);
    assert_eq!(answered(&home, &trial), DONE);
    let mut too_long = trial.clone();
    too_long.splice(trial.len() - 4.., u32::MAX.to_be_bytes());
    let mut more = trial.clone();
    more.splice(trial.len() - 4.., [0, 0, 0, 1, b'x', 0, 0, 0, 0]);
    for hostile in [
        &[0xff; 8][..],
        &[],
        &too_long,
        &more,
        &message("{}"),
        &message(r#"{"ask":"all"}"#),
        &message(&"[".repeat(60_000)),
    ] {
        let mut stream = connected(&home);
        stream.write_all(hostile).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut said = Vec::new();
        let _it_hangs_up = stream.read_to_end(&mut said);
        assert!(said.is_empty(), "{hostile:?}");
    }
    for end in 0..trial.len() {
        connected(&home).write_all(&trial[..end]).unwrap();
    }
    assert_eq!(answered(&home, &trial), DONE);
    // Those who say nothing hold places for five seconds; the others are told so at once. Whoever spoke before may still have
    // held a place when they came: then a silent one was told so too, holds none, and another one takes the place.
    let mut silent: Vec<UnixStream> = (0..256).map(|_| connected(&home)).collect();
    let begun = Instant::now();
    loop {
        let said = answered(&home, &trial);
        if said == r#"{"answer":"busy"}"# {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(4), "256 are in hand, and it says `{said}`");
        silent.push(connected(&home));
    }
    while answered(&home, &trial) != DONE {
        assert!(begun.elapsed() < Duration::from_secs(20), "the silent ones are given up");
        std::thread::sleep(Duration::from_millis(100));
    }
    drop(silent);
    worker.ended();
    assert!(!socket(&home).exists(), "nobody is there to be asked");
}

#[test]
fn nothing_that_is_asked_harms_the_desk_on_sqlite() {
    nothing_that_is_asked_harms_the_desk(Kind::Sqlite);
}

#[test]
fn whoever_works_beside_takes_the_desk_of_one_that_died() {
    let original = Original::new(Kind::Postgres, |street| street.init().unwrap());
    let copy = original.copy();
    let home = copy.street.home().to_owned();
    let trial = message(r#"{"ask":"trial"}"#);
    let mut first = Process::begin(&copy.street, &["work"], |_| {});
    first.says("at work");
    assert_eq!(answered(&home, &trial), DONE);
    let mut second = Process::begin(&copy.street, &["work"], |_| {});
    second.says("at work");
    let (serve, address) = serving(&copy.street);
    drop(first);
    assert!(fs::metadata(socket(&home)).unwrap().file_type().is_socket(), "it was left behind");
    assert_eq!(answered(&home, &trial), DONE);
    let begun = Instant::now();
    while ask(&address, "/health/ready").0 != 200 {
        assert!(begun.elapsed() < Duration::from_secs(30), "serve finds whoever sits there now");
        std::thread::sleep(Duration::from_millis(200));
    }
    serve.ended();
    second.ended();
}
