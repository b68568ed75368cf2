//! How are telephone numbers unified, and identifiers masked?

use arrow::array::Array;
use causeway_model::exchange::{MaskRule, PhonePlan, PhoneRule};
use causeway_model::{Code, ValueType, Violation};
use phonenumber::country::Id;
use phonenumber::{Mode, PhoneNumber};

use super::chain::Site;
use super::column::{Step, texts};
use super::text::needs_text;

const LONGEST_NUMBER: usize = 40;

/// A number that the numbering plan of its country has, as E.164. Extensions and letters refuse: E.164 has neither.
pub(super) fn phone(rule: &PhoneRule, site: &Site<'_>) -> Result<Step, Violation> {
    if *site.input != ValueType::Text {
        return Err(site.takes("text"));
    }
    let region = match (&rule.region, &rule.plan) {
        (Some(region), None) => region,
        (None, Some(plan)) => return by_plan(plan, site),
        _ => return Err(site.wrong(Code::TransformType, "needs `region` or `plan`, one of them")),
    };
    let region: Id = region.parse().map_err(|_| {
        site.wrong(
            Code::UnknownName,
            format_args!("`{region}` is no region with telephone numbers: write ISO 3166 alpha-2, `KE`"),
        )
    })?;
    Ok(Step::partial(ValueType::Text, move |input, rows| {
        rows.texts(input, |text| e164(region, text).map(Some).ok_or(Code::PhoneUnreadable))
    }))
}

/// A number whose ASCII digits are one of the plan's three spellings; everything else in it is dropped.
fn by_plan(plan: &PhonePlan, site: &Site<'_>) -> Result<Step, Violation> {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let sound = digits(&plan.country_code)
        && (1..=3).contains(&plan.country_code.len())
        && digits(&plan.trunk_prefix)
        && plan.trunk_prefix.len() <= 3
        && (4..=12).contains(&plan.national_digits);
    if !sound {
        let detail =
            "a plan has a country code of 1 to 3 digits, a trunk prefix of at most 3, and 4 to 12 national digits";
        return Err(site.wrong(Code::TransformType, detail));
    }
    let plan = plan.clone();
    let national = usize::from(plan.national_digits);
    Ok(Step::partial(ValueType::Text, move |input, rows| {
        let texts = texts(input)?;
        let mut digits = String::new();
        Ok(rows.write(texts.len(), |row, out| {
            if texts.is_null(row) {
                return Ok(false);
            }
            digits.clear();
            digits.extend(texts.value(row).bytes().filter(u8::is_ascii_digit).map(char::from));
            let number = [plan.country_code.as_str(), &plan.trunk_prefix, ""]
                .into_iter()
                .find_map(|prefix| digits.strip_prefix(prefix).filter(|rest| rest.len() == national));
            out.push('+');
            out.push_str(&plan.country_code);
            out.push_str(number.ok_or(Code::PhoneUnreadable)?);
            Ok(true)
        }))
    }))
}

fn e164(region: Id, text: &str) -> Option<String> {
    let plain = plain_digits(text)?;
    let number: PhoneNumber = phonenumber::parse(Some(region), &plain).ok()?;
    let whole = number.extension().is_none() && number.is_valid();
    whole.then(|| number.format().mode(Mode::E164).to_string())
}

/// The number with ASCII digits and no more than the usual punctuation; none if there is anything else.
///
/// Digits of the scripts that our people write, and of full width, count as digits. Marks of text direction, which
/// come along when a number is copied out of Arabic text, are dropped.
fn plain_digits(text: &str) -> Option<String> {
    if text.chars().count() > LONGEST_NUMBER {
        return None;
    }
    let is_mark = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain = |c: char| match c {
        '+' | '＋' => Some('+'),
        '0'..='9' => Some(c),
        '(' | ')' | '.' | '/' | '-' => Some(c),
        '\u{2010}'..='\u{2015}' => Some('-'),
        c if c.is_whitespace() => Some(' '),
        c => digit(c).and_then(|value| char::from_digit(value, 10)),
    };
    let plain: Option<String> = text.chars().filter(|c| !is_mark(*c)).map(plain).collect();
    plain.map(|plain| plain.trim().to_owned())
}

/// Value of a decimal digit outside ASCII: Arabic-Indic, extended Arabic-Indic, Devanagari, Bengali, Myanmar, full width.
fn digit(c: char) -> Option<u32> {
    const ZEROS: [char; 6] = ['\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{1040}', '\u{ff10}'];
    ZEROS.iter().find_map(|zero| u32::from(c).checked_sub(u32::from(*zero)).filter(|value| *value < 10))
}

/// Keeps what the rule says at the beginning, then at the end, and never more than a quarter of the characters in all.
pub(super) fn mask(rule: MaskRule, site: &Site<'_>) -> Result<Step, Violation> {
    needs_text(site)?;
    Ok(Step::total(ValueType::Text, move |input, rows| rows.texts(input, |text| Ok(Some(masked(rule, text))))))
}

fn masked(rule: MaskRule, text: &str) -> String {
    let length = text.chars().count();
    let most = length / 4;
    let first = usize::from(rule.keep_first).min(most);
    let last = usize::from(rule.keep_last).min(most - first);
    let keep = |at: usize| at < first || at >= length - last;
    text.chars().enumerate().map(|(at, c)| if keep(at) { c } else { '*' }).collect()
}
