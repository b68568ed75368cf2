//! Do workers carry out what was asked for, whoever of them dies, sleeps, or is asked to end?

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::governance::place::Kind;
use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::random;
use causeway_testkit::street::Street;
use rand::Rng;

use crate::copied::{Copy, Original, leaves_of};

const PARTNER: &str = "lantern-relief";
const EXCHANGES: [(&str, &str); 3] = [
    ("food-people", "exchange-people.yaml"),
    ("food-nested", "exchange-nested.yaml"),
    ("food-households", "exchange-households.yaml"),
];

fn original(kind: Kind) -> Original {
    Original::new(kind, |street| {
        street.people(&Spec::of(120).plant(Plant::none())).unwrap();
        street.set_up_with(&[PARTNER], &["food"], &EXCHANGES).unwrap();
    })
}

/// Asks for a transfer, and leaves it to whoever works.
fn ask(street: &Street, exchange: &str) -> String {
    let said = street.good(&["transfer", "request", exchange]).unwrap();
    said.split_whitespace().nth(1).unwrap().to_owned()
}

/// A worker in the background.
struct Worker(Child);

impl Worker {
    fn begin(street: &Street, shape: impl FnOnce(&mut Command)) -> Self {
        let mut command = street.command(&["work"]);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        shape(&mut command);
        Self(command.spawn().unwrap())
    }

    fn signal(&self, name: &str) {
        let signalled = Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap();
        assert!(signalled.success());
    }

    /// Asks it to end; what it said.
    fn ended(mut self) -> String {
        self.signal("-TERM");
        let (status, mut said) = (self.0.wait().unwrap(), String::new());
        std::io::Read::read_to_string(&mut self.0.stderr.take().unwrap(), &mut said).unwrap();
        assert!(status.success(), "{status}: {said}");
        said
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until something is so; what is looked at names what is waited for.
fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(300);
    while !is_so() {
        assert!(Instant::now() < end, "{what}: not within five minutes");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn state_of(street: &Street, transfer: &str) -> String {
    let said = street.good(&["transfer", "show", transfer]).unwrap();
    said.lines().next().unwrap().rsplit(' ').next().unwrap().to_owned()
}

/// Packages that stand whole at the partner's.
fn at_partner(street: &Street) -> usize {
    let entries = fs::read_dir(street.home().join("outbox").join(PARTNER)).into_iter().flatten().flatten();
    entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.')).count()
}

/// Every transfer was sealed once and arrived once, the partner has each, and nobody left anything lying about.
fn each_once(street: &Street, transfers: &[String]) {
    let leaves = leaves_of(street);
    for transfer in transfers {
        let times = |event: &str| leaves.iter().filter(|leaf| leaf.event == event && leaf.subject == *transfer).count();
        assert_eq!((times("transfer-sealed"), times("delivery-arrived")), (1, 1), "{transfer}");
        let sealed = fs::read_dir(street.home().join("data/sealed")).unwrap().map(|file| file.unwrap().file_name());
        let kept = sealed.filter(|file| file.to_string_lossy().starts_with(transfer)).count();
        assert_eq!(kept, 2, "{transfer}: its report and its disclosure set, and none of another run");
    }
    assert_eq!(at_partner(street), transfers.len());
    street.good(&["transfer", "resume"]).unwrap();
    for (folder, left) in [("staging", 0), ("packages", transfers.len())] {
        assert_eq!(fs::read_dir(street.home().join("data").join(folder)).unwrap().count(), left, "{folder}");
    }
    assert!(street.good(&["ledger", "verify"]).unwrap().contains("ledger is whole"));
}

fn what_was_asked_for_is_carried_out(kind: Kind) {
    let original = original(kind);
    let copy = original.copy();
    let street = &copy.street;
    let asked: Vec<String> = EXCHANGES.iter().map(|(exchange, _)| ask(street, exchange)).collect();
    let cancelled = ask(street, "food-people");
    street.good(&["transfer", "cancel", &cancelled, "--reason", "asked for twice"]).unwrap();
    let ended = street.run(&["work", "--until-idle"]).unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    for transfer in &asked {
        assert_eq!(
            state_of(street, transfer),
            "delivered",
            "{}",
            street.good(&["transfer", "show", transfer]).unwrap()
        );
    }
    assert_eq!(ended.err.matches("done").count(), 3, "{}", ended.err);
    assert_eq!(state_of(street, &cancelled), "cancelled");
    each_once(street, &asked);
    let late = street.run(&["transfer", "cancel", &asked[0], "--reason", "asked for twice"]).unwrap();
    assert!(late.code == Some(2) && late.err.contains("only what has not left can be cancelled"), "{}", late.err);
    let said = street.good(&["transfer", "show", &asked[0]]).unwrap();
    let happened = ["transfer-requested", "attempt-begun", "transfer-sealed", "delivery-begun", "delivery-arrived"];
    assert!(
        street.run(&["--as", "lantern-relief-admin", "transfer", "show", &asked[0]]).unwrap().out.lines().count() <= 6
    );
    let places: Vec<_> = happened.iter().map(|event| said.find(event).expect(event)).collect();
    assert!(places.is_sorted(), "{said}");
}

#[test]
fn what_was_asked_for_is_carried_out_on_sqlite() {
    what_was_asked_for_is_carried_out(Kind::Sqlite);
}

#[test]
fn what_was_asked_for_is_carried_out_on_postgres() {
    what_was_asked_for_is_carried_out(Kind::Postgres);
}

#[test]
fn beside_the_one_worker_of_sqlite_every_command_works() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let street = &copy.street;
    let worker = Worker::begin(street, |_| {});
    until("it is at work", || street.home().join("data/workers").read_dir().is_ok_and(|found| found.count() > 0));
    let said = street.good(&["transfer", "run", "food-people"]).unwrap();
    assert!(said.contains("delivered: "), "{said}");
    let sent = causeway_testkit::street::delivered(&said).unwrap();
    let receipt = street.sign_receipt(&sent.package, "accepted").unwrap().display().to_string();
    street.good(&["receipt", "add", &receipt]).unwrap();
    street.good(&["transfer", "resume"]).unwrap();
    street.good(&["backup", &street.home().join("copy.backup").display().to_string()]).unwrap();
    street.good(&["ledger", "verify"]).unwrap();
    let second = street.run(&["work", "--until-idle"]).unwrap();
    assert!(second.code == Some(5) && second.err.contains("another process is at work here"), "{}", second.err);
    assert!(worker.ended().contains("asked to end"));
    each_once(street, &[sent.transfer]);
}

#[test]
fn workers_that_are_killed_lose_nothing_and_double_nothing() {
    let original = original(Kind::Postgres);
    let copy = original.copy();
    let street = &copy.street;
    let asked: Vec<String> = (0..18).map(|number| ask(street, EXCHANGES[number % 3].0)).collect();
    let mut chance = random::seeded(11);
    let mut workers: Vec<Worker> = (0..3).map(|_| Worker::begin(street, |_| {})).collect();
    let mut killed = 0;
    until("eighteen transfers", || {
        std::thread::sleep(Duration::from_millis(chance.random_range(200..1_500)));
        if killed < 12 {
            let victim = chance.random_range(0..workers.len());
            workers[victim].signal("-KILL");
            workers[victim] = Worker::begin(street, |_| {});
            killed += 1;
        }
        asked.iter().all(|transfer| state_of(street, transfer) == "delivered")
    });
    assert!(killed > 0);
    drop(workers);
    each_once(street, &asked);
}

/// While one is held up at `mark` for longer than its lease by another's clock, that one takes the transfer over.
fn overtaken_at(copy: &Copy, mark: &str) {
    let street = &copy.street;
    let transfer = ask(street, "food-people");
    let script = copy.folder().join("overtake.sh");
    let (binary, home) = (env!("CARGO_BIN_EXE_causeway"), street.home().display());
    let soon = "$(date -u -d '+120 seconds' +%Y-%m-%dT%H:%M:%SZ)";
    fs::write(&script, format!("CAUSEWAY_NOW={soon} {binary} --home {home} work --until-idle\n")).unwrap();
    let at = format!("{mark}={}", script.display());
    let slept = street.command(&["work", "--until-idle"]).env("CAUSEWAY_RUN_AT", at).output().unwrap();
    let said = String::from_utf8_lossy(&slept.stderr).into_owned();
    assert!(slept.status.success() && said.contains("another worker has it"), "{mark}: {said}");
    assert_eq!(state_of(street, &transfer), "delivered", "{mark}");
    each_once(street, &[transfer]);
}

#[test]
fn who_slept_past_the_lease_changes_nothing_and_leaves_nothing() {
    let original = original(Kind::Postgres);
    let marks = ["prepare-report-begun", "prepare-package-in-staging", "prepare-package-moved", "prepare-sealed"];
    for mark in marks.into_iter().chain(["deliver-folder-made", "deliver-part-copied", "deliver-before-rename"]) {
        overtaken_at(&original.copy(), mark);
    }
}

#[test]
fn who_lost_the_lease_says_so_in_the_ledger() {
    let original = original(Kind::Postgres);
    let copy = original.copy();
    overtaken_at(&copy, "prepare-report-begun");
    let leaves = leaves_of(&copy.street);
    let interrupted = leaves.iter().find(|leaf| leaf.event == "attempt-interrupted").unwrap();
    assert_eq!(interrupted.body["violations"][0]["code"], "lease-lost");
}

#[test]
fn a_transfer_that_is_cancelled_while_it_is_prepared_ends_there() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let street = &copy.street;
    let transfer = ask(street, "food-people");
    let script = copy.folder().join("cancel.sh");
    let (binary, home) = (env!("CARGO_BIN_EXE_causeway"), street.home().display());
    let cancel =
        format!("{binary} --home {home} --as registration transfer cancel {transfer} --reason 'not any more'\n");
    fs::write(&script, cancel).unwrap();
    let at = format!("prepare-package-in-staging={}", script.display());
    let worked = street.command(&["work", "--until-idle"]).env("CAUSEWAY_RUN_AT", at).output().unwrap();
    assert!(worked.status.success());
    assert_eq!(state_of(street, &transfer), "cancelled");
    assert_eq!(at_partner(street), 0);
    each_once(street, &[]);
}

#[test]
fn what_fails_is_tried_again_later_and_given_up_in_the_end() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let street = &copy.street;
    let transfer = ask(street, "food-people");
    let outbox = street.home().join("outbox");
    fs::create_dir_all(&outbox).unwrap();
    fs::write(outbox.join(PARTNER), "no folder").unwrap();
    let begun: jiff::Timestamp = "2030-03-01T00:00:00Z".parse().unwrap();
    let work = |hours: i64| {
        let now = begun + jiff::SignedDuration::from_hours(hours);
        let mut command = street.command(&["work", "--until-idle"]);
        String::from_utf8_lossy(&command.env("CAUSEWAY_NOW", now.to_string()).output().unwrap().stderr).into_owned()
    };
    let said = work(0);
    assert!(said.contains("failed, and is tried again"), "{said}");
    assert!(!work(0).contains("failed"), "not before it is due");
    for hour in 1..39 {
        assert!(work(hour).contains("failed, and is tried again"), "hour {hour}");
    }
    let said = work(39);
    assert!(said.contains("given up"), "{said}");
    assert_eq!(state_of(street, &transfer), "abandoned");
    let leaves = leaves_of(street);
    let leaf = leaves.iter().find(|leaf| leaf.event == "transfer-abandoned").unwrap();
    assert_eq!(leaf.body["violations"][0]["code"], "gave-up");
    assert!(!work(60).contains("failed"), "nobody tries it any more");
}

#[test]
fn a_worker_that_is_asked_to_end_lets_go_what_takes_longer_than_twenty_seconds() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    let street = &copy.street;
    let transfer = ask(street, "food-people");
    let slow = |command: &mut Command| {
        command.env("CAUSEWAY_SLOW_AT", "deliver-part-copied=30000");
    };
    let worker = Worker::begin(street, slow);
    until("it is being delivered", || state_of(street, &transfer) == "delivering");
    let said = worker.ended();
    assert!(said.contains("asked to end") && said.contains("held back"), "{said}");
    let interrupted = leaves_of(street).into_iter().find(|leaf| leaf.event == "delivery-interrupted").unwrap();
    assert!(interrupted.body["detail"].as_str().unwrap().contains("ending"), "{interrupted:?}");
    assert_eq!(at_partner(street), 0);
    street.good(&["transfer", "resume"]).unwrap();
    each_once(street, &[transfer]);
}

/// The folder of a worker's lock is no place for anything else.
#[test]
fn workers_that_ended_well_leave_no_lock() {
    let original = original(Kind::Sqlite);
    let copy = original.copy();
    ask(&copy.street, "food-people");
    copy.street.good(&["work", "--until-idle"]).unwrap();
    assert_eq!(locks(copy.street.home()), 0);
}

fn locks(home: &Path) -> usize {
    fs::read_dir(home.join("data/workers")).unwrap().count()
}
