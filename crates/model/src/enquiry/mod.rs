//! Could data be shared with whoever asks, before any text is drafted? An enquiry, and its feasibility checklist.

mod state;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use state::{Event, State};

use crate::catalogue::Catalogue;
use crate::named::named;
use crate::refused::reason_given;
use crate::request::WantedElement;
use crate::{Code, Refused, Violation};

/// The enquiry document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Enquiry {
    /// Who asks.
    pub organisation: String,
    /// Country whose law binds it (ISO 3166 alpha-3), or `INT` for an international organisation.
    pub jurisdiction: String,
    /// Country where it would keep the data, ISO 3166 alpha-3.
    pub hosting_country: String,
    /// What the data would be for.
    pub purpose: String,
    /// What is wanted, in which form, and why.
    pub elements: Vec<WantedElement>,
    /// Whom it is about, in words.
    pub people: String,
    /// Countries of origin of these people, ISO 3166 alpha-3.
    #[serde(default)]
    pub countries_of_origin: BTreeSet<String>,
}

named! {
    /// A point of the feasibility checklist.
    Point, "point of the checklist" {
        /// The purpose is within the mandate, and there is a lawful basis for it.
        LawfulBasis = "lawful-basis",
        /// Every element is necessary for it, and no narrower form would do.
        Necessity = "necessity",
        /// The elements are held here, and true enough for the purpose.
        DataHeld = "data-held",
        /// The people can be told in their languages, and can say no.
        PeopleInformed = "people-informed",
        /// The organisation can keep the data safe and erase them.
        RecipientCapable = "recipient-capable",
        /// Nobody on the way is bound, or keeps data, in a country of origin.
        NoCountryOfOrigin = "no-country-of-origin",
        /// The office has the people and the means to do it.
        Means = "means",
    }
}

/// The answer to one point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Answer {
    /// Whether it is met.
    pub met: bool,
    /// Why, in a few words.
    pub note: String,
}

/// The checklist, as far as it is answered.
pub type Checklist = BTreeMap<Point, Answer>;

impl Enquiry {
    /// What the machine can answer at once: points that cannot be met, with the reason. A person answers the rest.
    pub fn known_obstacles(&self, catalogue: &Catalogue) -> Checklist {
        let mut found = Checklist::new();
        let held = |item: &&WantedElement| {
            catalogue.entity(&item.element.entity).is_some_and(|e| e.element(&item.element.element).is_some())
        };
        let missing: Vec<String> =
            self.elements.iter().filter(|item| !held(item)).map(|item| item.element.to_string()).collect();
        if !missing.is_empty() {
            let note = format!("the catalogue does not hold {}", missing.join(", "));
            found.insert(Point::DataHeld, Answer { met: false, note });
        }
        for country in [&self.jurisdiction, &self.hosting_country] {
            if self.countries_of_origin.contains(country) {
                let note = format!("it is bound or would keep data in {country}, from where people covered come");
                found.insert(Point::NoCountryOfOrigin, Answer { met: false, note });
            }
        }
        found
    }
}

/// Refuses while any point is open, not met, or answered without a reason.
pub fn feasible(checklist: &Checklist) -> Result<(), Refused> {
    let open = Point::ALL.iter().filter_map(|point| {
        let detail = match checklist.get(point) {
            None => "it is not answered".to_owned(),
            Some(answer) if !answer.met => format!("it is not met: {}", answer.note),
            Some(answer) if reason_given(point.as_str(), &answer.note).is_err() => "no reason is given".to_owned(),
            Some(_) => return None,
        };
        Some(Violation::new(Code::FeasibilityOpen, point.as_str(), detail))
    });
    Refused::unless_empty(open.collect())
}

#[cfg(test)]
mod tests;
