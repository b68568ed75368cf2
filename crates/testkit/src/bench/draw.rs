//! How is chance turned into a choice, so that each person's data depends on the seed and the person's number alone?
//!
//! A counter is mixed by the finaliser of SplitMix64. The arithmetic is our own: a population must be the same one next
//! year, whatever becomes of a library's generators.

/// What is drawn for; each has a sequence of its own, so that drawing more of one changes nothing of another.
#[derive(Debug, Clone, Copy)]
pub(super) enum Stream {
    Household = 1,
    Person = 2,
    HouseholdId = 3,
    PersonId = 4,
    Template = 5,
}

/// A sequence of choices.
pub(super) struct Draw(u64);

impl Draw {
    /// The sequence of the `index`-th thing of a kind.
    pub(super) fn new(seed: u64, stream: Stream, index: u64) -> Self {
        Self(mix(mix(seed ^ ((stream as u64) << 56)).wrapping_add(index)))
    }

    /// 64 random bits.
    pub(super) fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// A number in `0..n`; 0 when `n` is 0.
    pub(super) fn below(&mut self, n: u32) -> u32 {
        let wide = u128::from(self.bits()) * u128::from(n);
        u32::try_from(wide >> 64).unwrap_or(0)
    }

    /// A number in `0..n` as days or the like.
    pub(super) fn days(&mut self, n: u32) -> i32 {
        i32::try_from(self.below(n)).unwrap_or(0)
    }

    /// True `percent` times in a hundred.
    pub(super) fn chance(&mut self, percent: u32) -> bool {
        self.below(100) < percent
    }

    /// One of a list that is not empty.
    pub(super) fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let at = self.below(u32::try_from(list.len()).unwrap_or(u32::MAX));
        list.get(at as usize).copied().unwrap_or_default()
    }

    /// Place in a list of weights.
    pub(super) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let mut left = self.below(weights.clone().sum());
        for (place, weight) in weights.enumerate() {
            if left < weight {
                return place;
            }
            left -= weight;
        }
        0
    }
}

fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

/// A random identifier.
pub(super) fn identifier(seed: u64, stream: Stream, index: u64) -> uuid::Uuid {
    let mut draw = Draw::new(seed, stream, index);
    let wide = (u128::from(draw.bits()) << 64) | u128::from(draw.bits());
    uuid::Builder::from_random_bytes(wide.to_be_bytes()).into_uuid()
}
