//! Does every transform do what the reference says, with values that are there, missing, and refused?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

mod compiling;
mod each;
mod page;
mod properties;
mod substituting;

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, new_empty_array, new_null_array};
use causeway_model::catalogue::Catalogue;
use causeway_model::exchange::Transform;
use causeway_model::{Code, ElementRef, Value, ValueType, Violation};

use super::substitute::fit;
use super::*;
use crate::Faults;
use crate::types::arrow_type;

/// What a chain made of a column.
struct Ran {
    out: Vec<Option<String>>,
    faults: Vec<(usize, Code, Option<String>)>,
    tally: Tally,
    total: bool,
}

fn catalogue() -> Catalogue {
    serde_json::from_str(
        r#"{"catalogue": "invented", "version": 1, "sources": [], "entities": [], "code_lists": [
            {"name": "sex", "codes": [
                {"code": "f", "equivalents": {"iso-5218": "2"}},
                {"code": "m", "equivalents": {"iso-5218": "1"}},
                {"code": "x"}]}]}"#,
    )
    .unwrap()
}

fn pseudonyms() -> Pseudonyms {
    Pseudonyms::new(&[7; 32], "invented-partner", "food-assistance")
}

fn column(value_type: &ValueType, values: &[Option<&str>]) -> ArrayRef {
    if values.is_empty() {
        return new_empty_array(&arrow_type(value_type));
    }
    let one = |value: &Option<&str>| -> ArrayRef {
        let Some(text) = value else { return new_null_array(&arrow_type(value_type), 1) };
        let value = match value_type {
            ValueType::Integer => Value::Integer(text.parse().unwrap()),
            ValueType::Boolean => Value::Boolean(text.parse().unwrap()),
            ValueType::Place(_) | ValueType::Uuid | ValueType::PartialDate => {
                return Arc::new(arrow::array::StringArray::from(vec![*text]));
            }
            _ => Value::Text((*text).to_owned()),
        };
        fit(&value, value_type).unwrap_or_else(|| panic!("`{text}` is no {value_type}"))
    };
    let parts: Vec<ArrayRef> = values.iter().map(one).collect();
    let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
    arrow::compute::concat(&parts).unwrap()
}

fn compile(value_type: &str, transforms: &str) -> Result<Chain, Violation> {
    compile_with(value_type, transforms, &[ElementRef::new("individual", "element")])
}

fn compile_with(value_type: &str, transforms: &str, elements: &[ElementRef]) -> Result<Chain, Violation> {
    let transforms: Vec<Transform> =
        serde_json::from_str(transforms).unwrap_or_else(|why| panic!("{transforms}: {why}"));
    let (catalogue, pseudonyms) = (catalogue(), pseudonyms());
    let context = Context { catalogue: &catalogue, pseudonyms: &pseudonyms };
    Chain::compile(&transforms, &value_type.parse().unwrap(), elements, &context)
}

fn run(value_type: &str, transforms: &str, values: &[Option<&str>]) -> Ran {
    let chain = compile(value_type, transforms).unwrap_or_else(|why| panic!("{transforms}: {why}"));
    let input = column(&value_type.parse().unwrap(), values);
    let (mut faults, mut tally) = (Faults::default(), Tally::default());
    let out = chain.apply("field", &input, &mut faults, &mut tally).unwrap();
    assert_eq!(out.len(), values.len());
    assert_eq!(*out.data_type(), arrow_type(&chain.output), "{transforms}");
    let faults = faults.iter().flat_map(|(row, faults)| {
        faults.iter().map(move |fault| {
            assert_eq!(fault.subject, "field");
            (row, fault.code, fault.value.expose().clone())
        })
    });
    let out_shown = (0..out.len()).map(|row| show(out.as_ref(), row)).collect();
    Ran { out: out_shown, faults: faults.collect(), tally, total: chain.is_total() }
}

/// Asserts that `value` becomes `expected`, that a missing value stays missing, and that nothing is refused.
fn gives(value_type: &str, transform: &str, value: &str, expected: &str) {
    let ran = run(value_type, &format!("[{transform}]"), &[Some(value), None]);
    assert_eq!(ran.out, [Some(expected.to_owned()), None], "{transform} of `{value}`");
    assert!(ran.faults.is_empty(), "{transform} of `{value}`");
}

/// Asserts that `value` is refused by `code`, that the fault holds the value as it came in, and that a row beside it
/// is not touched by that.
fn refuses(value_type: &str, transform: &str, value: &str, code: Code) {
    let ran = run(value_type, &format!("[{transform}]"), &[None, Some(value), None]);
    assert_eq!(ran.out, [None, None, None], "{transform} of `{value}`");
    assert_eq!(ran.faults, [(1, code, Some(value.to_owned()))], "{transform} of `{value}`");
    assert!(!ran.total, "{transform} refuses, and must not be called total");
}

/// Grows with the enumeration: a new transform does not compile until it has a number here, and then lacks its example.
fn number(transform: &Transform) -> usize {
    match transform {
        Transform::Pseudonym => 0,
        Transform::Presence => 1,
        Transform::CodeMap(_) => 2,
        Transform::FormatDate(_) => 3,
        Transform::ToCalendar(_) => 4,
        Transform::FromCalendar(_) => 5,
        Transform::Age(_) => 6,
        Transform::AgeBand(_) => 7,
        Transform::Year => 8,
        Transform::PlaceLevel(_) => 9,
        Transform::Mask(_) => 10,
        Transform::Nfc => 11,
        Transform::Nfkc => 12,
        Transform::Upper => 13,
        Transform::Lower => 14,
        Transform::Trim => 15,
        Transform::Split(_) => 16,
        Transform::Substring(_) => 17,
        Transform::Replace(_) => 18,
        Transform::Phone(_) => 19,
        Transform::FormatNumber(_) => 20,
        Transform::Default(_) => 21,
        Transform::Otherwise(_) => 22,
    }
}

const HOW_MANY: usize = 23;

#[test]
fn the_reference_names_every_transform_and_its_examples_are_true() {
    let mut seen = [false; HOW_MANY];
    for doc in reference() {
        let transform: Transform = serde_json::from_str(doc.written).unwrap();
        assert_eq!(transform.name(), doc.name);
        assert!(!std::mem::replace(&mut seen[number(&transform)], true), "{} stands twice", doc.name);
        let chain = match transform {
            Transform::Otherwise(_) => format!(r#"[{{"phone": {{"region": "KE"}}}}, {}]"#, doc.written),
            _ => format!("[{}]", doc.written),
        };
        let ran = run(doc.example_type, &chain, &[doc.example_in]);
        assert_eq!(ran.out[0].as_deref(), doc.example_out, "{}", doc.name);
        let narrowed = transform.form(causeway_model::Form::Raw);
        let said = match narrowed {
            causeway_model::Form::Raw => "unchanged".to_owned(),
            causeway_model::Form::PlaceLevel(_) => "place-level n".to_owned(),
            form => form.to_string(),
        };
        assert_eq!(doc.form, said, "{}", doc.name);
    }
    assert!(seen.iter().all(|seen| *seen), "a transform is missing from the reference");
}
