//! How are people invented with everything that belongs to them, so that keys meet across entities and sources?

use std::collections::BTreeMap;

use causeway_model::ElementRef;
use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::{Catalogue, Entity, Relation};
use causeway_model::exchange::Exchange;

use super::Inventing;
use super::hint::{self, Hints};
use super::invent::{Draws, Invention};
use super::wish::{Wish, Wishes, wish};

/// One record: element, value as text.
pub(super) type Record = BTreeMap<String, Option<String>>;

/// Members that an invented household has, about.
const MEMBERS: usize = 3;

/// Records that belong to an invented one, on average.
const BELONGINGS: usize = 2;

/// Invented records by entity.
#[derive(Clone, Debug, Default)]
pub(super) struct World(pub(super) BTreeMap<String, Vec<Record>>);

impl World {
    /// Invents `roots` records of the exchange's root, inside its population and free to be shared.
    pub(super) fn invent(
        arrangement: &Arrangement,
        exchange: &Exchange,
        catalogue: &Catalogue,
        roots: usize,
        inventing: Inventing,
    ) -> Self {
        let Some(subject) = catalogue.subject() else { return Self::default() };
        let mut draws = Draws::new(inventing.seed);
        let today = inventing.now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let wishes = wishes(arrangement, exchange, catalogue, subject);
        let mut hints = Hints::new();
        hint::collect(&mut hints, catalogue, &exchange.root, &exchange.fields);
        let people = if exchange.root == subject.name { roots } else { roots * MEMBERS };
        let counts = counts(catalogue, subject, people);
        let nothing = Wish::default();
        let mut world = Self::default();
        for entity in &catalogue.entities {
            let count = counts.get(entity.name.as_str()).copied().unwrap_or(people);
            let records = (0..count).map(|number| {
                let value = |element: &causeway_model::catalogue::Element| {
                    let at = ElementRef::new(&entity.name, &element.name);
                    let invention = Invention {
                        catalogue,
                        element,
                        wish: wishes.get(&at).unwrap_or(&nothing),
                        hints: hints.get(&at).map_or(&[], Vec::as_slice),
                        is_key: is_key(catalogue, entity, &element.name),
                        number,
                        today,
                    };
                    (element.name.clone(), invention.value(&mut draws))
                };
                entity.elements.iter().map(value).collect()
            });
            let records = records.collect();
            world.0.insert(entity.name.clone(), records);
        }
        // A key may come from an entity that has it from another: as many rounds as there are relations carry it through.
        let parents = parents(catalogue, subject, &world, &mut draws);
        for _ in &catalogue.relations {
            for (relation, parents) in &parents {
                world.relate(relation, parents);
            }
        }
        world
    }

    /// Gives each record of the many the keys of the one that it belongs to.
    fn relate(&mut self, relation: &Relation, parents: &[usize]) {
        let Some(ones) = self.0.get(&relation.one).cloned() else { return };
        let Some(many) = self.0.get_mut(&relation.many) else { return };
        for (record, parent) in many.iter_mut().zip(parents) {
            let Some(one) = ones.get(*parent) else { continue };
            for (here, there) in &relation.on {
                record.insert(here.clone(), one.get(there).cloned().flatten());
            }
        }
    }
}

/// Which record of the one each record of the many belongs to. People fill households in turn, so that none is empty.
fn parents<'c>(
    catalogue: &'c Catalogue,
    subject: &Entity,
    world: &World,
    draws: &mut Draws,
) -> Vec<(&'c Relation, Vec<usize>)> {
    let count = |entity: &String| world.0.get(entity).map_or(0, Vec::len);
    let relations = catalogue.relations.iter().map(|relation| {
        let ones = count(&relation.one);
        let parent = |number: usize| match relation.many == subject.name {
            true => number.checked_rem(ones).unwrap_or(0),
            false => draws.below(ones as u64) as usize,
        };
        (relation, (0..count(&relation.many)).map(parent).collect())
    });
    relations.collect()
}

/// How many records each entity has. Nobody has a confidentiality mark: whoever is marked would not be shown.
fn counts<'c>(catalogue: &'c Catalogue, subject: &'c Entity, people: usize) -> BTreeMap<&'c str, usize> {
    let mut counts = BTreeMap::from([(subject.name.as_str(), people)]);
    let marks = subject.subject.as_ref().and_then(|subject| subject.confidentiality.as_ref());
    if let Some(step) = marks.and_then(|rule| catalogue.step(&subject.name, &rule.marks)) {
        counts.insert(step.target(), 0);
    }
    for _ in &catalogue.relations {
        for relation in &catalogue.relations {
            let (many, one) = (relation.many.as_str(), relation.one.as_str());
            match (counts.get(many).copied(), counts.get(one).copied()) {
                (Some(many), None) => counts.insert(one, many.div_ceil(MEMBERS).max(1)),
                (None, Some(one)) => counts.insert(many, one * BELONGINGS),
                _ => None,
            };
        }
    }
    counts
}

fn is_key(catalogue: &Catalogue, entity: &Entity, element: &str) -> bool {
    let joined = |relation: &Relation| {
        let one = relation.one == entity.name && relation.on.values().any(|there| there == element);
        one || (relation.many == entity.name && relation.on.contains_key(element))
    };
    entity.key.iter().any(|key| key == element) || catalogue.relations.iter().any(joined)
}

fn wishes(arrangement: &Arrangement, exchange: &Exchange, catalogue: &Catalogue, subject: &Entity) -> Wishes {
    let mut wishes = Wishes::new();
    for population in [Some(&arrangement.population), exchange.population.as_ref()].into_iter().flatten() {
        wish(&mut wishes, catalogue, &subject.name, population, true);
    }
    let rules = subject.subject.clone().unwrap_or_default();
    if let Some(consent) = rules.consent {
        let wish = wishes.entry(ElementRef::new(&subject.name, consent.element)).or_default();
        wish.present = true;
        wish.narrow(consent.given);
    }
    if let Some(origin) = rules.origin {
        let wish = wishes.entry(ElementRef::new(&subject.name, origin)).or_default();
        wish.never.extend(arrangement.countries().map(|(country, _)| country.to_owned()));
    }
    wishes
}
