//! How are texts normalised, cased, trimmed, split, cut and replaced?
//!
//! All take any type that is carried as text and give plain text: what was a code or a place before is one no longer.

use causeway_model::exchange::{RegexRule, SplitRule, SubstringRule};
use causeway_model::{Code, ValueType, Violation};
use regex::{Regex, RegexBuilder};
use unicode_normalization::UnicodeNormalization;

use super::chain::Site;
use super::column::Step;

const PATTERN_MEMORY: usize = 1 << 20;
const LONGEST_PATTERN: usize = 1_000;

pub(super) fn needs_text(site: &Site<'_>) -> Result<(), Violation> {
    if site.input.is_textual() { Ok(()) } else { Err(site.takes("text")) }
}

fn always(site: &Site<'_>, change: fn(&str) -> String) -> Result<Step, Violation> {
    needs_text(site)?;
    Ok(Step::total(ValueType::Text, move |input, rows| rows.texts(input, |text| Ok(Some(change(text))))))
}

pub(super) fn nfc(site: &Site<'_>) -> Result<Step, Violation> {
    always(site, |text| text.nfc().collect())
}

pub(super) fn nfkc(site: &Site<'_>) -> Result<Step, Violation> {
    always(site, |text| text.nfkc().collect())
}

pub(super) fn upper(site: &Site<'_>) -> Result<Step, Violation> {
    always(site, str::to_uppercase)
}

pub(super) fn lower(site: &Site<'_>) -> Result<Step, Violation> {
    always(site, str::to_lowercase)
}

/// White space is Unicode's `White_Space`. What is empty then was no value to begin with.
pub(super) fn trim(site: &Site<'_>) -> Result<Step, Violation> {
    needs_text(site)?;
    let trimmed = |text: &str| Some(text.trim()).filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(Step::total(ValueType::Text, move |input, rows| rows.texts(input, |text| Ok(trimmed(text)))))
}

pub(super) fn split(rule: &SplitRule, site: &Site<'_>) -> Result<Step, Violation> {
    needs_text(site)?;
    if rule.separator.is_empty() || rule.part == 0 {
        return Err(site.wrong(Code::TransformType, "needs a separator and a part from 1, or -1 for the last"));
    }
    let (separator, part) = (rule.separator.clone(), rule.part);
    let nth = usize::from(part.unsigned_abs()) - 1;
    Ok(Step::partial(ValueType::Text, move |input, rows| {
        rows.texts(input, |text| {
            let parts = text.split(separator.as_str());
            let found = if part > 0 { parts.into_iter().nth(nth) } else { text.rsplit(separator.as_str()).nth(nth) };
            found.map(|part| Some(part.to_owned())).ok_or(Code::TransformRefused)
        })
    }))
}

/// A text that ends before `start` refuses: an empty text would be a value that nobody wrote.
pub(super) fn substring(rule: SubstringRule, site: &Site<'_>) -> Result<Step, Violation> {
    needs_text(site)?;
    if rule.start == 0 || rule.length == 0 {
        return Err(site.wrong(Code::TransformType, "counts from 1 and takes at least one character"));
    }
    let count = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let (skip, take) = (count(rule.start) - 1, count(rule.length));
    Ok(Step::partial(ValueType::Text, move |input, rows| {
        rows.texts(input, |text| {
            let run: String = text.chars().skip(skip).take(take).collect();
            if run.is_empty() { Err(Code::TransformRefused) } else { Ok(Some(run)) }
        })
    }))
}

pub(super) fn replace(rule: &RegexRule, site: &Site<'_>) -> Result<Step, Violation> {
    needs_text(site)?;
    let wrong = |detail: &str| site.wrong(Code::TransformType, format_args!("{detail}: `{}`", rule.pattern));
    if rule.pattern.len() > LONGEST_PATTERN {
        return Err(site.wrong(Code::TransformType, format_args!("the pattern is longer than {LONGEST_PATTERN} bytes")));
    }
    let pattern =
        RegexBuilder::new(&rule.pattern).size_limit(PATTERN_MEMORY).dfa_size_limit(PATTERN_MEMORY).build().map_err(
            |error| match error {
                regex::Error::CompiledTooBig(_) => wrong("the pattern takes too much memory; use smaller repetitions"),
                _ => wrong("no regular expression (look-around and back-references do not exist here)"),
            },
        )?;
    if let Some(group) = missing_group(&pattern, &rule.with) {
        return Err(site.wrong(
            Code::TransformType,
            format_args!("the replacement names the group `{group}`, which the pattern does not have; write `${{1}}x` where letters follow, `$$` for a dollar sign"),
        ));
    }
    let with = rule.with.clone();
    Ok(Step::total(ValueType::Text, move |input, rows| {
        rows.texts(input, |text| Ok(Some(pattern.replace_all(text, with.as_str()).into_owned())))
    }))
}

/// A group that the replacement names and the pattern does not have: the library would silently write nothing for it.
fn missing_group(pattern: &Regex, with: &str) -> Option<String> {
    let known = |name: &str| match name.parse::<usize>() {
        Ok(number) => number < pattern.captures_len(),
        Err(_) => pattern.capture_names().flatten().any(|have| have == name),
    };
    let mut rest = with;
    while let Some((_, after)) = rest.split_once('$') {
        if let Some(escaped) = after.strip_prefix('$') {
            rest = escaped;
            continue;
        }
        let (name, next) = match after.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
            Some((name, next)) => (name, next),
            None => {
                let end = after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
                after.split_at(end)
            }
        };
        if !name.is_empty() && !known(name) {
            return Some(name.to_owned());
        }
        rest = next;
    }
    None
}
