//! What may everybody know of the sharing that goes on? Parties, purposes, categories, dates and counts; never people.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::arrangement::{Arrangement, Direction, Kind, LawfulBasis, Onward, Released, State};
use crate::catalogue::Catalogue;
use crate::named::named;
use crate::request::Statistics;

named! {
    /// How sensitive a category of elements is.
    Sensitivity, "sensitivity" {
        /// Operational: 1.
        Operational = "operational",
        /// Personal: 2.
        Personal = "personal",
        /// Sensitive: 3.
        Sensitive = "sensitive",
        /// Highest: 4, and whatever the catalogue does not know.
        Highest = "highest",
    }
}

/// One arrangement, as the public register shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Identifier.
    pub arrangement: String,
    /// Version in force.
    pub version: u32,
    /// What kind of document was signed.
    pub kind: Kind,
    /// Title.
    pub title: String,
    /// Names of the parties.
    pub parties: Vec<String>,
    /// Names of those who handle data for a party.
    pub processors: Vec<String>,
    /// The purpose as signed.
    pub purpose: String,
    /// What the sharing rests on.
    pub lawful_basis: LawfulBasis,
    /// Which way data go.
    pub direction: Direction,
    /// How many elements of each kind of record, by sensitivity. Not which, so that the list is no shopping list.
    pub categories: BTreeMap<String, BTreeMap<Sensitivity, u32>>,
    /// Whether data may be passed on.
    pub onward: Onward,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Date,
    /// Transfers released so far.
    pub transfers: u64,
    /// SHA-256 of the signed text, by which its entry in the ledger is found.
    pub digest: String,
}

/// The public register of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Register {
    /// The operation.
    pub operation: String,
    /// The day on which it was drawn up.
    pub drawn_up_on: Date,
    /// Arrangements in force, by identifier.
    pub arrangements: Vec<Entry>,
    /// Refused requests as counts.
    pub refused: Statistics,
}

/// The entry of an arrangement; none unless it is in force. Numbers of records are not in it: small ones tell on people.
pub fn entry(arrangement: &Arrangement, state: &State, catalogue: &Catalogue, released: &[Released]) -> Option<Entry> {
    let State::InForce { terms, .. } = state else { return None };
    if terms.arrangement != arrangement.arrangement || terms.version != arrangement.version {
        return None;
    }
    let mut categories: BTreeMap<String, BTreeMap<Sensitivity, u32>> = BTreeMap::new();
    let mut seen = std::collections::BTreeSet::new();
    for item in arrangement.elements.iter().filter(|item| seen.insert(&item.element)) {
        let entity = catalogue.entity(&item.element.entity);
        let known = entity.and_then(|entity| entity.element(&item.element.element));
        let sensitivity = match known.map(|element| element.sensitivity) {
            Some(1) => Sensitivity::Operational,
            Some(2) => Sensitivity::Personal,
            Some(3) => Sensitivity::Sensitive,
            _ => Sensitivity::Highest,
        };
        *categories.entry(item.element.entity.clone()).or_default().entry(sensitivity).or_default() += 1;
    }
    let names = |parties: &[crate::arrangement::Party]| parties.iter().map(|party| party.name.clone()).collect();
    Some(Entry {
        arrangement: arrangement.arrangement.clone(),
        version: arrangement.version,
        kind: arrangement.kind,
        title: arrangement.title.clone(),
        parties: names(&arrangement.parties),
        processors: names(&arrangement.processors),
        purpose: arrangement.purpose.text.clone(),
        lawful_basis: arrangement.lawful_basis,
        direction: arrangement.direction,
        categories,
        onward: arrangement.onward,
        from: arrangement.valid.from,
        until: arrangement.valid.until,
        transfers: released.len() as u64,
        digest: terms.digest.clone(),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::arrangement::{Terms, catalogue, sample};

    fn state(name: &str) -> State {
        State::samples().into_iter().find(|state| state.name() == name).unwrap()
    }

    #[test]
    fn what_is_in_force_is_shown_without_elements_records_or_people() {
        let released = [Released { at: sample().valid.begins_at(), exchange: "x".into(), records: 3 }];
        let entry = entry(&sample(), &state("in-force"), &catalogue(), &released).unwrap();
        assert_eq!((entry.transfers, entry.version, entry.digest.as_str()), (1, 1, "d"));
        assert_eq!(entry.categories, BTreeMap::from([("person".into(), BTreeMap::from([(Sensitivity::Personal, 1)]))]));
        let text = serde_json::to_string(&entry).unwrap();
        assert!(!text.contains("person.id") && !text.contains("records") && !text.contains("population"), "{text}");
    }

    #[test]
    fn what_is_not_in_force_or_another_version_is_not_shown() {
        for state in State::samples().iter().filter(|state| state.name() != "in-force") {
            assert_eq!(entry(&sample(), state, &catalogue(), &[]), None, "{state}");
        }
        let mut other = state("in-force");
        if let State::InForce { terms: Terms { version, .. }, .. } = &mut other {
            *version = 2;
        }
        assert_eq!(entry(&sample(), &other, &catalogue(), &[]), None);
    }
}
