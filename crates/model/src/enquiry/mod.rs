//! Could data be shared with whoever asks, before any text is drafted? An enquiry, and its feasibility checklist.

mod state;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use state::{Event, State};

use crate::arrangement::{AgreedElement, Arrangement};
use crate::catalogue::Catalogue;
use crate::document::Findings;
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
    /// What is wrong with the document in itself.
    pub fn check(&self) -> Findings {
        let mut findings = Findings::default();
        for (at, text) in
            [("/organisation", &self.organisation), ("/purpose", &self.purpose), ("/people", &self.people)]
        {
            if text.trim().is_empty() {
                findings.error("empty", at, "nothing is said".to_owned(), "say it in a few words");
            }
        }
        let mut country = |at: String, code: &str, or_international: bool| {
            let known = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            if !known || (code == "INT" && !or_international) {
                findings.error("country", at, format!("`{code}` is no country"), "write ISO 3166 alpha-3");
            }
        };
        country("/jurisdiction".to_owned(), &self.jurisdiction, true);
        country("/hosting_country".to_owned(), &self.hosting_country, false);
        for (i, code) in self.countries_of_origin.iter().enumerate() {
            country(format!("/countries_of_origin/{i}"), code, false);
        }
        if self.elements.is_empty() {
            findings.error(
                "empty",
                "/elements",
                "no element is wanted".to_owned(),
                "name each, with form and necessity",
            );
        }
        for (i, item) in self.elements.iter().enumerate() {
            if item.necessity.trim().is_empty() {
                let at = format!("/elements/{i}/necessity");
                findings.error(
                    "empty",
                    at,
                    "nothing is said".to_owned(),
                    "say why the purpose cannot be met without it",
                );
            }
        }
        findings
    }

    /// What a text agrees beyond what was asked for here: nobody has assessed it.
    pub fn not_assessed(&self, arrangement: &Arrangement) -> Vec<Violation> {
        let asked = |agreed: &AgreedElement| {
            self.elements.iter().any(|item| item.element == agreed.element && agreed.form.within(item.form))
        };
        let beyond = arrangement.elements.iter().filter(|agreed| !asked(agreed));
        beyond
            .map(|agreed| {
                let detail = format!("the enquiry does not ask for it as `{}`: nobody has assessed that", agreed.form);
                Violation::new(Code::FeasibilityOpen, agreed.element.to_string(), detail)
            })
            .collect()
    }

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
