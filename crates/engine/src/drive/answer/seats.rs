//! How many answers of records are read at a time? Each has its part of the memory.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// So many, of one client one.
pub(super) const SEATS: usize = 2;

/// Clients for whom records are being read.
#[derive(Default)]
pub(super) struct Seats(Mutex<HashSet<String>>);

/// The right to read, for as long as it is held.
pub struct Seat<'s> {
    seats: &'s Seats,
    client: String,
}

impl Seats {
    /// A seat for a client; none where it has one, or others have all.
    pub(super) fn take(&self, client: &str) -> Option<Seat<'_>> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_free = taken.len() < SEATS && taken.insert(client.to_owned());
        is_free.then(|| Seat { seats: self, client: client.to_owned() })
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        self.seats.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.client);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_reads_once_at_a_time_and_two_together() {
        let seats = Seats::default();
        let one = seats.take("a");
        assert!(one.is_some() && seats.take("a").is_none());
        let other = seats.take("b");
        assert!(other.is_some() && seats.take("c").is_none());
        drop(one);
        assert!(seats.take("a").is_some() && seats.take("b").is_none());
    }
}
