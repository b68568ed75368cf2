//! Are the fields of a record ones that can be read, and does each say what it brings in?

use std::collections::BTreeSet;

use super::super::{Field, FormatKind, Inbound};
use super::{known_element, name, unknown};
use crate::ValueType;
use crate::catalogue::{Catalogue, CodeList};
use crate::document::Findings;

impl Inbound {
    pub(super) fn check_record(&self, catalogue: &Catalogue, findings: &mut Findings) {
        if self.record.is_empty() {
            findings.error("no-fields", "/record", "a record would be empty", "name at least one field");
        }
        let mut names = BTreeSet::new();
        for (i, field) in self.record.iter().enumerate() {
            let at = format!("/record/{i}");
            name(findings, &format!("{at}/name"), &field.name, &mut names);
            if !field.is_nested() {
                self.check_value(catalogue, findings, &at, field);
                continue;
            }
            if self.format.kind == FormatKind::Csv {
                findings.error("csv-is-flat", at.clone(), "CSV has no lists", "use json-lines");
            }
            let value = field.value_type.is_some() || field.element.is_some() || field.vocabulary.is_some();
            if value || field.reference || field.format.is_some() || field.at_most == 0 {
                findings.error(
                    "field-nested",
                    at.clone(),
                    format!("`{}` is a list of records and cannot be a value too", field.name),
                    "leave `type`, `element`, `vocabulary`, `reference` and `format` to its fields",
                );
            }
            let mut inner = BTreeSet::new();
            for (j, nested) in field.fields.iter().enumerate() {
                let at = format!("{at}/fields/{j}");
                name(findings, &format!("{at}/name"), &nested.name, &mut inner);
                if nested.is_nested() {
                    findings.error(
                        "field-nested",
                        at,
                        format!("`{}` is a list within a list", nested.name),
                        "records nest once: have these sent as records of their own",
                    );
                } else {
                    self.check_value(catalogue, findings, &at, nested);
                }
            }
        }
    }

    fn check_value(&self, catalogue: &Catalogue, findings: &mut Findings, at: &str, field: &Field) {
        match &field.value_type {
            None => findings.error("field-type", at, format!("`{}` has no type", field.name), "write `type`"),
            Some(ValueType::Bytes) => findings.error(
                "field-type",
                format!("{at}/type"),
                format!("`{}` holds bytes, which do not come in", field.name),
                "leave it out",
            ),
            Some(_) => {}
        }
        if let Some(list) = field.code_list() {
            match catalogue.code_list(list) {
                None => unknown(findings, format!("{at}/type"), "code list", list),
                Some(list) => check_vocabulary(findings, at, field, list),
            }
        } else if field.vocabulary.is_some() {
            let help = "declare the field as `code(LIST)`, or leave it out";
            findings.error("vocabulary", format!("{at}/vocabulary"), "only codes have a vocabulary", help);
        }
        if field.format.is_some() && !matches!(field.value_type, Some(ValueType::Date | ValueType::Timestamp)) {
            findings.error(
                "field-type",
                format!("{at}/format"),
                "only dates and moments have a format",
                "leave it out",
            );
        }
        if field.max_length == 0 {
            findings.error("field-type", format!("{at}/max_length"), "no value is that short", "write at least 1");
        }
        let mark = field.name == self.external_id || self.sequence.as_ref() == Some(&field.name);
        match &field.element {
            None if !mark => findings.error(
                "no-element",
                at,
                format!("nothing says what `{}` brings in", field.name),
                "name its `element`, so that the arrangement can agree to it",
            ),
            None => {}
            Some(element) => {
                known_element(findings, catalogue, element, &format!("{at}/element"));
                let there = catalogue.entity(&element.entity).and_then(|entity| entity.element(&element.element));
                if let (Some(there), Some(here)) = (there, &field.value_type)
                    && there.value_type != *here
                {
                    findings.error(
                        "field-type",
                        format!("{at}/type"),
                        format!("`{}` is {here}, and `{element}` is {}", field.name, there.value_type),
                        "take the element's type",
                    );
                }
            }
        }
        if field.reference && !self.matching.iter().flatten().any(|name| *name == field.name) {
            let help = "name it in `match`, or leave `reference` out";
            findings.error("reference", format!("{at}/reference"), "nothing looks for the record that it names", help);
        }
    }
}

/// A vocabulary can be read backwards only where it is one to one.
fn check_vocabulary(findings: &mut Findings, at: &str, field: &Field, list: &CodeList) {
    let Some(vocabulary) = &field.vocabulary else { return };
    let at = format!("{at}/vocabulary");
    let pairs = list.equivalents(vocabulary);
    if pairs.is_empty() {
        return unknown(findings, at, "vocabulary of that code list", vocabulary);
    }
    let mut seen = BTreeSet::new();
    for other in pairs.values() {
        if !seen.insert(other) {
            findings.error(
                "vocabulary",
                at.clone(),
                format!("`{other}` of `{vocabulary}` stands for several codes of `{}`", list.name),
                "make the equivalents one to one: a code that comes in must mean one thing",
            );
        }
    }
}
