//! What has a record that comes in, and what must hold of it?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{ElementRef, ValueType};

/// One field of a record: a value with a `type`, or a list of nested records with `fields`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Name in the record.
    pub name: String,
    /// What it is, for the partner.
    #[serde(default)]
    pub description: String,
    /// Type of its values. `code(LIST)` names a code list of the catalogue.
    #[serde(default, rename = "type")]
    pub value_type: Option<ValueType>,
    /// The element that it brings in; the arrangement's `accepts` must name it. Only the partner's own marks (`external_id`,
    /// `sequence`) bring in none.
    #[serde(default)]
    pub element: Option<ElementRef>,
    /// The partner's vocabulary of a code: translated by the code list's `equivalents`, which must be one to one. The list's
    /// own codes unless said.
    #[serde(default)]
    pub vocabulary: Option<String>,
    /// Whether a record without it is quarantined. An absent field that is not required changes nothing, `null` empties.
    #[serde(default)]
    pub required: bool,
    /// Longest value in characters.
    #[serde(default = "five_hundred")]
    pub max_length: u32,
    /// Whether it names a record that must be in the target already. It must then stand in `match`.
    #[serde(default)]
    pub reference: bool,
    /// How dates and moments are written, in strptime notation; ISO 8601 unless said.
    #[serde(default)]
    pub format: Option<String>,
    /// Fields of each nested record.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// With `fields`: how many nested records there may be.
    #[serde(default = "hundred")]
    pub at_most: u16,
}

fn five_hundred() -> u32 {
    500
}

fn hundred() -> u16 {
    100
}

impl Field {
    /// Whether it is a list of nested records.
    pub fn is_nested(&self) -> bool {
        !self.fields.is_empty()
    }

    /// The code list of its values, if they are codes.
    pub fn code_list(&self) -> Option<&str> {
        match &self.value_type {
            Some(ValueType::Code(list)) => Some(list),
            _ => None,
        }
    }
}

/// What must hold of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// Its name: what a quarantined record carries.
    pub name: String,
    /// What must hold, as an expression of CEL: `record.decided_on >= record.asked_on`.
    pub holds: String,
    /// What it looks at: `record.FIELD`, and `current.FIELD` for the value that the matched row has. It sees nothing else, and is
    /// asked only where all of these are sound.
    pub reads: Vec<String>,
    /// What the partner is told.
    #[serde(default)]
    pub description: String,
}

impl Rule {
    /// Most bytes of an expression.
    pub const BYTES: usize = 1000;
    /// Most brackets of an expression.
    pub const BRACKETS: usize = 16;

    /// Whether it looks at the row that was matched.
    pub fn needs_current(&self) -> bool {
        self.reads.iter().any(|path| path.starts_with("current."))
    }
}
