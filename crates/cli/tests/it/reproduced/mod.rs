//! Wrong and unsafe results that were once seen of other ways to read live databases: does none of them come back?
//!
//! Two stores whose collations take for equal what is not: people in PostgreSQL, what belongs to them in MariaDB. Readers
//! may read what the exchanges need, and no other column.

mod documents;
mod place;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use place::{MARKER, Place, people};
use serde_json::Value;

/// Records of an exchange at the partner's, by the name of the person.
fn sent(place: &Place, exchange: &str) -> BTreeMap<String, Value> {
    let sent = place.street.transfer(exchange).unwrap();
    assert_eq!(sent.counts[1..], [0, 0], "{exchange}: nobody is left out");
    let mut records = BTreeMap::new();
    for line in lines(place, &sent.package, exchange) {
        let record: Value = serde_json::from_str(&line).unwrap();
        let name = record["name"].as_str().unwrap().to_owned();
        assert!(records.insert(name, record).is_none(), "{exchange}: somebody stands twice: {line}");
    }
    records
}

fn lines(place: &Place, package: &Path, into: &str) -> Vec<String> {
    let opened = place.street.open(package, &place.street.home().join(format!("partner/{into}"))).unwrap();
    let files = fs::read_dir(opened).unwrap().map(|entry| entry.unwrap().path());
    let data = files.into_iter().find(|path| path.extension().is_some_and(|end| end == "jsonl")).unwrap();
    fs::read_to_string(data).unwrap().lines().map(str::to_owned).collect()
}

/// What must be told of the people who are asked for, reckoned without any database.
fn expected(is_asked: impl Fn(usize, &str) -> bool) -> BTreeMap<String, Value> {
    let people = people();
    let record = |(number, person): (usize, &place::Person)| {
        let sum: usize =
            [0, 1, 2].iter().filter(|turn| (number + **turn) % 3 == 0).map(|turn| number * 10 + turn).sum();
        let record = serde_json::json!({
            "name": format!("person {number}"), "phone": format!("phone {number}"), "programme": person.programme,
            "aids": 3, "aid_of_p3": sum,
        });
        (format!("person {number}"), record)
    };
    people.iter().enumerate().filter(|(number, person)| is_asked(*number, person.programme)).map(record).collect()
}

#[test]
fn keys_and_filters_are_compared_byte_for_byte_and_only_what_is_asked_for_is_read() {
    let place = Place::new();
    // Whoever takes the stores' word for what is equal loses or mixes people: they do take it for equal.
    assert_eq!(place.postgres_says("SELECT count(*) > 1 FROM person WHERE person_ref = 'p7'"), "t");
    assert_eq!(place.mariadb_says("SELECT COUNT(*) > 3 FROM aid WHERE person_ref = 'p7'"), "1");
    assert_eq!(place.postgres_says("SELECT count(*) > 60 FROM person WHERE programme = 'p3'"), "t");

    let everybody = sent(&place, "everybody");
    assert_eq!(everybody, expected(|_, _| true), "a join by keys that collate");
    // Few are asked for, so that what belongs to them is asked for by their keys.
    let explained = place.street.good(&["exchange", "explain", "few"]).unwrap();
    assert!(explained.contains("looked up by key"), "{explained}");
    assert_eq!(sent(&place, "few"), expected(|number, _| number >= 1_990), "lists of keys");
    assert_eq!(sent(&place, "of-p3"), expected(|_, programme| programme == "p3"), "a filter");
    assert_eq!(sent(&place, "others"), expected(|_, programme| programme != "p3"), "and its contrary");

    // The test can see a column that is read: one that is granted to nobody refuses.
    let refused = place.street.run(&["transfer", "run", "secretive"]).unwrap();
    assert!(refused.code != Some(0) && refused.err.contains("may not read column `secret`"), "{}", refused.err);

    // Records of which no column is told are counted all the same.
    for exchange in ["nothing-of-people", "nothing-of-aids"] {
        let sent = place.street.transfer(exchange).unwrap();
        let lines = lines(&place, &sent.package, exchange);
        let expected = if exchange == "nothing-of-people" { r#"{"known":true}"# } else { r#"{"known":true,"aids":3}"# };
        assert_eq!((sent.counts[0] as usize, lines.len()), (people().len(), people().len()), "{exchange}");
        assert!(lines.iter().all(|line| line == expected), "{exchange}: {:?}", lines.first());
    }
}

/// Everything that a command writes to any file or connection, as `strace` sees it.
fn written(place: &Place, arguments: &[&str]) -> (String, String) {
    let (plain, log) = (place.street.command(arguments), place.street.home().join("strace.log"));
    let mut command = Command::new("strace");
    command.args([
        "-f",
        "-s",
        "4000000",
        "-e",
        "trace=?open,openat,write,writev,pwrite64,pwritev,?pwritev2,sendto,sendmsg,mmap",
        "-o",
    ]);
    let command = command.arg(&log).arg(plain.get_program()).args(plain.get_args());
    let output = command.output().expect("`strace` is there; install the package strace");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let trace = String::from_utf8_lossy(&fs::read(&log).unwrap()).into_owned();
    fs::remove_file(log).unwrap();
    (String::from_utf8_lossy(&output.stdout).into_owned(), trace)
}

#[test]
fn what_has_no_room_in_memory_is_never_written_in_clear() {
    let place = Place::new();
    let (said, trace) = written(&place, &["transfer", "run", "noted", "--memory", "1"]);
    let temporary: Vec<&str> = trace.lines().filter(|line| line.contains("O_TMPFILE")).collect();
    assert!(!temporary.is_empty(), "everything had room");
    let spilled = trace.lines().filter(|line| line.contains("pwrite64(") && line.len() > 100_000).count();
    assert!(spilled > 0, "nothing was written beside memory");
    // No file is written by way of memory, where the trace would not see what; SQLite's index of 32 KiB holds no values.
    let shared =
        trace.lines().find(|line| line.contains("mmap(") && line.contains("MAP_SHARED") && line.contains("PROT_WRITE"));
    assert!(
        shared.is_none_or(|line| line.contains("causeway.sqlite-shm")
            || line.contains("0x8000,")
            || line.contains("32768")),
        "{shared:?}"
    );
    assert!(!trace.contains(MARKER), "a note was written in clear");
    // What is written in clear is seen: the partner opens the package.
    let package = causeway_testkit::street::delivered(&said).unwrap().package;
    let text = |path: &Path| path.display().to_string();
    let (identity, sender) = (text(&place.street.partner().join("identity.txt")), text(&place.street.sender()));
    let out = text(&place.street.home().join("partner/noted"));
    let opens = ["package", "open", &text(&package), "--sender", &sender, "--identity", &identity, "--out", &out];
    assert!(written(&place, &opens).1.contains(MARKER), "the trace sees nothing");
}
