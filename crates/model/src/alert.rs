//! What are people told of by mail and webhook, and who is told? Ids only: whoever reads an alert looks here for the rest.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use crate::named::{UnknownWord, named};
use crate::permission::Role;

named! {
    /// Of what somebody is told.
    AlertKind, "kind of alert" {
        /// A transfer waits for an officer.
        ApprovalNeeded = "approval-needed",
        /// A transfer was refused or given up.
        TransferFailed = "transfer-failed",
        /// A receipt says something else than what was sent.
        ReceiptDisputed = "receipt-disputed",
        /// A package arrived and was not receipted in time.
        ReceiptOverdue = "receipt-overdue",
        /// A package lies ready: the partner's program takes it over the API.
        PackageReady = "package-ready",
        /// A package lay ready and was not taken in time: its transfer has lapsed.
        PackageNotTaken = "package-not-taken",
        /// An arrangement ends soon.
        ArrangementExpires = "arrangement-expires",
        /// A key ends soon.
        KeyExpires = "key-expires",
        /// A source is no longer as the catalogue says.
        SchemaDrift = "schema-drift",
        /// A package holds many more or fewer records than those before.
        UnusualVolume = "unusual-volume",
        /// A client's questions about single people were nearly the same, and it asks no more.
        LookUpsSuspended = "look-ups-suspended",
        /// Records that came in wait for a person.
        IntakeWaits = "intake-waits",
        /// Nothing of a file that came in is applied.
        IntakeRejected = "intake-rejected",
        /// Somebody tries whether alerts arrive.
        Trial = "trial",
    }
}

impl AlertKind {
    /// Which of the operation's people it is for.
    #[must_use]
    pub const fn roles(self) -> &'static [Role] {
        use Role::{
            ConfigurationEngineer, DataProtectionFocalPoint, DataProtectionOfficer, RegistrationOfficer, Representative,
        };
        match self {
            AlertKind::ApprovalNeeded => &[Representative, RegistrationOfficer, DataProtectionFocalPoint],
            AlertKind::TransferFailed => &[RegistrationOfficer, ConfigurationEngineer],
            AlertKind::ReceiptDisputed => &[RegistrationOfficer, DataProtectionFocalPoint],
            AlertKind::ReceiptOverdue | AlertKind::PackageReady | AlertKind::PackageNotTaken => &[RegistrationOfficer],
            AlertKind::ArrangementExpires => &[Representative, DataProtectionFocalPoint],
            AlertKind::KeyExpires => &[ConfigurationEngineer, RegistrationOfficer],
            AlertKind::SchemaDrift => &[ConfigurationEngineer],
            AlertKind::UnusualVolume => &[DataProtectionFocalPoint, DataProtectionOfficer, RegistrationOfficer],
            AlertKind::LookUpsSuspended => &[DataProtectionFocalPoint, DataProtectionOfficer],
            AlertKind::IntakeWaits => &[RegistrationOfficer, DataProtectionFocalPoint],
            AlertKind::IntakeRejected => &[RegistrationOfficer, ConfigurationEngineer],
            AlertKind::Trial => &[],
        }
    }
}

/// To whom an alert goes. By which ways they are reached is a setting of the installation.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum To {
    /// The operation's people whose role it concerns.
    Staff,
    /// A partner.
    Partner(String),
}

impl To {
    /// The partner, if it goes to one.
    #[must_use]
    pub fn partner(&self) -> Option<&str> {
        match self {
            To::Staff => None,
            To::Partner(name) => Some(name),
        }
    }
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            To::Staff => f.write_str("staff"),
            To::Partner(name) => write!(f, "partner:{name}"),
        }
    }
}

impl FromStr for To {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word.split_once(':') {
            Some(("partner", name)) if !name.is_empty() => Ok(To::Partner(name.to_owned())),
            None if word == "staff" => Ok(To::Staff),
            _ => Err(UnknownWord { what: "addressee", word: word.to_owned(), known: "staff, partner:NAME".to_owned() }),
        }
    }
}

/// Something to tell somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alert {
    /// Of what.
    pub kind: AlertKind,
    /// Whom.
    pub to: To,
    /// The thing that it is about: an id or a name of a document.
    pub subject: String,
    /// What else is to be found under which id.
    pub ids: BTreeMap<&'static str, String>,
    /// What tells it from another of the same kind about the same thing: a day, an attempt. The same occasion is told once.
    pub occasion: String,
}

impl Alert {
    /// An alert about a thing that happens to it once.
    pub fn new(kind: AlertKind, to: To, subject: impl Into<String>) -> Self {
        Self { kind, to, subject: subject.into(), ids: BTreeMap::new(), occasion: String::new() }
    }

    /// With a further id.
    #[must_use]
    pub fn with(mut self, what: &'static str, id: impl Into<String>) -> Self {
        self.ids.insert(what, id.into());
        self
    }

    /// At this occasion.
    #[must_use]
    pub fn at(mut self, occasion: impl Into<String>) -> Self {
        self.occasion = occasion.into();
        self
    }
}

/// Whether a word is an id: letters, digits and the signs of fingerprints and dates, no blank. No sentence is, and no full name.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let sign = |c: char| matches!(c, '-' | '_' | '.' | ':' | '/' | '+' | '=');
    !text.is_empty() && text.len() <= 160 && text.chars().all(|c| c.is_ascii_alphanumeric() || sign(c))
}

named! {
    /// In which way a number is not like those before.
    Unusual, "way of being unusual" {
        /// More than twice as many.
        More = "more",
        /// Fewer than half.
        Fewer = "fewer",
    }
}

/// How far a number may be from those before, however few they are.
const FEW: u64 = 20;

/// Whether so many records are unusual after `before`, those of the last packages: more than twice or fewer than half of the middle one,
/// and by more than twenty.
#[must_use]
pub fn unusual(released: u64, before: &[u64]) -> Option<Unusual> {
    let mut sorted = before.to_vec();
    sorted.sort_unstable();
    let usual = *sorted.get(sorted.len() / 2)?;
    if released.abs_diff(usual) <= FEW {
        return None;
    }
    if released > usual.saturating_mul(2) {
        return Some(Unusual::More);
    }
    (released < usual / 2).then_some(Unusual::Fewer)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod tests {
    use super::*;

    #[test]
    fn only_ids_are_ids() {
        for word in ["lantern-relief", "transfer-0a1b", "SHA256:Ab+/9=", "2026-05-04", "2026-05-04T09:00:00Z"] {
            assert!(is_id(word), "{word}");
        }
        for word in ["", "Amina Noor", "ኣለም", "a\nb", "a,b", "<b>", "a@b", &"x".repeat(161)] {
            assert!(!is_id(word), "{word}");
        }
    }

    #[test]
    fn every_kind_but_a_trial_has_somebody_to_tell() {
        for kind in AlertKind::ALL.iter().filter(|kind| **kind != AlertKind::Trial) {
            assert!(!kind.roles().is_empty() && kind.roles().iter().all(|role| !role.is_partners()), "{kind}");
        }
        for to in [To::Staff, To::Partner("agency".into())] {
            assert_eq!(to.to_string().parse::<To>().unwrap(), to);
        }
        assert!("agency".parse::<To>().is_err() && "partner:".parse::<To>().is_err());
    }

    #[test]
    fn what_is_unusual_is_far_from_the_middle_one() {
        assert_eq!(unusual(1000, &[]), None, "the first is like no other");
        assert_eq!(unusual(1000, &[400, 90, 410]), Some(Unusual::More));
        assert_eq!(unusual(800, &[400, 90, 410]), None, "twice is still usual");
        assert_eq!(unusual(199, &[400, 9000, 410]), Some(Unusual::Fewer));
        assert_eq!(unusual(200, &[400]), None);
        assert_eq!(unusual(21, &[1]), None, "few are few");
        assert_eq!(unusual(22, &[1]), Some(Unusual::More));
        assert_eq!(unusual(0, &[21, 21]), Some(Unusual::Fewer));
    }
}
