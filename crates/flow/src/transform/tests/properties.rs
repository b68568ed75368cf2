//! What holds for all values: calendars invert each other, age never falls, pseudonyms tell partners apart.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::civil::Date;
use proptest::prelude::*;

use super::{Pseudonyms, run};
use crate::transform::calendar::{from_ethiopic, to_ethiopic};
use crate::transform::dates::full_years;

fn dates() -> impl Strategy<Value = Date> {
    (1_i16..=9998, 1_i8..=12, 1_i8..=31).prop_filter_map("no such day", |(y, m, d)| Date::new(y, m, d).ok())
}

proptest! {
    #[test]
    fn a_date_comes_back_from_the_ethiopic_calendar(date in dates()) {
        if let Some(there) = to_ethiopic(date) {
            prop_assert_eq!(from_ethiopic(&there), Ok(date));
        } else {
            prop_assert!(date.year() <= 8);
        }
    }

    #[test]
    fn the_next_day_is_the_next_day_in_both_calendars(date in dates()) {
        let next = date.tomorrow().unwrap();
        if let (Some(today), Some(tomorrow)) = (to_ethiopic(date), to_ethiopic(next)) {
            prop_assert!(today < tomorrow, "{} {}", today, tomorrow);
        }
    }

    #[test]
    fn age_never_falls_as_days_pass_and_whoever_is_older_has_no_lower_age(birth in dates(), a in dates(), b in dates()) {
        let (first, then) = if a <= b { (a, b) } else { (b, a) };
        if let (Some(young), Some(old)) = (full_years(birth, first), full_years(birth, then)) {
            prop_assert!(0 <= young && young <= old);
        }
        if let (Some(older), Some(younger)) = (full_years(first, birth), full_years(then, birth)) {
            prop_assert!(older >= younger);
        }
        prop_assert_eq!(full_years(birth, first).is_none(), birth > first);
    }

    #[test]
    fn pseudonyms_are_stable_and_differ_by_partner_purpose_and_entity(
        root in any::<[u8; 32]>(),
        value in ".{0,20}",
        other in ".{0,20}",
        partner in "[a-z]{1,8}",
        purpose in "[a-z]{1,8}",
    ) {
        let make = |partner: &str, purpose: &str, entity: &str, value: &str| {
            Pseudonyms::new(&root, partner, purpose).of(entity, value.as_bytes())
        };
        let own = make(&partner, &purpose, "individual", &value);
        prop_assert_eq!(own, make(&partner, &purpose, "individual", &value));
        let foreign = BTreeSet::from([
            own,
            make(&format!("{partner}x"), &purpose, "individual", &value),
            make(&partner, &format!("x{purpose}"), "individual", &value),
            make(&format!("{partner}x"), &format!("x{purpose}"), "individual", &value),
            make(&partner, &purpose, "household", &value),
            Pseudonyms::new(&root.map(|byte| !byte), partner.as_str(), purpose.as_str()).of("individual", value.as_bytes()),
        ]);
        prop_assert_eq!(foreign.len(), 6);
        prop_assert_eq!(own == make(&partner, &purpose, "individual", &other), value == other);
    }

    #[test]
    fn a_mask_never_shows_more_than_a_quarter(text in "[a-z]{0,40}", keep_first in any::<u8>(), keep_last in any::<u8>()) {
        let mask = format!(r#"[{{"mask": {{"keep_first": {keep_first}, "keep_last": {keep_last}}}}}]"#);
        let masked = run("text", &mask, &[Some(&text)]).out[0].clone().unwrap();
        prop_assert_eq!(masked.len(), text.len());
        prop_assert!(masked.bytes().filter(|byte| *byte != b'*').count() * 4 <= text.len());
    }

    #[test]
    fn no_text_makes_a_chain_panic(text in any::<String>()) {
        for transform in [
            r#"{"phone": {"region": "ET"}}"#, r#"{"from-calendar": "ethiopic"}"#, r#""nfkc""#, r#""upper""#, r#""trim""#,
            r#"{"split": {"separator": " ", "part": -1}}"#, r#"{"substring": {"start": 2, "length": 3}}"#,
            r#"{"replace": {"pattern": "(.)", "with": "$1-"}}"#, r#""pseudonym""#,
        ] {
            let ran = run("text", &format!("[{transform}]"), &[Some(&text)]);
            prop_assert!(ran.faults.len() <= 1);
        }
        let ran = run("partial-date", r#"["year"]"#, &[Some(&text)]);
        prop_assert_eq!(ran.out[0].is_some(), ran.faults.is_empty());
    }
}

#[test]
fn the_names_of_partner_and_purpose_do_not_run_into_each_other() {
    let of = |partner: &str, purpose: &str| Pseudonyms::new(&[1; 32], partner, purpose).of("individual", b"1");
    assert_ne!(of("ab", "c"), of("a", "bc"));
}

#[test]
fn dates_that_others_converted_come_out_the_same() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data/ethiopic-calendar/vectors.json");
    let Ok(text) = std::fs::read_to_string(&path) else {
        eprintln!("skipped: no shared data");
        return;
    };
    let vectors: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap();
    assert!(vectors.len() > 10);
    for vector in &vectors {
        let part = |side: &str, at: usize| i16::try_from(vector[side][at].as_i64().unwrap()).unwrap();
        let there = format!("{:04}-{:02}-{:02}", part("ethiopian", 0), part("ethiopian", 1), part("ethiopian", 2));
        let month = i8::try_from(part("gregorian", 1)).unwrap();
        let day = i8::try_from(part("gregorian", 2)).unwrap();
        let here = Date::new(part("gregorian", 0), month, day).unwrap();
        assert_eq!(to_ethiopic(here).as_deref(), Some(there.as_str()), "{here}");
        assert_eq!(from_ethiopic(&there), Ok(here), "{there}");
    }
}
