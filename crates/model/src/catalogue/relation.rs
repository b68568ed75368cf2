//! How do records belong together?

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Many records of one entity belong to one record of another.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// What the step from the many to the one is called: `household`.
    pub name: String,
    /// What the step from the one to the many is called: `members`.
    pub inverse: String,
    /// Entity of the many.
    pub many: String,
    /// Entity of the one.
    pub one: String,
    /// Element of the many, element of the one that it equals.
    pub on: BTreeMap<String, String>,
    /// Whether a key may point to a record that is not there; if not, such a record is quarantined.
    #[serde(default)]
    pub optional: bool,
}

/// A relation walked in one direction.
#[derive(Clone, Copy, Debug)]
pub struct Step<'c> {
    /// The relation.
    pub relation: &'c Relation,
    /// Whether the step leads to one record (`true`) or to many.
    pub to_one: bool,
}

impl Relation {
    /// The step called `name` away from `entity`, if this relation has it.
    pub fn step(&self, entity: &str, name: &str) -> Option<Step<'_>> {
        if self.many == entity && self.name == name {
            Some(Step { relation: self, to_one: true })
        } else if self.one == entity && self.inverse == name {
            Some(Step { relation: self, to_one: false })
        } else {
            None
        }
    }
}

impl<'c> Step<'c> {
    /// Entity that the step leads to.
    pub fn target(&self) -> &'c str {
        if self.to_one { &self.relation.one } else { &self.relation.many }
    }

    /// Pairs of elements: here, there.
    pub fn keys(&self) -> Vec<(&'c str, &'c str)> {
        let pairs = self.relation.on.iter();
        if self.to_one {
            pairs.map(|(many, one)| (many.as_str(), one.as_str())).collect()
        } else {
            pairs.map(|(many, one)| (one.as_str(), many.as_str())).collect()
        }
    }
}
