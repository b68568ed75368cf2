//! Would anybody notice if a safeguard were missing? Each is taken away, and some history must break the invariant that it guards.

use causeway_store::Safeguard;

use super::history::{Broken, live};
use super::place::Kind;

/// How many seeds are tried.
const MOST: u64 = 500;

/// Every safeguard, the seed that found it missing last time, and how the broken invariant is called.
const SAFEGUARDS: [(Safeguard, u64, &str); 9] = [
    (Safeguard::FencedCommits, 2, "fenced: "),
    (Safeguard::FencedDelivery, 2, "delivery: "),
    (Safeguard::LeasesRunOut, 4, "end: "),
    (Safeguard::TermsAtSealing, 47, "terms: "),
    (Safeguard::DecisionsAtSealing, 352, "decisions: "),
    (Safeguard::KeyAtSealing, 3, "key: "),
    (Safeguard::StopWhileDelivering, 17, "stop: "),
    (Safeguard::LeafBeforeLeaving, 2, "leaf: "),
    (Safeguard::LeavingsDestroyed, 0, "leavings: "),
];

/// The first seed whose history breaks without this safeguard, and how.
fn found(safeguard: Safeguard, first: u64, invariant: &str) -> Option<(u64, String)> {
    for seed in std::iter::once(first).chain(0..MOST) {
        if let Err(Broken { what, .. }) = live(seed, Kind::Sqlite, Some(safeguard)) {
            println!("without {safeguard:?}: seed {seed}: {what}");
            if what.starts_with(invariant) {
                return Some((seed, what));
            }
        }
    }
    None
}

#[test]
fn without_a_safeguard_some_history_breaks() {
    for (safeguard, first, invariant) in SAFEGUARDS {
        assert!(found(safeguard, first, invariant).is_some(), "nobody misses {safeguard:?} in {MOST} histories");
    }
}

/// A safeguard by its name, for a replay.
pub fn named(name: &str) -> Option<Safeguard> {
    SAFEGUARDS.iter().map(|(safeguard, ..)| *safeguard).find(|safeguard| format!("{safeguard:?}") == name)
}
