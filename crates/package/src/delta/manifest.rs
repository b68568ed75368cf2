//! What does the inner manifest of a package say of the state that it leads to?

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::PackageError;
use crate::inner::{Hidden, INNER_NAME, InnerFacts, InnerPart};
use crate::manifest::is_hex;

/// Whether a package is a state whole or what differs from one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeltaKind {
    /// All records.
    Full,
    /// The records that were added or changed, and the tags of those that are gone.
    Delta,
}

/// How many records a state has, and their digest: the sum that [`crate::RecordDigest`] makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateDigest {
    /// How many.
    pub count: u64,
    /// Their digest under the key of `record_digest`, in hex.
    pub digest: String,
}

/// The state that a delta starts from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BaseRef {
    /// Number of the package that led to it.
    pub sequence: u64,
    /// Its count and digest.
    pub state: StateDigest,
}

/// The member `delta` of an inner manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delta {
    /// Whether the data are all records or those that differ.
    pub kind: DeltaKind,
    /// The fields that together name a record, in this order.
    pub key: Vec<String>,
    /// The key of tags, in hex; that of digests stands in `record_digest`.
    pub tag_key: Hidden,
    /// What a delta starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<BaseRef>,
    /// What the partner holds once it is applied.
    pub state: StateDigest,
    /// The part with the tags of those that are gone, one JSON object a line; a delta has it, be it empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub removed: Option<InnerPart>,
}

/// Why a record is gone. It is never said which rule did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemovalReason {
    /// It is not among those that are shared any more.
    NoLongerShared,
}

/// A line of the part `removed`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Removed {
    /// The record's tag, in hex.
    pub record: String,
    /// Why.
    pub reason: RemovalReason,
    /// Until when the partner may go on with what it has begun; only where that is agreed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grace_until: Option<Date>,
}

impl Delta {
    /// Where the fields that name a record stand among all of them.
    ///
    /// # Errors
    /// One of them is no field.
    pub fn places(&self, about: &InnerFacts) -> Result<Vec<usize>, PackageError> {
        let place = |name: &String| about.fields.iter().position(|field| field.name == *name);
        let places: Option<Vec<usize>> = self.key.iter().map(place).collect();
        places.filter(|places| !places.is_empty()).ok_or_else(|| malformed("its key names something that is no field"))
    }

    /// Holds the members to one another.
    pub(crate) fn check(&self, about: &InnerFacts, released: u64) -> Result<(), PackageError> {
        self.places(about)?;
        let is_delta = self.kind == DeltaKind::Delta;
        let digests = [Some(&self.state), self.base.as_ref().map(|base| &base.state)];
        if !is_hex(self.tag_key.reveal(), 64) || !digests.into_iter().flatten().all(|state| is_hex(&state.digest, 64)) {
            return Err(malformed("a key or digest of its states is not 64 hex digits"));
        }
        if self.base.is_some() != is_delta || self.removed.is_some() != is_delta {
            return Err(malformed("a delta has a base and names who is gone, and a full package has neither"));
        }
        if self.base.as_ref().is_some_and(|base| base.sequence >= about.sequence) {
            return Err(malformed("its base is not before it"));
        }
        if !is_delta && self.state.count != released {
            return Err(malformed("it is full, and its state has another number of records"));
        }
        Ok(())
    }
}

fn malformed(problem: &str) -> PackageError {
    PackageError::malformed(INNER_NAME, problem)
}
