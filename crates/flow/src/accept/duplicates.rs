//! Which records of a file have one id, and are they the same?
//!
//! Sixteen bytes a record: half a keyed digest of its id, half a keyed digest of all that came of it. Two records of one id that are
//! not equal are both nobody's to apply: which of them is meant, only the partner knows.

use std::collections::BTreeSet;

use hmac::Mac;

use super::batch::keyed;

/// The records of a file by their ids, in the order in which they came.
pub(super) struct Ids<'k> {
    key: &'k [u8; 32],
    seen: Vec<(u64, u64)>,
    /// Numbers of records of which no id could be read.
    nameless: BTreeSet<u64>,
}

/// What was found of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Twice {
    /// Records that came before, exactly so.
    pub(super) duplicates: BTreeSet<u64>,
    /// Records of one id that are not equal.
    pub(super) unequal: BTreeSet<u64>,
}

impl<'k> Ids<'k> {
    pub(super) fn new(key: &'k [u8; 32]) -> Self {
        Self { key, seen: Vec::new(), nameless: BTreeSet::new() }
    }

    /// Takes the next record; its number is one more than that of the one before.
    pub(super) fn add(&mut self, id: Option<&[u8]>, digest: &[u8; 32]) {
        let half = |bytes: &[u8]| bytes.first_chunk().map_or(0, |first| u64::from_be_bytes(*first));
        let hashed = id.map(|id| {
            let mut mac = keyed(self.key, b"external id");
            mac.update(id);
            half(&mac.finalize().into_bytes())
        });
        self.seen.push((hashed.unwrap_or_default(), half(digest)));
        if hashed.is_none() {
            self.nameless.insert(self.seen.len() as u64);
        }
    }

    /// Which of them came twice.
    pub(super) fn twice(self) -> Twice {
        let mut order: Vec<u32> = (0..u32::try_from(self.seen.len()).unwrap_or(u32::MAX)).collect();
        let of = |at: &u32| self.seen.get(*at as usize).copied().unwrap_or_default();
        let number = |at: u32| u64::from(at) + 1;
        order.retain(|at| !self.nameless.contains(&number(*at)));
        order.sort_by_key(|at| (of(at).0, *at));
        let mut found = Twice::default();
        for same in order.chunk_by(|one, other| of(one).0 == of(other).0).filter(|same| same.len() > 1) {
            let equal = same.iter().all(|at| same.first().is_some_and(|first| of(first).1 == of(at).1));
            match equal {
                true => found.duplicates.extend(same.iter().skip(1).map(|at| number(*at))),
                false => found.unequal.extend(same.iter().map(|at| number(*at))),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_ones_are_duplicates_and_unequal_ones_are_nobodys() {
        let mut ids = Ids::new(&[3; 32]);
        for (id, digest) in [
            (Some("a"), 1),
            (Some("b"), 1),
            (None, 1),
            (Some("a"), 1),
            (Some("b"), 2),
            (Some("c"), 9),
            (None, 1),
            (Some("a"), 1),
        ] {
            ids.add(id.map(str::as_bytes), &[digest; 32]);
        }
        let found = ids.twice();
        assert_eq!(found.duplicates, BTreeSet::from([4, 8]));
        assert_eq!(found.unequal, BTreeSet::from([2, 5]));
    }
}
