//! Who asked for more than they may have, how, and how often? The register of refused requests.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::refused::reason_given;
use crate::{Code, ElementRef, Refused, Violation};

named! {
    /// What kind of organisation asked.
    Asker, "kind of asker" {
        /// A ministry or another authority, other than law enforcement.
        State = "state",
        /// A donor.
        Donor = "donor",
        /// Police, courts, intelligence, border control.
        LawEnforcement = "law-enforcement",
        /// A partner, beyond its arrangement.
        Partner = "partner",
        /// Anybody else.
        Other = "other",
    }
}

named! {
    /// How it was asked.
    Manner, "manner" {
        /// In writing, by a letter, a form or this gateway.
        Formal = "formal",
        /// By word, in a meeting, by a message.
        Informal = "informal",
    }
}

/// One refused request. It never holds a person's data, nor whom it was about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RefusedRequest {
    /// What kind of organisation asked.
    pub asker: Asker,
    /// Its name.
    pub organisation: String,
    /// How it was asked.
    pub manner: Manner,
    /// On which day.
    #[schemars(with = "String")]
    pub asked_on: Date,
    /// What was asked for, in words.
    pub asked_for: String,
    /// The elements, as far as they were named.
    #[serde(default)]
    pub elements: BTreeSet<ElementRef>,
    /// Why it was refused, in words.
    pub reason: String,
    /// Codes of the rules that refused it, where rules did.
    #[serde(default)]
    #[schemars(with = "Vec<String>")]
    pub codes: BTreeSet<Code>,
}

impl RefusedRequest {
    /// Refuses an entry that says too little, or is dated after `today`.
    pub fn check(&self, today: Date) -> Result<(), Refused> {
        let mut violations = Vec::new();
        for (what, text) in
            [("organisation", &self.organisation), ("asked_for", &self.asked_for), ("reason", &self.reason)]
        {
            let short = text.trim().is_empty() || (what != "organisation" && reason_given(what, text).is_err());
            if short {
                violations.push(Violation::new(Code::ReasonMissing, what, "say in a few words"));
            }
        }
        if self.asked_on > today {
            let detail = format!("it would have been asked on {}, after today, {today}", self.asked_on);
            violations.push(Violation::new(Code::CutOffOutside, "asked_on", detail));
        }
        Refused::unless_empty(violations)
    }
}

/// How many requests were refused. Counts only, so that it can be published.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// All of them.
    pub total: u64,
    /// By kind of asker and manner.
    pub by_asker: BTreeMap<Asker, BTreeMap<Manner, u64>>,
    /// By the rule that refused; one request may count under several.
    pub by_code: BTreeMap<String, u64>,
    /// By element asked for; one request may count under several.
    pub by_element: BTreeMap<String, u64>,
}

/// Counts the entries asked from the first day to the last, both included.
pub fn statistics(entries: &[RefusedRequest], from: Date, until: Date) -> Statistics {
    let mut found = Statistics::default();
    for entry in entries.iter().filter(|entry| from <= entry.asked_on && entry.asked_on <= until) {
        found.total += 1;
        *found.by_asker.entry(entry.asker).or_default().entry(entry.manner).or_default() += 1;
        for code in &entry.codes {
            *found.by_code.entry(code.to_string()).or_default() += 1;
        }
        for element in &entry.elements {
            *found.by_element.entry(element.to_string()).or_default() += 1;
        }
    }
    found
}
