//! What would leave, shown on generated people, and on real ones only masked, with a reason and a trace? And does a check
//! warn of what should be thought about once more?

use std::collections::BTreeSet;
use std::path::Path;

use causeway_testkit::population::Spec;
use causeway_testkit::street::{EXCHANGES, Street};
use causeway_testkit::throw_away;
use serde_json::Value;

use crate::street::street;

/// Outputs and values of a preview.
fn values(said: &str) -> Vec<(String, String)> {
    let lines = said.lines().filter_map(|line| line.strip_prefix("  "));
    let pairs = lines.filter_map(|line| line.split_once(' '));
    pairs.map(|(name, value)| (name.to_owned(), value.trim_start().to_owned())).collect()
}

fn all_of(said: &str, name: &str) -> Vec<String> {
    values(said).into_iter().filter(|(found, _)| found == name).map(|(_, value)| value).collect()
}

fn ledger(street: &Street) -> String {
    street.good(&["ledger", "export"]).unwrap()
}

/// Every text in a JSON value.
fn texts(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => drop(into.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, into)),
        Value::Object(members) => members.values().for_each(|member| texts(member, into)),
        _ => {}
    }
}

/// A changed copy of an example, imported or not.
fn changed(street: &Street, example: &str, into: &Path, changes: &[(&str, &str)]) -> String {
    let mut text = std::fs::read_to_string(street.example(example)).unwrap();
    for (from, to) in changes {
        assert!(text.contains(from), "{example} does not say `{from}`");
        text = text.replace(from, to);
    }
    std::fs::write(into, text).unwrap();
    into.display().to_string()
}

#[test]
fn every_example_is_shown_on_people_who_do_not_exist() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    // There are no sources at all: nothing here can come from one.
    street.set_up().unwrap();
    for (exchange, file) in EXCHANGES {
        let said = street.good(&["exchange", "preview", exchange, "--records", "12"]).unwrap();
        assert!(said.contains("12 invented records of 12; none of these people exists"), "{exchange}: {said}");
        assert!(!said.contains("not shown") && !said.contains("refused"), "{exchange}: {said}");
        let again = street.good(&["exchange", "preview", &street.example(file), "--records", "12"]).unwrap();
        assert_eq!(said, again, "{exchange}: the same seed invents the same people, imported or not");
        let other = street.good(&["exchange", "preview", exchange, "--records", "12", "--seed", "2"]).unwrap();
        assert_ne!(said, other, "{exchange}");
    }
    let said = street.good(&["exchange", "preview", "food-people", "--records", "40"]).unwrap();
    assert!(all_of(&said, "camp").iter().all(|camp| camp.starts_with("KE1")), "{said}");
    assert!(all_of(&said, "phone").iter().any(|phone| phone.starts_with("+254")), "{said}");
    let together: BTreeSet<String> = all_of(&said, "household_ref").into_iter().collect();
    assert!(together.len() > 5 && together.len() < 20, "people share households: {said}");
    assert!(all_of(&said, "latest_document").iter().any(|number| number != "-"), "{said}");
    let said = street.good(&["exchange", "preview", "food-households"]).unwrap();
    for members in all_of(&said, "members") {
        let members: Value = serde_json::from_str(&members).unwrap();
        assert_eq!(members.as_array().unwrap().len(), 3, "{said}");
        assert!(members[0]["person_ref"].is_string() && members[0]["document_types"].is_array(), "{said}");
    }
    assert!(!ledger(&street).contains("preview-real"), "nobody real was looked at");
}

#[test]
fn an_arrangement_out_of_force_is_rehearsed_but_shows_nobody_real() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    street.people(&Spec::of(600)).unwrap();
    street.set_up().unwrap();
    let suspend = ["--as", "protection", "arrangement", "suspend", "food-2026", "--reason", "a breach was reported"];
    street.good(&suspend).unwrap();
    let said = street.good(&["exchange", "preview", "food-people"]).unwrap();
    assert!(said.contains("5 invented records of 5"), "{said}");
    let checked = street.good(&["exchange", "check", &street.example("exchange-people.yaml")]).unwrap();
    assert!(checked.contains("people: not counted") && checked.contains("not-in-force"), "{checked}");
    let refused =
        street.run(&["exchange", "preview", "food-people", "--real", "3", "--reason", "before signing"]).unwrap();
    assert_eq!(refused.code, Some(4), "{}", refused.err);
    assert!(refused.err.contains("not-in-force") && refused.out.is_empty(), "{}{}", refused.out, refused.err);
    assert!(ledger(&street).contains("preview-real-refused"));
}

#[test]
fn real_records_are_few_masked_reasoned_and_recorded() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    street.people(&Spec::of(1000)).unwrap();
    street.set_up().unwrap();
    let preview = |words: &[&str]| {
        let mut all = vec!["exchange", "preview", "food-nested"];
        all.extend(words);
        street.run(&all).unwrap()
    };
    for words in [
        &["--real", "21", "--reason", "checking the shape"][..],
        &["--real", "0", "--reason", "checking the shape"],
        &["--real", "5"],
        &["--real", "5", "--reason", "  "],
        &["--reason", "checking the shape"],
    ] {
        let refused = preview(words);
        assert_eq!(refused.code, Some(2), "{words:?}: {}", refused.err);
        assert!(!refused.out.contains("record 1"), "{words:?}: {}", refused.out);
    }
    assert!(!ledger(&street).contains("preview-real"));
    let shown = preview(&["--real", "20", "--reason", "checking the shape with the partner"]);
    assert_eq!(shown.code, Some(0), "{}", shown.err);
    assert!(shown.out.contains("20 real records, masked"), "{}", shown.out);
    assert!(!shown.out.contains('\u{1b}'));
    assert_eq!(all_of(&shown.out, "given_name").len(), 20);
    let recorded = ledger(&street);
    assert!(recorded.contains("preview-real") && !recorded.contains("preview-real-refused"), "{recorded}");
    let is_ours = |line: &&str| line.contains("checking the shape with the partner") && line.contains("food-nested");
    assert!(recorded.lines().any(|line| is_ours(&line) && line.contains("20")), "{recorded}");
    // Nothing that the partner would receive of anybody stands there whole; codes of closed lists may.
    let sent = street.transfer("food-nested").unwrap();
    let opened = street.open(&sent.package, &dir.path().join("opened")).unwrap();
    let mut population = BTreeSet::new();
    let mut people = 0;
    for entry in std::fs::read_dir(opened).unwrap() {
        let path = entry.unwrap().path();
        let Ok(text) = std::fs::read_to_string(&path) else { continue };
        for record in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
            let Some(given) = record.get("given_name") else { continue };
            people += 1;
            let family = record["family_name"].as_str().unwrap_or_default();
            population.extend([given.as_str().unwrap_or_default().to_owned(), family.to_owned()]);
            texts(&record["full_name"], &mut population);
            texts(&record["person_ref"], &mut population);
            record["documents"]
                .as_array()
                .unwrap()
                .iter()
                .for_each(|document| texts(&document["number"], &mut population));
        }
    }
    assert!(people > 500, "{people}");
    let seen: Vec<String> = values(&shown.out).into_iter().map(|(_, value)| value).collect();
    for text in population.iter().filter(|text| text.chars().count() > 1) {
        assert!(!seen.iter().any(|value| value.contains(text.as_str())), "a whole value is shown");
    }
    // The flat exchange has numbers and years: they are masked too.
    let flat = street.good(&["exchange", "preview", "food-people", "--real", "20", "--reason", "numbers"]).unwrap();
    for name in ["assistance_total_usd", "best_quality", "arrival_year", "age_band", "phone", "person_ref"] {
        for value in all_of(&flat, name).iter().filter(|value| *value != "-") {
            let open = value.chars().filter(|c| *c != '•').count();
            assert!(open <= 1 && value.contains('•'), "{name}: {value}");
        }
    }
    assert!(all_of(&flat, "has_face").iter().all(|value| value == "true" || value == "false"), "{flat}");
}

#[test]
fn a_check_warns_of_few_people_and_of_several_bands() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    let truth = street.people(&Spec::of(600)).unwrap();
    street.set_up().unwrap();
    let said = street.good(&["exchange", "check", &street.example("exchange-people.yaml")]).unwrap();
    let inside = truth.people - truth.outside();
    assert!(said.contains(&format!("people: {inside} are covered")), "{said}");
    assert!(said.contains("0 reasons to refuse, 0 warnings"), "{said}");
    let narrow = dir.path().join("narrow.yaml");
    let narrow = changed(
        &street,
        "exchange-people.yaml",
        &narrow,
        &[
            ("root: individual\n", "root: individual\npopulation: { in: { element: camp_pcode, values: [] } }\n"),
            (
                "  - { name: camp, from: camp_pcode }\n",
                "  - { name: camp, from: camp_pcode }\n  - { name: adult, from: date_of_birth, transform: [{ age-band: { at: 2026-10-01, from: [0, 18] } }] }\n",
            ),
        ],
    );
    let said = street.good(&["exchange", "check", &narrow]).unwrap();
    assert!(said.contains("warning [small-population] food-people"), "{said}");
    assert!(said.contains("warning [several-bands] individual.date_of_birth: outputs `adult`, `age_band`"), "{said}");
    let said = street.good(&["exchange", "check", &narrow, "--no-count"]).unwrap();
    assert!(!said.contains("small-population") && said.contains("several-bands"), "{said}");
    // Households are counted by their people.
    let said = street.good(&["exchange", "check", &street.example("exchange-households.yaml")]).unwrap();
    assert!(said.contains("people: ") && !said.contains("small-population"), "{said}");
}

#[test]
fn a_check_names_what_two_arrangements_of_one_partner_join_by() {
    let dir = throw_away::directory().unwrap();
    let street = street(dir.path());
    street.set_up().unwrap();
    let check = || street.good(&["exchange", "check", &street.example("exchange-people.yaml"), "--no-count"]).unwrap();
    assert!(!check().contains("[joinable]"), "the other arrangement is another partner's: {}", check());
    let second = |version: &str, purpose: &str| {
        let path = dir.path().join(format!("second-{version}.yaml"));
        let changes = [
            ("arrangement: food-2026\n", "arrangement: shelter-2026\n"),
            ("version: 1\n", version),
            ("code: food-assistance", purpose),
        ];
        let path = changed(&street, "arrangement-food.yaml", &path, &changes);
        street.good(&["arrangement", "draft", &path]).unwrap();
        check()
    };
    let said = second("version: 1\n", "code: shelter");
    for element in ["individual.phone", "individual.family_name", "document.document_number"] {
        let warned = said.lines().find(|line| line.starts_with(&format!("warning [joinable] {element}:")));
        let warned = warned.unwrap_or_else(|| panic!("{element}: {said}"));
        assert!(warned.contains("`food-2026`") && warned.contains("`shelter-2026`"), "{warned}");
    }
    assert!(!said.contains("[joinable] individual.individual_id"), "another purpose, another pseudonym: {said}");
    for shared in ["individual.sex", "individual.camp_pcode", "individual.date_of_birth"] {
        assert!(!said.contains(&format!("[joinable] {shared}")), "many people have it: {said}");
    }
    let said = second("version: 2\n", "code: food-assistance");
    assert!(said.contains("[joinable] individual.individual_id"), "the same purpose, the same pseudonym: {said}");
    // The other side is warned too, and only warned.
    let shelter = dir.path().join("shelter.yaml");
    let shelter =
        changed(&street, "exchange-nested.yaml", &shelter, &[("arrangement: food-2026", "arrangement: shelter-2026")]);
    let said = street.good(&["exchange", "check", &shelter, "--no-count"]).unwrap();
    assert!(said.contains("[joinable] individual.given_name") && said.contains("0 reasons to refuse"), "{said}");
}
