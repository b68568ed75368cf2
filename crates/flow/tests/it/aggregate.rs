//! Do many records become one value, a list, or a merged value exactly as the exchange says, from stores in any order?

use causeway_model::{Code, ElementRef};
use serde_json::{Value, json};

use super::small::{Stores, catalogue, everything_agreed, exchange};
use super::street::{Run, codes, compile, run};

fn walk(stores: &Stores, root: &str, fields: &[&str], more: &str) -> Run {
    let plan = compile(&catalogue(), &everything_agreed(), &exchange(root, fields, more)).unwrap();
    run(&plan, &stores.sources()).unwrap()
}

/// The values of output `v` of people, by their id.
fn values(field: &str, more: &str) -> Vec<(String, Value)> {
    let id = "{ name: k, from: id }";
    let forwards = walk(&Stores::new(), "person", &[id, field], more).by("k");
    // Whatever the order of the rows and the size of the batches, the values are the same.
    let mut other = Stores::new();
    for source in &mut other.0 {
        source.tables.values_mut().for_each(|table| table.rows.reverse());
    }
    let backwards = walk(other.batches_of(2), "person", &[id, field], more).by("k");
    assert_eq!(forwards, backwards, "{field}");
    forwards.into_iter().map(|(key, record)| (key, record["v"].clone())).collect()
}

/// The values of output `v` of the people named, in that order.
fn of(people: &[&str], field: &str) -> Vec<Value> {
    let all = values(field, "");
    people.iter().map(|id| all.iter().find(|(key, _)| key == id).unwrap().1.clone()).collect()
}

#[test]
fn every_reduction_over_present_and_missing_values() {
    // p01: N-001 of 2015, N-002 of 2020. p02: N-003 without a date, N-004. p03: none. p04: one without a number.
    let people = ["p01", "p02", "p03", "p04"];
    let cases = [
        ("{ name: v, reduce: count, of: documents }", json!([2, 2, 0, 1])),
        ("{ name: v, reduce: count, of: documents.number }", json!([2, 2, 0, 0])),
        ("{ name: v, reduce: any, of: documents }", json!([true, true, false, true])),
        ("{ name: v, reduce: any, of: documents.number }", json!([true, true, false, false])),
        ("{ name: v, reduce: sum, of: documents.doc }", json!([3, 7, 0, 5])),
        ("{ name: v, reduce: min, of: documents.issued }", json!(["2015-01-01", "2019-09-09", null, "2018-01-01"])),
        ("{ name: v, reduce: max, of: documents.issued }", json!(["2020-01-01", "2019-09-09", null, "2018-01-01"])),
        ("{ name: v, reduce: list, of: documents.number }", json!([["N-001", "N-002"], ["N-003", "N-004"], [], []])),
        ("{ name: v, reduce: latest, of: documents.number, by: [issued] }", json!(["N-002", "N-004", null, null])),
        // A missing value is lowest.
        ("{ name: v, reduce: first, of: documents.number, by: [issued] }", json!(["N-001", "N-003", null, null])),
    ];
    for (field, expected) in cases {
        assert_eq!(Value::from(of(&people, field)), expected, "{field}");
    }
}

#[test]
fn ties_are_broken_by_the_value_and_several_keys_decide_in_their_order() {
    // p06 has two documents of one day.
    assert_eq!(of(&["p06"], "{ name: v, reduce: latest, of: documents.number, by: [issued] }"), [json!("N-007")]);
    assert_eq!(of(&["p06"], "{ name: v, reduce: first, of: documents.number, by: [issued] }"), [json!("N-006")]);
    assert_eq!(of(&["p06"], "{ name: v, reduce: latest, of: documents.number, by: [kind, doc] }"), [json!("N-007")]);
    assert_eq!(of(&["p01"], "{ name: v, reduce: latest, of: documents.number, by: [kind, issued] }"), [json!("N-002")]);
}

#[test]
fn filters_keep_what_is_true_and_what_is_unknown_is_left_out() {
    let cases = [
        ("{ in: { element: kind, values: [P] } }", json!([1, 2, 0, 0])),
        ("{ not: { in: { element: kind, values: [P] } } }", json!([1, 0, 0, 1])),
        ("{ range: { element: issued, from: \"2019-01-01\" } }", json!([1, 1, 0, 0])),
        ("{ not: { range: { element: issued, from: \"2019-01-01\" } } }", json!([1, 0, 0, 1])),
        ("{ null: { element: issued } }", json!([0, 1, 0, 0])),
        ("{ all: [ { in: { element: kind, values: [P] } }, { null: { element: issued } } ] }", json!([0, 1, 0, 0])),
        ("{ any: [ { in: { element: kind, values: [Q] } }, { null: { element: issued } } ] }", json!([1, 1, 0, 0])),
    ];
    for (filter, expected) in cases {
        let field = format!("{{ name: v, reduce: count, of: documents, where: {filter} }}");
        assert_eq!(Value::from(of(&["p01", "p02", "p03", "p04"], &field)), expected, "{filter}");
    }
}

#[test]
fn what_a_household_was_given_stands_at_each_member_and_multiplies_nobody() {
    let people = ["p01", "p03", "p04", "p06"];
    let sum =
        "{ name: v, reduce: sum, of: household.aids.amount, where: { in: { element: status, values: [active] } } }";
    assert_eq!(Value::from(of(&people, sum)), json!(["10.25", "10.25", "0.00", "0.00"]));
    let title = "{ name: v, from: household.district.title }";
    assert_eq!(Value::from(of(&["p01", "p06", "p08"], title)), json!(["North", "South", null]));
    assert_eq!(values(title, "").len(), 9);
}

#[test]
fn what_belongs_to_different_keys_is_read_beside_each_other_and_records_only_after_it() {
    let fields = [
        "{ name: k, from: id }",
        "{ name: n, reduce: count, of: documents }",
        "{ name: v, reduce: sum, of: household.aids.amount }",
    ];
    let alone = walk(&Stores::new(), "person", &fields, "").by("k");
    let mut several = Stores::new();
    several.batches_of(1);
    let told = several.0[0].told.clone();
    for source in &mut several.0 {
        source.streams = 3;
        source.told = told.clone();
    }
    assert_eq!(walk(&several, "person", &fields, "").by("k"), alone);
    let told = told.lock().unwrap();
    let at = |event: &str| told.iter().position(|told| told == event).unwrap_or_else(|| panic!("{event}: {told:?}"));
    assert!(at("begins aid") < at("ends document") && at("begins document") < at("ends aid"), "{told:?}");
    for table in ["aid", "document", "household"] {
        assert!(at(&format!("ends {table}")) < at("begins person"), "{told:?}");
    }
}

#[test]
fn nested_lists_are_ordered_filtered_and_nested_again() {
    let list = "{ name: v, each: documents, order_by: [kind, issued], where: { in: { element: kind, values: [P, Q] } }, fields: [ { name: n, from: number, transform: [lower] }, { name: i, from: issued, transform: [year] } ] }";
    assert_eq!(
        Value::from(of(&["p01", "p02", "p03", "p04"], list)),
        json!([
            [{ "n": "n-001", "i": 2015 }, { "n": "n-002", "i": 2020 }],
            [{ "n": "n-003", "i": null }, { "n": "n-004", "i": 2019 }],
            [],
            []
        ])
    );
    let fields = [
        "{ name: k, from: no }",
        "{ name: m, each: members, fields: [ { name: g, from: given }, { name: d, each: documents, fields: [ { name: n, from: number } ] }, { name: c, reduce: count, of: documents } ] }",
    ];
    let run = walk(&Stores::new(), "household", &fields, "on_withheld_member: omit");
    let h1 = json!([
        { "g": "Lulu", "d": [], "c": 0 },
        { "g": "Tesfa", "d": [{ "n": "N-003" }, { "n": "N-004" }], "c": 2 },
        { "g": "Zuri", "d": [{ "n": "N-001" }, { "n": "N-002" }], "c": 2 }
    ]);
    assert_eq!(run.by("k")["h1"]["m"], h1);
    // h5 lies outside the population, nobody lives in h6.
    assert_eq!(run.by("k").keys().collect::<Vec<_>>(), ["h1", "h2", "h3", "h4"]);
    assert_eq!(run.disclosed.len(), 9);
}

#[test]
fn members_facts_reach_each_member_and_those_outside_are_not_counted() {
    let mut stores = Stores::new();
    stores.set("person", "p07", "camp", "XB0101");
    let fields = ["{ name: k, from: id }", "{ name: v, reduce: list, of: household.members.given }"];
    let run = walk(&stores, "person", &fields, "on_withheld_member: omit");
    assert_eq!(run.by("k")["p01"]["v"], json!(["Lulu", "Tesfa", "Zuri"]));
    assert_eq!(run.by("k")["p06"]["v"], json!(["Olena"]));
}

#[test]
fn precedence_decides_and_every_conflict_is_counted() {
    let run = walk(&Stores::new(), "person", &["{ name: k, from: id }", "{ name: v, from: phone }"], "");
    let phones: Vec<Value> =
        ["p01", "p02", "p04", "p05", "p06"].iter().map(|id| run.by("k")[*id]["v"].clone()).collect();
    assert_eq!(Value::from(phones), json!(["0701", "0702", "0799", "0705", null]));
    // p04 has two numbers; p10 too, who lives outside the population: disagreements are counted where records are read.
    let conflicts: Vec<_> = run.clearance.conflicts.iter().map(|(element, count)| (element.as_str(), *count)).collect();
    assert_eq!(conflicts, [("person.phone", 2)]);
}

#[test]
fn a_conflict_is_counted_once_where_people_are_read_twice() {
    let fields =
        ["{ name: k, from: id }", "{ name: p, from: phone }", "{ name: v, reduce: list, of: household.members.phone }"];
    let run = walk(&Stores::new(), "person", &fields, "on_withheld_member: omit");
    assert_eq!(run.clearance.conflicts.values().sum::<u64>(), 2, "{:?}", run.clearance.conflicts);
}

#[test]
fn a_key_that_occurs_twice_on_a_to_one_side_refuses() {
    let cases = [
        ("household", "h1 XA0101 3 d1 P", "{ name: v, from: household.size }"),
        ("district", "d1 Again 1", "{ name: v, from: household.district.title }"),
        ("extra", "p01 0701 active -", "{ name: v, from: status }"),
    ];
    for (table, row, field) in cases {
        let mut stores = Stores::new();
        stores.add(table, row);
        let plan = compile(&catalogue(), &everything_agreed(), &exchange("person", &[field], "")).unwrap();
        assert_eq!(codes(run(&plan, &stores.sources())), [Code::DuplicateKey], "{table}");
    }
}

#[test]
fn a_person_who_stands_twice_in_the_store_refuses() {
    let mut stores = Stores::new();
    stores.add("person", "p01 h2 Zuri Twice F 1980-03-05 XA0101 0701 10 given AAA");
    for (root, field, more) in [
        ("person", "{ name: v, from: given }", ""),
        ("household", "{ name: v, reduce: list, of: members.given }", "on_withheld_member: omit"),
    ] {
        let plan = compile(&catalogue(), &everything_agreed(), &exchange(root, &[field], more)).unwrap();
        assert_eq!(codes(run(&plan, &stores.sources())), [Code::DuplicateKey], "{root}");
    }
}

#[test]
fn a_dangling_key_quarantines_unless_the_relation_is_optional() {
    let mut stores = Stores::new();
    stores.set("person", "p04", "hh", "h99");
    let run = walk(&stores, "person", &["{ name: k, from: id }", "{ name: v, from: household.size }"], "");
    assert_eq!(run.keys("quarantined", "person"), ["p04"]);
    assert_eq!(run.reported[0].3[0].0, Code::RelationDangling);
    assert!(!run.by("k").contains_key("p04") && run.by("k").contains_key("p05"));
    // A key that is missing altogether leads nowhere, and that is no fault.
    stores.set("person", "p04", "hh", "-");
    let run = walk(&stores, "person", &["{ name: k, from: id }", "{ name: v, from: household.size }"], "");
    assert_eq!(run.by("k")["p04"]["v"], Value::Null);
    // District is optional: d9 is in no table.
    stores.set("person", "p04", "hh", "h6");
    let run = walk(&stores, "person", &["{ name: k, from: id }", "{ name: v, from: household.district.title }"], "");
    assert_eq!(run.by("k")["p04"]["v"], Value::Null);
}

#[test]
fn a_broken_related_record_quarantines_whoever_it_belongs_to() {
    let cases = [
        (
            "document",
            "2",
            "issued",
            "2020-02-30",
            "{ name: v, reduce: latest, of: documents.number, by: [issued] }",
            Code::DateImpossible,
            vec!["p01"],
        ),
        (
            "document",
            "2",
            "kind",
            "Z",
            "{ name: v, each: documents, fields: [ { name: x, from: kind } ] }",
            Code::CodeUnknown,
            vec!["p01"],
        ),
        ("household", "h2", "size", "two", "{ name: v, from: household.size }", Code::WrongType, vec!["p04", "p05"]),
        (
            "aid",
            "2",
            "amount",
            "2.555",
            "{ name: v, reduce: sum, of: household.aids.amount }",
            Code::WrongType,
            vec!["p01", "p02", "p03"],
        ),
        ("extra", "p06", "status", "maybe", "{ name: v, from: status }", Code::CodeUnknown, vec!["p06"]),
    ];
    for (table, key, column, value, field, code, quarantined) in cases {
        let mut stores = Stores::new();
        stores.set(table, key, column, value);
        let run = walk(&stores, "person", &["{ name: k, from: id }", field], "");
        assert_eq!(run.keys("quarantined", "person"), quarantined, "{field}");
        assert!(
            run.reported
                .iter()
                .all(|(_, _, _, reasons)| reasons.iter().any(|(c, _, v)| *c == code && v.as_deref() == Some(value)))
        );
        assert_eq!(run.clearance.released as usize + quarantined.len(), 9);
        assert_eq!(run.clearance.quarantined as usize, quarantined.len());
    }
}

#[test]
fn a_source_that_has_no_rows_is_no_trouble() {
    let mut stores = Stores::new();
    for table in ["document", "aid", "district", "mark", "extra"] {
        stores.table(table).rows.clear();
    }
    let fields = [
        "{ name: k, from: id }",
        "{ name: l, reduce: latest, of: documents.number, by: [issued] }",
        "{ name: s, reduce: sum, of: household.aids.amount }",
        "{ name: t, from: household.district.title }",
        "{ name: d, each: documents, fields: [ { name: n, from: number } ] }",
        "{ name: x, from: status }",
        "{ name: p, from: phone }",
    ];
    let run = walk(&stores, "person", &fields, "");
    let p01 = json!({ "k": "p01", "l": null, "s": "0.00", "t": null, "d": [], "x": null, "p": "0701" });
    assert_eq!(run.by("k")["p01"], p01);
    assert_eq!(run.clearance.released, 9);
}

#[test]
fn the_plan_reads_only_what_it_needs() {
    let plan =
        compile(&catalogue(), &everything_agreed(), &exchange("person", &["{ name: v, from: given }"], "")).unwrap();
    let reads: Vec<(String, Vec<&str>)> = plan
        .reads()
        .0
        .iter()
        .map(|((_, table), columns)| (table.clone().unwrap(), columns.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(
        reads,
        [
            ("mark".to_owned(), vec!["person", "withheld_from"]),
            ("person".to_owned(), vec!["camp", "consent", "given", "id", "origin"]),
        ]
    );
    // An input that an expression declares and does not use is not read either.
    let unused = "{ name: v, sql: \"upper(g)\", inputs: { g: given, f: family, d: household.district.title } }";
    let other = compile(&catalogue(), &everything_agreed(), &exchange("person", &[unused], "")).unwrap();
    assert_eq!(other.reads(), plan.reads());
    let lineage = &plan.lineage()[0].1;
    assert_eq!(
        lineage.0.iter().map(|(element, _)| element.clone()).collect::<Vec<_>>(),
        [ElementRef::new("person", "given")]
    );
}
