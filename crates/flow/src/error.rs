//! Why did a stage stop?

use causeway_model::{Code, Violation};

use crate::source::SourceError;

/// Why a stage stopped. Never holds a personal value.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// A source could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The transfer is not released.
    #[error("refused: {}", list(.0))]
    Refused(Vec<Violation>),
    /// Something that should be impossible: the plan and what runs disagree.
    #[error("{place}: {detail}")]
    Internal {
        /// Stage and operator.
        place: &'static str,
        /// What happened.
        detail: String,
    },
    /// Something could not be written.
    #[error("cannot write {what}: {detail}")]
    Write {
        /// What was being written.
        what: &'static str,
        /// What happened.
        detail: String,
    },
}

impl FlowError {
    /// A refusal for one reason.
    pub fn refuse(violation: Violation) -> Self {
        Self::Refused(vec![violation])
    }

    /// The violations that this comes down to.
    pub fn violations(&self) -> Vec<Violation> {
        match self {
            FlowError::Refused(violations) => violations.clone(),
            FlowError::Source(error) => vec![Violation::new(error.code, &error.origin, &error.detail)],
            FlowError::Internal { place, detail } => vec![Violation::new(Code::RuleFailed, *place, detail)],
            FlowError::Write { what, detail } => vec![Violation::new(Code::CannotWrite, *what, detail)],
        }
    }

    pub(crate) fn internal(place: &'static str) -> impl Fn(arrow::error::ArrowError) -> Self {
        move |error| Self::Internal { place, detail: kind(&error).to_owned() }
    }
}

/// Kind of an Arrow error. Its message may hold a value, so it is not repeated.
fn kind(error: &arrow::error::ArrowError) -> &'static str {
    use arrow::error::ArrowError as E;
    match error {
        E::CastError(_) => "a value could not be cast",
        E::DivideByZero => "division by zero",
        E::ArithmeticOverflow(_) => "a number is too large",
        E::SchemaError(_) => "columns do not fit their schema",
        E::OffsetOverflowError(_) => "a batch is too large",
        _ => "columns could not be combined",
    }
}

fn list(violations: &[Violation]) -> String {
    let all: Vec<String> = violations.iter().map(Violation::to_string).collect();
    all.join("; ")
}
