//! What does one configured flow take in: which records, of whom, checked how, and what is done with them?
//!
//! An inbound exchange is a document of the kind `exchange` that says `direction: accept`. It shares names, versions and
//! signatures with every other exchange, and nothing else: it has no plan, no package and no number that a partner counts.
//!
//! - `field`: what a record has;
//! - `settings`: how files come, how large they may be, how they are sealed and signed;
//! - `apply`: which rows of a target a record becomes;
//! - `check`: does it make sense in itself and against the catalogue;
//! - `agreed`: does the arrangement agree to it.

mod agreed;
mod apply;
mod check;
mod field;
mod settings;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use apply::{
    Apply, ColumnMap, Decides, KeyColumn, OnWrite, RaisedBy, Retire, TableMap, Tells, Unmatched, VersionColumn,
};
pub use field::{Field, Rule};
pub use settings::{Collect, Format, FormatKind, Limits, Sealing, Signature};

use crate::document::Document;
use crate::exchange::Answering;
use crate::ping::InboundPing;

/// The document of an exchange that accepts.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Inbound {
    /// Identifier.
    pub exchange: String,
    /// Version, raised with every change.
    pub version: u32,
    /// `accept`: what makes it an inbound one.
    pub direction: Inward,
    /// Identifier of the arrangement that it stands under.
    pub arrangement: String,
    /// What it is for, for people.
    #[serde(default)]
    pub description: String,
    /// How records are written.
    pub format: Format,
    /// What a record has.
    pub record: Vec<Field>,
    /// What must hold of a record besides, in order.
    #[serde(default)]
    pub rules: Vec<Rule>,
    /// The field by which the partner calls a record: the same one is applied once.
    pub external_id: String,
    /// The field that says which of two messages on one record is the newer; an older one does not overwrite. It is mapped to a column.
    #[serde(default)]
    pub sequence: Option<String>,
    /// Lists of fields by which a record's row is found in the target, in the order in which they are tried.
    #[serde(default, rename = "match")]
    pub matching: Vec<Vec<String>>,
    /// Which rows a record becomes.
    pub apply: Apply,
    /// Values that are decisions of the person.
    #[serde(default)]
    pub decides: Vec<Decides>,
    /// What the partner is told of the row that a record became; nothing unless said.
    #[serde(default)]
    pub tells: Option<Tells>,
    /// How outcomes are protected that the partner's program asks for, beside the connection.
    #[serde(default)]
    pub answer: Answering,
    /// By which ways it comes.
    pub collect: Vec<Collect>,
    /// How it is sealed when it comes.
    #[serde(default)]
    pub sealing: Sealing,
    /// How the partner signs it.
    #[serde(default)]
    pub signature: Signature,
    /// How much may come at once.
    #[serde(default)]
    pub limits: Limits,
    /// Largest share of a file's records, in per cent, that may be quarantined before nothing of it is applied.
    #[serde(default = "five")]
    pub refuse_above_percent: u8,
    /// Days for which what was applied can be undone.
    #[serde(default = "thirty")]
    pub undo_days: u16,
    /// By what clients of PING's own API know it; they do not know it unless said.
    #[serde(default)]
    pub ping: Option<InboundPing>,
}

/// The direction of an inbound exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Inward {
    /// From the partner to the operation.
    Accept,
}

fn five() -> u8 {
    5
}

fn thirty() -> u16 {
    30
}

impl Inbound {
    /// Whether a document of the kind `exchange` is an inbound one. Asked before it is read as anything.
    pub fn is_inbound(document: &Document) -> bool {
        document.value().get("direction").and_then(serde_json::Value::as_str) == Some("accept")
    }

    /// The field of that name.
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.record.iter().find(|field| field.name == name)
    }

    /// The folder that is looked into for files, if there is one.
    pub fn folder(&self) -> Option<&str> {
        self.collect.iter().find_map(|way| match way {
            Collect::Folder { path } => Some(path.as_str()),
            Collect::Api | Collect::Upload => None,
        })
    }

    /// Every field that holds a value, those of nested records too, with its JSON pointer.
    pub fn values(&self) -> Vec<(String, &Field)> {
        let mut found = Vec::new();
        walk(&self.record, "/record", &mut found);
        found
    }
}

fn walk<'f>(fields: &'f [Field], at: &str, found: &mut Vec<(String, &'f Field)>) {
    for (i, field) in fields.iter().enumerate() {
        let at = format!("{at}/{i}");
        match field.is_nested() {
            true => walk(&field.fields, &format!("{at}/fields"), found),
            false => found.push((at, field)),
        }
    }
}

#[cfg(test)]
mod tests;
