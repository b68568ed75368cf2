//! Which pseudonyms become which, of people whom a partner has? The street is walked once, with both secrets, and nothing but pseudonyms
//! comes out of it.

use std::collections::{HashMap, HashSet};

use arrow::array::{Array, ArrayRef, ListArray, StringArray, StructArray};
use causeway_model::exchange::{Audience, Exchange, Field, Format, FormatKind, Transform};

use crate::aggregate::{Memory, aggregate};
use crate::enforce::{Expectation, Register, Reporter, enforce};
use crate::error::FlowError;
use crate::plan::Plan;
use crate::source::{Source, Watch, extract};
use crate::transform::transform;

/// One pseudonym in both guises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crossing<'c> {
    /// The field that holds it; of a nested one with the fields around it.
    pub field: &'c str,
    /// As it was.
    pub old: &'c str,
    /// As it will be.
    pub new: &'c str,
}

/// The exchange with nothing but its pseudonyms; none where it has none.
pub fn only_pseudonyms(exchange: &Exchange) -> Option<Exchange> {
    let fields = pseudonyms_of(&exchange.fields);
    let format = Format { kind: FormatKind::JsonLines, audience: Audience::Machine };
    (!fields.is_empty()).then(|| Exchange { fields, format, ..exchange.clone() })
}

fn pseudonyms_of(fields: &[Field]) -> Vec<Field> {
    let kept = |field: &Field| {
        if field.each.is_some() {
            let fields = pseudonyms_of(&field.fields);
            return (!fields.is_empty()).then(|| Field { fields, ..field.clone() });
        }
        let is_one = field.from.is_some() && matches!(field.transform.as_slice(), [Transform::Pseudonym]);
        is_one.then(|| field.clone())
    };
    fields.iter().filter_map(kept).collect()
}

/// Tells `each` every pseudonym of those whom the register lets through, once. The plan is one of [`only_pseudonyms`], compiled with
/// [`crate::transform::Pseudonyms::crossing`].
///
/// # Errors
/// As every walk: a source that ends early, a rule that cannot be evaluated.
pub fn crosswalk(
    plan: &Plan,
    sources: &[Box<dyn Source>],
    now: &dyn Fn() -> jiff::Timestamp,
    watch: &Watch,
    register: Register,
    memory: &Memory,
    mut each: impl FnMut(Crossing<'_>) -> Result<(), FlowError>,
) -> Result<(), FlowError> {
    let mut extract = extract(plan, sources, now, watch)?;
    let bundle = aggregate(&mut extract, plan, Reporter::default(), register, memory)?;
    // Nothing is transferred, so no earlier transfer makes the result too small.
    let expectation = Expectation { last_receipted: None, fewer_expected: true };
    let mut cleared = enforce(transform(bundle, plan), plan, expectation, watch.clone());
    // Each as the number that it is: there may be millions.
    let mut told: HashMap<String, HashSet<u128>> = HashMap::new();
    while let Some(batch) = cleared.next_batch()? {
        for (field, column) in batch.schema().fields().iter().zip(batch.columns()) {
            texts(field.name(), column, &mut |field, text| {
                let pair =
                    text.split_once(':').and_then(|(old, new)| Some((old, new, u128::from_str_radix(old, 16).ok()?)));
                let Some((old, new, number)) = pair else {
                    return Err(FlowError::Internal { place: "crosswalk", detail: "a value is no pair".to_owned() });
                };
                let of_field = match told.get_mut(field) {
                    Some(known) => known,
                    None => told.entry(field.to_owned()).or_default(),
                };
                if of_field.insert(number) { each(Crossing { field, old, new }) } else { Ok(()) }
            })?;
        }
    }
    Ok(())
}

/// Tells `each` every text of a column, however deep it lies.
fn texts(
    name: &str,
    column: &ArrayRef,
    each: &mut dyn FnMut(&str, &str) -> Result<(), FlowError>,
) -> Result<(), FlowError> {
    if let Some(texts) = column.as_any().downcast_ref::<StringArray>() {
        return texts.iter().flatten().try_for_each(|text| each(name, text));
    }
    if let Some(lists) = column.as_any().downcast_ref::<ListArray>() {
        // Rows are whole: what stands in no list of them is not there.
        return lists.iter().flatten().try_for_each(|items| texts(name, &items, each));
    }
    if let Some(records) = column.as_any().downcast_ref::<StructArray>() {
        for (field, member) in records.fields().iter().zip(records.columns()) {
            texts(&format!("{name}.{}", field.name()), member, each)?;
        }
    }
    Ok(())
}
