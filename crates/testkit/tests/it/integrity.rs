//! Do the stores and files refer to each other, keep to their lists, and hold as much as the truth says?

use std::collections::{BTreeMap, BTreeSet};

use causeway_testkit::population::{ASSISTANCE, Plant, Spec, VERIFICATION, codes};
use serde_json::Value;

use crate::world::World;

fn sound() -> World {
    World::of(&Spec::of(2500).seed(21).plant(Plant::none()))
}

#[test]
fn every_reference_has_what_it_refers_to() {
    let world = World::of(&Spec::of(2000));
    for table in ["document", "specific_need", "language", "confidentiality_mark", "bims.enrolment"] {
        let orphans: i64 = world.one(
            &format!("SELECT count(*) FROM {table} WHERE individual_id NOT IN (SELECT individual_id FROM individual)"),
            [],
        );
        assert_eq!(orphans, 0, "{table}");
    }
    let wrong_size: i64 = world.one(
        "SELECT count(*) FROM household WHERE group_size <>
         (SELECT count(*) FROM individual WHERE individual.household_no = household.household_no)",
        [],
    );
    assert_eq!(wrong_size, 0);
    let homeless: i64 =
        world.one("SELECT count(*) FROM individual WHERE household_no NOT IN (SELECT household_no FROM household)", []);
    assert_eq!(homeless, 0);
    let people: BTreeSet<String> = world.all("SELECT individual_id FROM individual").into_iter().collect();
    let households: BTreeSet<String> = world.all("SELECT household_no FROM household").into_iter().collect();
    assert!(people.iter().all(|id| uuid::Uuid::parse_str(id).unwrap().to_string() == *id));
    for line in world.file(VERIFICATION).lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert!(people.contains(line["individual_id"].as_str().unwrap()));
    }
    let mut csv = csv::Reader::from_path(world.path().join(ASSISTANCE)).unwrap();
    assert!(csv.records().all(|record| households.contains(&record.unwrap()[0])));
}

#[test]
fn every_code_is_in_its_list_and_every_common_one_is_used() {
    let world = sound();
    for (table, column, list) in [
        ("individual", "sex", &codes::SEX[..]),
        ("individual", "marital_status", &codes::MARITAL_STATUS),
        ("individual", "legal_status", &codes::LEGAL_STATUS),
        ("individual", "relationship_to_head", &codes::RELATIONSHIP),
        ("individual", "country_of_origin", &codes::COUNTRY_OF_ORIGIN),
        ("individual", "nationality", &codes::NATIONALITY),
        ("individual", "preferred_language", &codes::LANGUAGE),
        ("individual", "religion", &codes::RELIGION),
        ("individual", "education_level", &codes::EDUCATION_LEVEL),
        ("individual", "process_status", &codes::PROCESS_STATUS),
        ("individual", "camp_pcode", &codes::CAMPS),
        ("household", "shelter", &codes::SHELTER),
        ("document", "document_type", &codes::DOCUMENT_TYPE),
        ("document", "issuing_country", &codes::ISSUING_COUNTRY),
        ("specific_need", "category", &codes::NEED_CATEGORY),
        ("specific_need", "status", &codes::NEED_STATUS),
        ("language", "language", &codes::LANGUAGE),
        ("language", "level", &codes::LANGUAGE_LEVEL),
        ("bims.enrolment", "modality", &codes::MODALITY),
        ("bims.enrolment", "status", &codes::ENROLMENT_STATUS),
    ] {
        let used: BTreeSet<String> = world.all(&format!("SELECT DISTINCT {column} FROM {table}")).into_iter().collect();
        let list: BTreeSet<String> = list.iter().map(|code| (*code).to_owned()).collect();
        assert_eq!(used, list, "{table}.{column}");
    }
    let reasons: Vec<String> = world.all("SELECT DISTINCT reason_missing FROM bims.enrolment WHERE status = 'missing'");
    assert!(reasons.iter().all(|reason| codes::REASON_MISSING.contains(&reason.as_str())));
    assert_eq!(world.all::<String>("SELECT DISTINCT consent_sharing FROM individual"), ["given"]);
}

#[test]
fn the_truth_counts_what_is_there() {
    let world = World::of(&Spec::of(1500));
    let truth = &world.truth;
    for (table, count) in [
        ("individual", truth.people),
        ("household", truth.households),
        ("document", truth.documents),
        ("specific_need", truth.specific_needs),
        ("language", truth.languages),
        ("confidentiality_mark", truth.marks),
        ("bims.enrolment", truth.enrolments),
    ] {
        assert_eq!(world.one::<u32>(&format!("SELECT count(*) FROM {table}"), []), count, "{table}");
    }
    for (column, counts) in [("camp_pcode", &truth.camps), ("process_status", &truth.process_statuses)] {
        for (value, count) in counts {
            let sql = format!("SELECT count(*) FROM individual WHERE {column} = ?");
            assert_eq!(world.one::<u32>(&sql, [value]), *count, "{column} {value}");
        }
    }
    assert_eq!(world.file(VERIFICATION).lines().count(), truth.verification_lines as usize);
    assert_eq!(world.file(ASSISTANCE).lines().count(), truth.assistance_lines as usize + 1);
    let json = serde_json::to_string(truth).unwrap();
    assert_eq!(&serde_json::from_str::<causeway_testkit::population::Truth>(&json).unwrap(), truth);
}

#[test]
fn phones_are_messy_but_every_one_is_a_number() {
    let world = sound();
    let phones: Vec<String> = world.all("SELECT phone FROM individual WHERE phone IS NOT NULL");
    assert!(phones.len() > 500);
    for phone in phones {
        let number = phonenumber::parse(Some(phonenumber::country::KE), &phone).unwrap();
        let e164 = number.format().mode(phonenumber::Mode::E164).to_string();
        assert!(e164.starts_with("+2547000") && e164.len() == 13, "`{phone}` was read as `{e164}`");
    }
}

#[test]
fn a_telephone_differs_at_verification_exactly_as_often_as_the_truth_says() {
    let world = World::of(&Spec::of(2000));
    let mut seen = BTreeMap::new();
    for line in world.file(VERIFICATION).lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let telephone = line["telephone"].as_str().map(str::to_owned);
        assert!(
            seen.insert(line["individual_id"].as_str().unwrap().to_owned(), telephone).is_none(),
            "two lines a person"
        );
    }
    let (mut conflicts, mut only_here) = (0, 0);
    for (id, telephone) in seen {
        let phone: Option<String> = world.one("SELECT phone FROM individual WHERE individual_id = ?", [&id]);
        match (phone, telephone) {
            (Some(phone), Some(telephone)) if phone != telephone => conflicts += 1,
            (None, Some(_)) => only_here += 1,
            (Some(_), None) => panic!("a verified phone was lost"),
            _ => {}
        }
    }
    assert_eq!((conflicts, only_here), (world.truth.phone_conflicts, world.truth.phone_only_at_verification));
    assert!(conflicts > 20 && only_here > 5);
}

#[test]
fn assistance_has_amounts_and_dates_as_its_status_says() {
    let world = sound();
    let mut csv = csv::Reader::from_path(world.path().join(ASSISTANCE)).unwrap();
    let header = ["household_no", "programme", "modality", "amount", "currency", "status", "delivered_on"];
    assert_eq!(csv.headers().unwrap(), &csv::StringRecord::from(header.to_vec()));
    let mut statuses = BTreeSet::new();
    for record in csv.records() {
        let record = record.unwrap();
        let (whole, cents) = record[3].split_once('.').unwrap();
        assert!(whole.parse::<u32>().unwrap() > 0 && cents.len() == 2);
        assert!(codes::CURRENCY.contains(&&record[4]) && codes::PROGRAMME.contains(&&record[1]));
        assert_eq!(record[6].is_empty(), &record[5] == "PLANNED");
        statuses.insert(record[5].to_owned());
    }
    assert!(statuses.iter().map(String::as_str).eq(["DELIVERED", "PLANNED", "REVERSED"]));
}

#[test]
fn templates_are_where_someone_was_enrolled() {
    let world = sound();
    let wrong: i64 = world.one(
        "SELECT count(*) FROM bims.enrolment WHERE CASE status
         WHEN 'enrolled' THEN template IS NULL OR quality NOT BETWEEN 0 AND 100 OR captured_on IS NULL OR reason_missing IS NOT NULL
         ELSE template IS NOT NULL OR quality IS NOT NULL OR captured_on IS NOT NULL OR reason_missing IS NULL END",
        [],
    );
    assert_eq!(wrong, 0);
    let (templates, distinct): (i64, i64) = world
        .store
        .query_row("SELECT count(template), count(DISTINCT template) FROM bims.enrolment", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert!(templates > 1000);
    assert_eq!(templates, distinct);
}
