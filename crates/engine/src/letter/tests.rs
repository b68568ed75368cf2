//! Has every language every message, and does a letter read as people would write it?

use std::collections::{BTreeMap, BTreeSet};

use causeway_model::Form;

use super::*;
use crate::query::{Element, FORMAT, Named, Purpose, Versioned};

/// Ids of messages, with the arguments that each takes.
fn messages(words: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut last = String::new();
    for line in words.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some((id, _)) = line.split_once(" = ").filter(|_| !line.starts_with([' ', '}'])) {
            id.clone_into(&mut last);
            assert!(found.insert(last.clone(), BTreeSet::new()).is_none(), "{id} twice");
        }
        let arguments = line.split('$').skip(1).map(|rest| rest.split(|c: char| !c.is_alphanumeric()).next().unwrap());
        found.entry(last.clone()).or_default().extend(arguments.map(str::to_owned));
    }
    found
}

#[test]
fn every_language_has_every_message_with_the_same_arguments() {
    let [english, told] = [Language::English.words(), Language::English.told()].map(messages);
    assert!(english.len() > 25 && told.len() > 8);
    for language in Language::ALL {
        assert_eq!(messages(language.words()), english, "{language}");
        assert_eq!(messages(language.told()), told, "{language}");
        Words::of(*language).unwrap();
    }
}

fn element(label: &str, form: Form) -> Element {
    Element { element: "individual.something".parse().unwrap(), label: label.to_owned(), form }
}

fn disclosure(title: &str, status: Status, elements: Vec<Element>) -> Disclosure {
    Disclosure {
        transfer: "tr-0".to_owned(),
        package: "pk-0".to_owned(),
        partner: Named { name: "lantern".to_owned(), title: title.to_owned() },
        by: "Example Operation (invented)".to_owned(),
        purpose: Purpose { code: "food".to_owned(), text: "Monthly food distribution".to_owned() },
        exchange: Versioned { name: "food-people".to_owned(), version: 1, title: String::new() },
        arrangement: Versioned { name: "food-2026".to_owned(), version: 2, title: "Food assistance".to_owned() },
        status,
        began_at: "2026-02-27T09:00:00Z".parse().unwrap(),
        arrived_at: Some("2026-03-01T10:00:00Z".parse().unwrap()).filter(|_| status != Status::MayHaveArrived),
        answered_at: Some("2026-03-02T10:00:00Z".parse().unwrap()).filter(|_| status > Status::Arrived),
        erase_by: "2026-06-01".parse().unwrap(),
        elements,
        recorded: true,
    }
}

fn found(disclosures: Vec<Disclosure>) -> Disclosures {
    Disclosures {
        format: FORMAT,
        operation: "kenya-example".to_owned(),
        asked_at: "2026-05-04T09:00:00Z".parse().unwrap(),
        entity: "individual".to_owned(),
        person_sha256: "0".repeat(64),
        packages_asked: 3,
        other_entities: Vec::new(),
        disclosures,
    }
}

/// Everything that a letter can say.
fn everything() -> Disclosures {
    let forms = [
        ("Given name", Form::Raw),
        ("Registration number", Form::Pseudonym),
        ("Enrolment", Form::Presence),
        ("Day of arrival", Form::Year),
        ("Date of birth", Form::AgeBand),
        ("Camp", Form::PlaceLevel(0)),
        ("Telephone number", Form::Masked),
        ("Amount", Form::AggregateOnly),
    ];
    let all: Vec<Element> = forms.into_iter().map(|(label, form)| element(label, form)).collect();
    let mut last =
        disclosure("منظمة الفانوس (مختلقة)", Status::MayHaveArrived, vec![element("اسم العائلة", Form::Age)]);
    last.erase_by = "2026-04-01".parse().unwrap();
    last.recorded = false;
    let place = vec![element("Camp", Form::PlaceLevel(2))];
    let mut found = found(vec![
        disclosure("Lantern Relief (invented)", Status::Confirmed, all),
        disclosure("Acacia Schools (invented)", Status::Rejected, place.clone()),
        disclosure("ፋኖስ እርዳታ (invented)", Status::Arrived, place),
        last,
    ]);
    found.other_entities = vec!["case".to_owned()];
    found
}

/// Compares with the file of that name; `SNAPSHOTS=overwrite` writes it: read the difference like code.
fn snapshot(name: &str, text: &str) {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/letter/snapshots").join(name);
    if std::env::var("SNAPSHOTS").is_ok_and(|word| word == "overwrite") {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "{name}: `SNAPSHOTS=overwrite` writes what is said");
}

#[test]
fn letters_in_every_language() {
    for language in Language::ALL {
        snapshot(
            &format!("{language}.txt"),
            &letter(&everything(), *language, Some("the help desk at gate 3")).unwrap(),
        );
    }
}

#[test]
fn plurals_are_those_of_the_language() {
    let said = |language, count: usize| {
        let words = Words::of(language).unwrap();
        words.say("some", [("count", number(count))]).unwrap()
            + "|"
            + &words.say("none", [("asked", number(count))]).unwrap()
    };
    let mut text = String::new();
    for language in Language::ALL {
        for count in [0, 1, 2, 3, 11, 100, 102] {
            text.push_str(&format!("{language} {count}: {}\n", said(*language, count)));
        }
    }
    snapshot("plurals.txt", &text);
}

#[test]
fn a_name_neither_turns_the_text_around_nor_speaks_to_the_terminal() {
    let hostile = "Lantern\u{202e}feileR\u{1b}[2J\nRelief\u{2069}";
    for language in Language::ALL {
        let one = disclosure(hostile, Status::Arrived, vec![element(hostile, Form::Raw)]);
        let text = letter(&found(vec![one]), *language, None).unwrap();
        assert!(!text.contains(['\u{202e}', '\u{1b}']), "{text:?}");
        let (opened, closed) = (text.matches('\u{2068}').count(), text.matches('\u{2069}').count());
        assert_eq!(opened, closed, "{text:?}");
        assert_eq!(opened > 0, *language == Language::Arabic);
        let marked = text.lines().filter(|line| !line.is_empty()).all(|line| line.starts_with('\u{200f}'));
        assert_eq!(marked, *language == Language::Arabic);
    }
}

#[test]
fn an_arabic_name_is_isolated_in_every_language() {
    let one = disclosure("منظمة الفانوس 7", Status::Arrived, vec![]);
    for language in Language::ALL {
        let text = letter(&found(vec![one.clone()]), *language, None).unwrap();
        assert!(text.contains("\u{2068}منظمة الفانوس 7\u{2069}"), "{text:?}");
    }
}

#[test]
fn every_kind_of_alert_has_words_in_every_language_and_says_nothing_but_ids() {
    let ids = [("package".to_owned(), "pk-1".to_owned())].into();
    let mut all = String::new();
    for language in Language::ALL {
        for kind in causeway_model::alert::AlertKind::ALL {
            let said = told(*kind, *language, ["kenya-example", "alert-1", "tr-1"], &ids).unwrap();
            assert!(said.title.contains("tr-1") && !said.title.contains('\n'), "{language} {kind}");
            assert!(said.text.contains("package: pk-1") && said.text.contains("kenya-example"), "{language} {kind}");
            all.push_str(&said.text);
        }
    }
    assert!(all.contains("is overdue.") && all.contains("est en retard."));
}
