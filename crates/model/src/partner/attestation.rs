//! Has the partner shown that it is ready to keep the data, and does what it showed still hold?

use std::collections::BTreeSet;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::named::named;
use crate::{Code, Violation};

named! {
    /// A respect in which a partner must be ready before data go to it.
    AttestationKind, "kind of attestation" {
        /// Data are kept encrypted, on machines that it controls or has under contract.
        SecureStorage = "secure-storage",
        /// Only named people reach the data, by their function.
        AccessControl = "access-control",
        /// Everyone who reaches them has signed an undertaking of confidentiality.
        ConfidentialityUndertaking = "confidentiality-undertaking",
        /// They were trained in protecting personal data.
        StaffTraining = "staff-training",
        /// It knows whom to tell of a breach, and how fast.
        BreachReporting = "breach-reporting",
        /// It can erase, and prove that it did.
        Erasure = "erasure",
        /// It holds those who handle data for it to the same terms.
        ProcessorControl = "processor-control",
    }
}

impl AttestationKind {
    /// What is required unless the configuration says otherwise.
    pub fn required() -> BTreeSet<AttestationKind> {
        use AttestationKind as K;
        BTreeSet::from([
            K::SecureStorage,
            K::AccessControl,
            K::ConfidentialityUndertaking,
            K::BreachReporting,
            K::Erasure,
        ])
    }
}

/// A statement of readiness, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    /// In which respect.
    pub kind: AttestationKind,
    /// Where the evidence lies: a document's number or digest. Never the document.
    pub evidence: String,
    /// Who stated it for the partner.
    pub stated_by: String,
    /// Last day on which it holds, in UTC.
    #[schemars(with = "String")]
    pub valid_until: Date,
    /// Who looked at the evidence and accepted it.
    #[serde(default)]
    pub accepted_by: Option<String>,
}

impl Attestation {
    /// Whether it was accepted by somebody else than who stated it, and holds on that day.
    pub fn holds_on(&self, day: Date) -> bool {
        self.accepted_by.as_ref().is_some_and(|by| *by != self.stated_by) && day <= self.valid_until
    }
}

/// What keeps the partner from being ready on `today`. Everything required must be attested, and nothing that was once
/// attested may have lapsed: a partner that lets one go is not ready, required or not.
pub fn readiness(required: &BTreeSet<AttestationKind>, attestations: &[Attestation], today: Date) -> Vec<Violation> {
    let mut kinds = required.clone();
    kinds.extend(attestations.iter().filter(|one| one.accepted_by.is_some()).map(|one| one.kind));
    let missing = kinds.into_iter().filter_map(|kind| {
        let of_kind = || attestations.iter().filter(move |one| one.kind == kind);
        if of_kind().any(|one| one.holds_on(today)) {
            return None;
        }
        let accepted = of_kind().filter(|one| one.accepted_by.as_ref().is_some_and(|by| *by != one.stated_by));
        Some(match accepted.map(|one| one.valid_until).max() {
            Some(last) => Violation::new(Code::AttestationLapsed, kind.as_str(), format!("it held until {last}")),
            None if of_kind().next().is_some() => Violation::new(
                Code::AttestationMissing,
                kind.as_str(),
                "it is stated, and nobody else accepted its evidence",
            ),
            None => Violation::new(Code::AttestationMissing, kind.as_str(), "it was never stated"),
        })
    });
    missing.collect()
}
