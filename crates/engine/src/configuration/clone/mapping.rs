//! What is each identifier called in the other operation? A file that a person fills in.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use causeway_model::document::{Document, Findings, flow};
use serde_json::Value;

use super::{Documents, Identifier, Site, walk};

/// What stands for "called the same there".
const SAME: &str = "=";

/// Every identifier of the documents, by kind and name, with the first place where it stands.
pub(crate) fn identifiers(documents: &Documents) -> BTreeMap<(Identifier, String), Site> {
    let mut found = BTreeMap::new();
    let mut copy = documents.clone();
    walk(&mut copy, &mut |kind, whole, name, site| {
        found.entry((kind, whole.to_owned())).or_insert_with(|| site.clone());
        name.to_owned()
    });
    found
}

/// The mapping file to be filled in: `known` are filled in already.
pub(crate) fn template(documents: &Documents, known: &BTreeMap<(Identifier, String), String>) -> String {
    let found = identifiers(documents);
    let mut text = String::from(
        "# What is each identifier called in the other operation? Write its name there instead of ~; `=` means: the same.\n\
         # An identifier with a prefix (SOURCE.TABLE, ENTITY.ELEMENT, LIST.CODE, WHERE=TEXT) takes the last part alone.\n",
    );
    for kind in Identifier::ALL {
        let mut names = found.keys().filter(|(one, _)| one == kind).peekable();
        if names.peek().is_none() {
            continue;
        }
        let _ = writeln!(text, "\n# {}\n{}:", kind.explain(), kind.word());
        for key in names {
            let there = known.get(key).map_or(Value::Null, |name| Value::String(name.clone()));
            let _ = writeln!(text, "  {}: {}", flow(&Value::String(key.1.clone())), flow(&there));
        }
    }
    text
}

/// A mapping that says what every identifier is called.
pub(crate) struct Mapping(BTreeMap<(Identifier, String), String>);

impl Mapping {
    /// Reads a mapping for `documents`, whose texts are `files`. Findings name what is not mapped, and what is unknown.
    pub(crate) fn read(
        document: &Document,
        documents: &Documents,
        files: &[(&'static str, Document)],
    ) -> (Self, Findings) {
        let (mut mapped, mut findings) = (BTreeMap::new(), Findings::default());
        let found = identifiers(documents);
        let sections = document.value().as_object().cloned().unwrap_or_default();
        for (word, section) in &sections {
            let kind = Identifier::ALL.iter().copied().find(|kind| kind.word() == word);
            let names = section.as_object().cloned().unwrap_or_default();
            let Some(kind) = kind else {
                let message = format!("there is no kind of identifier `{word}`");
                findings.error("unknown-identifier", format!("/{word}"), message, "remove it");
                continue;
            };
            for (name, there) in names {
                let pointer = format!("/{word}/{name}");
                let key = (kind, name);
                if !found.contains_key(&key) {
                    let message = format!("{word} `{}` stands in none of the documents", key.1);
                    findings.error("unknown-identifier", pointer, message, "remove it");
                } else if let Some(there) = written(&there) {
                    mapped.insert(key, there);
                }
            }
        }
        for ((kind, name), site) in &found {
            if !mapped.contains_key(&(*kind, name.clone())) {
                let (word, at) = (kind.word(), site.shown(files));
                let message = format!("{word} `{name}` is not mapped; it stands in {at}");
                let help = "write what it is called there, or `=` where it is called the same";
                findings.error("unmapped", format!("/{word}/{name}"), message, help);
            }
        }
        twice(&mapped, &mut findings);
        (Self(mapped), findings)
    }

    /// Puts every name that is called so elsewhere in its place.
    pub(crate) fn apply(&self, documents: &mut Documents) {
        walk(documents, &mut |kind, whole, name, _| match self.0.get(&(kind, whole.to_owned())) {
            Some(there) if there != SAME => there.clone(),
            _ => name.to_owned(),
        });
    }
}

/// A scalar as a name; none where it is left open.
fn written(there: &Value) -> Option<String> {
    match there {
        Value::String(text) if !text.trim().is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// Two that are called alike within one scope would become one.
fn twice(mapped: &BTreeMap<(Identifier, String), String>, findings: &mut Findings) {
    let mut taken = BTreeSet::new();
    for ((kind, whole), there) in mapped {
        let (scope, name) = match kind {
            Identifier::Source | Identifier::Entity | Identifier::CodeList | Identifier::Place => ("", whole.as_str()),
            Identifier::Table | Identifier::Column | Identifier::Element | Identifier::Step | Identifier::Code => {
                whole.rsplit_once('.').unwrap_or(("", whole))
            }
            _ => continue,
        };
        let there = if there == SAME { name } else { there };
        if !taken.insert((*kind, scope.to_owned(), there.to_owned())) {
            let message = format!("{} `{there}` is there for two identifiers", kind.word());
            findings.error("mapped-twice", format!("/{}/{whole}", kind.word()), message, "give each a name of its own");
        }
    }
}
