//! Is everything that cannot work refused before a record is read?

use causeway_model::{Code, ElementRef, ValueType};

use super::{compile, compile_with};

fn refused(value_type: &str, transforms: &str, code: Code, says: &str) {
    let violation = compile(value_type, transforms).map(|_| ()).expect_err(transforms);
    assert_eq!(violation.code, code, "{transforms}: {violation}");
    assert_eq!(violation.subject, "individual.element");
    assert!(violation.detail.contains(says), "{transforms}: {violation}");
}

#[test]
fn types_must_fit_step_by_step() {
    let wrong = [
        ("integer", r#"["upper"]"#, "takes text, and is given `integer`"),
        ("timestamp", r#"["year"]"#, "takes date or partial-date"),
        ("timestamp", r#"[{"age": {"at": "2025-01-01"}}]"#, "takes date"),
        ("text", r#"[{"place-level": {"level": 1}}]"#, "takes place"),
        ("place(2,5)", r#"[{"place-level": {"level": 2}}]"#, "levels 0 to 1"),
        ("place(2,5)", r#"["upper", {"place-level": {"level": 1}}]"#, "takes place"),
        ("text", r#"[{"format-number": {"decimals": 2}}]"#, "takes integer or decimal"),
        ("integer", r#"[{"format-number": {"decimals": 39}}]"#, "at most 38"),
        ("date", r#"[{"from-calendar": "ethiopic"}]"#, "takes text"),
        ("date", r#"[{"format-date": {"pattern": "%H:%M"}}]"#, "`%H:%M` cannot write a date"),
        ("partial-date", r#"[{"format-date": {"pattern": "%d", "year": "%m"}}]"#, "a year alone"),
        ("partial-date", r#"[{"format-date": {"pattern": "%d", "year_month": "%d"}}]"#, "a year and month alone"),
        ("date", r#"[{"format-date": {"pattern": "%d", "year": "%Y"}}]"#, "go with a partial-date"),
        ("bytes", r#"["pseudonym"]"#, "anything but bytes"),
        ("date", r#"[{"age-band": {"at": "2025-01-01", "from": [5, 18]}}]"#, "begin at 0"),
        ("text", r#"[{"split": {"separator": "", "part": 1}}]"#, "separator"),
        ("text", r#"[{"substring": {"start": 0, "length": 1}}]"#, "counts from 1"),
        ("text", r#"[{"replace": {"pattern": "(?=a)", "with": ""}}]"#, "no regular expression"),
        ("text", r#"[{"replace": {"pattern": "(\\w{1000}){1000}", "with": ""}}]"#, "too much memory"),
        ("text", r#"[{"replace": {"pattern": "(a)", "with": "$2"}}]"#, "the group `2`"),
        ("text", r#"[{"replace": {"pattern": "(a)", "with": "$1b"}}]"#, "the group `1b`"),
        ("text", r#"[{"default": {"value": 5}}]"#, "`5` is no value of the type `text`"),
        ("decimal(5,2)", r#"[{"default": {"value": "1.005"}}]"#, "no value of the type"),
        ("decimal(5,2)", r#"[{"default": {"value": "1000"}}]"#, "no value of the type"),
        ("date", r#"[{"default": {"value": "2023-02-29"}}]"#, "no value of the type"),
        ("code(sex)", r#"[{"default": {"value": "unknown"}}]"#, "no code of the list `sex`"),
    ];
    for (value_type, transforms, says) in wrong {
        refused(value_type, transforms, Code::TransformType, says);
    }
}

#[test]
fn only_codes_are_mapped_and_only_by_names_that_exist() {
    refused("text", r#"[{"code-map": {"map": {"f": "2"}}}]"#, Code::CodeMapNotACode, "`text` has no code list");
    refused("code(sex)", r#"["upper", {"code-map": {"map": {"f": "2"}}}]"#, Code::CodeMapNotACode, "no code list");
    refused("boolean", r#"[{"code-map": {"to": "iso-5218"}}]"#, Code::CodeMapNotACode, "write `map`");
    refused("code(sex)", r#"[{"code-map": {"map": {"female": "2"}}}]"#, Code::UnknownName, "no code `female`");
    refused("code(sex)", r#"[{"code-map": {"to": "iso-9999"}}]"#, Code::UnknownName, "`iso-9999`");
    refused("code(nowhere)", r#"[{"code-map": {"map": {"f": "2"}}}]"#, Code::UnknownName, "no code list `nowhere`");
    for odd in ["F", "02", "1.0", ""] {
        let rule = format!(r#"[{{"code-map": {{"map": {{"f": "{odd}"}}, "as": "integer"}}}}]"#);
        refused("code(sex)", &rule, Code::TransformType, "is no whole number");
    }
    refused("code(sex)", r#"[{"code-map": {}}]"#, Code::TransformType, "one of them");
    refused("text", r#"[{"phone": {"region": "ZZ"}}]"#, Code::UnknownName, "`ZZ`");
}

#[test]
fn bands_are_at_least_five_years_wide() {
    let bands = |from: &str| format!(r#"[{{"age-band": {{"at": "2025-01-01", "from": {from}}}}}]"#);
    refused("date", &bands("[0, 5, 9]"), Code::BandTooNarrow, "from 5 to 9");
    assert!(compile("date", &bands("[0, 5, 10]")).is_ok());
}

#[test]
fn what_needs_one_element_is_refused_with_several_and_with_none() {
    let two = [ElementRef::new("individual", "a"), ElementRef::new("household", "b")];
    let refused = |transform: &str, elements: &[ElementRef]| {
        compile_with("code(sex)", transform, elements).map(|_| ()).expect_err(transform)
    };
    assert_eq!(refused(r#"["pseudonym"]"#, &two).code, Code::TransformType);
    assert_eq!(refused(r#"["pseudonym"]"#, &two).subject, "individual.a, household.b");
    assert_eq!(refused(r#"[{"code-map": {"to": "iso-5218"}}]"#, &two).code, Code::CodeMapNotACode);
    assert_eq!(refused(r#"["pseudonym"]"#, &[]).subject, "constant");
}

#[test]
fn a_chain_says_what_comes_out() {
    let output = |value_type: &str, transforms: &str| compile(value_type, transforms).unwrap().output;
    assert_eq!(output("place(2,5,8)", r#"[{"place-level": {"level": 1}}]"#), ValueType::Place(vec![2, 5]));
    assert_eq!(output("date", r#"["year"]"#), ValueType::Integer);
    assert_eq!(output("date", r#"["presence"]"#), ValueType::Boolean);
    assert_eq!(output("code(sex)", r#"[{"default": {"value": "x"}}]"#), ValueType::Code("sex".into()));
    assert_eq!(output("code(sex)", "[]"), ValueType::Code("sex".into()));
    assert_eq!(output("text", r#"[{"from-calendar": "ethiopic"}]"#), ValueType::Date);
}
