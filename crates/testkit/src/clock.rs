//! What time is it in a test? Whatever the test last said.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

/// A clock that stands still until it is told to move. Clones share the same hands.
#[derive(Debug, Clone)]
pub struct FakeClock {
    hands: Arc<Mutex<Timestamp>>,
}

impl FakeClock {
    /// A clock that stands at `start`.
    #[must_use]
    pub fn at(start: Timestamp) -> Self {
        Self { hands: Arc::new(Mutex::new(start)) }
    }

    /// The instant at which the clock stands.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        *self.hands()
    }

    /// Puts the clock at `instant`, forwards or backwards.
    pub fn set(&self, instant: Timestamp) {
        *self.hands() = instant;
    }

    /// Moves the clock by `by` (backwards when negative) and returns where it stands now; it stops at the ends of time.
    pub fn advance(&self, by: SignedDuration) -> Timestamp {
        let mut hands = self.hands();
        let end = if by.is_negative() { Timestamp::MIN } else { Timestamp::MAX };
        *hands = hands.checked_add(by).unwrap_or(end);
        *hands
    }

    /// A test that panicked with the clock in hand leaves a valid instant behind, so the poison is ignored.
    fn hands(&self) -> MutexGuard<'_, Timestamp> {
        self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_move_together_and_stop_at_the_ends_of_time() {
        let clock = FakeClock::at(Timestamp::UNIX_EPOCH);
        let seen_by_the_code_under_test = clock.clone();

        assert_eq!(clock.advance(SignedDuration::from_secs(90)).as_second(), 90);
        assert_eq!(seen_by_the_code_under_test.now().as_second(), 90);
        clock.advance(SignedDuration::from_secs(-100));
        assert_eq!(seen_by_the_code_under_test.now().as_second(), -10);

        clock.set(Timestamp::MAX);
        assert_eq!(clock.advance(SignedDuration::from_hours(1)), Timestamp::MAX);
        clock.set(Timestamp::MIN);
        assert_eq!(clock.advance(SignedDuration::from_hours(-1)), Timestamp::MIN);
    }
}
