//! Which number has a key? Numbers are dense and begin at 0.

use hashbrown::HashTable;

use crate::aggregate::key::ShortKey;

/// Numbers of the keys of one partition: about 25 bytes a key.
#[derive(Default)]
pub(super) struct Index {
    numbers: HashTable<u32>,
    keys: Vec<ShortKey>,
}

impl Index {
    pub(super) fn len(&self) -> usize {
        self.keys.len()
    }

    pub(super) fn keys(&self) -> &[ShortKey] {
        &self.keys
    }

    pub(super) fn find(&self, key: ShortKey) -> Option<u32> {
        self.numbers.find(slot(key), |number| self.keys.get(*number as usize) == Some(&key)).copied()
    }

    /// The number of `key`, which is new if it was not met before.
    pub(super) fn number(&mut self, key: ShortKey) -> u32 {
        let Self { numbers, keys } = self;
        let entry = numbers.entry(
            slot(key),
            |number| keys.get(*number as usize) == Some(&key),
            |number| keys.get(*number as usize).map_or(0, |key| slot(*key)),
        );
        let next = keys.len() as u32;
        match entry {
            hashbrown::hash_table::Entry::Occupied(known) => *known.get(),
            hashbrown::hash_table::Entry::Vacant(place) => {
                place.insert(next);
                push_tight(keys, key);
                next
            }
        }
    }

    /// Makes room for so many keys in all.
    pub(super) fn expect(&mut self, keys: usize) {
        let keys_of = &self.keys;
        let more = keys.saturating_sub(keys_of.len());
        self.numbers.reserve(more, |number| keys_of.get(*number as usize).map_or(0, |key| slot(*key)));
        self.keys.reserve_exact(more);
    }

    pub(super) fn bytes(&self) -> usize {
        self.numbers.capacity() * 6 + self.keys.capacity() * 16
    }
}

/// The bits that partitions do not use.
fn slot(key: ShortKey) -> u64 {
    (key >> 64) as u64
}

/// Pushes; grows by an eighth rather than by double. Partitions grow in step: where each made much more room than it needs,
/// the budget would be full of empty room, and more partitions than do not fit would be spilled.
pub(super) fn push_tight<T>(vec: &mut Vec<T>, item: T) {
    reserve_tight(vec, 1);
    vec.push(item);
}

/// Makes room for `more`, and an eighth as much besides.
pub(super) fn reserve_tight<T>(vec: &mut Vec<T>, more: usize) {
    if vec.capacity() - vec.len() < more {
        vec.reserve_exact(more.max(vec.len() / 8 + 64));
    }
}
