//! Does the arrangement agree that this comes in, this way, and that the partner is told this?

use super::{Collect, Inbound};
use crate::arrangement::{Arrangement, Direction, Modality};
use crate::document::Findings;
use crate::hierarchy::level_name;
use crate::{Code, Form, Violation};

impl Inbound {
    /// Everything that goes beyond the terms, each with its JSON pointer. Asked at import, and at each run of the terms in force.
    pub fn beyond(&self, terms: &Arrangement) -> Vec<(String, Violation)> {
        let level = level_name(terms);
        let mut found = Vec::new();
        let mut refuse =
            |at: String, code, subject: String, detail| found.push((at, Violation::new(code, subject, detail)));
        if terms.direction == Direction::Provide {
            let detail = format!("{level} covers nothing that comes from the partner");
            refuse("/direction".to_owned(), Code::NotCovered, terms.arrangement.clone(), detail);
        }
        for (i, way) in self.collect.iter().enumerate() {
            let (needed, what) = match way {
                Collect::Api => (Modality::Online, "an authenticated connection"),
                Collect::Upload | Collect::Folder { .. } => (Modality::File, "files"),
            };
            if !terms.modality.contains(&needed) {
                let detail = format!("{level} does not cover {what}");
                refuse(format!("/collect/{i}"), Code::NotCovered, terms.arrangement.clone(), detail);
            }
        }
        for (at, field) in self.values() {
            let Some(element) = &field.element else { continue };
            if !terms.accepts.iter().any(|item| item.element == *element) {
                let detail = format!("{level} does not accept it, and `{}` brings it in", field.name);
                refuse(format!("{at}/element"), Code::ElementNotAgreed, element.to_string(), detail);
            }
        }
        if let Some(tells) = &self.tells {
            let of = || terms.elements.iter().filter(|item| item.element == tells.element);
            let (at, subject) = ("/tells/element".to_owned(), tells.element.to_string());
            if of().next().is_none() {
                let detail = format!("{level} does not agree that it leaves, and the partner would be told it");
                refuse(at, Code::ElementNotAgreed, subject, detail);
            } else if !of().any(|item| item.form == Form::Raw) {
                let detail = format!("{level} does not agree it as it is, and the partner would be told it so");
                refuse(at, Code::FormWiderThanAgreed, subject, detail);
            }
        }
        found
    }

    /// The same as findings of a document.
    pub fn check_terms(&self, terms: &Arrangement) -> Findings {
        let mut findings = Findings::default();
        for (at, violation) in self.beyond(terms) {
            findings.error(violation.code.as_str(), at, violation.to_string(), violation.code.help());
        }
        findings
    }
}
