//! What is really in a generated population, against which a test or the demo compares what came out?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::spec::Planting;

/// Everything that the generator knows about what it wrote. It is returned, never written beside the data.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Truth {
    /// Rows of `individual`.
    pub people: u32,
    /// Rows of `household`.
    pub households: u32,
    /// The planted people's `individual_id`s, by kind, in the order of planting. Every kind has an entry.
    pub planted: BTreeMap<Planting, Vec<String>>,
    /// People by the script of their names (`arabic`, `bengali`, `burmese`, `cyrillic`, `ethiopic`, `latin`).
    pub scripts: BTreeMap<String, u32>,
    /// People by their own camp, the one outside included.
    pub camps: BTreeMap<String, u32>,
    /// People by process status.
    pub process_statuses: BTreeMap<String, u32>,
    /// Rows of `document`.
    pub documents: u32,
    /// Rows of `specific_need`.
    pub specific_needs: u32,
    /// Rows of `language`.
    pub languages: u32,
    /// Rows of `confidentiality_mark`.
    pub marks: u32,
    /// Rows of `enrolment`, in the biometrics store.
    pub enrolments: u32,
    /// Lines of `assistance.csv`, without its header.
    pub assistance_lines: u32,
    /// Lines of `verification.jsonl`, at most one a person.
    pub verification_lines: u32,
    /// People whose telephone at verification is another number than the phone in the registration store.
    pub phone_conflicts: u32,
    /// People without a phone in the registration store who gave one at verification.
    pub phone_only_at_verification: u32,
}

impl Truth {
    /// The people planted with one kind.
    #[must_use]
    pub fn planted(&self, planting: Planting) -> &[String] {
        self.planted.get(&planting).map_or(&[], Vec::as_slice)
    }

    /// People inside the four camps whom a mark or their own decision withholds from the plant's partner.
    pub fn withheld(&self) -> impl Iterator<Item = &str> {
        self.of(Planting::WITHHELD)
    }

    /// People inside the four camps whose record is broken.
    pub fn broken(&self) -> impl Iterator<Item = &str> {
        self.of(Planting::BROKEN)
    }

    /// How many people live outside the four camps.
    #[must_use]
    pub fn outside(&self) -> u32 {
        u32::try_from(self.planted(Planting::Outside).len()).unwrap_or(u32::MAX)
    }

    fn of<const N: usize>(&self, kinds: [Planting; N]) -> impl Iterator<Item = &str> {
        kinds.into_iter().flat_map(|kind| self.planted(kind)).map(String::as_str)
    }
}
