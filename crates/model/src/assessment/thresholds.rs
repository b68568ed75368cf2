//! Which figures may an installation set by configuration, and which stand unless it does?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Thresholds;
use crate::arrangement::WARNING_DAYS;
use crate::document::Findings;

/// The thresholds document: from when on an impact assessment is due, and how long before an end people are warned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ThresholdsDocument {
    /// What they are for: `assessment`.
    pub thresholds: String,
    /// Version, raised with every change; 0 are the program's own.
    pub version: u32,
    /// From where on an assessment is due.
    pub values: Thresholds,
    /// Days before the end of an arrangement or an attestation at which people are warned; 90, 30 and 7 unless said.
    #[serde(default = "warning_days")]
    pub warning_days: Vec<u16>,
}

fn warning_days() -> Vec<u16> {
    WARNING_DAYS.to_vec()
}

impl ThresholdsDocument {
    /// What is wrong with the document in itself.
    pub fn check(&self) -> Findings {
        let mut findings = Findings::default();
        if self.thresholds != "assessment" {
            let message = format!("there are no thresholds of `{}`", self.thresholds);
            findings.error("unknown-name", "/thresholds", message, "write `thresholds: assessment`");
        }
        if self.warning_days.is_empty() {
            let message = "nobody would be warned of an end".to_owned();
            findings.error("empty", "/warning_days", message, "name a day at least, such as 30");
        }
        for (figure, value) in [
            ("large", self.values.large),
            ("large_sensitive", self.values.large_sensitive),
            ("large_highest", self.values.large_highest),
            ("repeated", self.values.repeated.into()),
        ] {
            if value == 0 {
                let message = "from nothing on, everything would be due".to_owned();
                findings.error("zero", format!("/values/{figure}"), message, "name a number from 1");
            }
        }
        findings
    }
}

impl Default for ThresholdsDocument {
    fn default() -> Self {
        let (thresholds, values) = ("assessment".to_owned(), Thresholds::default());
        Self { thresholds, version: 0, values, warning_days: warning_days() }
    }
}
