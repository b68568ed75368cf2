//! What does the partner, and only the partner, read about the data? The inner manifest.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::delta::Delta;
use crate::environment::{Data, Environment, agree};
use crate::error::{PackageError, json_place};
use crate::manifest::{check_type, is_hex};

/// The type, with its version, that the inner manifest begins with.
pub const INNER_TYPE: &str = "causeway-inner/1";
/// The type of one whose package leads to a state ([`crate::delta`]): who knows only the other must not take a part for the whole.
pub const INNER_STATE_TYPE: &str = "causeway-inner/2";
/// How messages call the decrypted inner manifest.
pub(crate) const INNER_NAME: &str = "inner manifest";

// INVARIANT (the partner cannot see whom we withheld): no member here, now or later, tells a count or reason of
// withheld or quarantined people, nor anything computed from them. `tests/it/shape.rs` holds the list of members.
/// The inner manifest; unknown members are refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InnerManifest {
    /// [`INNER_TYPE`], or [`INNER_STATE_TYPE`] where it has a `delta`.
    #[serde(rename = "type")]
    pub kind: String,
    /// The package it belongs to: an inner manifest cannot be moved to another package.
    pub package: String,
    /// For what it is, as the outer manifest says.
    #[serde(default)]
    pub environment: Environment,
    /// Whose data it holds.
    #[serde(default)]
    pub data: Data,
    /// What the exchange says about the data.
    pub about: InnerFacts,
    /// How each data part is compressed.
    pub compression: Compression,
    /// The data parts, in the order of joining.
    pub parts: Vec<InnerPart>,
    /// Records in all parts together.
    pub released: u64,
    /// The keyed digest of all records.
    pub record_digest: DigestRef,
    /// The state that it leads to, where its exchange is sent as states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta: Option<Delta>,
    /// Proof that the reader opened this package: goes into the receipt, 32 random bytes in hex.
    pub receipt_token: Hidden,
}

/// The facts that the sender's exchange gives to [`crate::PackageWriter::finish`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InnerFacts {
    /// The transfer's id.
    pub transfer: String,
    /// The exchange's id.
    pub exchange: String,
    /// Number of this transfer within the exchange, from 1: a gap is a package that did not arrive.
    pub sequence: u64,
    /// The arrangement under which the data is shared.
    pub arrangement: ArrangementRef,
    /// Format of the data file.
    pub format: Format,
    /// For whom the format was written.
    pub audience: Audience,
    /// The fields of a record, in order.
    pub fields: Vec<Field>,
    /// The day on which the data must be gone at the partner's.
    pub purge_by: Date,
    /// The sender's newest ledger checkpoint, whole text; the receipt repeats it.
    pub checkpoint: String,
    /// When each source was read.
    pub sources: Vec<Source>,
    /// Seconds between the first and the last of those moments: within them, sources may disagree.
    pub snapshot_spread_s: u64,
}

/// Which version of which arrangement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArrangementRef {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// SHA-256 of its signed text.
    pub digest: String,
}

/// Format of the data file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// RFC 4180, one header line in the first part.
    Csv,
    /// One JSON object a line.
    Jsonl,
    /// Each part is a whole Parquet file.
    Parquet,
}

/// For whom the format was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Audience {
    /// Spreadsheets: formulas are neutralised.
    People,
    /// Programs: values are exactly as released.
    Machine,
}

/// How a data part is compressed before it is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Compression {
    /// Zstandard, filled with a skippable frame.
    Zstd,
    /// gzip, filled with empty members.
    Gzip,
    /// Not compressed and, for that reason, not filled: the size shows.
    None,
}

/// One field of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// The name in the data file.
    pub name: String,
    /// Its type, in the words of the catalogue.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it means.
    pub description: String,
    /// The agreed elements it is made of, each with the form in which it may leave.
    pub from: Vec<Origin>,
}

/// A data element and the form in which it leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The data element.
    pub element: String,
    /// The form.
    pub form: String,
}

/// When one source was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The source's name.
    pub name: String,
    /// What kind of snapshot it was.
    pub snapshot: String,
    /// The moment that the data stands for.
    pub taken_at: Timestamp,
}

/// One data part, seen from inside.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InnerPart {
    /// Its file name, as in the outer manifest.
    pub name: String,
    /// Records in it.
    pub records: u64,
    /// Bytes after decrypting and decompressing: more than this is refused while unpacking.
    pub size: u64,
    /// SHA-256 of these bytes.
    pub sha256: String,
}

/// The keyed digest of all records ([`crate::RecordDigest`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestRef {
    /// [`crate::digest::ALGORITHM`].
    pub algorithm: String,
    /// The key, in hex.
    pub key: Hidden,
    /// The value, in hex.
    pub value: String,
}

/// A text that must not be printed: wiped when dropped, hidden from `Debug`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(Zeroizing<String>);

impl Hidden {
    /// Hides a text.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Shows it, on purpose.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Debug for Hidden {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Hidden")
    }
}

impl InnerManifest {
    /// Reads decrypted bytes strictly.
    ///
    /// # Errors
    /// Another version, or a malformed document.
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageError> {
        check_type(bytes, INNER_NAME, &[INNER_TYPE, INNER_STATE_TYPE])?;
        let inner: Self =
            serde_json::from_slice(bytes).map_err(|error| PackageError::malformed(INNER_NAME, json_place(&error)))?;
        agree(INNER_NAME, inner.environment, inner.data)?;
        if !is_hex(inner.receipt_token.reveal(), 64) || !is_hex(inner.record_digest.key.reveal(), 64) {
            return Err(PackageError::malformed(INNER_NAME, "the receipt token or digest key is not 64 hex digits"));
        }
        if inner.delta.is_some() != (inner.kind == INNER_STATE_TYPE) {
            return Err(PackageError::malformed(
                INNER_NAME,
                "its type does not fit: version 2 has a `delta`, version 1 none",
            ));
        }
        if let Some(delta) = &inner.delta {
            delta.check(&inner.about, inner.released)?;
        }
        Ok(inner)
    }
}
