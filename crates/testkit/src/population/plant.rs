//! Who among the people carries a planted property, and what does it do to the record?
//!
//! First people are moved outside the arrangement's camps, mostly as whole families. Then everyone left stands in one
//! queue that alternates between camps and takes one member of each household before a second of any; each kind takes
//! its people from the queue's head. So the planted are disjoint and spread.

use std::collections::{BTreeMap, HashMap};

use super::codes::OUTSIDE_CAMP;
use super::draw::{Draw, Stream};
use super::people::{Household, Person};
use super::spec::{Plant, Planting};

/// Plants everyone that `plant` asks for and returns their ids by kind.
pub(super) fn plant(
    seed: u64,
    plant: &Plant,
    households: &mut [Household],
    persons: &mut [Person],
) -> BTreeMap<Planting, Vec<String>> {
    let mut draw = Draw::new(seed, Stream::Plants);
    let mut outside = move_families(&mut draw, plant.outside, households, persons);
    let apart = plant.outside as usize - outside.len();
    // A member who lives apart leaves the head behind where that is possible.
    let (heads, others): (Vec<_>, Vec<_>) =
        queue(&mut draw, persons).into_iter().partition(|at| persons.get(*at).is_some_and(|p| p.relationship == "PA"));
    for at in others.into_iter().chain(heads).take(apart) {
        outside.extend(move_person(persons.get_mut(at)));
    }

    let mut planted = BTreeMap::from([(Planting::Outside, outside)]);
    let mut waiting = queue(&mut draw, persons).into_iter();
    for kind in Planting::ALL.into_iter().filter(|kind| *kind != Planting::Outside) {
        let mut ids = Vec::new();
        for at in waiting.by_ref().take(plant.count(kind) as usize) {
            if let Some(person) = persons.get_mut(at) {
                mark(&mut draw, person, kind);
                ids.push(person.id.clone());
            }
        }
        planted.insert(kind, ids);
    }
    planted
}

/// Moves whole families until about three quarters of `wanted` people live outside.
fn move_families(draw: &mut Draw, wanted: u32, households: &mut [Household], persons: &mut [Person]) -> Vec<String> {
    let mut order: Vec<usize> = (0..households.len()).collect();
    draw.shuffle(&mut order);
    let mut left = wanted - wanted / 4;
    for at in order {
        if let Some(household) = households.get_mut(at).filter(|household| household.size <= left) {
            left -= household.size;
            household.camp = OUTSIDE_CAMP;
        }
    }
    let lives_outside =
        |person: &Person| households.get(person.household).is_some_and(|household| household.camp == OUTSIDE_CAMP);
    persons.iter_mut().filter(|person| lives_outside(person)).filter_map(|person| move_person(Some(person))).collect()
}

fn move_person(person: Option<&mut Person>) -> Option<String> {
    let person = person?;
    person.camp = OUTSIDE_CAMP;
    person.planted = Some(Planting::Outside);
    Some(person.id.clone())
}

/// Positions of the people who are not planted yet, in the order in which they are taken.
fn queue(draw: &mut Draw, persons: &[Person]) -> Vec<usize> {
    let mut order: Vec<usize> =
        persons.iter().enumerate().filter(|(_, p)| p.planted.is_none()).map(|(i, _)| i).collect();
    draw.shuffle(&mut order);
    let mut of_household: HashMap<usize, u32> = HashMap::new();
    let mut of_camp: HashMap<(u32, &str), u32> = HashMap::new();
    let mut ranked: Vec<((u32, u32, &str), usize)> = Vec::with_capacity(order.len());
    for at in order {
        let Some(person) = persons.get(at) else { continue };
        let in_household = count(of_household.entry(person.household).or_default());
        let in_camp = count(of_camp.entry((in_household, person.camp)).or_default());
        ranked.push(((in_household, in_camp, person.camp), at));
    }
    ranked.sort_unstable();
    ranked.into_iter().map(|(_, at)| at).collect()
}

fn count(seen: &mut u32) -> u32 {
    *seen += 1;
    *seen
}

fn mark(draw: &mut Draw, person: &mut Person, kind: Planting) {
    person.planted = Some(kind);
    match kind {
        // Marks are rows of their own table, written from `planted`.
        Planting::Outside | Planting::MarkedForEveryone | Planting::MarkedForPartner => {}
        Planting::ConsentRefused => person.consent = "refused",
        Planting::ConsentWithdrawn => person.consent = "withdrawn",
        Planting::UnknownCode => person.sex = "Q",
        Planting::ImpossibleDate => {
            person.birth = Some("2011-02-30".to_owned());
            person.estimated = false;
        }
        Planting::InvalidUtf8 => {
            // A lone start byte, a byte that UTF-8 never uses, and half of a surrogate pair.
            let tail: &[u8] = draw.pick(&[b"\xc3".as_slice(), b"\xff-", b"\xed\xa0\x80"]);
            person.given.extend_from_slice(tail);
        }
        Planting::Oversize => person.family = person.family.chars().cycle().take(10_000).collect(),
        Planting::UnparseablePhone => person.phone = Some("see file".to_owned()),
        Planting::TerminalControl => {
            let name = std::mem::take(&mut person.given);
            let (before, after) = draw.pick(&[
                ("\u{1b}[31m", "\u{1b}[0m"),
                ("\u{1b}]0;invented\u{7}", ""),
                ("", "\u{1b}[2J\u{1b}[1;1H"),
                ("", "\u{8}\u{8}\u{8}\r"),
                ("\u{9b}5m", "\u{9b}m"),
            ]);
            person.given = [before.as_bytes(), &name, after.as_bytes()].concat();
        }
    }
}
