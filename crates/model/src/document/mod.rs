//! How does a YAML text become a typed document whose every error names a line and a column?
//!
//! The dialect is deliberately small: one document a file, no anchors, aliases or tags, no duplicate keys.
//! YAML 1.2 scalars: `no` is text, `NO` is text, only `true` and `false` are booleans.

mod difference;
mod finding;
mod parse;
mod write;

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

pub use difference::{Became, Difference, differences};
pub use finding::{Finding, Findings, Severity};
pub use write::{flow, to_yaml};

/// Where something stands in a text: line and column, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// A parsed text: plain values, and for each JSON pointer where it stands.
#[derive(Clone, Debug)]
pub struct Document {
    name: String,
    value: serde_json::Value,
    positions: BTreeMap<String, Position>,
}

/// A text that could not be read as a document of the expected kind.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{name}:{}:{}: {message}", position.line, position.column)]
pub struct DocumentError {
    /// File name as the user gave it.
    pub name: String,
    /// Where.
    pub position: Position,
    /// What is wrong.
    pub message: String,
}

impl Document {
    /// Parses `text`; `name` is the file name that errors show.
    pub fn parse(name: &str, text: &str) -> Result<Self, DocumentError> {
        let (value, positions) = parse::parse(text).map_err(|(position, message)| DocumentError {
            name: name.to_owned(),
            position,
            message,
        })?;
        Ok(Self { name: name.to_owned(), value, positions })
    }

    /// File name as the user gave it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Plain value of the whole document.
    pub fn value(&self) -> &serde_json::Value {
        &self.value
    }

    /// Takes out a member of the whole document, which is then read without it. Positions stay.
    pub fn take(&mut self, member: &str) -> Option<serde_json::Value> {
        // In the order of the text: what is left is compared and written.
        self.value.as_object_mut()?.shift_remove(member)
    }

    /// Reads the document as a `T`; unknown members are errors where `T` denies them.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, DocumentError> {
        serde_path_to_error::deserialize(&self.value).map_err(|error| {
            let path = pointer(error.path());
            DocumentError { name: self.name.clone(), position: self.locate(&path), message: error.inner().to_string() }
        })
    }

    /// Position of a JSON pointer, or of its nearest parent that stands in the text.
    pub fn locate(&self, pointer: &str) -> Position {
        let mut path = pointer;
        loop {
            if let Some(position) = self.positions.get(path) {
                return *position;
            }
            match path.rfind('/') {
                Some(cut) => path = path.get(..cut).unwrap_or(""),
                None => return Position { line: 1, column: 1 },
            }
        }
    }
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    let mut out = String::new();
    for segment in path {
        match segment {
            Segment::Seq { index } => out.push_str(&format!("/{index}")),
            Segment::Map { key } => out.push_str(&format!("/{key}")),
            Segment::Enum { variant } => out.push_str(&format!("/{variant}")),
            Segment::Unknown => {}
        }
    }
    out
}

#[cfg(test)]
mod tests;
