//! Does nothing below widen, by the name of the level that says so?
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests fail by panicking")]

use jiff::civil::date;

use super::*;
use crate::arrangement::{Onward, Purpose, Validity, sample};
use crate::retention::Keep;

fn framework() -> Arrangement {
    Arrangement { arrangement: "global".into(), ..sample() }
}

fn country() -> Arrangement {
    Arrangement { under: Some("global".into()), ..sample() }
}

fn item(name: &str, form: Form) -> AgreedElement {
    AgreedElement { element: ElementRef::new("person", name), form, necessity: "because the purpose needs it".into() }
}

fn wider(change: impl FnOnce(&mut Arrangement)) -> Vec<(Code, String)> {
    let mut below = country();
    change(&mut below);
    widenings(&[&framework(), &below]).into_iter().map(|v| (v.code, v.subject)).collect()
}

fn one(subject: &str) -> Vec<(Code, String)> {
    vec![(Code::WiderThanFramework, subject.to_owned())]
}

#[test]
fn the_same_terms_widen_nothing_and_stay_what_they_are() {
    assert_eq!(wider(|_| {}), []);
    let together = effective(&[&framework(), &country()]).unwrap();
    assert_eq!(together.terms.elements, country().elements);
    assert_eq!(together.levels().collect::<Vec<_>>(), ["global version 1", "a version 1"]);
    assert_eq!(together.frequencies.len(), 2);
}

#[test]
fn every_widening_is_named() {
    assert_eq!(wider(|a| a.elements.push(item("name", Form::Raw))), one("person.name"));
    assert_eq!(wider(|a| a.elements = vec![item("id", Form::Raw)]), one("person.id"));
    assert_eq!(wider(|a| a.row_cap += 1), one("row_cap"));
    assert_eq!(wider(|a| a.retention_days += 1), one("retention_days"));
    assert_eq!(wider(|a| a.onward = Onward::WrittenPermission), one("onward"));
    assert_eq!(wider(|a| a.valid.until = date(2030, 1, 1)), one("valid.until"));
    assert_eq!(wider(|a| a.partner = "other".into()), one("partner"));
    assert_eq!(wider(|a| a.may_select_by.push(ElementRef::new("person", "camp"))), one("person.camp"));
    let purpose = |code: &str| Purpose { code: code.into(), text: "Food".into() };
    assert_eq!(wider(|a| a.purpose = purpose("research")), one("purpose"));
    assert_eq!(wider(|a| a.purpose = purpose("foodstuff")), one("purpose"));
    assert_eq!(wider(|a| a.purpose = purpose("food/camps")), []);
    let detail = &widenings(&[&framework(), &Arrangement { row_cap: 101, ..country() }])[0].detail;
    assert_eq!(detail, "a version 1 agrees `101` of row_cap, and global version 1 agrees `100`");
}

#[test]
fn narrowing_is_what_a_level_below_is_for() {
    assert_eq!(wider(|a| a.elements = vec![item("id", Form::Presence)]), []);
    assert_eq!(wider(|a| a.elements.clear()), []);
    assert_eq!(wider(|a| a.day_cap = Some(9)), []);
    assert_eq!(wider(|a| a.lawful_basis = LawfulBasis::Consent), []);
    assert_eq!(wider(|a| a.processors.clear()), []);
}

#[test]
fn consent_above_is_needed_below() {
    let above = Arrangement { lawful_basis: LawfulBasis::Consent, ..framework() };
    assert_eq!(widenings(&[&above, &country()]).len(), 1);
    assert_eq!(effective(&[&above, &country()]).unwrap().terms.lawful_basis, LawfulBasis::Consent);
}

#[test]
fn what_is_kept_is_kept_for_the_least_of_both_levels() {
    let keep = |after_receipt_days, at_most_days| Some(Keep { after_receipt_days, at_most_days });
    let kept = |above, below| {
        let (above, below) = (Arrangement { keep: above, ..framework() }, Arrangement { keep: below, ..country() });
        effective(&[&above, &below]).unwrap().terms.keep
    };
    assert_eq!(kept(keep(9, 20), keep(3, 40)), keep(3, 20));
    assert_eq!(kept(keep(9, 20), None), keep(9, 20));
    assert_eq!(kept(None, keep(9, 20)), keep(9, 20));
}

#[test]
fn forms_meet() {
    let above =
        Arrangement { elements: vec![item("born", Form::Year), item("place", Form::PlaceLevel(1))], ..framework() };
    let below = Arrangement { elements: vec![item("born", Form::AgeBand), item("place", Form::Raw)], ..country() };
    let together = effective(&[&above, &below]).unwrap();
    let found: Vec<Form> = together.terms.elements.iter().map(|item| item.form).collect();
    assert_eq!(found, [Form::Presence, Form::PlaceLevel(1)]);
    let born = ElementRef::new("person", "born");
    assert!(together.allows(&born, Form::Presence) && !together.allows(&born, Form::AgeBand));
    let refused = together.refuses(&born, Form::AgeBand).unwrap();
    assert_eq!(
        (refused.code, refused.detail.as_str()),
        (Code::FormWiderThanAgreed, "global version 1 agrees `year`, asked is `age-band`")
    );
}

#[test]
fn a_chain_that_does_not_hold_together_is_refused() {
    let codes = |levels: &[&Arrangement]| effective(levels).unwrap_err().codes();
    assert_eq!(codes(&[]), [Code::FrameworkMissing]);
    assert_eq!(codes(&[&country()]), [Code::FrameworkMissing], "its framework is not given");
    assert_eq!(codes(&[&framework(), &sample()]), [Code::FrameworkMissing], "it names no framework");
    let valid = Validity { from: date(2027, 1, 1), until: date(2027, 12, 31) };
    assert_eq!(codes(&[&framework(), &Arrangement { valid, ..country() }]), [Code::NotInForce]);
    let other_way = Arrangement { direction: Direction::Accept, ..country() };
    assert_eq!(codes(&[&framework(), &other_way]), [Code::NotCovered]);
}

#[test]
fn an_exchange_narrows_and_never_asks_for_more() {
    let together = effective(&[&framework(), &country()]).unwrap();
    let text = "exchange: x\nversion: 3\narrangement: a\nroot: person\nfields: []\n\
                population: { null: { element: left } }\nformat: { kind: csv, audience: machine }\ndeliver: { folder: { path: p } }\n";
    let exchange: Exchange = crate::document::Document::parse("x.yaml", text).unwrap().read().unwrap();
    let id = ElementRef::new("person", "id");
    let asked = BTreeSet::from([(id.clone(), Form::Presence)]);
    let narrower = together.for_exchange(&exchange, &asked).unwrap();
    assert!(narrower.allows(&id, Form::Presence) && !narrower.allows(&id, Form::Pseudonym));
    assert!(narrower.terms.population.is_within(&together.terms.population));
    let more = BTreeSet::from([(id, Form::Raw), (ElementRef::new("person", "name"), Form::Raw)]);
    let refused = together.for_exchange(&exchange, &more).unwrap_err();
    assert_eq!(refused.codes(), [Code::FormWiderThanAgreed, Code::ElementNotAgreed]);
}
