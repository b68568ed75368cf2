//! Does bad input give an error that says what, where and what to do, and leave nothing half done?

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use causeway_testkit::population::{Plant, RawText, Spec, Truth};
use causeway_testkit::street::{Ended, Street, delivered};
use causeway_testkit::throw_away;
use rusqlite::Connection;
use serde_json::Value;

use crate::street::street;

const PEOPLE: u32 = 300;
const ONE: [(&str, &str); 1] = [("food-people", "exchange-people.yaml")];

/// A small installation with one exchange, everyone in it sound and shareable.
fn installed(home: &Path) -> (Street, Truth) {
    let street = street(home);
    let truth = street.people(&Spec::of(PEOPLE).plant(Plant::none())).unwrap();
    street.set_up_with(&["lantern-relief"], &["food"], &ONE).unwrap();
    (street, truth)
}

/// The same over a catalogue that a test has changed.
fn installed_with(home: &Path, change: impl Fn(&Truth, String) -> String) -> (Street, Truth) {
    let example = street(home);
    let truth = example.people(&Spec::of(PEOPLE).plant(Plant::none())).unwrap();
    let documents = home.join("documents");
    fs::create_dir_all(&documents).unwrap();
    for file in ["catalogue.yaml", "arrangement-food.yaml", "exchange-people.yaml"] {
        fs::copy(example.example(file), documents.join(file)).unwrap();
    }
    let text = fs::read_to_string(documents.join("catalogue.yaml")).unwrap();
    let changed = change(&truth, text.clone());
    assert_ne!(changed, text, "the catalogue is as it was");
    fs::write(documents.join("catalogue.yaml"), changed).unwrap();
    let street = Street::new(env!("CARGO_BIN_EXE_causeway"), home, documents);
    street.set_up_with(&["lantern-relief"], &["food"], &ONE).unwrap();
    (street, truth)
}

/// Changes a store as its owner would.
fn sql(sources: &Path, store: &str, statements: &str) {
    let path = sources.join(store);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    Connection::open(&path).unwrap().execute_batch(statements).unwrap();
}

/// Replaces a file by what `change` makes of its bytes.
fn rewrite(sources: &Path, file: &str, change: impl Fn(Vec<u8>) -> Vec<u8>) {
    let path = sources.join(file);
    let bytes = change(fs::read(&path).unwrap());
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

/// Entries of a folder; none if it is not there.
fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).map(|entries| entries.map(|entry| entry.unwrap().path()).collect()).unwrap_or_default()
}

/// The leaves of the ledger, as `(event, subject, body)`.
fn ledger(street: &Street) -> Vec<(String, String, String)> {
    let export = street.good(&["ledger", "export"]).unwrap();
    let leaf = |line: &str| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line["leaf"][name].as_str().unwrap_or_default().to_owned();
        line.get("leaf").map(|_| (text("event"), text("subject"), text("body")))
    };
    export.lines().filter_map(leaf).collect()
}

/// Nothing of an unfinished package is to be seen, and the ledger tells of the attempt and of its end.
fn nothing_half_done(case: &str, street: &Street, ended: &Ended, code: &str) {
    let home = street.home();
    assert_eq!(
        entries(&home.join("outbox/lantern-relief")),
        Vec::<PathBuf>::new(),
        "{case}: the partner sees something"
    );
    for folder in ["data/staging", "data/packages"] {
        assert_eq!(entries(&home.join(folder)), Vec::<PathBuf>::new(), "{case}: something is left in {folder}");
    }
    let transfer = ended
        .err
        .lines()
        .find_map(|line| line.strip_prefix("error: transfer ")?.split(' ').next())
        .unwrap_or_else(|| panic!("{case}: {}", ended.err));
    let leaves = ledger(street);
    let events: Vec<&str> =
        leaves.iter().filter(|(_, subject, _)| subject == transfer).map(|(event, _, _)| event.as_str()).collect();
    assert_eq!(events, ["transfer-requested", "attempt-begun", "transfer-refused"], "{case}");
    assert!(
        leaves
            .iter()
            .any(|(event, subject, body)| event == "transfer-refused" && subject == transfer && body.contains(code)),
        "{case}"
    );
    let status = street.good(&["status"]).unwrap();
    assert!(
        status.lines().any(|line| line.contains(transfer) && line.contains("refused")) && status.contains(code),
        "{case}: {status}"
    );
}

/// An error is worth its name: what, where, what to do, and nothing that a terminal would obey.
fn teaches(case: &str, ended: &Ended, exit: i32, says: &[&str]) {
    assert_eq!(ended.code, Some(exit), "{case}: {}{}", ended.out, ended.err);
    assert!(ended.err.contains("error: "), "{case}: {}", ended.err);
    for word in says {
        assert!(ended.err.contains(word), "{case}: it does not say `{word}`: {}", ended.err);
    }
    calm(case, ended);
}

fn calm(case: &str, ended: &Ended) {
    let speaks = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
    assert!(
        !speaks(&ended.out) && !speaks(&ended.err),
        "{case}: speaks to the terminal: {:?}{:?}",
        ended.out,
        ended.err
    );
}

/// A source spoilt, and what the refusal says: code, where.
type Spoil = (&'static str, fn(&Path), &'static str, &'static [&'static str]);

/// Cuts a file in the middle of a record at about 60 % of its bytes.
fn cut(bytes: Vec<u8>) -> Vec<u8> {
    let mut end = bytes.len() * 6 / 10;
    while bytes[end - 1] == b'\n' || bytes[end] == b'\n' {
        end += 1;
    }
    bytes[..end].to_vec()
}

const SPOILT: [Spoil; 13] = [
    (
        "an unreachable store",
        |at| fs::remove_file(at.join("progres.sqlite")).unwrap(),
        "source-unreachable",
        &["`progres", "doctor"],
    ),
    (
        "an unreachable file",
        |at| fs::remove_file(at.join("assistance.csv")).unwrap(),
        "source-unreachable",
        &["assistance"],
    ),
    (
        "a store that is none",
        |at| rewrite(at, "bims.sqlite", |_| b"this was never a database, ".repeat(400)),
        "source-unreachable",
        &["bims"],
    ),
    ("a store of no bytes", |at| rewrite(at, "bims.sqlite", |_| Vec::new()), "source-unreachable", &["bims", "doctor"]),
    (
        "a missing column",
        |at| sql(at, "progres.sqlite", "ALTER TABLE individual DROP COLUMN middle_name"),
        "column-missing",
        &["middle_name", "catalogue check"],
    ),
    (
        "a missing table",
        |at| sql(at, "progres.sqlite", "DROP TABLE document"),
        "column-missing",
        &["document", "catalogue check"],
    ),
    (
        "a missing header",
        |at| rewrite(at, "assistance.csv", |bytes| replaced(bytes, "amount", "betrag")),
        "column-missing",
        &["amount", "catalogue check"],
    ),
    (
        "a header that stands twice",
        |at| rewrite(at, "assistance.csv", |bytes| replaced(bytes, "programme", "amount")),
        "wrong-type",
        &["assistance.csv", "same name"],
    ),
    (
        "a retyped column",
        |at| {
            sql(
                at,
                "progres.sqlite",
                "ALTER TABLE individual DROP COLUMN arrival_date; ALTER TABLE individual ADD COLUMN arrival_date INTEGER NOT NULL DEFAULT 20110217",
            )
        },
        "",
        &[],
    ),
    (
        "a CSV file that ends in a record",
        |at| rewrite(at, "assistance.csv", cut),
        "source-ended-early",
        &["assistance", "again"],
    ),
    (
        "a JSON Lines file that ends in a record",
        |at| rewrite(at, "verification.jsonl", cut),
        "source-ended-early",
        &["verification", "again"],
    ),
    (
        "a CSV file with a line of another width",
        |at| {
            rewrite(at, "assistance.csv", |mut bytes| {
                bytes.extend_from_slice(b"one,two\n");
                bytes
            })
        },
        "wrong-type",
        &["assistance"],
    ),
    (
        "a JSON Lines file with a line that is none",
        |at| {
            rewrite(at, "verification.jsonl", |mut bytes| {
                bytes.extend_from_slice(b"{\"individual_id\": nobody}\n");
                bytes
            })
        },
        "wrong-type",
        &["verification"],
    ),
];

fn replaced(bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    String::from_utf8(bytes).unwrap().replacen(from, to, 1).into_bytes()
}

#[test]
fn a_spoilt_source_refuses_and_leaves_nothing_behind() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    let kept = dir.path().join("kept-sources");
    copy_folder(&street.sources(), &kept);
    for (case, spoil, code, says) in SPOILT {
        copy_folder(&kept, &street.sources());
        spoil(&street.sources());
        let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
        let code = if code.is_empty() { "too-many-quarantined" } else { code };
        teaches(case, &ended, 4, &[code, "help: "]);
        teaches(case, &ended, 4, says);
        nothing_half_done(case, &street, &ended, code);
    }
    copy_folder(&kept, &street.sources());
    let sent = street.transfer("food-people").unwrap();
    assert_eq!(sent.counts, [u64::from(PEOPLE), 0, 0], "whole again, and nothing of the attempts is left");
}

#[test]
fn a_source_that_ends_between_two_records_is_found_where_its_sender_states_the_count() {
    let dir = throw_away::directory().unwrap();
    let (street, truth) = installed_with(dir.path(), |truth, text| {
        let csv = format!("{{ path: assistance.csv, records: {} }}", truth.assistance_lines);
        let json = format!("{{ path: verification.jsonl, records: {} }}", truth.verification_lines);
        text.replace("{ path: assistance.csv }", &csv).replace("{ path: verification.jsonl }", &json)
    });
    let kept = dir.path().join("kept-sources");
    copy_folder(&street.sources(), &kept);
    for (file, lines, count) in
        [("assistance.csv", 1, truth.assistance_lines), ("verification.jsonl", 0, truth.verification_lines)]
    {
        copy_folder(&kept, &street.sources());
        let left = lines + count as usize * 6 / 10;
        rewrite(&street.sources(), file, |bytes| {
            bytes.split_inclusive(|byte| *byte == b'\n').take(left).flatten().copied().collect()
        });
        let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
        teaches(file, &ended, 4, &["source-ended-early", &count.to_string(), "help: "]);
        nothing_half_done(file, &street, &ended, "source-ended-early");
    }
    copy_folder(&kept, &street.sources());
    street.transfer("food-people").unwrap();
}

#[test]
fn a_table_without_a_row_is_no_error() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    sql(
        &street.sources(),
        "progres.sqlite",
        "DELETE FROM document; DELETE FROM specific_need; DELETE FROM confidentiality_mark",
    );
    sql(&street.sources(), "bims.sqlite", "DELETE FROM enrolment");
    rewrite(&street.sources(), "verification.jsonl", |_| Vec::new());
    rewrite(&street.sources(), "assistance.csv", |bytes| {
        bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap().to_vec()
    });
    let sent = street.transfer("food-people").unwrap();
    assert_eq!(sent.counts, [u64::from(PEOPLE), 0, 0]);
}

/// A value spoilt: element, column, its value, its reason.
const VALUES: [(&str, &str, &[u8], &str); 6] = [
    ("individual.given_name", "given_name", b"Invented\xff", "invalid-utf8"),
    ("individual.sex", "sex", b"\x1b[31mQ", "code-unknown"),
    ("individual.date_of_birth", "date_of_birth", b"2011-02-30", "date-impossible"),
    ("individual.family_name", "family_name", &[b'x'; 4000], "value-oversize"),
    ("individual.arrival_date", "arrival_date", b"last summer", "wrong-type"),
    ("phone", "phone", b"see file \x1b]0;invented\x07", "phone-unreadable"),
];

#[test]
fn a_spoilt_value_quarantines_its_person_and_many_refuse() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    sql(&street.sources(), "progres.sqlite", "SELECT 1");
    // Telephone numbers come from the registration store alone.
    rewrite(&street.sources(), "verification.jsonl", |_| Vec::new());
    let kept = dir.path().join("kept-sources");
    copy_folder(&street.sources(), &kept);
    let path = street.sources().join("progres.sqlite");
    let spoil = |column: &str, value: &[u8], people: usize| {
        let update = format!(
            "UPDATE individual SET {column} = ?1 WHERE individual_id IN (SELECT individual_id FROM individual ORDER BY individual_id LIMIT ?2)"
        );
        let changed = Connection::open(&path)
            .unwrap()
            .execute(&update, rusqlite::params![RawText(value), people as i64])
            .unwrap();
        assert_eq!(changed, people);
    };
    for (subject, column, value, code) in VALUES {
        copy_folder(&kept, &street.sources());
        spoil(column, value, 1);
        let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
        assert_eq!(ended.code, Some(0), "{code}: {}{}", ended.out, ended.err);
        calm(code, &ended);
        let sent = delivered(&ended.out).unwrap();
        assert_eq!(sent.counts, [u64::from(PEOPLE) - 1, 0, 1], "{code}: {}", ended.out);
        assert!(ended.out.lines().any(|line| line.contains(&format!("{subject}: {code}"))), "{code}: {}", ended.out);
        assert!(
            !ended.out.contains("Invented") && !ended.out.contains("2011-02-30") && !ended.out.contains("see file"),
            "a value is told: {}",
            ended.out
        );
        let report = street.run(&["quarantine", "open", &sent.transfer, "--reason", "to mend the record"]).unwrap();
        assert_eq!(report.code, Some(0), "{code}: {}", report.err);
        calm(code, &report);
        let line: Value = serde_json::from_str(report.out.trim()).unwrap();
        assert_eq!(
            (line["outcome"].as_str(), line["reasons"][0]["code"].as_str()),
            (Some("quarantined"), Some(code)),
            "{line}"
        );
        assert!(line["reasons"][0]["value"].is_string(), "the report shows what came: {line}");
        fs::remove_dir_all(street.home().join("outbox/lantern-relief")).unwrap();
        for package in entries(&street.home().join("data/packages")) {
            fs::remove_dir_all(package).unwrap();
        }

        spoil(column, value, PEOPLE as usize / 10);
        let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
        teaches(code, &ended, 4, &["too-many-quarantined", "quarantine open", "5 per cent"]);
        nothing_half_done(code, &street, &ended, "too-many-quarantined");
    }
}

#[test]
fn names_with_terminal_controls_are_shared_and_never_shown() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    sql(
        &street.sources(),
        "progres.sqlite",
        "UPDATE individual SET given_name = char(27) || ']0;invented' || char(7) || given_name, family_name = char(155) || '31m' || family_name; \
         UPDATE individual SET sex = char(27) || '[2J' WHERE individual_id = (SELECT min(individual_id) FROM individual)",
    );
    let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
    assert_eq!(ended.code, Some(0), "{}", ended.err);
    calm("transfer run", &ended);
    let sent = delivered(&ended.out).unwrap();
    assert_eq!(sent.counts, [u64::from(PEOPLE) - 1, 0, 1]);
    for verb in [
        ["status"].as_slice(),
        &["doctor"],
        &["catalogue", "check", &street.example("catalogue.yaml")],
        &["quarantine", "open", &sent.transfer, "--reason", "to see what it shows"],
        &["transfer", "run", "\u{1b}[31mnobody\u{7}"],
        &["exchange", "import", "/nowhere/\u{1b}[31m.yaml"],
        &["--actor", "\u{1b}[31mactor", "status"],
    ] {
        calm(&format!("{verb:?}"), &street.run(verb).unwrap());
    }
    let opened = street.open(&sent.package, &dir.path().join("opened")).unwrap();
    let data =
        entries(&opened).into_iter().find(|path| path.extension().is_some_and(|ending| ending == "csv")).unwrap();
    assert!(fs::read_to_string(data).unwrap().contains('\u{1b}'), "the partner receives names as they are");
}

#[test]
fn wrong_keys_say_which_and_what_to_do() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    let sent = street.transfer("food-people").unwrap();
    let package = sent.package.display().to_string();
    let keys = dir.path().join("wrong");
    fs::create_dir(&keys).unwrap();
    let made = Command::new("sh")
        .args(["-euc", "umask 077; cd \"$0\"; age-keygen -o other.txt 2>/dev/null"])
        .arg(&keys)
        .status()
        .unwrap();
    assert!(made.success());
    let path = |path: &Path| path.display().to_string();
    let (other, identity, sender) =
        (path(&keys.join("other.txt")), path(&street.partner().join("identity.txt")), path(&street.sender()));
    let not_the_sender = path(&street.partner().join("signing.pub.pem"));
    let out = path(&dir.path().join("opened"));

    let ended =
        street.run(&["package", "open", &package, "--sender", &sender, "--identity", &other, "--out", &out]).unwrap();
    teaches("another identity", &ended, 2, &["no key given opens part", "use the identity file"]);
    let ended = street
        .run(&["package", "open", &package, "--sender", &not_the_sender, "--identity", &identity, "--out", &out])
        .unwrap();
    teaches("another sender", &ended, 3, &["signing key", "check which sender"]);
    let left: Vec<PathBuf> = entries(&dir.path().join("opened"));
    assert_eq!(left, Vec::<PathBuf>::new(), "something was opened with the wrong key");
    let ended = street.run(&["package", "verify", &package, "--sender", &identity]).unwrap();
    teaches("an identity as a sender's key", &ended, 2, &["identity.txt", "holds no usable key"]);

    let wrong_print = ["0000"; 8].join(" ");
    let recipient = path(&street.partner().join("recipient.txt"));
    let ended = street
        .run(&[
            "partner",
            "add",
            "nobody",
            "--title",
            "Nobody (invented)",
            "--recipient",
            &recipient,
            "--recipient-fingerprint",
            &wrong_print,
            "--signing-key",
            &not_the_sender,
            "--signing-fingerprint",
            &wrong_print,
        ])
        .unwrap();
    teaches("a fingerprint that was not confirmed", &ended, 2, &["fingerprint"]);
    let officer = path(&street.home().join("officers/protection.pem"));
    let ended = street.run(&["approve", "food-2026", "--officer", "representative", "--key", &officer]).unwrap();
    assert!(matches!(ended.code, Some(2 | 3)), "another officer's key: {:?} {}", ended.code, ended.err);

    for (case, key) in
        entries(&street.home().join("keys")).into_iter().filter(|key| !is_public(key)).map(|key| (path(&key), key))
    {
        let text = fs::read(&key).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
        let ended = street.run(&["status"]).unwrap();
        teaches(&case, &ended, 2, &["chmod 600", &case]);
        fs::write(&key, "nothing of use").unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        teaches(&case, &street.run(&["status"]).unwrap(), 2, &[&case]);
        fs::remove_file(&key).unwrap();
        teaches(&case, &street.run(&["status"]).unwrap(), 5, &[&case]);
        fs::write(&key, text).unwrap();
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
    }
    street.good(&["status"]).unwrap();
}

/// Whether a file of the key folder is no private key: a public half, or the ledger's saved head.
fn is_public(key: &Path) -> bool {
    let name = key.file_name().unwrap().to_string_lossy();
    name.contains(".pub") || name.ends_with(".vkey") || name.ends_with(".head") || name.ends_with("recipient.txt")
}

#[test]
fn a_cancelled_run_ends_as_refused() {
    let dir = throw_away::directory().unwrap();
    // A store that may be asked slowly only, so that there is time to cancel.
    let (street, _) = installed_with(dir.path(), |_, text| {
        text.replacen("statement_timeout_s: 60", "statement_timeout_s: 60, rows_per_second: 40", 1)
    });
    let child = street
        .command(&["transfer", "run", "food-people"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // Once its sealed report is begun, it reads.
    let begun = Instant::now();
    while entries(&street.home().join("data/sealed")).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it never began to read");
        std::thread::yield_now();
    }
    let signalled = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(signalled.success());
    let output = child.wait_with_output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let ended = Ended { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) };
    teaches("cancelled", &ended, 4, &["cancelled", "run it again when ready"]);
    nothing_half_done("cancelled", &street, &ended, "cancelled");
}

/// A folder with room for next to nothing, until it is dropped.
struct Small(PathBuf);

impl Small {
    fn mount(folder: &Path) -> Option<Self> {
        fs::create_dir_all(folder).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=8k,mode=700", "causeway-test"])
            .arg(folder)
            .stderr(Stdio::null())
            .status();
        mounted.is_ok_and(|status| status.success()).then(|| Self(folder.to_owned()))
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

#[test]
fn a_full_disk_says_so_and_the_next_run_goes_on() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    let Some(full) = Small::mount(&street.home().join("data/staging")) else {
        println!("skipped: a small file system cannot be mounted here (it needs root)");
        return;
    };
    let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
    teaches("staging", &ended, 4, &["cannot-write", "free space"]);
    drop(full);
    nothing_half_done("staging", &street, &ended, "cannot-write");

    // The report sealed to ourselves has no room.
    let full = Small::mount(&street.home().join("data/sealed")).unwrap();
    fs::write(street.home().join("data/sealed/filler"), [0; 8192]).unwrap();
    let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
    teaches("sealed", &ended, 4, &["cannot-write", "free space"]);
    drop(full);
    nothing_half_done("sealed", &street, &ended, "cannot-write");

    // The partner's folder has no room: the package is sealed, and waits.
    let full = Small::mount(&street.home().join("outbox/lantern-relief")).unwrap();
    let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
    teaches("outbox", &ended, 5, &["could not be delivered", "transfer resume"]);
    let visible: Vec<PathBuf> = entries(&street.home().join("outbox/lantern-relief"));
    assert!(
        visible.iter().all(|path| !path.join("manifest.json").exists()),
        "a package without all its parts: {visible:?}"
    );
    assert!(ledger(&street).iter().any(|(event, _, _)| event == "delivery-failed"));
    drop(full);
    let said = street.good(&["transfer", "resume"]).unwrap();
    let sent = delivered(&said).unwrap();
    street.open(&sent.package, &dir.path().join("opened")).unwrap();
    assert_eq!(entries(&street.home().join("outbox/lantern-relief")).len(), 1);
}

#[test]
fn an_unexpectedly_small_result_needs_a_word() {
    let dir = throw_away::directory().unwrap();
    let (street, _) = installed(dir.path());
    let kept = dir.path().join("kept-sources");
    copy_folder(&street.sources(), &kept);

    sql(&street.sources(), "progres.sqlite", "DELETE FROM individual");
    let empty = street.run(&["transfer", "run", "food-people"]).unwrap();
    teaches("nobody", &empty, 4, &["unexpectedly-small", "nobody would be released", "--expect-fewer"]);
    nothing_half_done("nobody", &street, &empty, "unexpectedly-small");

    copy_folder(&kept, &street.sources());
    let sent = street.transfer("food-people").unwrap();
    let receipt = street.sign_receipt(&sent.package, "accepted").unwrap();
    street.good(&["receipt", "add", &receipt.display().to_string()]).unwrap();

    // 70 % of the last receipted is enough, one person fewer is not.
    let floor = PEOPLE * 7 / 10;
    let keep = |people: u32| {
        format!(
            "DELETE FROM individual WHERE individual_id NOT IN (SELECT individual_id FROM individual ORDER BY individual_id LIMIT {people})"
        )
    };
    sql(&street.sources(), "progres.sqlite", &keep(floor));
    assert_eq!(street.transfer("food-people").unwrap().counts[0], u64::from(floor));
    sql(&street.sources(), "progres.sqlite", &keep(floor - 1));
    let ended = street.run(&["transfer", "run", "food-people"]).unwrap();
    teaches(
        "fewer",
        &ended,
        4,
        &["unexpectedly-small", &(floor - 1).to_string(), &PEOPLE.to_string(), "--expect-fewer"],
    );
    let said = street.good(&["transfer", "run", "food-people", "--expect-fewer"]).unwrap();
    assert_eq!(delivered(&said).unwrap().counts[0], u64::from(floor - 1));
    assert!(
        ledger(&street)
            .iter()
            .any(|(event, _, body)| event == "transfer-requested" && body.contains("\"expect_fewer\":true"))
    );
}

#[test]
fn exit_codes_are_documented_where_they_are_asked_for() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    let help = street.run(&["--help"]).unwrap();
    for code in ["0 done", "2 wrong use or input", "3 a proof failed", "4 refused by a rule", "5 trouble with files"] {
        assert!(help.out.contains(code), "{code}: {}", help.out);
    }
    teaches("no installation", &street.run(&["status"]).unwrap(), 2, &["causeway init"]);
    assert_eq!(street.run(&["no-such-verb"]).unwrap().code, Some(2));
    street.good(&["init", "--operation", "kenya-example"]).unwrap();
    teaches(
        "no such file",
        &street.run(&["catalogue", "import", "/nowhere/catalogue.yaml"]).unwrap(),
        5,
        &["/nowhere/catalogue.yaml"],
    );
    teaches(
        "no such exchange",
        &street.run(&["transfer", "run", "nothing"]).unwrap(),
        2,
        &["`nothing`", "exchange import"],
    );
}
