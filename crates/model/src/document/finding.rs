//! What did a check of a document find, where, and how bad is it?

use super::{Document, Position};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth reading; nothing is refused.
    Note,
    /// Should be looked at by a person before use.
    Warning,
    /// The document cannot be used.
    Error,
}

/// One thing found in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// Stable kebab-case code.
    pub code: String,
    /// JSON pointer into the document.
    pub pointer: String,
    /// What is wrong, without any personal value.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// All findings of one check, in the order of the text once located.
#[derive(Clone, Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    /// Adds an error.
    pub fn error(
        &mut self,
        code: &str,
        pointer: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Error, code, pointer.into(), message.into(), help.into());
    }

    /// Adds a warning.
    pub fn warn(
        &mut self,
        code: &str,
        pointer: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Warning, code, pointer.into(), message.into(), help.into());
    }

    /// Adds a note.
    pub fn note(
        &mut self,
        code: &str,
        pointer: impl Into<String>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Note, code, pointer.into(), message.into(), help.into());
    }

    fn add(&mut self, severity: Severity, code: &str, pointer: String, message: String, help: String) {
        self.0.push(Finding { severity, code: code.to_owned(), pointer, message, help });
    }

    /// Adds a finding as it is.
    pub fn push(&mut self, finding: Finding) {
        self.0.push(finding);
    }

    /// Takes over the findings of another check.
    pub fn extend(&mut self, other: Findings) {
        self.0.extend(other.0);
    }

    /// Every finding.
    pub fn iter(&self) -> impl Iterator<Item = &Finding> {
        self.0.iter()
    }

    /// Whether any finding is an error.
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// How many findings there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Findings with their places in `document`, in the order of the text.
    pub fn located<'f>(&'f self, document: &Document) -> Vec<(Position, &'f Finding)> {
        let mut all: Vec<_> = self.0.iter().map(|f| (document.locate(&f.pointer), f)).collect();
        all.sort_by_key(|(position, _)| *position);
        all
    }
}
