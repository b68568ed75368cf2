//! Does data go only to a partner whose keys, evidence and countries hold?
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use std::collections::BTreeSet;

use jiff::civil::{Date, date};

use super::*;
use crate::document::Document;
use crate::states::table;

fn profile() -> Profile {
    let text = "partner: lantern\ntitle: Lantern Relief (invented)\njurisdiction: KEN\nhosting_country: KEN\n\
                recipients:\n- {name: Cloud, kind: processor, jurisdiction: IRL, hosting_country: IRL, purpose: keeps backups}\n";
    Document::parse("p.yaml", text).unwrap().read().unwrap()
}

fn arrangement() -> Arrangement {
    crate::arrangement::sample()
}

fn attested(kind: AttestationKind, until: Date) -> Attestation {
    Attestation {
        kind,
        evidence: "EV-1".into(),
        stated_by: "thandi".into(),
        valid_until: until,
        accepted_by: Some("amina".into()),
    }
}

fn state(name: &str) -> State {
    State::samples().into_iter().find(|state| state.name() == name).unwrap()
}

fn apply(state: State, events: impl IntoIterator<Item = Event>) -> Result<State, Refused> {
    events.into_iter().try_fold(state, State::apply)
}

fn invited() -> State {
    let register = |key: &str, purpose| Event::RegisterKey { key: key.into(), purpose };
    let keys = [register("r", KeyPurpose::Recipient), register("s", KeyPurpose::Signing)];
    apply(State::Invited { keys: vec![] }, keys).unwrap()
}

fn confirm(key: &str) -> Event {
    Event::ConfirmFingerprint { key: key.into(), by: "amina".into() }
}

fn prove(key: &str) -> Event {
    Event::ProvePossession { key: key.into() }
}

#[test]
fn the_whole_table_is_as_reviewed() {
    let apply = |state: State, event: Event| state.apply(event).ok();
    let table = table(&State::samples(), &Event::samples(), State::name, Event::name, apply);
    insta::assert_snapshot!(table.lines());
}

#[test]
fn a_key_needs_both_its_fingerprint_and_its_possession() {
    let both = [confirm("r"), prove("r"), confirm("s"), prove("s"), Event::Verify];
    assert!(matches!(apply(invited(), both.clone()), Ok(State::Verified { .. })));
    for left_out in 0..4 {
        let some = both.iter().enumerate().filter(|(i, _)| *i != left_out).map(|(_, event)| event.clone());
        assert_eq!(apply(invited(), some).unwrap_err().codes(), [Code::KeyNotVerified], "{left_out}");
    }
    assert_eq!(apply(invited(), [confirm("x")]).unwrap_err().codes(), [Code::KeyNotVerified]);
}

#[test]
fn a_revoked_key_takes_the_partner_out_and_never_comes_back() {
    let active = state("active");
    let revoked = active.apply(Event::RevokeKey { key: "r".into() }).unwrap();
    assert!(matches!(revoked, State::Suspended { .. }));
    assert_eq!(revoked.clone().apply(Event::Resume).unwrap_err().codes(), [Code::KeyNotVerified]);
    assert_eq!(revoked.clone().apply(confirm("r")).unwrap_err().codes(), [Code::KeyRevoked]);
    let again = Event::RegisterKey { key: "r".into(), purpose: KeyPurpose::Recipient };
    assert_eq!(revoked.clone().apply(again).unwrap_err().codes(), [Code::KeyRevoked]);
    let next = Event::RegisterKey { key: "r2".into(), purpose: KeyPurpose::Recipient };
    let renewed = apply(revoked, [next, confirm("r2"), prove("r2"), Event::Resume]).unwrap();
    assert_eq!(renewed.usable_key(KeyPurpose::Recipient, date(2026, 5, 4)).unwrap().key, "r2");
}

#[test]
fn rotation_keeps_the_old_key_until_the_new_one_is_trusted() {
    let active = state("active");
    let next = Event::RegisterKey { key: "r2".into(), purpose: KeyPurpose::Recipient };
    let rotating = apply(active, [next, confirm("r2")]).unwrap();
    assert_eq!(rotating.usable_key(KeyPurpose::Recipient, date(2026, 5, 4)).unwrap().key, "r");
    let rotated = rotating.apply(prove("r2")).unwrap();
    assert_eq!(rotated.usable_key(KeyPurpose::Recipient, date(2026, 5, 4)).unwrap().key, "r2");
}

#[test]
fn the_old_key_retires_on_its_day_once_the_new_one_is_trusted() {
    let day = date(2026, 5, 31);
    let next = Event::RotateKey { key: "r2".into(), purpose: KeyPurpose::Recipient, others_until: day };
    let rotating = apply(state("active"), [next, prove("r2")]).unwrap();
    assert!(
        rotating.keys().iter().all(|check| check.retires_on.is_none()),
        "nothing retires for a key that is not trusted"
    );
    let rotated = rotating.apply(confirm("r2")).unwrap();
    let standing = |key: &str, on| {
        let check = rotated.keys().iter().find(|check| check.key == key).unwrap();
        check.distrust(on).map(|violation| violation.code)
    };
    assert_eq!((standing("r", day), standing("r", date(2026, 6, 1))), (None, Some(Code::KeyRetired)));
    assert_eq!((standing("r2", date(2027, 1, 1)), standing("s", date(2027, 1, 1))), (None, None));
    assert_eq!(rotated.usable_key(KeyPurpose::Recipient, day).unwrap().key, "r2");
    let revoked = rotated.apply(Event::RevokeKey { key: "r2".into() }).unwrap();
    assert_eq!(revoked.usable_key(KeyPurpose::Recipient, day).unwrap().key, "r", "the old one until its day");
    assert_eq!(revoked.usable_key(KeyPurpose::Recipient, date(2026, 6, 1)), None);
}

#[test]
fn processors_are_declared_and_held_to_their_places() {
    let (mut moved, arrangement) = (profile(), arrangement());
    assert_eq!(moved.undeclared(&arrangement).next(), None);
    moved.recipients[0].hosting_country = "KEN".into();
    assert_eq!(moved.recipients_not_agreed(&arrangement)[0].code, Code::OnwardNotAgreed);
    moved.recipients.clear();
    assert_eq!(moved.undeclared(&arrangement).next().unwrap().code, Code::RecipientNotDeclared);
}

#[test]
fn no_data_while_an_attestation_is_missing_or_lapsed() {
    let today = date(2026, 5, 1);
    let required = BTreeSet::from([AttestationKind::SecureStorage]);
    let codes = |attestations: &[Attestation]| {
        readiness(&required, attestations, today).into_iter().map(|v| v.code).collect::<Vec<_>>()
    };
    let current = attested(AttestationKind::SecureStorage, date(2026, 5, 1));
    assert_eq!(codes(&[]), [Code::AttestationMissing]);
    assert_eq!(codes(std::slice::from_ref(&current)), []);
    assert_eq!(codes(&[attested(AttestationKind::SecureStorage, date(2026, 4, 30))]), [Code::AttestationLapsed]);
    let unaccepted = Attestation { accepted_by: None, ..current.clone() };
    let self_accepted = Attestation { accepted_by: Some("thandi".into()), ..current.clone() };
    assert_eq!(codes(&[unaccepted]), [Code::AttestationMissing]);
    assert_eq!(codes(&[self_accepted]), [Code::AttestationMissing]);
    let lapsed_other = attested(AttestationKind::StaffTraining, date(2026, 1, 1));
    assert_eq!(codes(&[current.clone(), lapsed_other.clone()]), [Code::AttestationLapsed]);
    assert_eq!(codes(&[current, lapsed_other, attested(AttestationKind::StaffTraining, date(2027, 1, 1))]), []);
}

#[test]
fn countries_of_recipients_count() {
    assert!(profile().check().is_empty());
    let origins = ["SOM".to_owned(), "IRL".to_owned()];
    let found = profile().origin_violations(&origins);
    assert_eq!(
        found.iter().map(|v| (v.code, v.subject.as_str())).collect::<Vec<_>>(),
        [(Code::CountryOfOrigin, "IRL")]
    );
    let wrong = Profile { hosting_country: "INT".into(), jurisdiction: "Kenya".into(), ..profile() };
    assert_eq!(wrong.check().len(), 2);
}

#[test]
fn all_reasons_are_told_at_once() {
    let today = date(2026, 5, 1);
    let (invited, active) = (invited(), state("active"));
    let required = AttestationKind::required();
    let all: Vec<_> = required.iter().map(|kind| attested(*kind, date(2027, 1, 1))).collect();
    assert_eq!(fit_to_receive(&profile(), &active, &required, &all, &arrangement(), today), Ok(()));
    let mut elsewhere = profile();
    elsewhere.recipients.push(Recipient { name: "Sister (invented)".into(), ..profile().recipients.remove(0) });
    let refused = fit_to_receive(&elsewhere, &invited, &required, &all[1..], &arrangement(), today).unwrap_err();
    assert_eq!(
        refused.codes(),
        [
            Code::PartnerNotActive,
            Code::KeyNotVerified,
            Code::KeyNotVerified,
            Code::AttestationMissing,
            Code::OnwardNotAgreed
        ]
    );
}
