//! Which terms did the parties sign, and are they in force?

mod agreed;
mod amendment;
mod caps;
mod change;
mod check;
mod in_force;
mod signatures;
pub mod state;
mod validity;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::population::Predicate;
use crate::retention::Keep;
use crate::rights::RightsTerms;
use crate::{ElementRef, Form};

pub use amendment::{Amendment, amend};
pub use caps::{Cap, Released, beyond_caps, caps};
pub(crate) use change::forms;
pub use change::{Change, Effect, difference};
pub use in_force::{InForce, OFFICERS_NEEDED};
pub use signatures::{KeyStanding, Signature};
pub use state::{Ending, Event, InFlight, State, Terms, in_flight};
pub(crate) use validity::days_before;
pub use validity::{WARNING_DAYS, warning, warning_of};

/// The arrangement document. Its text is what officers sign; it is amended by a new version, never edited.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Arrangement {
    /// Identifier.
    pub arrangement: String,
    /// Version, raised by every amendment.
    pub version: u32,
    /// The framework arrangement that it stands under. Nothing here may be wider.
    #[serde(default)]
    pub under: Option<String>,
    /// What kind of document was signed.
    pub kind: Kind,
    /// Title, for people.
    pub title: String,
    /// The operation that shares.
    pub operation: String,
    /// The partner that receives, by its registered name.
    pub partner: String,
    /// Everyone who signed.
    pub parties: Vec<Party>,
    /// Everyone who handles the data for a party; nobody else may.
    pub processors: Vec<Party>,
    /// Countries of origin of the people covered, ISO 3166 alpha-3.
    pub countries_of_origin: Vec<String>,
    /// What the data are for.
    pub purpose: Purpose,
    /// What the sharing rests on.
    pub lawful_basis: LawfulBasis,
    /// Which way data go.
    pub direction: Direction,
    /// How data go.
    pub modality: Vec<Modality>,
    /// What may leave, in which form, and why.
    pub elements: Vec<AgreedElement>,
    /// What may come in from the partner, and why; nothing unless said. Read where `direction` is `accept` or `both`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub accepts: Vec<AcceptedElement>,
    /// Elements that may decide which records are taken, though they do not leave.
    pub may_select_by: Vec<ElementRef>,
    /// Whom it covers. Paths start at the person.
    pub population: Predicate,
    /// How often a transfer may be made.
    pub frequency: Frequency,
    /// How many records one transfer may release.
    pub row_cap: u64,
    /// How many records may be released in a day of UTC; no limit of its own unless said.
    #[serde(default)]
    pub day_cap: Option<u64>,
    /// How many records may be released while this version holds; no limit of its own unless said.
    #[serde(default)]
    pub volume_cap: Option<u64>,
    /// Days after which the partner erases what it received.
    pub retention_days: u32,
    /// Days for which the partner may go on with what it has begun for a person who is no longer shared; none unless said.
    #[serde(default)]
    pub removal_grace_days: Option<u32>,
    /// Whether the partner may pass data on.
    pub onward: Onward,
    /// When it holds.
    pub valid: Validity,
    /// What is agreed on biometric data.
    pub biometrics: Biometrics,
    /// What is agreed on people's decisions.
    #[serde(default, skip_serializing_if = "RightsTerms::is_usual")]
    pub rights: RightsTerms,
    /// How long this house keeps the sealed packages; as usual unless said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Keep>,
}

/// What kind of document was signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A data sharing agreement.
    DataSharingAgreement,
    /// A memorandum of understanding.
    MemorandumOfUnderstanding,
    /// Annex C of a partnership agreement.
    PartnershipAgreementAnnexC,
    /// A framework that country arrangements stand under. Nothing leaves by it alone.
    GlobalFramework,
}

/// An organisation, and where it and its servers are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Party {
    /// Name.
    pub name: String,
    /// Its legal role.
    pub role: Role,
    /// Country whose law binds it (ISO 3166 alpha-3), or `INT` for an international organisation.
    pub jurisdiction: String,
    /// Country where the data are kept, ISO 3166 alpha-3.
    pub hosting_country: String,
    /// The name under which it is registered here, as the operation or as a partner; its own name unless said.
    #[serde(default)]
    pub registered_as: Option<String>,
}

/// A legal role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Decides purpose and means.
    Controller,
    /// Handles data on a controller's behalf.
    Processor,
}

/// What the data are for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Purpose {
    /// Short code; pseudonyms differ between codes.
    pub code: String,
    /// The purpose as signed.
    pub text: String,
}

/// What the sharing rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LawfulBasis {
    /// The person's consent; without it the person is withheld.
    Consent,
    /// Vital or best interests of the person.
    VitalInterest,
    /// The organisation's mandate.
    Mandate,
    /// A legal obligation.
    LegalObligation,
    /// Safety and security of the person or others.
    Safety,
}

/// Which way data go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From the operation to the partner.
    Provide,
    /// From the partner to the operation.
    Accept,
    /// Both ways.
    Both,
}

/// How data go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Modality {
    /// As sealed packages.
    File,
    /// As bounded answers over an authenticated connection.
    Online,
}

/// One element that may leave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgreedElement {
    /// The element.
    pub element: ElementRef,
    /// The widest form in which it may leave. There is no default.
    pub form: Form,
    /// Why the purpose cannot be met without it.
    pub necessity: String,
}

/// One element that may come in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptedElement {
    /// The element.
    pub element: ElementRef,
    /// Why it is taken in from the partner.
    pub necessity: String,
}

/// How often a transfer may be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Frequency {
    /// At most so many transfers …
    pub at_most: u32,
    /// … in so many days.
    pub days: u32,
}

/// Whether the partner may pass data on, the strictest rule first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Onward {
    /// To nobody.
    None,
    /// To the named processors only.
    ProcessorsOnly,
    /// With written permission each time.
    WrittenPermission,
}

/// When an arrangement holds: both days included, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Validity {
    /// First day.
    #[schemars(with = "String")]
    pub from: jiff::civil::Date,
    /// Last day.
    #[schemars(with = "String")]
    pub until: jiff::civil::Date,
}

/// What is agreed on biometric data, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Biometrics {
    /// None may leave.
    None,
    /// Status (enrolled, quality) may leave where an element says so; templates and images may not.
    StatusOnly,
    /// Templates or images may leave where an element says so.
    Templates,
}

impl Arrangement {
    /// The party that is registered here under that name, the operation's or a partner's: for whom its people sign.
    pub fn party_registered_as(&self, registered: &str) -> Option<&Party> {
        let known = |party: &&Party| party.registered_as.as_deref().unwrap_or(&party.name) == registered;
        self.parties.iter().find(known)
    }

    /// Countries in which a party or processor is bound or keeps data, with who that is.
    pub fn countries(&self) -> impl Iterator<Item = (&str, &str)> {
        let everyone = self.parties.iter().chain(&self.processors);
        everyone.flat_map(|party| {
            [(party.jurisdiction.as_str(), party.name.as_str()), (party.hosting_country.as_str(), party.name.as_str())]
        })
    }
}

#[cfg(test)]
pub(crate) use tests::{catalogue, sample};

#[cfg(test)]
mod tests;
