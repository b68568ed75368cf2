//! How does a code become the code of another vocabulary, and what if there is none?

use std::collections::BTreeMap;

use arrow::array::{Array, AsArray, Int64Array};
use arrow::datatypes::DataType;
use causeway_model::catalogue::CodeList;
use causeway_model::exchange::{CodeMapRule, CodesAre};
use causeway_model::{Code, ValueType, Violation};

use super::chain::Site;
use super::column::{Mismatch, Step, texts};
use crate::lookup::Lookup;

const TRUTHS: [&str; 2] = ["true", "false"];

/// Maps by what stands in the exchange (`map`) or in the catalogue (`to`), never by another table. A code without an
/// entry refuses. Booleans are mapped by the keys `true` and `false`.
pub(super) fn step(rule: &CodeMapRule, site: &Site<'_>) -> Result<Step, Violation> {
    if site.elements.len() != 1 {
        let count = site.elements.len();
        return Err(site.wrong(
            Code::CodeMapNotACode,
            format_args!("the value holds {count} elements, and one code list must decide"),
        ));
    }
    let step = match site.input {
        ValueType::Boolean => booleans(rule, site),
        ValueType::Code(name) => {
            let list = site.context.catalogue.code_list(name).ok_or_else(|| {
                site.wrong(Code::UnknownName, format_args!("the catalogue has no code list `{name}`"))
            })?;
            codes(rule, list, site)
        }
        other => Err(site.wrong(Code::CodeMapNotACode, format_args!("`{other}` has no code list"))),
    }?;
    Ok(match rule.written {
        CodesAre::Text => step,
        CodesAre::Integer => numbers(step),
    })
}

/// The same step, whose texts are whole numbers: [`as_said`] has seen to it.
fn numbers(step: Step) -> Step {
    let sure = !step.may_refuse;
    let step = Step::partial(ValueType::Integer, move |input, rows| {
        let mapped = step.run(input, rows)?;
        let codes = texts(&mapped)?;
        let number = |code: &str| code.parse::<i64>().map_err(|_| Code::CodeUnmapped);
        Ok(rows.build::<i64, Int64Array>(codes.len(), |row| {
            (!codes.is_null(row)).then(|| number(codes.value(row))).transpose()
        }))
    });
    Step::unless(sure, step)
}

/// Whether every code of the partner is what the rule says that it is.
fn as_said<'m>(
    rule: &CodeMapRule,
    mut codes: impl Iterator<Item = &'m String>,
    site: &Site<'_>,
) -> Result<(), Violation> {
    // Written in one way only: `007` would be told as another code.
    let is_number = |code: &String| code.parse::<i64>().is_ok_and(|number| number.to_string() == *code);
    match codes.find(|code| rule.written == CodesAre::Integer && !is_number(code)) {
        None => Ok(()),
        Some(code) => Err(site.wrong(Code::TransformType, format_args!("`{code}` is no whole number"))),
    }
}

fn codes(rule: &CodeMapRule, list: &CodeList, site: &Site<'_>) -> Result<Step, Violation> {
    let map = match (&rule.to, rule.map.is_empty()) {
        (Some(vocabulary), true) => {
            let found = list.equivalents(vocabulary);
            if found.is_empty() {
                let detail = format_args!("code list `{}` has no equivalents in `{vocabulary}`", list.name);
                return Err(site.wrong(Code::UnknownName, detail));
            }
            found.into_iter().map(|(code, other)| (code.to_owned(), other.to_owned())).collect::<BTreeMap<_, _>>()
        }
        (None, false) => {
            known_keys(&rule.map, |code| list.contains(code), &format!("code list `{}`", list.name), site)?
        }
        _ => return Err(one_of_both(site)),
    };
    as_said(rule, map.values(), site)?;
    let sure = list.codes.iter().all(|entry| map.contains_key(&entry.code)) && !list.codes.is_empty();
    let map = Lookup::new(map);
    let step = Step::partial(ValueType::Text, move |input, rows| {
        rows.texts(input, |code| map.get(code.as_bytes()).map(Some).ok_or(Code::CodeUnmapped))
    });
    Ok(Step::unless(sure, step))
}

fn booleans(rule: &CodeMapRule, site: &Site<'_>) -> Result<Step, Violation> {
    if rule.to.is_some() {
        return Err(site.wrong(Code::CodeMapNotACode, "`boolean` has no code list with equivalents: write `map`"));
    }
    if rule.map.is_empty() {
        return Err(one_of_both(site));
    }
    let map = known_keys(&rule.map, |key| TRUTHS.contains(&key), "`boolean`", site)?;
    as_said(rule, map.values(), site)?;
    let sure = TRUTHS.iter().all(|truth| map.contains_key(*truth));
    let (yes, no) = (map.get("true").cloned(), map.get("false").cloned());
    let step = Step::partial(ValueType::Text, move |input, rows| {
        let truths = input.as_boolean_opt();
        let truths =
            truths.ok_or_else(|| Mismatch { expected: DataType::Boolean, found: input.data_type().clone() })?;
        Ok(rows.write(truths.len(), |row, out| {
            if truths.is_null(row) {
                return Ok(false);
            }
            let mapped = if truths.value(row) { &yes } else { &no };
            out.push_str(mapped.as_deref().ok_or(Code::CodeUnmapped)?);
            Ok(true)
        }))
    });
    Ok(Step::unless(sure, step))
}

fn one_of_both(site: &Site<'_>) -> Violation {
    site.wrong(Code::TransformType, "needs `map` or `to`, one of them")
}

/// The map, whose keys must all be real: a misspelt key would map nothing and be noticed by nobody.
fn known_keys(
    map: &BTreeMap<String, String>,
    known: impl Fn(&str) -> bool,
    of: &str,
    site: &Site<'_>,
) -> Result<BTreeMap<String, String>, Violation> {
    match map.keys().find(|key| !known(key)) {
        Some(key) => Err(site.wrong(Code::UnknownName, format_args!("{of} has no code `{key}`"))),
        None => Ok(map.clone()),
    }
}
