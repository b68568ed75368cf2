//! Which states does a transfer go through, and which events may move it?

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Violation;

/// State of one execution of an exchange.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Transfer {
    /// Asked for, nothing read yet.
    Requested,
    /// A run is reading, checking and sealing.
    Preparing {
        /// Which run this is, from 1.
        attempt: u32,
    },
    /// A package exists; nothing has left.
    Sealed {
        /// Its package.
        package: String,
    },
    /// The package is on its way: an attempt was begun, its outcome is not known yet.
    Delivering {
        /// Its package.
        package: String,
        /// Which delivery attempt this is, from 1.
        attempt: u32,
    },
    /// The package is where the partner takes it.
    Delivered {
        /// Its package.
        package: String,
    },
    /// The partner proved that it opened and loaded the package.
    Receipted {
        /// Its package.
        package: String,
    },
    /// The partner's receipt says that it rejected the package, or loaded something else.
    Disputed {
        /// Its package.
        package: String,
    },
    /// Not released, with reasons.
    Refused {
        /// The reasons.
        violations: Vec<Violation>,
    },
    /// Stopped by a person before anything left.
    Cancelled,
    /// The arrangement ended before the package was delivered.
    Lapsed,
    /// It was tried for as long as it is tried, and did not succeed: a person decides what comes next.
    Abandoned {
        /// Its package, if one was sealed.
        package: Option<String>,
    },
}

/// What happens to a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A run begins, again if an earlier one was cut off.
    Begin,
    /// A run is refused.
    Refuse(Vec<Violation>),
    /// A run has sealed this package.
    Seal {
        /// Package id.
        package: String,
    },
    /// A delivery attempt begins.
    Send,
    /// A delivery attempt has arrived.
    Arrive,
    /// The partner's receipt says that everything, or a stated part, was loaded.
    Acknowledge,
    /// The partner's receipt says that the package was rejected.
    Dispute,
    /// A person stops it.
    Cancel,
    /// The arrangement is no longer in force.
    Lapse,
    /// It failed too often in a row.
    GiveUp,
}

/// An event that this state does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a transfer that is {state} cannot {event}")]
pub struct Impossible {
    state: &'static str,
    event: &'static str,
}

impl Transfer {
    /// The state after `event`.
    pub fn apply(self, event: Event) -> Result<Self, Impossible> {
        use Transfer as T;
        let impossible = Impossible { state: self.name(), event: event.name() };
        Ok(match (self, event) {
            (T::Requested, Event::Begin) => T::Preparing { attempt: 1 },
            (T::Preparing { attempt }, Event::Begin) => T::Preparing { attempt: attempt + 1 },
            (T::Requested | T::Preparing { .. }, Event::Refuse(violations)) => T::Refused { violations },
            (T::Preparing { .. }, Event::Seal { package }) => T::Sealed { package },
            (T::Sealed { package }, Event::Send) => T::Delivering { package, attempt: 1 },
            (T::Delivering { package, attempt }, Event::Send) => T::Delivering { package, attempt: attempt + 1 },
            (T::Delivering { package, .. }, Event::Arrive) => T::Delivered { package },
            (T::Delivered { package }, Event::Acknowledge) => T::Receipted { package },
            (T::Delivered { package }, Event::Dispute) => T::Disputed { package },
            (T::Requested | T::Preparing { .. } | T::Sealed { .. }, Event::Cancel) => T::Cancelled,
            (T::Requested | T::Preparing { .. } | T::Sealed { .. } | T::Delivering { .. }, Event::Lapse) => T::Lapsed,
            (T::Requested | T::Preparing { .. }, Event::GiveUp) => T::Abandoned { package: None },
            (T::Sealed { package } | T::Delivering { package, .. }, Event::GiveUp) => {
                T::Abandoned { package: Some(package) }
            }
            _ => return Err(impossible),
        })
    }

    /// The state's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            Transfer::Requested => "requested",
            Transfer::Preparing { .. } => "preparing",
            Transfer::Sealed { .. } => "sealed",
            Transfer::Delivering { .. } => "delivering",
            Transfer::Delivered { .. } => "delivered",
            Transfer::Receipted { .. } => "receipted",
            Transfer::Disputed { .. } => "disputed",
            Transfer::Refused { .. } => "refused",
            Transfer::Cancelled => "cancelled",
            Transfer::Lapsed => "lapsed",
            Transfer::Abandoned { .. } => "abandoned",
        }
    }

    /// The package, once there is one.
    pub fn package(&self) -> Option<&str> {
        match self {
            Transfer::Sealed { package }
            | Transfer::Delivering { package, .. }
            | Transfer::Delivered { package }
            | Transfer::Receipted { package }
            | Transfer::Disputed { package } => Some(package),
            Transfer::Abandoned { package } => package.as_deref(),
            _ => None,
        }
    }

    /// Whether work is left to do without the partner.
    pub fn is_unfinished(&self) -> bool {
        matches!(
            self,
            Transfer::Requested | Transfer::Preparing { .. } | Transfer::Sealed { .. } | Transfer::Delivering { .. }
        )
    }
}

impl fmt::Display for Transfer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Event {
    /// The event's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Begin => "begin",
            Event::Refuse(_) => "refuse",
            Event::Seal { .. } => "seal",
            Event::Send => "send",
            Event::Arrive => "arrive",
            Event::Acknowledge => "acknowledge",
            Event::Dispute => "dispute",
            Event::Cancel => "cancel",
            Event::Lapse => "lapse",
            Event::GiveUp => "give-up",
        }
    }
}

#[cfg(test)]
mod tests;
