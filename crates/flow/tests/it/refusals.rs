//! Does a run stop, or leave a person out, for every reason that it has, and only then?

use causeway_flow::FlowError;
use causeway_flow::enforce::Expectation;
use causeway_flow::source::Watch;
use causeway_model::arrangement::{Arrangement, InForce, LawfulBasis, Party, Role};
use causeway_model::exchange::Exchange;
use causeway_model::{Code, Form};

use super::memory::Trouble;
use super::small::{Stores, catalogue, everything_agreed, exchange};
use super::street::{Run, codes, compile, run, run_expecting, seal_and_open};

const FIELDS: [&str; 2] = ["{ name: k, from: id }", "{ name: v, from: given }"];

fn flow(more: &str) -> Exchange {
    exchange("person", &FIELDS, more)
}

fn walk(stores: &Stores, arrangement: &Arrangement, exchange: &Exchange) -> Result<Run, FlowError> {
    let plan = compile(&catalogue(), arrangement, exchange).unwrap();
    run(&plan, &stores.sources())
}

fn expecting(last_receipted: Option<u64>, fewer_expected: bool, more: &str) -> Vec<Code> {
    let plan = compile(&catalogue(), &everything_agreed(), &flow(more)).unwrap();
    let expectation = Expectation { last_receipted, fewer_expected };
    codes(run_expecting(&plan, &Stores::new().sources(), expectation, &Watch::default()))
}

#[test]
fn the_row_cap() {
    let mut arrangement = everything_agreed();
    arrangement.row_cap = 9;
    assert_eq!(walk(&Stores::new(), &arrangement, &flow("")).unwrap().clearance.released, 9);
    arrangement.row_cap = 8;
    assert_eq!(codes(walk(&Stores::new(), &arrangement, &flow(""))), [Code::RowCap]);
    // Withheld people do not count against the cap.
    let mut stores = Stores::new();
    stores.set("person", "p01", "consent", "refused");
    assert_eq!(walk(&stores, &arrangement, &flow("")).unwrap().clearance.released, 8);
}

#[test]
fn an_unexpectedly_small_result() {
    let nobody = "population: { in: { element: camp, values: [XA9999] } }";
    assert_eq!(expecting(None, false, nobody), [Code::UnexpectedlySmall]);
    assert_eq!(expecting(None, true, nobody), []);
    assert_eq!(expecting(None, false, ""), []);
    // Nine are released: seven tenths of 12 are 8.4, of 13 are 9.1.
    assert_eq!(expecting(Some(12), false, ""), []);
    assert_eq!(expecting(Some(13), false, ""), [Code::UnexpectedlySmall]);
    assert_eq!(expecting(Some(13), true, ""), []);
    assert_eq!(expecting(Some(0), false, nobody), [Code::UnexpectedlySmall]);
}

#[test]
fn too_many_quarantined() {
    let mut stores = Stores::new();
    stores.set("person", "p01", "given", "-").set("person", "p01", "score", "ten");
    let fields = ["{ name: k, from: id }", "{ name: v, from: score }"];
    let with_limit = |limit: u8| {
        let mut exchange = exchange("person", &fields, "");
        exchange.quarantine_limit_percent = limit;
        exchange
    };
    // One of nine is 11.1 per cent.
    assert_eq!(codes(walk(&stores, &everything_agreed(), &with_limit(11))), [Code::TooManyQuarantined]);
    assert_eq!(walk(&stores, &everything_agreed(), &with_limit(12)).unwrap().clearance.quarantined, 1);
}

#[test]
fn a_run_that_is_stopped() {
    let plan = compile(&catalogue(), &everything_agreed(), &flow("")).unwrap();
    let expectation = Expectation { last_receipted: None, fewer_expected: true };
    let watch = Watch::default();
    watch.cancel();
    assert_eq!(codes(run_expecting(&plan, &Stores::new().sources(), expectation, &watch)), [Code::Cancelled]);
    let mut stores = Stores::new();
    stores.0[0].trouble = Some(Trouble::CancelAfter(1));
    assert_eq!(codes(run_expecting(&plan, &stores.sources(), expectation, &Watch::default())), [Code::Cancelled]);
}

#[test]
fn a_source_in_trouble() {
    for (trouble, code) in [
        (Trouble::Unreachable, Code::SourceUnreachable),
        (Trouble::EndsAfter(0), Code::SourceEndedEarly),
        (Trouble::EndsAfter(2), Code::SourceEndedEarly),
        (Trouble::OtherColumns, Code::PlanNotProvable),
    ] {
        let mut stores = Stores::new();
        stores.0[0].trouble = Some(trouble);
        let error = walk(&stores, &everything_agreed(), &flow("")).unwrap_err();
        assert_eq!(error.violations()[0].code, code, "{trouble:?}");
        assert!(!error.to_string().contains("Zuri"));
    }
    let mut stores = Stores::new();
    let at = stores.table("person").column("given");
    stores.table("person").columns[at] = "first_name".to_owned();
    assert_eq!(codes(walk(&stores, &everything_agreed(), &flow(""))), [Code::ColumnMissing]);
    let plan = compile(&catalogue(), &everything_agreed(), &flow("")).unwrap();
    assert_eq!(codes(run(&plan, &[])), [Code::SourceUnreachable]);
}

#[test]
fn a_country_of_origin_is_no_recipient() {
    let mut arrangement = everything_agreed();
    let there = Party {
        name: "Host".into(),
        role: Role::Processor,
        jurisdiction: "ZZZ".into(),
        hosting_country: "BBB".into(),
        registered_as: None,
    };
    arrangement.processors.push(there);
    let officers = ["one".to_owned(), "two".to_owned()].into();
    let refused = InForce::new(arrangement.clone(), &officers, jiff::civil::date(2026, 10, 1)).unwrap_err();
    assert_eq!(refused.code, Code::CountryOfOrigin);
    // The terms do not name the country, but a person of it is among those who would be released: nothing leaves.
    arrangement.countries_of_origin.retain(|country| country != "BBB");
    let error = walk(&Stores::new(), &arrangement, &flow("")).unwrap_err();
    assert_eq!(error.violations()[0].code, Code::CountryOfOrigin);
    assert_eq!(error.violations()[0].subject, "BBB");
    // Nobody of that country is in the narrowed population.
    let narrowed = flow("population: { in: { element: camp, values: [XA0201] } }");
    assert_eq!(walk(&Stores::new(), &arrangement, &narrowed).unwrap().clearance.released, 2);
    // Through a household too.
    let households =
        exchange("household", &["{ name: v, reduce: list, of: members.given }"], "on_withheld_member: omit");
    assert_eq!(codes(walk(&Stores::new(), &arrangement, &households)), [Code::CountryOfOrigin]);
}

#[test]
fn consent_where_it_is_the_basis() {
    for consent in ["refused", "-"] {
        let mut stores = Stores::new();
        stores.set("person", "p04", "consent", consent);
        let run = walk(&stores, &everything_agreed(), &flow("")).unwrap();
        assert_eq!(run.keys("withheld", "person"), ["p04"]);
        assert_eq!(run.reported[0].3[0].0, Code::NoConsent);
        assert!(!run.by("k").contains_key("p04"));
        assert!(!run.disclosed.contains(&"p04".to_owned()));
        let mut mandate = everything_agreed();
        mandate.lawful_basis = LawfulBasis::Mandate;
        assert_eq!(walk(&stores, &mandate, &flow("")).unwrap().clearance.released, 9);
    }
    let mut catalogue = catalogue();
    catalogue.entities[0].subject.as_mut().unwrap().consent = None;
    let violations = compile(&catalogue, &everything_agreed(), &flow("")).unwrap_err();
    assert_eq!(violations.iter().map(|violation| violation.code).collect::<Vec<_>>(), [Code::ConsentNotRecorded]);
}

#[test]
fn marks_against_everybody_this_partner_or_nobody_named() {
    for (withheld_from, withheld) in
        [("*", true), ("partner-one", true), ("-", true), ("partner-two", false), ("Partner-One", false)]
    {
        let mut stores = Stores::new();
        stores.add("mark", &format!("2 p04 {withheld_from}"));
        let run = walk(&stores, &everything_agreed(), &flow("")).unwrap();
        assert_eq!(run.by("k").contains_key("p04"), !withheld, "{withheld_from}");
        assert_eq!(run.clearance.withheld.get(&Code::ConfidentialityMark).copied(), withheld.then_some(1));
    }
    // Two marks are one reason, and a mark outweighs nothing that was said before it.
    let mut stores = Stores::new();
    stores.add("mark", "2 p04 *").add("mark", "3 p04 partner-one").set("person", "p04", "consent", "refused");
    let run = walk(&stores, &everything_agreed(), &flow("")).unwrap();
    assert_eq!(run.reported.len(), 1);
    assert_eq!(run.reported[0].3[0].0, Code::NoConsent);
}

#[test]
fn a_household_is_withheld_with_a_member_where_the_exchange_says_so() {
    let mut stores = Stores::new();
    stores.set("person", "p02", "consent", "refused");
    let run = walk(&stores, &everything_agreed(), &flow("on_withheld_member: withhold-household")).unwrap();
    assert_eq!(run.keys("withheld", "person"), ["p01", "p02", "p03"]);
    assert_eq!(run.clearance.withheld[&Code::HouseholdWithheld], 2);
    assert_eq!(run.clearance.released, 6);
    let fields = ["{ name: k, from: no }", "{ name: v, reduce: list, of: members.given }"];
    let households = exchange("household", &fields, "on_withheld_member: withhold-household");
    let run = walk(&stores, &everything_agreed(), &households).unwrap();
    assert_eq!(run.by("k").keys().collect::<Vec<_>>(), ["h2", "h3", "h4"]);
    assert_eq!(run.keys("withheld", "household"), ["h1"]);
    let households = exchange("household", &fields, "on_withheld_member: omit");
    let run = walk(&stores, &everything_agreed(), &households).unwrap();
    assert_eq!(run.by("k")["h1"]["v"], serde_json::json!(["Lulu", "Zuri"]));
    assert_eq!(run.keys("withheld", "person"), ["p02"]);
}

#[test]
fn whoever_is_reached_in_two_places_is_reported_once() {
    let fields = [
        "{ name: k, from: no }",
        "{ name: v, reduce: list, of: members.given }",
        "{ name: w, each: district.households, fields: [ { name: n, from: no }, { name: m, each: members, fields: [ { name: s, from: sex } ] } ] }",
    ];
    let mut stores = Stores::new();
    stores.set("person", "p02", "consent", "refused").set("person", "p04", "sex", "Q");
    let run = walk(&stores, &everything_agreed(), &exchange("household", &fields, "on_withheld_member: omit")).unwrap();
    assert_eq!((run.keys("withheld", "person"), run.keys("quarantined", "person")), (vec!["p02"], vec!["p04"]));
    assert_eq!(run.by("k")["h2"]["v"], serde_json::json!(["Mya"]));
    assert_eq!((run.clearance.withheld.values().sum::<u64>(), run.clearance.quarantined), (1, 1));
}

#[test]
fn a_person_outside_the_population_is_neither_released_nor_reported() {
    let mut stores = Stores::new();
    stores
        .set("person", "p04", "camp", "-")
        .set("person", "p10", "consent", "refused")
        .set("person", "p11", "given", "-");
    let left = walk(&stores, &everything_agreed(), &flow("")).unwrap();
    assert_eq!(left.clearance.released, 8);
    assert_eq!(left.reported, []);
    // A value that is broken leaves it unknown whether the person belongs to the population: the report tells.
    let mut stores = Stores::new();
    let mut catalogue = catalogue();
    let camp = catalogue.entities[0].elements.iter_mut().find(|element| element.name == "camp").unwrap();
    camp.max_length = 6;
    stores.set("person", "p04", "camp", "XA0101-and-more");
    let plan = compile(&catalogue, &everything_agreed(), &flow("")).unwrap();
    let found = run(&plan, &stores.sources()).unwrap();
    assert_eq!(found.keys("quarantined", "person"), ["p04"]);
    assert_eq!(found.reported[0].3[0].0, Code::ValueOversize);
}

#[test]
fn every_way_in_which_a_record_can_be_broken() {
    let cases = [
        ("born", "1980-02-30", "", Code::DateImpossible),
        ("score", "ten", "", Code::WrongType),
        ("sex", "Q", "", Code::CodeUnknown),
        ("given", "Zuri", "{ phone: { region: KE } }", Code::PhoneUnreadable),
        ("sex", "F", "{ code-map: { map: { M: \"1\", U: \"0\" } } }", Code::CodeUnmapped),
        ("family", "Mwamba", "{ split: { separator: \"-\", part: 9 } }", Code::TransformRefused),
    ];
    for (element, value, transform, code) in cases {
        let mut stores = Stores::new();
        // Everybody else has nothing there, so that only p01 can be broken.
        let others = ["p02", "p03", "p04", "p05", "p06", "p07", "p08", "p09"];
        for id in others {
            stores.set("person", id, element, "-");
        }
        stores.set("person", "p01", element, value);
        let field = format!("{{ name: v, from: {element}, transform: [{transform}] }}");
        let exchange = exchange("person", &["{ name: k, from: id }", &field], "");
        let run = walk(&stores, &everything_agreed(), &exchange).unwrap();
        assert_eq!(run.keys("quarantined", "person"), ["p01"], "{element}");
        let (reason, _, shown) = &run.reported[0].3[0];
        assert_eq!((*reason, shown.as_deref()), (code, Some(value)));
        assert_eq!(run.clearance.released, 8);
    }
    let mut stores = Stores::new();
    stores.set("person", "p01", "id", "-");
    let run = walk(&stores, &everything_agreed(), &flow("")).unwrap();
    assert_eq!(run.reported[0].3[0].0, Code::ValueMissing);
    assert_eq!(run.clearance.released, 8);
}

#[test]
fn a_default_and_an_otherwise_are_counted() {
    let fields = [
        "{ name: k, from: id }",
        "{ name: d, from: score, transform: [ { default: { value: -1 } } ] }",
        "{ name: o, from: phone, transform: [ { phone: { region: KE } }, { otherwise: { value: \"none\" } } ] }",
    ];
    let run = walk(&Stores::new(), &everything_agreed(), &exchange("person", &fields, "")).unwrap();
    assert_eq!(run.clearance.substitutions[&("d".to_owned(), "default")], 2);
    assert_eq!(run.clearance.substitutions[&("o".to_owned(), "otherwise")], 5);
    assert_eq!(run.by("k")["p03"]["d"], -1);
}

#[test]
fn a_rule_that_cannot_be_evaluated() {
    for population in [
        "{ in: { element: score, values: [many] } }",
        "{ range: { element: born, from: yesterday } }",
        "{ in: { element: household.size, values: [true] } }",
    ] {
        let exchange = flow(&format!("population: {population}"));
        assert_eq!(codes(walk(&Stores::new(), &everything_agreed(), &exchange)), [Code::RuleFailed], "{population}");
    }
    let mut stores = Stores::new();
    stores.set("document", "1", "doc", "9223372036854775807");
    let exchange = exchange("person", &["{ name: v, reduce: sum, of: documents.doc }"], "");
    assert_eq!(codes(walk(&stores, &everything_agreed(), &exchange)), [Code::RuleFailed]);
}

#[test]
fn a_package_that_cannot_be_written_leaves_nothing_behind() {
    let dir = causeway_testkit::throw_away::directory().unwrap();
    let missing = dir.path().join("not there");
    let result = seal_and_open(&catalogue(), &everything_agreed(), &flow(""), &Stores::new().sources(), &missing);
    assert_eq!(codes(result), [Code::CannotWrite]);
    let mut arrangement = everything_agreed();
    arrangement.row_cap = 5;
    let result = seal_and_open(&catalogue(), &arrangement, &flow(""), &Stores::new().sources(), dir.path());
    assert_eq!(codes(result), [Code::RowCap]);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 0);
}

#[test]
fn an_exchange_can_only_narrow_the_population() {
    let everyone = flow("population: { any: [ { null: { element: camp } }, { not: { null: { element: camp } } } ] }");
    assert_eq!(walk(&Stores::new(), &everything_agreed(), &everyone).unwrap().clearance.released, 9);
    let outside = flow("population: { in: { element: camp, values: [XB0101] } }");
    assert_eq!(walk(&Stores::new(), &everything_agreed(), &outside).unwrap().clearance.released, 0);
}

#[test]
fn what_is_agreed_in_several_forms_may_leave_in_each() {
    let mut arrangement = everything_agreed();
    let born = causeway_model::ElementRef::new("person", "born");
    let mut item = arrangement.elements.iter().find(|item| item.element == born).unwrap().clone();
    arrangement.elements.retain(|item| item.element != born);
    item.form = Form::Year;
    arrangement.elements.push(item.clone());
    item.form = Form::AgeBand;
    arrangement.elements.push(item);
    let transforms = ["year", "{ age-band: { at: 2026-01-01, from: [0, 18] } }", "{ age: { at: 2026-01-01 } }"];
    let allowed = transforms.map(|transform| {
        let field = format!("{{ name: v, from: born, transform: [{transform}] }}");
        compile(&catalogue(), &arrangement, &exchange("person", &[&field], "")).is_ok()
    });
    assert_eq!(allowed, [true, true, false]);
}
