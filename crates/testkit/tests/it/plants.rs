//! Are exactly the people planted who were asked for, once each, spread, and as the kind says?

use std::collections::{BTreeSet, HashMap};

use causeway_testkit::population::{self, Plant, Planting, PopulationError, REGISTRATION, Spec, VERIFICATION, codes};
use causeway_testkit::throw_away;

use crate::world::World;

/// Who has a planted property, according to the store alone.
fn found(world: &World, planting: Planting) -> BTreeSet<String> {
    let mark = |from: &str| format!("SELECT individual_id FROM confidentiality_mark WHERE withheld_from = '{from}'");
    let person = |condition: &str| format!("SELECT individual_id FROM individual WHERE {condition}");
    let sql = match planting {
        Planting::Outside => person("camp_pcode NOT IN ('KE106322', 'KE111507', 'KE115655', 'KE123001')"),
        Planting::MarkedForEveryone => mark("*"),
        Planting::MarkedForPartner => mark("lantern-relief"),
        Planting::ConsentRefused => person("consent_sharing = 'refused'"),
        Planting::ConsentWithdrawn => person("consent_sharing = 'withdrawn'"),
        Planting::UnknownCode => person("sex NOT IN ('F', 'M', 'U', 'X')"),
        Planting::ImpossibleDate => person("date_of_birth = '2011-02-30'"),
        Planting::Oversize => person("length(family_name) > 200"),
        Planting::UnparseablePhone => person("phone = 'see file'"),
        Planting::InvalidUtf8 | Planting::TerminalControl => return odd_names(world, planting),
    };
    world.all::<String>(&sql).into_iter().collect()
}

fn odd_names(world: &World, planting: Planting) -> BTreeSet<String> {
    let mut statement = world.store.prepare("SELECT individual_id, CAST(given_name AS BLOB) FROM individual").unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut ids = BTreeSet::new();
    while let Some(row) = rows.next().unwrap() {
        let name: Vec<u8> = row.get(1).unwrap();
        let kind = match String::from_utf8(name) {
            Err(_) => Planting::InvalidUtf8,
            Ok(name) if name.chars().any(char::is_control) => Planting::TerminalControl,
            Ok(_) => continue,
        };
        if kind == planting {
            ids.insert(row.get(0).unwrap());
        }
    }
    ids
}

#[test]
fn planted_counts_are_exact_and_nobody_else_has_the_property() {
    let spec = Spec::of(3000).seed(5);
    let world = World::of(&spec);
    let mut seen = BTreeSet::new();
    for planting in Planting::ALL {
        let ids = world.truth.planted(planting);
        assert_eq!(ids.len(), spec.plant.count(planting) as usize, "{planting:?}");
        assert_eq!(found(&world, planting), ids.iter().cloned().collect(), "{planting:?}");
        for id in ids {
            assert!(seen.insert(id.clone()), "{id} was planted twice");
        }
    }
    assert_eq!(seen.len() as u64, spec.plant.total());
    assert_eq!(world.truth.marks, 40);
    assert!(world.truth.withheld().count() >= 50 && world.truth.broken().count() >= 20, "what the demo needs");
    assert_eq!(world.truth.outside(), world.truth.camps[codes::OUTSIDE_CAMP]);
    assert_eq!(world.one::<i64>("SELECT max(length(family_name)) FROM individual", []), 10_000);
    let verified = world.file(VERIFICATION);
    assert!(world.truth.planted(Planting::UnparseablePhone).iter().all(|id| !verified.contains(id.as_str())));
}

#[test]
fn a_population_without_plants_has_none_of_it() {
    let world = World::of(&Spec::of(500).plant(Plant::none()));
    for planting in Planting::ALL {
        assert!(world.truth.planted(planting).is_empty());
        assert!(found(&world, planting).is_empty(), "{planting:?}");
    }
}

#[test]
fn the_planted_are_spread_over_camps_and_households() {
    let world = World::of(&Spec::of(3000));
    let mut households = BTreeSet::new();
    for planting in Planting::ALL.into_iter().filter(|planting| *planting != Planting::Outside) {
        let mut camps: HashMap<String, usize> = HashMap::new();
        for id in world.truth.planted(planting) {
            let sql = "SELECT camp_pcode || ' ' || household_no FROM individual WHERE individual_id = ?";
            let place: String = world.one(sql, [id]);
            let (camp, household) = place.split_once(' ').unwrap();
            *camps.entry(camp.to_owned()).or_default() += 1;
            assert!(households.insert(household.to_owned()), "two were planted in one household");
        }
        assert_eq!(camps.len(), 4, "{planting:?}");
        let (few, many) = (camps.values().min().unwrap(), camps.values().max().unwrap());
        assert!(many - few <= 1, "{planting:?} is uneven: {camps:?}");
    }
}

#[test]
fn outside_live_whole_families_and_some_apart_from_theirs() {
    let world = World::of(&Spec::of(3000));
    let apart: i64 = world.one(
        "SELECT count(*) FROM individual JOIN household USING (household_no)
         WHERE individual.camp_pcode <> household.camp_pcode AND individual.camp_pcode = ?",
        [codes::OUTSIDE_CAMP],
    );
    assert_eq!(apart, 60);
    let families: i64 = world.one("SELECT count(*) FROM household WHERE camp_pcode = ?", [codes::OUTSIDE_CAMP]);
    assert!(families > 10);
    let wrong: i64 = world.one(
        "SELECT count(*) FROM individual JOIN household USING (household_no)
         WHERE individual.camp_pcode <> household.camp_pcode AND individual.camp_pcode <> ?",
        [codes::OUTSIDE_CAMP],
    );
    assert_eq!(wrong, 0);
}

#[test]
fn everyone_can_be_planted_but_no_more() {
    let plant = Plant { outside: 7, consent_refused: 9, unknown_code: 4, ..Plant::none() };
    let world = World::of(&Spec::of(20).plant(plant.clone()));
    assert_eq!(world.truth.planted.values().map(Vec::len).sum::<usize>(), 20);
    assert_eq!(found(&world, Planting::Outside).len(), 7);

    let dir = throw_away::directory().unwrap();
    let error = population::generate(dir.path(), &Spec::of(19).plant(plant)).unwrap_err();
    assert!(matches!(error, PopulationError::TooManyPlanted { planted: 20, people: 19 }));
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn a_population_is_never_written_over_another() {
    let world = World::of(&Spec::of(30).plant(Plant::none()));
    let before = world.rows();
    let error = population::generate(world.path(), &Spec::of(40).plant(Plant::none())).unwrap_err();
    assert!(matches!(&error, PopulationError::AlreadyThere { path } if path.ends_with(REGISTRATION)));
    assert_eq!(world.rows(), before);
}

/// The size that the demo walks over; nextest shows what it costs.
#[test]
fn the_demo_population_is_as_large_as_it_says() {
    let dir = throw_away::directory().unwrap();
    let truth = population::generate(dir.path(), &Spec::default()).unwrap();
    assert_eq!(truth.people, 20_000);
    assert_eq!(truth.camps.values().sum::<u32>(), 20_000);
    assert!(truth.scripts.values().all(|people| *people > 800));
    assert!((5_000..8_000).contains(&truth.households), "{} households", truth.households);
}
