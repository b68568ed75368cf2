//! Is every change named, and never called narrower than it is?
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use super::*;
use crate::arrangement::{AcceptedElement, AgreedElement, Biometrics, Modality, Onward, sample};
use crate::population::Predicate;

fn changed(change: impl FnOnce(&mut Arrangement)) -> Vec<(String, Effect)> {
    let mut new = sample();
    change(&mut new);
    difference(&sample(), &new).into_iter().map(|change| (change.member, change.effect)).collect()
}

fn one(member: &str, effect: Effect) -> Vec<(String, Effect)> {
    vec![(member.to_owned(), effect)]
}

fn accepted(element: &str) -> AcceptedElement {
    AcceptedElement { element: element.parse().unwrap(), necessity: "the registry asks for it".into() }
}

#[test]
fn nothing_changed_is_nothing() {
    assert_eq!(changed(|a| a.version = 9), []);
}

#[test]
fn forms_widen_narrow_and_shift() {
    use Form as F;
    let effect = |was: F, is: F| {
        let with = |form| {
            let mut a = sample();
            a.elements[0].form = form;
            a
        };
        difference(&with(was), &with(is)).first().map(|change| change.effect)
    };
    assert_eq!(effect(F::AgeBand, F::Age), Some(Effect::Widened));
    assert_eq!(effect(F::Raw, F::Year), Some(Effect::Narrowed));
    assert_eq!(effect(F::Year, F::AgeBand), Some(Effect::Shifted));
    assert_eq!(effect(F::PlaceLevel(1), F::PlaceLevel(2)), Some(Effect::Widened));
    assert_eq!(effect(F::Year, F::Year), None);
}

#[test]
fn elements_come_and_go() {
    let name = || ElementRef::new("person", "name");
    let item = || AgreedElement { element: name(), form: Form::Raw, necessity: "to call people by it".into() };
    assert_eq!(changed(|a| a.elements.push(item())), one("elements", Effect::Widened));
    assert_eq!(changed(|a| a.elements.clear()), one("elements", Effect::Narrowed));
    assert_eq!(changed(|a| a.elements[0].necessity = "for another reason".into()), one("necessity", Effect::Reworded));
    assert_eq!(changed(|a| a.may_select_by.push(name())), one("may_select_by", Effect::Widened));
}

#[test]
fn populations_are_narrower_only_by_proof() {
    let narrowed =
        |a: &mut Arrangement| a.population = a.population.clone().and(Predicate::Not(Box::new(Predicate::everyone())));
    assert_eq!(changed(narrowed), one("population", Effect::Narrowed));
    assert_eq!(changed(|a| a.population = Predicate::everyone()), one("population", Effect::Widened));
    let other = "not: { null: { element: camp } }";
    let other: Predicate = crate::document::Document::parse("p", other).unwrap().read().unwrap();
    assert_eq!(changed(|a| a.population = other), one("population", Effect::Shifted));
}

#[test]
fn every_other_member_is_looked_at() {
    type Edit = Box<dyn FnOnce(&mut Arrangement)>;
    let cases: Vec<(&str, Effect, Edit)> = vec![
        ("under", Effect::Narrowed, Box::new(|a| a.under = Some("global".into()))),
        ("title", Effect::Reworded, Box::new(|a| a.title = "Other".into())),
        ("partner", Effect::Shifted, Box::new(|a| a.partner = "other".into())),
        ("parties", Effect::Narrowed, Box::new(|a| a.parties.clear())),
        ("parties", Effect::Shifted, Box::new(|a| a.parties[0].hosting_country = "CHE".into())),
        ("processors", Effect::Narrowed, Box::new(|a| a.processors.clear())),
        ("countries_of_origin", Effect::Widened, Box::new(|a| a.countries_of_origin.truncate(1))),
        ("purpose", Effect::Shifted, Box::new(|a| a.purpose.text = "Anything".into())),
        ("lawful_basis", Effect::Narrowed, Box::new(|a| a.lawful_basis = LawfulBasis::Consent)),
        ("direction", Effect::Widened, Box::new(|a| a.direction = Direction::Both)),
        ("modality", Effect::Widened, Box::new(|a| a.modality.push(Modality::Online))),
        ("accepts", Effect::Widened, Box::new(|a| a.accepts.push(accepted("person.id")))),
        ("frequency", Effect::Widened, Box::new(|a| a.frequency.at_most += 1)),
        ("frequency", Effect::Narrowed, Box::new(|a| a.frequency.days += 1)),
        ("frequency", Effect::Shifted, Box::new(|a| a.frequency = Frequency { at_most: 12, days: 365 })),
        ("row_cap", Effect::Widened, Box::new(|a| a.row_cap += 1)),
        ("day_cap", Effect::Narrowed, Box::new(|a| a.day_cap = Some(1))),
        ("removal_grace_days", Effect::Widened, Box::new(|a| a.removal_grace_days = Some(30))),
        ("volume_cap", Effect::Narrowed, Box::new(|a| a.volume_cap = Some(1))),
        ("retention_days", Effect::Widened, Box::new(|a| a.retention_days += 1)),
        ("onward", Effect::Widened, Box::new(|a| a.onward = Onward::WrittenPermission)),
        ("biometrics", Effect::Widened, Box::new(|a| a.biometrics = Biometrics::Templates)),
        ("valid.until", Effect::Widened, Box::new(|a| a.valid.until = a.valid.until.tomorrow().unwrap())),
        ("valid.from", Effect::Narrowed, Box::new(|a| a.valid.from = a.valid.from.tomorrow().unwrap())),
        ("valid.from", Effect::Widened, Box::new(|a| a.valid.from = a.valid.from.yesterday().unwrap())),
    ];
    for (member, effect, change) in cases {
        assert_eq!(changed(change), one(member, effect), "{member}");
    }
}
