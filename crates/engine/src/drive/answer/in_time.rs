//! Until when is something told, or not at all? `serve` waits for a minute: what would come later is neither told nor recorded.

use std::time::{Duration, Instant};

use causeway_flow::source::Watch;
use causeway_model::{Code, Violation};
use tokio::runtime::Handle;

/// What is not read by then is not told; the rest of the minute is for recording and sending it.
const PATIENCE: Duration = Duration::from_secs(45);

/// Until when what is asked now is read.
pub fn patience() -> Instant {
    Instant::now() + PATIENCE
}

/// Walks, and asks the walk to stop when the time has come.
pub(super) fn timed<T>(runtime: &Handle, until: Instant, walk: impl FnOnce(Watch) -> T) -> T {
    let watch = Watch::default();
    let timer = runtime.spawn({
        let watch = watch.clone();
        async move {
            tokio::time::sleep_until(until.into()).await;
            watch.cancel();
        }
    });
    let walked = walk(watch);
    timer.abort();
    walked
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

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_walk_that_takes_too_long_is_stopped() {
        let until = Instant::now() + Duration::from_millis(20);
        let walk = |watch: Watch| {
            while !watch.is_cancelled() {
                std::thread::yield_now();
            }
        };
        tokio::task::block_in_place(|| timed(&Handle::current(), until, walk));
        assert_eq!(demand(until, "desk").map_err(|why| why.code), Err(Code::SourceLimit));
        assert_eq!(demand(patience(), "desk"), Ok(()));
    }
}
