//! Which rows may the server leave out because a condition is certainly not true of them?
//!
//! INVARIANT (hint), see `causeway_flow::source::Hint`: two questions are asked of every part of a condition, where it may be
//! true and where it may be false, and both are answered too widely rather than too narrowly. A value that the decoder
//! will call faulty counts as missing, so that such rows come. Texts are compared byte for byte in UTF-8; what cannot be
//! said exactly in the types that the column really has is not said at all.

use causeway_model::population::{InSet, Predicate, Range};
use causeway_model::{Value, ValueType};

use super::definition::Kind;
use super::known::Known;
use super::statement::bytes;

/// Values that a statement names at most.
const MOST: usize = 2_000;

/// SQL that is true wherever `predicate` may be true; none where nothing can be left out.
pub(super) fn condition(predicate: &Predicate, known: &[Known<'_>]) -> Option<String> {
    maybe(predicate, true, known)
}

fn maybe(predicate: &Predicate, positive: bool, known: &[Known<'_>]) -> Option<String> {
    let leaf = |element: &str| known.iter().find(|known| known.column.name == element);
    match predicate {
        Predicate::Not(part) => maybe(part, !positive, known),
        Predicate::All(parts) => many(parts, positive, positive, known),
        Predicate::Any(parts) => many(parts, !positive, positive, known),
        Predicate::In(set) => is_in(leaf(&set.element)?, set, positive),
        Predicate::Range(range) => between(leaf(&range.element)?, range, positive),
        Predicate::Null(path) if positive => leaf(&path.element)?.missing(),
        Predicate::Null(path) => leaf(&path.element).map(|known| format!("{} IS NOT NULL", known.name())),
    }
}

fn many(parts: &[Predicate], all: bool, positive: bool, known: &[Known<'_>]) -> Option<String> {
    let parts = parts.iter().map(|part| maybe(part, positive, known));
    if all {
        let parts: Vec<String> = parts.flatten().collect();
        return (!parts.is_empty()).then(|| format!("({})", parts.join(" AND ")));
    }
    let parts: Option<Vec<String>> = parts.collect();
    let parts = parts?;
    Some(if parts.is_empty() { "FALSE".to_owned() } else { format!("({})", parts.join(" OR ")) })
}

fn is_in(known: &Known<'_>, set: &InSet, positive: bool) -> Option<String> {
    if set.values.len() > MOST {
        return None;
    }
    // A value that the column's type cannot have is equal to nothing in it.
    let values: Vec<String> = set
        .values
        .iter()
        .map(|value| known.literal(value))
        .collect::<Option<Vec<_>>>()?
        .into_iter()
        .flatten()
        .collect();
    let list = values.join(", ");
    Some(match (positive, values.is_empty()) {
        (true, true) => "FALSE".to_owned(),
        (true, false) => known.one_of(&list, &set.values),
        (false, true) => format!("{} IS NOT NULL", known.name()),
        (false, false) => format!("{} NOT IN ({list})", known.exact()),
    })
}

fn between(known: &Known<'_>, range: &Range, positive: bool) -> Option<String> {
    // Codes in a column of numbers have the order of texts.
    if known.kind != Kind::Text && known.column.value_type.is_textual() || known.column.value_type == ValueType::Boolean
    {
        return None;
    }
    let end = |value: &Option<Value>| match value {
        None => Some(None),
        // An end that the column's type cannot have is not compared with.
        Some(value) => known.literal(value)?.map(Some),
    };
    let (from, to) = (end(&range.from)?, end(&range.to)?);
    let exact = known.exact();
    let (lower, upper) = if positive { (">=", "<=") } else { ("<", ">") };
    let ends = [from.map(|from| format!("{exact} {lower} {from}")), to.map(|to| format!("{exact} {upper} {to}"))];
    let ends: Vec<String> = ends.into_iter().flatten().collect();
    match (ends.is_empty(), positive) {
        (true, _) => None,
        (false, true) => Some(format!("({})", ends.join(" AND "))),
        (false, false) => Some(format!("({})", ends.join(" OR "))),
    }
}

/// A text as it is compared.
pub(super) fn text_literal(value: &str) -> String {
    bytes(value.as_bytes())
}
