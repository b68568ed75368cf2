//! **transform** changes values, element by element, into the shape that would leave.
//!
//! In: values by field, typed as [`crate::types::arrow_type`] says. Out: values of the type that [`Chain::output`] or
//! [`Expression::output`] names. Guarantees: every transform is total or refuses; a refused row is a [`crate::Fault`]
//! that carries the value as it came in, or has the value of a later `otherwise`, which is counted; a missing value
//! stays missing except through `presence`, `default` and the `unknown` of `age-band`. Refuses when: a value has no
//! result (row by row), a chain or an expression does not fit its types (at compile time). Ledger events: none of its
//! own; the [`Tally`] of counted substitutions goes into the transfer's.

mod calendar;
mod chain;
mod code_map;
mod column;
mod combine;
mod compute;
mod dates;
mod form;
mod number;
mod pattern;
mod people;
mod place;
mod pseudonym;
mod reference;
mod sql;
mod substitute;
mod text;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use arrow::datatypes::DataType;
use causeway_model::catalogue::Catalogue;

pub use chain::Chain;
pub use column::show;
pub use combine::{concat, concat_type, constant, constant_type};
pub(crate) use compute::compute;
pub use compute::{Draft, Drafted, transform};
pub use form::form_after;
pub use pseudonym::{PseudonymKey, Pseudonyms};
pub use reference::{TransformDoc, reference};
pub use sql::{Expression, allowed_functions};

/// What a chain of transforms is compiled against.
#[derive(Clone, Copy)]
pub struct Context<'c> {
    /// Code lists and their equivalents.
    pub catalogue: &'c Catalogue,
    /// The keys of this partner and purpose.
    pub pseudonyms: &'c Pseudonyms,
}

/// A batch that does not have the types it was compiled for: a defect of the gateway, never of the data.
///
/// INVARIANT (ledger and logs hold no values): only types are named, never what an inner library said of a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("transforming field `{field}`: {what}; report it, the plan and its batches disagree")]
pub struct TransformError {
    /// Output field.
    pub field: String,
    /// What was met and what was expected.
    pub what: String,
}

impl TransformError {
    pub(crate) fn new(field: &str, what: impl Into<String>) -> Self {
        Self { field: field.to_owned(), what: what.into() }
    }

    pub(crate) fn mismatch(field: &str, expected: &DataType, found: &DataType) -> Self {
        Self::new(field, format!("expected {expected}, found {found}"))
    }
}

/// How often a stated value took the place of a missing one (`default`) or of a refused one (`otherwise`), by field.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<(String, &'static str), u64>);

impl Tally {
    /// Counts `times` substitutions by `transform` (`default` or `otherwise`) in `field`; zero leaves no entry.
    pub fn add(&mut self, field: &str, transform: &'static str, times: u64) {
        if times > 0 {
            *self.0.entry((field.to_owned(), transform)).or_default() += times;
        }
    }

    /// How often `transform` stood in for a value of `field`.
    pub fn of(&self, field: &str, transform: &str) -> u64 {
        self.iter().find(|(f, t, _)| *f == field && *t == transform).map_or(0, |(_, _, times)| times)
    }

    /// Field, transform, count, in the order of the fields' names.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &'static str, u64)> {
        self.0.iter().map(|((field, transform), times)| (field.as_str(), *transform, *times))
    }

    /// Takes in the counts of another batch.
    pub fn merge(&mut self, other: &Tally) {
        for (field, transform, times) in other.iter() {
            self.add(field, transform, times);
        }
    }
}
