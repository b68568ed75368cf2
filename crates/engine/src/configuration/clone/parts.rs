//! What of the catalogue do an exchange and its arrangement need?

use std::collections::BTreeSet;

use causeway_model::ValueType;
use causeway_model::catalogue::{Catalogue, Entity, Relation};

use super::walk::Walk;
use super::{Documents, Identifier};

/// The documents with a catalogue that holds nothing else.
pub(crate) fn needed(documents: &Documents) -> Documents {
    let whole = &documents.catalogue;
    let mut used = Used::of(documents);
    used.rules(whole);
    used.relations(whole);
    let mut catalogue = whole.clone();
    catalogue.entities.retain(|entity| used.entities.contains(&entity.name));
    catalogue.relations.retain(|relation| used.keeps(relation));
    for entity in &mut catalogue.entities {
        used.keys(entity);
        let name = entity.name.clone();
        entity.elements.retain(|element| used.elements.contains(&(name.clone(), element.name.clone())));
        let first = entity.tables.first().map(|table| table.name.clone());
        let elements = &entity.elements;
        let from = |table: &str| elements.iter().flat_map(|element| &element.from).any(|origin| origin.table == table);
        let tables = std::mem::take(&mut entity.tables);
        entity.tables =
            tables.into_iter().filter(|table| Some(&table.name) == first.as_ref() || from(&table.name)).collect();
    }
    let entities = &catalogue.entities;
    let tables = || entities.iter().flat_map(|entity| &entity.tables);
    catalogue.sources.retain(|source| tables().any(|table| table.source == source.name));
    // What goes out is written nowhere here.
    catalogue.targets.clear();
    let elements = || entities.iter().flat_map(|entity| &entity.elements);
    catalogue.code_lists.retain(|list| {
        elements().any(|element| matches!(&element.value_type, ValueType::Code(name) if *name == list.name))
    });
    Documents { catalogue, arrangement: documents.arrangement.clone(), exchange: documents.exchange.clone() }
}

#[derive(Default)]
struct Used {
    entities: BTreeSet<String>,
    elements: BTreeSet<(String, String)>,
    /// Steps that are walked: from where, and called what.
    steps: BTreeSet<(String, String)>,
}

impl Used {
    /// What the arrangement and the exchange name.
    fn of(documents: &Documents) -> Self {
        let mut used = Self::default();
        let mut copy = documents.clone();
        let mut namer = |kind: Identifier, whole: &str, name: &str, _: &super::Site| {
            let scope = || whole.strip_suffix(name).and_then(|scope| scope.strip_suffix('.')).unwrap_or_default();
            match kind {
                Identifier::Entity => {
                    used.entities.insert(name.to_owned());
                }
                Identifier::Element => {
                    used.elements.insert((scope().to_owned(), name.to_owned()));
                }
                Identifier::Step => {
                    used.steps.insert((scope().to_owned(), name.to_owned()));
                }
                _ => {}
            }
            name.to_owned()
        };
        let mut walk = Walk { before: &documents.catalogue, namer: &mut namer, file: super::ARRANGEMENT };
        walk.terms(&mut copy);
        used.entities.extend(used.elements.iter().map(|(entity, _)| entity.clone()));
        used
    }

    fn element(&mut self, entity: &str, element: &str) {
        self.elements.insert((entity.to_owned(), element.to_owned()));
        self.entities.insert(entity.to_owned());
    }

    /// What the rules on people look at, whatever is asked for.
    fn rules(&mut self, catalogue: &Catalogue) {
        let Some(entity) = catalogue.subject() else { return };
        let person = entity.name.clone();
        self.entities.insert(person.clone());
        let Some(subject) = &entity.subject else { return };
        if let Some(consent) = &subject.consent {
            self.element(&person, &consent.element);
        }
        if let Some(origin) = &subject.origin {
            self.element(&person, origin);
        }
        if let Some(marks) = &subject.confidentiality {
            self.steps.insert((person.clone(), marks.marks.clone()));
            if let Some(step) = catalogue.step(&person, &marks.marks) {
                self.element(step.target(), &marks.withheld_from);
            }
        }
    }

    /// Relations that are walked, or that tie together entities that are there anyway.
    fn relations(&mut self, catalogue: &Catalogue) {
        for (entity, name) in self.steps.clone() {
            if let Some(step) = catalogue.step(&entity, &name) {
                self.entities.insert(entity);
                self.entities.insert(step.target().to_owned());
            }
        }
        for relation in &catalogue.relations {
            if self.keeps(relation) {
                for (many, one) in &relation.on {
                    self.element(&relation.many, many);
                    self.element(&relation.one, one);
                }
            }
        }
    }

    fn keeps(&self, relation: &Relation) -> bool {
        self.entities.contains(&relation.many) && self.entities.contains(&relation.one)
    }

    fn keys(&mut self, entity: &Entity) {
        for element in entity.identities().flatten() {
            self.element(&entity.name, element);
        }
    }
}
