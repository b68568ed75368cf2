//! Who fails to prove itself again and again, and how long must it wait? An address and a program; and what becomes known of it is one
//! entry a minute.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Refusal;

/// So many failures in a minute are not slowed down.
const FREE: u32 = 5;
const MINUTE: Duration = Duration::from_secs(60);
const LONGEST: Duration = Duration::from_secs(15 * 60);

/// No more addresses and programs are remembered; beyond, the ones that failed longest ago are forgotten.
const REMEMBERED: usize = 10_000;

/// What is remembered of failures.
#[derive(Debug, Default)]
pub struct Brake {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    slowed: HashMap<String, Slowed>,
    untold: BTreeMap<(String, Refusal), u64>,
}

#[derive(Debug)]
struct Slowed {
    failures: u32,
    last: Instant,
    until: Instant,
}

impl Brake {
    /// How long this address must wait, if it must. A program is slowed by its own failures only from that address: whoever knows its
    /// name could keep it out otherwise, and no number of tries makes a signature.
    #[must_use]
    pub fn waits(&self, address: &str, now: Instant) -> Option<Duration> {
        let state = self.state();
        let until = state.slowed.get(address)?.until;
        until.checked_duration_since(now).filter(|left| !left.is_zero())
    }

    /// Remembers a failure; whether it is the first that nobody was told of. A program that is not known has no name here.
    pub fn failed(&self, address: &str, client: Option<&str>, why: Refusal, now: Instant) -> bool {
        let mut state = self.state();
        if state.slowed.len() >= REMEMBERED
            && !state.slowed.contains_key(address)
            && let Some(oldest) =
                state.slowed.iter().min_by_key(|(_, slowed)| slowed.last).map(|(name, _)| name.clone())
        {
            state.slowed.remove(&oldest);
        }
        let slowed = state.slowed.entry(address.to_owned()).or_insert(Slowed { failures: 0, last: now, until: now });
        if now.duration_since(slowed.last) > LONGEST.max(MINUTE)
            || (slowed.failures < FREE && now.duration_since(slowed.last) > MINUTE)
        {
            slowed.failures = 0;
        }
        slowed.failures = slowed.failures.saturating_add(1);
        slowed.last = now;
        if let Some(beyond) = slowed.failures.checked_sub(FREE) {
            let wait = MINUTE.saturating_mul(1 << beyond.min(4)).min(LONGEST);
            slowed.until = now + wait;
        }
        let first = state.untold.is_empty();
        *state.untold.entry((client.unwrap_or("unknown").to_owned(), why)).or_default() += 1;
        first
    }

    /// What nobody was told of yet, for the ledger: programs that are known, reasons, numbers.
    #[must_use]
    pub fn untold(&self) -> Option<Value> {
        let untold = std::mem::take(&mut self.state().untold);
        let told = |((client, why), times): (&(String, Refusal), &u64)| json!({ "client": client, "why": why, "times": times });
        (!untold.is_empty()).then(|| json!({ "failures": untold.iter().map(told).collect::<Vec<_>>() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever died while holding it left numbers.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
