//! Is a value that was not agreed found nowhere, and one that was agreed only in the decrypted package?

mod contents;
mod core;
mod inbound;
mod leaks;
mod memory;
mod plant;
mod reviewed;
pub mod search;
mod told;
mod writes;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use causeway_testkit::street::{EXCHANGES, Street, delivered};
use causeway_testkit::throw_away;

use crate::live::stores::{Kind, Live, own_examples};
use search::{Found, Search};

/// What a command said, to be searched.
struct Said {
    command: String,
    out: Vec<u8>,
    err: Vec<u8>,
    code: Option<i32>,
}

/// An installation whose every output is kept: it logs all that it can, and has a temporary folder of its own.
struct Watched {
    street: Street,
    temporary: PathBuf,
    said: Vec<Said>,
    /// Its stores, where they are live servers; then so little may be held that every run spills.
    live: Option<Live>,
}

/// Bytes that an operator may hold over live servers.
const SHARE: &str = "20000";

impl Watched {
    fn new(dir: &Path) -> Self {
        let (home, temporary, examples) = (dir.join("home"), dir.join("temporary"), dir.join("examples"));
        own_examples(&examples);
        for folder in [&home, &temporary] {
            std::fs::create_dir(folder).unwrap();
        }
        let street = Street::new(env!("CARGO_BIN_EXE_causeway"), home, examples);
        Self { street, temporary, said: Vec::new(), live: None }
    }

    /// Moves the stores, as they are now, into live servers.
    fn move_in(&mut self, registration: Kind) {
        let catalogue = PathBuf::from(self.street.example("catalogue.yaml"));
        self.live = Some(Live::move_in(registration, &self.street.sources(), &catalogue));
    }

    /// A command that logs everything and has the private temporary folder.
    fn shape(&self, command: &mut Command) {
        command.env("CAUSEWAY_LOG", "trace").env("TMPDIR", &self.temporary).env("RUST_BACKTRACE", "full");
        if self.live.is_some() {
            command.env("CAUSEWAY_SPILL_PAST", SHARE);
        }
    }

    /// Runs a command with extra environment, whatever becomes of it; its standard output.
    fn run_with(&mut self, arguments: &[&str], environment: &[(&str, &str)]) -> String {
        let mut command = self.street.command(arguments);
        self.shape(&mut command);
        let output = command.envs(environment.iter().copied()).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        self.said.push(Said {
            command: arguments.join(" "),
            out: output.stdout,
            err: output.stderr,
            code: output.status.code(),
        });
        text
    }

    /// Runs a command that must succeed; its standard output.
    fn good(&mut self, arguments: &[&str]) -> String {
        let out = self.run_with(arguments, &[]);
        let last = self.said.last().unwrap();
        assert_eq!(last.code, Some(0), "{}: {}", last.command, String::from_utf8_lossy(&last.err));
        out
    }

    /// Everything that occurs in outputs, logs, the installation (the stores that it reads and what the partner opened
    /// left out) and the temporary folder.
    fn found(&self, search: &Search) -> BTreeSet<Found> {
        let mut found = BTreeSet::new();
        for Said { command, out, err, .. } in &self.said {
            found.extend(search.bytes(&format!("output of {command}"), out));
            found.extend(search.bytes(&format!("log of {command}"), err));
        }
        let except = [self.street.sources(), self.street.partner().join("opened")];
        found.extend(search.folder(self.street.home(), &except));
        found.extend(search.folder(&self.temporary, &[]));
        found
    }
}

#[test]
fn what_is_not_agreed_is_nowhere_and_what_is_agreed_only_in_the_opened_package() {
    stays_where_it_belongs(None);
}

#[test]
fn over_live_stores_with_spilling_what_is_not_agreed_is_nowhere() {
    stays_where_it_belongs(Some(Kind::Postgres));
}

#[test]
fn over_live_stores_the_other_way_round_what_is_not_agreed_is_nowhere() {
    stays_where_it_belongs(Some(Kind::Mariadb));
}

fn stays_where_it_belongs(kind: Option<Kind>) {
    let dir = throw_away::directory().unwrap();
    let mut watched = Watched::new(dir.path());
    let sources = watched.street.sources();
    let (canaries, _) = plant::plant(&sources, 1000, kind.is_none());
    let search = canaries.search();

    // The search sees every canary where it was put, or its silence would mean nothing.
    let there: BTreeSet<String> = search.folder(&sources, &[]).into_iter().map(|found| found.name).collect();
    // The first's phone is written there with spaces.
    let unseen: Vec<&str> =
        canaries.0.iter().map(|canary| canary.name.as_str()).filter(|name| !there.contains(*name)).collect();
    assert_eq!(unseen, ["phone of the first"]);

    if let Some(kind) = kind {
        watched.move_in(kind);
    }
    watched.street.set_up().unwrap();
    let catalogue = watched.street.example("catalogue.yaml");
    let checked = watched.run_with(&["catalogue", "check", &catalogue], &[]);
    assert!(checked.contains("code-unknown"), "{checked}");
    // Cut off with a whole package in staging: what lies there and in the write-ahead log is searched as it lies, then the
    // next run carries on.
    watched.run_with(&["transfer", "run", EXCHANGES[0].0], &[("CAUSEWAY_CRASH_AT", "prepare-package-in-staging")]);
    assert_eq!(watched.said.last().unwrap().code, None, "the run was not cut off");
    let log = std::fs::metadata(watched.street.home().join("data/causeway.sqlite-wal")).unwrap();
    assert!(log.len() > 4096, "there is no write-ahead log to search");
    assert_eq!(watched.found(&search), BTreeSet::new());

    let opened = watched.street.partner().join("opened");
    std::fs::create_dir_all(&opened).unwrap();
    let mut first = String::new();
    for (exchange, _) in EXCHANGES {
        let said = watched.good(&["transfer", "run", exchange]);
        assert_eq!(said.contains("spilled: "), kind.is_some(), "{said}");
        let sent = delivered(&said).unwrap();
        watched.good(&["status"]);
        let package = watched.street.open(&sent.package, &opened.join(exchange)).unwrap();
        let receipt = watched.street.sign_receipt(&sent.package, "accepted").unwrap();
        watched.good(&["receipt", "add", &receipt.display().to_string()]);

        let found = search.folder(&package, &[]);
        let names: BTreeSet<&str> = found.iter().map(|found| found.name.as_str()).collect();
        assert_eq!(names, canaries.agreed(exchange).into_iter().collect(), "{exchange}: {found:#?}");
        if first.is_empty() {
            first = sent.transfer;
        }
    }
    let export = watched.street.home().join("ledger.export");
    watched.good(&["ledger", "export", "--out", &export.display().to_string()]);
    watched.good(&["ledger", "verify"]);
    assert_eq!(watched.found(&search), BTreeSet::new());
    if let Some(live) = watched.live {
        live.nothing_stays_open();
    }

    // The report that is sealed to the operation does hold what was left out: it got that far and no further.
    let report = watched.good(&["quarantine", "open", &first, "--reason", "a test looks for invented values"]);
    let names: BTreeSet<String> =
        search.bytes("report", report.as_bytes()).into_iter().map(|found| found.name).collect();
    for name in ["sex of UnknownCode", "date_of_birth of ImpossibleDate", "phone of UnparseablePhone"] {
        assert!(names.contains(name), "the report lacks {name}; it has {names:?}");
    }
}
