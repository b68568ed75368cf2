//! Which values would let an invented person into the population?

use std::collections::BTreeMap;

use causeway_model::ElementRef;
use causeway_model::catalogue::Catalogue;
use causeway_model::population::Predicate;

/// What the values of one element should be like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Wish {
    /// One of these.
    pub(super) among: Option<Vec<String>>,
    /// None of these.
    pub(super) never: Vec<String>,
    /// Not below this.
    pub(super) from: Option<String>,
    /// Not above this.
    pub(super) to: Option<String>,
    /// No value.
    pub(super) absent: bool,
    /// A value.
    pub(super) present: bool,
}

/// Wishes by element.
pub(super) type Wishes = BTreeMap<ElementRef, Wish>;

/// Adds what makes `predicate`, which starts at `entity`, come to `truth`. A population that is tied in knots may still
/// keep invented people out: they are walked like real ones, and those outside are not shown.
pub(super) fn wish(wishes: &mut Wishes, catalogue: &Catalogue, entity: &str, predicate: &Predicate, truth: bool) {
    let element = |path: &str| catalogue.resolve(entity, path);
    match predicate {
        Predicate::All(parts) if truth => parts.iter().for_each(|part| wish(wishes, catalogue, entity, part, true)),
        Predicate::Any(parts) if !truth => parts.iter().for_each(|part| wish(wishes, catalogue, entity, part, false)),
        Predicate::All(parts) | Predicate::Any(parts) => {
            if let Some(part) = parts.first() {
                wish(wishes, catalogue, entity, part, truth);
            }
        }
        Predicate::Not(part) => wish(wishes, catalogue, entity, part, !truth),
        Predicate::In(set) => {
            let Some(wish) = element(&set.element).map(|element| wishes.entry(element).or_default()) else { return };
            wish.present = true;
            let values: Vec<String> = set.values.iter().map(ToString::to_string).collect();
            if truth { wish.narrow(values) } else { wish.never.extend(values) }
        }
        Predicate::Range(range) => {
            let Some(wish) = element(&range.element).map(|element| wishes.entry(element).or_default()) else { return };
            wish.present = true;
            let (from, to) = (range.from.as_ref().map(ToString::to_string), range.to.as_ref().map(ToString::to_string));
            if truth {
                wish.from = from.or(wish.from.take());
                wish.to = to.or(wish.to.take());
            }
        }
        Predicate::Null(path) => {
            let Some(wish) = element(&path.element).map(|element| wishes.entry(element).or_default()) else { return };
            wish.absent = truth;
            wish.present = !truth;
        }
    }
}

impl Wish {
    /// Keeps only these values.
    pub(super) fn narrow(&mut self, values: Vec<String>) {
        self.among = Some(match self.among.take() {
            None => values,
            Some(had) => had.into_iter().filter(|value| values.contains(value)).collect(),
        });
    }

    /// Whether a value meets the wish.
    pub(super) fn admits(&self, value: &str) -> bool {
        let at_least = |low: &String| compare(value, low).is_ge();
        let at_most = |high: &String| compare(value, high).is_le();
        !self.never.iter().any(|never| never == value)
            && self.from.as_ref().is_none_or(at_least)
            && self.to.as_ref().is_none_or(at_most)
    }
}

/// Numbers by size, everything else byte for byte.
fn compare(a: &str, b: &str) -> std::cmp::Ordering {
    match (a.parse::<i64>(), b.parse::<i64>()) {
        (Ok(a), Ok(b)) => a.cmp(&b),
        _ => a.cmp(b),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use causeway_model::document::Document;

    fn wishes(population: &str) -> Wishes {
        let catalogue = "
catalogue: c
version: 1
sources: [{ name: s, connect: { csv: { path: p.csv } } }]
entities:
  - name: person
    key: [id]
    subject: {}
    tables: [{ name: t, source: s }]
    elements:
      - { name: id, type: integer, sensitivity: 1, from: [{ table: t, column: id }] }
      - { name: camp, type: text, sensitivity: 1, from: [{ table: t, column: camp }] }
      - { name: left, type: date, sensitivity: 1, from: [{ table: t, column: left }] }
";
        let catalogue: Catalogue = Document::parse("c.yaml", catalogue).unwrap().read().unwrap();
        let population: Predicate = Document::parse("p.yaml", population).unwrap().read().unwrap();
        let mut wishes = Wishes::new();
        wish(&mut wishes, &catalogue, "person", &population, true);
        wishes
    }

    fn of(population: &str, element: &str) -> Wish {
        wishes(population).remove(&ElementRef::new("person", element)).unwrap_or_default()
    }

    #[test]
    fn conjunctions_narrow_and_the_first_of_an_alternative_is_enough() {
        let both =
            "all: [ { in: { element: camp, values: [A, B, C] } }, { in: { element: camp, values: [C, B, D] } } ]";
        assert_eq!(of(both, "camp").among.unwrap(), ["B", "C"]);
        let either = "any: [ { null: { element: left } }, { in: { element: camp, values: [A] } } ]";
        assert!(of(either, "left").absent && of(either, "camp") == Wish::default());
    }

    #[test]
    fn a_negation_turns_what_is_wished() {
        let population = "not: { any: [ { in: { element: camp, values: [A] } }, { null: { element: left } } ] }";
        assert!(!of(population, "camp").admits("A") && of(population, "camp").admits("B"));
        assert!(of(population, "left").present && !of(population, "left").absent);
    }

    #[test]
    fn ranges_of_numbers_are_by_size() {
        let wish = of("range: { element: id, from: 9, to: 100 }", "id");
        assert!(wish.admits("10") && wish.admits("100") && !wish.admits("8") && !wish.admits("101"));
        let wish = of("range: { element: left, from: '2020-01-01' }", "left");
        assert!(wish.admits("2020-01-01") && !wish.admits("2019-12-31"));
    }
}
