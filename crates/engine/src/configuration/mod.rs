//! What is the configuration of an installation: which documents are in use, and how do they stand in a directory?
//!
//! One file an object, by names: `catalogue.yaml`, `code-lists/NAME.yaml`, `arrangements/NAME.yaml`, `exchanges/NAME.yaml`,
//! `officers/NAME.yaml`, `partners/NAME.yaml`, `thresholds.yaml`, and `configuration.yaml`, which says whose it is and what is in it.
//!
//! - `standing`: what is in use;
//! - `write`: the directory that an export makes;
//! - `directory`: a directory that is read, each file with its positions;
//! - `check`: what is wrong with documents, held against each other and against what is in use;
//! - `proposal`: what a directory would change;
//! - `clone`: an exchange for another operation.

mod check;
pub(crate) mod clone;
mod directory;
mod person;
mod proposal;
mod standing;
mod write;

use causeway_store::change::{StagedDocument, StagedKind};
use serde::{Deserialize, Serialize};

use crate::documents::sha256_hex;
use crate::house::House;

pub use causeway_model::assessment::ThresholdsDocument as Thresholds;
pub(crate) use check::{Part, Report, check, turned};
pub use person::{OfficerFile, PartnerFile, officer_file, partner_file};
pub use proposal::{Bringing, Proposal, propose};
pub(crate) use standing::standing;
pub use write::export;

/// The file that says whose configuration a directory holds.
pub const INDEX: &str = "configuration.yaml";

/// A kind of object that has files of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// What the installation holds; its code lists have files of their own.
    Catalogue,
    /// A code list of the catalogue.
    CodeList,
    /// Figures from which an impact assessment is due.
    Thresholds,
    /// A person's roles and public key: shown here, and brought in by `officer add`.
    Officer,
    /// A partner's public profile: shown here, and brought in by `partner add`.
    Partner,
    /// The text of an arrangement.
    Arrangement,
    /// One configured flow.
    Exchange,
}

impl Kind {
    const FOLDERS: [(Kind, &'static str); 5] = [
        (Kind::CodeList, "code-lists"),
        (Kind::Officer, "officers"),
        (Kind::Partner, "partners"),
        (Kind::Arrangement, "arrangements"),
        (Kind::Exchange, "exchanges"),
    ];
    const FILES: [(Kind, &'static str); 2] =
        [(Kind::Catalogue, "catalogue.yaml"), (Kind::Thresholds, "thresholds.yaml")];

    /// Its name for people.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Catalogue => "catalogue",
            Kind::CodeList => "code list",
            Kind::Thresholds => "thresholds",
            Kind::Officer => "officer",
            Kind::Partner => "partner",
            Kind::Arrangement => "arrangement",
            Kind::Exchange => "exchange",
        }
    }

    /// The file of the object of that name, from the directory.
    fn file(self, name: &str) -> String {
        let folder = Self::FOLDERS.iter().find(|(kind, _)| *kind == self).map(|(_, folder)| folder);
        let file = Self::FILES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, file)| file);
        folder.map_or_else(|| file.to_owned(), |folder| format!("{folder}/{name}.yaml"))
    }

    fn staged(self) -> Option<StagedKind> {
        match self {
            Kind::Catalogue => Some(StagedKind::Catalogue),
            Kind::Arrangement => Some(StagedKind::Arrangement),
            Kind::Exchange => Some(StagedKind::Exchange),
            Kind::Thresholds => Some(StagedKind::Thresholds),
            Kind::CodeList | Kind::Officer | Kind::Partner => None,
        }
    }

    pub(crate) fn of_staged(kind: StagedKind) -> Self {
        match kind {
            StagedKind::Catalogue => Kind::Catalogue,
            StagedKind::Arrangement => Kind::Arrangement,
            StagedKind::Exchange => Kind::Exchange,
            StagedKind::Thresholds => Kind::Thresholds,
        }
    }
}

/// Which installation this is: operation and short hash of the ledger's key, as its log calls itself.
pub fn installation(house: &House) -> String {
    let key = house.keys.fingerprints().ledger;
    let mut parts = key.split('+');
    let (name, hash) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    format!("{name}+{hash}")
}

/// The digest of a set: over the operation and each document's kind, name, version and digest, in that order.
pub fn set_digest(operation: &str, documents: &[StagedDocument]) -> String {
    let mut lines: Vec<String> = documents
        .iter()
        .map(|one| format!("{} {} {} {}\n", one.kind.name(), one.name, one.version, one.sha256()))
        .collect();
    lines.sort();
    sha256_hex(&format!("causeway-configuration/1\n{operation}\n{}", lines.concat()))
}

/// What an officer signs who lays a set by (`stage`) or brings it into use (`activate`).
pub fn signed_bytes(deed: &str, set: &str, digest: &str) -> Vec<u8> {
    format!("causeway-configuration/1\n{deed}\n{set}\n{digest}\n").into_bytes()
}
