//! What is wrong with documents that are to come into use: each in itself, with the others, and with what is there?

use std::collections::BTreeMap;

use causeway_flow::accept::check_rules;
use causeway_model::arrangement::Arrangement;
use causeway_model::catalogue::{Catalogue, CodeList};
use causeway_model::document::{Document, DocumentError, Findings};
use causeway_model::exchange::Exchange;
use causeway_model::hierarchy::level_name;
use causeway_model::inbound::Inbound;
use causeway_store::change::StagedDocument;

use super::Kind;
use super::Thresholds;
use super::clone::unknown_names;
use super::standing::Standing;
use crate::documents::{AnyExchange, lines};
use crate::error::EngineError;
use crate::ping::Ids;

/// A document with its positions, before anybody knows whether it can be read.
pub(crate) struct Part {
    pub(crate) kind: Kind,
    /// The name that its place gives it; none where the place gives none.
    pub(crate) name: String,
    pub(crate) document: Document,
    pub(crate) text: String,
}

impl Part {
    pub(crate) fn new(kind: Kind, name: String, document: Document, text: String) -> Self {
        Self { kind, name, document, text }
    }

    /// A document that was laid by.
    pub(crate) fn staged(document: &StagedDocument) -> Result<Self, EngineError> {
        let kind = Kind::of_staged(document.kind);
        let parsed = Document::parse(&kind.file(&document.name), &document.text)?;
        Ok(Self::new(kind, document.name.clone(), parsed, document.text.clone()))
    }
}

/// Findings with their places, as they are shown.
#[derive(Default)]
pub(crate) struct Report {
    lines: Vec<String>,
    errors: usize,
}

impl Report {
    pub(crate) fn add(&mut self, document: &Document, findings: &Findings) {
        self.errors += findings.iter().filter(|one| one.severity == causeway_model::document::Severity::Error).count();
        self.lines.extend(lines(document, findings));
    }

    /// An error that belongs to no place in a document.
    pub(crate) fn line(&mut self, line: String) {
        self.errors += 1;
        self.lines.push(line);
    }

    /// A document that cannot be read.
    pub(crate) fn broken(&mut self, error: &DocumentError) {
        self.line(format!(
            "{}:{}:{}: error [unreadable] {}\n    write it as its schema says: `causeway schema`",
            error.name, error.position.line, error.position.column, error.message
        ));
    }

    /// Refuses if there is an error.
    pub(crate) fn refuse_errors(self, name: &str) -> Result<(), EngineError> {
        if self.errors == 0 {
            return Ok(());
        }
        Err(EngineError::Findings { name: name.to_owned(), errors: self.errors, lines: self.lines })
    }
}

/// What was read of the documents.
#[derive(Default)]
pub(crate) struct Checked {
    pub(crate) catalogue: Option<Catalogue>,
    pub(crate) arrangements: BTreeMap<String, Arrangement>,
    /// Names and versions of the exchanges, whichever way they go.
    pub(crate) exchanges: BTreeMap<String, u32>,
    pub(crate) thresholds: Option<Thresholds>,
}

/// Reads and checks `parts` together, before the background of what is in use.
pub(crate) fn check(parts: &[Part], standing: &Standing, operation: &str, report: &mut Report) -> Checked {
    let mut checked = Checked { catalogue: catalogue(parts, report), ..Checked::default() };
    let of_kind = |kind| parts.iter().filter(move |part| part.kind == kind);
    let in_use = checked.catalogue.clone().or_else(|| standing.catalogue.clone());
    for part in of_kind(Kind::Arrangement) {
        let Some(arrangement) = read::<Arrangement>(part, report) else { continue };
        let mut findings = in_use.as_ref().map(|catalogue| arrangement.check(catalogue)).unwrap_or_default();
        named(part, &arrangement.arrangement, "/arrangement", &mut findings);
        if arrangement.operation != operation {
            let message = format!("it is for operation `{}`, and this is `{operation}`", arrangement.operation);
            findings.error("other-operation", "/operation", message, "import it where it belongs");
        }
        if !standing.partners.contains_key(&arrangement.partner) {
            let message = format!("partner `{}` is not registered here", arrangement.partner);
            findings.error("unknown-partner", "/partner", message, "add it with `causeway partner add`");
        }
        report.add(&part.document, &findings);
        checked.arrangements.insert(arrangement.arrangement.clone(), arrangement);
    }
    let mut known: Vec<Ids> = standing.exchanges.values().filter_map(Ids::of).collect();
    for part in of_kind(Kind::Exchange) {
        let signed = |name: &str| {
            let there = standing.arrangements.get(name).map(|read| &read.value);
            checked.arrangements.get(name).or(there)
        };
        let (mut findings, ids, name, version, arrangement) = match Inbound::is_inbound(&part.document) {
            true => {
                let Some(inbound) = read::<Inbound>(part, report) else { continue };
                let mut findings = accepted_against(&inbound, in_use.as_ref());
                if let Some(terms) = signed(&inbound.arrangement) {
                    findings.extend(inbound.check_terms(terms));
                }
                (findings, Ids::accepted(&inbound), inbound.exchange, inbound.version, inbound.arrangement)
            }
            false => {
                let Some(exchange) = read::<Exchange>(part, report) else { continue };
                let mut findings = checked_against(&exchange, in_use.as_ref());
                if let Some(terms) = signed(&exchange.arrangement) {
                    findings.extend(too_frequent(&exchange, terms, standing.now));
                }
                (findings, Ids::provided(&exchange), exchange.exchange, exchange.version, exchange.arrangement)
            }
        };
        named(part, &name, "/exchange", &mut findings);
        known.retain(|one| one.exchange != name);
        if let Some(ids) = ids {
            ids.clash(&known, &mut findings);
            known.push(ids);
        }
        let before = standing.exchanges.get(&name).map(AnyExchange::accepts);
        if before.is_some_and(|accepts| accepts != Inbound::is_inbound(&part.document)) {
            turned(&mut findings);
        }
        if signed(&arrangement).is_none() {
            let message = format!("there is no arrangement `{arrangement}`");
            findings.error(
                "unknown-arrangement",
                "/arrangement",
                message,
                "put its file beside it, or import it first",
            );
        }
        report.add(&part.document, &findings);
        checked.exchanges.insert(name, version);
    }
    // A catalogue that comes in must not break what is in use and stays.
    if let Some(catalogue) = &checked.catalogue {
        for (name, read) in standing.exchanges.iter().filter(|(name, _)| !checked.exchanges.contains_key(*name)) {
            let findings = match read {
                AnyExchange::Provides(read) => checked_against(&read.value, Some(catalogue)),
                AnyExchange::Accepts(read) => accepted_against(&read.value, Some(catalogue)),
            };
            if findings.has_errors() {
                report.line(format!(
                    "catalogue: error [breaks-exchange] exchange `{name}`, which is in use, no longer fits\n    bring its next version in with it"
                ));
                report.add(read.document(), &findings);
            }
        }
    }
    for part in of_kind(Kind::Thresholds) {
        let Some(thresholds) = read::<Thresholds>(part, report) else { continue };
        report.add(&part.document, &thresholds.check());
        checked.thresholds = Some(thresholds);
    }
    checked
}

fn read<T: serde::de::DeserializeOwned>(part: &Part, report: &mut Report) -> Option<T> {
    part.document.read().map_err(|error| report.broken(&error)).ok()
}

/// A file is called what it holds.
fn named(part: &Part, name: &str, pointer: &str, findings: &mut Findings) {
    if !part.name.is_empty() && part.name != name {
        let message = format!("it is called `{name}`, and its file `{}`", part.name);
        findings.error("other-name", pointer, message, "call both the same: another name is another object");
    }
}

/// Whether its schedule starts more often than its arrangement agrees. What a level above agrees is asked at each run.
fn too_frequent(exchange: &Exchange, terms: &Arrangement, now: jiff::Timestamp) -> Findings {
    let timetable = exchange.schedule.as_ref().and_then(|schedule| schedule.timetable().ok());
    let agreed = [(level_name(terms), terms.frequency)];
    timetable.map(|timetable| timetable.too_frequent(&agreed, now)).unwrap_or_default()
}

fn checked_against(exchange: &Exchange, catalogue: Option<&Catalogue>) -> Findings {
    catalogue.map_or_else(no_catalogue, |catalogue| {
        let mut findings = exchange.check(catalogue);
        findings.extend(unknown_names(exchange, catalogue));
        findings
    })
}

fn accepted_against(inbound: &Inbound, catalogue: Option<&Catalogue>) -> Findings {
    catalogue.map_or_else(no_catalogue, |catalogue| {
        let mut findings = inbound.check(catalogue);
        findings.extend(check_rules(inbound));
        findings
    })
}

fn no_catalogue() -> Findings {
    let mut findings = Findings::default();
    findings.error("unknown-catalogue", "", "there is no catalogue to check it against", "bring one in with it");
    findings
}

/// Numbers, schedules and what was applied belong to a name: what went out by it does not come in by it.
pub(crate) fn turned(findings: &mut Findings) {
    let help = "give it a name of its own";
    findings.error("other-direction", "/direction", "the version in use goes the other way", help);
}

/// The catalogue together with the code lists that have files of their own.
fn catalogue(parts: &[Part], report: &mut Report) -> Option<Catalogue> {
    let part = parts.iter().find(|part| part.kind == Kind::Catalogue);
    let lists: Vec<&Part> = parts.iter().filter(|part| part.kind == Kind::CodeList).collect();
    let Some(part) = part else {
        for list in lists {
            let mut findings = Findings::default();
            findings.error("unknown-catalogue", "", "no `catalogue.yaml` goes with it", "put it beside the folder");
            report.add(&list.document, &findings);
        }
        return None;
    };
    let mut catalogue: Catalogue = read(part, report)?;
    let own = catalogue.code_lists.len();
    let mut read_lists = Vec::new();
    for list in lists {
        let Some(found) = read::<CodeList>(list, report) else { continue };
        let mut findings = Findings::default();
        named(list, &found.name, "/name", &mut findings);
        if found.file.is_some() {
            findings.error("file", "/file", "a code list here holds its codes itself", "write them as `codes`");
        }
        report.add(&list.document, &findings);
        catalogue.code_lists.push(found);
        read_lists.push(list);
    }
    let (mut here, mut elsewhere) = (Findings::default(), BTreeMap::<usize, Findings>::new());
    for finding in catalogue.check().iter() {
        let rest = finding.pointer.strip_prefix("/code_lists/");
        let place = rest.and_then(|rest| rest.split('/').next()?.parse::<usize>().ok());
        let list = place.and_then(|place| place.checked_sub(own)).filter(|place| *place < read_lists.len());
        let mut moved = finding.clone();
        let into = match (list, rest) {
            (Some(list), Some(rest)) => {
                moved.pointer = rest.find('/').and_then(|cut| rest.get(cut..)).unwrap_or_default().to_owned();
                elsewhere.entry(list).or_default()
            }
            _ => &mut here,
        };
        into.push(moved);
    }
    report.add(&part.document, &here);
    for (list, findings) in elsewhere {
        if let Some(list) = read_lists.get(list) {
            report.add(&list.document, &findings);
        }
    }
    Some(catalogue)
}
