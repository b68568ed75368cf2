//! Is the country of origin denied always, and lifted only by two people for one transfer?
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use jiff::civil::date;

use super::*;
use crate::Person;
use crate::arrangement::sample;
use crate::permission::Role;

fn recipient(name: &str, jurisdiction: &str, hosting_country: &str) -> OnwardRecipient {
    OnwardRecipient { name: name.into(), jurisdiction: jurisdiction.into(), hosting_country: hosting_country.into() }
}

fn refused(onward: Onward, recipient: &OnwardRecipient, permissions: &[WrittenPermission]) -> Vec<Code> {
    let arrangement = Arrangement { onward, ..sample() };
    may_pass_on(&arrangement, recipient, permissions, date(2026, 5, 1)).map_err(|r| r.codes()).err().unwrap_or_default()
}

fn permission(recipient: &str) -> WrittenPermission {
    WrittenPermission {
        recipient: recipient.into(),
        arrangement: "a".into(),
        given_by: "amina".into(),
        valid_until: date(2026, 5, 1),
    }
}

#[test]
fn the_rule_decides_and_processors_are_held_to_their_places() {
    let cloud = recipient("Cloud", "IRL", "IRL");
    let moved = recipient("Cloud", "IRL", "USA");
    let other = recipient("Other", "KEN", "KEN");
    assert_eq!(refused(Onward::None, &cloud, &[permission("Cloud")]), [Code::OnwardNotAgreed]);
    assert_eq!(refused(Onward::ProcessorsOnly, &cloud, &[]), []);
    assert_eq!(refused(Onward::ProcessorsOnly, &moved, &[]), [Code::OnwardNotAgreed]);
    assert_eq!(refused(Onward::WrittenPermission, &other, &[]), [Code::OnwardNotAgreed]);
    assert_eq!(refused(Onward::WrittenPermission, &other, &[permission("Other")]), []);
    let lapsed = WrittenPermission { valid_until: date(2026, 4, 30), ..permission("Other") };
    let elsewhere = WrittenPermission { arrangement: "b".into(), ..permission("Other") };
    assert_eq!(refused(Onward::WrittenPermission, &other, &[lapsed, elsewhere]), [Code::OnwardNotAgreed]);
}

#[test]
fn no_permission_opens_the_country_of_origin() {
    for place in [recipient("Ministry", "SOM", "KEN"), recipient("Ministry", "KEN", "SOM")] {
        assert_eq!(refused(Onward::WrittenPermission, &place, &[permission("Ministry")]), [Code::CountryOfOrigin]);
    }
}

fn denial() -> Vec<Violation> {
    vec![Violation::new(Code::CountryOfOrigin, "SOM", "`Ministry` is bound there")]
}

fn consent(role: Role, name: &str, key: &str, text: &str) -> Consent {
    Consent { role, signer: Person::new(name, key), text: text.into() }
}

#[test]
fn both_sign_the_same_text_and_it_lifts_only_that() {
    let reason = "the person asked for it in writing";
    let text = consent_text("tr-1", reason, &denial());
    let rep = consent(Role::Representative, "amina", "a", &text);
    let dpo = consent(Role::DataProtectionOfficer, "dana", "d", &text);
    let exception = release_exceptionally("tr-1", reason, &denial(), &[rep.clone(), dpo.clone()]).unwrap();
    assert_eq!(exception.granted_by().len(), 2);
    assert_eq!(exception.lift("tr-1", denial()), []);
    assert_eq!(exception.lift("tr-2", denial()), denial());
    let more = Violation::new(Code::CountryOfOrigin, "SSD", "`Ministry` is bound there");
    assert_eq!(exception.lift("tr-1", vec![more.clone()]), [more]);

    let codes = |reason: &str, violations: &[Violation], consents: &[Consent]| {
        release_exceptionally("tr-1", reason, violations, consents).unwrap_err().codes()
    };
    assert_eq!(codes(reason, &denial(), &[]), [Code::ConsentsMissing, Code::ConsentsMissing]);
    assert_eq!(codes(reason, &denial(), std::slice::from_ref(&rep)), [Code::ConsentsMissing]);
    let focal = consent(Role::DataProtectionFocalPoint, "fola", "f", &text);
    assert_eq!(codes(reason, &denial(), &[rep.clone(), focal]), [Code::ConsentsMissing]);
    let keyless = consent(Role::DataProtectionOfficer, "dana", "", &text);
    assert_eq!(codes(reason, &denial(), &[rep.clone(), keyless]), [Code::ConsentsMissing]);
    let same_key = consent(Role::DataProtectionOfficer, "dana", "a", &text);
    let same_name = consent(Role::DataProtectionOfficer, "amina", "z", &text);
    assert_eq!(codes(reason, &denial(), &[rep.clone(), same_key, same_name]), [Code::TwoPeopleNeeded]);
    assert_eq!(codes("another reason", &denial(), &[rep.clone(), dpo.clone()]).len(), 2, "signed another reason");
    assert_eq!(codes("", &denial(), &[rep.clone(), dpo.clone()]), [Code::ReasonMissing]);
    let cap = vec![Violation::new(Code::RowCap, "x", "too many")];
    assert_eq!(codes(reason, &cap, &[rep.clone(), dpo.clone()]), [Code::NotExceptable]);
    assert_eq!(codes(reason, &[], &[rep, dpo]), [Code::NotExceptable]);
}

#[test]
fn no_reason_can_pose_as_another_line_of_the_text() {
    let honest = consent_text("tr-1", "a\nb", &denial());
    assert_eq!(honest.lines().count(), 4);
}
