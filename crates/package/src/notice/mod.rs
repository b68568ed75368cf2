//! How does a partner learn that a person it has data about withdrew, objected, or was corrected, contested, merged or erased?
//!
//! A *notice* is a small package: `manifest.json` (clear, signed), `manifest.sig`, and one part sealed to the partner. What it is about stands in the part
//! alone, which is filled to whole buckets. The partner answers with an [`answer`](Answer) that it signs like a receipt.

mod answer;
mod sealed;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::environment::Environment;
use crate::error::{PackageError, json_place};
use crate::inner::Hidden;
use crate::manifest::{PartRef, RecipientRef, check_type, is_hex, is_part_name};

pub use answer::{ANSWER_TYPE, Answer, AnswerOutcome, Certificate, verify_answer};
pub use sealed::{SealedNotice, open_notice, seal_notice, seal_own, unseal_own};

/// The type, with its version, that a notice's manifest begins with.
pub const NOTICE_TYPE: &str = "causeway-notice/1";
/// The type, with its version, that a notice itself begins with.
pub const NOTICE_INNER_TYPE: &str = "causeway-notice-inner/1";
/// How messages call it.
const NAME: &str = "notice";
/// No notice is longer.
const NOTICE_MAX: u64 = 16 << 20;

/// What everybody may see of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeManifest {
    /// [`NOTICE_TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The notice's id, also the folder's name.
    pub notice: String,
    /// For what it is: the environment of the key that signed it.
    pub environment: Environment,
    /// When it was sealed.
    pub created: Timestamp,
    /// The key that it is sealed to.
    pub recipients: Vec<RecipientRef>,
    /// The key id of the signing key.
    pub signer: String,
    /// The one part.
    pub parts: Vec<PartRef>,
}

/// What the partner reads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// [`NOTICE_INNER_TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The notice it belongs to.
    pub notice: String,
    /// Proof that the reader opened it: goes into the answer, 32 random bytes in hex.
    pub token: Hidden,
    /// Who tells.
    pub operation: String,
    /// Who is told.
    pub partner: String,
    /// What was decided: `consent-withdrawn`, `objection`, `correction`, `contested`, `contest-resolved`, `merge`, `erasure`, or a change of
    /// pseudonyms.
    pub decided: String,
    /// For which purpose; all of them where it is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<String>,
    /// Why, where the arrangement says that it is told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// From when it is true.
    pub effective: Date,
    /// The day by which the partner has acted on it.
    pub act_by: Date,
    /// The day until which the person goes on being served, where that is agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_until: Option<Date>,
    /// What is asked of the partner.
    pub wants: Wants,
    /// The packages that held the person, oldest first.
    pub records: Vec<NoticeRecord>,
}

/// What is asked of the partner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Wants {
    /// To act, and to say that it did.
    Answer,
    /// To delete, and to certify that.
    DeletionCertificate,
}

/// A package that held the person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoticeRecord {
    /// The package.
    pub package: String,
    /// Its transfer.
    pub transfer: String,
    /// Its exchange.
    pub exchange: String,
    /// The arrangement under which it was made.
    pub arrangement: String,
    /// Its version.
    pub arrangement_version: u32,
    /// By what the partner knows the person; empty where nothing that was sent points to one person.
    pub references: Vec<Reference>,
}

/// By what the partner knows the person.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The field of the data file; of a nested one with the fields around it, joined by dots.
    pub field: String,
    /// Its value, as it was sent.
    pub value: String,
    /// For `merge`: the value of the record under which the person goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub into: Option<String>,
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Reference({}, hidden)", self.field)
    }
}

impl NoticeManifest {
    /// Reads signed bytes strictly.
    ///
    /// # Errors
    /// Another version, or a malformed document.
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageError> {
        check_type(bytes, NAME, &[NOTICE_TYPE])?;
        let manifest: Self =
            serde_json::from_slice(bytes).map_err(|error| PackageError::malformed(NAME, json_place(&error)))?;
        let one = matches!(manifest.parts.as_slice(), [part] if is_part_name(&part.name));
        if !one || !is_hex(&manifest.notice, 32) {
            return Err(PackageError::malformed(NAME, "its id or its one part is not named as ours are"));
        }
        Ok(manifest)
    }
}

impl Notice {
    fn parse(bytes: &[u8]) -> Result<Self, PackageError> {
        check_type(bytes, NAME, &[NOTICE_INNER_TYPE])?;
        let notice: Self =
            serde_json::from_slice(bytes).map_err(|error| PackageError::malformed(NAME, json_place(&error)))?;
        if !is_hex(notice.token.reveal(), 64) {
            return Err(PackageError::malformed(NAME, "its token is not 64 hex digits"));
        }
        Ok(notice)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]
mod tests;
