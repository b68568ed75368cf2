//! Which of a few known texts is this? For codes, which are short and are asked for a million times.

use hashbrown::HashMap;

/// Values by text. Texts of up to eight bytes are found without hashing bytes one by one.
#[derive(Debug)]
pub(crate) struct Lookup<V> {
    /// Open addressing, at most half full.
    places: Vec<Place>,
    shift: u32,
    long: HashMap<Vec<u8>, u32>,
    values: Vec<V>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Place {
    text: Packed,
    number: u32,
}

/// A short text as a number and its length, 0 for none: no two texts have both in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Packed {
    bytes: u64,
    length: u32,
}

impl<V> Lookup<V> {
    /// Of the same text twice, the last counts.
    pub(crate) fn new<T: AsRef<[u8]>>(entries: impl IntoIterator<Item = (T, V)>) -> Self {
        let entries: Vec<(T, V)> = entries.into_iter().collect();
        let room = (entries.len() * 2).next_power_of_two().max(2);
        let shift = u64::BITS - room.trailing_zeros();
        let mut lookup = Self { places: vec![Place::default(); room], shift, long: HashMap::new(), values: Vec::new() };
        for (text, value) in entries {
            let number = lookup.values.len() as u32;
            lookup.values.push(value);
            match packed(text.as_ref()) {
                None => drop(lookup.long.insert(text.as_ref().to_vec(), number)),
                Some(text) => {
                    let at = lookup.place(text);
                    if let Some(place) = lookup.places.get_mut(at) {
                        *place = Place { text, number };
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
                let place = self.places.get(self.place(packed)).filter(|place| place.text == packed)?;
                place.number
            }
        };
        self.values.get(number as usize)
    }

    /// Where a packed text stands, or would stand.
    #[inline]
    fn place(&self, text: Packed) -> usize {
        // Fibonacci hashing: the high bits of the product depend on all bits of the number.
        let mixed = text.bytes ^ u64::from(text.length) << 59;
        let mut at = (mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift) as usize;
        let last = self.places.len() - 1;
        while self.places.get(at).is_some_and(|place| place.text.length != 0 && place.text != text) {
            at = (at + 1) & last;
        }
        at
    }
}

/// A text of one to eight bytes. What is read twice of it does no harm: the length is known.
#[inline]
fn packed(text: &[u8]) -> Option<Packed> {
    let bytes = match text {
        [] => return None,
        [only] => u64::from(*only),
        [first, last] => u64::from(u16::from_le_bytes([*first, *last])),
        [first, middle, last] => u64::from(u32::from_le_bytes([*first, *middle, *last, 0])),
        text if text.len() <= 8 => {
            let (head, tail) = (text.first_chunk()?, text.last_chunk()?);
            u64::from(u32::from_le_bytes(*head)) | u64::from(u32::from_le_bytes(*tail)) << 32
        }
        _ => return None,
    };
    Some(Packed { bytes, length: text.len() as u32 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_has_its_own_value_and_no_other_has_any() {
        let texts = [
            "",
            "a",
            "a\0",
            "\0a",
            "ab",
            "b",
            "abcd",
            "abcdabcd",
            "abcdbcd",
            "KE106322",
            "KE1063222",
            "fingerprint",
            "አ",
            "አማርኛ",
        ];
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
