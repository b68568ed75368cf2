//! Which states does a file go through that came in, and which events may move it?
//!
//! An intake is no transfer: it has no plan, no package and no number that a partner counts.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Violation;

/// State of one file that came in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "state")]
pub enum Intake {
    /// It is here, sealed as it came; nothing was opened.
    Received,
    /// Signature, size and seal are as they must be.
    Opened,
    /// Every record was read and judged; fewer are bad than refuse the file.
    Validated,
    /// What could be applied is; some of it waits for a person.
    AwaitingReview,
    /// Records are being written into the target.
    Applying {
        /// Which run this is, from 1.
        attempt: u32,
    },
    /// Every record has its outcome, and nothing waits.
    Applied,
    /// The outcomes are sealed to the partner, with the counts.
    Acknowledged,
    /// Nothing of it was applied, with reasons.
    Rejected {
        /// The reasons.
        violations: Vec<Violation>,
    },
    /// A person took it back before anything of it was applied.
    Cancelled,
    /// A person takes back what was applied: it is being put back.
    Undoing,
    /// What still stood as it was applied is put back, or retired.
    Undone,
}

/// What happens to an intake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// It was opened.
    Open,
    /// Its records were read and judged.
    Validate,
    /// It cannot be opened, or too much of it is bad.
    Reject(Vec<Violation>),
    /// A run begins to apply it, again if an earlier one was cut off or people have decided.
    Begin,
    /// What could be applied is, and some of it waits for a person.
    Wait,
    /// All of it is applied.
    Apply,
    /// The outcomes are sealed to the partner.
    Acknowledge,
    /// A person takes it back.
    Cancel,
    /// A person ends it: what is applied stays, and the rest is left out.
    LeaveOut,
    /// A person takes back what was applied.
    Undo,
    /// What still stood as it was applied is put back.
    PutBack,
    /// What was quarantined, left out or refused, or was undone, is read and judged once more.
    Retry,
}

/// An event that this state does not take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an intake that is {state} cannot {event}")]
pub struct Impossible {
    state: &'static str,
    event: &'static str,
}

impl Intake {
    /// The state after `event`.
    pub fn apply(self, event: Event) -> Result<Self, Impossible> {
        use Intake as I;
        let impossible = Impossible { state: self.name(), event: event.name() };
        Ok(match (self, event) {
            (I::Received, Event::Open) => I::Opened,
            (I::Opened, Event::Validate) => I::Validated,
            (I::Received | I::Opened | I::Validated, Event::Reject(violations)) => I::Rejected { violations },
            (I::Validated | I::AwaitingReview, Event::Begin) => I::Applying { attempt: 1 },
            (I::Applying { attempt }, Event::Begin) => I::Applying { attempt: attempt.saturating_add(1) },
            (I::Applying { .. }, Event::Wait) => I::AwaitingReview,
            (I::Applying { .. }, Event::Apply) => I::Applied,
            (I::Applied, Event::Acknowledge) => I::Acknowledged,
            (I::Received | I::Opened | I::Validated, Event::Cancel) => I::Cancelled,
            // Where it is does not change: whoever works carries it to its end.
            (I::AwaitingReview, Event::LeaveOut) => I::AwaitingReview,
            (I::Applying { attempt }, Event::LeaveOut) => I::Applying { attempt },
            // Also what was applied before it is read once more, however that ends.
            (
                I::Received
                | I::Opened
                | I::Validated
                | I::Rejected { .. }
                | I::Cancelled
                | I::Applying { .. }
                | I::AwaitingReview
                | I::Applied
                | I::Acknowledged,
                Event::Undo,
            ) => I::Undoing,
            (I::Undoing, Event::PutBack) => I::Undone,
            // From the beginning: what was never opened is asked for everything once more.
            (I::Applied | I::Acknowledged | I::Rejected { .. } | I::Undone, Event::Retry) => I::Received,
            _ => return Err(impossible),
        })
    }

    /// The state's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            Intake::Received => "received",
            Intake::Opened => "opened",
            Intake::Validated => "validated",
            Intake::AwaitingReview => "awaiting-review",
            Intake::Applying { .. } => "applying",
            Intake::Applied => "applied",
            Intake::Acknowledged => "acknowledged",
            Intake::Rejected { .. } => "rejected",
            Intake::Cancelled => "cancelled",
            Intake::Undoing => "undoing",
            Intake::Undone => "undone",
        }
    }

    /// Whether work is left to do without a person.
    pub fn is_unfinished(&self) -> bool {
        matches!(
            self,
            Intake::Received
                | Intake::Opened
                | Intake::Validated
                | Intake::Applying { .. }
                | Intake::Applied
                | Intake::Undoing
        )
    }

    /// One of every kind, for the reference and for tests.
    pub fn samples() -> Vec<Self> {
        vec![
            Intake::Received,
            Intake::Opened,
            Intake::Validated,
            Intake::AwaitingReview,
            Intake::Applying { attempt: 1 },
            Intake::Applied,
            Intake::Acknowledged,
            Intake::Rejected { violations: Vec::new() },
            Intake::Cancelled,
            Intake::Undoing,
            Intake::Undone,
        ]
    }
}

impl fmt::Display for Intake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Event {
    /// The event's name: kebab case, stable.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Open => "open",
            Event::Validate => "validate",
            Event::Reject(_) => "reject",
            Event::Begin => "begin",
            Event::Wait => "wait",
            Event::Apply => "apply",
            Event::Acknowledge => "acknowledge",
            Event::Cancel => "cancel",
            Event::LeaveOut => "leave-out",
            Event::Undo => "undo",
            Event::PutBack => "put-back",
            Event::Retry => "retry",
        }
    }

    /// One of every kind, for the reference and for tests.
    pub fn samples() -> Vec<Self> {
        vec![
            Event::Open,
            Event::Validate,
            Event::Reject(Vec::new()),
            Event::Begin,
            Event::Wait,
            Event::Apply,
            Event::Acknowledge,
            Event::Cancel,
            Event::LeaveOut,
            Event::Undo,
            Event::PutBack,
            Event::Retry,
        ]
    }
}

/// How many records of an intake fared how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Records in the file.
    pub records: u64,
    /// Became a new row.
    #[serde(default)]
    pub inserted: u64,
    /// Changed a row.
    #[serde(default)]
    pub updated: u64,
    /// Came before, exactly so.
    #[serde(default)]
    pub duplicate: u64,
    /// Older than what was applied.
    #[serde(default)]
    pub superseded: u64,
    /// Could not be read or broke a rule.
    #[serde(default)]
    pub quarantined: u64,
    /// Wait for a person.
    #[serde(default)]
    pub waiting: u64,
    /// Left out by a person.
    #[serde(default)]
    pub left_out: u64,
    /// Somebody else changed the row meanwhile.
    #[serde(default)]
    pub conflict: u64,
}

crate::named::named! {
    /// What became of a record that came in.
    RecordOutcome, "outcome of a record" {
        /// It became a new row.
        Inserted = "inserted",
        /// It changed a row.
        Updated = "updated",
        /// It came before, exactly so.
        Duplicate = "duplicate",
        /// It is older than what was applied.
        Superseded = "superseded",
        /// It could not be read, or broke a rule: each field with its code.
        Quarantined = "quarantined",
        /// It waits for a person.
        Waiting = "waiting",
        /// A person left it out.
        LeftOut = "left-out",
        /// Somebody else changed its row meanwhile.
        Conflict = "conflict",
    }
}

crate::named::named! {
    /// What a person said of a record that waited.
    Verdict, "decision on a record" {
        /// It is that row.
        Link = "link",
        /// It becomes a new row.
        Insert = "insert",
        /// Nothing becomes of it.
        LeaveOut = "leave-out",
    }
}

impl Counts {
    /// Counts one more record of that outcome.
    pub fn add(&mut self, outcome: RecordOutcome) {
        let of = match outcome {
            RecordOutcome::Inserted => &mut self.inserted,
            RecordOutcome::Updated => &mut self.updated,
            RecordOutcome::Duplicate => &mut self.duplicate,
            RecordOutcome::Superseded => &mut self.superseded,
            RecordOutcome::Quarantined => &mut self.quarantined,
            RecordOutcome::Waiting => &mut self.waiting,
            RecordOutcome::LeftOut => &mut self.left_out,
            RecordOutcome::Conflict => &mut self.conflict,
        };
        *of = of.saturating_add(1);
    }

    /// Whether so many are quarantined that nothing of the file is applied.
    pub fn refuses(&self, above_percent: u8) -> bool {
        u128::from(self.quarantined) * 100 > u128::from(self.records) * u128::from(above_percent)
    }
}

#[cfg(test)]
mod tests;
