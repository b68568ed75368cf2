//! Is every record applied or told, a replay nothing, and nothing opened that should not be?

use std::fs;

use causeway_package::inbound::Acknowledgement;
use causeway_package::key::VerifyingKey;
use serde_json::{Value, json};

use super::documents::NUMBERS;
use super::scene::{Scene, id, record, text};

/// Good ones, one of every kind of bad one, and one of nobody.
fn mixed() -> Vec<Value> {
    let mut lines: Vec<Value> = (0..30).map(|of| record(&format!("m{of}"), 10, of)).collect();
    let with = |of: usize, name: &str, value: Value| {
        let mut line = record(&format!("bad{of}"), 10, of);
        line[name] = value;
        line
    };
    lines.push(with(30, "decision", json!("perhaps")));
    lines.push(with(31, "nin", json!("INVENTED-TOO-LONG")));
    lines.push(json!("no record"));
    lines.push(record("nobody", 10, 999));
    lines.push(lines[3].clone());
    // Of two people who have one number, and whose own is nobody's.
    lines
        .push(json!({ "message": "twins", "stamp": 10, "person": id(998), "nin": "SAME", "decided_on": "2026-05-01" }));
    lines
}

#[test]
fn what_is_sound_stands_in_the_registry_and_every_record_is_told() {
    let scene = Scene::new();
    let twins = format!("UPDATE person SET nin = 'SAME' WHERE id IN ('{}', '{}')", id(38), id(39));
    scene.registry().execute_batch(&twins).unwrap();
    let before = scene.tables();
    let envelope = scene.envelope(1, &mixed());
    let intake = scene.submitted(&envelope);
    assert_eq!(scene.tables(), before, "nobody is at work");
    scene.work();
    let shown = scene.shown(&intake);
    for said in [
        "awaiting-review",
        "records      36",
        "updated    30",
        "quarantined 3",
        "duplicate  1",
        "waiting    2",
        "unmatched: 0 rows",
    ] {
        assert!(shown.contains(said), "{said}: {shown}");
    }
    let tables = scene.tables();
    assert_eq!(tables[0], format!("{}|INVENTED000|ACC|2026-05-01|10|1", id(0)));
    assert_eq!(tables[30], format!("{}|-|-|-|-|0", id(30)));
    assert_eq!(tables.iter().filter(|row| row.ends_with("|current")).count(), 30);
    assert_eq!(tables[40], format!("C000|{}|current", id(0)));
    let outcomes = scene.outcomes(&intake);
    let told = |at: usize| outcomes[at].to_string();
    assert_eq!(outcomes.len(), 36);
    assert!(shown.contains("ambiguous: 2 rows it may be, waits"), "{shown}");
    assert!(told(0).contains(&format!(r#""outcome":"updated","told":{{"text":"{}"}}"#, id(0))), "{}", told(0));
    assert!(told(30).contains(r#""fields":[{"field":"decision","code":"code-unknown"}]"#), "{}", told(30));
    assert!(told(31).contains(r#"{"field":"nin","code":"value-oversize"}"#), "{}", told(31));
    assert!(told(32).contains("record-unreadable"), "{}", told(32));
    assert!(told(33).contains(r#""outcome":"waiting""#), "{}", told(33));
    assert!(told(34).contains(r#""outcome":"duplicate""#), "{}", told(34));
    assert_eq!(scene.leaks(), [""; 0].map(std::path::PathBuf::from));

    // The same file is the same intake; the same records under another number change nothing.
    assert_eq!(scene.submitted(&envelope), intake);
    let again = scene.submitted(&scene.envelope(2, &mixed()[..30]));
    scene.work();
    assert!(scene.shown(&again).contains("duplicate  30"), "{}", scene.shown(&again));
    assert_eq!(scene.tables(), tables);
    let folder = scene.folder(&again);
    let (word, signature) = (
        fs::read(folder.join("acknowledgement.json")).unwrap(),
        fs::read(folder.join("acknowledgement.json.sig")).unwrap(),
    );
    let key = VerifyingKey::load(&scene.street.sender()).unwrap();
    let word = Acknowledgement::verify(&word, &signature, &key).unwrap();
    assert_eq!((word.number, word.counts["duplicate"], word.counts["records"]), (Some(2), 30, 30));
    assert!(scene.shown(&again).contains("acknowledged"));

    // An older message does not overwrite a newer one, nor one that a rule is against; null empties, and what is absent stays.
    let mut older = record("older", 9, 0);
    older["nin"] = json!("OLD");
    let mut earlier = record("earlier", 20, 1);
    earlier["decided_on"] = json!("2026-04-01");
    let mut sparse =
        json!({ "message": "sparse", "stamp": 20, "person": id(2), "nin": null, "decided_on": "2026-05-02" });
    sparse["cards"] = json!([]);
    let third = scene.submitted(
        &scene.envelope(3, &[older, earlier, sparse, record("m5", 30, 5), record("x", 9, 6), record("y", 30, 7)]),
    );
    scene.work();
    let shown = scene.shown(&third);
    assert!(
        shown.contains("superseded 2") && shown.contains("quarantined 1") && shown.contains("updated    3"),
        "{shown}"
    );
    let tables = scene.tables();
    assert_eq!(tables[0], format!("{}|INVENTED000|ACC|2026-05-01|10|1", id(0)));
    assert_eq!(tables[1], format!("{}|INVENTED001|ACC|2026-05-01|10|1", id(1)));
    assert_eq!(tables[2], format!("{}|-|ACC|2026-05-02|20|2", id(2)));
    scene.street.good(&["ledger", "verify"]).unwrap();
    let listed = scene.street.good(&["intake", "list"]).unwrap();
    assert!(listed.ends_with("3 intakes\n"), "{listed}");
}

#[test]
fn what_should_not_be_opened_is_rejected_by_name_and_a_file_that_is_mostly_bad_too() {
    let scene = Scene::new();
    let before = scene.tables();
    let number_five = scene.envelope(5, &[record("a", 1, 1)]);
    let bytes = fs::read(&number_five).unwrap();
    let mut altered = bytes.clone();
    let last = altered.len() - 1;
    altered[last] ^= 1;
    let altered_file = scene.street.partner().join("altered");
    fs::write(&altered_file, &altered).unwrap();
    let older = scene.envelope(4, &[record("b", 1, 2)]);
    let bad = scene.envelope(6, &[json!({}), record("c", 1, 3)]);
    let intakes: Vec<String> = [&altered_file, &number_five, &older, &bad].map(|file| scene.submitted(file)).into();
    scene.work();
    for (intake, says) in
        intakes.iter().zip(["envelope-altered", "acknowledged", "number-not-above", "too-many-quarantined"])
    {
        let shown = scene.shown(intake);
        assert!(shown.contains(says), "{says}: {shown}");
    }
    let after = scene.tables();
    assert_eq!(before.iter().filter(|row| !after.contains(row)).count(), 1, "only what number five says");
    // One that is taken back is never opened.
    let taken_back = scene.submitted(&scene.envelope(8, &[record("d", 1, 4)]));
    scene.street.good(&["intake", "cancel", &taken_back, "--reason", "sent-by-mistake"]).unwrap();
    scene.work();
    assert!(scene.shown(&taken_back).contains("cancelled"));
    assert_eq!(scene.tables(), after);
    let late = scene.street.run(&["intake", "cancel", &intakes[1], "--reason", "sent-by-mistake"]).unwrap();
    assert!(late.err.contains("is acknowledged"), "{}", late.err);
}

#[test]
fn a_folder_is_emptied_and_a_stop_holds_what_came() {
    let scene = Scene::new();
    let inbox = scene.street.home().join("inbox/lantern-relief");
    fs::create_dir_all(&inbox).unwrap();
    let (before, envelope) = (scene.tables(), scene.envelope(1, &[record("a", 1, 1)]));
    fs::copy(&envelope, inbox.join("numbers.partial")).unwrap();
    fs::copy(&envelope, inbox.join("numbers")).unwrap();
    scene
        .street
        .good(&["--as", "representative", "stop", "partner", "lantern-relief", "--reason", "a-test-of-the-switch"])
        .unwrap();
    scene.work();
    let left: Vec<_> = fs::read_dir(&inbox).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["numbers.partial"], "taken in, and what is not finished stays");
    assert_eq!(scene.tables(), before, "a stop holds");
    let listed = scene.street.good(&["intake", "list", "--state", "received"]).unwrap();
    assert!(listed.contains(NUMBERS), "{listed}");
    let intake = listed.split_whitespace().next().unwrap().to_owned();
    assert!(scene.shown(&intake).contains("stopped"), "{}", scene.shown(&intake));
    assert!(!text(&inbox).is_empty());
}

#[test]
fn only_who_may_brings_something_in_takes_it_back_or_sees_it() {
    let scene = Scene::new();
    let street = &scene.street;
    street.officer("auditor", "representative", &["--role", "auditor"]).unwrap();
    let of = ["--role", "partner-operator", "--partner", "lantern-relief"];
    street.officer("lantern-operator", "lantern-relief-admin", &of).unwrap();
    let envelope = text(&scene.envelope(1, &[record("a", 1, 1)]));
    let denied = |words: &[&str]| {
        let ended = street.run(words).unwrap();
        assert!(ended.code == Some(4) && ended.err.contains("not-permitted"), "{words:?}: {}{}", ended.out, ended.err);
    };
    let submit = ["intake", "submit", &envelope, "--exchange", NUMBERS];
    for nobody in ["auditor", "protection", "representative"] {
        denied(&[&["--as", nobody], &submit[..]].concat());
    }
    let said = street.good(&[&["--as", "lantern-operator"], &submit[..]].concat()).unwrap();
    let intake = said.split_whitespace().nth(1).unwrap();
    denied(&["--as", "auditor", "intake", "cancel", intake, "--reason", "sent-by-mistake"]);
    denied(&["--as", "lantern-operator", "intake", "retry", intake]);
    for looker in ["auditor", "lantern-operator", "protection"] {
        assert!(street.good(&["--as", looker, "intake", "show", intake]).unwrap().contains("received"), "{looker}");
        assert!(street.good(&["--as", looker, "intake", "list"]).unwrap().ends_with("1 intakes\n"), "{looker}");
    }
    street.good(&["--as", "lantern-operator", "intake", "cancel", intake, "--reason", "sent-by-mistake"]).unwrap();
}

#[test]
fn an_exchange_that_accepts_comes_into_use_like_any_other_and_what_is_not_agreed_does_not() {
    let scene = Scene::new();
    let street = &scene.street;
    let document = fs::read_to_string(street.example("exchange-numbers.yaml")).unwrap();
    let draft = street.home().join("draft.yaml");
    let tried = |verb: &str, text: &str| {
        fs::write(&draft, text).unwrap();
        let words = ["exchange", verb, draft.to_str().unwrap()];
        let ended = street.run(&words).unwrap();
        (ended.code, ended.out + &ended.err)
    };
    let next = document.replace("version: 1", "version: 2");
    let (code, said) = tried("check", &next);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("person.nin") && said.contains("0 reasons to refuse"), "{said}");
    // Settlements are a person's, and nobody agreed that they come in.
    let more = "  - { name: settlement, type: text, element: person.settlement }\n  - { name: decision,";
    let beyond = next.replace("  - { name: decision,", more);
    let (code, said) = tried("check", &beyond);
    assert!(code == Some(4) && said.contains("element-not-agreed") && said.contains("person.settlement"), "{said}");
    let (code, said) = tried("import", &beyond);
    assert!(code == Some(2) && said.contains("draft.yaml:11") && said.contains("element-not-agreed"), "{said}");
    let (code, said) = tried("import", &next.replace("record.decided_on >= current", "record.decided_on >= other"));
    assert!(code == Some(2) && said.contains("rule-failed"), "{said}");
    assert_eq!(tried("import", &next).0, Some(0));
    let provides = "exchange: id-numbers\nversion: 3\narrangement: numbers-2026\nroot: person\nfields: [ { name: id, from: id } ]\n\
                    format: { kind: csv, audience: machine }\ndeliver: { folder: { path: outbox } }\n";
    let (code, said) = tried("import", provides);
    assert!(code == Some(2) && said.contains("other-direction"), "{said}");
    // Whoever asks for a transfer of it is told, and whoever reads all exchanges passes over it.
    let asked = street.run(&["transfer", "request", NUMBERS]).unwrap();
    assert!(asked.err.contains("accepts: nothing leaves by it"), "{}", asked.err);
    assert!(street.run(&["exchange", "schedule", NUMBERS]).unwrap().code != Some(101));
    scene.work();
    let exported = street.home().join("exported");
    street.good(&["configuration", "export", "--out", exported.to_str().unwrap()]).unwrap();
    let compared = street.good(&["configuration", "diff", exported.to_str().unwrap()]).unwrap();
    assert!(!compared.contains("changed") && !compared.contains("removed"), "{compared}");
    let file = exported.join("exchanges/id-numbers.yaml");
    let changed = fs::read_to_string(&file)
        .unwrap()
        .replace("refuse_above_percent: 20", "refuse_above_percent: 10")
        .replace("version: 2", "version: 3");
    fs::write(&file, changed).unwrap();
    let compared = street.good(&["configuration", "diff", exported.to_str().unwrap()]).unwrap();
    assert!(compared.contains("refuse_above_percent: 20 -> 10"), "{compared}");
    let prepared = street.good(&["target", "prepare", "registry"]).unwrap();
    assert!(prepared.contains("causeway_applied"), "{prepared}");
    let target = street.good(&["target", "check", "registry"]).unwrap();
    assert!(target.contains("can be written by id-numbers"), "{target}");
}

#[test]
fn an_unknown_code_is_released_by_its_mapping_and_nothing_is_applied_twice() {
    let scene = Scene::new();
    let street = &scene.street;
    let mut perhaps = record("perhaps", 10, 1);
    perhaps["decision"] = json!("perhaps");
    let lines: Vec<Value> = (2..10).map(|of| record(&format!("m{of}"), 10, of)).chain([perhaps]).collect();
    let intake = scene.submitted(&scene.envelope(1, &lines));
    scene.work();
    assert!(scene.shown(&intake).contains("quarantined 1"), "{}", scene.shown(&intake));
    let before = scene.tables();
    let early = scene.submitted(&scene.envelope(2, &[record("z", 10, 20)]));
    let refused = street.run(&["intake", "retry", &early]).unwrap();
    assert!(refused.err.contains("is received"), "{}", refused.err);
    let catalogue = fs::read_to_string(street.example("catalogue.yaml")).unwrap();
    let known = "      - { code: DEF, label: deferred, equivalents: { registry: perhaps } }\n      - { code: REJ";
    let next = catalogue.replace("version: 1", "version: 2").replace("      - { code: REJ", known);
    let file = street.home().join("catalogue-next.yaml");
    fs::write(&file, next).unwrap();
    street.good(&["catalogue", "import", &text(&file)]).unwrap();
    street.good(&["intake", "retry", &intake]).unwrap();
    scene.work();
    let shown = scene.shown(&intake);
    assert!(
        shown.contains("acknowledged") && shown.contains("updated    9") && !shown.contains("quarantined"),
        "{shown}"
    );
    let after = scene.tables();
    let changed: Vec<_> = after.iter().filter(|row| !before.contains(row)).collect();
    assert!(changed.contains(&&format!("{}|INVENTED001|DEF|2026-05-01|10|1", id(1))), "{changed:?}");
    assert_eq!(changed.len(), 4, "that one with its card, and the next file: {changed:?}");
}
