//! Until when is something told, or not at all? `serve` waits for a minute: what would come later is neither told nor recorded.

use std::time::{Duration, Instant};

use causeway_model::{Code, Violation};

/// What is not read by then is not told; the rest of the minute is for recording and sending it.
const PATIENCE: Duration = Duration::from_secs(45);

/// Until when what is asked now is read.
pub fn patience() -> Instant {
    Instant::now() + PATIENCE
}

/// Refuses what was not ready in time.
pub(super) fn demand(until: Instant, exchange: &str) -> Result<(), Violation> {
    if Instant::now() < until {
        return Ok(());
    }
    let detail = format!("it takes longer than {} seconds: ask for less, or later", PATIENCE.as_secs());
    Err(Violation::new(Code::SourceLimit, exchange, detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_ready_in_time_is_refused() {
        assert_eq!(demand(Instant::now(), "desk").map_err(|why| why.code), Err(Code::SourceLimit));
        assert_eq!(demand(patience(), "desk"), Ok(()));
    }
}
