//! How is a denial lifted for one transfer? By two different people who signed the same text, and in no other way.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::permission::Role;
use crate::refused::reason_given;
use crate::{Code, Person, Refused, Violation};

/// What an exceptional release may lift. Everything else has no exception.
const EXCEPTABLE: &[Code] = &[Code::CountryOfOrigin, Code::OnwardNotAgreed];

/// One of the two consents. That the signature verifies is for the caller to know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// The role in which it is given.
    pub role: Role,
    /// Who gave it, with the fingerprint of the key.
    pub signer: Person,
    /// The text that was signed: [`consent_text`].
    pub text: String,
}

/// A granted exception: for one transfer, of the violations named and no others. Only this module makes one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Exception {
    transfer: String,
    reason: String,
    lifted: BTreeSet<Violation>,
    by: Vec<Person>,
}

impl Exception {
    /// The transfer for which it is.
    pub fn transfer(&self) -> &str {
        &self.transfer
    }

    /// Why it was granted.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Who granted it: the representative, then the data protection officer.
    pub fn granted_by(&self) -> &[Person] {
        &self.by
    }

    /// What is left of `violations` for that transfer: for another one, everything.
    pub fn lift(&self, transfer: &str, violations: Vec<Violation>) -> Vec<Violation> {
        if transfer != self.transfer {
            return violations;
        }
        violations.into_iter().filter(|violation| !self.lifted.contains(violation)).collect()
    }
}

/// The text that both sign: domain, transfer, reason, then a line for each violation that is lifted, sorted.
pub fn consent_text(transfer: &str, reason: &str, violations: &[Violation]) -> String {
    // JSON strings, so that no reason can be made to look like a further line.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let lines: BTreeSet<String> =
        violations.iter().map(|v| format!("{} {} {}", v.code, quoted(&v.subject), quoted(&v.detail))).collect();
    let lines: Vec<String> = lines.into_iter().collect();
    format!("causeway-exceptional-release/1\n{}\n{}\n{}\n", quoted(transfer), quoted(reason), lines.join("\n"))
}

/// Refuses a reason that is none.
pub fn consent_reason(reason: &str) -> Result<(), Refused> {
    reason_given("release", reason)
}

/// Grants the release of `transfer` against `violations`, or says what is missing.
pub fn release_exceptionally(
    transfer: &str,
    reason: &str,
    violations: &[Violation],
    consents: &[Consent],
) -> Result<Exception, Refused> {
    consent_reason(reason)?;
    let fixed = violations.iter().filter(|violation| !EXCEPTABLE.contains(&violation.code));
    let fixed: Vec<Violation> =
        fixed.map(|v| Violation::new(Code::NotExceptable, v.code.as_str(), "this rule has no exception")).collect();
    Refused::unless_empty(fixed)?;
    if violations.is_empty() {
        return Err(Refused::one(Code::NotExceptable, transfer, "nothing denies it, so there is nothing to lift"));
    }
    let text = consent_text(transfer, reason, violations);
    let of = |role: Role| consents.iter().filter(move |consent| consent.role == role && consent.signer.has_key());
    let mut missing = Vec::new();
    for role in [Role::Representative, Role::DataProtectionOfficer] {
        if !of(role).any(|consent| consent.text == text) {
            let detail = match of(role).count() {
                0 => "has not consented".to_owned(),
                _ => "has signed another text than this one".to_owned(),
            };
            missing.push(Violation::new(Code::ConsentsMissing, role.as_str(), detail));
        }
    }
    Refused::unless_empty(missing)?;
    let signers = |role| of(role).filter(|consent| consent.text == text).map(|consent| &consent.signer);
    let pair = signers(Role::Representative).find_map(|first| {
        let second = signers(Role::DataProtectionOfficer).find(|second| !first.may_be(second))?;
        Some(vec![first.clone(), second.clone()])
    });
    let Some(by) = pair else {
        let detail = "both consents are of one person, by name or by key";
        return Err(Refused::one(Code::TwoPeopleNeeded, transfer, detail));
    };
    let lifted = violations.iter().cloned().collect();
    Ok(Exception { transfer: transfer.to_owned(), reason: reason.to_owned(), lifted, by })
}
