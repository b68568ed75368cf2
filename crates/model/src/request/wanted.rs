//! Which elements, forms and people does somebody want beyond what is agreed, and what amendment would it take?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::arrangement::{AgreedElement, Arrangement, Change, difference};
use crate::hierarchy::Effective;
use crate::population::Predicate;
use crate::{Code, ElementRef, Form, Violation};

/// What somebody wants of an arrangement, perhaps more than agreed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// The arrangement.
    pub arrangement: String,
    /// Code of the purpose.
    pub purpose: String,
    /// The elements.
    pub elements: Vec<WantedElement>,
    /// The people; those agreed unless said.
    #[serde(default)]
    pub population: Option<Predicate>,
    /// How many records a transfer would hold, if that is known.
    #[serde(default)]
    pub records: Option<u64>,
}

/// One element that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedElement {
    /// The element.
    pub element: ElementRef,
    /// The form.
    pub form: Form,
    /// Why the purpose cannot be met without it.
    pub necessity: String,
}

/// Everything in which `wanted` goes beyond the effective terms: a reason for each element, form and part of the population.
pub fn beyond(wanted: &Wanted, effective: &Effective) -> Vec<Violation> {
    let terms = &effective.terms;
    let mut violations = Vec::new();
    if wanted.purpose != terms.purpose.code {
        let detail = format!("agreed is `{}`", terms.purpose.code);
        violations.push(Violation::new(Code::PurposeNotAgreed, &wanted.purpose, detail));
    }
    violations.extend(wanted.elements.iter().filter_map(|item| effective.refuses(&item.element, item.form)));
    if let Some(population) = &wanted.population {
        for part in terms.population.conjuncts() {
            if !population.is_within(part) {
                let elements: Vec<&str> = part.elements().into_iter().collect();
                let about = if elements.is_empty() { "population".to_owned() } else { elements.join(", ") };
                let detail = format!("nothing shows that everyone asked for meets the agreed condition on {about}");
                violations.push(Violation::new(Code::PopulationWiderThanAgreed, about, detail));
            }
        }
    }
    if let Some(records) = wanted.records.filter(|records| *records > terms.row_cap) {
        let detail = format!("{records} records a transfer, agreed are {}", terms.row_cap);
        violations.push(Violation::new(Code::RowCap, &terms.arrangement, detail));
    }
    violations
}

/// The next version that would agree what is wanted, as a proposal and nothing more.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// The document.
    pub document: Arrangement,
    /// What it changes.
    pub changes: Vec<Change>,
}

/// Makes an amendment of what `wanted` goes beyond `arrangement`; none if it does not, or wants another purpose, for
/// which another arrangement is needed. Frameworks above are asked of the proposal like of any version.
pub fn propose(arrangement: &Arrangement, wanted: &Wanted) -> Option<Proposal> {
    if wanted.purpose != arrangement.purpose.code {
        return None;
    }
    let mut document = Arrangement { version: arrangement.version.checked_add(1)?, ..arrangement.clone() };
    for item in &wanted.elements {
        let agreed = document.elements.iter().any(|one| one.element == item.element && item.form.within(one.form));
        if !agreed {
            document.elements.retain(|one| one.element != item.element || !one.form.within(item.form));
            let (element, form, necessity) = (item.element.clone(), item.form, item.necessity.clone());
            document.elements.push(AgreedElement { element, form, necessity });
        }
    }
    if let Some(population) = wanted.population.as_ref().filter(|one| !one.is_within(&document.population)) {
        document.population = if document.population.is_within(population) {
            population.clone()
        } else {
            Predicate::Any(vec![document.population, population.clone()])
        };
    }
    document.row_cap = document.row_cap.max(wanted.records.unwrap_or(0));
    let changes = difference(arrangement, &document);
    (!changes.is_empty()).then_some(Proposal { document, changes })
}
