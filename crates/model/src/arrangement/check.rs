//! Does an arrangement make sense against the catalogue, before anyone signs it?

use crate::catalogue::Catalogue;
use crate::document::Findings;
use crate::{Code, Value, ValueType, Violation};

use super::{Arrangement, Biometrics, Direction, LawfulBasis};

impl Arrangement {
    /// Checks names, necessity, validity and the country-of-origin rule.
    pub fn check(&self, catalogue: &Catalogue) -> Findings {
        let mut findings = Findings::default();
        for (i, item) in self.elements.iter().enumerate() {
            let at = format!("/elements/{i}");
            let known = catalogue.entity(&item.element.entity).and_then(|entity| entity.element(&item.element.element));
            match known {
                None => unknown(&mut findings, format!("{at}/element"), &item.element.to_string()),
                Some(element) if element.value_type == ValueType::Bytes && self.biometrics != Biometrics::Templates => {
                    findings.error(
                        "biometrics-not-agreed",
                        format!("{at}/element"),
                        format!("`{}` holds bytes, and `biometrics` does not agree to templates", item.element),
                        "leave the element out, or agree to `biometrics: templates`",
                    );
                }
                Some(_) => {}
            }
            if item.necessity.trim().len() < 10 {
                findings.error(
                    "no-necessity",
                    format!("{at}/necessity"),
                    format!("nothing says why `{}` is needed", item.element),
                    "say in a sentence why the purpose cannot be met without it",
                );
            }
        }
        self.check_accepts(catalogue, &mut findings);
        for (i, element) in self.may_select_by.iter().enumerate() {
            if catalogue.entity(&element.entity).and_then(|entity| entity.element(&element.element)).is_none() {
                unknown(&mut findings, format!("/may_select_by/{i}"), &element.to_string());
            }
        }
        if self.valid.until < self.valid.from {
            findings.error("validity", "/valid/until", "it ends before it begins", "write the first day and the last");
        }
        if self.row_cap == 0 || self.frequency.at_most == 0 || self.frequency.days == 0 {
            findings.error("caps", "/row_cap", "caps of zero let nothing leave", "write what was agreed");
        }
        self.check_population(catalogue, &mut findings);
        for violation in self.origin_violations() {
            findings.error(
                violation.code.as_str(),
                "/countries_of_origin",
                violation.to_string(),
                Code::CountryOfOrigin.help(),
            );
        }
        findings
    }

    fn check_accepts(&self, catalogue: &Catalogue, findings: &mut Findings) {
        if self.direction == Direction::Provide && !self.accepts.is_empty() {
            findings.error(
                Code::NotCovered.as_str(),
                "/accepts",
                "elements may come in, and `direction` says that nothing does",
                "write `direction: accept` or `direction: both`, or leave `accepts` out",
            );
        }
        for (i, item) in self.accepts.iter().enumerate() {
            let at = format!("/accepts/{i}");
            let known = catalogue.entity(&item.element.entity).and_then(|entity| entity.element(&item.element.element));
            match known {
                None => unknown(findings, format!("{at}/element"), &item.element.to_string()),
                Some(element) if element.value_type == ValueType::Bytes => findings.error(
                    "biometrics-not-agreed",
                    format!("{at}/element"),
                    format!("`{}` holds bytes, which do not come in", item.element),
                    "leave the element out",
                ),
                Some(_) => {}
            }
            if item.necessity.trim().len() < 10 {
                findings.error(
                    "no-necessity",
                    format!("{at}/necessity"),
                    format!("nothing says why `{}` is taken in", item.element),
                    "say in a sentence what it is needed for",
                );
            }
        }
    }

    fn check_population(&self, catalogue: &Catalogue, findings: &mut Findings) {
        let Some(subject) = catalogue.subject() else { return };
        for path in self.population.elements() {
            if catalogue.resolve(&subject.name, path).is_none() {
                unknown(findings, "/population".to_owned(), path);
            }
        }
        let rules = subject.subject.as_ref();
        if self.lawful_basis == LawfulBasis::Consent && rules.is_none_or(|rules| rules.consent.is_none()) {
            findings.error(
                Code::ConsentNotRecorded.as_str(),
                "/lawful_basis",
                "consent is the basis, and the catalogue does not say where it is recorded",
                Code::ConsentNotRecorded.help(),
            );
        }
        let bound = rules.and_then(|rules| rules.origin.as_deref()).and_then(|origin| self.population.admitted(origin));
        for value in bound.into_iter().flatten() {
            if let Value::Text(country) = value
                && !self.countries_of_origin.contains(country)
            {
                findings.error(
                    "origin-undeclared",
                    "/countries_of_origin",
                    format!("the population admits `{country}`, and `countries_of_origin` does not name it"),
                    "name every country of origin",
                );
            }
        }
    }

    /// The hard rule: no recipient, processor or hosting country may be a country of origin.
    pub fn origin_violations(&self) -> Vec<Violation> {
        let mut found: Vec<Violation> = self
            .countries()
            .filter(|(country, _)| self.countries_of_origin.iter().any(|origin| origin == country))
            .map(|(country, party)| {
                Violation::new(
                    Code::CountryOfOrigin,
                    country,
                    format!("`{party}` is bound or keeps data there, and people covered come from there"),
                )
            })
            .collect();
        found.sort();
        found.dedup();
        found
    }
}

fn unknown(findings: &mut Findings, at: String, name: &str) {
    findings.error(
        Code::UnknownName.as_str(),
        at,
        format!("the catalogue has no element `{name}`"),
        Code::UnknownName.help(),
    );
}
