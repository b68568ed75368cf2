//! Which of a few known texts is this? For codes, which are short and are asked for a million times.

use hashbrown::HashMap;

/// Values by text. Texts of up to eight bytes are found without hashing bytes one by one.
#[derive(Debug)]
pub(crate) struct Lookup<V> {
    /// Open addressing, at most half full; a text packed into a number is never 0, which marks an empty place.
    places: Vec<(u64, u32)>,
    shift: u32,
    long: HashMap<Vec<u8>, u32>,
    values: Vec<V>,
}

impl<V> Lookup<V> {
    /// Of the same text twice, the last counts.
    pub(crate) fn new<T: AsRef<[u8]>>(entries: impl IntoIterator<Item = (T, V)>) -> Self {
        let entries: Vec<(T, V)> = entries.into_iter().collect();
        let room = (entries.len() * 2).next_power_of_two().max(2);
        let shift = u64::BITS - room.trailing_zeros();
        let mut lookup = Self { places: vec![(0, 0); room], shift, long: HashMap::new(), values: Vec::new() };
        for (text, value) in entries {
            let number = lookup.values.len() as u32;
            lookup.values.push(value);
            match packed(text.as_ref()) {
                None => drop(lookup.long.insert(text.as_ref().to_vec(), number)),
                Some(packed) => {
                    let at = lookup.place(packed);
                    if let Some(place) = lookup.places.get_mut(at) {
                        *place = (packed, number);
                    }
                }
            }
        }
        lookup
    }

    /// The value of `text`.
    #[inline]
    pub(crate) fn get(&self, text: &[u8]) -> Option<&V> {
        let number = match packed(text) {
            None => *self.long.get(text)?,
            Some(packed) => {
                let (there, number) = *self.places.get(self.place(packed))?;
                if there != packed {
                    return None;
                }
                number
            }
        };
        self.values.get(number as usize)
    }

    /// Where a packed text stands, or would stand.
    #[inline]
    fn place(&self, packed: u64) -> usize {
        // Fibonacci hashing: the high bits of the product depend on all bits of the number.
        let mut at = (packed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize;
        let last = self.places.len() - 1;
        while self.places.get(at).is_some_and(|(there, _)| *there != 0 && *there != packed) {
            at = (at + 1) & last;
        }
        at
    }
}

/// A text of one to eight bytes as a number that no other text has: its last byte is not 0, so that its length shows.
#[inline]
fn packed(text: &[u8]) -> Option<u64> {
    if text.last().is_none_or(|last| *last == 0) {
        return None;
    }
    let mut bytes = [0; 8];
    bytes.get_mut(..text.len())?.copy_from_slice(text);
    Some(u64::from_le_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_its_own_value_and_no_other_has_any() {
        let texts = ["", "a", "a\0", "\0a", "ab", "b", "KE106322", "KE1063222", "fingerprint", "አ", "አማርኛ"];
        let lookup = Lookup::new(texts.iter().enumerate().map(|(number, text)| (*text, number)));
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(lookup.get(text.as_bytes()), Some(&number), "{text:?}");
        }
        for text in ["\0", "A", "aa", "KE106323", "KE10632", "fingerprints", "a\0\0", "አማርኛ "] {
            assert_eq!(lookup.get(text.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn many_texts_and_none_at_all() {
        assert_eq!(Lookup::<u8>::new(std::iter::empty::<(&str, u8)>()).get(b"x"), None);
        let lookup = Lookup::new((0..2_000).map(|number: u32| (number.to_string(), number)));
        assert!((0..2_000).all(|number| lookup.get(number.to_string().as_bytes()) == Some(&number)));
        assert!((2_000..4_000).all(|number| lookup.get(number.to_string().as_bytes()).is_none()));
        let twice = Lookup::new([("x", 1), ("x", 2), ("long enough", 3), ("long enough", 4)]);
        assert_eq!((twice.get(b"x"), twice.get(b"long enough")), (Some(&2), Some(&4)));
    }
}
