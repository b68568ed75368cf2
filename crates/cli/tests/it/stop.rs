//! Does a stop hold while a delivery runs: no byte after five seconds, nothing lost, and on it goes when two resume?

use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use causeway_testkit::population::Spec;
use causeway_testkit::street::{Street, delivered};
use causeway_testkit::throw_away;

use crate::street::street;

/// What the brief of the switch allows.
const IN_FORCE: Duration = Duration::from_secs(5);

/// A delivery over a line so slow that it takes a minute.
fn slow_delivery(street: &Street) -> Child {
    let mut command = street.command(&["transfer", "run", "food-people"]);
    command.env("CAUSEWAY_SLOW_AT", "deliver-bytes=400").stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Every file that lies at the partner's, hidden ones too, with its size.
fn at_partner(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            match entry.metadata() {
                Ok(about) if about.is_dir() => folders.push(path),
                Ok(about) => found.push((path, about.len())),
                Err(_) => {}
            }
        }
    }
    found.sort();
    found
}

/// Waits until the delivery has begun to write; the folder that it writes into.
fn until_bytes_leave(outbox: &Path, child: &mut Child) {
    let until = Instant::now() + Duration::from_secs(60);
    while at_partner(outbox).iter().map(|(_, size)| size).sum::<u64>() == 0 {
        assert!(child.try_wait().unwrap().is_none(), "the delivery ended before it was seen");
        assert!(Instant::now() < until, "no byte left within a minute");
        std::thread::yield_now();
    }
}

fn resumed(street: &Street, words: &[&str]) {
    for officer in ["representative", "protection"] {
        let key = street.key_of(officer);
        let mut line = vec!["resume"];
        line.extend(words);
        line.extend(["--officer", officer, "--key", &key]);
        street.good(&line).unwrap();
    }
}

#[test]
fn no_byte_leaves_five_seconds_after_a_stop_and_nothing_is_lost() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    street.people(&Spec::of(12_000)).unwrap();
    street.set_up_with(&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")]).unwrap();
    let outbox = dir.path().join("outbox");
    for scope in [vec!["all"], vec!["operation"], vec!["partner", "lantern-relief"]] {
        let mut child = slow_delivery(&street);
        until_bytes_leave(&outbox, &mut child);
        // From a second process, while the first holds the installation.
        let asked = Instant::now();
        let mut line = vec!["stop"];
        line.extend(&scope);
        line.extend(["--reason", "a test of the switch"]);
        let said = street.good(&line).unwrap();
        assert!(said.contains("is stopped"), "{said}");
        assert!(asked.elapsed() < IN_FORCE, "the stop waited {:?}", asked.elapsed());
        let stopped = Instant::now();
        let ended = child.wait_with_output().unwrap();
        assert!(stopped.elapsed() < IN_FORCE, "the delivery went on for {:?}", stopped.elapsed());
        let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
        assert_eq!(ended.status.code(), Some(4), "{out}{err}");
        assert!(err.contains("held back") && err.contains("stopped"), "{err}");
        let left = at_partner(&outbox);
        assert!(left.iter().all(|(path, _)| path.to_string_lossy().contains(".incoming-")), "{left:?}");
        // Nobody can go on by hand either, and others are told why.
        let refused = street.run(&["transfer", "resume"]).unwrap();
        assert_eq!(refused.code, Some(4), "{}", refused.err);
        assert_eq!(at_partner(&outbox), left, "{}", refused.err);
        assert!(street.good(&["status"]).unwrap().contains("STOPPED"));
        resumed(&street, &scope);
        let said = street.good(&["transfer", "resume"]).unwrap();
        let sent = delivered(&said.replace("1 transfers carried on\n", "")).unwrap();
        street.open(&sent.package, &dir.path().join(format!("opened-{}", scope.join("-")))).unwrap();
        std::fs::remove_dir_all(&outbox).unwrap();
    }
    street.good(&["ledger", "verify"]).unwrap();
}

#[test]
fn a_stop_ends_a_preparation_and_the_next_one_begins_anew() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    street.people(&Spec::of(2_500)).unwrap();
    street.set_up_with(&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")]).unwrap();
    // Long enough between reading and sealing for the stop to come.
    let mut command = street.command(&["transfer", "run", "food-people"]);
    command.env("CAUSEWAY_SLOW_AT", "prepare-report-kept=4000").stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let staging = dir.path().join("data/staging");
    let until = Instant::now() + Duration::from_secs(60);
    while !at_partner(&staging).iter().any(|(path, _)| path.ends_with("manifest.json")) {
        assert!(child.try_wait().unwrap().is_none() && Instant::now() < until, "nothing was prepared");
        std::thread::yield_now();
    }
    street.good(&["stop", "all", "--reason", "a test of the switch"]).unwrap();
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(4), "{}", String::from_utf8_lossy(&ended.stderr));
    assert_eq!(at_partner(&staging), [], "nothing is left of what was not sealed");
    assert_eq!(at_partner(&dir.path().join("data/packages")), []);
    let refused = street.run(&["transfer", "run", "food-people"]).unwrap();
    assert_eq!(refused.code, Some(4));
    assert!(refused.err.contains("stopped"), "{}", refused.err);
    resumed(&street, &["all"]);
    assert!(street.good(&["transfer", "resume"]).unwrap().contains("1 transfers carried on"));
}
