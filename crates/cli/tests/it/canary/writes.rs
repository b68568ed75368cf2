//! Which files does a transfer open for writing? Those on the list, all of them and no other, as `strace` sees it.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use causeway_testkit::street::delivered;
use causeway_testkit::throw_away;

use super::{Watched, plant};
use crate::live::stores::Kind;

/// Everything that a transfer and its receipt write, below the installation's folder; `*` stays within a name.
const ALLOWED: [&str; 18] = [
    "data/causeway.sqlite",
    "data/causeway.sqlite-wal",
    "data/causeway.sqlite-shm",
    "data/causeway.sqlite.lock",
    "keys/ledger.head",
    "keys/ledger.head.new",
    // The lock of who works; it holds nothing.
    "data/workers/*.lock",
    // Ciphertext and its signed manifest, in the making and made; ids of what was moved out.
    "data/staging/*/*.age",
    "data/staging/*/*/*.age",
    "data/staging/*/*/manifest.*",
    "data/staging/*/moved",
    "data/packages/*",
    "data/sealed/*.report.age*",
    "data/sealed/*.people.age*",
    // The same package at the partner's.
    "outbox/*/.incoming-*/*.age*",
    "outbox/*/.incoming-*/manifest.json*",
    "outbox/*/.incoming-*/manifest.sig*",
    "outbox/*/*",
];

/// Where a run that spills writes as well: a file in that folder that never has a name, or loses it at once where the file
/// system knows no such file.
const SPILL: [&str; 2] = ["data/staging/*", "data/staging/*/.tmp*"];

/// A question mark lets `strace` pass over a call that this kind of processor does not have.
const CALLS: &str = "trace=?open,openat,?openat2,?creat,?rename,?renameat,renameat2,?link,linkat,?symlink,symlinkat,?mknod,mknodat,memfd_create";

#[test]
fn files_opened_for_writing_are_those_on_the_list() {
    opens_what_is_on_the_list(None);
}

#[test]
fn over_live_stores_files_opened_for_writing_are_those_on_the_list_and_spill_files() {
    opens_what_is_on_the_list(Some(Kind::Mariadb));
}

fn opens_what_is_on_the_list(kind: Option<Kind>) {
    let dir = throw_away::directory().unwrap();
    let mut watched = Watched::new(dir.path());
    plant::plant(&watched.street.sources(), 1000, kind.is_none());
    if let Some(kind) = kind {
        watched.move_in(kind);
    }
    watched.street.set_up().unwrap();

    let mut written = BTreeSet::new();
    for exchange in ["food-people", "food-households", "school-places"] {
        let (said, paths) = traced(&watched, dir.path(), &["transfer", "run", exchange], &[]);
        written.extend(paths);
        let receipt = watched.street.sign_receipt(&delivered(&said).unwrap().package, "accepted").unwrap();
        let (_, paths) = traced(&watched, dir.path(), &["receipt", "add", &receipt.display().to_string()], &[]);
        written.extend(paths);
    }
    let home = watched.street.home().display().to_string() + "/";
    let spills = |path: &str| path.strip_prefix(&home).is_some_and(|path| SPILL.iter().any(|rule| fits(rule, path)));
    assert_eq!(written.iter().any(|path| spills(path)), kind.is_some(), "{written:#?}");
    let strangers: Vec<&String> = written.iter().filter(|path| !allowed(path, &home) && !spills(path)).collect();
    assert!(strangers.is_empty(), "not on the list: {strangers:#?}");
    let idle: Vec<&&str> = ALLOWED
        .iter()
        .filter(|rule| !written.iter().any(|path| path.strip_prefix(&home).is_some_and(|path| fits(rule, path))))
        .collect();
    assert!(idle.is_empty(), "on the list, and nothing wrote it: {idle:#?}");
    assert_eq!(std::fs::read_dir(&watched.temporary).unwrap().count(), 0, "the temporary folder is not empty");

    // A build that leaks into the temporary folder is seen.
    let leak = [("CAUSEWAY_LEAK", "tmp"), ("CAUSEWAY_LEAK_VALUE", "6c65616b")];
    let (_, paths) = traced(&watched, dir.path(), &["transfer", "run", "food-people"], &leak);
    let strangers: Vec<&String> = paths.iter().filter(|path| !allowed(path, &home) && !spills(path)).collect();
    assert!(
        matches!(&strangers[..], [path] if path.starts_with(&watched.temporary.display().to_string())),
        "{strangers:?}"
    );
    watched.said.clear();
}

/// Runs a command under `strace`; its output and the paths that it opened for writing or gave a file.
fn traced(
    watched: &Watched,
    dir: &Path,
    arguments: &[&str],
    environment: &[(&str, &str)],
) -> (String, BTreeSet<String>) {
    let plain = watched.street.command(arguments);
    let log = dir.join("strace.log");
    let mut command = Command::new("strace");
    command.args(["-f", "-s", "4096", "-e", CALLS, "-o"]).arg(&log).arg(plain.get_program()).args(plain.get_args());
    watched.shape(&mut command);
    let output =
        command.envs(environment.iter().copied()).output().expect("`strace` is there; install the package strace");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8_lossy(&std::fs::read(log).unwrap()).into_owned();
    assert!(text.contains("causeway.sqlite"), "the trace is empty");
    (String::from_utf8_lossy(&output.stdout).into_owned(), text.lines().filter_map(written).collect())
}

/// The path that a line of the trace writes, if it does. Calls that failed count: they show what was meant.
fn written(line: &str) -> Option<String> {
    let call = line.split_once(' ').map_or(line, |(_, call)| call).trim_start();
    let (name, rest) = call.split_once('(')?;
    let quoted: Vec<&str> = rest.split('"').skip(1).step_by(2).collect();
    let opens = matches!(name, "open" | "openat" | "openat2");
    let writes =
        ["O_WRONLY", "O_RDWR", "O_CREAT", "O_TMPFILE", "O_TRUNC", "O_APPEND"].iter().any(|flag| rest.contains(flag));
    if opens && !writes { None } else { quoted.last().map(|path| (*path).to_owned()) }
}

fn allowed(path: &str, home: &str) -> bool {
    path.strip_prefix(home).is_some_and(|path| ALLOWED.iter().any(|rule| fits(rule, path)))
}

/// Whether a path fits a rule, name by name.
fn fits(rule: &str, path: &str) -> bool {
    let (rules, names): (Vec<&str>, Vec<&str>) = (rule.split('/').collect(), path.split('/').collect());
    rules.len() == names.len() && rules.iter().zip(names).all(|(rule, name)| fits_name(rule, name))
}

fn fits_name(rule: &str, name: &str) -> bool {
    match rule.split_once('*') {
        None => rule == name,
        Some((before, after)) => name
            .strip_prefix(before)
            .is_some_and(|rest| (0..=rest.len()).any(|at| rest.get(at..).is_some_and(|tail| fits_name(after, tail)))),
    }
}

#[test]
fn a_rule_stays_within_a_name() {
    assert!(fits("data/staging/*/*.age", "data/staging/ab/cd.age"));
    assert!(!fits("data/staging/*/*.age", "data/staging/ab/ef/cd.age"));
    assert!(!fits("data/staging/*/*.age", "data/staging/ab/cd.csv"));
    assert!(fits("outbox/*/.incoming-*/*.age*", "outbox/p/.incoming-1/a.age.part"));
    let opened = r#"12 openat(AT_FDCWD, "/h/x", O_WRONLY|O_CREAT|O_CLOEXEC, 0600) = 3"#;
    assert_eq!(written(opened).as_deref(), Some("/h/x"));
    assert_eq!(written(r#"12 openat(AT_FDCWD, "/h/x", O_RDONLY|O_CLOEXEC <unfinished ...>"#), None);
    assert_eq!(written(r#"12 rename("/h/x", "/h/y") = 0"#).as_deref(), Some("/h/y"));
    assert_eq!(written("12 <... openat resumed>) = 3"), None);
}
