//! Does the newest decision count, does the strictest hold, and is what lacks something told whole?
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use jiff::civil::date;

use super::*;
use crate::Code;

fn after(kinds: &[Kind]) -> Standing {
    let mut standing = Standing::default();
    kinds.iter().for_each(|kind| standing.take(*kind));
    standing
}

#[test]
fn the_newest_of_a_family_counts_and_each_reason_has_its_code() {
    use Kind as K;
    let usual = RightsTerms::default();
    let code = |kinds: &[Kind]| after(kinds).left_out(usual, true);
    assert_eq!(code(&[]), None);
    assert_eq!(code(&[K::ConsentGiven, K::ConsentWithdrawn]), Some(Code::ConsentWithdrawn));
    assert_eq!(code(&[K::ConsentWithdrawn, K::ConsentGiven]), None);
    assert_eq!(code(&[K::Objection]), Some(Code::PersonObjects));
    assert_eq!(code(&[K::Objection, K::ConsentGiven]), Some(Code::PersonObjects), "consent lifts no objection");
    assert_eq!(code(&[K::Objection, K::ObjectionLifted]), None);
    assert_eq!(code(&[K::Contested]), Some(Code::DataContested));
    assert_eq!(code(&[K::Contested, K::ContestResolved]), None);
    assert_eq!(code(&[K::Correction]), None);
    assert_eq!(code(&[K::Merge]), Some(Code::RecordMerged));
    assert_eq!(code(&[K::Erasure, K::ConsentGiven, K::ObjectionLifted]), Some(Code::PersonErased));
}

#[test]
fn an_arrangement_may_ask_for_consent_here_and_may_share_what_is_contested() {
    let register = RightsTerms { consent: ConsentFrom::Register, ..RightsTerms::default() };
    assert_eq!(after(&[]).left_out(register, true), Some(Code::NoConsent));
    assert_eq!(after(&[]).left_out(register, false), None, "another basis needs no consent");
    assert_eq!(after(&[Kind::ConsentGiven]).left_out(register, true), None);
    let share = RightsTerms { contested: OnContested::Share, ..RightsTerms::default() };
    assert_eq!(after(&[Kind::Contested]).left_out(share, true), None);
    assert_eq!(share.and(RightsTerms::default()), RightsTerms::default(), "the least of both levels holds");
}

#[test]
fn what_a_merged_record_decided_holds_for_the_other_too() {
    let usual = RightsTerms::default();
    for (kept, of) in [
        (Kind::Objection, Code::PersonObjects),
        (Kind::ConsentWithdrawn, Code::ConsentWithdrawn),
        (Kind::Erasure, Code::PersonErased),
        (Kind::Contested, Code::DataContested),
    ] {
        let mut other = after(&[Kind::ConsentGiven]);
        other.inherit(after(&[kept, Kind::Merge]));
        assert_eq!(other.left_out(usual, true), Some(of), "{kept}");
    }
}

#[test]
fn a_decision_tells_everything_that_it_lacks() {
    let today = date(2026, 5, 4);
    let consent = Consent {
        text_version: "v2".into(),
        language: "Swahili".into(),
        asked_by: "\n".into(),
        child: Some(Child { assent: Assent::Refused, best_interests: String::new() }),
    };
    let decision =
        |kind, scope, consent| Decision { kind, scope, effective: today, reason: Reason::PersonAsked, consent };
    let lacking = decision(Kind::ConsentGiven, Scope::default(), Some(consent)).check(today).unwrap_err();
    assert_eq!(lacking.codes(), [Code::DecisionIncomplete; 5], "{lacking:?}");
    let scope = Scope { purpose: Some("food".into()), partner: None };
    assert_eq!(decision(Kind::Erasure, scope.clone(), None).check(today).unwrap_err().violations.len(), 1);
    decision(Kind::Objection, scope.clone(), None).check(today).unwrap();
    assert!(decision(Kind::Objection, scope, None).check(date(2026, 5, 3)).is_err(), "a day to come");
}

#[test]
fn what_takes_away_holds_for_every_part_of_a_purpose_and_what_gives_for_exactly_what_was_said() {
    let of = |kind, purpose: &str| Decision {
        kind,
        scope: Scope { purpose: Some(purpose.into()), partner: Some("relief".into()) },
        effective: date(2026, 5, 4),
        reason: Reason::PersonAsked,
        consent: None,
    };
    use Kind::{ConsentGiven, ConsentWithdrawn, Objection, ObjectionLifted};
    for (kind, purpose, is_covered) in [
        (Objection, "food", true),
        (Objection, "food/camps", true),
        (ConsentWithdrawn, "food/camps", true),
        (Objection, "foodstuff", false),
        (Objection, "school", false),
        (ConsentGiven, "food", true),
        (ConsentGiven, "food/camps", false),
        (ObjectionLifted, "food/camps", false),
    ] {
        assert_eq!(of(kind, "food").covers(purpose, "relief"), is_covered, "{kind} of {purpose}");
        assert!(!of(kind, "food").covers(purpose, "another"));
    }
    assert!(!of(Objection, "food/camps").covers("food", "relief"), "a part is not the whole");
    assert!(of(Objection, "food").meets(&of(ObjectionLifted, "food/camps")));
    assert!(!of(Objection, "food/camps").meets(&of(ObjectionLifted, "food")), "it lifts nothing of the part");
}
