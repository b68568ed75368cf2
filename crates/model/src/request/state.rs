//! Which states does a request for a transfer go through?

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::refused::reason_given;
use crate::{Code, Person, Refused, Violation};

/// State of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// Asked for, not judged yet.
    Received {
        /// Who asked.
        by: Person,
    },
    /// Within what is agreed; an officer decides.
    AwaitingApproval {
        /// Who asked.
        by: Person,
    },
    /// A transfer may be made.
    Approved {
        /// Who asked.
        by: Person,
        /// The officer who approved it; none where the exchange asks for no approval.
        approved_by: Option<Person>,
    },
    /// No transfer will be made.
    Refused {
        /// The reasons.
        violations: Vec<Violation>,
        /// The officer who refused it, and why; none where the rules did.
        refused_by: Option<(Person, String)>,
    },
    /// Taken back.
    Withdrawn,
}

/// What happens to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It is judged by the rules: what goes beyond them, and whether the exchange asks for an officer's approval.
    Judge {
        /// What goes beyond.
        violations: Vec<Violation>,
        /// Whether an officer must approve.
        needs_approval: bool,
    },
    /// An officer approves it.
    Approve {
        /// Who.
        by: Person,
    },
    /// An officer refuses it.
    Refuse {
        /// Who.
        by: Person,
        /// Why.
        reason: String,
    },
    /// It is taken back.
    Withdraw,
}

impl State {
    /// The state after `event`.
    pub fn apply(self, event: Event) -> Result<Self, Refused> {
        use State as S;
        let impossible = Refused::impossible("a request", self.name(), event.name());
        Ok(match (self, event) {
            (S::Received { by }, Event::Judge { violations, needs_approval }) => {
                if !violations.is_empty() {
                    S::Refused { violations, refused_by: None }
                } else if needs_approval {
                    S::AwaitingApproval { by }
                } else {
                    S::Approved { by, approved_by: None }
                }
            }
            (S::AwaitingApproval { by }, Event::Approve { by: officer }) => {
                if by.may_be(&officer) {
                    let detail = format!("`{}` asked for it, under this name or this key", by.name);
                    return Err(Refused::one(Code::OwnDraft, "request", detail));
                }
                S::Approved { by, approved_by: Some(officer) }
            }
            (S::AwaitingApproval { .. }, Event::Refuse { by, reason }) => {
                reason_given("refuse", &reason)?;
                S::Refused { violations: Vec::new(), refused_by: Some((by, reason)) }
            }
            (S::Received { .. } | S::AwaitingApproval { .. } | S::Approved { .. }, Event::Withdraw) => S::Withdrawn,
            _ => return Err(impossible),
        })
    }

    /// The state's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            State::Received { .. } => "received",
            State::AwaitingApproval { .. } => "awaiting-approval",
            State::Approved { .. } => "approved",
            State::Refused { .. } => "refused",
            State::Withdrawn => "withdrawn",
        }
    }

    /// One of each state, for the reference and for tests.
    pub fn samples() -> Vec<State> {
        let by = || Person::new("asker", "key of asker");
        vec![
            State::Received { by: by() },
            State::AwaitingApproval { by: by() },
            State::Approved { by: by(), approved_by: None },
            State::Refused { violations: Vec::new(), refused_by: None },
            State::Withdrawn,
        ]
    }
}

impl Event {
    /// The event's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Judge { .. } => "judge",
            Event::Approve { .. } => "approve",
            Event::Refuse { .. } => "refuse",
            Event::Withdraw => "withdraw",
        }
    }

    /// One of each event, a judgement in each of its three ways, for the reference and for tests.
    pub fn samples() -> Vec<Event> {
        let officer = || Person::new("officer", "key of officer");
        let beyond = Violation::new(Code::TooFrequent, "x", "2 transfers were made");
        vec![
            Event::Judge { violations: vec![beyond], needs_approval: true },
            Event::Judge { violations: Vec::new(), needs_approval: true },
            Event::Judge { violations: Vec::new(), needs_approval: false },
            Event::Approve { by: officer() },
            Event::Refuse { by: officer(), reason: "not this month".into() },
            Event::Withdraw,
        ]
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
