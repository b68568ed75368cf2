//! Would a registration officer believe these families?

use std::collections::BTreeMap;

use causeway_testkit::population::{Plant, Spec};
use jiff::civil::Date;

use crate::world::World;

struct Member {
    relationship: String,
    sex: String,
    family: String,
    born: Option<Date>,
    arrived: Date,
    registered: Date,
    marital: String,
}

fn families(world: &World) -> Vec<Vec<Member>> {
    let mut families: BTreeMap<String, Vec<Member>> = BTreeMap::new();
    let mut statement = world
        .store
        .prepare(
            "SELECT household_no, relationship_to_head, sex, family_name, date_of_birth, arrival_date,
             registration_date, marital_status FROM individual ORDER BY individual_no",
        )
        .unwrap();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        let date =
            |column: usize| row.get::<_, Option<String>>(column).unwrap().map(|text| text.parse::<Date>().unwrap());
        families.entry(row.get(0).unwrap()).or_default().push(Member {
            relationship: row.get(1).unwrap(),
            sex: row.get(2).unwrap(),
            family: row.get(3).unwrap(),
            born: date(4),
            arrived: date(5).unwrap(),
            registered: date(6).unwrap(),
            marital: row.get(7).unwrap(),
        });
    }
    families.into_values().collect()
}

/// Years by which `older` is older than `younger`, where both births are known.
fn gap(older: &Member, younger: &Member) -> Option<f64> {
    let days = (younger.born? - older.born?).get_days();
    Some(f64::from(days) / 365.25)
}

#[test]
fn sizes_heads_names_and_ages_are_sensible() {
    let world = World::of(&Spec::of(4000).seed(9).plant(Plant::none()));
    let families = families(&world);
    assert_eq!(families.len(), world.truth.households as usize);
    let mut sizes = [0_u32; 10];
    let mut relationships: BTreeMap<&str, u32> = BTreeMap::new();
    for family in &families {
        sizes[family.len()] += 1;
        let head = &family[0];
        assert_eq!(family.iter().filter(|member| member.relationship == "PA").count(), 1);
        assert_eq!(head.relationship, "PA", "the head was registered first");
        let spouses = family.iter().filter(|member| matches!(member.relationship.as_str(), "WIF" | "HUS"));
        assert!(spouses.clone().count() <= 1);
        let spouse = spouses.clone().next();
        for member in family {
            *relationships.entry(&member.relationship).or_default() += 1;
            assert!(member.born.is_none_or(|born| born <= member.arrived), "arrived before birth");
            assert!(member.arrived <= member.registered);
            assert!(member.registered.to_string().as_str() <= "2026-10-01");
            if matches!(member.sex.as_str(), "F" | "M") {
                let female = ["WIF", "DAU", "MOT", "SIS", "FCF"].contains(&member.relationship.as_str());
                let male = ["HUS", "SON", "FAT", "BRO", "FCM"].contains(&member.relationship.as_str());
                assert!(!(female && member.sex == "M" || male && member.sex == "F"), "{}", member.relationship);
            }
            match member.relationship.as_str() {
                "SON" | "DAU" => {
                    assert_eq!(member.family, head.family);
                    for parent in [Some(head), spouse].into_iter().flatten() {
                        let latest = if parent.sex == "F" { 48.0 } else { 60.0 };
                        assert!(gap(parent, member).is_none_or(|years| (14.9..latest).contains(&years)));
                    }
                }
                "WIF" | "HUS" => {
                    assert_eq!(member.family, head.family);
                    assert_eq!(member.marital, head.marital);
                    assert!(gap(member, head).is_none_or(|years| years.abs() < 10.0));
                }
                "FAT" | "MOT" => assert!(gap(member, head).is_none_or(|years| (15.9..34.0).contains(&years))),
                _ => {}
            }
        }
    }
    assert_eq!(sizes[0], 0);
    assert!(sizes[1..].iter().all(|count| *count > 0), "{sizes:?}");
    for expected in ["PA", "WIF", "HUS", "SON", "DAU", "FAT", "MOT", "BRO", "SIS", "FCF", "FCM", "NRM"] {
        assert!(relationships.contains_key(expected), "no {expected} in {relationships:?}");
    }
}

#[test]
fn a_child_names_the_head_of_its_family_as_a_parent() {
    let world = World::of(&Spec::of(1500).plant(Plant::none()));
    let (children, of_head): (i64, i64) = world
        .store
        .query_row(
            "SELECT count(*), sum(head.given_name || ' ' || head.family_name IN (child.father_name, child.mother_name))
             FROM individual AS child JOIN individual AS head USING (household_no)
             WHERE child.relationship_to_head IN ('SON', 'DAU') AND head.relationship_to_head = 'PA'",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .unwrap();
    assert!(children > 300);
    assert_eq!(children, of_head);
}
