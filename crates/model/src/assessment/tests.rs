//! Is an assessment due exactly when transfers are large, repeated, structural or sensitive?
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]

use jiff::civil::date;

use super::*;
use crate::arrangement::{AgreedElement, Arrangement, Biometrics, Released, catalogue, sample};
use crate::{ElementRef, Form};

const TODAY: Date = date(2026, 5, 1);

fn now() -> jiff::Timestamp {
    "2026-05-01T12:00:00Z".parse().unwrap()
}

fn released(at: &str, records: u64) -> Released {
    Released { at: at.parse().unwrap(), exchange: "x".into(), records }
}

fn reasons(arrangement: &Arrangement, released: &[Released], scheduled: &[Scheduled]) -> Vec<Reason> {
    let figures = gather(arrangement, &catalogue(), released, scheduled, now());
    due(&figures, &Thresholds::default()).into_iter().map(|due| due.reason).collect()
}

#[test]
fn a_small_one_off_needs_none_and_a_large_one_does() {
    assert_eq!(reasons(&sample(), &[], &[]), []);
    assert_eq!(reasons(&sample(), &[released("2026-04-01T00:00:00Z", 49_999)], &[]), []);
    assert_eq!(reasons(&sample(), &[released("2026-04-01T00:00:00Z", 50_000)], &[]), [Reason::Large]);
    assert_eq!(reasons(&sample(), &[released("2025-04-30T00:00:00Z", 50_000)], &[]), [], "older than a year");
    assert_eq!(reasons(&sample(), &[released("2026-09-01T00:00:00Z", 50_000)], &[]), [Reason::Large], "clock set back");
}

#[test]
fn the_more_sensitive_the_sooner_it_is_large() {
    let agree = |element: &str, form| {
        let element = ElementRef::new("person", element);
        let item = AgreedElement { element, form, necessity: "because the purpose needs it".into() };
        Arrangement { elements: vec![item], ..sample() }
    };
    let moved = |records| [released("2026-04-01T00:00:00Z", records)];
    assert_eq!(reasons(&agree("country_of_origin", Form::Raw), &moved(10_000), &[]), [Reason::Large]);
    assert_eq!(reasons(&agree("country_of_origin", Form::Raw), &moved(9_999), &[]), []);
    assert_eq!(reasons(&agree("country_of_origin", Form::Presence), &moved(10_000), &[]), []);
    assert_eq!(reasons(&agree("not_in_catalogue", Form::Raw), &moved(5_000), &[]), [Reason::Large, Reason::Sensitive]);
    let templates = Arrangement { biometrics: Biometrics::Templates, ..sample() };
    assert_eq!(reasons(&templates, &[], &[]), [Reason::Biometrics]);
    assert_eq!(reasons(&templates, &moved(5_000), &[]), [Reason::Large, Reason::Biometrics]);
}

#[test]
fn a_one_off_that_becomes_repeated_and_structural_raises_it() {
    let first = released("2026-01-05T00:00:00Z", 100);
    let once = gather(&sample(), &catalogue(), std::slice::from_ref(&first), &[], now());
    let before = due(&once, &Thresholds::default());
    assert_eq!(before, []);
    let again = [first.clone(), released("2026-01-20T00:00:00Z", 100)];
    assert_eq!(reasons(&sample(), &again, &[]), [Reason::Repeated]);
    let later = [first, released("2026-04-06T00:00:00Z", 100)];
    let figures = gather(&sample(), &catalogue(), &later, &[], now());
    assert_eq!(figures.span_days, 91);
    let now = due(&figures, &Thresholds::default());
    assert_eq!(
        raised(&before, &now).iter().map(|due| due.reason).collect::<Vec<_>>(),
        [Reason::Repeated, Reason::Structural]
    );
    assert_eq!(
        now.last().unwrap().to_string(),
        "structural: transfers made and scheduled span 91 days, and an assessment is due from 90"
    );
}

#[test]
fn what_is_scheduled_counts() {
    let last = "2027-04-01T00:00:00Z".parse().unwrap();
    let monthly = Scheduled { last, transfers: 12, records_each: 5_000 };
    assert_eq!(reasons(&sample(), &[], &[monthly]), [Reason::Large, Reason::Repeated, Reason::Structural]);
    assert_eq!(reasons(&sample(), &[], &[Scheduled { transfers: 1, ..monthly }]), []);
    assert_eq!(reasons(&sample(), &[], &[Scheduled { transfers: 0, ..monthly }]), []);
}

fn assessment() -> Assessment {
    Assessment {
        assessment: "dpia-1".into(),
        arrangement: "a".into(),
        written_by: "fola".into(),
        approved_by: Some("dana".into()),
        valid_until: TODAY,
        covers: BTreeSet::from([Reason::Large]),
        covers_records: 60_000,
        evidence: "DOC-7".into(),
    }
}

fn gated(records: u64, assessments: &[Assessment]) -> Gate {
    let moved = [released("2026-04-01T00:00:00Z", records)];
    let figures = gather(&sample(), &catalogue(), &moved, &[], now());
    gate("a", &figures, &Thresholds::default(), assessments, TODAY)
}

fn refused(records: u64, assessments: &[Assessment]) -> (Code, String) {
    let Gate::Refused(refused) = gated(records, assessments) else { panic!("the gate let it through") };
    let first = refused.violations.into_iter().next().unwrap();
    (first.code, first.detail)
}

#[test]
fn the_gate_tells_what_is_missing_with_the_figures() {
    assert_eq!(gated(10, &[]), Gate::NotDue);
    assert_eq!(gated(60_000, &[assessment()]), Gate::Met { assessment: "dpia-1".into() });
    let (code, detail) = refused(60_000, &[]);
    assert_eq!(code, Code::AssessmentMissing);
    assert_eq!(
        detail,
        "large: 60000 records were moved in 365 days and 0 are scheduled, and an assessment is due from 50000"
    );
    let other = Assessment { arrangement: "b".into(), ..assessment() };
    assert_eq!(refused(60_000, &[other]).0, Code::AssessmentMissing);
    let draft = Assessment { approved_by: None, ..assessment() };
    let own = Assessment { approved_by: Some("fola".into()), ..assessment() };
    let old = Assessment { valid_until: TODAY.yesterday().unwrap(), ..assessment() };
    let narrow = Assessment { covers: BTreeSet::from([Reason::Repeated]), ..assessment() };
    assert_eq!(refused(60_000, std::slice::from_ref(&draft)).0, Code::AssessmentNotApproved);
    assert_eq!(refused(60_000, &[own]).0, Code::AssessmentNotApproved);
    assert_eq!(refused(60_000, &[draft, old]).0, Code::AssessmentExpired);
    assert_eq!(refused(60_000, &[narrow]).0, Code::AssessmentOutgrown);
    let (code, detail) = refused(60_001, &[assessment()]);
    assert_eq!((code, detail.contains("60001")), (Code::AssessmentOutgrown, true), "{detail}");
}

#[test]
fn thresholds_are_configuration() {
    let read: Thresholds = serde_json::from_str(r#"{ "large": 10 }"#).unwrap();
    assert_eq!(read, Thresholds { large: 10, ..Thresholds::default() });
    assert!(serde_json::from_str::<Thresholds>(r#"{ "huge": 10 }"#).is_err());
}

#[test]
fn the_whole_table_is_as_reviewed() {
    let apply = |state: State, event: Event| state.apply("dpia", event).ok();
    let table = crate::states::table(&State::samples(), &Event::samples(), State::name, Event::name, apply);
    assert_eq!(table.lines(), "written: approve → approved\napproved: expire → expired\nexpired: \n");
}

#[test]
fn nobody_approves_what_they_wrote_nor_after_its_last_day() {
    let written = || State::samples().swap_remove(0);
    let approve = |by: &str, today| Event::Approve { by: by.into(), today };
    assert_eq!(written().apply("dpia", approve("writer", TODAY)).unwrap_err().codes(), [Code::OwnDraft]);
    let late = written().apply("dpia", approve("officer", date(2027, 1, 1)));
    assert_eq!(late.unwrap_err().codes(), [Code::AssessmentExpired]);
}
