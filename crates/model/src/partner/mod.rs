//! Who is the other organisation, where is it bound, who works for it, and may data go to it today?

mod attestation;
mod keys;
mod state;

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use attestation::{Attestation, AttestationKind, readiness};
pub use state::{Event, KeyCheck, KeyPurpose, State};

use crate::arrangement::Arrangement;
use crate::document::Findings;
use crate::named::named;
use crate::{Code, Refused, Violation};

/// The partner document: who it is. Keys and attestations are not in it; they are proven, not written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Short name, as arrangements write it.
    pub partner: String,
    /// Full name.
    pub title: String,
    /// Country whose law binds it (ISO 3166 alpha-3), or `INT` for an international organisation.
    pub jurisdiction: String,
    /// Country where it keeps data, ISO 3166 alpha-3.
    pub hosting_country: String,
    /// Whether it takes invented people only, until it is registered anew for real data.
    #[serde(default)]
    pub synthetic_only: bool,
    /// Everyone who handles the data for it or receives them from it.
    #[serde(default)]
    pub recipients: Vec<Recipient>,
}

/// Somebody who handles the data for a partner, or receives them from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Name.
    pub name: String,
    /// What it is to the partner.
    pub kind: RecipientKind,
    /// Country whose law binds it (ISO 3166 alpha-3), or `INT`.
    pub jurisdiction: String,
    /// Country where it keeps data, ISO 3166 alpha-3.
    pub hosting_country: String,
    /// What it does with them.
    pub purpose: String,
}

named! {
    /// What a recipient is to the partner.
    RecipientKind, "kind of recipient" {
        /// Handles data on the partner's behalf.
        Processor = "processor",
        /// Receives data from the partner for its own work.
        SubRecipient = "sub-recipient",
    }
}

impl Profile {
    /// What is wrong with the document in itself.
    pub fn check(&self) -> Findings {
        let mut findings = Findings::default();
        let mut country = |at: String, code: &str, or_international: bool| {
            let known = code.len() == 3 && code.bytes().all(|byte| byte.is_ascii_uppercase());
            if !known || (code == "INT" && !or_international) {
                findings.error("country", at, format!("`{code}` is no country"), "write ISO 3166 alpha-3");
            }
        };
        country("/jurisdiction".into(), &self.jurisdiction, true);
        country("/hosting_country".into(), &self.hosting_country, false);
        for (i, recipient) in self.recipients.iter().enumerate() {
            country(format!("/recipients/{i}/jurisdiction"), &recipient.jurisdiction, true);
            country(format!("/recipients/{i}/hosting_country"), &recipient.hosting_country, false);
        }
        let mut names = BTreeSet::new();
        for (i, recipient) in self.recipients.iter().enumerate() {
            if !names.insert(&recipient.name) {
                let message = format!("`{}` stands twice", recipient.name);
                findings.error("duplicate-name", format!("/recipients/{i}/name"), message, "keep one");
            }
        }
        findings
    }

    /// Countries in which the partner or one of its recipients is bound or keeps data, with who that is.
    pub fn countries(&self) -> impl Iterator<Item = (&str, &str)> {
        let own = [(self.jurisdiction.as_str(), self.partner.as_str()), (self.hosting_country.as_str(), &self.partner)];
        own.into_iter().chain(self.recipients.iter().flat_map(|recipient| {
            [
                (recipient.jurisdiction.as_str(), recipient.name.as_str()),
                (recipient.hosting_country.as_str(), recipient.name.as_str()),
            ]
        }))
    }

    /// The hard rule: neither the partner nor anyone after it may be bound, or keep data, in a country of origin.
    pub fn origin_violations(&self, countries_of_origin: &[String]) -> Vec<Violation> {
        let mut found: Vec<Violation> = self
            .countries()
            .filter(|(country, _)| countries_of_origin.iter().any(|origin| origin == country))
            .map(|(country, name)| {
                let detail = format!("`{name}` is bound or keeps data there, and people covered come from there");
                Violation::new(Code::CountryOfOrigin, country, detail)
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }

    /// Recipients whom the partner declares and the arrangement does not name as handling the data, or names elsewhere.
    pub fn recipients_not_agreed(&self, arrangement: &Arrangement) -> Vec<Violation> {
        let agreed = |name: &str| arrangement.parties.iter().chain(&arrangement.processors).find(|p| p.name == name);
        let refused = self.recipients.iter().filter_map(|recipient| {
            let kind = recipient.kind;
            let detail = match agreed(&recipient.name) {
                None => format!("the partner declares it as {kind}, and the arrangement does not name it"),
                Some(party)
                    if party.jurisdiction != recipient.jurisdiction
                        || party.hosting_country != recipient.hosting_country =>
                {
                    format!(
                        "the partner declares it as {kind} bound in {} with data in {}, and the arrangement names it in {} with data in {}",
                        recipient.jurisdiction, recipient.hosting_country, party.jurisdiction, party.hosting_country
                    )
                }
                Some(_) => return None,
            };
            Some(Violation::new(Code::OnwardNotAgreed, &recipient.name, detail))
        });
        refused.collect()
    }

    /// Processors whom the arrangement names, and whom the partner has not declared: nobody knows what they do for it.
    pub fn undeclared<'a>(&'a self, arrangement: &'a Arrangement) -> impl Iterator<Item = Violation> + 'a {
        let known = |name: &str| self.recipients.iter().any(|recipient| recipient.name == name);
        let unknown = arrangement.processors.iter().filter(move |party| !known(&party.name));
        unknown.map(|party| {
            let detail = format!("the arrangement names it, and `{}` has not declared it", self.partner);
            Violation::new(Code::RecipientNotDeclared, &party.name, detail)
        })
    }
}

/// Whether data under `arrangement` may go to the partner on `today`, a day in UTC: state, keys, readiness, recipients
/// and countries. Environment is decided apart ([`crate::environment`]).
pub fn fit_to_receive(
    profile: &Profile,
    state: &State,
    required: &BTreeSet<AttestationKind>,
    attestations: &[Attestation],
    arrangement: &Arrangement,
    today: jiff::civil::Date,
) -> Result<(), Refused> {
    let mut violations = Vec::new();
    if !matches!(state, State::Active { .. }) {
        let detail = format!("it is {}", state.name());
        violations.push(Violation::new(Code::PartnerNotActive, &profile.partner, detail));
    }
    for purpose in KeyPurpose::ALL {
        if state.usable_key(*purpose, today).is_none() {
            let detail = format!("no {purpose} key is verified and current");
            violations.push(Violation::new(Code::KeyNotVerified, &profile.partner, detail));
        }
    }
    violations.extend(readiness(required, attestations, today));
    violations.extend(profile.recipients_not_agreed(arrangement));
    violations.extend(profile.undeclared(arrangement));
    violations.extend(profile.origin_violations(&arrangement.countries_of_origin));
    Refused::unless_empty(violations)
}

#[cfg(test)]
mod tests;
