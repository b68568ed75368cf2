//! Is one transfer that is asked for within the effective terms: its place, its cycle, its cut-off day?

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::catalogue::Catalogue;
use crate::hierarchy::Effective;
use crate::population::{InSet, Predicate};
use crate::{Code, Refused, Value, Violation};

/// A request for one transfer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TransferRequest {
    /// The exchange.
    pub exchange: String,
    /// The distribution or reporting cycle that it serves: `2026-05`, `round-3`.
    #[serde(default)]
    pub cycle: Option<String>,
    /// Where: only people there. It can only narrow.
    #[serde(default)]
    pub place: Option<Place>,
    /// The day as of which the people are wanted.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub cut_off: Option<Date>,
    /// A note for whoever approves it. Never a person's data.
    #[serde(default)]
    pub note: Option<String>,
}

/// Where: values of an element with places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Path of the element from the person.
    pub element: String,
    /// Codes of the places.
    pub values: Vec<Value>,
}

/// A request for the same exchange that was made before and not refused or withdrawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Its identifier.
    pub request: String,
    /// What it asked for.
    pub asked: TransferRequest,
}

impl TransferRequest {
    /// What it narrows the population by, if it names a place.
    pub fn narrowing(&self) -> Option<Predicate> {
        let place = self.place.as_ref()?;
        Some(Predicate::In(InSet { element: place.element.clone(), values: place.values.clone() }))
    }

    /// Every reason why it goes beyond `effective`. Caps are asked apart ([`crate::arrangement::beyond_caps`]).
    pub fn check(&self, effective: &Effective, catalogue: &Catalogue, earlier: &[Earlier]) -> Result<(), Refused> {
        let mut violations = Vec::new();
        if let Some(place) = &self.place {
            violations.extend(place.violations(effective, catalogue));
        }
        if let Some(day) = self.cut_off.filter(|day| !effective.terms.valid.contains(*day)) {
            let valid = effective.terms.valid;
            let detail = format!("{day} lies outside {} to {}", valid.from, valid.until);
            violations.push(Violation::new(Code::CutOffOutside, "cut_off", detail));
        }
        let same = |one: &&Earlier| {
            one.asked.exchange == self.exchange && one.asked.cycle == self.cycle && one.asked.place == self.place
        };
        if let Some(cycle) = &self.cycle
            && let Some(before) = earlier.iter().find(same)
        {
            let detail = format!("request {} asks for it, for the same place", before.request);
            violations.push(Violation::new(Code::CycleRepeated, cycle, detail));
        }
        Refused::unless_empty(violations)
    }
}

impl Place {
    fn violations(&self, effective: &Effective, catalogue: &Catalogue) -> Vec<Violation> {
        let subject = catalogue.subject().map(|entity| entity.name.as_str()).unwrap_or_default();
        let Some(element) = catalogue.resolve(subject, &self.element) else {
            let detail = "no element of the people is at the end of this path";
            return vec![Violation::new(Code::UnknownName, &self.element, detail)];
        };
        let agreed = effective.terms.agreed(catalogue);
        if !agreed.selectors.contains(&element) && !agreed.allows(&element, crate::Form::Raw) {
            let detail = "it is neither in the population nor in `may_select_by` nor agreed as `raw`";
            return vec![Violation::new(Code::SelectionNotAgreed, element.to_string(), detail)];
        }
        // Places are operational names, not people's values: a refusal may tell them.
        let admitted = effective.terms.population.admitted(&self.element);
        let beyond = self.values.iter().filter(|value| admitted.as_ref().is_some_and(|known| !known.contains(value)));
        beyond
            .map(|value| {
                let detail = format!("`{value}` is outside the agreed population");
                Violation::new(Code::PopulationWiderThanAgreed, element.to_string(), detail)
            })
            .collect()
    }
}
