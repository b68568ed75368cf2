//! Is whoever withdraws in no later package, or is the partner told of the package that it was too late for, whatever happens in
//! between and whoever dies?

use std::time::Duration;

use super::place::{Kind, Place};

/// Marks of recording a decision and of sending a notice, with what of a delivery is passed meanwhile.
pub const MARKS: [&str; 4] =
    ["decision-not-recorded", "decision-recorded", "notice-begun", "notice-outcome-not-committed"];

/// Where somebody withdraws, while a transfer is made and delivered, and what becomes of it.
const MEANWHILE: [(&str, Becomes); 10] = [
    ("prepare-attempt-begun", Becomes::Without),
    ("prepare-package-in-staging", Becomes::Without),
    ("prepare-disclosure-sealed", Becomes::Without),
    ("prepare-package-moved", Becomes::Without),
    ("prepare-sealed", Becomes::Lapsed),
    ("deliver-intent-committed", Becomes::Lapsed),
    ("deliver-part-sent", Becomes::Lapsed),
    ("deliver-before-rename", Becomes::Lapsed),
    ("deliver-renamed", Becomes::TooLate),
    ("deliver-outcome-not-committed", Becomes::TooLate),
];

/// What becomes of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Becomes {
    /// It is delivered without the person.
    Without,
    /// It is called back, and nothing of it is seen by the partner.
    Lapsed,
    /// It was delivered with the person, and the partner is told.
    TooLate,
}

/// An installation; `people.py` writes the keys of its people, `check.py` compares what the partner opens with what it was told: nobody
/// who withdrew is in a package without a notice that names it.
const INSTALLED: &str = r#"staff; partner lantern-relief; food; umask 077
cat > people.py <<'END'
import sqlite3
store = sqlite3.connect("home/sources/progres.sqlite")
for number, (key,) in enumerate(store.execute("SELECT individual_id FROM individual ORDER BY individual_id")):
    open(f"person{number}.key", "w").write(key)
END
python3 people.py
cat > check.py <<'END'
import csv, glob, json, os, subprocess, sys
def said(*words):
    return subprocess.run(["causeway", *words, "--sender", "home/keys/package-signing.pub.pem", "--identity", "partner/identity.txt"],
        check=True, capture_output=True, text=True).stdout
held, told = {}, {}
for folder in glob.glob("home/outbox/lantern-relief/*/"):
    kind = json.load(open(folder + "manifest.json"))["type"]
    if kind == "causeway-notice/1":
        notice = json.loads(said("notice", "open", folder))
        for record in notice["records"]:
            for reference in record["references"]:
                told.setdefault(reference["value"], []).append(record["package"])
    else:
        name = os.path.basename(folder.rstrip("/"))
        out = "opened-" + name
        if not os.path.isdir(out):
            said("package", "open", folder, "--out", out)
        rows = [row for file in glob.glob(out + "/*.csv") for row in csv.DictReader(open(file))]
        held[name] = {row["person_ref"] for row in rows}
late = 0
for person, named in told.items():
    assert len(named) == len(set(named)), "told twice of one package"
    for package in held:
        if person in held[package]:
            assert package in named, f"package {package} holds somebody who withdrew, and nobody was told"
            late += 1
print(f"{len(told)} withdrew, {len(held)} packages, told too late {late} times")
END
"#;

/// Everybody is sent once.
const SENT: &str = r#"python3 - <<'END'
import subprocess, time
begun = time.time()
subprocess.run("causeway --as wanjiru transfer run food-people --progress none > first.said 2>&1", shell=True, check=True)
open("length", "w").write(str(time.time() - begun))
END
"#;

fn begun(kind: Kind) -> Place {
    begun_with(kind, 60)
}

fn begun_with(kind: Kind, people: u32) -> Place {
    let place = Place::new(kind, Some(people));
    let (code, said) = place.run(&format!("{INSTALLED}{SENT}"));
    assert_eq!(code, 0, "{said}");
    place
}

#[test]
fn whoever_withdraws_while_a_transfer_is_made_is_not_in_it_or_the_partner_is_told() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let place = begun(kind);
        for (number, (mark, becomes)) in MEANWHILE.iter().enumerate() {
            let script = format!(
                r#"echo "causeway --as otieno person object --key-file person{number}.key --reason 'said so at the desk' > object.said" > meanwhile.sh
                ls home/outbox/lantern-relief > before
                CAUSEWAY_RUN_AT={mark}=meanwhile.sh calmly causeway --as wanjiru transfer run food-people --expect-fewer --progress none
                grep -q "objection is recorded" object.said"#
            );
            let (code, said) = place.run(&script);
            let is_delivered = *becomes != Becomes::Lapsed;
            assert_eq!(code, if is_delivered { 0 } else { 4 }, "{kind:?} at {mark}: {said}");
            assert_eq!(said.contains("package-recalled"), !is_delivered, "{kind:?} at {mark}: {said}");
            // Those before are left out; whether this one is, stands in what the partner opens.
            let withheld = number + usize::from(*becomes == Becomes::Without);
            assert!(!is_delivered || said.contains(&format!("withheld {withheld},")), "{kind:?} at {mark}: {said}");
        }
        let (code, said) = place.run(
            "python3 check.py; ls home/data/packages home/data/staging | wc -l; causeway ledger verify | sed 's/:.*//'",
        );
        assert_eq!(code, 0, "{kind:?}: {said}");
        // Each is told of every package that went before; of the last two, also of their own.
        assert!(said.starts_with("10 withdrew, 7 packages, told too late 43 times\n"), "{kind:?}: {said}");
    }
}

#[test]
fn whoever_withdraws_at_any_moment_of_a_run_is_not_in_it_or_the_partner_is_told() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let place = begun_with(kind, 3_000);
        for moment in 0..10 {
            // The length of a run was measured by the first.
            let script = format!(
                r#"begin=$(cat length); python3 -c "import sys,time; time.sleep(float(sys.argv[1]) * {moment} / 10)" $begin && \
                    causeway --as otieno person object --key-file person{moment}.key --reason "said so at the desk" > object.said 2>&1 &
                causeway --as wanjiru transfer run food-people --expect-fewer --progress none > run.said 2>&1 || cat run.said
                wait; cat object.said"#
            );
            let (_, said) = place.run(&script);
            assert!(said.contains("objection is recorded"), "{kind:?} at {moment}: {said}");
        }
        let (code, said) = place.run("python3 check.py; causeway ledger verify | sed 's/:.*//'");
        assert_eq!(code, 0, "{kind:?}: {said}");
        assert!(said.starts_with("10 withdrew"), "{kind:?}: {said}");
        println!("{kind:?}: {said}");
    }
}

/// The store gives out a tenth of its people a second, each tenth a batch. One who withdraws was in the first batch, one would be in the
/// last.
#[test]
fn whoever_withdraws_after_batch_3_of_10_is_in_none_of_the_ten() {
    let place = Place::new(Kind::Postgres, Some(60));
    let slow = "statement_timeout_s: 600, rows_per_second: 6";
    let (code, said) = place.run(&format!(
        r#"sed '0,/statement_timeout_s: 60/s//{slow}/' $EXAMPLES/catalogue.yaml > slow.yaml; grep -c rows_per_second slow.yaml
        CATALOGUE=slow.yaml
        {INSTALLED}
        (causeway --as wanjiru transfer run food-people --progress json > run.said 2> progress || echo failed >> run.said) &
        python3 - <<'END'
import json, time
read = 0
while read < 18:
    time.sleep(0.05)
    told = [json.loads(line) for line in open("progress") if line.startswith("{{") and line.endswith("}}\n")]
    read = max([table["read"] for one in told for name, table in one["sources"].items() if name.endswith("individual")], default=0)
print(f"batch {{read // 6}} of 10")
END
        for who in 0 59; do causeway --as otieno person object --key-file person$who.key --reason "said so at the desk"; done
        wait; cat run.said; python3 - <<'END'
import csv, glob, subprocess
[package] = glob.glob("home/outbox/lantern-relief/*/")
subprocess.run(["causeway", "package", "open", package, "--sender", "home/keys/package-signing.pub.pem", "--identity", "partner/identity.txt",
    "--out", "opened"], check=True, capture_output=True)
print("opened", len([row for file in glob.glob("opened/*.csv") for row in csv.DictReader(open(file))]))
END
        causeway --as otieno person notices 2>&1"#
    ));
    assert_eq!(code, 0, "{said}");
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "1", "{said}");
    assert!(["batch 3 of 10", "batch 4 of 10"].contains(&lines[1]), "{said}");
    let rest = lines[2..].iter().filter(|line| !line.starts_with("transfer ") && !line.starts_with(' '));
    let rest: Vec<&str> = rest.copied().collect();
    let expected = [
        "objection is recorded",
        "objection is recorded",
        "released 58, withheld 2, quarantined 0",
        "opened 58",
        "no partner was told anything",
    ];
    assert_eq!(rest, expected, "{said}");
}

#[test]
fn a_notice_exists_within_five_seconds() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let place = begun(kind);
        let begun = std::time::Instant::now();
        let (code, said) =
            place.run("causeway --as otieno person object --key-file person0.key --reason 'said so at the desk'");
        assert!(begun.elapsed() < Duration::from_secs(5), "{kind:?}: {:?}", begun.elapsed());
        assert_eq!((code, said.matches(" is sent\n").count()), (0, 1), "{kind:?}: {said}");
    }
}

#[test]
fn dying_at_a_mark_tells_everybody_and_nobody_twice() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let place = begun(kind);
        let marks = MARKS.iter().chain(&["deliver-part-sent", "deliver-renamed", "store-change-not-committed"]);
        for (number, mark) in marks.enumerate() {
            let object = format!(
                "causeway --as otieno person object --key-file person{number}.key --reason 'said so at the desk'"
            );
            let script = format!(
                "CAUSEWAY_CRASH_AT={mark} {object} > died.said 2>&1 && echo 'it did not die'
                {object} > again.said
                causeway work --until-idle
                causeway --as otieno person notices > listed; grep -v ' sent, ' listed; ls home/data/notices | grep -v sending"
            );
            let (_, said) = place.run(&script);
            assert_eq!(said, "", "{kind:?} at {mark}");
        }
        let (code, said) =
            place.run("python3 check.py; wc -l < listed; events decision | wc -l; causeway ledger verify | tail -1");
        assert_eq!(code, 0, "{said}");
        assert!(said.contains("7 withdrew, 1 packages, told too late 7 times\n7\n7\n"), "{kind:?}: {said}");
    }
}

#[test]
fn two_officers_at_once_record_one_decision_once_and_two_both() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let place = begun(kind);
        let (code, said) = place.run(
            r#"for who in otieno wanjiru; do
                (CAUSEWAY_SLOW_AT=decision-not-recorded=1500 causeway person object --key-file person1.key --reason "said so at the desk" --as $who > $who.said 2>&1 || true) &
                (CAUSEWAY_SLOW_AT=decision-not-recorded=1500 causeway person contest --key-file person2.key --reason "said by $who" --as $who > $who.other 2>&1 || true) &
            done
            wait; causeway work --until-idle
            cat otieno.said wanjiru.said otieno.other wanjiru.other; causeway --as otieno person notices | grep -c ' sent, '"#,
        );
        assert_eq!(code, 0, "{kind:?}: {said}");
        assert_eq!(said.matches("objection is recorded").count(), 1, "{kind:?}: {said}");
        assert_eq!(said.matches("contested is recorded").count(), 1, "{kind:?}: {said}");
        assert_eq!(said.matches("was recorded before").count(), 2, "{kind:?}: {said}");
        assert!(said.ends_with("\n2\n"), "{kind:?}: {said}");
    }
}
