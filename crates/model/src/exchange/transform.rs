//! Which transforms are there, and in which form does each let an element leave?
//!
//! Every transform is total or refuses: a value that it cannot take quarantines the record and names the element,
//! unless an `otherwise` that follows says what stands instead, which is counted.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{Form, Value};

/// One step that changes a value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Transform {
    /// A pseudonym of 32 hexadecimal digits, different for each partner, purpose and entity.
    Pseudonym,
    /// Whether there is a value.
    Presence,
    /// Another vocabulary's code for the element's code. An unmapped code refuses.
    CodeMap(CodeMapRule),
    /// A date or moment as text, in strftime notation.
    FormatDate(FormatDateRule),
    /// A Gregorian date in another calendar, as `YYYY-MM-DD` of that calendar.
    ToCalendar(Calendar),
    /// A text `YYYY-MM-DD` of another calendar as a Gregorian date.
    FromCalendar(Calendar),
    /// Full years at a date.
    Age(At),
    /// Band of full years at a date.
    AgeBand(AgeBandRule),
    /// Calendar year.
    Year,
    /// Place code cut to an administrative level.
    PlaceLevel(Level),
    /// All characters but a few replaced by `*`.
    Mask(MaskRule),
    /// Unicode normalisation form C.
    Nfc,
    /// Unicode normalisation form KC.
    Nfkc,
    /// Upper case, by Unicode's default rules.
    Upper,
    /// Lower case, by Unicode's default rules.
    Lower,
    /// White space at both ends removed; an empty text becomes no value.
    Trim,
    /// One part of a text.
    Split(SplitRule),
    /// A run of characters (Unicode scalar values).
    Substring(SubstringRule),
    /// Every match of a regular expression replaced.
    Replace(RegexRule),
    /// A telephone number as E.164. What cannot be read refuses.
    Phone(PhoneRule),
    /// A number as text with a fixed count of decimals.
    FormatNumber(NumberRule),
    /// A value where there is none; counted.
    Default(OtherwiseRule),
    /// A value where an earlier step refused; counted.
    Otherwise(OtherwiseRule),
}

/// `age: { at }`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct At {
    /// The date at which full years are counted.
    #[schemars(with = "String")]
    pub at: jiff::civil::Date,
}

/// `place-level: { level }`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// Administrative level, 0 is the country.
    pub level: u8,
}

/// A calendar other than the Gregorian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Calendar {
    /// Ethiopic, era of the Incarnation (Amete Mihret).
    Ethiopic,
}

/// `code-map: { map }` or `code-map: { to }`, and how the code is written
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CodeMapRule {
    /// Code, code of the partner.
    #[serde(default)]
    pub map: BTreeMap<String, String>,
    /// Instead of a map: name of a vocabulary in the `equivalents` of the element's own code list.
    #[serde(default)]
    pub to: Option<String>,
    /// What the partner's codes are; texts unless said.
    #[serde(default, rename = "as", skip_serializing_if = "CodesAre::is_text")]
    pub written: CodesAre,
}

/// What the codes of a vocabulary are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CodesAre {
    /// Texts.
    #[default]
    Text,
    /// Whole numbers.
    Integer,
}

impl CodesAre {
    fn is_text(&self) -> bool {
        *self == Self::Text
    }
}

/// `format-date: { pattern }`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FormatDateRule {
    /// strftime notation: `%d/%m/%Y`. For a partial date the pattern for a whole one.
    pub pattern: String,
    /// For a partial date of year and month.
    #[serde(default)]
    pub year_month: Option<String>,
    /// For a partial date of a year alone.
    #[serde(default)]
    pub year: Option<String>,
}

/// `age-band: { at, bands, unknown }`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AgeBandRule {
    /// The date at which full years are counted.
    #[schemars(with = "String")]
    pub at: jiff::civil::Date,
    /// First year of each band, ascending from 0; at least five years each; the last band is open: `60+`.
    pub from: Vec<u16>,
    /// What stands where the date is not known; no value unless said.
    #[serde(default)]
    pub unknown: Option<String>,
}

/// `mask: { keep_first, keep_last }`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MaskRule {
    /// Characters kept at the beginning. At most a quarter of the value is ever kept in all.
    #[serde(default)]
    pub keep_first: u8,
    /// Characters kept at the end.
    #[serde(default)]
    pub keep_last: u8,
}

/// `split: { separator, part }`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitRule {
    /// Text between parts.
    pub separator: String,
    /// Which part, from 1; -1 is the last. A part that is not there refuses.
    pub part: i16,
}

/// `substring: { start, length }`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubstringRule {
    /// First character, from 1.
    pub start: u32,
    /// How many characters at the most.
    pub length: u32,
}

/// `replace: { pattern, with }`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RegexRule {
    /// Regular expression (linear time; no look-around, no back-references).
    pub pattern: String,
    /// Replacement; `$1` is the first group.
    pub with: String,
}

/// `phone: { region }` or `phone: { plan }`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhoneRule {
    /// Region of numbers written without country code, ISO 3166 alpha-2: every number is held to its country's plan.
    #[serde(default)]
    pub region: Option<String>,
    /// A plan written out, where the digits alone decide: all numbers are of one country.
    #[serde(default)]
    pub plan: Option<PhonePlan>,
}

/// Numbers of one country: country code and national number, trunk prefix and national number, or that number alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PhonePlan {
    /// Digits of the country code: `254`.
    pub country_code: String,
    /// Digits that stand before the national number inside the country: `0`.
    pub trunk_prefix: String,
    /// How many digits the national number has.
    pub national_digits: u8,
}

/// `format-number: { decimals }`
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberRule {
    /// Digits after the point. A value that has more refuses: nothing is rounded silently.
    pub decimals: u8,
}

/// `default: { value }`, `otherwise: { value }`
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OtherwiseRule {
    /// What stands instead; `null` is no value.
    pub value: Option<Value>,
}

impl Transform {
    /// The transform's name as documents write it.
    pub fn name(&self) -> &'static str {
        match self {
            Transform::Pseudonym => "pseudonym",
            Transform::Presence => "presence",
            Transform::CodeMap(_) => "code-map",
            Transform::FormatDate(_) => "format-date",
            Transform::ToCalendar(_) => "to-calendar",
            Transform::FromCalendar(_) => "from-calendar",
            Transform::Age(_) => "age",
            Transform::AgeBand(_) => "age-band",
            Transform::Year => "year",
            Transform::PlaceLevel(_) => "place-level",
            Transform::Mask(_) => "mask",
            Transform::Nfc => "nfc",
            Transform::Nfkc => "nfkc",
            Transform::Upper => "upper",
            Transform::Lower => "lower",
            Transform::Trim => "trim",
            Transform::Split(_) => "split",
            Transform::Substring(_) => "substring",
            Transform::Replace(_) => "replace",
            Transform::Phone(_) => "phone",
            Transform::FormatNumber(_) => "format-number",
            Transform::Default(_) => "default",
            Transform::Otherwise(_) => "otherwise",
        }
    }

    /// The form in which an element leaves that entered in `form`: the form table.
    ///
    /// INVARIANT (lineage): only a transform of a *raw* value reaches a narrower form; whatever is not in the table
    /// keeps the form it had, so that nothing can be narrowed by passing through something unknown.
    pub fn form(&self, form: Form) -> Form {
        match (self, form) {
            (Transform::Presence, _) => Form::Presence,
            (Transform::Pseudonym, Form::Raw) => Form::Pseudonym,
            (Transform::Year, Form::Raw) => Form::Year,
            (Transform::Age(_), Form::Raw) => Form::Age,
            (Transform::AgeBand(_), Form::Raw) => Form::AgeBand,
            (Transform::Mask(_), Form::Raw) => Form::Masked,
            (Transform::PlaceLevel(to), Form::Raw) => Form::PlaceLevel(to.level),
            (Transform::PlaceLevel(to), Form::PlaceLevel(had)) => Form::PlaceLevel(to.level.min(had)),
            (_, form) => form,
        }
    }
}
