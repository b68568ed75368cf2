//! Does an exchange run when its schedule says so, and once, whatever clocks, zones and people do?
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::arrangement::Frequency;
use crate::document::Findings;

fn schedule(cron: &str, zone: &str, more: serde_json::Value) -> Schedule {
    let mut value = serde_json::json!({ "cron": cron, "time_zone": zone, "catch_up": "all", "latest_start": 200_000 });
    for (name, member) in more.as_object().unwrap() {
        value[name] = member.clone();
    }
    serde_json::from_value(value).unwrap()
}

fn table(cron: &str, zone: &str, more: serde_json::Value) -> Timetable {
    schedule(cron, zone, more).timetable().unwrap()
}

fn none() -> serde_json::Value {
    serde_json::json!({})
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn ahead(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    table(cron, zone, none()).ahead(at(after)).take(count).map(|one| format!("{} {}", one.local, one.due)).collect()
}

#[test]
fn times_are_read_in_the_zone() {
    let months = ahead("30 6 1 * *", "Africa/Nairobi", "2026-01-01T03:30:00Z", 2);
    assert_eq!(
        months,
        ["2026-02-01T06:30:00 2026-02-01T03:30:00Z", "2026-03-01T06:30:00 2026-03-01T03:30:00Z"],
        "no daylight time, and what is due now is not ahead"
    );
    let kathmandu = ahead("0 6 * * MON", "Asia/Kathmandu", "2026-05-01T00:00:00Z", 1);
    assert_eq!(kathmandu, ["2026-05-04T06:00:00 2026-05-04T00:15:00Z"]);
}

#[test]
fn a_time_that_the_clock_passes_over_happens_once_when_it_is_put_forward() {
    for (cron, zone, after, want) in [
        ("30 2 * * *", "Europe/Zurich", "2026-03-28T12:00:00Z", ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"]),
        ("30 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", ["2026-03-08T07:00:00Z", "2026-03-09T06:30:00Z"]),
        // Half an hour only.
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-03T00:00:00Z", ["2026-10-03T15:30:00Z", "2026-10-04T15:15:00Z"]),
        // Clocks are put forward at midnight: the day has no 00:00.
        ("0 0 * * *", "Asia/Beirut", "2023-03-25T12:00:00Z", ["2023-03-25T22:00:00Z", "2023-03-26T21:00:00Z"]),
        ("0 0 * * *", "Africa/Cairo", "2023-04-27T12:00:00Z", ["2023-04-27T22:00:00Z", "2023-04-28T21:00:00Z"]),
        // Samoa left out a whole day.
        ("0 9 * * *", "Pacific/Apia", "2011-12-30T00:00:00Z", ["2011-12-30T10:00:00Z", "2011-12-30T19:00:00Z"]),
    ] {
        let found: Vec<String> =
            table(cron, zone, none()).ahead(at(after)).take(2).map(|one| one.due.to_string()).collect();
        assert_eq!(found, want, "{cron} {zone}");
    }
    let all_in_the_gap = ahead("*/20 1-3 * * *", "Europe/Zurich", "2026-03-29T00:30:00Z", 3);
    let want = [
        "2026-03-29T01:40:00 2026-03-29T00:40:00Z",
        "2026-03-29T03:00:00 2026-03-29T01:00:00Z",
        "2026-03-29T03:20:00 2026-03-29T01:20:00Z",
    ];
    assert_eq!(all_in_the_gap, want, "what falls into the gap is one");
}

#[test]
fn a_time_that_the_clock_shows_twice_happens_the_first_time() {
    for (cron, zone, after, want) in [
        ("30 2 * * *", "Europe/Zurich", "2026-10-24T12:00:00Z", ["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"]),
        ("30 1 * * *", "America/New_York", "2026-10-31T12:00:00Z", ["2026-11-01T05:30:00Z", "2026-11-02T06:30:00Z"]),
        // From the second of the two hours on, nothing of it is ahead.
        ("30 2 * * *", "Europe/Zurich", "2026-10-25T01:10:00Z", ["2026-10-26T01:30:00Z", "2026-10-27T01:30:00Z"]),
        ("0 * * * *", "Europe/Zurich", "2026-10-25T00:00:00Z", ["2026-10-25T02:00:00Z", "2026-10-25T03:00:00Z"]),
    ] {
        let found: Vec<String> =
            table(cron, zone, none()).ahead(at(after)).take(2).map(|one| one.due.to_string()).collect();
        assert_eq!(found, want, "{cron} {zone}");
    }
}

#[test]
fn a_wall_clock_time_is_one_occurrence_though_the_rules_of_its_zone_change() {
    // In March 2023 Lebanon put off daylight time, and a few days later did not. A program that had read the first decision
    // handled 08:00 at 06:00 UTC; this one knows it as 05:00 UTC. The other way round would have been as bad.
    let daily = table("0 8 * * *", "Asia/Beirut", none());
    let occurrence = daily.ahead(at("2023-03-27T12:00:00Z")).next().unwrap();
    assert_eq!(occurrence.due, at("2023-03-28T05:00:00Z"));
    let decided = |after: &str| {
        let since = Since { after: at(after), local: Some(occurrence.local) };
        daily.due(since, &[], at("2023-03-28T12:00:00Z"))
    };
    assert_eq!(decided("2023-03-28T06:00:00Z"), [], "handled later than it now is");
    assert_eq!(decided("2023-03-28T04:00:00Z"), [], "handled earlier than it now is");
}

/// `local` time and verdict, with the number that it stands for where that is more than one.
fn due(table: &Timetable, after: &str, pauses: &[Paused], now: &str) -> Vec<String> {
    let since = Since { after: at(after), local: None };
    let line = |one: Decided| {
        let verdict = match one.verdict {
            Verdict::Start => "start",
            Verdict::Skip(why) => why.as_str(),
        };
        let count = if one.count > 1 { format!(" x{}", one.count) } else { String::new() };
        format!("{} {verdict}{count}", one.occurrence.local.date())
    };
    table.due(since, pauses, at(now)).into_iter().map(line).collect()
}

#[test]
fn each_way_of_catching_up() {
    let daily = |more| table("0 6 * * *", "Africa/Nairobi", more);
    let skip: Schedule = serde_json::from_value(
        serde_json::json!({ "cron": "0 6 * * *", "time_zone": "Africa/Nairobi", "catch_up": "skip" }),
    )
    .unwrap();
    let skip = skip.timetable().unwrap();
    let since = "2026-05-01T12:00:00Z";
    assert_eq!(due(&skip, since, &[], "2026-05-05T03:15:00Z"), ["2026-05-04 missed x3", "2026-05-05 start"]);
    assert_eq!(due(&skip, since, &[], "2026-05-05T03:15:01Z"), ["2026-05-05 missed x4"]);
    let latest = daily(serde_json::json!({ "catch_up": "latest", "latest_start": 60 }));
    assert_eq!(due(&latest, since, &[], "2026-05-05T04:00:00Z"), ["2026-05-04 overtaken x3", "2026-05-05 start"]);
    assert_eq!(due(&latest, since, &[], "2026-05-05T04:00:01Z"), ["2026-05-04 overtaken x3", "2026-05-05 too-late"]);
    let all = daily(serde_json::json!({ "latest_start": 60 * 24 * 30 }));
    let found = due(&all, since, &[], "2026-05-14T12:00:00Z");
    assert_eq!((found.len(), found.first().unwrap().as_str()), (11, "2026-05-04 too-many x3"));
    assert!(found.iter().skip(1).all(|line| line.ends_with("start")), "{found:?}");
    let two_days = daily(serde_json::json!({ "latest_start": 60 * 24 * 2 }));
    let found = due(&two_days, since, &[], "2026-05-05T03:00:00Z");
    assert_eq!(found, ["2026-05-02 too-late", "2026-05-03 start", "2026-05-04 start", "2026-05-05 start"]);
}

#[test]
fn a_clock_far_ahead_is_bounded() {
    let minutely = table("* * * * *", "Africa/Nairobi", none());
    let since = Since { after: at("2026-05-01T00:00:00Z"), local: None };
    let found = minutely.due(since, &[], at("2036-05-01T00:00:00Z"));
    let starts = found.iter().filter(|one| one.verdict == Verdict::Start).count();
    let counted: u32 = found.iter().map(|one| one.count).sum();
    assert_eq!((starts, found.len(), counted), (10, 11, 500));
    assert!(found.first().unwrap().more, "what lies before was not counted");
    assert_eq!(minutely.due(since, &[], at("2026-04-01T00:00:00Z")), [], "a clock set back");
}

#[test]
fn nothing_starts_in_a_blackout_or_a_pause() {
    let more = serde_json::json!({ "blackout": [
        { "dates": { "from": "2026-05-03", "to": "2026-05-04" }, "reason": "the office moves" },
        { "weekly": { "from": "friday 18:00", "to": "monday 00:00" }, "reason": "nobody is there" },
    ]});
    let daily = table("0 18 * * *", "Africa/Nairobi", more);
    let since = "2026-04-30T12:00:00Z";
    // 1 May 2026 is a Friday. 18:00 is the first minute inside, and Sunday the last day.
    assert_eq!(
        due(&daily, since, &[], "2026-05-08T12:00:00Z"),
        ["2026-04-30 start", "2026-05-04 blackout x4", "2026-05-05 start", "2026-05-06 start", "2026-05-07 start"]
    );
    let until_six = table(
        "0 18 * * *",
        "Africa/Nairobi",
        serde_json::json!({ "blackout": [{ "weekly": { "from": "sunday 00:00", "to": "friday 18:00" }, "reason": "weekdays" }] }),
    );
    assert_eq!(due(&until_six, since, &[], "2026-05-01T15:00:00Z"), ["2026-04-30 blackout", "2026-05-01 start"]);
    let paused = [
        Paused { from: at("2026-04-30T15:00:00Z"), until: Some(at("2026-05-01T15:00:00Z")) },
        Paused { from: at("2026-05-06T00:00:00Z"), until: Some(at("2026-05-09T00:00:00Z")) },
    ];
    assert_eq!(
        due(&daily, since, &paused, "2026-05-08T12:00:00Z"),
        ["2026-04-30 paused", "2026-05-04 blackout x4", "2026-05-05 start", "2026-05-07 paused x2"]
    );
    // While it stands, a pause also holds what was due before it and was not started.
    let stands = [Paused { from: at("2026-05-08T11:00:00Z"), until: None }];
    assert_eq!(
        due(&daily, since, &stands, "2026-05-08T12:00:00Z"),
        ["2026-04-30 paused", "2026-05-04 blackout x4", "2026-05-07 paused x3"]
    );
}

#[test]
fn a_request_is_filled_in_from_the_day() {
    let more = serde_json::json!({ "cycle": { "name": "{year}-{month} {week}", "cut_off_days_before": 3, "note": "monthly" } });
    let monthly = table("0 6 1 * *", "Pacific/Auckland", more);
    let occurrence = monthly.ahead(at("2026-12-15T00:00:00Z")).next().unwrap();
    let request = monthly.request("food", &occurrence);
    // The first of January there is still December in UTC, and belongs to the last week of 2026.
    assert_eq!(occurrence.due, at("2026-12-31T17:00:00Z"));
    assert_eq!(request.cycle.as_deref(), Some("2027-01 2026-W53"));
    assert_eq!(request.cut_off.unwrap().to_string(), "2026-12-29");
    assert_eq!((request.exchange.as_str(), request.note.as_deref()), ("food", Some("monthly")));
}

fn codes(schedule: &Schedule) -> Vec<String> {
    let mut findings = Findings::default();
    schedule.check(&mut findings);
    findings.iter().map(|one| format!("{} {}", one.code, one.pointer)).collect()
}

#[test]
fn what_makes_no_sense_is_found_at_its_place() {
    let with = |more| codes(&schedule("0 6 1 * *", "Africa/Nairobi", more));
    assert_eq!(with(none()), [""; 0]);
    for cron in ["0 6 1 *", "0 0 6 1 * *", "@monthly", "0 25 1 * *", "0 6 * * FUN", ""] {
        assert_eq!(codes(&schedule(cron, "Africa/Nairobi", none())), ["schedule-cron /schedule/cron"], "{cron}");
    }
    for zone in ["", "EAT", "Africa/Nowhere", "+03:00"] {
        assert_eq!(codes(&schedule("0 6 1 * *", zone, none())), ["schedule-time-zone /schedule/time_zone"], "{zone}");
    }
    assert_eq!(codes(&schedule("0 6 30 2 *", "Africa/Nairobi", none())), ["schedule-never /schedule/cron"]);
    assert_eq!(codes(&schedule("0 6 1-7 * MON", "Africa/Nairobi", none())), ["schedule-either-day /schedule/cron"]);
    for window in [
        serde_json::json!({ "reason": "neither" }),
        serde_json::json!({ "dates": { "from": "2026-05-02", "to": "2026-05-01" }, "reason": "backwards" }),
        serde_json::json!({ "weekly": { "from": "friday 18:00", "to": "friday 18:00" }, "reason": "no time" }),
        serde_json::json!({ "weekly": { "from": "Freitag 18:00", "to": "monday 06:00" }, "reason": "another word" }),
        serde_json::json!({ "weekly": { "from": "friday 24:00", "to": "monday 06:00" }, "reason": "no such hour" }),
        serde_json::json!({ "dates": { "from": "2026-05-01", "to": "2026-05-01" }, "reason": " " }),
    ] {
        let fine = serde_json::json!({ "dates": { "from": "2026-05-01", "to": "2026-05-01" }, "reason": "one day" });
        let found = with(serde_json::json!({ "blackout": [fine, window.clone()] }));
        assert_eq!(found, ["schedule-blackout /schedule/blackout/1"], "{window}");
    }
    assert_eq!(with(serde_json::json!({ "catch_up": "skip" })), ["schedule-latest-start /schedule/latest_start"]);
    assert_eq!(with(serde_json::json!({ "latest_start": null })), ["schedule-latest-start /schedule/catch_up"]);
    let cycle = |name: &str| with(serde_json::json!({ "cycle": { "name": name } }));
    assert_eq!(cycle("{year}-{month}"), [""; 0]);
    assert_eq!(cycle("{month}"), ["schedule-cycle-repeats /schedule/cycle/name"]);
    for name in ["{moon}", "{year", "{}"] {
        assert_eq!(cycle(name), ["schedule-cycle /schedule/cycle/name"], "{name}");
    }
    let missing = serde_json::json!({ "cron": "0 6 1 * *", "catch_up": "skip" });
    assert!(serde_json::from_value::<Schedule>(missing).is_err(), "no zone is taken for granted");
}

#[test]
fn more_often_than_agreed_is_found() {
    let found = |cron: &str, at_most, days| {
        let frequencies = [("food-2026 version 1".to_owned(), Frequency { at_most, days })];
        let findings = table(cron, "Africa/Nairobi", none()).too_frequent(&frequencies, at("2026-01-15T00:00:00Z"));
        findings.iter().map(|one| format!("{} {}", one.pointer, one.message)).collect::<Vec<_>>()
    };
    assert_eq!(found("0 6 1 * *", 1, 27), [""; 0]);
    assert_eq!(
        found("0 6 1 * *", 1, 30),
        [
            "/schedule/cron it starts 2 times in the 30 days up to 2026-03-01T03:00:00Z, and food-2026 version 1 agrees 1 in 30 days"
        ],
        "February is shorter"
    );
    assert_eq!(found("0 6 * * MON", 1, 7).len(), 1, "the one before left minutes after its time");
    assert_eq!(found("0 6 * * MON", 2, 8), [""; 0]);
    assert_eq!(found("* * * * *", 1500, 1), [""; 0]);
    assert_eq!(found("* * * * *", 1440, 1).len(), 1);
}

#[test]
fn the_coming_year_is_counted_without_blackouts() {
    let more = serde_json::json!({ "blackout": [{ "dates": { "from": "2026-12-01", "to": "2026-12-31" }, "reason": "year end" }] });
    let monthly = table("0 6 1 * *", "Africa/Nairobi", more);
    let (from, to) = (at("2026-05-01T03:00:00Z"), at("2027-05-01T03:00:00Z"));
    assert_eq!(monthly.between(from, to), Some((10, at("2027-04-01T03:00:00Z"))));
    assert_eq!(monthly.between(from, from), None);
    let minutely = table("* * * * *", "Africa/Nairobi", none());
    assert_eq!(minutely.between(from, to).unwrap().0, 10_000);
}

const ZONES: [&str; 6] =
    ["Africa/Nairobi", "Europe/Zurich", "America/New_York", "Asia/Beirut", "Australia/Lord_Howe", "Africa/Cairo"];
const CRONS: [&str; 6] = ["0 * * * *", "30 2 * * *", "*/20 0-3 * * *", "0 6 * * MON", "59 23 L * *", "0 0 1,15 * *"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Forwards and backwards, from wherever one begins, there are the same occurrences, each once and in order.
    #[test]
    fn forwards_and_backwards_are_the_same(zone in 0..6_usize, cron in 0..6_usize, hours in 0..30_000_i64, minutes in 0..6000_i64) {
        let table = table(CRONS[cron], ZONES[zone], none());
        let from = at("2023-01-01T00:00:00Z").saturating_add(SignedDuration::from_hours(hours)).unwrap();
        let to = from.saturating_add(SignedDuration::from_mins(minutes)).unwrap();
        let ahead: Vec<Occurrence> = table.ahead(from).take_while(|one| one.due <= to).collect();
        let mut back: Vec<Occurrence> = table.clock.back(to).take_while(|one| one.due > from).collect();
        back.reverse();
        prop_assert_eq!(&ahead, &back);
        prop_assert!(ahead.windows(2).all(|pair| pair[0].due < pair[1].due && pair[0].local < pair[1].local));
    }

    /// Whatever the clock does: an occurrence starts once at the most; where time only goes on, none of the ten newest of a
    /// tick is left without a decision, and every one is decided by somebody.
    #[test]
    fn each_occurrence_is_handled_once(
        zone in 0..6_usize, cron in 0..4_usize, ticks in proptest::collection::vec(0..3000_i64, 1..12), back in any::<bool>(),
    ) {
        let table = table(CRONS[cron], ZONES[zone], none());
        let begin = at("2026-03-01T00:00:00Z");
        let mut ticks: Vec<Timestamp> =
            ticks.into_iter().map(|hour| begin.saturating_add(SignedDuration::from_hours(hour)).unwrap()).collect();
        if !back {
            ticks.sort();
        }
        // As the database keeps them: by instant, with what each stands for.
        let mut rows: std::collections::BTreeMap<Timestamp, (DateTime, Occurrence, bool)> = Default::default();
        for now in ticks.iter().copied() {
            let newest = rows.range(..=now).next_back().map(|(due, row)| (*due, row.0));
            let since = newest.map_or(Since { after: begin, local: None }, |(after, local)| Since { after, local: Some(local) });
            for one in table.due(since, &[], now) {
                let started = one.verdict == Verdict::Start;
                let known = rows.insert(one.occurrence.due, (one.occurrence.local, one.first, started));
                prop_assert!(known.is_none(), "handled twice: {:?}", one.occurrence);
            }
            let newest: Vec<Occurrence> = table.clock.back(now).take_while(|one| one.due > begin).take(10).collect();
            for one in newest {
                let held = rows.range(one.due..).next().is_some_and(|(due, row)| row.1.due <= one.due && one.due <= *due);
                prop_assert!(held, "lost: {:?}", one);
                let first_tick_after = ticks.iter().find(|tick| **tick >= one.due);
                if !back && first_tick_after == Some(&now) {
                    prop_assert!(rows.get(&one.due).is_some_and(|row| row.2), "not started: {:?}", one);
                }
            }
        }
    }
}
