//! Is what is released within *every* level? In thousands of random hierarchies (a framework, what stands under it, an
//! exchange) the plan is made with the effective terms, and what comes out is held against each level by itself: by looking
//! the people up in the stores and by what the cells look like, not by asking the plan.

use std::collections::{BTreeMap, BTreeSet};

use causeway_model::arrangement::state::Terms;
use causeway_model::arrangement::{AgreedElement, Arrangement, InForce, Kind, LawfulBasis, State};
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::Exchange;
use causeway_model::hierarchy::effective;
use causeway_model::lineage::Selected;
use causeway_model::population::Predicate;
use causeway_model::{Code, ElementRef, Form, Person};
use causeway_testkit::seeded;
use rand::Rng;

use causeway_flow::plan::Plan;
use causeway_flow::transform::Pseudonyms;

use super::lineage_property::Draw;
use super::looked_up::LookedUp;
use super::small::{Stores, catalogue, elements, everything_agreed, exchange};
use super::street::{ROOT, Run, now, read, run};

/// Hierarchies of each of the four tests, which run beside each other.
const HIERARCHIES: u64 = 650;
/// Of these, at least so many must release something, so that two thousand hierarchies do.
const RELEASING: usize = 510;

#[derive(Default, Debug)]
struct Tally {
    /// Hierarchies under which something was released.
    released: usize,
    records: usize,
    refused: usize,
    too_many: usize,
    nobody: usize,
    /// Runs under the lowest level alone that released somebody, or something, that another level does not allow.
    wider_without: usize,
}

#[test]
fn what_is_released_is_within_every_level_in_the_first_quarter() {
    hold(0);
}

#[test]
fn what_is_released_is_within_every_level_in_the_second_quarter() {
    hold(1);
}

#[test]
fn what_is_released_is_within_every_level_in_the_third_quarter() {
    hold(2);
}

#[test]
fn what_is_released_is_within_every_level_in_the_fourth_quarter() {
    hold(3);
}

fn hold(quarter: u64) {
    let (catalogue, stores) = (catalogue(), Stores::new());
    let people = LookedUp::new(&catalogue, &stores);
    let mut tally = Tally::default();
    for seed in quarter * HIERARCHIES..(quarter + 1) * HIERARCHIES {
        let mut draw = Draw { rng: seeded(seed ^ 0xC0_4A), catalogue: &catalogue, reaches_people: false };
        let levels = hierarchy(&mut draw);
        let all: Vec<&Arrangement> = levels.iter().collect();
        let together = effective(&all).unwrap_or_else(|why| panic!("{seed}: {why}"));
        let mut released = false;
        for daring in [false, true] {
            let document = flow(&mut draw, &together.terms, daring);
            let what = format!("hierarchy {seed}, daring {daring}: {document:#?}\n{levels:#?}");
            let Some((plan, run)) = walked(&catalogue, &together.terms, &document, &stores, &mut tally, &what) else {
                continue;
            };
            released = true;
            tally.records += run.lines.len();
            let wrong = beyond(&levels, &document, &plan, &run, &people);
            assert!(wrong.is_empty(), "{wrong:#?}\n{what}");
        }
        tally.released += usize::from(released);
        // The same with the lowest level's terms alone, now and then: that the check sees what the conjunction keeps back.
        if seed % 5 > 0 {
            continue;
        }
        let lowest = Arrangement { under: None, ..levels.last().unwrap().clone() };
        let document = flow(&mut draw, &lowest, false);
        if let Some((plan, run)) = walked(&catalogue, &lowest, &document, &stores, &mut Tally::default(), "lowest") {
            tally.wider_without += usize::from(!beyond(&levels, &document, &plan, &run, &people).is_empty());
        }
    }
    eprintln!("quarter {quarter}: {tally:?}");
    assert!(tally.released >= RELEASING && tally.records > 1_000, "{tally:?}");
    assert!(tally.refused > 100 && tally.too_many > 20, "{tally:?}");
    assert!(tally.wider_without as u64 > HIERARCHIES / 10, "{tally:?}");
}

/// Two or three levels, each standing under the one before it.
fn hierarchy(draw: &mut Draw<'_>) -> Vec<Arrangement> {
    let count = draw.rng.random_range(2..=3);
    (0..count).map(|place| level(draw, place, count)).collect()
}

fn level(draw: &mut Draw<'_>, place: u32, count: u32) -> Arrangement {
    let mut level = everything_agreed();
    level.arrangement = if place + 1 == count { "terms".to_owned() } else { format!("level-{place}") };
    level.under = (place > 0).then(|| format!("level-{}", place - 1));
    level.kind = if place == 0 { Kind::GlobalFramework } else { Kind::DataSharingAgreement };
    level.lawful_basis = if draw.often(50) { LawfulBasis::Consent } else { LawfulBasis::Mandate };
    level.row_cap = if draw.often(12) { draw.rng.random_range(1..8) } else { 1_000 };
    level.population = population(draw);
    let mut agreed = Vec::new();
    for item in &level.elements {
        if !draw.often(88) {
            continue;
        }
        let declared = draw.catalogue.entity(&item.element.entity).unwrap().element(&item.element.element).unwrap();
        let forms = forms_of(&declared.value_type.to_string());
        for _ in 0..draw.rng.random_range(1..=2) {
            let form = if draw.often(55) { Form::Raw } else { draw.pick(&forms) };
            agreed.push(AgreedElement { form, ..item.clone() });
        }
    }
    agreed.dedup_by_key(|item| (item.element.clone(), item.form));
    level.elements = agreed;
    let all = elements();
    level.may_select_by = all.iter().filter(|_| draw.often(40)).map(|name| name.parse().unwrap()).collect();
    level
}

/// Whom a level covers: wide enough that somebody is left when several come together.
fn population(draw: &mut Draw<'_>) -> Predicate {
    let mut part = || draw.predicate("person", 1);
    let text = match [part(), part(), part()] {
        [a, b, c] if draw.often(60) => {
            format!("any: [ {a}, {b}, {c}, {{ range: {{ element: camp, from: XA0101, to: XA0102 }} }} ]")
        }
        [a, _, _] if draw.often(40) => format!("all: [ {a} ]"),
        _ => "all: []".to_owned(),
    };
    read(&text)
}

/// Forms in which an element of a type can really leave.
fn forms_of(value_type: &str) -> Vec<Form> {
    match value_type {
        "date" => vec![Form::Year, Form::AgeBand, Form::Age, Form::Presence],
        "text" => vec![Form::Pseudonym, Form::Masked, Form::Presence],
        "place(2,4,6)" => vec![Form::PlaceLevel(0), Form::PlaceLevel(1), Form::PlaceLevel(2), Form::Presence],
        _ => vec![Form::Presence],
    }
}

/// The transform that brings an element into a form.
fn transform(form: Form) -> Option<String> {
    Some(match form {
        Form::Raw => String::new(),
        Form::Pseudonym => "pseudonym".to_owned(),
        Form::Presence => "presence".to_owned(),
        Form::Year => "year".to_owned(),
        Form::Age => "{ age: { at: 2026-01-01 } }".to_owned(),
        Form::AgeBand => "{ age-band: { at: 2026-01-01, from: [0, 18, 60] } }".to_owned(),
        Form::PlaceLevel(level) => format!("{{ place-level: {{ level: {level} }} }}"),
        Form::Masked => "{ mask: { keep_last: 1 } }".to_owned(),
        Form::AggregateOnly => return None,
    })
}

/// An exchange of people over `terms`: each output `ENTITY__ELEMENT__n` as one that is agreed, and, when daring, some that
/// nobody promised anything about.
fn flow(draw: &mut Draw<'_>, terms: &Arrangement, daring: bool) -> Exchange {
    let mut fields = Vec::new();
    for item in &terms.elements {
        let path = match item.element.entity.as_str() {
            "person" => item.element.element.clone(),
            "household" => format!("household.{}", item.element.element),
            "district" => format!("household.district.{}", item.element.element),
            _ => continue,
        };
        let Some(transform) = transform(item.form) else { continue };
        if draw.often(45) {
            let name = format!("{}__{}__{}", item.element.entity, item.element.element, fields.len());
            fields.push(format!("{{ name: {name}, from: {path}, transform: [ {transform} ] }}"));
        }
    }
    if daring {
        let more = draw.rng.random_range(1..=2);
        fields.extend((0..more).map(|at| draw.field("person", &format!("daring{at}"), 1)));
    }
    if fields.is_empty() {
        fields.push("{ name: constant, constant: 1 }".to_owned());
    }
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    let population =
        if daring && draw.often(50) { format!("population: {}\n", draw.predicate("person", 1)) } else { String::new() };
    exchange("person", &fields, &format!("{population}on_withheld_member: omit"))
}

/// Walks the street under `terms`; nothing where it was refused, which is counted.
fn walked(
    catalogue: &Catalogue,
    terms: &Arrangement,
    document: &Exchange,
    stores: &Stores,
    tally: &mut Tally,
    what: &str,
) -> Option<(Plan, Run)> {
    let pseudonyms = Pseudonyms::new(&ROOT, &terms.partner, &terms.purpose.code);
    let Ok(plan) = Plan::compile(&living(terms), document, catalogue, &pseudonyms) else {
        tally.refused += 1;
        return None;
    };
    match run(&plan, &stores.sources()) {
        Ok(run) => Some((plan, run)),
        Err(error) => {
            let codes: BTreeSet<Code> = error.violations().into_iter().map(|violation| violation.code).collect();
            if codes.contains(&Code::RowCap) {
                tally.too_many += 1;
            } else {
                tally.nobody += 1;
            }
            assert!(!codes.is_empty(), "{error}\n{what}");
            None
        }
    }
}

/// Effective terms of a version that lives.
fn living(terms: &Arrangement) -> InForce {
    let known = Terms {
        arrangement: terms.arrangement.clone(),
        version: terms.version,
        digest: "d".to_owned(),
        parties: BTreeSet::new(),
        drafter: Person::new("drafter", "key"),
        valid: terms.valid,
    };
    let state = State::InForce { terms: known, signatures: Vec::new(), assessment: None };
    // The lowest of a single level may be a framework by chance of the drawing: nothing leaves by one.
    let terms = Arrangement { kind: Kind::DataSharingAgreement, ..terms.clone() };
    InForce::of(terms, &state, "d", now(), None).unwrap()
}

/// What of a run is not within some level, level by level.
fn beyond(levels: &[Arrangement], document: &Exchange, plan: &Plan, run: &Run, people: &LookedUp<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    let populations = levels.iter().map(|level| &level.population).chain(&document.population);
    for (place, population) in populations.enumerate() {
        for person in &run.disclosed {
            if people.inside(population, person) != Some(true) {
                wrong.push(format!("{person} is outside the population of level {place}"));
            }
        }
    }
    let selectors: BTreeSet<String> = levels
        .iter()
        .flat_map(|level| level.population.elements().into_iter().map(|path| people.element(path)).collect::<Vec<_>>())
        .collect();
    for level in levels {
        let name = &level.arrangement;
        if run.lines.len() as u64 > level.row_cap {
            wrong.push(format!("{name}: {} records, {} allowed", run.lines.len(), level.row_cap));
        }
        if level.lawful_basis == LawfulBasis::Consent {
            let without =
                run.disclosed.iter().filter(|person| people.cell(person, "consent").as_deref() != Some("given"));
            wrong.extend(without.map(|person| format!("{name}: {person} did not consent")));
        }
        let mut agreed: BTreeMap<&ElementRef, Vec<Form>> = BTreeMap::new();
        for item in &level.elements {
            agreed.entry(&item.element).or_default().push(item.form);
        }
        let allows = |element: &ElementRef, form: Form| {
            agreed.get(element).is_some_and(|forms| forms.iter().any(|agreed| form.within(*agreed)))
        };
        for (output, lineage) in plan.lineage() {
            for (element, form) in lineage.0.iter().filter(|(element, form)| !allows(element, *form)) {
                wrong.push(format!("{name}: {output} is made of {element} as {form}"));
            }
        }
        for (element, how) in &plan.selection().0 {
            let free = match how {
                Selected::Rule => true,
                Selected::Join | Selected::Group => people.is_key(element),
                Selected::Filter | Selected::Order => false,
            };
            let said = level.may_select_by.contains(element) || selectors.contains(&element.to_string());
            if !free && !said && !allows(element, Form::Raw) {
                wrong.push(format!("{name}: records are selected by {element}"));
            }
        }
        wrong.extend(cells(run, people, |element, looks| looks.iter().any(|form| allows(element, *form))));
    }
    wrong
}

/// Cells that look like no form that is allowed.
fn cells(run: &Run, people: &LookedUp<'_>, allowed: impl Fn(&ElementRef, &[Form]) -> bool) -> Vec<String> {
    let mut wrong = Vec::new();
    for record in run.records() {
        for (output, value) in record.as_object().unwrap() {
            let mut parts = output.split("__");
            let (Some(entity), Some(element), Some(_)) = (parts.next(), parts.next(), parts.next()) else { continue };
            let element = ElementRef::new(entity, element);
            let looks = people.looks(&element, value);
            if !value.is_null() && !allowed(&element, &looks) {
                wrong.push(format!("{output} holds {value}, which looks like {looks:?}"));
            }
        }
    }
    wrong
}
