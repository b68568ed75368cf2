//! Is each occurrence of a schedule one transfer, also where several look at once and where whoever looks dies?

use super::place::{Kind, Place};

/// The mark of schedules, at which the second test dies.
pub const MARKS: [&str; 1] = ["occurrence-handled"];

/// Four occurrences a day for four days, of which the newest ten are caught up with.
const BEGIN: &str = r#"food_in_force 'schedule: { cron: "0 */6 * * *", time_zone: Africa/Nairobi, catch_up: all, latest_start: 10000 }'
sed -e 's/dpia-food-2026/dpia-often/' -e 's/1000000/100000000/' dpia-food-2026.yaml > dpia-often.yaml
causeway assessment import dpia-often.yaml --as wanjiru
causeway assessment approve dpia-often --as otieno"#;

const WHEN: &str = "export CAUSEWAY_NOW=2026-05-08T09:00:00Z";

/// How many occurrences asked for a transfer, and how many transfers were asked for.
const COUNT: &str = "events transfer-requested | grep -c '^schedule ' ; causeway exchange schedule food-people --next 1 | grep -c '^was .* transfer '; causeway status --limit 50 | grep -c ' food-people '; causeway ledger verify | cut -c1-15";

fn counted(place: &Place) -> Vec<String> {
    let (code, said) = place.run(&format!("{WHEN}; {COUNT}"));
    assert_eq!(code, 0, "{said}");
    said.lines().map(str::to_owned).collect()
}

#[test]
fn two_who_look_at_once_ask_for_each_transfer_once() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let place = Place::new(kind, None);
        let (code, said) = place.run(&format!(
            "{BEGIN}; {WHEN}; for who in a b c; do (CAUSEWAY_SLOW_AT=store-change-not-committed=100 causeway exchange tick > $who.said 2>&1 || echo failed >> $who.said) & done; wait; cat ?.said"
        ));
        assert_eq!((code, said.contains("failed")), (0, false), "{kind:?}: {said}");
        // Whoever was second left it to the first: one more look finds nothing.
        let (_, again) = place.run(&format!("{WHEN}; causeway exchange tick"));
        let made = said.matches(": transfer ").count() + again.matches(": transfer ").count();
        assert_eq!(made, 10, "{kind:?}: {said}{again}");
        assert_eq!(said.matches("too-many").count(), 1, "{kind:?}: {said}");
        assert_eq!(counted(&place), ["10", "3", "10", "ledger is whole"], "{kind:?}");
    }
}

#[test]
fn whoever_dies_leaves_the_rest_to_the_next() {
    for kind in [Kind::Sqlite, Kind::Postgres] {
        let place = Place::new(kind, None);
        let (code, said) = place.run(BEGIN);
        assert_eq!(code, 0, "{said}");
        for mark in [
            "store-change-not-committed:3",
            "store-change-committed:2",
            "occurrence-handled:2",
            "store-change-not-committed",
        ] {
            let (code, said) = place.run(&format!("{WHEN}; CAUSEWAY_CRASH_AT={mark} causeway exchange tick"));
            assert_ne!(code, 0, "{kind:?} did not die at {mark}: {said}");
        }
        let (code, said) = place.run(&format!("{WHEN}; causeway exchange tick; causeway exchange tick"));
        assert_eq!(code, 0, "{said}");
        assert_eq!(counted(&place), ["10", "3", "10", "ledger is whole"], "{kind:?}: {said}");
    }
}
