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
