//! Is a data protection impact assessment due, and does the one that there is cover what transfers have become?
//!
//! The policy asks for one where transfers are large, repeated or structural and gives no numbers; [`Thresholds`] says
//! where the defaults come from. Reasons rest on what was really moved and is scheduled, not on what was expected.

mod figures;
mod thresholds;

use std::collections::BTreeSet;
use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use figures::{Figures, Scheduled, WINDOW_DAYS, gather};
pub use thresholds::ThresholdsDocument;

use crate::named::named;
use crate::{Code, Refused, Violation};

named! {
    /// Why an assessment is due.
    Reason, "reason for an assessment" {
        /// Many records are moved or scheduled in a year.
        Large = "large",
        /// More than one transfer is made or scheduled in a year.
        Repeated = "repeated",
        /// Transfers go on over a length of time.
        Structural = "structural",
        /// Biometric templates or images may leave.
        Biometrics = "biometrics",
        /// Elements of the highest sensitivity may leave.
        Sensitive = "sensitive",
    }
}

/// From where on an assessment is due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Thresholds {
    /// Records in 365 days that are large. Default 50,000: "large scale" of ordinary personal data in the guidance of
    /// the Estonian Data Protection Inspectorate.
    pub large: u64,
    /// The same where elements of sensitivity 3 may leave. Default 10,000: data of high risk in that guidance.
    pub large_sensitive: u64,
    /// The same where elements of sensitivity 4 or templates may leave. Default 5,000: special categories there.
    pub large_highest: u64,
    /// Transfers in 365 days that are repeated. Default 2: the second one repeats the first.
    pub repeated: u32,
    /// Days from the first to the last transfer that are structural. Default 90: the policy's guidance says "over a
    /// certain period of time"; a quarter is taken for one.
    pub structural_days: u32,
    /// Sensitivity from which elements are a reason of their own. Default 4, the highest.
    pub sensitivity: u8,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            large: 50_000,
            large_sensitive: 10_000,
            large_highest: 5_000,
            repeated: 2,
            structural_days: 90,
            sensitivity: 4,
        }
    }
}

/// A reason, with the figure and the threshold that it reached.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Why.
    pub reason: Reason,
    /// The figure, in words.
    pub figure: String,
    /// From where on it is a reason, in words.
    pub threshold: String,
}

impl fmt::Display for Due {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}, and an assessment is due {}", self.reason, self.figure, self.threshold)
    }
}

/// Every reason why an assessment is due, in the order of [`Reason`].
pub fn due(figures: &Figures, thresholds: &Thresholds) -> Vec<Due> {
    let mut found = Vec::new();
    let mut add = |reason, figure: String, threshold: String| found.push(Due { reason, figure, threshold });
    let large = match figures.highest_sensitivity {
        _ if figures.templates => thresholds.large_highest,
        4.. => thresholds.large_highest,
        3 => thresholds.large_sensitive,
        _ => thresholds.large,
    };
    let records = figures.records_moved.saturating_add(figures.records_scheduled);
    if records >= large {
        let figure = format!(
            "{} records were moved in {WINDOW_DAYS} days and {} are scheduled",
            figures.records_moved, figures.records_scheduled
        );
        add(Reason::Large, figure, format!("from {large}"));
    }
    let transfers = figures.transfers_moved.saturating_add(figures.transfers_scheduled);
    if transfers >= thresholds.repeated {
        let figure = format!(
            "{} transfers were made in {WINDOW_DAYS} days and {} are scheduled",
            figures.transfers_moved, figures.transfers_scheduled
        );
        add(Reason::Repeated, figure, format!("from {}", thresholds.repeated));
    }
    if transfers >= 2 && figures.span_days >= thresholds.structural_days {
        let figure = format!("transfers made and scheduled span {} days", figures.span_days);
        add(Reason::Structural, figure, format!("from {}", thresholds.structural_days));
    }
    if figures.templates {
        add(Reason::Biometrics, "biometric templates or images may leave".to_owned(), "always".to_owned());
    }
    if figures.highest_sensitivity >= thresholds.sensitivity {
        let names = figures.most_sensitive.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let figure = format!("elements of sensitivity {} may leave ({names})", figures.highest_sensitivity);
        add(Reason::Sensitive, figure, format!("from sensitivity {}", thresholds.sensitivity));
    }
    found
}

/// Reasons that were not there before: what a one-off has become.
pub fn raised<'d>(before: &[Due], now: &'d [Due]) -> Vec<&'d Due> {
    now.iter().filter(|due| !before.iter().any(|earlier| earlier.reason == due.reason)).collect()
}

/// A written assessment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Assessment {
    /// Identifier.
    pub assessment: String,
    /// The arrangement whose transfers it looks at.
    pub arrangement: String,
    /// Who wrote it.
    pub written_by: String,
    /// The data protection officer who approved it.
    #[serde(default)]
    pub approved_by: Option<String>,
    /// Last day on which it holds, in UTC.
    #[schemars(with = "String")]
    pub valid_until: Date,
    /// The reasons that it looked at.
    pub covers: BTreeSet<Reason>,
    /// The most records in 365 days that it looked at; beyond, it is outgrown.
    pub covers_records: u64,
    /// Where the text lies: a document's number or digest.
    pub evidence: String,
}

/// What the gate says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gate {
    /// No assessment is due.
    NotDue,
    /// One is due, and this one covers it.
    Met {
        /// Its identifier.
        assessment: String,
    },
    /// One is due, and none covers it.
    Refused(Refused),
}

/// Whether `arrangement` may be in force on `today`, with the figures in every reason why not.
pub fn gate(
    arrangement: &str,
    figures: &Figures,
    thresholds: &Thresholds,
    assessments: &[Assessment],
    today: Date,
) -> Gate {
    let due = due(figures, thresholds);
    if due.is_empty() {
        return Gate::NotDue;
    }
    let said = due.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let mut refusals = Vec::new();
    for assessment in assessments.iter().filter(|assessment| assessment.arrangement == arrangement) {
        match assessment.lacks(figures, &due, today) {
            None => return Gate::Met { assessment: assessment.assessment.clone() },
            Some(violation) => refusals.push(violation),
        }
    }
    // The newest answer is the one to act on; without any assessment the reasons are all there is to tell.
    let nearest = refusals.into_iter().max_by_key(|violation| nearness(violation.code));
    let violation = nearest.unwrap_or_else(|| Violation::new(Code::AssessmentMissing, arrangement, said));
    Gate::Refused(violation.into())
}

impl Assessment {
    /// Where it stands on `today`.
    pub fn state(&self, today: Date) -> State {
        let (name, valid_until) = (&self.assessment, self.valid_until);
        let written = State::Written { written_by: self.written_by.clone(), valid_until };
        let Some(by) = &self.approved_by else { return written };
        // The day of the approval is not kept: it was taken, so it was in time.
        match written.clone().apply(name, Event::Approve { by: by.clone(), today: valid_until }) {
            Ok(approved) => approved.clone().apply(name, Event::Expire { today }).unwrap_or(approved),
            Err(_) => written,
        }
    }

    /// What it lacks to cover all of `due`, if anything.
    fn lacks(&self, figures: &Figures, due: &[Due], today: Date) -> Option<Violation> {
        let refuse = |code, detail: String| Some(Violation::new(code, &self.assessment, detail));
        let said = |due: &[&Due]| due.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
        let all: Vec<&Due> = due.iter().collect();
        match self.state(today) {
            State::Written { .. } => {
                let by = self.approved_by.as_ref().map(|by| format!("`{by}` wrote and approved it"));
                let why = by.unwrap_or_else(|| "nobody has approved it".to_owned());
                return refuse(Code::AssessmentNotApproved, format!("{why}; {}", said(&all)));
            }
            State::Expired { valid_until } => {
                return refuse(Code::AssessmentExpired, format!("it held until {valid_until}; {}", said(&all)));
            }
            State::Approved { .. } => {}
        }
        let beyond: Vec<&Due> = due.iter().filter(|due| !self.covers.contains(&due.reason)).collect();
        if !beyond.is_empty() {
            return refuse(Code::AssessmentOutgrown, format!("it does not look at: {}", said(&beyond)));
        }
        let records = figures.records_moved.saturating_add(figures.records_scheduled);
        if records > self.covers_records {
            let detail =
                format!("it looks at {} records in {WINDOW_DAYS} days, and there are {records}", self.covers_records);
            return refuse(Code::AssessmentOutgrown, detail);
        }
        None
    }
}

/// How near an assessment came to covering what is due.
fn nearness(code: Code) -> u8 {
    match code {
        Code::AssessmentOutgrown => 2,
        Code::AssessmentExpired => 1,
        _ => 0,
    }
}

mod state;

pub use state::{Event, State};

#[cfg(test)]
mod tests;
