//! Is an answer made of exactly the people who were asked for, as a whole transfer would have released them?

use std::collections::BTreeMap;

use causeway_flow::aggregate::{Memory, Only, aggregate_only};
use causeway_flow::disclose::{Disclosed, Pages, Question, disclose, find};
use causeway_flow::enforce::{Register, Reporter, enforce_answer};
use causeway_flow::plan::Plan;
use causeway_flow::source::{KeyList, KeyValue, Watch, extract};
use causeway_flow::transform::transform;
use causeway_flow::{FlowError, Personal};
use causeway_model::Code;
use causeway_model::arrangement::{Arrangement, Party, Role};
use causeway_model::exchange::{Delivery, Exchange, Online};
use serde_json::{Value, json};

use super::small::{Stores, arrangement, catalogue, everything_agreed, exchange};
use super::street::{codes, compile, now, read, run};

const ID: &str = "{ name: id, from: id }";

fn online(root: &str, fields: &[&str], more: &str, online: &str) -> Exchange {
    let mut exchange = exchange(root, fields, more);
    exchange.deliver = Delivery::Online(read::<Online>(online));
    exchange
}

fn keys(column: &str, values: &[&str]) -> KeyList {
    let values: Vec<KeyValue> = values.iter().map(|value| KeyValue::Text(Personal::new((*value).to_owned()))).collect();
    KeyList { column: column.to_owned(), values: values.into() }
}

fn answer(plan: &Plan, exchange: &Exchange, stores: &Stores, only: Vec<KeyList>) -> Result<Disclosed, FlowError> {
    let watch = Watch::default();
    let mut extract = extract(plan, &stores.sources(), &now, &watch)?;
    let (memory, only) = (Memory::unbounded(), Only::of(only));
    let bundle = aggregate_only(&mut extract, plan, Reporter::default(), Register::default(), &memory, &only)?;
    let online = exchange.deliver.online().unwrap();
    disclose(enforce_answer(transform(bundle, plan), plan, online.cap, watch), plan, exchange.format, online)
}

fn rows(told: &Disclosed) -> Vec<Value> {
    (0..told.rows()).map(|row| serde_json::from_slice(told.row(row)).unwrap()).collect()
}

#[test]
fn who_is_asked_for_is_told_as_a_transfer_of_everybody_would_have_told_it() {
    let catalogue = catalogue();
    let people = ["p01", "p02", "p03", "p04", "p05", "p06", "p07", "p08", "p09", "p10", "p11"];
    let flows: [(&str, &[&str], &str, &str); 5] = [
        ("person", &[ID, "{ name: given, from: given }"], "", "id"),
        ("person", &[ID, "{ name: title, from: household.district.title }", "{ name: phone, from: phone }"], "", "id"),
        (
            "person",
            &[ID, "{ name: documents, reduce: count, of: documents }", "{ name: verified, from: verified }"],
            "",
            "id",
        ),
        ("person", &[ID, "{ name: members, reduce: count, of: household.members }"], "on_withheld_member: omit", "id"),
        (
            "household",
            &["{ name: id, from: no }", "{ name: members, each: members, fields: [ { name: given, from: given } ] }"],
            "on_withheld_member: withhold-household",
            "no",
        ),
    ];
    for (root, fields, more, key) in flows {
        let exchange = online(
            root,
            fields,
            more,
            &format!("{{ cap: 20, page: 10, parameters: [ {{ name: ids, element: {key}, at_most: 20 }} ] }}"),
        );
        let mut stores = Stores::new();
        stores.set("person", "p05", "consent", "refused").set("person", "p07", "sex", "X");
        let plan = compile(&catalogue, &everything_agreed(), &exchange).unwrap();
        let whole = run(&plan, &stores.sources()).unwrap().by("id");
        let names: Vec<&str> =
            if root == "person" { people.to_vec() } else { vec!["h1", "h2", "h3", "h4", "h5", "h6"] };
        for mask in 0..1_u32 << names.len().min(7) {
            let asked: Vec<&str> =
                names.iter().enumerate().filter(|(at, _)| mask >> (at % 7) & 1 == 1).map(|(_, name)| *name).collect();
            let told = answer(&plan, &exchange, &stores, vec![keys(key, &asked)]).unwrap();
            let found: BTreeMap<String, Value> =
                rows(&told).into_iter().map(|row| (row["id"].as_str().unwrap().to_owned(), row)).collect();
            let expected: BTreeMap<String, Value> = whole
                .iter()
                .filter(|(id, _)| asked.contains(&id.as_str()))
                .map(|(id, row)| (id.clone(), row.clone()))
                .collect();
            assert_eq!(found, expected, "{root} {fields:?} {asked:?}");
            assert_eq!(told.records(), expected.len());
            if root == "person" {
                let people: Vec<Vec<u8>> = told.people_by_record().map(|keys| keys.concat()).collect();
                let ids: Vec<Vec<u8>> =
                    rows(&told).iter().map(|row| row["id"].as_str().unwrap().as_bytes().to_vec()).collect();
                assert_eq!(people, ids, "each record with its person");
            }
        }
    }
}

#[test]
fn several_conditions_must_all_hold_and_one_more_than_the_cap_refuses() {
    let catalogue = catalogue();
    let document = "{ cap: 2, page: 1, parameters: [ { name: ids, element: id, at_most: 9 }, { name: homes, element: hh, at_most: 9 } ] }";
    let exchange = online("person", &[ID], "", document);
    let plan = compile(&catalogue, &everything_agreed(), &exchange).unwrap();
    let stores = Stores::new();
    let told =
        answer(&plan, &exchange, &stores, vec![keys("id", &["p01", "p02", "p04"]), keys("hh", &["h1"])]).unwrap();
    assert_eq!(rows(&told), [json!({ "id": "p01" }), json!({ "id": "p02" })]);
    assert_eq!(answer(&plan, &exchange, &stores, vec![keys("hh", &["none"])]).unwrap().rows(), 0);
    let refused = answer(&plan, &exchange, &stores, vec![keys("hh", &["h1"])]);
    assert_eq!(codes(refused), [Code::RowCap], "three live there");
}

const IDS: &str = "{ cap: 20, page: 10, parameters: [ { name: ids, element: id, at_most: 20 } ] }";

#[test]
fn a_country_of_origin_leaves_out_whom_it_is_about_and_nobody_else() {
    let mut terms = everything_agreed();
    let there = Party {
        name: "Host".into(),
        role: Role::Processor,
        jurisdiction: "ZZZ".into(),
        hosting_country: "BBB".into(),
        registered_as: None,
    };
    terms.processors.push(there);
    terms.countries_of_origin.retain(|country| country != "BBB");
    let asked = |root: &str, fields: &[&str], more: &str, key: &str, ids: &[&str]| {
        let exchange = online(root, fields, more, &IDS.replace("element: id", &format!("element: {key}")));
        let plan = compile(&catalogue(), &terms, &exchange).unwrap();
        answer(&plan, &exchange, &Stores::new(), vec![keys(key, ids)]).unwrap()
    };
    // Two of h2 come from there, and nobody else within the population.
    let told = asked("person", &[ID], "", "id", &["p01", "p04", "p05", "p06"]);
    assert_eq!(rows(&told), [json!({ "id": "p01" }), json!({ "id": "p06" })]);
    assert_eq!(told.clearance.withheld.get(&Code::CountryOfOrigin), Some(&2));
    assert_eq!(asked("person", &[ID], "", "id", &["p04"]).rows(), 0, "as of nobody");
    let fields = ["{ name: id, from: no }", "{ name: names, reduce: list, of: members.given }"];
    let told = asked("household", &fields, "on_withheld_member: omit", "no", &["h1", "h2", "h3"]);
    let found = rows(&told);
    let homes: Vec<&str> = found.iter().filter_map(|row| row["id"].as_str()).collect();
    assert_eq!(homes, ["h1", "h3"], "who is reached through a household too");
}

#[test]
fn who_stands_twice_in_the_store_is_left_out_both_times_and_nobody_else_is() {
    let mut stores = Stores::new();
    stores.add("person", "p01 h2 Zuri Twice F 1980-03-05 XA0101 0701 10 given AAA");
    // Of this one the second may not be told anyway.
    stores.add("person", "p03 h2 Lulu Twice F 2012-01-31 XA0101 - - refused AAA");
    stores.add("household", "h1 XA0101 3 d1 P");
    let asked = |root: &str, fields: &[&str], more: &str, key: &str, ids: &[&str]| {
        let exchange = online(root, fields, more, &IDS.replace("element: id", &format!("element: {key}")));
        let plan = compile(&catalogue(), &everything_agreed(), &exchange).unwrap();
        answer(&plan, &exchange, &stores, vec![keys(key, ids)]).unwrap()
    };
    let told = asked("person", &[ID], "", "id", &["p01", "p02", "p03", "p06"]);
    assert_eq!(rows(&told), [json!({ "id": "p02" }), json!({ "id": "p06" })]);
    let people: Vec<Vec<u8>> = told.people_by_record().map(|keys| keys.concat()).collect();
    assert_eq!(people, [b"p02".to_vec(), b"p06".to_vec()], "each record with its person");
    assert_eq!((told.records(), told.clearance.released), (2, 2));
    assert_eq!(told.clearance.withheld.get(&Code::DuplicateKey), Some(&3), "{:?}", told.clearance.withheld);
    assert_eq!(asked("person", &[ID], "", "id", &["p01"]).rows(), 0, "as of nobody");
    let fields = ["{ name: id, from: no }", "{ name: names, reduce: list, of: members.given }"];
    let told = asked("household", &fields, "on_withheld_member: omit", "no", &["h1", "h3"]);
    assert_eq!(rows(&told).len(), 1, "a household that stands twice");
}

#[test]
fn lists_lie_beside_one_another_and_every_item_stands_once() {
    let fields = [
        ID,
        "{ name: documents, each: documents, order_by: [doc], fields: [ { name: number, from: number }, { name: kind, from: kind } ] }",
        "{ name: paid, reduce: list, of: household.aids.amount }",
    ];
    let shape = "{ cap: 9, page: 9, shape: { flat: { id: person.id, documents.number: doc.number, documents.kind: doc.kind, paid: aid.amount } } }";
    let exchange = online("person", &fields, "", shape);
    let plan = compile(&catalogue(), &everything_agreed(), &exchange);
    let plan = plan.unwrap_or_else(|violations| panic!("{violations:?}"));
    let told = answer(&plan, &exchange, &Stores::new(), vec![keys("id", &["p01", "p05"])]).unwrap();
    let found = rows(&told);
    assert_eq!(told.of_record(0), 0..3, "three payments beside two documents");
    assert_eq!(told.of_record(1), 3..4);
    let column = |name: &str| found.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("person.id"), [json!("p01"), json!("p01"), json!("p01"), json!("p05")]);
    assert_eq!(column("doc.number"), [json!("N-001"), json!("N-002"), Value::Null, Value::Null]);
    let mut paid = column("aid.amount");
    assert_eq!(paid.pop(), Some(json!("100.00")));
    paid.sort_by_key(Value::to_string);
    assert_eq!(paid, [json!("0.25"), json!("10.00"), json!("2.50")]);
}

const LOOK_UP: &str = "{ cap: 9, page: 9, look_up: { by: [ { find_by: id }, { find_by: family, and: [given, born] } ], answer: elements, hourly: 9, daily: 9 } }";

fn ask(stores: &Stores, questions: &[Value]) -> Vec<Option<String>> {
    let (catalogue, exchange) = (catalogue(), online("person", &[ID], "", LOOK_UP));
    let plan = compile(&catalogue, &everything_agreed(), &exchange).unwrap();
    let look_up = exchange.deliver.online().unwrap().look_up.as_ref().unwrap();
    let root = catalogue.entity("person").unwrap();
    let question =
        |value: &Value| Question::read(root, look_up, &serde_json::from_value(value.clone()).unwrap()).unwrap();
    let questions: Vec<Question> = questions.iter().map(question).collect();
    let questions: Vec<&Question> = questions.iter().collect();
    let mut extract = extract(&plan, &stores.sources(), &now, &Watch::default()).unwrap();
    let found = find(&mut extract, &plan, look_up, &questions, &Memory::unbounded()).unwrap();
    let text = |key: KeyValue| match key {
        KeyValue::Text(text) => text.expose().clone(),
        KeyValue::Integer(number) => number.expose().to_string(),
    };
    found.into_iter().map(|key| key.map(text)).collect()
}

#[test]
fn exactly_one_record_that_has_everything_is_found() {
    let mut stores = Stores::new();
    let tesfa = json!({ "family": "Mwamba", "given": "Tesfa", "born": "1978-11-30" });
    let other_day = json!({ "family": "Mwamba", "given": "Tesfa", "born": "1978-11-29" });
    let far = json!({ "id": "p10" });
    let unborn = json!({ "family": "Nur", "given": "Amal", "born": "1990-01-01" });
    let asked = [tesfa.clone(), other_day, far, json!({ "id": "nobody" }), tesfa.clone(), unborn];
    let found = ask(&stores, &asked);
    let one = |id: &str| Some(id.to_owned());
    assert_eq!(
        found,
        [one("p02"), None, one("p10"), None, one("p02"), None],
        "also outside the population: that is decided later"
    );
    // Another of the same name and day, withheld or not: nobody can say who was meant.
    stores.add("person", "p12 h1 Tesfa Mwamba M 1978-11-30 XB0101 - 20 refused AAA");
    assert_eq!(ask(&stores, &[tesfa]), [None]);
    assert_eq!(
        ask(&stores, &[json!({ "family": "mwamba", "given": "Tesfa", "born": "1978-11-30" })]),
        [None],
        "letter for letter"
    );
}

#[test]
fn what_is_not_one_of_the_sets_or_not_of_its_type_is_refused_by_its_name_alone() {
    let (catalogue, exchange) = (catalogue(), online("person", &[ID], "", LOOK_UP));
    let look_up = exchange.deliver.online().unwrap().look_up.as_ref().unwrap();
    let root = catalogue.entity("person").unwrap();
    for (given, code) in [
        (json!({ "family": "Mwamba" }), Code::UnknownName),
        (json!({ "id": "p01", "family": "Mwamba" }), Code::UnknownName),
        (json!({}), Code::UnknownName),
        (json!({ "id": 7 }), Code::WrongType),
        (json!({ "family": "Mwamba", "given": "Tesfa", "born": "30.11.1978" }), Code::WrongType),
        (json!({ "id": "x".repeat(501) }), Code::ValueOversize),
    ] {
        let refused = Question::read(root, look_up, &serde_json::from_value(given.clone()).unwrap()).err().unwrap();
        assert_eq!(refused.code, code, "{given}");
        assert!(!refused.to_string().contains("Mwamba") && !refused.to_string().contains("1978"), "{refused}");
    }
}

fn refused(terms: &Arrangement, document: &str) -> Vec<(Code, String)> {
    let exchange = online("person", &[ID], "", document);
    let violations = compile(&catalogue(), terms, &exchange).err().unwrap_or_default();
    violations.into_iter().map(|violation| (violation.code, violation.subject)).collect()
}

#[test]
fn the_arrangement_must_agree_to_what_is_asked_by() {
    let by =
        |element: &str| format!("{{ cap: 9, page: 9, parameters: [ {{ name: x, element: {element}, at_most: 1 }} ] }}");
    let terms = arrangement(&["person.id raw", "person.given raw", "person.born age-band"], &["person.hh"]);
    assert_eq!(refused(&terms, &by("id")), []);
    assert_eq!(refused(&terms, &by("hh")), []);
    assert_eq!(refused(&terms, &by("family")), [(Code::SelectionNotAgreed, "person.family".to_owned())]);
    assert_eq!(refused(&terms, &by("status")), [(Code::PlanNotProvable, "person.status".to_owned())], "another table");
    let look_up =
        |by: &str| format!("{{ cap: 9, page: 9, look_up: {{ by: [ {by} ], answer: match, hourly: 9, daily: 9 }} }}");
    assert_eq!(refused(&terms, &look_up("{ find_by: id }")), []);
    // That somebody of that household exists may choose records; it may not be confirmed.
    assert_eq!(
        refused(&terms, &look_up("{ find_by: given, and: [hh] }")),
        [(Code::ElementNotAgreed, "person.hh".to_owned())]
    );
    let day = refused(&terms, &look_up("{ find_by: given, and: [born] }"));
    assert!(day.contains(&(Code::FormWiderThanAgreed, "person.born".to_owned())), "{day:?}");
}

#[test]
fn pages_are_cut_by_records_and_by_bytes() {
    let (exchange, folder) = (online("person", &[ID], "", IDS), tempfile::tempdir().unwrap());
    let plan = compile(&catalogue(), &everything_agreed(), &exchange).unwrap();
    let told = answer(&plan, &exchange, &Stores::new(), Vec::new()).unwrap();
    let all = rows(&told);
    assert!(all.len() > 6);
    let lay = |records, bytes| Pages::lay(&told, records, bytes, folder.path(), &[7; 32].into());
    let one = told.row(0).len();
    for (records, bytes, most) in
        [(4, 10_000, 4), (100, 3 * (one + 1) + 1, 3), (2, 3 * (one + 1) + 1, 2), (100, 10_000, 100)]
    {
        let pages = lay(records, bytes).unwrap();
        let mut found = Vec::new();
        for number in 0..pages.len() {
            let (page, count) = pages.page(number).unwrap().unwrap();
            let read: Vec<Value> = serde_json::from_slice(&page).unwrap();
            assert_eq!(read.len(), count);
            assert!(count <= most && page.len() <= bytes, "{records} {bytes}: {count} in {}", page.len());
            assert!(number + 1 == pages.len() || count == most, "full, but for the last");
            found.extend(read);
        }
        assert_eq!(found, all, "{records} {bytes}");
    }
    assert_eq!(codes(lay(100, one)), [Code::ValueOversize], "a record that no page holds");
}
