//! How does the partner's copy follow a package, and what does it refuse?
//!
//! In: a package and the folder of held states. Out: one more state, with what came in beside it. Refuses, and leaves what is held as it
//! was: an older number, a base that is not held as it was sent, other fields, a result that is not the sender's, a package of another
//! sender, exchange or environment than what is held.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use super::held::{Held, HeldState, data_file, described, gone_or_absent, removed_file, unreadable};
use super::manifest::{DeltaKind, Removed, StateDigest};
use super::{StateKey, Tag, Tags};
use crate::canonical::{Each, each_record, is_readable};
use crate::digest::RecordDigest;
use crate::error::PackageError;
use crate::files::{create_private, create_private_dir, sync_dir, with_suffix, write_whole};
use crate::inner::InnerManifest;
use crate::key::{Identities, VerifyingKey};
use crate::manifest::{OuterManifest, shown, to_json};
use crate::open::{Limits, Opened, inner_of, unpack};

/// What was applied.
#[derive(Clone, Debug)]
pub struct Applied {
    /// What the package said.
    pub inner: InnerManifest,
    /// What is held now.
    pub state: StateDigest,
    /// Its records.
    pub data: PathBuf,
    /// Whether it had been applied before.
    pub again: bool,
}

/// Whether packages are signed as those that led to what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signed {
    /// With the same key of the sender.
    AsBefore,
    /// With whichever key of the sender: it was changed, and the new one was confirmed.
    ByAnother,
}

/// Applies a package to the states in a folder, which exists.
///
/// # Errors
/// Everything [`crate::open()`] refuses, and what does not follow from what is held. Nothing is changed then.
pub fn apply(
    dir: &Path,
    identities: &Identities,
    sender: &VerifyingKey,
    signed: Signed,
    states: &Path,
    limits: &Limits,
) -> Result<Applied, PackageError> {
    let found = inner_of(dir, identities, sender)?;
    let inner = found.1.clone();
    let delta = inner.delta.clone().ok_or(PackageError::NotAState)?;
    if !is_readable(&inner.about) {
        return Err(PackageError::NotRebuilt);
    }
    // One at a time: what is held must not change between looking and adding to it.
    let _alone = alone(states)?;
    let held = Held::read(states)?;
    let sequence = inner.about.sequence;
    if let Some(newest) = held.newest() {
        same_states(states, newest, &inner, &found.0.manifest, signed)?;
        if newest.package == inner.package {
            let data = held.data(newest);
            return Ok(Applied { state: newest.found(&data)?, data, again: true, inner });
        }
        // INVARIANT (no replay): numbers only grow, whatever is sent a second time and whoever sends it.
        if newest.sequence() >= sequence {
            return Err(PackageError::Replayed { sequence, newest: newest.sequence() });
        }
    }
    let base = match &delta.base {
        None => None,
        Some(base) => {
            let is_it = |state: &&HeldState| {
                let (a, b) = (&state.delta, &delta);
                a.state == base.state && a.key == b.key && a.tag_key == b.tag_key
            };
            let same = |state: &&HeldState| {
                let (a, b) = (&state.about, &inner.about);
                a.fields == b.fields && a.format == b.format && state.digest_key == inner.record_digest.key
            };
            let other = || PackageError::OtherBase { base: base.sequence, held: held.numbers() };
            Some(held.numbered(base.sequence).filter(is_it).filter(same).ok_or_else(other)?)
        }
    };

    // CRASH: what was being rebuilt may stay in a hidden folder; it is cleared by the next call, and no state is held by it.
    let room = Room::make(states)?;
    let opened = unpack(dir, found, identities, &room.0, limits)?;
    let places = delta.places(&inner.about)?;
    let key = StateKey::from_hex(delta.tag_key.reveal(), inner.record_digest.key.reveal());
    let key =
        key.ok_or_else(|| PackageError::malformed("inner manifest", "a key of its states is not 64 hex digits"))?;
    let rebuilding = Rebuilding { tags: key.tags(places), inner: &inner, opened: &opened };
    let rebuilt = room.0.join("rebuilt");
    let base = base.map(|state| held.data(state));
    let digest = rebuilding.write(&rebuilt, base.as_deref(), key.digest())?;
    let state = StateDigest { count: digest.records(), digest: digest.to_hex() };
    if state != delta.state {
        return Err(PackageError::StateDiffers { declared: delta.state.count, found: state.count });
    }

    let place = |what: &str| data_file(states, what, sequence, inner.about.format, inner.data);
    let data = place("state");
    take(&rebuilt, &data)?;
    if delta.kind == DeltaKind::Delta {
        opened.data.iter().try_for_each(|from| take(from, &place("changes")))?;
        if let Some(from) = &opened.removed {
            take(from, &removed_file(states, sequence))?;
        }
    }
    sync_dir(states)?;
    // CRASH: data without a description are no state: they are written over when the package is applied again, as is a description
    // that was not finished.
    let description = to_json(&HeldState::of(&inner, &opened.manifest.signer, &delta), "held state")?;
    let path = described(states, sequence);
    gone_or_absent(&with_suffix(&path, ".tmp"))?;
    write_whole(&path, &description)?;
    sync_dir(states)?;
    // Whoever sent it has the receipt of its base: nothing older is built on any more. Nor is anything whose day is over.
    let base = delta.base.as_ref().map(|base| base.sequence);
    let made = opened.manifest.created.to_zoned(TimeZone::UTC).date();
    held.forget(|state| {
        let is_before = base.is_some_and(|base| state.sequence() < base);
        is_before || (state.about.purge_by <= made && base != Some(state.sequence()))
    })?;
    Ok(Applied { inner, state, data, again: false })
}

/// Refuses a package that is of something else than what is held.
fn same_states(
    states: &Path,
    held: &HeldState,
    inner: &InnerManifest,
    outer: &OuterManifest,
    signed: Signed,
) -> Result<(), PackageError> {
    let (is_for, was_for) = (inner.environment.as_str(), held.environment.as_str());
    let compared = [
        (was_for, is_for, "environment", "choose another folder"),
        (
            &held.signer,
            &outer.signer,
            "sender key",
            "choose another folder, or, if the sender changed its key and you confirmed the new one, say `--sender-key-changed`",
        ),
        (&held.about.exchange, &inner.about.exchange, "exchange", "choose another folder"),
    ];
    for (held, found, what, help) in compared {
        if held != found && (what != "sender key" || signed == Signed::AsBefore) {
            let (dir, held, found) = (states.to_path_buf(), shown(held), shown(found));
            return Err(PackageError::OtherStates { dir, what, held, found, help });
        }
    }
    Ok(())
}

/// What rebuilds a state of what was opened.
struct Rebuilding<'a> {
    tags: Tags,
    inner: &'a InnerManifest,
    opened: &'a Opened,
}

impl Rebuilding<'_> {
    /// Writes the base without who is gone or comes anew, and behind it who came.
    fn write(&self, path: &Path, base: Option<&Path>, mut digest: RecordDigest) -> Result<RecordDigest, PackageError> {
        let mut out = BufWriter::new(create_private(path)?);
        let mut left = HashSet::new();
        if let Some(file) = &self.opened.removed {
            left.extend(gone(file)?);
        }
        let mut header = false;
        let mut write = |raw: &[u8], canonical: Option<&[u8]>, digest: &mut RecordDigest| {
            match canonical {
                Some(canonical) => digest.add(canonical),
                None if header => return Ok(()),
                None => header = true,
            }
            out.write_all(raw)?;
            if raw.ends_with(b"\n") { Ok(()) } else { out.write_all(b"\n") }
        };
        if let Some(base) = base {
            for file in &self.opened.data {
                self.each(file, &mut |_, canonical| {
                    left.extend(canonical.and_then(|canonical| self.tags.of(canonical)));
                    Ok(())
                })?;
            }
            self.each(base, &mut |raw, canonical| match canonical.and_then(|canonical| self.tags.of(canonical)) {
                Some(tag) if left.contains(&tag) => Ok(()),
                _ => write(raw, canonical, &mut digest),
            })?;
        }
        for file in &self.opened.data {
            self.each(file, &mut |raw, canonical| write(raw, canonical, &mut digest))?;
        }
        let file = out.into_inner().map_err(|error| PackageError::io("write", path)(error.into_error()))?;
        file.sync_all().map_err(PackageError::io("write", path))?;
        Ok(digest)
    }

    fn each(&self, path: &Path, each: &mut Each<'_>) -> Result<(), PackageError> {
        let file = File::open(path).map_err(PackageError::io("read", path))?;
        each_record(&mut BufReader::new(file), &self.inner.about, each)
            .map_err(|error| unreadable(path, &error.to_string()))
    }
}

/// The tags of those who are gone.
fn gone(path: &Path) -> Result<Vec<Tag>, PackageError> {
    let file = File::open(path).map_err(PackageError::io("read", path))?;
    let mut tags = Vec::new();
    for line in BufReader::new(file).lines() {
        let line = line.map_err(PackageError::io("read", path))?;
        let removed: Option<Removed> = serde_json::from_str(&line).ok();
        let mut tag = Tag::default();
        let read = removed.is_some_and(|removed| hex::decode_to_slice(&removed.record, &mut tag).is_ok());
        if !read {
            return Err(PackageError::malformed("removed", "a line names no record"));
        }
        tags.push(tag);
    }
    Ok(tags)
}

/// Moves a finished file to its place, over what an interrupted call may have left there.
fn take(from: &Path, to: &Path) -> Result<(), PackageError> {
    std::fs::rename(from, to).map_err(PackageError::io("name", to))
}

/// The lock of the folder, while it is held.
fn alone(states: &Path) -> Result<File, PackageError> {
    let path = states.join(".lock");
    let file = File::options().create(true).append(true).open(&path).map_err(PackageError::io("open", &path))?;
    file.try_lock().map_err(|_| PackageError::StatesBusy { dir: states.to_path_buf() })?;
    Ok(file)
}

/// A hidden folder in which a state is rebuilt; gone with whoever made it.
struct Room(PathBuf);

impl Room {
    fn make(states: &Path) -> Result<Self, PackageError> {
        let path = states.join(".applying");
        if path.exists() {
            std::fs::remove_dir_all(&path).map_err(PackageError::io("remove", &path))?;
        }
        create_private_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
