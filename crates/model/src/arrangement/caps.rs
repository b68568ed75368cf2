//! How often and how much may still leave? Every reason tells the figures.

use jiff::Timestamp;

use super::validity::{day_of, days_before, midnight};
use super::{Arrangement, Frequency};
use crate::{Code, Violation};

/// One transfer that was released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Released {
    /// When.
    pub at: Timestamp,
    /// By which exchange.
    pub exchange: String,
    /// How many records.
    pub records: u64,
}

/// How many records may leave at most, counted from a moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cap {
    /// The rule.
    pub code: Code,
    /// So many.
    pub most: u64,
    /// Since when they are counted.
    pub since: Timestamp,
}

/// The caps that `terms` agree, as they are counted at `now`.
pub fn caps(terms: &Arrangement, now: Timestamp) -> Vec<Cap> {
    let today = midnight(day_of(now)).unwrap_or(Timestamp::MIN);
    let cap = |code, most: Option<u64>, since| most.map(|most| Cap { code, most, since });
    let day = cap(Code::DayCap, terms.day_cap, today);
    day.into_iter().chain(cap(Code::VolumeCap, terms.volume_cap, terms.valid.begins_at())).collect()
}

/// What of one more transfer of `exchange` goes beyond the caps of `terms` and the frequencies of all levels.
///
/// `released` are the transfers under this arrangement so far. `records` is how many would leave; where that is not
/// known yet, a cap refuses once it is used up. Releases dated after `now` count: a clock set back frees nothing.
pub fn beyond_caps(
    terms: &Arrangement,
    frequencies: &[(String, Frequency)],
    released: &[Released],
    exchange: &str,
    records: Option<u64>,
    now: Timestamp,
) -> Vec<Violation> {
    let mut violations = Vec::new();
    for (level, frequency) in frequencies {
        let since = days_before(now, frequency.days);
        let made = released.iter().filter(|one| one.exchange == exchange && one.at > since).count();
        if made as u64 >= u64::from(frequency.at_most) {
            let detail = format!(
                "{made} transfers were made in {} days, and {level} agrees {}",
                frequency.days, frequency.at_most
            );
            violations.push(Violation::new(Code::TooFrequent, exchange, detail));
        }
    }
    if let Some(records) = records.filter(|records| *records > terms.row_cap) {
        let detail = format!("{records} records would leave, agreed are {}", terms.row_cap);
        violations.push(Violation::new(Code::RowCap, exchange, detail));
    }
    for Cap { code, most: cap, since } in caps(terms, now) {
        let gone = released.iter().filter(|one| one.at >= since).map(|one| one.records).sum::<u64>();
        let when = if code == Code::DayCap { "today" } else { "so far" };
        let beyond = match records {
            Some(records) => gone.saturating_add(records) > cap,
            None => gone >= cap,
        };
        if beyond {
            let more = records.map_or_else(|| "more".to_owned(), |records| records.to_string());
            let detail = format!("{gone} records left {when}, {more} would leave, agreed are {cap}");
            violations.push(Violation::new(code, exchange, detail));
        }
    }
    violations
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use super::*;
    use crate::arrangement::sample;

    fn released(at: &str, records: u64) -> Released {
        Released { at: at.parse().unwrap(), exchange: "x".into(), records }
    }

    fn beyond(released: &[Released], records: Option<u64>) -> Vec<(Code, String)> {
        let terms = Arrangement { day_cap: Some(60), volume_cap: Some(150), ..sample() };
        let frequencies = [("a version 1".to_owned(), Frequency { at_most: 2, days: 7 })];
        let now = "2026-05-20T12:00:00Z".parse().unwrap();
        let found = beyond_caps(&terms, &frequencies, released, "x", records, now);
        found.into_iter().map(|violation| (violation.code, violation.detail)).collect()
    }

    fn codes(released: &[Released], records: Option<u64>) -> Vec<Code> {
        beyond(released, records).into_iter().map(|(code, _)| code).collect()
    }

    #[test]
    fn within_every_cap_nothing_is_said() {
        assert_eq!(codes(&[], Some(60)), []);
        assert_eq!(codes(&[released("2026-05-20T01:00:00Z", 20), released("2026-05-01T01:00:00Z", 70)], Some(40)), []);
    }

    #[test]
    fn each_cap_is_told_with_its_figures() {
        let two = [released("2026-05-14T00:00:00Z", 1), released("2026-05-19T00:00:00Z", 1)];
        assert_eq!(
            beyond(&two, None),
            [(Code::TooFrequent, "2 transfers were made in 7 days, and a version 1 agrees 2".to_owned())]
        );
        assert_eq!(codes(&[], Some(101)), [Code::RowCap, Code::DayCap]);
        let day = beyond(&[released("2026-05-20T01:00:00Z", 50)], Some(11));
        assert_eq!(day, [(Code::DayCap, "50 records left today, 11 would leave, agreed are 60".to_owned())]);
        assert_eq!(codes(&[released("2026-02-01T00:00:00Z", 100)], Some(51)), [Code::VolumeCap]);
        assert_eq!(codes(&[released("2026-02-01T00:00:00Z", 150)], None), [Code::VolumeCap]);
        assert_eq!(codes(&[released("2025-12-31T00:00:00Z", 150)], Some(51)), [], "an earlier version's");
    }

    #[test]
    fn a_clock_set_back_frees_nothing() {
        let later = [released("2026-06-01T00:00:00Z", 60), released("2026-06-02T00:00:00Z", 1)];
        assert_eq!(codes(&later, None), [Code::TooFrequent, Code::DayCap]);
    }
}
