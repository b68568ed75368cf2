//! How is somebody told in a few words that something is to be looked at? Ids only, in the language of the way.

use std::collections::BTreeMap;

use causeway_model::alert::AlertKind;

use super::{Language, Words};
use crate::error::EngineError;

/// An alert in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// In one line.
    pub title: String,
    /// The whole of it: plain text, a sentence a line.
    pub text: String,
}

/// An alert in words. `id` is its own; `ids` what else is to be found here under which id.
///
/// # Errors
/// The words of the language are damaged: never, since a test reads them all.
pub fn told(
    kind: AlertKind,
    language: Language,
    [operation, id, subject]: [&str; 3],
    ids: &BTreeMap<String, String>,
) -> Result<Told, EngineError> {
    let words = Words::told(language)?;
    let about = || ("subject", words.foreign(subject));
    let title = words.say(kind.as_str(), [about()])?;
    let mut lines = vec![title.clone(), String::new()];
    lines.extend(ids.iter().map(|(what, id)| format!("{what}: {id}")));
    lines.push(format!("alert: {id}"));
    lines.push(String::new());
    lines.push(words.say("look", [("operation", words.foreign(operation))])?);
    lines.push(words.say("ids-only", [])?);
    Ok(Told { title, text: lines.iter().map(|line| words.line(line)).collect() })
}
