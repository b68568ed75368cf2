//! What does this installation hold: sources, targets, entities, data elements, relations, code lists?

mod check;
mod code_list;
mod entity;
mod relation;
mod source;
mod target;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use code_list::{CodeEntry, CodeList};
pub use entity::{Confidentiality, Consent, Element, Entity, Origin, Subject, Table};
pub use relation::{Relation, Step};
pub use source::{Connection, Limits, Secret, Server, SnapshotMode, Source, Tls, TlsMode};
pub use target::{Target, TargetConnection};

/// The catalogue document.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    /// Name of this catalogue.
    pub catalogue: String,
    /// Version, raised with every change.
    pub version: u32,
    /// Where records are read.
    pub sources: Vec<Source>,
    /// Where what comes in is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub targets: Vec<Target>,
    /// Closed lists of codes.
    #[serde(default)]
    pub code_lists: Vec<CodeList>,
    /// What the records are about.
    pub entities: Vec<Entity>,
    /// How records belong together; relations may cross sources.
    #[serde(default)]
    pub relations: Vec<Relation>,
}

impl Catalogue {
    /// The entity of that name.
    pub fn entity(&self, name: &str) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.name == name)
    }

    /// The source of that name.
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == name)
    }

    /// The target of that name.
    pub fn target(&self, name: &str) -> Option<&Target> {
        self.targets.iter().find(|target| target.name == name)
    }

    /// The code list of that name.
    pub fn code_list(&self, name: &str) -> Option<&CodeList> {
        self.code_lists.iter().find(|list| list.name == name)
    }

    /// The entity whose records are people. [`Catalogue::check`] makes sure that there is exactly one.
    pub fn subject(&self) -> Option<&Entity> {
        self.entities.iter().find(|entity| entity.subject.is_some())
    }

    /// The step called `name` that leads away from `entity`: a relation's name, or its inverse.
    pub fn step<'c>(&'c self, entity: &str, name: &str) -> Option<Step<'c>> {
        self.relations.iter().find_map(|relation| relation.step(entity, name))
    }

    /// Every name by which one can leave `entity`.
    pub fn steps(&self, entity: &str) -> Vec<&str> {
        let names = self.relations.iter().filter_map(|r| {
            if r.many == entity {
                Some(r.name.as_str())
            } else if r.one == entity {
                Some(r.inverse.as_str())
            } else {
                None
            }
        });
        names.collect()
    }

    /// Elements that a relation of the catalogue joins on, by entity.
    pub fn relation_keys(&self) -> BTreeMap<&str, Vec<&str>> {
        let mut keys: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for relation in &self.relations {
            for (many, one) in &relation.on {
                keys.entry(&relation.many).or_default().push(many);
                keys.entry(&relation.one).or_default().push(one);
            }
        }
        keys
    }
}

#[cfg(test)]
mod tests;
