//! Is a source that is ten times larger than it says answered right, within the memory?
//!
//! PostgreSQL only: MariaDB counts the rows of a table as they come, and is about right by itself.

use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::street::{Delivered, delivered};

use super::stores::Kind;
use super::{DOCUMENTS, EXCHANGE, Installed};

const PEOPLE: u32 = 12_000;
/// Mebibytes that the transfer may take: what it holds in any case, and hardly more.
const MEMORY: u64 = 161;
/// Bytes that an operator may hold of them, in a build for tests: the least that it may hold else is more than these people.
const SHARE: &str = "500000";

#[test]
fn a_source_ten_times_larger_than_estimated_gives_the_right_answer_within_the_memory() {
    let people = Spec::of(PEOPLE).plant(Plant { outside: 100, ..Plant::none() });
    let installed = Installed::new(Kind::Postgres, &people, str::to_owned, DOCUMENTS);
    let (right, _) = run(&installed, &["--memory", "2000"], &[]);
    // As after an analysis of a twelfth of the people and of a third of what belongs to them: so few records, it seems,
    // that they should be read first and held.
    for (table, times) in [("individual", 12), ("document", 3)] {
        let update = format!("UPDATE pg_class SET reltuples = reltuples / {times} WHERE relname = '{table}'");
        installed.live.sql(&update);
    }
    let explained = installed.street.good(&["exchange", "explain", EXCHANGE]).unwrap();
    assert!(explained.contains("records, read first"), "{explained}");

    let (answer, told) = run(&installed, &["--memory", &MEMORY.to_string()], &[("CAUSEWAY_SPILL_PAST", SHARE)]);
    let last = told.last().unwrap();
    let table = &last["sources"]["progres/individual"];
    let (read, expected) = (table["read"].as_u64().unwrap(), table["expected"].as_u64().unwrap());
    assert!(read >= expected * 10, "{expected} were expected, {read} came");
    assert_eq!(answer.counts, right.counts);
    assert_eq!(installed.lines(&answer.package), installed.lines(&right.package));
    let most = told.iter().filter_map(|line| line["memory_mebibytes"].as_u64()).max().unwrap();
    assert!(most <= MEMORY, "{most} MiB");
    let spilled = last["spilled_bytes"].as_u64().unwrap();
    assert!(spilled > 0 || !cfg!(feature = "test-hooks"), "nothing was spilled: {last}");
    installed.live.nothing_stays_open();
}

/// A run that must succeed: what it delivered, and what it told on the way.
fn run(installed: &Installed, arguments: &[&str], environment: &[(&str, &str)]) -> (Delivered, Vec<serde_json::Value>) {
    let arguments = [&["transfer", "run", EXCHANGE, "--progress", "json"], arguments].concat();
    let mut command = installed.street.command(&arguments);
    let ended = command.envs(environment.iter().copied()).output().unwrap();
    let (out, err) = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success(), "{out}{err}");
    let told = err.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    (delivered(&out).unwrap(), told)
}
