//! How is an exchange answered online: how many records at a time, in which shape, narrowed by what, and who may be asked for
//! alone?
//!
//! Source of the rules: `docs/decisions/0022-the-partner-api.md`, 9 to 13, and `0023-pings-own-api.md`, 6 and 7.

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Audience, Exchange, FormatKind};
use crate::catalogue::{Catalogue, Entity};
use crate::document::Findings;
use crate::{Code, ValueType};

/// Values that one parameter may name at most.
const VALUES: u32 = 10_000;

/// Records that one answer may have at most, and one page of it: a page passes through memory whole.
const CAP: u64 = 100_000;
const PAGE: u32 = 5_000;

/// Answers over the partner API.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Online {
    /// Records of one answer, all its pages together: one more refuses.
    pub cap: u64,
    /// Records of one page.
    #[serde(default = "Online::thousand")]
    pub page: u32,
    /// How an answer is protected beside the connection.
    #[serde(default)]
    pub answer: Answering,
    /// How records are laid.
    #[serde(default)]
    pub shape: Shape,
    /// What whoever asks may narrow by. Anything else refuses: a condition that is passed over would send everybody.
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    /// How one person is asked for; nobody is unless said.
    #[serde(default)]
    pub look_up: Option<LookUp>,
}

/// How an answer is protected beside the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Answering {
    /// As JWE to the key that the client registered for it.
    #[default]
    Sealed,
    /// As JSON: the connection alone protects it.
    Plain,
}

/// How records are laid in an answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Shape {
    /// One JSON object a record, lists and records within it.
    #[default]
    Records,
    /// Rows without lists: the n-th item of every list on the record's n-th row, at least one row a record.
    Flat(BTreeMap<String, String>),
}

/// One thing that whoever asks may narrow by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Element of the root that must have one of the values.
    pub element: String,
    /// How many values may be given at once.
    pub at_most: u32,
}

/// How one person is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LookUp {
    /// Sets of elements of the person: whoever asks gives all of one set.
    pub by: Vec<Asked>,
    /// What is told of a person who is found.
    pub answer: Told,
    /// Questions of one client in an hour.
    pub hourly: u32,
    /// Questions of one client in a day.
    pub daily: u32,
    /// Different questions that agree in all but one element (or, of a set of one, in all but its last two characters)
    /// within 24 hours, before whoever asks is taken to be guessing.
    #[serde(default)]
    pub similar_most: Option<u32>,
}

/// Elements that are asked by together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// The element by which records are found in the source; the others are compared with what is found.
    pub find_by: String,
    /// The others.
    #[serde(default)]
    pub and: Vec<String>,
}

impl Asked {
    /// Every element of the set, the one that finds first.
    pub fn elements(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.find_by.as_str()).chain(self.and.iter().map(String::as_str))
    }
}

/// What is told of a person who is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Told {
    /// That there is a match.
    Match,
    /// The outputs of the exchange.
    Elements,
}

impl LookUp {
    /// How many questions of one set may differ in one element only.
    pub fn similar_most(&self, asked: &Asked) -> u32 {
        self.similar_most.unwrap_or(if asked.and.is_empty() { 20 } else { 5 })
    }
}

impl Online {
    fn thousand() -> u32 {
        1_000
    }

    /// Elements of the root that take part in choosing its records, so that the arrangement must agree to them.
    pub fn choosing(&self) -> BTreeSet<&str> {
        let parameters = self.parameters.iter().map(|parameter| parameter.element.as_str());
        let asked = self.look_up.iter().flat_map(|look_up| &look_up.by).flat_map(Asked::elements);
        parameters.chain(asked).collect()
    }

    pub(super) fn check(&self, exchange: &Exchange, catalogue: &Catalogue, findings: &mut Findings) {
        let at = "/deliver/online";
        let pages = 1..=PAGE;
        if self.cap == 0 || self.cap > CAP || !pages.contains(&self.page) || u64::from(self.page) > self.cap {
            findings.error(
                "online-cap",
                format!("{at}/cap"),
                format!("an answer has 1 to {CAP} records, a page 1 to {PAGE} and no more than an answer"),
                "write `cap` and `page`; what is more goes as a package",
            );
        }
        if exchange.format.kind != FormatKind::JsonLines || exchange.format.audience != Audience::Machine {
            findings.error(
                "online-format",
                "/format",
                "answers are JSON for programs",
                "write `format: { kind: json-lines, audience: machine }`",
            );
        }
        for (given, name) in [
            (exchange.schedule.is_some(), "schedule"),
            (exchange.delta.is_some(), "delta"),
            (exchange.needs_approval, "needs_approval"),
        ] {
            if given {
                findings.error(
                    "online-asked",
                    format!("/{name}"),
                    "an answer is given to whoever asks, when asked",
                    "leave it out, or deliver packages",
                );
            }
        }
        let Some(root) = catalogue.entity(&exchange.root) else { return };
        self.check_parameters(root, at, findings);
        self.check_shape(exchange, at, findings);
        if let Some(look_up) = &self.look_up {
            look_up.check(root, at, findings);
        }
    }

    fn check_parameters(&self, root: &Entity, at: &str, findings: &mut Findings) {
        let mut names = BTreeSet::new();
        for (i, parameter) in self.parameters.iter().enumerate() {
            let at = format!("{at}/parameters/{i}");
            if parameter.name.trim().is_empty() || !names.insert(&parameter.name) {
                findings.error(
                    "duplicate-name",
                    format!("{at}/name"),
                    "a parameter has a name of its own",
                    "name each once",
                );
            }
            if parameter.at_most == 0 || parameter.at_most > VALUES {
                findings.error(
                    "parameter-values",
                    format!("{at}/at_most"),
                    format!("a parameter takes 1 to {VALUES} values"),
                    "write how many may be given at once",
                );
            }
            comparable(root, &parameter.element, &format!("{at}/element"), findings);
            by_key(root, &parameter.element, &format!("{at}/element"), findings);
        }
    }

    fn check_shape(&self, exchange: &Exchange, at: &str, findings: &mut Findings) {
        let Shape::Flat(names) = &self.shape else { return };
        let mut outputs = BTreeSet::new();
        for field in &exchange.fields {
            if field.each.is_none() {
                outputs.insert(field.name.clone());
            }
            outputs.extend(field.fields.iter().map(|member| format!("{}.{}", field.name, member.name)));
            for (i, member) in field.fields.iter().enumerate().filter(|(_, member)| member.each.is_some()) {
                findings.error(
                    "flat-depth",
                    format!("/fields/{}/fields/{i}", member.name),
                    "a list within a list has no place on a row",
                    "reduce it to one value, or use the shape `records`",
                );
            }
        }
        for name in names.keys().filter(|name| !outputs.contains(*name)) {
            findings.error(
                Code::UnknownName.as_str(),
                format!("{at}/shape/flat/{name}"),
                format!("`{name}` is no output"),
                "write OUTPUT, or LIST.MEMBER",
            );
        }
        for name in outputs.iter().filter(|name| !names.contains_key(*name)) {
            findings.error(
                "flat-unnamed",
                format!("{at}/shape/flat"),
                format!("nothing says how `{name}` is called on a row"),
                "name every output; what should not be told is no output",
            );
        }
        let mut given = BTreeSet::new();
        for (name, called) in names {
            if !given.insert(called) {
                findings.error(
                    "duplicate-name",
                    format!("{at}/shape/flat/{name}"),
                    format!("two outputs are called `{called}`"),
                    "call each otherwise",
                );
            }
        }
    }
}

impl LookUp {
    fn check(&self, root: &Entity, at: &str, findings: &mut Findings) {
        let at = format!("{at}/look_up");
        if root.subject.is_none() || root.key.len() != 1 {
            findings.error(
                "look-up-root",
                "/root",
                "one person is asked for, and the root is no entity of people with one key element",
                "choose the people as root",
            );
        }
        if self.by.is_empty() || self.hourly == 0 || self.daily < self.hourly || self.similar_most == Some(0) {
            findings.error(
                "look-up-limits",
                at.clone(),
                "it needs a set of elements, and limits of at least one an hour and no fewer a day",
                "write `by`, `hourly` and `daily`",
            );
        }
        for (i, asked) in self.by.iter().enumerate() {
            let at = format!("{at}/by/{i}");
            let mut seen = BTreeSet::new();
            for element in asked.elements() {
                if !seen.insert(element) {
                    findings.error("duplicate-name", at.clone(), format!("`{element}` stands twice"), "write it once");
                }
                comparable(root, element, &at, findings);
            }
            let identifies = root.identities().any(|identity| *identity == [asked.find_by.clone()]);
            by_key(root, &asked.find_by, &at, findings);
            if asked.and.is_empty() && !identifies {
                findings.error(
                    "look-up-too-little",
                    at,
                    format!("`{}` alone tells nobody from everybody else", asked.find_by),
                    "ask by at least two elements, or by one that the catalogue holds unique",
                );
            }
        }
    }
}

/// An element that a source can be asked by as by a key.
fn by_key(root: &Entity, element: &str, at: &str, findings: &mut Findings) {
    if root.element(element).is_some_and(|element| element.value_type == ValueType::Date) {
        findings.error(
            "asked-by-day",
            at,
            "a source cannot be asked for the records of a day as for a key",
            "ask by a text, code, identifier or whole number; in a look-up, compare the day beside it",
        );
    }
}

/// An element that a value given by whoever asks can be compared with, character for character.
fn comparable(root: &Entity, element: &str, at: &str, findings: &mut Findings) {
    match root.element(element).map(|element| &element.value_type) {
        None => findings.error(
            Code::UnknownName.as_str(),
            at,
            format!("`{}` has no element `{element}`", root.name),
            Code::UnknownName.help(),
        ),
        Some(ValueType::Text | ValueType::Uuid | ValueType::Code(_) | ValueType::Integer | ValueType::Date) => {}
        Some(other) => findings.error(
            "not-comparable",
            at,
            format!("`{element}` is of the type {other}, which is not compared with what somebody gives"),
            "ask by texts, codes, identifiers, whole numbers or dates",
        ),
    }
}
