//! Does the process that answers hold no key, tell whether everything works, and end in good order?

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::street::Street;
use serde_json::Value;

use crate::copied::Original;
use crate::governance::place::Kind;

/// A process of the installation, until it is dropped.
pub struct Process {
    child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    said: String,
}

impl Process {
    pub fn begin(street: &Street, words: &[&str], shape: impl FnOnce(&mut Command)) -> Self {
        let mut command = street.command(words);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        shape(&mut command);
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr, said: String::new() }
    }

    /// The line in which it says `word`.
    pub fn says(&mut self, word: &str) -> String {
        loop {
            let mut line = String::new();
            let read = self.stderr.read_line(&mut line).unwrap();
            self.said.push_str(&line);
            assert!(read > 0, "it ended without `{word}`: {}", self.said);
            if line.contains(word) {
                return line;
            }
        }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Asks it to end, and waits until it has.
    pub fn end(&mut self) {
        let signalled = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(signalled.success());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
    }

    /// Whether it is gone.
    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits until it has died as by SIGKILL.
    pub fn died(&mut self) {
        use std::os::unix::process::ExitStatusExt as _;
        let status = self.child.wait().unwrap();
        assert!(status.signal().is_some(), "{status}");
    }

    /// Asks it to end; everything that it said.
    pub fn ended(mut self) -> String {
        let signalled = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(signalled.success());
        let mut rest = String::new();
        self.stderr.read_to_string(&mut rest).unwrap();
        let status = self.child.wait().unwrap();
        let said = format!("{}{rest}", self.said);
        assert_eq!(status.code(), Some(0), "{said}");
        said
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A `serve` on a free port, and its address.
pub fn serving(street: &Street) -> (Process, String) {
    let mut process = Process::begin(street, &["serve", "--listen", "127.0.0.1:0", "--log", "json"], |_| {});
    let line: Value = serde_json::from_str(&process.says("serving")).unwrap();
    let address = line["fields"]["address"].as_str().unwrap().to_owned();
    (process, address)
}

/// Asks; the status and the text.
pub fn ask(address: &str, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    write!(stream, "GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split_whitespace().nth(1).unwrap().parse().unwrap();
    (status, text)
}

fn original(kind: Kind) -> Original {
    Original::new(kind, |street| {
        street.people(&Spec::of(60).plant(Plant::none())).unwrap();
        street.set_up_with(&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")]).unwrap();
        street.transfer("food-people").unwrap();
    })
}

fn until_ready(address: &str) -> String {
    until(address, 200)
}

/// The house is tried every two seconds: asks until the answer has this status.
fn until(address: &str, wanted: u16) -> String {
    let begun = Instant::now();
    loop {
        let (status, text) = ask(address, "/health/ready");
        if status == wanted {
            return text;
        }
        assert!(begun.elapsed() < Duration::from_secs(60), "{text}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn it_tells_whether_everything_works_and_holds_no_key(kind: Kind) {
    let original = original(kind);
    let copy = original.copy();
    let street = &copy.street;
    // Only what is public stays where it is looked for.
    let (keys, away) = (street.home().join("keys"), copy.folder().join("away"));
    fs::create_dir(&away).unwrap();
    let private = ["package-signing.pem", "ledger.key", "pseudonym.root", "operation.age"];
    private.iter().for_each(|key| fs::rename(keys.join(key), away.join(key)).unwrap());
    let (process, address) = serving(street);
    assert_eq!(ask(&address, "/health/live").0, 200);
    let (status, text) = ask(&address, "/health/ready");
    assert_eq!(status, 503, "{text}");
    assert!(text.contains(r#""worker":"failed""#) && text.contains(r#""database":"ok","ledger":"ok""#), "{text}");
    private.iter().for_each(|key| fs::rename(away.join(key), keys.join(key)).unwrap());
    let mut worker = Process::begin(street, &["work"], |_| {});
    worker.says("at work");
    let text = until_ready(&address);
    assert!(text.contains("no-store"), "{text}");
    let (status, text) = ask(&address, "/metrics");
    assert_eq!(status, 200);
    for line in [
        "causeway_transfers{state=\"delivered\"} 1",
        "causeway_receipts_due 1",
        "causeway_receipts_overdue 0",
        "causeway_workers 1",
        "causeway_ledger_pending 0",
        "causeway_disclosure_sets 1",
        "causeway_reports_sealed 1",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    for name in ["lantern", "food", "transfer-", "kenya", "worker-"] {
        assert!(!text.contains(name), "figures hold no name: {name}");
    }
    let (status, text) = ask(&address, "/v1/people/Amina");
    assert!(status == 404 && text.contains("nothing-there") && !text.contains("Amina"), "{text}");
    worker.ended();
    // A worker that ended is not at work.
    until(&address, 503);
    assert!(process.ended().contains("\"ended\""));
}

#[test]
fn it_tells_whether_everything_works_and_holds_no_key_on_sqlite() {
    it_tells_whether_everything_works_and_holds_no_key(Kind::Sqlite);
}

#[test]
fn it_tells_whether_everything_works_and_holds_no_key_on_postgres() {
    it_tells_whether_everything_works_and_holds_no_key(Kind::Postgres);
}

#[test]
fn an_older_copy_of_the_ledger_makes_it_not_ready() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let street = &copy.street;
    let (process, address) = serving(street);
    assert!(ask(&address, "/health/ready").1.contains(r#""ledger":"ok""#));
    let database = rusqlite::Connection::open(street.home().join("data/causeway.sqlite")).unwrap();
    let older = "DROP TRIGGER IF EXISTS checkpoint_is_never_deleted; \
                 DELETE FROM checkpoint WHERE size = (SELECT max(size) FROM checkpoint);";
    database.execute_batch(older).unwrap();
    let begun = Instant::now();
    while !ask(&address, "/health/ready").1.contains(r#""ledger":"failed""#) {
        assert!(begun.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(100));
    }
    let said = process.ended();
    assert!(said.contains("\"check\":\"ledger\""), "{said}");
}

#[test]
fn whoever_asks_again_and_again_does_not_take_the_lock_of_those_who_write() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let (process, address) = serving(&copy.street);
    let begun = Instant::now();
    for _ in 0..40 {
        assert_eq!(ask(&address, "/health/ready").0, 503, "nobody is at work");
    }
    let most = begun.elapsed().as_secs() / 2 + 1;
    let said = process.ended();
    let tried = said.matches(r#""check":"worker""#).count() as u64;
    assert!((1..=most).contains(&tried), "tried {tried} times, {most} at most");
}

#[test]
fn it_is_not_asked_in_the_clear_from_elsewhere() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let refused = copy.street.run(&["serve", "--listen", "0.0.0.0:0"]).unwrap();
    assert!(refused.code == Some(2) && refused.err.contains("--behind-proxy"), "{}", refused.err);
    let mut declared = Process::begin(&copy.street, &["serve", "--listen", "0.0.0.0:0", "--behind-proxy"], |_| {});
    declared.says("serving");
    declared.ended();
}

#[test]
fn the_service_manager_is_told_when_it_works_and_when_it_ends() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let path = copy.folder().join("notify");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    for words in [&["serve", "--listen", "127.0.0.1:0"][..], &["work"]] {
        let process = Process::begin(&copy.street, words, |command| {
            command.env("NOTIFY_SOCKET", &path);
        });
        let mut told = [0; 256];
        let length = socket.recv(&mut told).unwrap();
        assert!(told[..length].starts_with(b"READY=1"), "{words:?}");
        process.ended();
        let length = socket.recv(&mut told).unwrap();
        assert!(told[..length].starts_with(b"STOPPING=1"), "{words:?}");
    }
}
