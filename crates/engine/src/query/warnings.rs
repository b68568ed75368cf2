//! What does an arrangement allow that people should think about once more?

use std::collections::{BTreeMap, BTreeSet};

use causeway_flow::plan::Explained;
use causeway_flow::preview::Census;
use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::Catalogue;
use causeway_model::{ElementRef, Form, ValueType};
use causeway_store::change::DocumentKind;

use crate::documents::Read;
use crate::error::EngineError;
use crate::house::House;

/// A population of fewer people is small: somebody who knows one of them may find that person.
pub const SMALL_POPULATION: u64 = 100;

/// Something to think about. It refuses nothing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// Stable kind: `joinable`, `several-bands`, `small-population`.
    pub code: &'static str,
    /// Element or exchange that is concerned.
    pub subject: String,
    /// What it is about.
    pub message: String,
    /// What to do.
    pub help: &'static str,
}

/// Elements by which the partner can put together what it receives here with what another arrangement gives it.
///
/// Every other arrangement counts whatever its state: what was received under it may still be held.
pub async fn joinable(
    house: &House,
    arrangement: &Arrangement,
    catalogue: &Catalogue,
    explained: &Explained,
) -> Result<Vec<Warning>, EngineError> {
    let listed = house.store.documents(DocumentKind::Arrangement).await?;
    let names: BTreeSet<String> = listed.into_iter().map(|listing| listing.name).collect();
    let mut warnings = Vec::new();
    for name in names.iter().filter(|name| **name != arrangement.arrangement) {
        let other: Read<Arrangement> = house.arrangement(name).await?;
        if other.value.partner == arrangement.partner {
            warnings.extend(joinable_with(arrangement, &other.value, catalogue, explained));
        }
    }
    Ok(warnings)
}

fn joinable_with(
    here: &Arrangement,
    there: &Arrangement,
    catalogue: &Catalogue,
    explained: &Explained,
) -> Vec<Warning> {
    let agreed: BTreeSet<(&ElementRef, Form)> =
        there.elements.iter().map(|agreed| (&agreed.element, agreed.form)).collect();
    let mine: BTreeSet<&(ElementRef, Form)> = explained.outputs.iter().flat_map(|(_, lineage)| &lineage.0).collect();
    let same_purpose = here.purpose.code == there.purpose.code;
    let joins = |(element, form): &&&(ElementRef, Form)| {
        let singles_out = match form {
            Form::Raw => singles_out(catalogue, element),
            Form::Pseudonym => same_purpose,
            _ => false,
        };
        singles_out && agreed.contains(&(element, *form))
    };
    let warning = |(element, form): &(ElementRef, Form)| Warning {
        code: "joinable",
        subject: element.to_string(),
        message: format!(
            "partner `{}` receives it as `{form}` under `{}` and may under `{}`: by it, both can be put together",
            here.partner, here.arrangement, there.arrangement
        ),
        help: "leave it out, or agree it as a pseudonym under a purpose of its own",
    };
    mine.iter().filter(joins).map(|found| warning(found)).collect()
}

/// Whether a value tells people apart. A code, a truth value or a place is shared by many.
fn singles_out(catalogue: &Catalogue, element: &ElementRef) -> bool {
    let found = catalogue.entity(&element.entity).and_then(|entity| entity.element(&element.element));
    found.is_none_or(|found| !matches!(found.value_type, ValueType::Code(_) | ValueType::Boolean | ValueType::Place(_)))
}

/// Elements of which several outputs tell an age or a year: together they narrow the date.
pub fn several_bands(explained: &Explained) -> Vec<Warning> {
    let mut found: BTreeMap<&ElementRef, BTreeSet<&str>> = BTreeMap::new();
    for (name, lineage) in &explained.outputs {
        for (element, form) in &lineage.0 {
            if matches!(form, Form::Age | Form::AgeBand | Form::Year) {
                found.entry(element).or_default().insert(name);
            }
        }
    }
    let several = found.into_iter().filter(|(_, outputs)| outputs.len() > 1);
    let warning = |(element, outputs): (&ElementRef, BTreeSet<&str>)| {
        let outputs: Vec<&str> = outputs.into_iter().collect();
        Warning {
            code: "several-bands",
            subject: element.to_string(),
            message: format!(
                "outputs `{}` each tell an age or a year: together they narrow the date",
                outputs.join("`, `")
            ),
            help: "keep one of them",
        }
    };
    several.map(warning).collect()
}

/// Whether so few people are covered that one of them may be found. The number itself is not told: it may be one.
pub fn small_population(exchange: &str, census: &Census) -> Option<Warning> {
    (census.people < SMALL_POPULATION).then(|| Warning {
        code: "small-population",
        subject: exchange.to_owned(),
        message: format!("fewer than {SMALL_POPULATION} people are covered"),
        help: "widen the population, or agree wider bands and places",
    })
}
