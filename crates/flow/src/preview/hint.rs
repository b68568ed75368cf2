//! Which values can the transforms of an exchange take, where a type alone does not say?

use std::collections::BTreeMap;

use causeway_model::ElementRef;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::{Field, Transform};

/// What a transform wants of an element.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Hint {
    /// A telephone number of this region.
    Phone(String),
    /// A text of parts with this between them.
    Parts(String),
    /// A text that is a date.
    DateText,
    /// A date not after this one.
    Before(jiff::civil::Date),
    /// One of these codes.
    Codes(Vec<String>),
}

/// Hints by element.
pub(super) type Hints = BTreeMap<ElementRef, Vec<Hint>>;

/// Adds what `fields`, which start at `entity`, want.
pub(super) fn collect(hints: &mut Hints, catalogue: &Catalogue, entity: &str, fields: &[Field]) {
    for field in fields {
        if let Some(target) = field.each.as_ref().and_then(|path| arrive(catalogue, entity, path)) {
            collect(hints, catalogue, target, &field.fields);
        }
        let paths = field.from.iter().chain(&field.of).chain(&field.concat).chain(field.inputs.values());
        for element in paths.filter_map(|path| element(catalogue, entity, path)) {
            let wanted = field.transform.iter().filter_map(hint);
            hints.entry(element).or_default().extend(wanted);
        }
    }
}

fn hint(transform: &Transform) -> Option<Hint> {
    match transform {
        Transform::Phone(rule) => rule.region.clone().map(Hint::Phone),
        Transform::Split(rule) => Some(Hint::Parts(rule.separator.clone())),
        Transform::FromCalendar(_) => Some(Hint::DateText),
        Transform::Age(rule) => Some(Hint::Before(rule.at)),
        Transform::AgeBand(rule) => Some(Hint::Before(rule.at)),
        Transform::CodeMap(rule) if !rule.map.is_empty() => Some(Hint::Codes(rule.map.keys().cloned().collect())),
        _ => None,
    }
}

/// The element at the end of a path of steps of either kind.
fn element(catalogue: &Catalogue, entity: &str, path: &str) -> Option<ElementRef> {
    let (entity, name) = match path.rsplit_once('.') {
        None => (entity, path),
        Some((steps, name)) => (arrive(catalogue, entity, steps)?, name),
    };
    catalogue.entity(entity)?.element(name).map(|element| ElementRef::new(entity, &element.name))
}

/// The entity that a path of steps leads to.
fn arrive<'c>(catalogue: &'c Catalogue, entity: &str, steps: &str) -> Option<&'c str> {
    let begin = catalogue.entity(entity)?.name.as_str();
    steps.split('.').try_fold(begin, |at, step| Some(catalogue.step(at, step)?.target()))
}
