//! How do the transforms of one output become a chain that is checked once and run over every batch?

use std::fmt;

use arrow::array::ArrayRef;
use causeway_model::exchange::Transform;
use causeway_model::{Code, ElementRef, ValueType, Violation};

use super::column::{Rows, Step, show};
use super::{
    Context, Tally, TransformError, calendar, code_map, dates, number, people, place, pseudonym, substitute, text,
};
use crate::types::arrow_type;
use crate::{Fault, Faults, Personal};

/// Transforms of one output, compiled: types fit, arguments make sense, code maps and keys are ready.
pub struct Chain {
    /// Type of the values that come out.
    pub output: ValueType,
    input: ValueType,
    steps: Vec<Step>,
}

impl fmt::Debug for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Chain({} → {} in {} steps)", self.input, self.output, self.steps.len())
    }
}

/// What a single transform is compiled from.
pub(super) struct Site<'s> {
    /// Type that it is given.
    pub(super) input: &'s ValueType,
    /// Elements that the value holds.
    pub(super) elements: &'s [ElementRef],
    /// Catalogue and keys.
    pub(super) context: &'s Context<'s>,
    /// Name of the transform.
    pub(super) name: &'static str,
}

impl Site<'_> {
    /// A violation about this transform.
    pub(super) fn wrong(&self, code: Code, detail: impl fmt::Display) -> Violation {
        let subject = match self.elements {
            [] => "constant".to_owned(),
            elements => elements.iter().map(ElementRef::to_string).collect::<Vec<_>>().join(", "),
        };
        Violation::new(code, subject, format!("`{}`: {detail}", self.name))
    }

    /// The violation that says which types this transform takes.
    pub(super) fn takes(&self, takes: &str) -> Violation {
        self.wrong(Code::TransformType, format_args!("takes {takes}, and is given `{}`", self.input))
    }
}

impl Chain {
    /// Compiles `transforms` for values of the type `input` that hold `elements`: one for `from`, more for `concat` and
    /// `sql`, none for a constant. Code maps and pseudonyms need exactly one, because its code list and its entity decide.
    pub fn compile(
        transforms: &[Transform],
        input: &ValueType,
        elements: &[ElementRef],
        context: &Context<'_>,
    ) -> Result<Chain, Violation> {
        let mut steps: Vec<Step> = Vec::with_capacity(transforms.len());
        let mut at = input.clone();
        for transform in transforms {
            let step = compile_one(transform, &Site { input: &at, elements, context, name: transform.name() })?;
            at = step.output.clone();
            steps.push(step);
        }
        Ok(Chain { output: at, input: input.clone(), steps })
    }

    /// Runs the chain over one column. Rows that are refused in the end are null, and are faults of `field` with the
    /// value as it came in.
    pub fn apply(
        &self,
        field: &str,
        input: &ArrayRef,
        faults: &mut Faults,
        tally: &mut Tally,
    ) -> Result<ArrayRef, TransformError> {
        let expected = arrow_type(&self.input);
        if *input.data_type() != expected {
            return Err(TransformError::mismatch(field, &expected, input.data_type()));
        }
        let mut rows = Rows::default();
        let mut column = input.clone();
        for step in &self.steps {
            column = step
                .run(&column, &mut rows)
                .map_err(|wrong| TransformError::mismatch(field, &wrong.expected, &wrong.found))?;
        }
        tally.add(field, "default", rows.defaulted);
        tally.add(field, "otherwise", rows.otherwise);
        for (row, code) in rows.forgive() {
            let value = Personal::new(show(input.as_ref(), row));
            faults.add(row, Fault { subject: field.to_owned(), code, value });
        }
        Ok(column)
    }

    /// Whether no value whatsoever can become a fault: no step may refuse, or an `otherwise` follows each that may.
    pub fn is_total(&self) -> bool {
        !self.steps.iter().fold(false, |open, step| (open && !step.forgives) || step.may_refuse)
    }
}

fn compile_one(transform: &Transform, site: &Site<'_>) -> Result<Step, Violation> {
    match transform {
        Transform::Pseudonym => pseudonym::step(site),
        Transform::Presence => Ok(substitute::presence()),
        Transform::CodeMap(rule) => code_map::step(rule, site),
        Transform::FormatDate(rule) => dates::format(rule, site),
        Transform::ToCalendar(to) => calendar::to(*to, site),
        Transform::FromCalendar(from) => calendar::from(*from, site),
        Transform::Age(rule) => dates::age(rule.at, site),
        Transform::AgeBand(rule) => dates::age_band(rule, site),
        Transform::Year => dates::year(site),
        Transform::PlaceLevel(to) => place::cut(to.level, site),
        Transform::Mask(rule) => people::mask(*rule, site),
        Transform::Nfc => text::nfc(site),
        Transform::Nfkc => text::nfkc(site),
        Transform::Upper => text::upper(site),
        Transform::Lower => text::lower(site),
        Transform::Trim => text::trim(site),
        Transform::Split(rule) => text::split(rule, site),
        Transform::Substring(rule) => text::substring(*rule, site),
        Transform::Replace(rule) => text::replace(rule, site),
        Transform::Phone(rule) => people::phone(rule, site),
        Transform::FormatNumber(rule) => number::format(*rule, site),
        Transform::Default(rule) => substitute::default(rule.value.as_ref(), site),
        Transform::Otherwise(rule) => substitute::otherwise(rule.value.as_ref(), site),
    }
}
