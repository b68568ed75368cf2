//! What must a record be, made ready once for a whole file?

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use causeway_model::catalogue::Catalogue;
use causeway_model::document::Findings;
use causeway_model::inbound::{Field, Inbound};
use causeway_model::{Code, ElementRef, ValueType, Violation};

use super::rule::Rule;
use crate::source::{Hint, Scan, ScanColumn};

/// What the records of an exchange must be.
#[derive(Debug)]
pub struct Checks {
    pub(super) record: Fields,
    pub(super) nested: Vec<Nested>,
    pub(super) rules: Vec<Rule>,
    /// Place of the external id among the record's fields.
    pub(super) external_id: usize,
    pub(super) most_records: u64,
    pub(super) refuse_above_percent: u8,
}

/// The fields of one kind of record that hold values.
#[derive(Debug)]
pub(super) struct Fields {
    pub(super) names: Vec<String>,
    pub(super) places: HashMap<Vec<u8>, usize>,
    pub(super) scan: Scan,
    /// For each field whose codes are the partner's: theirs, and ours.
    pub(super) translated: Vec<Option<BTreeMap<String, String>>>,
}

/// A list of nested records.
#[derive(Debug)]
pub(super) struct Nested {
    pub(super) name: String,
    pub(super) required: bool,
    pub(super) at_most: usize,
    pub(super) fields: Fields,
}

impl Checks {
    /// Makes them ready.
    ///
    /// # Errors
    /// The exchange does not fit the catalogue, or a rule cannot be compiled: both were findings at import.
    pub fn compile(inbound: &Inbound, catalogue: &Catalogue) -> Result<Self, Vec<Violation>> {
        let findings = inbound.check(catalogue);
        let refused = |code: &str, subject: &str, detail: &str| {
            let code = Code::ALL.iter().copied().find(|known| known.as_str() == code).unwrap_or(Code::PlanNotProvable);
            Violation::new(code, subject, detail)
        };
        let errors = findings.iter().filter(|one| one.severity == causeway_model::document::Severity::Error);
        let mut wrong: Vec<Violation> = errors.map(|one| refused(&one.code, &one.pointer, &one.message)).collect();
        let mut rules = Vec::new();
        for rule in &inbound.rules {
            match Rule::compile(rule) {
                Ok(rule) => rules.push(rule),
                Err(why) => wrong.push(Violation::new(Code::RuleFailed, &rule.name, why)),
            }
        }
        let record = Fields::of("record", &inbound.record, catalogue);
        let Some(external_id) = record.places.get(inbound.external_id.as_bytes()).copied() else {
            wrong.push(Violation::new(Code::UnknownName, &inbound.external_id, "it is no field of the record"));
            return Err(wrong);
        };
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let nested = inbound.record.iter().filter(|field| field.is_nested()).map(|field| Nested {
            name: field.name.clone(),
            required: field.required,
            at_most: usize::from(field.at_most),
            fields: Fields::of(&field.name, &field.fields, catalogue),
        });
        Ok(Self {
            nested: nested.collect(),
            record,
            rules,
            external_id,
            most_records: u64::from(inbound.limits.records),
            refuse_above_percent: inbound.refuse_above_percent,
        })
    }

    /// The names of the record's fields that hold values, in their order.
    pub fn fields(&self) -> &[String] {
        &self.record.names
    }

    /// The names of the lists of nested records, each with its fields, in their order.
    pub fn lists(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.nested.iter().map(|list| (list.name.as_str(), list.fields.names.as_slice()))
    }
}

impl Fields {
    fn of(entity: &str, fields: &[Field], catalogue: &Catalogue) -> Self {
        let values = || fields.iter().filter(|field| !field.is_nested());
        let translated: Vec<Option<BTreeMap<String, String>>> =
            values().map(|field| translation(field, catalogue)).collect();
        let column = |(field, translated): (&Field, &Option<BTreeMap<String, String>>)| {
            let own = field.code_list().and_then(|list| catalogue.code_list(list));
            let codes: Option<BTreeSet<String>> = match translated {
                Some(translated) => Some(translated.keys().cloned().collect()),
                None => own.map(|list| list.codes.iter().map(|entry| entry.code.clone()).collect()),
            };
            ScanColumn {
                name: field.name.clone(),
                element: ElementRef::new(entity, &field.name),
                column: field.name.clone(),
                value_type: field.value_type.clone().unwrap_or(ValueType::Text),
                codes: codes.map(Arc::new),
                max_length: field.max_length,
                optional: !field.required,
                format: field.format.clone(),
            }
        };
        let columns = values().zip(&translated).map(column).collect();
        let names: Vec<String> = values().map(|field| field.name.clone()).collect();
        let places = names.iter().enumerate().map(|(place, name)| (name.clone().into_bytes(), place)).collect();
        let source = "what came in".to_owned();
        let scan = Scan { source, entity: entity.to_owned(), table: None, columns, hint: Hint::default() };
        Self { names, places, scan, translated }
    }
}

/// The partner's codes with ours, where a vocabulary is named. Only a code that means one thing is in it.
fn translation(field: &Field, catalogue: &Catalogue) -> Option<BTreeMap<String, String>> {
    let vocabulary = field.vocabulary.as_ref()?;
    let list = catalogue.code_list(field.code_list()?)?;
    let mut found: BTreeMap<String, Option<String>> = BTreeMap::new();
    for (ours, theirs) in list.equivalents(vocabulary) {
        found.entry(theirs.to_owned()).and_modify(|one| *one = None).or_insert_with(|| Some(ours.to_owned()));
    }
    Some(found.into_iter().filter_map(|(theirs, ours)| Some((theirs, ours?))).collect())
}

/// What is wrong with the rules of an exchange: what [`Inbound::check`] cannot ask without compiling them.
pub fn check_rules(inbound: &Inbound) -> Findings {
    let mut findings = Findings::default();
    for (at, rule) in inbound.rules.iter().enumerate() {
        if let Err(why) = Rule::compile(rule) {
            findings.error(
                Code::RuleFailed.as_str(),
                format!("/rules/{at}/holds"),
                format!("rule `{}`: {why}", rule.name),
                "write an expression of CEL over what `reads` names, which comes to true or false",
            );
        }
    }
    findings
}
