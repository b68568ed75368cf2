//! An arrangement goes out of force, or is amended, at each step of a running transfer: is nothing sealed and nothing sent
//! after, and does the transfer end as the rule says?
//!
//! What happens, happens at that very step: the running process waits there until another has done it, beside it, by the
//! command line (`CAUSEWAY_RUN_AT`). The steps are the marks that `kill` dies at, without those inside of a transaction.

use std::fs;
use std::path::{Path, PathBuf};

use causeway_testkit::population::{Plant, Spec};
use causeway_testkit::street::Street;

use crate::copied::{Copy, Leaf, Original};
use crate::governance::place::Kind;
use crate::kill::MARKS;

/// The last step before a package exists: from the next one on there is one.
const LAST_UNSEALED: &str = "prepare-package-moved";
/// The last step at which the partner has nothing: from the next one on it has the package.
const LAST_UNSEEN: &str = "deliver-before-rename";

/// Steps at which a part is on its way: what of it was handed to the system before the look is there.
const ON_ITS_WAY: [&str; 1] = ["deliver-bytes"];

/// The last second of the arrangement, and the first one after.
const LAST: &str = "2030-12-31T23:59:59Z";
const OVER: &str = "2031-01-01T00:00:00Z";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// An officer suspends it.
    Suspended,
    /// Its last day ends, and another process enters that in the ledger.
    Expired,
    /// Its last day ends, and nobody but the running process can notice.
    ExpiredUnnoticed,
    /// Its next version, which every party signed before, comes into force.
    Amended,
}

impl What {
    /// What another process does at the step.
    fn script(self, causeway: &str) -> String {
        match self {
            Self::Suspended => format!("{causeway} --as protection arrangement suspend food-2026 --reason 'a breach'"),
            Self::Expired => format!("CAUSEWAY_NOW={OVER} {causeway} arrangement list"),
            Self::ExpiredUnnoticed => "true".to_owned(),
            Self::Amended => format!("{causeway} --as representative arrangement activate food-2026"),
        }
    }

    /// Whether a leaf tells that it happened.
    fn is_told_by(self, leaf: &Leaf) -> bool {
        let event = match self {
            Self::Suspended => "suspend",
            Self::Expired => "expire",
            Self::Amended => "activate",
            Self::ExpiredUnnoticed => return false,
        };
        let moves = leaf.body["moves"].as_array();
        leaf.event == "arrangement-moved" && moves.is_some_and(|moves| moves.iter().any(|one| one["event"] == event))
    }
}

/// The steps in the order of the street.
fn steps() -> Vec<&'static str> {
    MARKS.iter().map(|(mark, _)| *mark).filter(|mark| !mark.starts_with("store-")).collect()
}

/// An installation whose arrangement has a next version that only needs to be brought into force.
fn set_up(street: &Street) {
    street.people(&Spec::of(60).plant(Plant::none())).unwrap();
    street.set_up_with(&["lantern-relief"], &["food"], &[("food-people", "exchange-people.yaml")]).unwrap();
    let text = fs::read_to_string(street.example("arrangement-food.yaml")).unwrap();
    let next = text.replace("version: 1\n", "version: 2\n").replace("retention_days: 90", "retention_days: 60");
    let file = street.home().join("next.yaml");
    fs::write(&file, next).unwrap();
    street.good(&["arrangement", "amend", &file.display().to_string()]).unwrap();
    street.good(&["arrangement", "propose", "food-2026"]).unwrap();
    for officer in ["representative", "lantern-relief-admin"] {
        let key = street.key_of(officer);
        street.good(&["arrangement", "sign", "food-2026", "--officer", officer, "--key", &key]).unwrap();
    }
}

fn at_every_step(kind: Kind, what: What) {
    let original = Original::new(kind, set_up);
    let steps = steps();
    let place = |mark: &str| steps.iter().position(|step| *step == mark).unwrap();
    assert!(place(LAST_UNSEALED) < place(LAST_UNSEEN) && steps.len() >= 17, "{steps:?}");
    for step in &steps {
        let sealed = place(step) > place(LAST_UNSEALED) || what == What::Amended;
        let delivered = place(step) > place(LAST_UNSEEN) || what == What::Amended;
        println!("{what:?} at {step}: sealed {sealed}, delivered {delivered}");
        ends_as_the_rule_says(&original.copy(), what, step, sealed, delivered);
    }
}

fn ends_as_the_rule_says(copy: &Copy, what: What, step: &str, sealed: bool, delivered: bool) {
    let (street, outbox) = (&copy.street, copy.street.home().join("outbox"));
    let (script, seen) = (copy.folder().join("script"), copy.folder().join("seen"));
    let causeway = format!("'{}' --home '{}'", env!("CARGO_BIN_EXE_causeway"), street.home().display());
    let look = format!(
        "mkdir -p '{0}'; cd '{0}'; find . -type f -printf '%p %s\\n' | sort > '{1}'",
        outbox.display(),
        seen.display()
    );
    fs::write(&script, format!("{}\n{look}\n", what.script(&causeway))).unwrap();

    let mut run = street.command(&["transfer", "run", "food-people"]);
    run.env("CAUSEWAY_RUN_AT", format!("{step}={}", script.display()));
    if matches!(what, What::Expired | What::ExpiredUnnoticed) {
        run.env("CAUSEWAY_NOW", LAST).env("CAUSEWAY_NOW_AFTER", format!("{step}={OVER}"));
    }
    let ended = run.output().unwrap();
    let said = [ended.stdout, ended.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
    let told = format!("{what:?} at {step}: {said}");
    assert!(seen.exists(), "the step is passed: {told}");
    assert_eq!(ended.status.code(), Some(if delivered { 0 } else { 4 }), "{told}");
    assert_eq!(said.contains(" lapsed: "), !delivered, "{told}");
    assert_eq!(said.contains(" delivered: "), delivered, "{told}");

    // Nothing is sealed after, and a lapse is told once.
    let leaves = copy.leaves();
    let at = |event: &str| leaves.iter().position(|leaf| leaf.event == event);
    let count = |event: &str| leaves.iter().filter(|leaf| leaf.event == event).count();
    let over = OVER.parse::<jiff::Timestamp>().unwrap();
    assert_eq!(at("transfer-sealed").is_some(), sealed, "{told}");
    assert_eq!(count("transfer-lapsed"), usize::from(!delivered), "{told}");
    if let (Some(sealed), true) = (at("transfer-sealed"), what != What::Amended) {
        let happened = leaves.iter().position(|leaf| what.is_told_by(leaf));
        assert!(happened.is_none_or(|happened| sealed < happened), "{told}");
        assert!(leaves[sealed].at < over, "{told}");
        assert_eq!(happened.is_some(), what != What::ExpiredUnnoticed, "{told}");
    }
    if let Some(lapsed) = at("transfer-lapsed") {
        let after = leaves[lapsed..]
            .iter()
            .filter(|leaf| leaf.event.starts_with("delivery-") || leaf.event.starts_with("transfer-"));
        assert_eq!(after.count(), 1, "{told}{leaves:#?}");
    }

    // The partner has all of it or nothing, and no byte that came after.
    assert_eq!(packages(&outbox).len(), usize::from(delivered), "{told}");
    let (before, now) = (fs::read_to_string(&seen).unwrap(), files(&outbox));
    if !delivered && !ON_ITS_WAY.contains(&step) {
        assert_eq!(now, before, "{told}");
    }
    if let Some(package) = packages(&outbox).first() {
        street.open(package, &copy.folder().join("opened")).unwrap();
        let version = leaves[at("transfer-sealed").unwrap()].body["arrangement_version"].clone();
        assert_eq!(version, 1, "it ends under the version that it began with: {told}");
    }

    // It has ended: there is nothing to carry on, whatever is in force again.
    if what == What::Suspended {
        street.good(&["--as", "representative", "arrangement", "resume", "food-2026"]).unwrap();
    }
    let mut resume = street.command(&["transfer", "resume"]);
    if matches!(what, What::Expired | What::ExpiredUnnoticed) {
        resume.env("CAUSEWAY_NOW", OVER);
    }
    let resumed = resume.output().unwrap();
    let said = String::from_utf8(resumed.stdout).unwrap();
    assert!(resumed.status.success() && said.contains("0 transfers carried on"), "{told}{said}");
    assert_eq!(files(&outbox), now, "{told}");
    assert_eq!(files(&street.home().join("data/staging")), "", "{told}");
    assert_eq!(packages(&street.home().join("data/packages")).len(), usize::from(sealed), "{told}");
    if what == What::Amended {
        street.transfer("food-people").unwrap();
        let leaves = copy.leaves();
        let last = leaves.iter().rev().find(|leaf| leaf.event == "transfer-sealed").unwrap();
        assert_eq!(last.body["arrangement_version"], 2, "the next one is under the next version: {told}");
    }
    street.good(&["ledger", "verify"]).unwrap();
}

/// Folders with a package's name, of every partner.
fn packages(folder: &Path) -> Vec<PathBuf> {
    let inside = |folder: &Path| -> Vec<PathBuf> {
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    };
    let is_package = |path: &Path| {
        path.join("manifest.json").exists() && !path.file_name().unwrap().to_str().unwrap().starts_with('.')
    };
    let mut found: Vec<PathBuf> = inside(folder);
    found.extend(inside(folder).iter().filter(|path| path.is_dir()).flat_map(|path| inside(path)));
    found.into_iter().filter(|path| is_package(path)).collect()
}

/// Every file in a folder with its size, as the script writes them.
fn files(folder: &Path) -> String {
    let mut found = std::process::Command::new("sh");
    found.args(["-c", "find . -type f -printf '%p %s\\n' | sort"]).current_dir(folder);
    String::from_utf8(found.output().unwrap().stdout).unwrap()
}

macro_rules! events {
    ($($name:ident: $what:ident),+ $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                super::at_every_step(super::Kind::Sqlite, super::What::$what);
            })+
        }
        mod postgres {
            $(#[test]
            fn $name() {
                super::at_every_step(super::Kind::Postgres, super::What::$what);
            })+
        }
    };
}

events!(
    suspended_at_every_step: Suspended,
    expired_at_every_step: Expired,
    expired_unnoticed_at_every_step: ExpiredUnnoticed,
    amended_at_every_step: Amended,
);
