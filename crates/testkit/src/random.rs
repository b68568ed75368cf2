//! Where does a test get chance from? From a number that stands in the test.

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Randomness that depends on `seed` alone.
///
/// `ChaCha8` rather than `StdRng`, because the latter may change its algorithm with a new version of `rand`, and a
/// population must be the same one next year.
#[must_use]
pub fn seeded(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

#[cfg(test)]
mod tests {
    use rand::RngCore;

    use super::*;

    #[test]
    fn the_seed_alone_decides() {
        assert_eq!(seeded(7).next_u64(), seeded(7).next_u64());
        assert_ne!(seeded(7).next_u64(), seeded(8).next_u64());
    }
}
