//! Which codes may an element have, and what are they called elsewhere?

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A closed list of codes. Either the codes stand here, or in a CSV file beside the catalogue.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeList {
    /// Name, unique in the catalogue.
    pub name: String,
    /// What it is, for people.
    #[serde(default)]
    pub description: String,
    /// The codes.
    #[serde(default)]
    pub codes: Vec<CodeEntry>,
    /// A CSV file with the codes instead: read and frozen when the catalogue is loaded.
    #[serde(default)]
    pub file: Option<CodeFile>,
}

/// A CSV file with codes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeFile {
    /// Path, relative to the catalogue's file.
    pub path: String,
    /// Header of the column with the code.
    pub code: String,
    /// Header of the column with the label.
    #[serde(default)]
    pub label: Option<String>,
    /// Equivalents: name of the other vocabulary, header of its column.
    #[serde(default)]
    pub equivalents: BTreeMap<String, String>,
}

/// One code.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeEntry {
    /// The code, compared byte for byte.
    pub code: String,
    /// What it means.
    #[serde(default)]
    pub label: String,
    /// The same thing in other vocabularies: vocabulary, code.
    #[serde(default)]
    pub equivalents: BTreeMap<String, String>,
}

impl CodeList {
    /// Whether `code` is in the list, byte for byte.
    pub fn contains(&self, code: &str) -> bool {
        self.codes.iter().any(|entry| entry.code == code)
    }

    /// The map from this list to another vocabulary; codes without an equivalent are absent.
    pub fn equivalents(&self, vocabulary: &str) -> BTreeMap<&str, &str> {
        let pairs = self
            .codes
            .iter()
            .filter_map(|entry| entry.equivalents.get(vocabulary).map(|other| (entry.code.as_str(), other.as_str())));
        pairs.collect()
    }
}
