//! What is a record about, where do its elements come from, and who is a person?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ValueType;

/// A kind of record: individual, household, document.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entity {
    /// Name, unique in the catalogue.
    pub name: String,
    /// What it is, for people.
    #[serde(default)]
    pub description: String,
    /// Elements that identify a record; unique over the first table.
    pub key: Vec<String>,
    /// Other sets of elements of which each identifies a record too. A value that occurs twice refuses the transfer.
    #[serde(default)]
    pub unique: Vec<Vec<String>>,
    /// Where records stand. The first table decides which records there are; further tables add elements by the same key.
    pub tables: Vec<Table>,
    /// Present when the records are people: how rules find out who may be shared.
    #[serde(default)]
    pub subject: Option<Subject>,
    /// What may be shared of a record.
    pub elements: Vec<Element>,
}

/// A table, view or file that holds records of an entity.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Name, unique in the entity.
    pub name: String,
    /// Source that holds it.
    pub source: String,
    /// Name of the table or view there; left out for files.
    #[serde(default)]
    pub table: Option<String>,
    /// Columns that hold the entity's key, in the order of `Entity::key`. Left out where the key's elements name their columns.
    #[serde(default)]
    pub key: Vec<String>,
}

/// How rules find out which people may be shared.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Subject {
    /// Where consent is recorded.
    #[serde(default)]
    pub consent: Option<Consent>,
    /// Where confidentiality marks are recorded.
    #[serde(default)]
    pub confidentiality: Option<Confidentiality>,
    /// Element with the person's country of origin (ISO 3166 alpha-3).
    #[serde(default)]
    pub origin: Option<String>,
}

/// Where consent is recorded.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Consent {
    /// Element of the person.
    pub element: String,
    /// Codes that mean consent; anything else, and nothing at all, is none.
    pub given: Vec<String>,
}

/// Where confidentiality marks are recorded.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Confidentiality {
    /// Step from the person to its marks.
    pub marks: String,
    /// Element of a mark that names the partner from whom the person is withheld.
    pub withheld_from: String,
    /// Value of that element that means every partner. A mark that names nobody means everybody too.
    pub everyone: String,
}

/// One named item that may be shared.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Element {
    /// Name, unique in the entity.
    pub name: String,
    /// Type of its values.
    #[serde(rename = "type")]
    pub value_type: ValueType,
    /// What it is, for people and for partners.
    #[serde(default)]
    pub description: String,
    /// 1 operational, 2 personal, 3 sensitive, 4 highest.
    pub sensitivity: u8,
    /// Longest value in characters (bytes for `bytes`); a longer one is quarantined.
    #[serde(default = "Element::default_max_length")]
    pub max_length: u32,
    /// Whether a value may be missing; if not, a record without it is quarantined.
    #[serde(default = "yes")]
    pub optional: bool,
    /// Where values come from, in the order of precedence: `TABLE.COLUMN`, or with a format.
    pub from: Vec<Origin>,
}

fn yes() -> bool {
    true
}

impl Element {
    fn default_max_length() -> u32 {
        500
    }
}

/// Where an element's values come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Table of the entity.
    pub table: String,
    /// Column of that table.
    pub column: String,
    /// How dates and moments are written there, in strptime notation; ISO 8601 unless said.
    #[serde(default)]
    pub format: Option<String>,
}

impl Entity {
    /// Every set of elements that identifies a record: the key first.
    pub fn identities(&self) -> impl Iterator<Item = &[String]> {
        std::iter::once(self.key.as_slice()).chain(self.unique.iter().map(Vec::as_slice))
    }

    /// The element of that name.
    pub fn element(&self, name: &str) -> Option<&Element> {
        self.elements.iter().find(|element| element.name == name)
    }

    /// The table of that name.
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// Columns of `table` that hold the entity's key, in the order of the key; empty if the catalogue does not say.
    pub fn key_columns(&self, table: &Table) -> Vec<String> {
        if !table.key.is_empty() {
            return table.key.clone();
        }
        let column = |name: &String| {
            let element = self.element(name)?;
            element.from.iter().find(|origin| origin.table == table.name).map(|origin| origin.column.clone())
        };
        self.key.iter().map(column).collect::<Option<_>>().unwrap_or_default()
    }
}
