//! Which people does an arrangement or an exchange cover? A closed language: in set, range, null test, and, or, not.
//!
//! Three-valued: a comparison with a missing value is unknown, and only what is *true* is inside. `not` of unknown
//! stays unknown, so that a missing value never lets anyone in.

mod within;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Value;

/// A condition on one record. Elements are named by their path from the record: `camp`, `household.camp`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Predicate {
    /// Every part holds; with no part, everyone.
    All(Vec<Predicate>),
    /// At least one part holds; with no part, no one.
    Any(Vec<Predicate>),
    /// The part does not hold.
    Not(Box<Predicate>),
    /// The element has one of the values, compared byte for byte.
    In(InSet),
    /// The element lies between two values, both included.
    Range(Range),
    /// The element has no value.
    Null(Path),
}

/// `in: { element, values }`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InSet {
    /// Path of the element.
    pub element: String,
    /// The values.
    pub values: Vec<Value>,
}

/// `range: { element, from, to }`; at least one end stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Path of the element.
    pub element: String,
    /// Lowest value inside.
    #[serde(default)]
    pub from: Option<Value>,
    /// Highest value inside.
    #[serde(default)]
    pub to: Option<Value>,
}

/// `null: { element }`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Path {
    /// Path of the element.
    pub element: String,
}

impl Predicate {
    /// The condition that everyone meets.
    pub fn everyone() -> Self {
        Predicate::All(Vec::new())
    }

    /// Both conditions: how a lower level narrows a higher one.
    pub fn and(self, other: Predicate) -> Self {
        Predicate::All(vec![self, other])
    }

    /// Paths of every element that the condition looks at.
    pub fn elements(&self) -> BTreeSet<&str> {
        let mut found = BTreeSet::new();
        self.collect(&mut found);
        found
    }

    fn collect<'p>(&'p self, found: &mut BTreeSet<&'p str>) {
        match self {
            Predicate::All(parts) | Predicate::Any(parts) => parts.iter().for_each(|part| part.collect(found)),
            Predicate::Not(part) => part.collect(found),
            Predicate::In(InSet { element, .. })
            | Predicate::Range(Range { element, .. })
            | Predicate::Null(Path { element }) => {
                found.insert(element);
            }
        }
    }

    /// Values of `element` that the condition admits at all, where it says so by plain conjunction: a static bound.
    pub fn admitted(&self, element: &str) -> Option<BTreeSet<&Value>> {
        match self {
            Predicate::In(set) if set.element == element => Some(set.values.iter().collect()),
            Predicate::All(parts) => parts
                .iter()
                .filter_map(|part| part.admitted(element))
                .reduce(|a, b| a.intersection(&b).copied().collect()),
            _ => None,
        }
    }

    /// Truth by Kleene's tables, given the truth of each leaf (`None` is unknown).
    pub fn evaluate(&self, leaf: &mut dyn FnMut(&Predicate) -> Option<bool>) -> Option<bool> {
        match self {
            Predicate::All(parts) => {
                let mut truth = Some(true);
                for part in parts {
                    match part.evaluate(leaf) {
                        Some(false) => return Some(false),
                        None => truth = None,
                        Some(true) => {}
                    }
                }
                truth
            }
            Predicate::Any(parts) => {
                let mut truth = Some(false);
                for part in parts {
                    match part.evaluate(leaf) {
                        Some(true) => return Some(true),
                        None => truth = None,
                        Some(false) => {}
                    }
                }
                truth
            }
            Predicate::Not(part) => part.evaluate(leaf).map(|truth| !truth),
            other => leaf(other),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn read(text: &str) -> Predicate {
        crate::document::Document::parse("p.yaml", text).unwrap().read().unwrap()
    }

    #[test]
    fn unknown_never_lets_anyone_in() {
        let predicate = read("not: { in: { element: camp, values: [A] } }");
        assert_eq!(predicate.evaluate(&mut |_| None), None);
        assert_eq!(predicate.evaluate(&mut |_| Some(false)), Some(true));
        let either = read("any: [ { null: { element: camp } }, { range: { element: born, from: '2000-01-01' } } ]");
        assert_eq!(either.evaluate(&mut |leaf| matches!(leaf, Predicate::Null(_)).then_some(true)), Some(true));
        assert_eq!(either.evaluate(&mut |leaf| matches!(leaf, Predicate::Null(_)).then_some(false)), None);
    }

    #[test]
    fn elements_and_static_bounds_are_found() {
        let predicate = read(
            "all: [ { in: { element: camp, values: [A, B] } }, { in: { element: camp, values: [B, C] } }, { null: { element: left } } ]",
        );
        assert_eq!(predicate.elements().into_iter().collect::<Vec<_>>(), ["camp", "left"]);
        assert_eq!(
            predicate.admitted("camp").unwrap().into_iter().cloned().collect::<Vec<_>>(),
            [Value::Text("B".into())]
        );
        assert_eq!(predicate.admitted("left"), None);
    }

    #[test]
    fn anything_else_is_refused() {
        for text in
            ["like: { element: a, values: [b] }", "in: { element: a }", "in: { element: a, values: [b], negate: true }"]
        {
            assert!(crate::document::Document::parse("p.yaml", text).unwrap().read::<Predicate>().is_err(), "{text}");
        }
    }
}
