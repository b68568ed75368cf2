//! A value that cannot be released as it stands, and one that a terminal would obey.

use super::*;

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
