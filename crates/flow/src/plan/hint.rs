//! What may a source leave out by itself because nobody of it can be in the population?
//!
//! A record is read when the condition is true of it, and also when the condition is unknown because a value is missing
//! or faulty: whether such a record is outside, or to be quarantined, is decided on what was read. So what is handed to a
//! source is wider than the condition: it is true wherever the condition may come out as anything but false.

use causeway_model::ValueType;
use causeway_model::population::{InSet, Path, Predicate};

use crate::source::ScanColumn;

/// Codes that a statement names at most.
const CODES: usize = 500;

/// The condition that a source of `columns` may apply; none where it cannot leave anything out.
pub(super) fn filter(population: &Predicate, columns: &[ScanColumn]) -> Option<Predicate> {
    let widened = maybe(population, true, columns);
    (widened != Predicate::everyone()).then_some(widened)
}

/// True wherever `predicate` (or its negation, without `positive`) is not certainly false.
fn maybe(predicate: &Predicate, positive: bool, columns: &[ScanColumn]) -> Predicate {
    match predicate {
        Predicate::All(parts) => many(parts, positive, positive, columns),
        Predicate::Any(parts) => many(parts, !positive, positive, columns),
        Predicate::Not(part) => maybe(part, !positive, columns),
        Predicate::In(set) => match column(&set.element, columns) {
            Some(found) => leaf(set.element.clone(), in_set(set, positive, found)),
            None => Predicate::everyone(),
        },
        Predicate::Range(range) => match column(&range.element, columns) {
            // A text may be faulty for its length, its code for not being in the list: only plain values have an order.
            Some(found) if !found.value_type.is_textual() => {
                leaf(range.element.clone(), signed(predicate.clone(), positive))
            }
            _ => Predicate::everyone(),
        },
        // A faulty value is read as missing, so that only what is certainly missing may be left out.
        Predicate::Null(path) => match column(&path.element, columns) {
            Some(_) if !positive => signed(predicate.clone(), false),
            _ => Predicate::everyone(),
        },
    }
}

fn many(parts: &[Predicate], all: bool, positive: bool, columns: &[ScanColumn]) -> Predicate {
    let mut parts: Vec<Predicate> = parts.iter().map(|part| maybe(part, positive, columns)).collect();
    if all {
        parts.retain(|part| *part != Predicate::everyone());
        match parts.as_slice() {
            [only] => only.clone(),
            _ => Predicate::All(parts),
        }
    } else if parts.contains(&Predicate::everyone()) {
        Predicate::everyone()
    } else {
        Predicate::Any(parts)
    }
}

/// A code that is not in its list is faulty: what is left out are the other codes of the list, nothing else.
fn in_set(set: &InSet, positive: bool, column: &ScanColumn) -> Predicate {
    let (ValueType::Code(_), Some(codes), true) = (&column.value_type, &column.codes, positive) else {
        return signed(Predicate::In(set.clone()), positive);
    };
    let wanted: Vec<String> = set.values.iter().map(ToString::to_string).collect();
    let others: Vec<_> = codes.iter().filter(|code| !wanted.contains(code)).cloned().collect();
    if others.len() > CODES {
        return Predicate::everyone();
    }
    let values = others.into_iter().map(causeway_model::Value::Text).collect();
    signed(Predicate::In(InSet { element: set.element.clone(), values }), false)
}

/// The condition, or that the value is missing.
fn leaf(element: String, condition: Predicate) -> Predicate {
    if condition == Predicate::everyone() {
        return condition;
    }
    Predicate::Any(vec![condition, Predicate::Null(Path { element })])
}

fn signed(predicate: Predicate, positive: bool) -> Predicate {
    if positive { predicate } else { Predicate::Not(Box::new(predicate)) }
}

fn column<'c>(name: &str, columns: &'c [ScanColumn]) -> Option<&'c ScanColumn> {
    columns.iter().find(|column| column.name == name)
}
