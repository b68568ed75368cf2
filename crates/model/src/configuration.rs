//! Which states does a set of configuration go through? One person stages it, another activates it; it is never edited.

use serde::{Deserialize, Serialize};

use crate::{Code, Person, Refused};

/// Where a set stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// It was laid by; nothing of it is in use.
    Staged {
        /// By whom.
        by: Person,
    },
    /// It came into use, whole.
    Activated {
        /// Who had staged it.
        staged_by: Person,
        /// Who activated it.
        by: Person,
    },
    /// It was withdrawn before it came into use.
    Withdrawn {
        /// By whom.
        by: Person,
    },
}

/// What happens to a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// Somebody brings it into use.
    Activate {
        /// Who.
        by: Person,
    },
    /// Somebody withdraws it; whoever staged it may.
    Withdraw {
        /// Who.
        by: Person,
    },
}

impl State {
    /// The state after `event`. `set` is the set's name.
    pub fn apply(self, set: &str, event: Event) -> Result<Self, Refused> {
        let (was, happens) = (self.name(), event.name());
        match (self, event) {
            // INVARIANT (two people): by name and by key.
            (State::Staged { by: staged_by }, Event::Activate { by }) if staged_by.may_be(&by) => {
                let detail =
                    format!("`{}` staged it, and does not activate it, under this or another name or key", by.name);
                Err(Refused::one(Code::OwnDraft, set, detail))
            }
            (State::Staged { by: staged_by }, Event::Activate { by }) => Ok(State::Activated { staged_by, by }),
            (State::Staged { .. }, Event::Withdraw { by }) => Ok(State::Withdrawn { by }),
            _ => Err(Refused::one(Code::WrongState, set, format!("a set that is {was} cannot {happens}"))),
        }
    }

    /// Its name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            State::Staged { .. } => "staged",
            State::Activated { .. } => "activated",
            State::Withdrawn { .. } => "withdrawn",
        }
    }

    /// One of each state.
    pub fn samples() -> Vec<Self> {
        let [one, other] = samples();
        vec![
            State::Staged { by: one.clone() },
            State::Activated { staged_by: one.clone(), by: other },
            State::Withdrawn { by: one },
        ]
    }
}

impl Event {
    /// Its name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Activate { .. } => "activate",
            Event::Withdraw { .. } => "withdraw",
        }
    }

    /// One of each event, by whoever may.
    pub fn samples() -> Vec<Self> {
        let [one, other] = samples();
        vec![Event::Activate { by: other }, Event::Withdraw { by: one }]
    }
}

fn samples() -> [Person; 2] {
    ["engineer", "officer"].map(|name| Person::new(name, format!("key of {name}")))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

    use super::*;
    use crate::states::table;

    #[test]
    fn the_whole_table_is_as_reviewed() {
        let apply = |state: State, event: Event| state.apply("autumn", event).ok();
        let table = table(&State::samples(), &Event::samples(), State::name, Event::name, apply);
        let reviewed = "staged: activate → activated, withdraw → withdrawn\nactivated: \nwithdrawn: \n";
        assert_eq!(table.lines(), reviewed);
    }

    #[test]
    fn nobody_activates_what_they_staged_under_any_name_or_key() {
        let [one, other] = samples();
        for by in [one.clone(), Person::new("another name", &one.key), Person::new(&one.name, "another key")] {
            let refused = State::Staged { by: one.clone() }.apply("autumn", Event::Activate { by }).unwrap_err();
            assert_eq!(refused.codes(), [Code::OwnDraft]);
        }
        let state = State::Staged { by: one }.apply("autumn", Event::Activate { by: other.clone() }).unwrap();
        assert_eq!(state.apply("autumn", Event::Withdraw { by: other }).unwrap_err().codes(), [Code::WrongState]);
    }
}
