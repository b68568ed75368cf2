//! By what does a partner know the person? By the fields of its data that hold the person's key, raw or as a pseudonym.

use causeway_flow::plan::Plan;
use causeway_flow::transform::Pseudonyms;
use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::{Exchange, Field, Transform};
use causeway_model::{ElementRef, Form};
use causeway_package::notice::Reference;

use super::about::Whose;

/// The references to a person in packages of one exchange; with those of the record under which the person goes on, where that is
/// given. Only a field that holds the key itself, or nothing but its pseudonym, points to one person.
pub(super) fn references(
    arrangement: &Arrangement,
    exchange: &Exchange,
    catalogue: &Catalogue,
    pseudonyms: &Pseudonyms,
    whose: &Whose,
    into: Option<&Whose>,
) -> Vec<Reference> {
    let key = ElementRef::new(&whose.entity, &whose.key_element);
    let explained = Plan::explain(arrangement, exchange, catalogue, pseudonyms);
    let mut found = Vec::new();
    for (name, lineage) in &explained.outputs {
        let mut elements = lineage.0.iter();
        let (Some((element, form)), None) = (elements.next(), elements.next()) else { continue };
        let Some(field) = named(&exchange.fields, name).filter(|field| *element == key && field.from.is_some()) else {
            continue;
        };
        let value = |whose: &Whose| match (field.transform.as_slice(), form) {
            ([], Form::Raw) => Some(whose.key.as_str().to_owned()),
            ([Transform::Pseudonym], Form::Pseudonym) => pseudonyms.written(&whose.entity, &whose.key_type, &whose.key),
            _ => None,
        };
        if let Some(own) = value(whose) {
            found.push(Reference { field: name.clone(), value: own, into: into.and_then(value) });
        }
    }
    found
}

/// A field by its name; of a nested one with the names around it.
fn named<'f>(fields: &'f [Field], name: &str) -> Option<&'f Field> {
    if let Some(field) = fields.iter().find(|field| field.name == name) {
        return Some(field);
    }
    let around = |field: &&Field| name.strip_prefix(&field.name).is_some_and(|rest| rest.starts_with('.'));
    let field = fields.iter().find(around)?;
    named(&field.fields, name.get(field.name.len() + 1..)?)
}
