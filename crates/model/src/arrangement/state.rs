//! Which states does a version of an arrangement go through, and what must be there before it is in force?

mod samples;

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::signatures::{KeyStanding, Signature, add, missing, too_few};
use super::{Arrangement, Validity};
use crate::assessment::Gate;
use crate::refused::reason_given;
use crate::transfer::Transfer;
use crate::{Code, Person, Refused, Violation};

/// What the states of a version know of its text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Identifier of the arrangement.
    pub arrangement: String,
    /// Version.
    pub version: u32,
    /// SHA-256 of the text that is signed, hexadecimal.
    pub digest: String,
    /// Names of the parties.
    pub parties: BTreeSet<String>,
    /// Who drafted this version.
    pub drafter: Person,
    /// When it holds.
    pub valid: Validity,
}

/// State of one version of an arrangement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum State {
    /// Being written.
    Draft {
        /// The text.
        terms: Terms,
    },
    /// Laid before the parties.
    Proposed {
        /// The text.
        terms: Terms,
        /// Who has signed so far.
        signatures: Vec<Signature>,
    },
    /// Signed by every party.
    Agreed {
        /// The text.
        terms: Terms,
        /// Who has signed.
        signatures: Vec<Signature>,
    },
    /// Data may go by it.
    InForce {
        /// The text.
        terms: Terms,
        /// Who has signed.
        signatures: Vec<Signature>,
        /// The impact assessment that it rests on, where one is due.
        assessment: Option<String>,
    },
    /// For now, nothing goes by it.
    Suspended {
        /// The text.
        terms: Terms,
        /// Who has signed.
        signatures: Vec<Signature>,
        /// The impact assessment that it rests on, where one is due.
        assessment: Option<String>,
        /// Why.
        reason: String,
    },
    /// Nothing will go by it again.
    Ended {
        /// The text.
        terms: Terms,
        /// How it ended.
        ending: Ending,
    },
}

/// How a version ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Its last day is over.
    Expired,
    /// A party ended it, for this reason.
    Terminated(String),
    /// This later version took its place.
    Superseded(u32),
}

/// What happens to a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The draft is laid before the parties.
    Propose,
    /// An officer signs for a party.
    Sign {
        /// The signature, which was verified.
        signature: Signature,
        /// Whether its key may sign now.
        key: KeyStanding,
    },
    /// It is brought into force.
    Activate {
        /// Now.
        now: Timestamp,
        /// Fingerprints of all keys revoked until now.
        revoked: BTreeSet<String>,
        /// What the gate for impact assessments says now.
        gate: Gate,
    },
    /// It is taken out of force for now.
    Suspend {
        /// Why.
        reason: String,
    },
    /// It is brought back into force.
    Resume {
        /// Now.
        now: Timestamp,
        /// What the gate for impact assessments says now.
        gate: Gate,
    },
    /// Its last day is over.
    Expire {
        /// Now.
        now: Timestamp,
    },
    /// A party ends it.
    Terminate {
        /// Why.
        reason: String,
    },
    /// A later version has come into force: applied in the same transaction as that version's activation.
    Supersede {
        /// The later version.
        by: u32,
    },
}

impl State {
    /// A new draft of `arrangement`, whose text has that digest.
    pub fn draft(arrangement: &Arrangement, digest: impl Into<String>, drafter: Person) -> Self {
        let terms = Terms {
            arrangement: arrangement.arrangement.clone(),
            version: arrangement.version,
            digest: digest.into(),
            parties: arrangement.parties.iter().map(|party| party.name.clone()).collect(),
            drafter,
            valid: arrangement.valid,
        };
        State::Draft { terms }
    }

    /// The state after `event`.
    // INVARIANT (two parties, and an assessment where due): InForce is made in `activate` and `resume` only.
    pub fn apply(self, event: Event) -> Result<Self, Refused> {
        use State as S;
        let impossible = Refused::impossible("an arrangement", self.name(), event.name());
        Ok(match (self, event) {
            (S::Draft { terms }, Event::Propose) => {
                if let Some(violation) = too_few(&terms) {
                    return Err(violation.into());
                }
                S::Proposed { terms, signatures: Vec::new() }
            }
            (S::Proposed { terms, mut signatures }, Event::Sign { signature, key }) => {
                add(&terms, &mut signatures, signature, key)?;
                if missing(&terms, &signatures, &BTreeSet::new()).is_empty() {
                    S::Agreed { terms, signatures }
                } else {
                    S::Proposed { terms, signatures }
                }
            }
            // A signature more: a second officer of a party, or a key in the place of one that was revoked.
            (S::Agreed { terms, mut signatures }, Event::Sign { signature, key }) => {
                add(&terms, &mut signatures, signature, key)?;
                S::Agreed { terms, signatures }
            }
            (S::Agreed { terms, signatures }, Event::Activate { now, revoked, gate }) => {
                activate(terms, signatures, now, &revoked, gate)?
            }
            (S::InForce { terms, signatures, assessment }, Event::Suspend { reason }) => {
                reason_given("suspend", &reason)?;
                S::Suspended { terms, signatures, assessment, reason }
            }
            (S::Suspended { terms, signatures, .. }, Event::Resume { now, gate }) => {
                let assessment = holds(&terms, now, gate)?;
                S::InForce { terms, signatures, assessment }
            }
            (S::InForce { terms, .. } | S::Suspended { terms, .. }, Event::Supersede { by }) => {
                if by <= terms.version {
                    let detail = format!("version {by} is not later than version {}", terms.version);
                    return Err(Refused::one(Code::AmendmentMismatch, &terms.arrangement, detail));
                }
                S::Ended { terms, ending: Ending::Superseded(by) }
            }
            (S::Ended { .. }, _) => return Err(impossible),
            (state, Event::Expire { now }) => {
                let terms = state.into_terms();
                if !terms.valid.is_over(now) {
                    let detail = format!("it holds until {}, and now is {now}", terms.valid.until);
                    return Err(Refused::one(Code::WrongState, &terms.arrangement, detail));
                }
                S::Ended { terms, ending: Ending::Expired }
            }
            (state, Event::Terminate { reason }) => {
                reason_given("terminate", &reason)?;
                S::Ended { terms: state.into_terms(), ending: Ending::Terminated(reason) }
            }
            _ => return Err(impossible),
        })
    }

    /// What it knows of its text.
    pub fn terms(&self) -> &Terms {
        match self {
            State::Draft { terms }
            | State::Proposed { terms, .. }
            | State::Agreed { terms, .. }
            | State::InForce { terms, .. }
            | State::Suspended { terms, .. }
            | State::Ended { terms, .. } => terms,
        }
    }

    fn into_terms(self) -> Terms {
        match self {
            State::Draft { terms }
            | State::Proposed { terms, .. }
            | State::Agreed { terms, .. }
            | State::InForce { terms, .. }
            | State::Suspended { terms, .. }
            | State::Ended { terms, .. } => terms,
        }
    }

    /// Who has signed.
    pub fn signatures(&self) -> &[Signature] {
        match self {
            State::Proposed { signatures, .. }
            | State::Agreed { signatures, .. }
            | State::InForce { signatures, .. }
            | State::Suspended { signatures, .. } => signatures,
            State::Draft { .. } | State::Ended { .. } => &[],
        }
    }

    /// Parties that have not signed with a key outside `revoked`, as reasons.
    pub fn missing_signatures(&self, revoked: &BTreeSet<String>) -> Vec<Violation> {
        missing(self.terms(), self.signatures(), revoked)
    }

    /// The state's name: kebab case, stable. An end is named by how it ended.
    pub fn name(&self) -> &'static str {
        match self {
            State::Draft { .. } => "draft",
            State::Proposed { .. } => "proposed",
            State::Agreed { .. } => "agreed",
            State::InForce { .. } => "in-force",
            State::Suspended { .. } => "suspended",
            State::Ended { ending: Ending::Expired, .. } => "expired",
            State::Ended { ending: Ending::Terminated(_), .. } => "terminated",
            State::Ended { ending: Ending::Superseded(_), .. } => "superseded",
        }
    }
}

impl Event {
    /// The event's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Propose => "propose",
            Event::Sign { .. } => "sign",
            Event::Activate { .. } => "activate",
            Event::Suspend { .. } => "suspend",
            Event::Resume { .. } => "resume",
            Event::Expire { .. } => "expire",
            Event::Terminate { .. } => "terminate",
            Event::Supersede { .. } => "supersede",
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn activate(
    terms: Terms,
    signatures: Vec<Signature>,
    now: Timestamp,
    revoked: &BTreeSet<String>,
    gate: Gate,
) -> Result<State, Refused> {
    let mut violations = missing(&terms, &signatures, revoked);
    match holds(&terms, now, gate) {
        Ok(assessment) if violations.is_empty() => Ok(State::InForce { terms, signatures, assessment }),
        Ok(_) => Err(Refused { violations }),
        Err(refused) => {
            violations.extend(refused.violations);
            Err(Refused { violations })
        }
    }
}

/// Whether it may be in force at `now`; the assessment that it rests on, where one is due.
fn holds(terms: &Terms, now: Timestamp, gate: Gate) -> Result<Option<String>, Refused> {
    let mut violations = Vec::new();
    if !terms.valid.holds_at(now) {
        let detail = format!("it holds from {} until {}, and now is {now}", terms.valid.from, terms.valid.until);
        violations.push(Violation::new(Code::NotInForce, &terms.arrangement, detail));
    }
    let assessment = match gate {
        Gate::NotDue => None,
        Gate::Met { assessment } => Some(assessment),
        Gate::Refused(refused) => {
            violations.extend(refused.violations);
            None
        }
    };
    Refused::unless_empty(violations).map(|()| assessment)
}

/// What becomes of a transfer when its arrangement has moved on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InFlight {
    /// It goes on under the version that it began with.
    GoesOn,
    /// It lapses: nothing more is sealed or sent.
    Lapses,
}

/// Decides for a transfer that began under version `began`; `newest` is the newest version that ever was in force, and
/// may be the same. An amendment never touches what is under way; a suspension or an end does, whichever version has it.
pub fn in_flight(began: &State, newest: &State, transfer: &Transfer, now: Timestamp) -> InFlight {
    let open = |state: &State| match state {
        State::InForce { .. } | State::Ended { ending: Ending::Superseded(_), .. } => state.terms().valid.holds_at(now),
        _ => false,
    };
    if !transfer.is_unfinished() || (open(began) && open(newest)) { InFlight::GoesOn } else { InFlight::Lapses }
}

#[cfg(test)]
mod tests;
