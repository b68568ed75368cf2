//! How hard may a source be asked: rows a second, seconds a statement, hours of the day?

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use causeway_flow::source::{BATCH_ROWS, SourceError, Watch};
use causeway_model::Code;
use causeway_model::catalogue::Source;

/// A clock that only goes forward, and a way to wait on it. Tests hand in one that does not really wait.
pub trait Pace: Send + Sync {
    /// Time since some fixed moment.
    fn elapsed(&self) -> Duration;

    /// Waits.
    fn sleep(&self, duration: Duration);
}

/// The machine's own monotonic clock.
#[derive(Debug)]
pub struct RealPace(Instant);

impl Default for RealPace {
    fn default() -> Self {
        Self(Instant::now())
    }
}

impl Pace for RealPace {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    fn sleep(&self, duration: Duration) {
        std::thread::sleep(duration);
    }
}

/// The longest that a wait goes on without looking whether the run was cancelled.
const NAP: Duration = Duration::from_millis(100);

const DAY_S: i64 = 86_400;

/// The limits of one source, shared by all its scans.
pub(crate) struct Brakes {
    origin: String,
    pub(crate) pace: Arc<dyn Pace>,
    rows_per_second: Option<u32>,
    pub(crate) statement_timeout: Option<Duration>,
    window: Option<Window>,
    /// When the next rows may be read.
    free_at: Mutex<Duration>,
}

impl Brakes {
    /// Reads the limits of `source`; a window that says nothing is refused.
    pub(crate) fn new(source: &Source, pace: Arc<dyn Pace>) -> Result<Self, SourceError> {
        let limits = &source.limits;
        let limit = |what: &str| SourceError::new(Code::SourceLimit, &source.name, what);
        if [limits.rows_per_second, limits.statement_timeout_s, limits.snapshot_max_age_s].contains(&Some(0)) {
            return Err(limit("a limit of 0 lets nothing through: leave it out, or write a larger number"));
        }
        let window = match limits.window.as_deref().map(Window::parse) {
            None => None,
            Some(Some(window)) => Some(window),
            Some(None) => return Err(limit("its window is not of the form `18:00-06:00` (hours in UTC)")),
        };
        Ok(Self {
            origin: source.name.clone(),
            pace,
            rows_per_second: limits.rows_per_second,
            statement_timeout: limits.statement_timeout_s.map(|s| Duration::from_secs(s.into())),
            window,
            free_at: Mutex::new(Duration::ZERO),
        })
    }

    /// Opens the gate at `now`: refuses outside the window; tells when, on the pace's clock, the window closes.
    pub(crate) fn enter(&self, now: jiff::Timestamp) -> Result<Option<Duration>, SourceError> {
        let Some(window) = &self.window else { return Ok(None) };
        match window.remaining(now) {
            Some(left) => Ok(Some(self.pace.elapsed() + left)),
            None => {
                let detail = format!("may only be read between {window} UTC");
                Err(SourceError::new(Code::SourceLimit, &self.origin, detail))
            }
        }
    }

    /// Stops a reading whose window has closed while it went on.
    pub(crate) fn still_open(&self, closes: Option<Duration>) -> Result<(), SourceError> {
        match (closes, &self.window) {
            (Some(closes), Some(window)) if self.pace.elapsed() >= closes => {
                let detail = format!("its window {window} UTC closed before everything was read");
                Err(SourceError::new(Code::SourceLimit, &self.origin, detail))
            }
            _ => Ok(()),
        }
    }

    /// Rows of one batch, so that a slow limit is not one burst and a long wait.
    pub(crate) fn batch_rows(&self) -> usize {
        let rate = self.rows_per_second.and_then(|rate| usize::try_from(rate).ok());
        rate.map_or(BATCH_ROWS, |rate| rate.clamp(1, BATCH_ROWS))
    }

    /// Accounts for rows that were read, and waits for as long as they are ahead of the limit.
    pub(crate) fn take(&self, rows: usize, watch: &Watch, stopped: &dyn Fn() -> bool) {
        let Some(rate) = self.rows_per_second else { return };
        let cost = Duration::from_secs_f64(rows as f64 / f64::from(rate));
        let until = {
            let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
            let start = (*free_at).max(self.pace.elapsed());
            *free_at = start + cost;
            start
        };
        while !watch.is_cancelled() && !stopped() {
            match until.checked_sub(self.pace.elapsed()) {
                Some(wait) if !wait.is_zero() => self.pace.sleep(wait.min(NAP)),
                _ => return,
            }
        }
    }
}

/// A daily window in UTC; it may go over midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Window {
    from_s: i64,
    to_s: i64,
}

impl Window {
    fn parse(text: &str) -> Option<Self> {
        let (from, to) = text.split_once('-')?;
        let window = Self { from_s: clock(from)?, to_s: clock(to)? };
        (window.from_s != window.to_s).then_some(window)
    }

    /// How long the window stays open after `now`; none outside it.
    fn remaining(&self, now: jiff::Timestamp) -> Option<Duration> {
        let at = now.as_second().rem_euclid(DAY_S);
        let since_open = (at - self.from_s).rem_euclid(DAY_S);
        let length = (self.to_s - self.from_s).rem_euclid(DAY_S);
        let left = u64::try_from(length - since_open).ok().filter(|left| *left > 0)?;
        Some(Duration::from_secs(left))
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (from, to) = (self.from_s / 60, self.to_s / 60);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

/// `HH:MM` as seconds of the day; `24:00` is midnight.
fn clock(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let number = |text: &str| (text.len() == 2).then(|| text.parse::<u8>().ok()).flatten();
    let (hour, minute) = (i64::from(number(hour)?), i64::from(number(minute)?));
    let sound = (hour < 24 && minute < 60) || (hour == 24 && minute == 0);
    sound.then_some((hour * 3_600 + minute * 60) % DAY_S)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_may_go_over_midnight() {
        let left = |window: &str, at: &str| {
            Window::parse(window).unwrap().remaining(at.parse().unwrap()).map(|d| d.as_secs() / 60)
        };
        assert_eq!(left("18:00-06:00", "2026-01-01T18:00:00Z"), Some(720));
        assert_eq!(left("18:00-06:00", "2026-01-01T05:59:00Z"), Some(1));
        assert_eq!(left("18:00-06:00", "2026-01-01T06:00:00Z"), None);
        assert_eq!(left("18:00-06:00", "2026-01-01T17:59:59Z"), None);
        assert_eq!(left("08:00-24:00", "2026-01-01T23:00:00Z"), Some(60));
        for nonsense in ["", "18-06", "18:00-18:00", "25:00-06:00", "18:00", "1:00-2:00", "18:60-06:00"] {
            assert_eq!(Window::parse(nonsense), None, "{nonsense}");
        }
        assert_eq!(Window::parse("18:00-06:30").unwrap().to_string(), "18:00-06:30");
    }
}
