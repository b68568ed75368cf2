//! How is chance turned into a choice, the same on every machine and with every version of a library?
//!
//! The arithmetic is our own because the distributions of `rand` may change between its versions.

use rand::RngCore;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Each part of the population draws from a stream of its own, so that planting people or adding a table changes no
/// draw of another part.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Families = 0,
    Plants = 1,
    Belongings = 2,
    Enrolments = 3,
    Assistance = 4,
    Verification = 5,
}

/// A source of choices.
pub(super) struct Draw {
    rng: ChaCha8Rng,
}

impl Draw {
    pub(super) fn new(seed: u64, stream: Stream) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(stream as u64);
        Self { rng }
    }

    /// A number in `0..n`; 0 when `n` is 0.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        let wide = u64::from(self.rng.next_u32()) * u64::from(n);
        u32::try_from(wide >> 32).unwrap_or(0)
    }

    /// A number in `low..=high`; `low` when the range is empty.
    pub(super) fn between(&mut self, low: i32, high: i32) -> i32 {
        let width = u32::try_from(high.saturating_sub(low)).unwrap_or(0);
        low.saturating_add_unsigned(self.below(width + 1))
    }

    /// True `per_mille` times in a thousand.
    pub(super) fn chance(&mut self, per_mille: u32) -> bool {
        self.below(1000) < per_mille
    }

    /// One of a list that is not empty.
    pub(super) fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let at = self.below(u32::try_from(list.len()).unwrap_or(u32::MAX));
        list.get(at as usize).copied().unwrap_or_default()
    }

    /// One of a list that is not empty, as often as its weight says.
    pub(super) fn weighted<T: Copy + Default>(&mut self, list: &[(T, u32)]) -> T {
        let mut left = self.below(list.iter().map(|(_, weight)| weight).sum());
        for (value, weight) in list {
            if left < *weight {
                return *value;
            }
            left -= weight;
        }
        T::default()
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }

    pub(super) fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let other = self.below(u32::try_from(last + 1).unwrap_or(u32::MAX)) as usize;
            list.swap(last, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_stay_in_their_range_and_follow_their_weights() {
        let mut draw = Draw::new(3, Stream::Families);
        let mut heavy = 0;
        for _ in 0..2000 {
            assert!((-2..=2).contains(&draw.between(-2, 2)));
            assert!(draw.below(7) < 7);
            assert_eq!(draw.between(5, 1), 5);
            heavy += u32::from(draw.weighted(&[("heavy", 9), ("light", 1)]) == "heavy");
        }
        assert!((1700..1900).contains(&heavy), "{heavy} of 2000");
        let mut list: Vec<u32> = (0..100).collect();
        draw.shuffle(&mut list);
        assert_ne!(list, (0..100).collect::<Vec<_>>());
        list.sort_unstable();
        assert_eq!(list, (0..100).collect::<Vec<_>>());
    }
}
