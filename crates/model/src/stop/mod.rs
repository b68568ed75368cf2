//! Is everything, an operation or a partner switched off? One authorised person stops; two different ones resume.

use std::fmt;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::refused::reason_given;
use crate::{Code, Person, Refused, Violation};

/// What is stopped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Everything that goes to, or comes from, one partner of an operation.
    Partner {
        /// The operation.
        operation: String,
        /// The partner.
        partner: String,
    },
    /// Everything of an operation.
    Operation(String),
    /// Everything of the installation.
    All,
}

/// One use of the switch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Identifier.
    pub id: String,
    /// What is stopped.
    pub scope: Scope,
    /// Who stopped it.
    pub by: Person,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub reason: String,
    /// Whether it still stands.
    pub state: State,
}

/// State of a stop.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// It stands.
    Standing,
    /// It stands; one of two has consented to resume.
    Resuming {
        /// Who.
        first: Person,
    },
    /// Two have resumed.
    Lifted {
        /// Who consented first.
        first: Person,
        /// Who consented second.
        second: Person,
    },
}

/// What happens to a stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// An authorised person consents to resume. Whoever stopped may be one of the two.
    Resume(Person),
    /// The first consent is taken back: by whoever gave it, or by anyone who would rather leave it stopped.
    Object,
}

impl Stop {
    /// Stops `scope` at once.
    pub fn new(id: String, scope: Scope, by: Person, at: Timestamp, reason: String) -> Result<Self, Refused> {
        reason_given("stop", &reason)?;
        Ok(Self { id, scope, by, at, reason, state: State::Standing })
    }

    /// The stop after `event`.
    pub fn apply(self, event: Event) -> Result<Self, Refused> {
        let state = self.state.apply(event)?;
        Ok(Self { state, ..self })
    }

    /// Whether it still holds anything back.
    pub fn stands(&self) -> bool {
        !matches!(self.state, State::Lifted { .. })
    }

    /// Whether it covers that partner of that operation.
    pub fn covers(&self, partner: &str, operation: &str) -> bool {
        match &self.scope {
            Scope::All => true,
            Scope::Operation(stopped) => stopped == operation,
            Scope::Partner { operation: of, partner: stopped } => of == operation && stopped == partner,
        }
    }

    /// The reason for whoever is held back.
    pub fn violation(&self) -> Violation {
        Violation::new(Code::Stopped, self.scope.to_string(), format!("`{}` stopped it at {}", self.by.name, self.at))
    }
}

impl State {
    /// The state after `event`.
    pub fn apply(self, event: Event) -> Result<Self, Refused> {
        let impossible = Refused::impossible("a stop", self.name(), event.name());
        Ok(match (self, event) {
            (State::Standing | State::Resuming { .. }, Event::Resume(person)) if !person.has_key() => {
                let detail = format!("nothing tells with which key `{}` consented", person.name);
                return Err(Refused::one(Code::TwoPeopleNeeded, "resume", detail));
            }
            (State::Standing, Event::Resume(first)) => State::Resuming { first },
            (State::Resuming { first }, Event::Resume(second)) => {
                if first.may_be(&second) {
                    let detail = format!("`{}` has consented already, under this name or this key", first.name);
                    return Err(Refused::one(Code::TwoPeopleNeeded, "resume", detail));
                }
                State::Lifted { first, second }
            }
            (State::Resuming { .. }, Event::Object) => State::Standing,
            _ => return Err(impossible),
        })
    }

    /// The state's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            State::Standing => "standing",
            State::Resuming { .. } => "resuming",
            State::Lifted { .. } => "lifted",
        }
    }

    /// One of each state, for the reference and for tests.
    pub fn samples() -> Vec<State> {
        let person = |name: &str| Person::new(name, format!("key of {name}"));
        vec![
            State::Standing,
            State::Resuming { first: person("first") },
            State::Lifted { first: person("first"), second: person("second") },
        ]
    }
}

impl Event {
    /// The event's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Resume(_) => "resume",
            Event::Object => "object",
        }
    }

    /// One of each event, for the reference and for tests.
    pub fn samples() -> Vec<Event> {
        vec![Event::Resume(Person::new("second", "key of second")), Event::Object]
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scope::Partner { operation, partner } => write!(f, "partner {partner} of {operation}"),
            Scope::Operation(operation) => write!(f, "operation {operation}"),
            Scope::All => f.write_str("everything"),
        }
    }
}

/// The standing stop that holds `partner` of `operation` back, the widest first; none if it may go on.
pub fn is_stopped<'s>(stops: &'s [Stop], partner: &str, operation: &str) -> Option<&'s Stop> {
    let width = |stop: &&Stop| match stop.scope {
        Scope::All => 0,
        Scope::Operation(_) => 1,
        Scope::Partner { .. } => 2,
    };
    stops.iter().filter(|stop| stop.stands() && stop.covers(partner, operation)).min_by_key(width)
}

#[cfg(test)]
mod tests;
