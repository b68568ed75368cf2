//! Are refusals remembered, answered and counted, and do constants and concatenations keep what is missing missing?

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Int64Array, StringArray};
use causeway_model::{Code, Value};

use super::{Faults, Tally, compile, run};
use crate::transform::{concat, constant, show};

const PHONE: &str = r#"{"phone": {"region": "KE"}}"#;

#[test]
fn a_default_stands_for_what_is_missing_and_not_for_what_was_refused() {
    let chain = format!(r#"[{PHONE}, {{"default": {{"value": "none"}}}}]"#);
    let ran = run("text", &chain, &[None, Some("nonsense"), Some("0712345678")]);
    assert_eq!(ran.out, [Some("none".into()), None, Some("+254712345678".into())]);
    assert_eq!(ran.faults, [(1, Code::PhoneUnreadable, Some("nonsense".into()))]);
    assert_eq!(ran.tally.of("field", "default"), 1);
    let null = run("integer", r#"[{"default": {"value": null}}]"#, &[None, Some("3")]);
    assert_eq!(
        (null.out[0].as_deref(), null.tally),
        (None, Tally::default()),
        "no value for no value is no substitution"
    );
}

#[test]
fn an_otherwise_answers_for_every_refusal_before_it_and_for_none_after() {
    let before = format!(r#"[{PHONE}, "upper", {{"otherwise": {{"value": "unreadable"}}}}]"#);
    let ran = run("text", &before, &[None, Some("nonsense"), Some("0712345678")]);
    assert_eq!(ran.out, [None, Some("unreadable".into()), Some("+254712345678".into())]);
    assert!(ran.faults.is_empty() && ran.total);
    assert_eq!(ran.tally.of("field", "otherwise"), 1);
    let after = format!(r#"[{{"otherwise": {{"value": "unreadable"}}}}, {PHONE}]"#);
    let ran = run("text", &after, &[Some("nonsense")]);
    assert_eq!((ran.faults.len(), ran.total), (1, false));
    let null = run("text", &format!(r#"[{PHONE}, {{"otherwise": {{"value": null}}}}]"#), &[Some("nonsense")]);
    assert_eq!((null.out[0].as_deref(), null.tally.of("field", "otherwise")), (None, 1));
}

#[test]
fn substitutes_are_typed_as_their_place_in_the_chain() {
    let age = r#"[{"age": {"at": "2025-01-01"}}, {"otherwise": {"value": -1}}]"#;
    assert_eq!(run("date", age, &[Some("2030-01-01")]).out, [Some("-1".into())]);
    assert!(compile("date", r#"[{"age": {"at": "2025-01-01"}}, {"otherwise": {"value": "unknown"}}]"#).is_err());
    assert_eq!(run("decimal(9,2)", r#"[{"default": {"value": "1.5"}}]"#, &[None]).out, [Some("1.50".into())]);
    assert_eq!(run("date", r#"[{"default": {"value": "1900-01-01"}}]"#, &[None]).out, [Some("1900-01-01".into())]);
    assert_eq!(run("boolean", r#"[{"default": {"value": false}}]"#, &[None]).out, [Some("false".into())]);
    assert_eq!(run("code(sex)", r#"[{"default": {"value": "x"}}]"#, &[None]).out, [Some("x".into())]);
}

#[test]
fn a_fault_names_the_field_and_cannot_print_the_value() {
    let chain = compile("text", &format!("[{PHONE}]")).unwrap();
    let input: ArrayRef = Arc::new(StringArray::from(vec!["Zawadi Mfano"]));
    let mut faults = Faults::default();
    chain.apply("telephone", &input, &mut faults, &mut Tally::default()).unwrap();
    let printed = format!("{faults:?}");
    assert!(printed.contains("telephone") && !printed.contains("Zawadi"), "{printed}");
}

#[test]
fn a_column_of_another_type_is_an_error_that_names_the_field() {
    let chain = compile("text", r#"["upper"]"#).unwrap();
    let input: ArrayRef = Arc::new(Int64Array::from(vec![42]));
    let error = chain.apply("name", &input, &mut Faults::default(), &mut Tally::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "transforming field `name`: expected Utf8, found Int64; report it, the plan and its batches disagree"
    );
}

#[test]
fn a_missing_part_is_left_out_with_its_separator() {
    let first: ArrayRef = Arc::new(StringArray::from(vec![Some("Zawadi"), None, None]));
    let second: ArrayRef = Arc::new(Int64Array::from(vec![Some(7), Some(8), None]));
    let joined = concat("name", &[first.clone(), second], " ").unwrap();
    let shown: Vec<_> = (0..3).map(|row| show(joined.as_ref(), row)).collect();
    assert_eq!(shown, [Some("Zawadi 7".into()), Some("8".into()), None]);
    assert!(concat("name", &[first, Arc::new(Int64Array::from(vec![1]))], " ").is_err());
}

#[test]
fn constants_fill_every_row() {
    let column = constant("kind", &Value::Integer(3), 4).unwrap();
    assert_eq!((column.len(), show(column.as_ref(), 3)), (4, Some("3".into())));
    assert_eq!(constant("kind", &Value::Boolean(true), 0).unwrap().len(), 0);
    assert_eq!(column.null_count(), 0);
}

#[test]
fn counts_of_batches_add_up() {
    let mut all = Tally::default();
    for _ in 0..2 {
        let ran = run("text", r#"[{"default": {"value": "none"}}]"#, &[None, None, Some("a")]);
        all.merge(&ran.tally);
    }
    assert_eq!(all.iter().collect::<Vec<_>>(), [("field", "default", 4)]);
}
