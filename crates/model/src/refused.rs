//! Why does an event not move a thing, or a decision not let it pass? Always by coded reasons.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Code, Violation};

/// One or more reasons, each with a stable code. What was refused is as it was before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(transparent)]
pub struct Refused {
    /// The reasons; at least one.
    pub violations: Vec<Violation>,
}

impl Refused {
    /// For one reason.
    pub fn one(code: Code, subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { violations: vec![Violation::new(code, subject, detail)] }
    }

    /// Because the state does not take the event.
    pub fn impossible(noun: &str, state: &str, event: &str) -> Self {
        Self::one(Code::WrongState, event, format!("{noun} that is {state} cannot {event}"))
    }

    /// Refused if there is any reason.
    pub fn unless_empty(violations: Vec<Violation>) -> Result<(), Self> {
        if violations.is_empty() { Ok(()) } else { Err(Self { violations }) }
    }

    /// The codes, in the order of the reasons.
    pub fn codes(&self) -> Vec<Code> {
        self.violations.iter().map(|violation| violation.code).collect()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let reasons: Vec<String> = self.violations.iter().map(Violation::to_string).collect();
        f.write_str(&reasons.join("; "))
    }
}

impl From<Violation> for Refused {
    fn from(violation: Violation) -> Self {
        Self { violations: vec![violation] }
    }
}

/// Shortest text that counts as a reason, in characters.
pub const SHORTEST_REASON: usize = 5;

/// Refuses an empty or token reason for `what`.
pub fn reason_given(what: &str, reason: &str) -> Result<(), Refused> {
    if reason.trim().chars().count() >= SHORTEST_REASON {
        return Ok(());
    }
    Err(Refused::one(Code::ReasonMissing, what, "a reason of a few words belongs to it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_reason_is_none() {
        assert!(reason_given("stop", "breach reported").is_ok());
        for empty in ["", "    x    ", "n/a"] {
            assert_eq!(reason_given("stop", empty).map_err(|refused| refused.codes()), Err(vec![Code::ReasonMissing]));
        }
    }

    #[test]
    fn refusals_read_as_sentences() {
        let refused = Refused::impossible("a partner", "closed", "resume");
        assert_eq!(refused.to_string(), "wrong-state: `resume`: a partner that is closed cannot resume");
        assert!(Refused::unless_empty(Vec::new()).is_ok());
    }
}
