//! How did a try end, and when is the next?

use causeway_model::transfer::Transfer;
use causeway_model::{Code, Violation};
use causeway_store::change::AbandonTransfer;
use causeway_store::lease::{End, Ended, Kind, Lease, Leases};
use causeway_store::{Changed, StoreError};
use jiff::SignedDuration;
use serde_json::json;

use super::lease::is_lost;
use crate::error::EngineError;
use crate::house::{House, audit};

/// Failures in a row after which a transfer is given up: with the pauses below about eighteen hours.
const PATIENCE: u32 = 40;

/// The pause after the first failure, and the longest one.
const FIRST_PAUSE_S: u64 = 5;
const LONGEST_PAUSE_S: u64 = 30 * 60;

/// The pause where people decide when it goes on.
const HELD_PAUSE_S: u64 = 30;

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing is left to do without the partner: it is delivered, refused or lapsed.
    Done,
    /// Something that people decide holds it back: it is looked at again.
    Held {
        /// What.
        why: String,
    },
    /// It did not succeed and is tried again.
    Failed {
        /// What went wrong.
        why: String,
        /// After so many seconds.
        again_s: u64,
    },
    /// It failed too often in a row and is given up: a person decides.
    GivenUp {
        /// What went wrong last.
        why: String,
    },
    /// Another worker has it.
    Lost,
}

/// Gives a lease back with what came of it.
pub(super) async fn end<T>(
    house: &House,
    leases: &Leases,
    lease: &Lease,
    came: &Result<T, EngineError>,
) -> Result<Outcome, EngineError> {
    let outcome = judge(house, lease, came);
    if let Outcome::GivenUp { why } = &outcome
        && !give_up(house, lease, why).await?
    {
        return Ok(Outcome::Lost);
    }
    let (ended, pause_s) = match &outcome {
        Outcome::Lost => return Ok(outcome),
        Outcome::Done | Outcome::GivenUp { .. } => (Ended::Done, 0),
        Outcome::Held { .. } => (Ended::Held, HELD_PAUSE_S),
        Outcome::Failed { again_s, .. } => (Ended::Failed, *again_s),
    };
    let why = match &outcome {
        Outcome::Held { why } | Outcome::Failed { why, .. } | Outcome::GivenUp { why } => Some(why.clone()),
        Outcome::Done | Outcome::Lost => None,
    };
    let pause = SignedDuration::from_secs(i64::try_from(pause_s).unwrap_or(i64::MAX));
    let not_before = house.now().saturating_add(pause).unwrap_or_else(|_| house.now());
    // Whatever failed for whoever lost it is of no account: another has it.
    let given = leases.end(lease, &End { ended, why, not_before }).await?;
    Ok(if given { outcome } else { Outcome::Lost })
}

fn judge<T>(house: &House, lease: &Lease, came: &Result<T, EngineError>) -> Outcome {
    let error = match came {
        Ok(_) | Err(EngineError::Refused { .. } | EngineError::Lapsed { .. }) => return Outcome::Done,
        Err(error) if is_lost(error) => return Outcome::Lost,
        Err(error) => error,
    };
    match error {
        EngineError::Held { violation, .. } if violation.code == Code::LeaseLost => Outcome::Lost,
        EngineError::Held { violation, .. } => Outcome::Held { why: violation.to_string() },
        // Somebody decided meanwhile: looked at afresh.
        EngineError::Store(StoreError::Conflict { .. } | StoreError::ChangedMeanwhile { .. })
        | EngineError::Waits { .. }
        | EngineError::Denied { .. } => Outcome::Held { why: error.to_string() },
        // What came in is there until somebody takes it back: it is tried again, as seldom as anything is.
        _ if lease.failures + 1 >= PATIENCE && lease.kind == Kind::Transfer => {
            Outcome::GivenUp { why: error.to_string() }
        }
        _ => Outcome::Failed { why: error.to_string(), again_s: pause_s(lease.failures, house.random()) },
    }
}

/// Seconds until the next try after so many failures before: doubling, up to the longest, and spread by a fifth either way so that what
/// failed together does not come again together.
fn pause_s(failures: u32, random: [u8; 32]) -> u64 {
    let doubled = FIRST_PAUSE_S.saturating_mul(1_u64.checked_shl(failures.min(20)).unwrap_or(u64::MAX));
    let pause = doubled.min(LONGEST_PAUSE_S);
    let [chance, ..] = random;
    (pause * (80 + 40 * u64::from(chance) / 255)).div_ceil(100)
}

/// Gives a transfer up; no where others have moved it meanwhile.
async fn give_up(house: &House, lease: &Lease, why: &str) -> Result<bool, EngineError> {
    let Some(row) = house.store.transfer(&lease.id).await?.filter(|row| row.state.is_unfinished()) else {
        return Ok(true);
    };
    let reason = Violation::new(Code::GaveUp, &row.id, why);
    let body = json!({ "violations": [reason], "failures": lease.failures + 1, "was": Transfer::name(&row.state) });
    let seen = row.seen().under(&lease.token);
    let event = audit(super::WORKER, "transfer-abandoned", &row.id, body);
    match house.store.abandon(Changed::new(AbandonTransfer { seen }, event), house.stamp()).await {
        Ok(_) => house.sequence().await.map(|_| true),
        Err(StoreError::StaleLease { .. } | StoreError::Conflict { .. }) => Ok(false),
        // Nobody knows yet whether it arrived: that is found out first.
        Err(StoreError::OpenDelivery { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_half_an_hour_and_are_spread_by_a_fifth() {
        let span = |failures| (pause_s(failures, [0; 32]), pause_s(failures, [255; 32]));
        assert_eq!([span(0), span(1), span(4)], [(4, 6), (8, 12), (64, 96)]);
        assert_eq!([span(9), span(39), span(u32::MAX)], [(1_440, 2_160); 3]);
        let all: u64 = (0..PATIENCE - 1).map(|failures| pause_s(failures, [128; 32])).sum();
        assert!((14..20).contains(&(all / 3_600)), "{all} s until it is given up");
    }
}
