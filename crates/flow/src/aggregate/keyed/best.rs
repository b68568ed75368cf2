//! Which record of a key is the least or the greatest so far? Encoded records compare as bytes.

use super::index::reserve_tight;
use super::saved::{Reader, Writer};
use crate::error::FlowError;

/// The best record of each key of one partition, encoded.
pub(super) enum Best {
    /// All records have the same length, found with the first.
    Fixed { stride: usize, there: Vec<bool>, bytes: Vec<u8>, keys: usize },
    /// Records of any length: where each lies, and room that is used again when a record is replaced.
    Any { spans: Vec<Span>, bytes: Vec<u8> },
}

/// Where a record lies; no record is empty.
#[derive(Clone, Copy, Default)]
pub(super) struct Span {
    at: u32,
    length: u32,
}

/// A record as it was saved.
pub(super) struct SavedBest<'r>(pub(super) Option<&'r [u8]>);

impl Best {
    pub(super) fn new(fixed: bool) -> Self {
        if fixed {
            Self::Fixed { stride: 0, there: Vec::new(), bytes: Vec::new(), keys: 0 }
        } else {
            Self::Any { spans: Vec::new(), bytes: Vec::new() }
        }
    }

    /// Makes room for the first `wanted` numbers.
    pub(super) fn cover(&mut self, wanted: usize) {
        match self {
            Self::Fixed { stride, there, bytes, keys } => {
                *keys = wanted.max(*keys);
                if there.len() < *keys {
                    reserve_tight(there, *keys - there.len());
                    there.resize(*keys, false);
                }
                if bytes.len() < *keys * *stride {
                    reserve_tight(bytes, *keys * *stride - bytes.len());
                    bytes.resize(*keys * *stride, 0);
                }
            }
            Self::Any { spans, .. } => {
                if spans.len() < wanted {
                    reserve_tight(spans, wanted - spans.len());
                    spans.resize(wanted, Span::default());
                }
            }
        }
    }

    /// Makes room for so many keys.
    pub(super) fn reserve(&mut self, wanted: usize) {
        match self {
            Self::Fixed { there, .. } => there.reserve_exact(wanted),
            Self::Any { spans, .. } => spans.reserve_exact(wanted),
        }
    }

    /// The record of a key, if there is one.
    pub(super) fn of(&self, number: usize) -> Option<&[u8]> {
        match self {
            Self::Fixed { stride, there, bytes, .. } => {
                if there.get(number) == Some(&true) {
                    bytes.get(number * stride..(number + 1) * stride)
                } else {
                    None
                }
            }
            Self::Any { spans, bytes } => {
                let span = spans.get(number).filter(|span| span.length > 0)?;
                bytes.get(span.at as usize..(span.at + span.length) as usize)
            }
        }
    }

    /// Keeps `record` if the key has none yet, or a lesser one (`largest`), or a greater one.
    pub(super) fn offer(&mut self, number: usize, record: &[u8], largest: bool) {
        if let Some(known) = self.of(number) {
            let better = if largest { record > known } else { record < known };
            if !better {
                return;
            }
        }
        if let Self::Fixed { stride, keys, there, bytes } = self
            && *stride == 0
        {
            *stride = record.len();
            bytes.reserve_exact(there.capacity() * *stride);
            let keys = *keys;
            self.cover(keys);
        }
        match self {
            Self::Fixed { stride, there, bytes, .. } => {
                if let (Some(there), Some(place)) =
                    (there.get_mut(number), bytes.get_mut(number * *stride..(number + 1) * *stride))
                    && place.len() == record.len()
                {
                    *there = true;
                    place.copy_from_slice(record);
                }
            }
            Self::Any { spans, bytes } => {
                let room = (spans.capacity() + spans.capacity() / 8) * record.len();
                let Some(span) = spans.get_mut(number) else { return };
                let length = record.len() as u32;
                if span.length >= length {
                    span.length = length;
                    let place = span.at as usize..(span.at + span.length) as usize;
                    if let Some(place) = bytes.get_mut(place) {
                        place.copy_from_slice(record);
                    }
                } else {
                    *span = Span { at: bytes.len() as u32, length };
                    if bytes.capacity() == 0 {
                        // Records of one kind are of about one length.
                        bytes.reserve_exact(room);
                    }
                    reserve_tight(bytes, record.len());
                    bytes.extend_from_slice(record);
                }
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Fixed { there, bytes, .. } => there.capacity() + bytes.capacity(),
            Self::Any { spans, bytes } => spans.capacity() * size_of::<Span>() + bytes.capacity(),
        }
    }

    /// Writes every key's record, and forgets them.
    pub(super) fn save(&mut self, out: &mut Writer) {
        let keys = match self {
            Self::Fixed { keys, .. } => *keys,
            Self::Any { spans, .. } => spans.len(),
        };
        for number in 0..keys {
            match self.of(number) {
                None => out.number(0),
                Some(record) => {
                    out.number(record.len() as u32 + 1);
                    out.bytes(record);
                }
            }
        }
        *self = Self::new(matches!(self, Self::Fixed { .. }));
    }

    /// One key's record as [`Self::save`] wrote it.
    pub(super) fn load<'r>(from: &mut Reader<'r>) -> Result<SavedBest<'r>, FlowError> {
        Ok(SavedBest(match from.number()?.checked_sub(1) {
            None => None,
            Some(length) => Some(from.bytes(length as usize)?),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_greatest_and_the_least_are_kept_in_both_layouts_and_through_saving() {
        for fixed in [true, false] {
            let mut best = Best::new(fixed);
            best.cover(3);
            for (number, record) in [(0, b"bb"), (0, b"aa"), (0, b"cc"), (2, b"zz")] {
                best.offer(number, record, true);
            }
            best.cover(5);
            best.offer(4, b"ab", false);
            best.offer(4, b"aa", false);
            let all = |best: &Best| (0..5).map(|number| best.of(number).map(<[u8]>::to_vec)).collect::<Vec<_>>();
            let expected = [Some(b"cc".to_vec()), None, Some(b"zz".to_vec()), None, Some(b"aa".to_vec())];
            assert_eq!(all(&best), expected);
            let mut out = Writer::default();
            best.save(&mut out);
            assert!(best.of(0).is_none());
            let bytes = out.done();
            let (mut from, mut again) = (Reader::new(&bytes), Best::new(fixed));
            again.cover(5);
            for number in 0..5 {
                if let SavedBest(Some(record)) = Best::load(&mut from).unwrap() {
                    again.offer(number, record, true);
                }
            }
            assert_eq!(all(&again), expected);
        }
    }

    #[test]
    fn a_longer_record_takes_new_room_and_a_shorter_one_the_old() {
        let mut best = Best::new(false);
        best.cover(1);
        for record in [b"a".as_slice(), b"bcd", b"c", b"d"] {
            best.offer(0, record, true);
            assert_eq!(best.of(0), Some(record));
        }
        assert!(matches!(&best, Best::Any { bytes, .. } if bytes.len() == 4));
    }
}
