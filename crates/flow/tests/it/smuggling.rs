//! Can anything leave that was not agreed, by whatever way an exchange can be written? Each way is refused by name.
//!
//! The join key and the group key, which no exchange document can choose, are smuggled in `plan/tests.rs`.

use causeway_model::Code;

use super::small::{arrangement, catalogue, exchange};
use super::street::compile;

/// What is agreed in these tests, beside what a test adds.
const AGREED: [&str; 6] = [
    "person.id pseudonym",
    "person.given raw",
    "household.camp raw",
    "document.kind raw",
    "aid.status raw",
    "aid.amount aggregate-only",
];

/// Code and element of every reason why an exchange does not compile.
fn reasons(agreed: &[&str], fields: &[&str], more: &str) -> Vec<(Code, String)> {
    let all: Vec<&str> = AGREED.iter().chain(agreed).copied().collect();
    match compile(&catalogue(), &arrangement(&all, &[]), &exchange("person", fields, more)) {
        Ok(_) => Vec::new(),
        Err(violations) => violations.into_iter().map(|violation| (violation.code, violation.subject)).collect(),
    }
}

#[track_caller]
fn refused(agreed: &[&str], field: &str, code: Code, element: &str) {
    assert_eq!(reasons(agreed, &[field], "on_withheld_member: omit"), [(code, element.to_owned())], "{field}");
}

#[track_caller]
fn agreed(agreed: &[&str], field: &str) {
    assert_eq!(reasons(agreed, &[field], "on_withheld_member: omit"), [], "{field}");
}

#[test]
fn what_is_agreed_compiles() {
    agreed(&[], "{ name: v, from: given }");
    agreed(&[], "{ name: v, from: household.camp }");
    agreed(&[], "{ name: v, from: id, transform: [pseudonym] }");
    agreed(
        &[],
        "{ name: v, reduce: sum, of: household.aids.amount, where: { in: { element: status, values: [active] } } }",
    );
    agreed(&[], "{ name: v, each: documents, fields: [ { name: k, from: kind } ] }");
}

#[test]
fn value() {
    refused(&[], "{ name: given, from: family }", Code::ElementNotAgreed, "person.family");
    refused(&[], "{ name: v, concat: [given, family] }", Code::ElementNotAgreed, "person.family");
    refused(&[], "{ name: v, reduce: max, of: documents.number }", Code::ElementNotAgreed, "document.number");
}

#[test]
fn case_condition() {
    let field = "{ name: v, sql: \"CASE WHEN f = 'Mwamba' THEN g ELSE '' END\", inputs: { g: given, f: family } }";
    refused(&[], field, Code::ElementNotAgreed, "person.family");
    let field = "{ name: v, sql: \"CASE WHEN f = 'Mwamba' THEN 'yes' ELSE 'no' END\", inputs: { f: family } }";
    refused(&[], field, Code::ElementNotAgreed, "person.family");
    let field = "{ name: v, sql: \"coalesce(nullif(f, 'Mwamba'), g)\", inputs: { g: given, f: family } }";
    refused(&[], field, Code::ElementNotAgreed, "person.family");
}

#[test]
fn filter() {
    let more = "population: { in: { element: family, values: [Mwamba] } }";
    assert_eq!(
        reasons(&[], &["{ name: v, from: given }"], more),
        [(Code::SelectionNotAgreed, "person.family".to_owned())]
    );
    // An element that is agreed in a narrower form does not select either: thirty transfers would tell its value.
    let more = "population: { range: { element: born, from: '2000-01-01' } }";
    let found = reasons(&["person.born age-band"], &["{ name: v, from: given }"], more);
    assert_eq!(found, [(Code::SelectionNotAgreed, "person.born".to_owned())]);
    let more = "population: { not: { null: { element: household.shelter } } }";
    let found = reasons(&[], &["{ name: v, from: given }"], more);
    assert_eq!(found, [(Code::SelectionNotAgreed, "household.shelter".to_owned())]);
}

#[test]
fn order_of_latest() {
    let field = "{ name: v, reduce: latest, of: documents.kind, by: [issued] }";
    refused(&[], field, Code::SelectionNotAgreed, "document.issued");
    let field = "{ name: v, reduce: first, of: documents.kind, by: [kind, number] }";
    refused(&[], field, Code::SelectionNotAgreed, "document.number");
    let field = "{ name: v, each: documents, order_by: [issued], fields: [ { name: k, from: kind } ] }";
    refused(&[], field, Code::SelectionNotAgreed, "document.issued");
}

#[test]
fn aggregate_filter() {
    let field = "{ name: v, reduce: any, of: documents.kind, where: { in: { element: number, values: [N-001] } } }";
    refused(&[], field, Code::SelectionNotAgreed, "document.number");
    let field =
        "{ name: v, each: documents, where: { null: { element: issued } }, fields: [ { name: k, from: kind } ] }";
    refused(&[], field, Code::SelectionNotAgreed, "document.issued");
    let field = "{ name: v, reduce: list, of: household.members.given, where: { in: { element: sex, values: [F] } } }";
    refused(&[], field, Code::SelectionNotAgreed, "person.sex");
}

#[test]
fn sql_expression() {
    refused(&[], "{ name: v, sql: \"upper(x)\", inputs: { x: family } }", Code::ElementNotAgreed, "person.family");
    // A column of the store that was not declared, a table, a function that looks elsewhere.
    for sql in ["upper(family)", "(SELECT max(family) FROM person)", "now()", "random()", "g || person.family", "*"] {
        let field = format!("{{ name: v, sql: \"{sql}\", inputs: {{ g: given }} }}");
        let found = reasons(&[], &[&field], "");
        assert_eq!(found.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [Code::ExpressionNotAllowed], "{sql}");
    }
}

#[test]
fn nested_list() {
    let field = "{ name: v, each: documents, fields: [ { name: kind, from: number } ] }";
    refused(&[], field, Code::ElementNotAgreed, "document.number");
    let field = "{ name: v, each: household.members, fields: [ { name: g, from: given }, { name: d, each: documents, fields: [ { name: n, from: number } ] } ] }";
    refused(&[], field, Code::ElementNotAgreed, "document.number");
}

#[test]
fn a_list_of_nothing_is_a_count() {
    // As long as the list are the records that it counts, whatever stands in it.
    for items in
        ["{ name: n, constant: x }", "{ name: n, sql: \"'x'\" }", "{ name: n, from: doc, transform: [presence] }"]
    {
        let field = format!("{{ name: v, each: documents, fields: [ {items} ] }}");
        let found = reasons(&["document.doc presence"], &[&field], "");
        assert!(!found.is_empty(), "{field}");
    }
    let constants = "{ name: v, each: documents, fields: [ { name: n, constant: x } ] }";
    refused(&[], constants, Code::ElementNotAgreed, "document.person");
    refused(
        &[],
        "{ name: v, each: household.aids, fields: [ { name: n, from: household.camp } ] }",
        Code::ElementNotAgreed,
        "aid.hh",
    );
    let inner = "{ name: v, each: household.members, fields: [ { name: g, from: given }, { name: d, each: documents, fields: [ { name: n, constant: x } ] } ] }";
    refused(&[], inner, Code::ElementNotAgreed, "document.person");
    agreed(&["document.person aggregate-only"], constants);
    agreed(&["document.person aggregate-only"], inner);
}

#[test]
fn same_name_of_another_entity() {
    refused(&[], "{ name: camp, from: camp }", Code::ElementNotAgreed, "person.camp");
    refused(&[], "{ name: v, from: status }", Code::ElementNotAgreed, "person.status");
    refused(&[], "{ name: v, reduce: list, of: household.members.status }", Code::ElementNotAgreed, "person.status");
}

#[test]
fn code_map_side_table() {
    let field = "{ name: v, from: sex, transform: [ { code-map: { map: { F: a, M: a, U: b } } } ] }";
    refused(&[], field, Code::ElementNotAgreed, "person.sex");
    refused(
        &[],
        "{ name: v, from: sex, transform: [ { code-map: { to: theirs } } ] }",
        Code::ElementNotAgreed,
        "person.sex",
    );
    // A map over names would be a table of people beside the data.
    let field = "{ name: v, from: given, transform: [ { code-map: { map: { Zuri: family-is-Mwamba } } } ] }";
    let found = reasons(&[], &[field], "");
    assert_eq!(found.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [Code::CodeMapNotACode]);
}

#[test]
fn wider_form() {
    for (form, field, element) in [
        ("person.born year", "{ name: v, from: born }", "person.born"),
        ("person.born age-band", "{ name: v, from: born, transform: [ { age: { at: 2026-01-01 } } ] }", "person.born"),
        (
            "person.camp place-level 1",
            "{ name: v, from: camp, transform: [ { place-level: { level: 2 } } ] }",
            "person.camp",
        ),
        ("person.camp place-level 1", "{ name: v, from: camp }", "person.camp"),
        ("person.phone masked", "{ name: v, from: phone }", "person.phone"),
        (
            "person.phone presence",
            "{ name: v, from: phone, transform: [ { mask: { keep_last: 2 } } ] }",
            "person.phone",
        ),
        ("person.family pseudonym", "{ name: v, from: family, transform: [ upper ] }", "person.family"),
        ("person.score aggregate-only", "{ name: v, from: score }", "person.score"),
    ] {
        refused(&[form], field, Code::FormWiderThanAgreed, element);
    }
    for field in [
        "{ name: v, reduce: max, of: household.aids.amount }",
        "{ name: v, reduce: min, of: household.aids.amount }",
        "{ name: v, reduce: list, of: household.aids.amount }",
        "{ name: v, each: household.aids, fields: [ { name: a, from: amount } ] }",
    ] {
        refused(&[], field, Code::FormWiderThanAgreed, "aid.amount");
    }
    agreed(&["person.camp place-level 1"], "{ name: v, from: camp, transform: [ { place-level: { level: 0 } } ] }");
    agreed(
        &["person.born age"],
        "{ name: v, from: born, transform: [ { age-band: { at: 2026-01-01, from: [0, 18] } } ] }",
    );
}

#[test]
fn an_age_band_is_not_the_date_nor_its_year_nor_a_part_nor_a_minimum_nor_an_order() {
    let band = ["person.born age-band"];
    agreed(&band, "{ name: v, from: born, transform: [ { age-band: { at: 2026-01-01, from: [0, 5, 18, 60] } } ] }");
    agreed(&band, "{ name: v, from: born, transform: [ presence ] }");
    for field in [
        "{ name: v, from: born }",
        "{ name: v, from: born, transform: [ year ] }",
        "{ name: v, from: born, transform: [ { age: { at: 2026-01-01 } } ] }",
        "{ name: v, from: born, transform: [ { format-date: { pattern: \"%Y-%m-%d\" } }, { substring: { start: 1, length: 4 } } ] }",
        "{ name: v, from: born, transform: [ { format-date: { pattern: \"%Y\" } } ] }",
        "{ name: v, from: born, transform: [ { to-calendar: ethiopic } ] }",
        "{ name: v, from: born, transform: [ pseudonym ] }",
        "{ name: v, sql: \"CASE WHEN b > '2008-01-01' THEN 'young' ELSE 'old' END\", inputs: { b: born } }",
        "{ name: v, concat: [given, born] }",
        "{ name: v, reduce: min, of: household.members.born }",
        "{ name: v, reduce: latest, of: household.members.born, by: [given] }",
        "{ name: v, reduce: list, of: household.members.born }",
        "{ name: v, reduce: count, of: household.members.born }",
        "{ name: v, each: household.members, fields: [ { name: b, from: born } ] }",
    ] {
        let found = reasons(&band, &[field], "on_withheld_member: omit");
        let right = found.iter().any(|reason| *reason == (Code::FormWiderThanAgreed, "person.born".to_owned()));
        assert!(right, "{field}: {found:?}");
    }
    for field in [
        "{ name: v, reduce: latest, of: household.members.given, by: [born] }",
        "{ name: v, reduce: first, of: household.members.given, by: [born] }",
        "{ name: v, each: household.members, order_by: [born], fields: [ { name: g, from: given } ] }",
        "{ name: v, reduce: list, of: household.members.given, where: { range: { element: born, from: '2008-01-01' } } }",
    ] {
        refused(&band, field, Code::SelectionNotAgreed, "person.born");
    }
    // The minimum of a household is the value of one member; as a band it is what was agreed.
    let field = "{ name: v, reduce: min, of: household.members.born, transform: [ { age-band: { at: 2026-01-01, from: [0, 18] } } ] }";
    agreed(&band, field);
}

#[test]
fn a_band_narrower_than_five_years_is_none() {
    let field = "{ name: v, from: born, transform: [ { age-band: { at: 2026-01-01, from: [0, 1, 2, 3] } } ] }";
    let found = reasons(&["person.born age-band"], &[field], "");
    assert_eq!(found.iter().map(|(code, _)| *code).collect::<Vec<_>>(), [Code::BandTooNarrow]);
}

#[test]
fn nothing_is_moved_into_the_part_that_a_narrower_form_shows() {
    let cases = [
        (
            "person.born year",
            "{ name: v, from: born, transform: [ { format-date: { pattern: \"20%d-01-01\" } }, { from-calendar: ethiopic }, year ] }",
        ),
        (
            "person.family masked",
            "{ name: v, from: family, transform: [ { replace: { pattern: \"^(.*)$\", with: \"$1$1$1$1\" } }, { mask: { keep_first: 200 } } ] }",
        ),
        (
            "person.sex presence",
            "{ name: v, from: sex, transform: [ { code-map: { map: { F: x } } }, { otherwise: { value: null } }, presence ] }",
        ),
        (
            "person.phone presence",
            "{ name: v, from: phone, transform: [ { phone: { region: KE } }, { otherwise: { value: null } }, presence ] }",
        ),
        (
            "person.family presence",
            "{ name: v, from: family, transform: [ { split: { separator: a, part: 2 } }, { otherwise: { value: null } }, presence ] }",
        ),
        (
            "person.born presence",
            "{ name: v, from: born, transform: [ { age-band: { at: 2026-01-01, from: [0, 60] } }, { replace: { pattern: \"60.\", with: \"\" } }, trim, presence ] }",
        ),
        (
            "person.family masked",
            "{ name: v, sql: \"concat(f, f, f, f)\", inputs: { f: family }, transform: [ { mask: { keep_first: 200 } } ] }",
        ),
        (
            "person.family masked",
            "{ name: v, concat: [family, family, family, family], transform: [ { mask: { keep_first: 200 } } ] }",
        ),
        (
            "person.family presence",
            "{ name: v, sql: \"nullif(f, 'Mwamba')\", inputs: { f: family }, transform: [ presence ] }",
        ),
        (
            "person.family pseudonym",
            "{ name: v, sql: \"left(f, 1)\", inputs: { f: family }, transform: [ pseudonym ] }",
        ),
    ];
    for (form, field) in cases {
        let element = form.split_once(' ').unwrap().0;
        refused(&[form], field, Code::FormWiderThanAgreed, element);
    }
}

#[test]
fn a_reduction_hides_no_more_than_the_value_itself() {
    // Masking, presence and the year of what a reduction picked are of one value; of a nested member likewise.
    agreed(
        &["document.number masked"],
        "{ name: v, reduce: max, of: documents.number, transform: [ { mask: { keep_last: 1 } } ] }",
    );
    agreed(&["document.number presence"], "{ name: v, reduce: any, of: documents.number }");
    refused(
        &["document.number presence"],
        "{ name: v, reduce: count, of: documents.number }",
        Code::FormWiderThanAgreed,
        "document.number",
    );
    refused(
        &["document.issued year"],
        "{ name: v, reduce: latest, of: documents.issued, by: [kind] }",
        Code::FormWiderThanAgreed,
        "document.issued",
    );
}

#[test]
fn the_rules_of_the_house_are_no_values() {
    refused(&[], "{ name: v, from: consent }", Code::ElementNotAgreed, "person.consent");
    refused(&[], "{ name: v, from: origin }", Code::ElementNotAgreed, "person.origin");
    refused(&[], "{ name: v, from: id }", Code::FormWiderThanAgreed, "person.id");
    // A key joins; it is no value, and no filter.
    refused(&[], "{ name: v, from: hh }", Code::ElementNotAgreed, "person.hh");
    refused(&[], "{ name: v, reduce: any, of: marks }", Code::ElementNotAgreed, "mark.mark");
    refused(&[], "{ name: v, reduce: count, of: marks.withheld_from }", Code::ElementNotAgreed, "mark.withheld_from");
    let more = "population: { in: { element: id, values: [p01] } }";
    assert_eq!(reasons(&[], &["{ name: v, from: given }"], more), [(Code::SelectionNotAgreed, "person.id".to_owned())]);
    // The columns by which the house decides are no elements.
    for column in ["@withheld", "@people", "@m1", "@key.id@extra", "phone@main"] {
        let field = format!("{{ name: v, from: \"{column}\" }}");
        assert_eq!(
            reasons(&["person.phone raw"], &[&field], "").first().map(|(code, _)| *code),
            Some(Code::UnknownName),
            "{column}"
        );
    }
}

#[test]
fn people_are_reached_only_where_rules_can_leave_them_out() {
    let codes = |fields: &[&str], more: &str| -> Vec<Code> {
        reasons(&[], fields, more).into_iter().map(|(code, _)| code).collect()
    };
    assert_eq!(codes(&["{ name: v, reduce: list, of: household.members.given }"], ""), [Code::WithheldMemberUndecided]);
    assert_eq!(codes(&["{ name: v, from: household.nothing }"], ""), [Code::UnknownName]);
    assert_eq!(codes(&["{ name: v, from: documents.kind }"], ""), [Code::UnknownName]);
    assert_eq!(codes(&["{ name: v, reduce: sum, of: documents.kind }"], ""), [Code::TransformType]);
    let of = |root: &str, field: &str| -> Vec<Code> {
        let agreed = arrangement(&AGREED, &[]);
        let result = compile(&catalogue(), &agreed, &exchange(root, &[field], "on_withheld_member: omit"));
        result.err().unwrap_or_default().into_iter().map(|violation| violation.code).collect()
    };
    assert_eq!(of("document", "{ name: v, from: holder.given }"), [Code::PersonThroughOne]);
    assert_eq!(of("document", "{ name: v, from: kind }"), [Code::RootNotPeople]);
    assert_eq!(of("district", "{ name: v, from: title }"), [Code::RootNotPeople]);
    assert_eq!(of("household", "{ name: v, from: camp }"), []);
    assert_eq!(of("nobody", "{ name: v, from: camp }"), [Code::UnknownName]);
}
