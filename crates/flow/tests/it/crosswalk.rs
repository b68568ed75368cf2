//! Whose pseudonyms is a partner told, when they change, where households are withheld with a member?

use std::collections::BTreeSet;

use causeway_flow::aggregate::Memory;
use causeway_flow::crosswalk::{crosswalk, only_pseudonyms};
use causeway_flow::enforce::Register;
use causeway_flow::plan::Plan;
use causeway_flow::source::Watch;
use causeway_flow::transform::Pseudonyms;
use causeway_model::Code;

use super::small::{Stores, catalogue, everything_agreed, exchange};
use super::street::{ROOT, in_force, now};

/// Pairs that are told, by field and old pseudonym, where one person is left out so.
fn told(person: &'static str, code: Code) -> BTreeSet<(String, String)> {
    let (catalogue, terms) = (catalogue(), everything_agreed());
    let fields = [
        "{ name: ref, from: no, transform: [pseudonym] }",
        "{ name: size, from: size }",
        "{ name: members, each: members, fields: [ { name: id, from: id, transform: [pseudonym] } ] }",
    ];
    let asked = exchange("household", &fields, "on_withheld_member: withhold-household");
    let pseudonyms = Pseudonyms::crossing(&ROOT, &[8; 32], &*terms.partner, &*terms.purpose.code);
    let plan = Plan::compile(&in_force(&terms), &only_pseudonyms(&asked).unwrap(), &catalogue, &pseudonyms).unwrap();
    let register = Register::new(move |key| (key == person.as_bytes()).then_some(code));
    let mut told = BTreeSet::new();
    let (sources, memory) = (Stores::new().sources(), Memory::unbounded());
    crosswalk(&plan, &sources, &now, &Watch::default(), register, &memory, |pair| {
        assert_ne!(pair.old, pair.new);
        assert!(told.insert((pair.field.to_owned(), pair.old.to_owned())), "each is told once");
        Ok(())
    })
    .unwrap();
    told
}

#[test]
fn a_new_member_takes_no_household_out_of_a_change_of_pseudonyms() {
    let of = |told: &BTreeSet<(String, String)>, field: &str| told.iter().filter(|(found, _)| found == field).count();
    // Four households of nine people are shared; p03 is one of three.
    let everybody = told("p99", Code::NotCovered);
    assert_eq!((of(&everybody, "ref"), of(&everybody, "members.id")), (4, 9));
    let with_a_new_one = told("p03", Code::NotCovered);
    assert_eq!((of(&with_a_new_one, "ref"), of(&with_a_new_one, "members.id")), (4, 8));
    assert!(with_a_new_one.is_subset(&everybody));
    // Who withdrew takes the household along, as in every package.
    let without = told("p03", Code::ConsentWithdrawn);
    assert_eq!((of(&without, "ref"), of(&without, "members.id")), (3, 6));
}
