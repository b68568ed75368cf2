//! Which states does an enquiry go through, until a text is drafted or it is declined?

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Checklist, feasible};
use crate::refused::reason_given;
use crate::{Person, Refused};

/// State of an enquiry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// Asked; the office has not answered.
    Received,
    /// Every point of the checklist is met.
    Feasible {
        /// The answers.
        checklist: Checklist,
        /// Who answered.
        by: Person,
    },
    /// A text was drafted.
    Drafted {
        /// Identifier of the arrangement.
        arrangement: String,
    },
    /// It will not be done. A declined enquiry belongs in the register of refused requests.
    Declined {
        /// Who declined it.
        by: Person,
        /// Why.
        reason: String,
    },
    /// Taken back by whoever asked.
    Withdrawn,
}

/// What happens to an enquiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The office answers every point.
    Assess {
        /// The answers.
        checklist: Checklist,
        /// Who answers.
        by: Person,
    },
    /// A text is drafted.
    Draft {
        /// Identifier of the arrangement.
        arrangement: String,
    },
    /// It is declined.
    Decline {
        /// Who declines.
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
        let impossible = Refused::impossible("an enquiry", self.name(), event.name());
        Ok(match (self, event) {
            (S::Received | S::Feasible { .. }, Event::Assess { checklist, by }) => {
                feasible(&checklist)?;
                S::Feasible { checklist, by }
            }
            (S::Feasible { .. }, Event::Draft { arrangement }) => S::Drafted { arrangement },
            (S::Received | S::Feasible { .. }, Event::Decline { by, reason }) => {
                reason_given("decline", &reason)?;
                S::Declined { by, reason }
            }
            (S::Received | S::Feasible { .. }, Event::Withdraw) => S::Withdrawn,
            _ => return Err(impossible),
        })
    }

    /// The state's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            State::Received => "received",
            State::Feasible { .. } => "feasible",
            State::Drafted { .. } => "drafted",
            State::Declined { .. } => "declined",
            State::Withdrawn => "withdrawn",
        }
    }

    /// One of each state, for the reference and for tests.
    pub fn samples() -> Vec<State> {
        let by = || Person::new("officer", "key of officer");
        vec![
            State::Received,
            State::Feasible { checklist: Checklist::new(), by: by() },
            State::Drafted { arrangement: "a".into() },
            State::Declined { by: by(), reason: "outside the mandate".into() },
            State::Withdrawn,
        ]
    }
}

impl Event {
    /// The event's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Assess { .. } => "assess",
            Event::Draft { .. } => "draft",
            Event::Decline { .. } => "decline",
            Event::Withdraw => "withdraw",
        }
    }

    /// One of each event, for the reference and for tests.
    pub fn samples() -> Vec<Event> {
        let by = || Person::new("officer", "key of officer");
        let met = super::Answer { met: true, note: "looked at".into() };
        let checklist = super::Point::ALL.iter().map(|point| (*point, met.clone())).collect();
        vec![
            Event::Assess { checklist, by: by() },
            Event::Draft { arrangement: "a".into() },
            Event::Decline { by: by(), reason: "outside the mandate".into() },
            Event::Withdraw,
        ]
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
