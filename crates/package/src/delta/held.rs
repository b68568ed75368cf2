//! Which states does a partner hold, and what are they? A folder: for each, its data and a description beside it.
//!
//! `state-00000007.jsonl` (or `.csv`) holds the records, `state-00000007.json` says what they are. The description comes last and
//! is what makes a state held. Names of files with invented people's records begin with `SYNTHETIC-`.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::manifest::{Delta, StateDigest};
use crate::canonical::each_record;
use crate::digest::RecordDigest;
use crate::environment::{Data, Environment};
use crate::error::{PackageError, json_place};
use crate::files::read_limited;
use crate::inner::{Format, Hidden, InnerFacts, InnerManifest};
use crate::manifest::check_type;

/// The type, with its version, that a description begins with.
pub const STATE_TYPE: &str = "causeway-held-state/1";
/// No description is longer.
const DESCRIPTION_MAX: u64 = 64 * 1024 * 1024;

/// A state as its description says it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeldState {
    /// [`STATE_TYPE`].
    #[serde(rename = "type")]
    pub kind: String,
    /// The package that led to it.
    pub package: String,
    /// For what that was.
    pub environment: Environment,
    /// The key id of the sender's key that signed it.
    pub signer: String,
    /// What that package said.
    pub about: InnerFacts,
    /// What it said of states.
    pub delta: Delta,
    /// The key of digests, in hex.
    pub digest_key: Hidden,
}

/// The states in a folder, by their numbers.
#[derive(Debug)]
pub struct Held {
    dir: PathBuf,
    states: Vec<HeldState>,
}

impl HeldState {
    /// The state that a package leads to.
    pub(crate) fn of(inner: &InnerManifest, signer: &str, delta: &Delta) -> Self {
        Self {
            kind: STATE_TYPE.to_owned(),
            package: inner.package.clone(),
            environment: inner.environment,
            signer: signer.to_owned(),
            about: inner.about.clone(),
            delta: delta.clone(),
            digest_key: inner.record_digest.key.clone(),
        }
    }

    /// Its number.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.about.sequence
    }

    /// Count and digest of what stands in its data file now.
    ///
    /// # Errors
    /// The file cannot be read, or is not of its format.
    pub fn found(&self, data: &Path) -> Result<StateDigest, PackageError> {
        let file = File::open(data).map_err(PackageError::io("read", data))?;
        let mut digest = RecordDigest::from_hex_key(self.digest_key.reveal())
            .ok_or_else(|| unreadable(data, "its digest key is not 64 hex digits"))?;
        let read = each_record(&mut BufReader::new(file), &self.about, &mut |_, canonical| {
            canonical.into_iter().for_each(|canonical| digest.add(canonical));
            Ok(())
        });
        read.map_err(|error| unreadable(data, &error.to_string()))?;
        Ok(StateDigest { count: digest.records(), digest: digest.to_hex() })
    }
}

impl Held {
    /// Reads the descriptions in a folder.
    ///
    /// # Errors
    /// One of them cannot be read: what is held must be known before anything is believed to follow.
    pub fn read(dir: &Path) -> Result<Self, PackageError> {
        let mut states = Vec::new();
        for entry in std::fs::read_dir(dir).map_err(PackageError::io("list", dir))? {
            let path = entry.map_err(PackageError::io("list", dir))?.path();
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if !name.starts_with("state-") || !name.ends_with(".json") {
                continue;
            }
            let bytes = read_limited(&path, DESCRIPTION_MAX).map_err(PackageError::io("read", &path))?;
            let bytes = bytes.ok_or_else(|| unreadable(&path, "it is too long"))?;
            check_type(&bytes, name, &[STATE_TYPE])?;
            let state: HeldState =
                serde_json::from_slice(&bytes).map_err(|error| unreadable(&path, &json_place(&error)))?;
            if path != described(dir, state.sequence()) {
                return Err(unreadable(&path, "it is of another number than its name"));
            }
            states.push(state);
        }
        states.sort_by_key(HeldState::sequence);
        Ok(Self { dir: dir.to_owned(), states })
    }

    /// The newest.
    #[must_use]
    pub fn newest(&self) -> Option<&HeldState> {
        self.states.last()
    }

    /// The one of this number.
    #[must_use]
    pub fn numbered(&self, sequence: u64) -> Option<&HeldState> {
        self.states.iter().find(|state| state.sequence() == sequence)
    }

    /// Forgets each state of which that is said: first what makes it one.
    pub(crate) fn forget(&self, is_over: impl Fn(&HeldState) -> bool) -> Result<(), PackageError> {
        for state in self.states.iter().filter(|state| is_over(state)) {
            let (sequence, format, data) = (state.sequence(), state.about.format, state.environment.data());
            let all = [
                described(&self.dir, sequence),
                data_file(&self.dir, "state", sequence, format, data),
                data_file(&self.dir, "changes", sequence, format, data),
                removed_file(&self.dir, sequence),
            ];
            all.iter().try_for_each(|path| gone_or_absent(path))?;
        }
        Ok(())
    }

    /// Their numbers, for messages.
    pub(crate) fn numbers(&self) -> String {
        let numbers: Vec<String> = self.states.iter().map(|state| state.sequence().to_string()).collect();
        if numbers.is_empty() { "none is held".to_owned() } else { format!("held are {}", numbers.join(", ")) }
    }

    /// Where the data of a state stand.
    #[must_use]
    pub fn data(&self, state: &HeldState) -> PathBuf {
        data_file(&self.dir, "state", state.sequence(), state.about.format, state.environment.data())
    }

    /// What a package's state comes to in its file now: for the receipt.
    ///
    /// # Errors
    /// It is not held, or its file cannot be read.
    pub fn found(&self, inner: &InnerManifest) -> Result<StateDigest, PackageError> {
        let sequence = inner.about.sequence;
        let held = self.numbered(sequence).filter(|state| state.package == inner.package);
        let held = held.ok_or_else(|| {
            unreadable(&described(&self.dir, sequence), "the package was not applied here: apply it first")
        })?;
        held.found(&self.data(held))
    }
}

/// Where the description of a state stands.
pub(crate) fn described(dir: &Path, sequence: u64) -> PathBuf {
    dir.join(format!("state-{sequence:08}.json"))
}

/// Where the tags stand of those who are gone since a state's base.
pub(crate) fn removed_file(dir: &Path, sequence: u64) -> PathBuf {
    dir.join(format!("removed-{sequence:08}.jsonl"))
}

/// Where the records of a state stand, or those by which it differs from its base.
pub(crate) fn data_file(dir: &Path, what: &str, sequence: u64, format: Format, data: Data) -> PathBuf {
    let end = match format {
        Format::Csv => "csv",
        Format::Jsonl => "jsonl",
        Format::Parquet => "parquet",
    };
    dir.join(format!("{}{what}-{sequence:08}.{end}", data.mark()))
}

/// Removes a file, if it is there.
pub(crate) fn gone_or_absent(path: &Path) -> Result<(), PackageError> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(PackageError::io("remove", path)(error)),
        _ => Ok(()),
    }
}

pub(crate) fn unreadable(path: &Path, problem: &str) -> PackageError {
    PackageError::StateUnreadable { path: path.to_path_buf(), problem: problem.to_owned() }
}
