//! Which states does an assessment go through? It is written by one person, approved by another, and holds until its last day.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::{Code, Refused};

/// Where an assessment stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// Somebody wrote it; it counts for nothing yet.
    Written {
        /// Who.
        written_by: String,
        /// Last day on which it holds, once it is approved.
        valid_until: Date,
    },
    /// Somebody else approved it.
    Approved {
        /// Who.
        approved_by: String,
        /// Last day on which it holds.
        valid_until: Date,
    },
    /// Its last day is over.
    Expired {
        /// The last day on which it held.
        valid_until: Date,
    },
}

/// What happens to an assessment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody approves it.
    Approve {
        /// Who.
        by: String,
        /// When.
        today: Date,
    },
    /// Time passes.
    Expire {
        /// What day it is.
        today: Date,
    },
}

impl State {
    /// The state after `event`. `name` is the assessment's.
    pub fn apply(self, name: &str, event: Event) -> Result<Self, Refused> {
        let (was, happens) = (self.name(), event.name());
        match (self, event) {
            (State::Written { written_by, .. }, Event::Approve { by, .. }) if by == written_by => {
                Err(Refused::one(Code::OwnDraft, name, format!("`{by}` wrote it, and does not approve it")))
            }
            (State::Written { valid_until, .. }, Event::Approve { today, .. }) if today > valid_until => {
                Err(Refused::one(Code::AssessmentExpired, name, format!("its last day was {valid_until}")))
            }
            (State::Written { valid_until, .. }, Event::Approve { by, .. }) => {
                Ok(State::Approved { approved_by: by, valid_until })
            }
            (State::Approved { valid_until, .. }, Event::Expire { today }) if today > valid_until => {
                Ok(State::Expired { valid_until })
            }
            _ => Err(Refused::one(Code::WrongState, name, format!("an assessment that is {was} cannot {happens}"))),
        }
    }

    /// Its name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            State::Written { .. } => "written",
            State::Approved { .. } => "approved",
            State::Expired { .. } => "expired",
        }
    }

    /// One of each state.
    pub fn samples() -> Vec<Self> {
        let valid_until = Date::constant(2026, 12, 31);
        vec![
            State::Written { written_by: "writer".into(), valid_until },
            State::Approved { approved_by: "officer".into(), valid_until },
            State::Expired { valid_until },
        ]
    }
}

impl Event {
    /// Its name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Approve { .. } => "approve",
            Event::Expire { .. } => "expire",
        }
    }

    /// One of each event, at the times at which it may happen.
    pub fn samples() -> Vec<Self> {
        let approve = Event::Approve { by: "officer".into(), today: Date::constant(2026, 12, 31) };
        vec![approve, Event::Expire { today: Date::constant(2027, 1, 1) }]
    }
}
