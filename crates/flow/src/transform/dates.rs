//! How old is somebody at a date, in which band and year were they born, and how is a date or moment written?
//!
//! Age counts full years. Whoever was born on 29 February has the birthday on 1 March in common years. A birth after
//! the date in question refuses. Moments are written in UTC; they have no age and no year, because the day that they
//! fall on depends on a time zone that nobody stated.

use arrow::array::{Array, ArrayRef, AsArray, Date32Array, Int64Array, StringArray};
use arrow::datatypes::{DataType, Date32Type, TimestampMicrosecondType};
use causeway_model::exchange::{AgeBandRule, FormatDateRule};
use causeway_model::{Code, ValueType, Violation};
use jiff::civil::Date;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;

use super::chain::Site;
use super::column::{Mismatch, Rows, Step, Stepped, day, texts};

const NARROWEST_BAND: u16 = 5;
const SAMPLE: Date = Date::constant(2024, 2, 17);

/// As much of a date as is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    Day(Date),
    Month(Date),
    Year(Date),
}

impl Known {
    /// Reads `2011`, `2011-02` or `2011-02-17`.
    pub(super) fn parse(text: &str) -> Result<Self, Code> {
        let mut parts = text.split('-');
        let year: i16 = number(parts.next(), 4)?;
        let month: Option<i8> = parts.next().map(|part| number(Some(part), 2)).transpose()?;
        let of_month: Option<i8> = parts.next().map(|part| number(Some(part), 2)).transpose()?;
        if parts.next().is_some() {
            return Err(Code::WrongType);
        }
        let date = Date::new(year, month.unwrap_or(1), of_month.unwrap_or(1)).map_err(|_| Code::DateImpossible)?;
        Ok(match (month, of_month) {
            (Some(_), Some(_)) => Known::Day(date),
            (Some(_), None) => Known::Month(date),
            _ => Known::Year(date),
        })
    }

    fn year(self) -> i16 {
        match self {
            Known::Day(date) | Known::Month(date) | Known::Year(date) => date.year(),
        }
    }

    /// First and last day that it may be.
    fn bounds(self) -> (Date, Date) {
        match self {
            Known::Day(date) => (date, date),
            Known::Month(date) => (date, date.last_of_month()),
            Known::Year(date) => (date, date.last_of_year()),
        }
    }
}

/// Exactly `width` ASCII digits.
pub(super) fn number<N: std::str::FromStr>(part: Option<&str>, width: usize) -> Result<N, Code> {
    let digits = part.filter(|part| part.len() == width && part.bytes().all(|byte| byte.is_ascii_digit()));
    digits.and_then(|digits| digits.parse().ok()).ok_or(Code::WrongType)
}

/// A column of dates, whole or partial.
pub(super) enum Dates<'c> {
    Whole(&'c Date32Array),
    Partial(&'c StringArray),
}

impl<'c> Dates<'c> {
    pub(super) fn of(input: &'c ArrayRef) -> Result<Self, Mismatch> {
        match input.as_primitive_opt::<Date32Type>() {
            Some(days) => Ok(Dates::Whole(days)),
            None => texts(input).map(Dates::Partial),
        }
    }

    /// What is known of the date in `row`; none where there is no value.
    pub(super) fn at(&self, row: usize) -> Result<Option<Known>, Code> {
        match self {
            Dates::Whole(days) if !days.is_null(row) => {
                day(days.value(row)).map(|date| Some(Known::Day(date))).ok_or(Code::DateImpossible)
            }
            Dates::Partial(texts) if !texts.is_null(row) => Known::parse(texts.value(row)).map(Some),
            _ => Ok(None),
        }
    }
}

/// Builds a text column from a column of dates.
pub(super) fn written(
    input: &ArrayRef,
    rows: &mut Rows,
    write: impl Fn(Known) -> Result<Option<String>, Code>,
) -> Stepped {
    let dates = Dates::of(input)?;
    let each = |row| dates.at(row)?.map_or(Ok(None), &write);
    Ok(rows.build::<String, StringArray>(input.len(), each))
}

fn numbers(input: &ArrayRef, rows: &mut Rows, count: impl Fn(Known) -> Result<i64, Code>) -> Stepped {
    let dates = Dates::of(input)?;
    let each = |row| dates.at(row)?.map(&count).transpose();
    Ok(rows.build::<i64, Int64Array>(input.len(), each))
}

pub(super) fn needs_date(site: &Site<'_>) -> Result<(), Violation> {
    match site.input {
        ValueType::Date | ValueType::PartialDate => Ok(()),
        _ => Err(site.takes("date or partial-date")),
    }
}

pub(super) fn year(site: &Site<'_>) -> Result<Step, Violation> {
    needs_date(site)?;
    Ok(Step::partial(ValueType::Integer, |input, rows| numbers(input, rows, |known| Ok(i64::from(known.year())))))
}

/// Full years from `birth` to `at`; none if the birth lies after it.
pub(super) fn full_years(birth: Date, at: Date) -> Option<i64> {
    let birthday_to_come = (at.month(), at.day()) < (birth.month(), birth.day());
    (birth <= at).then(|| i64::from(at.year()) - i64::from(birth.year()) - i64::from(birthday_to_come))
}

pub(super) fn age(at: Date, site: &Site<'_>) -> Result<Step, Violation> {
    needs_date(site)?;
    let count = move |known| match known {
        Known::Day(birth) => full_years(birth, at).ok_or(Code::TransformRefused),
        Known::Month(_) | Known::Year(_) => Err(Code::TransformRefused),
    };
    Ok(Step::partial(ValueType::Integer, move |input, rows| numbers(input, rows, count)))
}

/// A partial date has a band if every day that it may be lies in the same one; else it is `unknown` where that is
/// said, and refuses where it is not. A missing date is `unknown` or stays missing.
pub(super) fn age_band(rule: &AgeBandRule, site: &Site<'_>) -> Result<Step, Violation> {
    needs_date(site)?;
    if rule.from.first() != Some(&0) || !rule.from.is_sorted() {
        return Err(site.wrong(Code::TransformType, "bands begin at 0 and ascend: write the first year of each"));
    }
    let pairs = || rule.from.iter().zip(rule.from.iter().skip(1));
    if let Some((from, to)) = pairs().find(|(from, to)| **to - **from < NARROWEST_BAND) {
        return Err(site.wrong(
            Code::BandTooNarrow,
            format_args!("the band from {from} to {to} is narrower than {NARROWEST_BAND} years"),
        ));
    }
    let mut bands: Vec<(u16, String)> = pairs().map(|(from, to)| (*from, format!("{from}-{}", to - 1))).collect();
    bands.extend(rule.from.last().map(|last| (*last, format!("{last}+"))));
    let (at, unknown) = (rule.at, rule.unknown.clone());
    Ok(Step::partial(ValueType::Text, move |input, rows| {
        let dates = Dates::of(input)?;
        let band = |birth: Date| {
            let years = full_years(birth, at)?;
            bands.iter().rev().find(|(from, _)| i64::from(*from) <= years).map(|(_, name)| name.as_str())
        };
        Ok(rows.write(input.len(), |row, out| {
            let named = match dates.at(row)? {
                None => unknown.as_deref(),
                Some(Known::Day(birth)) => Some(band(birth).ok_or(Code::TransformRefused)?),
                Some(known) => {
                    let (first, last) = known.bounds();
                    match (band(first), band(last)) {
                        (Some(first), Some(last)) if first == last => Some(first),
                        (Some(_), _) if unknown.is_some() => unknown.as_deref(),
                        _ => return Err(Code::TransformRefused),
                    }
                }
            };
            named.iter().for_each(|name| out.push_str(name));
            Ok(named.is_some())
        }))
    }))
}

pub(super) fn format(rule: &FormatDateRule, site: &Site<'_>) -> Result<Step, Violation> {
    let tried = |pattern: &str, sample: BrokenDownTime, what: &str| {
        strtime::format(pattern, sample)
            .map(|_| ())
            .map_err(|_| site.wrong(Code::TransformType, format_args!("the pattern `{pattern}` cannot write {what}")))
    };
    let partial = matches!(site.input, ValueType::PartialDate);
    if !partial && (rule.year_month.is_some() || rule.year.is_some()) {
        return Err(site.wrong(Code::TransformType, "`year_month` and `year` go with a partial-date"));
    }
    let pattern = rule.pattern.clone();
    match site.input {
        ValueType::Timestamp => {
            tried(
                &pattern,
                (&SAMPLE
                    .to_datetime(jiff::civil::Time::midnight())
                    .to_zoned(TimeZone::UTC)
                    .map_err(|_| site.takes("a moment"))?)
                    .into(),
                "a moment",
            )?;
            Ok(Step::partial(ValueType::Text, move |input, rows| moments(input, rows, &pattern)))
        }
        ValueType::Date | ValueType::PartialDate => {
            tried(&pattern, SAMPLE.into(), "a date")?;
            if let Some(year_month) = &rule.year_month {
                tried(year_month, year_and_month(SAMPLE), "a year and month alone")?;
            }
            if let Some(year) = &rule.year {
                tried(year, year_alone(SAMPLE), "a year alone")?;
            }
            let (year_month, year) = (rule.year_month.clone(), rule.year.clone());
            let plain = super::pattern::Pattern::parse(&pattern);
            Ok(Step::partial(ValueType::Text, move |input, rows| {
                if let (Some(pattern), Some(days)) = (&plain, input.as_primitive_opt::<Date32Type>()) {
                    return Ok(rows.write(days.len(), |row, out| {
                        if days.is_valid(row) {
                            pattern.write(day(days.value(row)).ok_or(Code::DateImpossible)?, out);
                        }
                        Ok(days.is_valid(row))
                    }));
                }
                written(input, rows, |known| {
                    let text = match (known, &year_month, &year) {
                        (Known::Day(date), _, _) => strtime::format(&pattern, date),
                        (Known::Month(date), Some(pattern), _) => strtime::format(pattern, year_and_month(date)),
                        (Known::Year(date), _, Some(pattern)) => strtime::format(pattern, year_alone(date)),
                        _ => return Err(Code::TransformRefused),
                    };
                    text.map(Some).map_err(|_| Code::TransformRefused)
                })
            }))
        }
        _ => Err(site.takes("date, partial-date or timestamp")),
    }
}

fn year_alone(date: Date) -> BrokenDownTime {
    let mut known = BrokenDownTime::default();
    // A year that a date holds is always within the range; were it not, formatting would refuse for want of a year.
    let _in_range = known.set_year(Some(date.year()));
    known
}

fn year_and_month(date: Date) -> BrokenDownTime {
    let mut known = year_alone(date);
    let _in_range = known.set_month(Some(date.month()));
    known
}

fn moments(input: &ArrayRef, rows: &mut Rows, pattern: &str) -> Stepped {
    let moments = input.as_primitive_opt::<TimestampMicrosecondType>();
    let moments = moments.ok_or_else(|| Mismatch {
        expected: DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into())),
        found: input.data_type().clone(),
    })?;
    Ok(rows.build::<String, StringArray>(moments.len(), |row| {
        if moments.is_null(row) {
            return Ok(None);
        }
        let moment = jiff::Timestamp::from_microsecond(moments.value(row)).map_err(|_| Code::DateImpossible)?;
        let zoned = moment.to_zoned(TimeZone::UTC);
        strtime::format(pattern, &zoned).map(Some).map_err(|_| Code::TransformRefused)
    }))
}
