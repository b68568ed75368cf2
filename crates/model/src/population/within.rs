//! Is everyone who meets one condition sure to meet another? Proven from the text alone, or not claimed.

use std::collections::BTreeSet;

use super::{InSet, Path, Predicate, Range};
use crate::Value;

impl Predicate {
    /// Whether it can be shown that whoever is inside this condition is inside `wider` too.
    ///
    /// `true` is a proof; `false` only says that none was found. A missing value is unknown in both, so the proof
    /// holds for records with missing values.
    pub fn is_within(&self, wider: &Predicate) -> bool {
        if self == wider || self.is_empty() {
            return true;
        }
        match (self, wider) {
            (_, Predicate::All(parts)) => parts.iter().all(|part| self.is_within(part)),
            (Predicate::Any(parts), _) => parts.iter().all(|part| part.is_within(wider)),
            // What several parts admit together.
            (Predicate::All(_), Predicate::In(set)) if self.bounded_by(set) => true,
            (Predicate::All(parts), _) if parts.iter().any(|part| part.is_within(wider)) => true,
            (_, Predicate::Any(parts)) => parts.iter().any(|part| self.is_within(part)),
            (mine, theirs) => leaf_within(mine, theirs),
        }
    }

    /// The parts of a conjunction, however nested; of any other condition, itself.
    pub fn conjuncts(&self) -> Vec<&Predicate> {
        match self {
            Predicate::All(parts) => parts.iter().flat_map(Predicate::conjuncts).collect(),
            other => vec![other],
        }
    }

    /// Whether it says in so many words that nobody is inside.
    pub fn is_empty(&self) -> bool {
        match self {
            Predicate::Any(parts) => parts.iter().all(Predicate::is_empty),
            Predicate::All(parts) => parts.iter().any(Predicate::is_empty),
            Predicate::In(set) => set.values.is_empty(),
            _ => false,
        }
    }

    fn bounded_by(&self, set: &InSet) -> bool {
        self.admitted(&set.element).is_some_and(|admitted| admitted.iter().all(|value| set.values.contains(value)))
    }
}

/// One comparison within another, on the same element.
fn leaf_within(mine: &Predicate, theirs: &Predicate) -> bool {
    match (mine, theirs) {
        (Predicate::In(a), Predicate::In(b)) => a.element == b.element && subset(&a.values, &b.values),
        (Predicate::In(a), Predicate::Range(b)) => {
            a.element == b.element && a.values.iter().all(|value| lies_in(value, b))
        }
        (Predicate::Range(a), Predicate::Range(b)) => {
            a.element == b.element
                && end_within(a.from.as_ref(), b.from.as_ref(), |mine, theirs| theirs <= mine)
                && end_within(a.to.as_ref(), b.to.as_ref(), |mine, theirs| mine <= theirs)
        }
        // A comparison that holds has a value to hold for.
        (Predicate::In(InSet { element, .. }) | Predicate::Range(Range { element, .. }), Predicate::Not(part)) => {
            match part.as_ref() {
                Predicate::Null(Path { element: null }) => element == null,
                Predicate::In(excluded) => match mine {
                    Predicate::In(a) => {
                        a.element == excluded.element && a.values.iter().all(|value| !excluded.values.contains(value))
                    }
                    _ => false,
                },
                _ => false,
            }
        }
        // Both are unknown for a missing value and for nothing else, so that the smaller exclusion is the wider condition.
        (Predicate::Not(a), Predicate::Not(b)) => match (a.as_ref(), b.as_ref()) {
            (Predicate::In(a), Predicate::In(b)) => a.element == b.element && subset(&b.values, &a.values),
            _ => false,
        },
        _ => false,
    }
}

fn subset(few: &[Value], many: &[Value]) -> bool {
    let many: BTreeSet<&Value> = many.iter().collect();
    few.iter().all(|value| many.contains(value))
}

fn lies_in(value: &Value, range: &Range) -> bool {
    let comparable = range.from.iter().chain(&range.to).all(|end| order_is_known(value, end));
    comparable && range.from.as_ref().is_none_or(|from| from <= value) && range.to.as_ref().is_none_or(|to| value <= to)
}

fn end_within(mine: Option<&Value>, theirs: Option<&Value>, inside: impl Fn(&Value, &Value) -> bool) -> bool {
    match (mine, theirs) {
        (_, None) => true,
        (None, Some(_)) => false,
        (Some(mine), Some(theirs)) => mine == theirs || (order_is_known(mine, theirs) && inside(mine, theirs)),
    }
}

/// Whether two literals are ordered the same way whatever type the element has: whole numbers, or whole ISO days.
/// Text is not: in quotes it may be a decimal number.
fn order_is_known(a: &Value, b: &Value) -> bool {
    let is_day = |text: &str| text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok();
    match (a, b) {
        (Value::Integer(_), Value::Integer(_)) => true,
        (Value::Text(a), Value::Text(b)) => is_day(a) && is_day(b),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;

    fn read(text: &str) -> Predicate {
        crate::document::Document::parse("p.yaml", text).unwrap().read().unwrap()
    }

    fn within(narrow: &str, wide: &str) -> bool {
        read(narrow).is_within(&read(wide))
    }

    const AB: &str = "in: { element: camp, values: [A, B] }";
    const A: &str = "in: { element: camp, values: [A] }";

    #[test]
    fn what_is_plainly_narrower_is_proven() {
        assert!(within(A, AB) && within(A, "all: []") && within("any: []", A));
        assert!(within("all: [ {in: {element: camp, values: [A, B]}}, {null: {element: left}} ]", AB));
        assert!(within("all: [ {in: {element: camp, values: [A, B]}}, {in: {element: camp, values: [A, C]}} ]", A));
        assert!(within("any: [ {in: {element: camp, values: [A]}}, {in: {element: camp, values: [B]}} ]", AB));
        assert!(within("range: {element: born, from: '2001-01-01'}", "range: {element: born, from: '2000-01-01'}"));
        assert!(within("range: {element: size, from: 9, to: 10}", "range: {element: size, to: 11}"));
        assert!(within(A, "not: { null: { element: camp } }") && within(A, "not: {in: {element: camp, values: [C]}}"));
        assert!(within("not: {in: {element: camp, values: [A, B]}}", "not: {in: {element: camp, values: [A]}}"));
    }

    #[test]
    fn what_is_not_proven_is_not_claimed() {
        assert!(!within(AB, A) && !within("all: []", A) && !within(A, "any: []"));
        assert!(!within("in: { element: block, values: [A] }", AB));
        assert!(!within("range: {element: amount, from: '10'}", "range: {element: amount, from: '9'}"));
        assert!(!within("null: { element: camp }", AB) && !within("not: {in: {element: camp, values: [A]}}", AB));
        assert!(!within("any: [ {in: {element: camp, values: [A]}}, {null: {element: camp}} ]", AB));
    }
}
