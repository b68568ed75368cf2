//! Does dying at any moment leave no plaintext, no half package, and no second one?
//!
//! Three ways to die. At a *mark*: the places beside a `// CRASH:` comment that call a probe, through
//! `CAUSEWAY_CRASH_AT`. At a *drawn moment*: SIGKILL after a delay drawn over the length of a whole run. At a *made
//! state*: the writers of `causeway_package` have no probe, so what their comments say may be left is made from a
//! package that stands in staging, and recovery is given that; the drawn moments fall into them as well.
//!
//! [`WHERE`] counts the comments of every file: a new one without a test fails here.

mod scene;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use causeway_testkit::random;
use rand::Rng;
use scene::{Scene, entries};

use crate::live::stores::Kind;

/// Exchange of one small part, and one of three.
const SMALL: &str = "food-short";
const WIDE: &str = "food-wide";

/// Every mark with a probe, and the time at which it is passed: a mark may be passed often in one run.
pub const MARKS: [(&str, &[u32]); 22] = [
    ("request-committed", &[1]),
    ("prepare-attempt-begun", &[1]),
    ("prepare-report-begun", &[1]),
    ("prepare-report-kept", &[1]),
    ("prepare-package-in-staging", &[1]),
    ("prepare-disclosure-sealed", &[1]),
    ("prepare-package-moved", &[1]),
    ("prepare-sealed", &[1]),
    ("deliver-intent-committed", &[1]),
    ("deliver-folder-made", &[1]),
    ("deliver-bytes", &[1, 2]),
    ("deliver-part-copied", &[1, 3]),
    ("deliver-part-sent", &[1, 4]),
    ("deliver-manifest-written", &[1]),
    ("deliver-before-rename", &[1]),
    ("deliver-renamed", &[1]),
    ("deliver-outcome-not-committed", &[1]),
    // A run commits five changes (requested, attempt, sealed, intent, outcome) and orders its leaves after each.
    ("store-change-not-committed", &[1, 2, 3, 4, 5]),
    ("store-change-committed", &[1, 2, 3, 4, 5]),
    ("store-sequence-not-committed", &[1, 2, 3, 5]),
    ("store-sequence-committed", &[1, 2, 4, 6]),
    ("store-head-beside", &[1, 3, 5]),
];

/// How many `// CRASH:` comments each file has. All of `engine`, `connect` and `store` stand beside a probe or say what
/// recovery does about one; those of `package` are made states, or are the partner's own folder (`unpack.rs`).
const WHERE: [(&str, usize); 48] = [
    ("connect/src/deliver/folder.rs", 6),
    // Died at in `crates/connect/tests/it/target_deaths.rs`, on each kind of target.
    ("connect/src/target/apply.rs", 8),
    ("connect/src/target/undo.rs", 4),
    ("engine/src/alert/desk.rs", 1),
    ("engine/src/command/accept_receipt.rs", 1),
    ("engine/src/command/record_decision.rs", 2),
    ("engine/src/command/request_transfer.rs", 1),
    ("engine/src/command/rotate_pseudonyms.rs", 3),
    ("engine/src/command/run_sandbox.rs", 2),
    ("engine/src/drive/answer/round.rs", 1),
    ("engine/src/drive/answer/rows.rs", 1),
    ("engine/src/drive/answer/segment.rs", 1),
    ("engine/src/drive/commit.rs", 5),
    ("engine/src/drive/deliver.rs", 3),
    ("engine/src/drive/following.rs", 1),
    ("engine/src/drive/intake/acknowledge.rs", 1),
    ("engine/src/drive/intake/apply.rs", 1),
    ("engine/src/drive/intake/open.rs", 1),
    ("engine/src/drive/intake/undo.rs", 1),
    ("engine/src/drive/intake/validate.rs", 1),
    ("engine/src/drive/notices.rs", 4),
    ("engine/src/drive/prepare.rs", 1),
    ("engine/src/drive/purge.rs", 1),
    ("engine/src/drive/purge_intakes.rs", 1),
    ("engine/src/drive/ready.rs", 2),
    ("engine/src/drive/recover.rs", 1),
    ("engine/src/drive/report.rs", 1),
    ("engine/src/drive/room.rs", 1),
    ("engine/src/drive/run.rs", 1),
    ("engine/src/drive/taking.rs", 3),
    ("engine/src/intake/collect.rs", 2),
    ("engine/src/intake/receive.rs", 2),
    ("engine/src/intake/upload.rs", 5),
    ("engine/src/schedule/mod.rs", 1),
    ("package/src/delta/apply.rs", 2),
    ("package/src/files.rs", 1),
    ("package/src/open/unpack.rs", 1),
    ("package/src/report.rs", 1),
    ("package/src/seal.rs", 3),
    ("package/src/sorted.rs", 1),
    ("store/src/change/begin_delivery.rs", 1),
    ("store/src/change/make_ready.rs", 1),
    ("store/src/change/take_part.rs", 1),
    ("store/src/change/tell.rs", 1),
    ("store/src/change/tell_round.rs", 1),
    ("store/src/change/writing.rs", 1),
    ("store/src/ledger/sequence.rs", 2),
    ("store/src/open/head.rs", 1),
];
/// Says what a start makes of the state after `store-sequence-committed`, which the first checkpoint is killed at too.
const GUARD: (&str, usize) = ("store/src/open/guard.rs", 1);

/// Moments in all, over [`INSTALLATIONS`].
const MOMENTS: usize = 100;
const INSTALLATIONS: usize = 2;
/// The same over live stores with spilling forced: an installation for each way to lay them out.
const LIVE_MOMENTS: usize = 24;

#[test]
fn every_mark_in_the_sources_is_died_at() {
    let crates = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut names, mut comments) = (Vec::new(), Vec::new());
    for member in ["connect", "engine", "flow", "ledger", "model", "package", "store"] {
        for file in entries(&crates.join(member).join("src")) {
            let text = fs::read_to_string(&file).unwrap();
            for call in ["probe)(\"", "probe, \"", " probe(\""] {
                names.extend(text.split(call).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
            }
            let found = text.lines().filter(|line| line.trim_start().starts_with("// CRASH:")).count();
            if found > 0 {
                comments.push((file.strip_prefix(&crates).unwrap().display().to_string(), found));
            }
        }
    }
    names.sort();
    let elsewhere = crate::environment::MARKS
        .into_iter()
        .chain(crate::governance::ticked::MARKS)
        .chain(crate::deltas::killed::MARKS)
        .chain(crate::alerts::MARKS);
    // What the target is killed at is called where it is passed: by whoever keeps what stood there.
    let comes_in = crate::accept::killed::MARKS.into_iter().filter(|mark| mark.starts_with("intake-"));
    let comes_in = comes_in.chain(crate::api::taken::MARKS).chain(crate::api::decided::MARKS);
    let elsewhere = elsewhere.chain(comes_in).chain(crate::api::killed::MARKS);
    let elsewhere = elsewhere.chain(crate::api::uploads::MARKS).chain(crate::api::uploads::GIVEN_UP);
    let elsewhere = elsewhere.chain(crate::accept::folder::CLAIMED).chain(crate::accept::undone::MARKS);
    let elsewhere = elsewhere.chain(crate::accept::purged::MARKS);
    let elsewhere = elsewhere.chain(crate::governance::withdrawn::MARKS).chain(crate::governance::purged::MARKS);
    let mut marks: Vec<&str> = MARKS.iter().map(|(mark, _)| *mark).chain(elsewhere).collect();
    marks.sort_unstable();
    assert_eq!(names, marks);
    comments.sort();
    let mut known: Vec<(String, usize)> =
        WHERE.iter().chain([&GUARD]).map(|(file, count)| ((*file).to_owned(), *count)).collect();
    known.sort();
    assert_eq!(comments, known);
}

#[test]
fn dying_at_a_mark_loses_nothing_and_doubles_nothing() {
    die_at_marks(Scene::new(7), usize::MAX);
}

#[test]
fn dying_at_a_mark_over_live_stores_loses_nothing_and_doubles_nothing() {
    die_at_marks(Scene::live(8, Kind::Postgres), 1);
}

/// Dies at every mark, at the first `most` times that it is passed.
fn die_at_marks(mut scene: Scene, most: usize) {
    for (mark, times) in MARKS {
        for time in times.iter().take(most) {
            let at = format!("{mark}:{time}");
            let exchange = if mark.starts_with("store") { SMALL } else { WIDE };
            let died = scene.command(&["transfer", "run", exchange]).env("CAUSEWAY_CRASH_AT", &at).output().unwrap();
            assert_eq!(died.status.code(), None, "{at} is not passed: {}", String::from_utf8_lossy(&died.stdout));
            scene.survives(&at, exchange);
        }
    }
    scene.ends();
}

#[test]
fn dying_before_the_first_head_is_written_is_innocent() {
    let scene = Scene::bare();
    let key = scene.home().join("officer.pem");
    let said = scene.good(&["officer", "new", "--out", &key.display().to_string()]);
    let print = said.lines().find_map(|line| line.strip_prefix("fingerprint ")).unwrap().to_owned();
    let public = scene.home().join("officer.pub.pem").display().to_string();
    let add = ["officer", "add", "invented", "--role", "representative", "--key", &public, "--fingerprint", &print];
    let died = scene.command(&add).env("CAUSEWAY_CRASH_AT", "store-sequence-committed").output().unwrap();
    assert_eq!(died.status.code(), None);
    assert!(!scene.home().join("keys/ledger.head").exists());
    scene.good(&["ledger", "verify"]);
    assert!(scene.home().join("keys/ledger.head").exists());
}

#[test]
fn a_request_that_died_unjudged_is_judged_when_it_is_carried_on() {
    let scene = Scene::with(9, |document| document.replace("at_most: 1000", "at_most: 1"));
    let died =
        scene.command(&["transfer", "run", SMALL]).env("CAUSEWAY_CRASH_AT", "request-committed").output().unwrap();
    assert_eq!(died.status.code(), None);
    let carried = scene.command(&["transfer", "resume"]).output().unwrap();
    let said = String::from_utf8_lossy(&carried.stderr).into_owned();
    assert_eq!(carried.status.code(), Some(4), "the frequency was used up: {said}");
    assert!(said.contains("too-frequent"), "{said}");
    assert_eq!(scene.packages().len(), 1, "the one from before");
}

#[test]
fn a_spill_file_that_had_a_name_when_its_run_died_is_cleared() {
    let scene = Scene::bare();
    let file = scene.home().join("data/staging/.tmpA1b2C3");
    fs::write(&file, [7; 100]).unwrap();
    assert_eq!(scene.good(&["transfer", "resume"]), "0 transfers carried on\n");
    assert!(!file.exists());
}

#[test]
fn what_the_packages_writer_leaves_half_done_is_cleared() {
    let mut scene = Scene::new(10);
    type Break = fn(&Path, &Path);
    let states: [(&str, Break); 8] = [
        ("an empty folder", |package, _| entries(package).iter().for_each(|file| fs::remove_file(file).unwrap())),
        ("half a part", |package, _| {
            remove(package, &["manifest.json", "manifest.sig"]);
            cut(&entries(package)[1]);
        }),
        ("parts without a signature", |package, _| remove(package, &["manifest.json", "manifest.sig"])),
        ("half a signature", |package, _| {
            remove(package, &["manifest.json"]);
            fs::rename(package.join("manifest.sig"), package.join("manifest.sig.tmp")).unwrap();
            cut(&package.join("manifest.sig.tmp"));
        }),
        ("a signature without a manifest", |package, _| remove(package, &["manifest.json"])),
        ("a manifest not yet named", |package, _| {
            fs::rename(package.join("manifest.json"), package.join("manifest.json.tmp")).unwrap();
        }),
        ("a report without its end", |package, sealed| {
            entries(package).iter().for_each(|file| fs::remove_file(file).unwrap());
            half(package, sealed, "report");
        }),
        ("a disclosure set without its end", |package, sealed| half(package, sealed, "people")),
    ];
    for (state, break_it) in states {
        let died = scene
            .command(&["transfer", "run", WIDE])
            .env("CAUSEWAY_CRASH_AT", "prepare-package-in-staging")
            .output()
            .unwrap();
        assert_eq!(died.status.code(), None);
        let staged: Vec<PathBuf> =
            fs::read_dir(scene.home().join("data/staging")).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert_eq!(staged.len(), 1, "{state}");
        let package = fs::read_dir(&staged[0]).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir());
        break_it(&package.unwrap(), &scene.home().join("data/sealed"));
        scene.survives(state, WIDE);
    }
    scene.ends();
    // The partner's side: opening again names what a killed opening left, and touches nothing.
    let package = scene.packages().pop().unwrap();
    let out = scene.home().join("opened-half");
    fs::create_dir(&out).unwrap();
    let name = format!(".inner-manifest.json.{}.partial", package.file_name().unwrap().to_str().unwrap());
    fs::write(out.join(&name), "").unwrap();
    let refused = scene.open(&package, &out);
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains(&name), "{said}");
    assert_eq!(entries(&out).len(), 1);
}

#[test]
fn dying_at_drawn_moments_0() {
    die_at_drawn_moments(Scene::new(20), 0, SMALL, MOMENTS / INSTALLATIONS);
}

#[test]
fn dying_at_drawn_moments_1() {
    die_at_drawn_moments(Scene::new(21), 1, WIDE, MOMENTS / INSTALLATIONS);
}

#[test]
fn dying_at_drawn_moments_over_live_stores_0() {
    die_at_drawn_moments(Scene::live(22, Kind::Postgres), 2, SMALL, LIVE_MOMENTS / INSTALLATIONS);
}

#[test]
fn dying_at_drawn_moments_over_live_stores_1() {
    die_at_drawn_moments(Scene::live(23, Kind::Mariadb), 3, WIDE, LIVE_MOMENTS / INSTALLATIONS);
}

/// One installation's share of the moments, drawn evenly over the length of a run as it was measured last.
fn die_at_drawn_moments(mut scene: Scene, seed: u64, exchange: &str, share: usize) {
    let mut draw = random::seeded(seed);
    let begun = Instant::now();
    scene.good(&["transfer", "run", exchange]);
    let mut length = begun.elapsed();
    let (mut killed, mut tries, mut spilling) = (0, 0, 0);
    while killed < share {
        tries += 1;
        assert!(tries < 3 * share, "the runs end before they can be killed");
        let part = (killed as f64 + draw.random::<f64>()) / share as f64;
        let delay = length.mul_f64(part);
        let begun = Instant::now();
        let mut child = scene.command(&["transfer", "run", exchange]).spawn().unwrap();
        while begun.elapsed() < delay && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_micros(500).min(delay));
        }
        let done = child.try_wait().unwrap();
        let spilled = Scene::spill_files(child.id());
        child.kill().unwrap();
        child.wait().unwrap();
        let what = format!("after {delay:?} of {length:?}");
        scene.hid(&what, &spilled);
        spilling += usize::from(!spilled.is_empty());
        match done {
            Some(status) => {
                assert!(status.success(), "{status}");
                length = begun.elapsed();
            }
            None => killed += 1,
        }
        scene.survives(&what, exchange);
    }
    println!("{spilling} of {killed} died while they had spilled");
    assert_eq!(spilling > 0, scene.spills());
    scene.ends();
}

fn remove(package: &Path, names: &[&str]) {
    names.iter().for_each(|name| fs::remove_file(package.join(name)).unwrap());
}

fn cut(file: &Path) {
    let bytes = fs::read(file).unwrap();
    fs::write(file, &bytes[..bytes.len() / 2]).unwrap();
}

/// Makes of a sealed file what an attempt that died while it wrote one leaves beside the package.
fn half(package: &Path, sealed: &Path, kind: &str) {
    let whole =
        entries(sealed).into_iter().find(|path| path.to_str().unwrap().ends_with(&format!(".{kind}.age"))).unwrap();
    let part = package.with_file_name(format!("{kind}.age"));
    fs::copy(&whole, &part).unwrap();
    cut(&part);
}
