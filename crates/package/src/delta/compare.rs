//! Is this record new, another than before, or the same, and who is gone? Asked once per record, in any order.
//!
//! In: the base's set and, record by record, canonical bytes. Out: a verdict each, in the end [`Compared`].
//! Guarantees: exact, whatever the order and whatever the source says of changes. Refuses: two records of one name, or one without.

use super::manifest::StateDigest;
use super::set::{Base, Entry, StateSet};
use super::{StateKey, TAG_SIZE, Tag, Tags};
use crate::digest::RecordDigest;
use crate::sorted::Sorted;

/// What a record is, compared with the base.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was there, and is the same.
    Same,
    /// It was there, and held something else.
    Changed,
    /// It was not there.
    Added,
}

/// A record that was judged.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    /// What it is.
    pub verdict: Verdict,
    /// Its digest, for the package that it goes into.
    pub value: [u8; 32],
}

/// Why records cannot be told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unnamed {
    /// Every cell that would name it is empty.
    #[error("a record has nothing in the outputs that name it")]
    Empty,
    /// Another has the same name.
    #[error("two records have the same values in the outputs that name them")]
    Twice,
}

/// A comparison under way.
#[derive(Debug)]
pub struct Comparison {
    tags: Tags,
    state: RecordDigest,
    base: Base,
    /// Of the base, who was seen again: a bit each.
    seen: Vec<u64>,
    added: Sorted<{ super::set::ENTRY_SIZE }>,
    changed: u64,
}

/// What it came to.
#[derive(Debug)]
pub struct Compared {
    /// What whoever applies it holds.
    pub state: StateDigest,
    /// Records that were not there before.
    pub added: u64,
    /// Records that held something else.
    pub changed: u64,
    /// Records that are gone, in order.
    pub removed: Vec<Tag>,
    /// What is kept of the state.
    pub set: StateSet,
}

impl Comparison {
    /// With the base; an empty one makes everything new. `places` are those of the cells that name a record, `expected` about how many
    /// will be new.
    #[must_use]
    pub fn new(key: &StateKey, places: Vec<usize>, base: Base, expected: usize) -> Self {
        let seen = vec![0; base.len().div_ceil(64)];
        let added = if expected == 0 { Sorted::new() } else { Sorted::expecting(expected) };
        Self { tags: key.tags(places), state: key.digest(), base, seen, added, changed: 0 }
    }

    /// Judges the next record by its canonical bytes.
    ///
    /// # Errors
    /// It has no name, or that of one before it. Of two new ones [`Self::finish`] says so.
    pub fn judge(&mut self, canonical: &[u8]) -> Result<Judged, Unnamed> {
        let tag = self.tags.of(canonical).ok_or(Unnamed::Empty)?;
        let value = self.state.value_of(canonical);
        self.state.add_value(&value);
        let entry = entry(&tag, &value);
        let Some(at) = self.base.find(&tag) else {
            self.added.add(entry);
            return Ok(Judged { verdict: Verdict::Added, value });
        };
        let (word, bit) = (at / 64, 1_u64 << (at % 64));
        match self.seen.get_mut(word) {
            Some(seen) if *seen & bit == 0 => *seen |= bit,
            _ => return Err(Unnamed::Twice),
        }
        if self.base.replace(at, entry) {
            self.changed += 1;
            return Ok(Judged { verdict: Verdict::Changed, value });
        }
        Ok(Judged { verdict: Verdict::Same, value })
    }

    /// Who is gone, and what is to be kept of the state.
    ///
    /// # Errors
    /// Two new records have one name.
    pub fn finish(self) -> Result<Compared, Unnamed> {
        let Self { state, base, seen, mut added, changed, .. } = self;
        added.sort();
        let mut last: Option<&Entry> = None;
        for entry in added.iter() {
            if last.is_some_and(|last| tag_of(last) == tag_of(entry)) {
                return Err(Unnamed::Twice);
            }
            last = Some(entry);
        }
        let count = state.records();
        let set = StateSet { base, seen, added, count };
        Ok(Compared {
            state: StateDigest { count, digest: state.to_hex() },
            added: set.added.len(),
            changed,
            removed: set.unseen().map(tag_of).collect(),
            set,
        })
    }
}

fn entry(tag: &Tag, value: &[u8; 32]) -> Entry {
    let mut entry = [0; super::set::ENTRY_SIZE];
    for (to, from) in entry.iter_mut().zip(tag.iter().chain(value)) {
        *to = *from;
    }
    entry
}

/// The tag in an entry.
pub(super) fn tag_of(entry: &Entry) -> Tag {
    entry.first_chunk::<TAG_SIZE>().copied().unwrap_or_default()
}
