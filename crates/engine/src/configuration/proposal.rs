//! What would a directory change: added, changed member by member with lines, removed; nothing else?

use std::path::Path;

use causeway_model::document::{Became, Document, Findings, differences};
use causeway_model::environment::Environment;
use causeway_store::change::{DocumentKind, StagedDocument, StagedKind};
use serde_json::Value;

use super::check::{Checked, Part, Report, check};
use super::directory::Own;
use super::standing::{Object, Standing, catalogue_values};
use super::{Kind, directory, installation, standing};
use crate::command::foreign_sources;
use crate::error::EngineError;
use crate::house::House;

/// A value in a difference is cut to so many characters.
const SHOWN: usize = 90;

/// What a directory would change, and what stands against it.
pub struct Proposal {
    /// Every difference on a line, in the order of kinds and names.
    pub lines: Vec<String>,
    /// What would be laid by.
    pub documents: Vec<StagedDocument>,
    report: Report,
}

impl Proposal {
    /// Refused, with places, if any file may not come in.
    pub fn sound(self, name: &str) -> Result<Self, EngineError> {
        self.report.refuse_errors(name)?;
        Ok(Self { report: Report::default(), ..self })
    }
}

/// An object as the directory has it: the document with its positions, and the value that is compared.
struct Wanted<'p> {
    kind: Kind,
    name: String,
    version: Option<u32>,
    value: Value,
    document: &'p Document,
    text: String,
}

/// What is brought in, and how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bringing {
    /// What the directory does not hold stays as it is.
    pub partial: bool,
    /// It comes on purpose from an installation of that environment.
    pub promoted_from: Option<Environment>,
}

/// Compares a directory with what is in use.
pub async fn propose(house: &House, dir: &Path, bringing: Bringing) -> Result<Proposal, EngineError> {
    let Bringing { partial, promoted_from } = bringing;
    let partial = partial || promoted_from.is_some();
    let operation = &house.home.config().operation;
    let mut report = Report::default();
    let installation = installation(house);
    let own = Own { operation, installation: &installation, environment: house.environment(), promoted_from };
    let parts = directory::read(dir, &own, &mut report)?;
    let standing = standing(house).await?;
    let checked = check(&parts, &standing, operation, &mut report);
    for foreign in checked.catalogue.iter().flat_map(|catalogue| foreign_sources(house, catalogue)) {
        let (code, subject, detail, help) = (foreign.code, &foreign.subject, &foreign.detail, foreign.code.help());
        report.line(format!("catalogue.yaml:1:1: error [{code}] source `{subject}`: {detail}\n    {help}"));
    }
    let wanted = wanted(&parts, &checked)?;
    let there = standing.objects()?;
    let mut proposal = Proposal { lines: Vec::new(), documents: Vec::new(), report };
    let lists_differ = code_lists_differ(&wanted, &there);
    for one in &wanted {
        let old = find(&there, one);
        let differs = proposal.compare(one, old);
        let differs = differs || (one.kind == Kind::Catalogue && lists_differ);
        let Some(kind) = one.kind.staged() else { continue };
        let next = next_version(house, &standing, kind, one).await?;
        proposal.judge_version(one, old, differs, next);
        if differs {
            proposal.documents.push(StagedDocument {
                kind,
                name: one.name.clone(),
                version: one.version.unwrap_or(1),
                text: one.text.clone(),
            });
        }
    }
    for old in there.iter().filter(|old| !wanted.iter().any(|one| same_object(old, one))) {
        proposal.missing(old, wanted.iter().any(|one| one.kind == Kind::Catalogue), partial);
    }
    Ok(proposal)
}

/// Of these two kinds there is one object, whatever its name.
fn same_object(old: &Object, new: &Wanted<'_>) -> bool {
    old.kind == new.kind && (matches!(old.kind, Kind::Catalogue | Kind::Thresholds) || old.name == new.name)
}

fn find<'o>(there: &'o [Object], wanted: &Wanted<'_>) -> Option<&'o Object> {
    there.iter().find(|old| same_object(old, wanted))
}

fn code_lists_differ(wanted: &[Wanted<'_>], there: &[Object]) -> bool {
    let new: Vec<&Value> = wanted.iter().filter(|one| one.kind == Kind::CodeList).map(|one| &one.value).collect();
    let old: Vec<&Value> = there.iter().filter(|one| one.kind == Kind::CodeList).map(|one| &one.value).collect();
    new.len() != old.len() || new.iter().any(|value| !old.contains(value))
}

/// What the directory holds, in the order of kinds and names.
fn wanted<'p>(parts: &'p [Part], checked: &Checked) -> Result<Vec<Wanted<'p>>, EngineError> {
    let mut found = Vec::new();
    let part_of = |kind: Kind, name: &str| parts.iter().find(|part| part.kind == kind && part.name == name);
    if let (Some(catalogue), Some(part)) = (&checked.catalogue, part_of(Kind::Catalogue, "")) {
        let (value, lists) = catalogue_values(catalogue)?;
        let text = serde_json::to_string(catalogue).map_err(|error| EngineError::Wrong(error.to_string()))?;
        let (name, version) = (catalogue.catalogue.clone(), Some(catalogue.version));
        found.push(Wanted { kind: Kind::Catalogue, name, version, value, document: &part.document, text });
        for (name, value) in lists {
            // Positions are those of its own file, or of the catalogue's where it stands there.
            let document = &part_of(Kind::CodeList, &name).unwrap_or(part).document;
            let text = String::new();
            found.push(Wanted { kind: Kind::CodeList, name, version: None, value, document, text });
        }
    }
    for part in parts {
        let named = |name: &String, version| (name.clone(), Some(version));
        let (name, version) = match part.kind {
            Kind::Catalogue | Kind::CodeList => continue,
            Kind::Officer | Kind::Partner => (part.name.clone(), None),
            Kind::Thresholds => match &checked.thresholds {
                Some(one) => named(&one.thresholds, one.version),
                None => continue,
            },
            Kind::Arrangement => match checked.arrangements.get(&part.name) {
                Some(one) => named(&one.arrangement, one.version),
                None => continue,
            },
            Kind::Exchange => match checked.exchanges.get(&part.name) {
                Some(version) => named(&part.name, *version),
                None => continue,
            },
        };
        let value = match (part.kind, &checked.thresholds) {
            (Kind::Thresholds, Some(one)) => serde_json::to_value(one).unwrap_or_default(),
            _ => part.document.value().clone(),
        };
        found.push(Wanted { kind: part.kind, name, version, value, document: &part.document, text: part.text.clone() });
    }
    found.sort_by(|a, b| (a.kind, &a.name).cmp(&(b.kind, &b.name)));
    Ok(found)
}

/// The version that a change of it must have.
async fn next_version(
    house: &House,
    standing: &Standing,
    kind: StagedKind,
    wanted: &Wanted<'_>,
) -> Result<u32, EngineError> {
    let Some(kind): Option<DocumentKind> = kind.document() else { return Ok(standing.thresholds.version + 1) };
    let newest = house.store.latest_document(kind, &wanted.name).await?;
    Ok(newest.map_or(1, |newest| newest.listing.version.saturating_add(1)))
}

impl Proposal {
    /// Tells of every difference; whether there is any.
    fn compare(&mut self, one: &Wanted<'_>, old: Option<&Object>) -> bool {
        let file = one.kind.file(&one.name);
        let Some(old) = old else {
            let version = one.version.map(|version| format!(", version {version}")).unwrap_or_default();
            self.lines.push(format!("added    {file}{version}"));
            self.not_imported(one, "");
            return true;
        };
        let mut differ = false;
        for found in differences(&old.value, &one.value).iter().filter(|found| found.member != "version") {
            differ = true;
            let at = one.document.locate(&found.pointer);
            let what = match &found.became {
                Became::Added(new) => format!("+ {}", cut(new)),
                Became::Removed(old) => format!("- {}", cut(old)),
                Became::Changed(old, new) => format!("{} -> {}", cut(old), cut(new)),
                Became::Reordered => "in another order".to_owned(),
            };
            self.lines.push(format!("changed  {}:{}:{}  {}: {what}", file, at.line, at.column, found.member));
            self.not_imported(one, &found.pointer);
        }
        differ
    }

    /// People and partners do not come in by a set: who they are is confirmed and proven, not written.
    fn not_imported(&mut self, one: &Wanted<'_>, pointer: &str) {
        let mut findings = Findings::default();
        match one.kind {
            Kind::Partner => {
                let message = "a partner is not imported: its keys and attestations are proven, not written";
                let help = "use `causeway partner` (a new one: `partner add --document`), and take this change out";
                findings.error("partner-not-imported", pointer, message, help);
            }
            Kind::Officer => {
                let message = "a person is not imported: the key's fingerprint is told by another way, not written";
                let help = "use `causeway officer` (a new one: `officer add --document`), and take this change out";
                findings.error("officer-not-imported", pointer, message, help);
            }
            _ => return,
        }
        self.report.add(one.document, &findings);
    }

    fn judge_version(&mut self, one: &Wanted<'_>, old: Option<&Object>, differs: bool, next: u32) {
        let version = one.version.unwrap_or_default();
        let mut findings = Findings::default();
        let unchanged = old.is_some_and(|old| old.version == one.version && old.name == one.name);
        if differs && version != next {
            let message = format!("version {version} is not the next one, which is {next}");
            findings.error("version-not-next", "/version", message, "export again, and make the change there");
        } else if !differs && !unchanged {
            let message = "nothing but the version was changed".to_owned();
            findings.error("version-without-change", "/version", message, "leave the version as it was");
        }
        self.report.add(one.document, &findings);
    }

    /// Something that is in use and that the directory does not hold.
    fn missing(&mut self, old: &Object, catalogue_there: bool, partial: bool) {
        let own = old.version == Some(0);
        let list = old.kind == Kind::CodeList;
        if own || (partial && !(list && catalogue_there)) {
            return;
        }
        let file = old.kind.file(&old.name);
        self.lines.push(format!("removed  {file}"));
        if !list {
            self.report.line(format!(
                "{file}:1:1: error [never-removed] it is in use, and nothing that was in use is ever removed\n    put the file back, or say `--partial`: what is not there then stays as it is"
            ));
        }
    }
}

fn cut(text: &str) -> String {
    if text.chars().count() <= SHOWN { text.to_owned() } else { text.chars().take(SHOWN).chain(['…']).collect() }
}
