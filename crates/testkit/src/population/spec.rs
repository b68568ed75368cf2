//! What population does the caller want: how many people, from which seed, with whom planted among them?

use serde::{Deserialize, Serialize};

/// What to generate. `Spec::default()` is the demo's population.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spec {
    /// People in all, the planted ones included.
    pub people: u32,
    /// Decides everything that is drawn.
    pub seed: u64,
    /// Whom to plant.
    pub plant: Plant,
}

impl Default for Spec {
    fn default() -> Self {
        Self { people: 20_000, seed: 1, plant: Plant::default() }
    }
}

impl Spec {
    /// A population of `people` with the default seed and plant.
    #[must_use]
    pub fn of(people: u32) -> Self {
        Self { people, ..Self::default() }
    }

    /// The same with another seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// The same with other people planted.
    #[must_use]
    pub fn plant(self, plant: Plant) -> Self {
        Self { plant, ..self }
    }
}

/// How many people of each kind to plant. No person is planted twice, and nobody else in the population has any of
/// these properties: everyone else consents, is unmarked, lives in one of the four camps and has a sound record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plant {
    /// People with a confidentiality mark against everyone (`*`).
    pub marked_for_everyone: u32,
    /// People with a confidentiality mark against `partner` alone.
    pub marked_for_partner: u32,
    /// The partner that the mark names.
    pub partner: String,
    /// People who refused consent to sharing.
    pub consent_refused: u32,
    /// People who withdrew it.
    pub consent_withdrawn: u32,
    /// People in a camp outside the demo's arrangement: most in families that live there, some apart from their family.
    pub outside: u32,
    /// Records whose sex is `Q`, which no list has.
    pub unknown_code: u32,
    /// Records born on 30 February.
    pub impossible_date: u32,
    /// Records whose given name is not UTF-8.
    pub invalid_utf8: u32,
    /// Records whose family name has 10,000 characters.
    pub oversize: u32,
    /// Records whose phone says `see file`.
    pub unparseable_phone: u32,
    /// Names with a terminal's control characters. Legal data: it is shared as it is, but must never reach a terminal.
    pub terminal_control: u32,
}

impl Default for Plant {
    fn default() -> Self {
        Self {
            marked_for_everyone: 24,
            marked_for_partner: 16,
            partner: "lantern-relief".to_owned(),
            consent_refused: 24,
            consent_withdrawn: 16,
            outside: 240,
            unknown_code: 8,
            impossible_date: 8,
            invalid_utf8: 6,
            oversize: 4,
            unparseable_phone: 10,
            terminal_control: 6,
        }
    }
}

impl Plant {
    /// Nobody planted: everyone may be shared and every record is sound.
    #[must_use]
    pub fn none() -> Self {
        Self {
            marked_for_everyone: 0,
            marked_for_partner: 0,
            consent_refused: 0,
            consent_withdrawn: 0,
            outside: 0,
            unknown_code: 0,
            impossible_date: 0,
            invalid_utf8: 0,
            oversize: 0,
            unparseable_phone: 0,
            terminal_control: 0,
            ..Self::default()
        }
    }

    /// How many people of one kind the plant asks for.
    #[must_use]
    pub fn count(&self, planting: Planting) -> u32 {
        match planting {
            Planting::Outside => self.outside,
            Planting::MarkedForEveryone => self.marked_for_everyone,
            Planting::MarkedForPartner => self.marked_for_partner,
            Planting::ConsentRefused => self.consent_refused,
            Planting::ConsentWithdrawn => self.consent_withdrawn,
            Planting::UnknownCode => self.unknown_code,
            Planting::ImpossibleDate => self.impossible_date,
            Planting::InvalidUtf8 => self.invalid_utf8,
            Planting::Oversize => self.oversize,
            Planting::UnparseablePhone => self.unparseable_phone,
            Planting::TerminalControl => self.terminal_control,
        }
    }

    /// How many people the plant asks for in all.
    #[must_use]
    pub fn total(&self) -> u64 {
        Planting::ALL.iter().map(|planting| u64::from(self.count(*planting))).sum()
    }
}

/// The one property that was planted on a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Planting {
    /// Lives in a camp outside the arrangement.
    Outside,
    /// Marked `*`.
    MarkedForEveryone,
    /// Marked against the plant's partner.
    MarkedForPartner,
    /// Refused consent.
    ConsentRefused,
    /// Withdrew consent.
    ConsentWithdrawn,
    /// Sex `Q`.
    UnknownCode,
    /// Born on 30 February.
    ImpossibleDate,
    /// Given name that is not UTF-8.
    InvalidUtf8,
    /// Family name of 10,000 characters.
    Oversize,
    /// Phone `see file`.
    UnparseablePhone,
    /// Control characters in the given name.
    TerminalControl,
}

impl Planting {
    /// Every kind, in the order in which they are planted.
    pub const ALL: [Self; 11] = [
        Self::Outside,
        Self::MarkedForEveryone,
        Self::MarkedForPartner,
        Self::ConsentRefused,
        Self::ConsentWithdrawn,
        Self::UnknownCode,
        Self::ImpossibleDate,
        Self::InvalidUtf8,
        Self::Oversize,
        Self::UnparseablePhone,
        Self::TerminalControl,
    ];

    /// The kinds by which a person may not be shared with the plant's partner.
    pub const WITHHELD: [Self; 4] =
        [Self::MarkedForEveryone, Self::MarkedForPartner, Self::ConsentRefused, Self::ConsentWithdrawn];

    /// The kinds by which a record is broken, each in one element.
    pub const BROKEN: [Self; 5] =
        [Self::UnknownCode, Self::ImpossibleDate, Self::InvalidUtf8, Self::Oversize, Self::UnparseablePhone];
}
