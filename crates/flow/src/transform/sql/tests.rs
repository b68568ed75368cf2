//! Does an expression compute what SQL says, and is everything else refused by name, before and after the optimiser?
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "tests fail by panicking"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{ArrayRef, Date32Array, Decimal128Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Field, Schema};
use causeway_model::{Code, ValueType, Violation};
use datafusion_expr::{Expr, col, lit};
use datafusion_physical_expr::PhysicalExpr;
use datafusion_physical_expr::expressions::{Column, TryCastExpr};

use super::check::{self, Stage};
use super::*;

fn types() -> BTreeMap<String, ValueType> {
    [
        ("name", "text"),
        ("members", "integer"),
        ("cards", "integer"),
        ("amount", "decimal(12,2)"),
        ("born", "date"),
        ("sex", "code(sex)"),
    ]
    .into_iter()
    .map(|(name, value_type)| (name.to_owned(), value_type.parse().unwrap()))
    .collect()
}

fn columns() -> BTreeMap<String, ArrayRef> {
    let amount = Decimal128Array::from(vec![Some(1250), None, Some(-300)]).with_precision_and_scale(12, 2).unwrap();
    let columns: [(&str, ArrayRef); 6] = [
        ("name", Arc::new(StringArray::from(vec![Some("Zawadi"), None, Some("Өлэг")]))),
        ("members", Arc::new(Int64Array::from(vec![Some(4), Some(5), Some(i64::MAX)]))),
        ("cards", Arc::new(Int64Array::from(vec![Some(2), Some(0), Some(1)]))),
        ("amount", Arc::new(amount)),
        ("born", Arc::new(Date32Array::from(vec![Some(0), None, Some(15_000)]))),
        ("sex", Arc::new(StringArray::from(vec![Some("f"), Some("m"), None]))),
    ];
    columns.into_iter().map(|(name, column)| (name.to_owned(), column)).collect()
}

fn evaluate(text: &str) -> (Expression, Vec<Option<String>>, Faults) {
    let expression = Expression::compile("field", text, &types()).unwrap_or_else(|why| panic!("{text}: {why}"));
    let mut faults = Faults::default();
    let out = expression.evaluate("field", &columns(), 3, &mut faults).unwrap();
    assert_eq!(*out.data_type(), arrow_type(&expression.output), "{text}");
    let shown = (0..3).map(|row| show(out.as_ref(), row)).collect();
    (expression, shown, faults)
}

fn gives(text: &str, expected: [Option<&str>; 3]) {
    let (_, shown, faults) = evaluate(text);
    assert_eq!(shown.iter().map(Option::as_deref).collect::<Vec<_>>(), expected, "{text}");
    assert!(faults.is_empty(), "{text}: {faults:?}");
}

fn refused(text: &str) -> Violation {
    Expression::compile("field", text, &types()).map(|_| ()).expect_err(text)
}

#[test]
fn expressions_compute_what_sql_says() {
    gives("upper(name)", [Some("ZAWADI"), None, Some("ӨЛЭГ")]);
    gives("CASE WHEN cards > 0 THEN members / cards ELSE 0 END", [Some("2"), Some("0"), Some("9223372036854775807")]);
    gives("coalesce(name, 'nobody')", [Some("Zawadi"), Some("nobody"), Some("Өлэг")]);
    gives("sex IN ('f', 'x')", [Some("true"), Some("false"), None]);
    gives("amount BETWEEN 0 AND 20.5", [Some("true"), None, Some("false")]);
    gives("amount * 2", [Some("25.00"), None, Some("-6.00")]);
    gives("-amount", [Some("-12.50"), None, Some("3.00")]);
    gives("round(amount, 0)", [Some("13"), None, Some("-3")]);
    gives("name LIKE 'Z%'", [Some("true"), None, Some("false")]);
    gives("name || '-' || sex", [Some("Zawadi-f"), None, None]);
    gives("substring(name from 2 for 2)", [Some("aw"), None, Some("лэ")]);
    gives("position('w' in name)", [Some("3"), None, Some("0")]);
    gives("char_length(trim(name))", [Some("6"), None, Some("4")]);
    gives("CAST(cards AS TEXT)", [Some("2"), Some("0"), Some("1")]);
    gives("born >= DATE '2000-01-01'", [Some("false"), None, Some("true")]);
    gives("born", [Some("1970-01-01"), None, Some("2011-01-26")]);
    gives("name IS NULL OR NOT (cards > 1)", [Some("false"), Some("true"), Some("true")]);
    gives("lpad(CAST(cards AS TEXT), 3, '0')", [Some("002"), Some("000"), Some("001")]);
    gives("nullif(sex, 'm')", [Some("f"), None, None]);
    gives("greatest(cards, 1)", [Some("2"), Some("1"), Some("1")]);
    gives("abs(cards - 2) % 2", [Some("0"), Some("0"), Some("1")]);
    gives("starts_with(name, 'Za')", [Some("true"), None, Some("false")]);
    gives("split_part(name, 'w', 1)", [Some("Za"), None, Some("Өлэг")]);
    gives("floor(amount)", [Some("12.00"), None, Some("-3.00")]);
    gives("concat(name, '!', sex)", [Some("Zawadi!f"), Some("!m"), Some("Өлэг!")]);
    gives("replace(name, 'Z', 'S')", [Some("Sawadi"), None, Some("Өлэг")]);
}

#[test]
fn what_is_read_is_what_is_named() {
    let (expression, _, _) = evaluate("CASE WHEN sex = 'f' THEN name ELSE 'x' END");
    assert_eq!(expression.inputs, BTreeSet::from(["name".to_owned(), "sex".to_owned()]));
    assert_eq!(evaluate("cards * 0 + 1").0.inputs, BTreeSet::from(["cards".to_owned()]));
    assert!(evaluate("1 + 1").0.inputs.is_empty());
    let mut only = columns();
    only.retain(|name, _| name == "name");
    let expression = Expression::compile("field", "lower(name)", &types()).unwrap();
    assert!(expression.evaluate("field", &only, 3, &mut Faults::default()).is_ok(), "unused inputs need not be given");
    only.clear();
    let error = expression.evaluate("field", &only, 3, &mut Faults::default()).unwrap_err();
    assert!(error.to_string().contains("`name`"));
    assert_eq!(expression.evaluate("field", &columns(), 0, &mut Faults::default()).map(|c| c.len()).unwrap_or(9), 9);
}

#[test]
fn a_row_that_fails_is_a_fault_and_the_others_stand() {
    let (_, shown, faults) = evaluate("members / cards");
    assert_eq!(shown, [Some("2".into()), None, Some("9223372036854775807".into())]);
    assert_eq!(faults.of(1)[0].code, Code::TransformRefused);
    assert_eq!(faults.of(1)[0].value.expose().as_deref(), Some("cards=0, members=5"));
    assert!(!faults.any(0) && !faults.any(2));
}

#[test]
fn nothing_wraps_around_and_no_failed_cast_becomes_missing() {
    for text in ["members + 1", "members * 2", "-(members) - 2", "0 - members - cards - cards"] {
        let (_, shown, faults) = evaluate(text);
        assert!(shown[0].is_some() && shown[1].is_some(), "{text}");
        assert!(shown[2].is_none() && faults.any(2), "{text} wrapped around: {shown:?}");
    }
    let (_, shown, faults) = evaluate("CAST(name AS BIGINT)");
    assert_eq!(shown, [None, None, None]);
    assert!(faults.any(0) && !faults.any(1) && faults.any(2), "a missing value stays missing, a wrong one is a fault");
}

#[test]
fn whatever_is_not_listed_is_refused_by_name() {
    let cases = [
        ("now()", "`now`"),
        ("current_date", "current_date"),
        ("random()", "`random`"),
        ("uuid()", "`uuid`"),
        ("version()", "`version`"),
        ("regexp_replace(name, 'a', 'b')", "`regexp_replace`"),
        ("repeat(name, 1000000)", "`repeat`"),
        ("arrow_cast(cards, 'Float64')", "`arrow_cast`"),
        ("(SELECT 1)", "subquery"),
        ("(SELECT name FROM individual)", "subquery"),
        ("name IN (SELECT name FROM individual)", "subquery"),
        ("EXISTS (SELECT 1 FROM individual)", "subquery"),
        ("sum(cards)", "`sum`"),
        ("count(*)", "`count`"),
        ("row_number() OVER ()", "`row_number`"),
        ("TRY_CAST(name AS BIGINT)", "TRY_CAST"),
        ("CAST(cards AS DOUBLE)", "Float64"),
        ("name ~ 'a'", "operator"),
        ("cards & 1", "operator"),
        ("secret", "`secret`"),
        ("individual.name", "`individual.name`"),
        ("NAME", "`NAME`"),
        ("@@version", "version"),
        ("name AS other", "alias"),
        ("name; DROP TABLE x", "no scalar expression"),
        ("", "no scalar expression"),
        ("lpad(name, 100000000)", "padding"),
        ("lpad(name, cards)", "padding"),
        ("replace(replace(name, 'a', 'aaaaaaaaaaaaaaaaaaaa'), 'a', 'aaaaaaaaaaaaaaaaaaaa')", "64 times"),
        ("replace(name, 'a', name)", "no literal"),
        ("9223372036854775807 + 1", "verflow"),
        ("cards + 1 / 0", "ivide by zero"),
        ("INTERVAL '1 day'", "Interval"),
        ("[1, 2]", ""),
        ("$1", ""),
        ("*", ""),
    ];
    let mut wrong = Vec::new();
    for (text, says) in cases {
        let told = match Expression::compile("field", text, &types()) {
            Ok(_) => "allowed".to_owned(),
            Err(violation) => violation.to_string(),
        };
        let right =
            told.starts_with("expression-not-allowed: `field`: ") && told.to_lowercase().contains(&says.to_lowercase());
        if !right {
            wrong.push(format!("{text}: {told}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(refused(&format!("name = '{}'", "x".repeat(5_000))).detail.contains("longer"));
    assert!(refused("secret").detail.contains("declared: `amount`"));
}

#[test]
fn results_must_be_of_the_catalogues_types() {
    let violation = refused("NULL");
    assert_eq!(violation.code, Code::TransformType, "{violation}");
    gives("born - DATE '1970-01-01'", [Some("0"), None, Some("15000")]);
    let bytes = BTreeMap::from([("photo".to_owned(), ValueType::Bytes)]);
    assert_eq!(Expression::compile("field", "1", &bytes).map(|_| ()).unwrap_err().code, Code::TransformType);
}

#[test]
fn the_check_after_the_optimiser_can_fail() {
    let declared = BTreeSet::from(["name".to_owned()]);
    let plain = col("name").eq(lit("x"));
    assert_eq!(check::logical(&plain, &declared, Stage::Simplified), Ok(()));
    let smuggled: Expr = plain.and(col("secret").is_not_null());
    let violation = check::logical(&smuggled, &declared, Stage::Simplified).unwrap_err().violation("field");
    assert_eq!(violation.code, Code::PlanNotProvable);
    assert!(violation.detail.contains("`secret`"), "{violation}");
}

#[test]
fn the_check_after_lowering_can_fail() {
    let declared = BTreeSet::from(["name".to_owned()]);
    let schema =
        Schema::new(vec![Field::new("name", DataType::Utf8, true), Field::new("secret", DataType::Utf8, true)]);
    let column = |name: &str, index| -> Arc<dyn PhysicalExpr> { Arc::new(Column::new(name, index)) };
    assert_eq!(check::physical(&column("name", 0), &declared, &schema), Ok(()));
    for (foreign, says) in [
        (column("secret", 1), "`secret`"),
        (column("name", 1), "`name`"),
        (column("name", 7), "`name`"),
        (Arc::new(TryCastExpr::new(column("name", 0), DataType::Int64)) as Arc<dyn PhysicalExpr>, "TRY_CAST"),
    ] {
        let violation = check::physical(&foreign, &declared, &schema).unwrap_err().violation("field");
        assert_eq!(violation.code, Code::PlanNotProvable);
        assert!(violation.detail.contains(says), "{violation}");
    }
}
