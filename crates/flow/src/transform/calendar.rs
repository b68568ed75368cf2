//! How does a date go from the Gregorian to the Ethiopic calendar and back?
//!
//! Ethiopic years are those of the era of the Incarnation (Amete Mihret); twelve months have 30 days, the thirteenth
//! (Pagumen) has 5, or 6 in the year before a Gregorian leap year. The arithmetic is ICU4X's.

use arrow::array::Date32Array;
use causeway_model::exchange::Calendar;
use causeway_model::{Code, ValueType, Violation};
use icu_calendar::Date as IcuDate;
use icu_calendar::cal::{Ethiopian, EthiopianEraStyle, Iso};
use jiff::civil::Date;

use super::chain::Site;
use super::column::{Step, days, texts};
use super::dates::{Known, needs_date, number, written};

/// Only a whole date has a day in another calendar: a partial one refuses, since its months overlap two.
pub(super) fn to(calendar: Calendar, site: &Site<'_>) -> Result<Step, Violation> {
    needs_date(site)?;
    let Calendar::Ethiopic = calendar;
    Ok(Step::partial(ValueType::Text, |input, rows| {
        written(input, rows, |known| match known {
            Known::Day(date) => to_ethiopic(date).map(Some).ok_or(Code::TransformRefused),
            Known::Month(_) | Known::Year(_) => Err(Code::TransformRefused),
        })
    }))
}

pub(super) fn from(calendar: Calendar, site: &Site<'_>) -> Result<Step, Violation> {
    let Calendar::Ethiopic = calendar;
    if *site.input != ValueType::Text {
        return Err(site.takes("text"));
    }
    Ok(Step::partial(ValueType::Date, |input, rows| {
        let texts = texts(input)?;
        Ok(rows.build::<i32, Date32Array>(input.len(), |row| {
            let text = (!arrow::array::Array::is_null(texts, row)).then(|| texts.value(row));
            text.map(|text| from_ethiopic(text).map(days)).transpose()
        }))
    }))
}

/// `YYYY-MM-DD` of the Ethiopic calendar; none before its first year.
pub(super) fn to_ethiopic(date: Date) -> Option<String> {
    let (month, day) = (u8::try_from(date.month()).ok()?, u8::try_from(date.day()).ok()?);
    let iso = IcuDate::try_new_iso(i32::from(date.year()), month, day).ok()?;
    let there = iso.to_calendar(Ethiopian::new());
    let year = there.year().extended_year();
    (1..=9999).contains(&year).then(|| format!("{year:04}-{:02}-{:02}", there.month().ordinal, there.day_of_month().0))
}

/// Reads `YYYY-MM-DD` of the Ethiopic calendar. Another shape refuses as such, a day that is not there as impossible.
pub(super) fn from_ethiopic(text: &str) -> Result<Date, Code> {
    let mut parts = text.split('-');
    let shape = |_| Code::TransformRefused;
    let year: i32 = number(parts.next(), 4).map_err(shape)?;
    let month: u8 = number(parts.next(), 2).map_err(shape)?;
    let day: u8 = number(parts.next(), 2).map_err(shape)?;
    if parts.next().is_some() {
        return Err(Code::TransformRefused);
    }
    if year == 0 {
        return Err(Code::DateImpossible);
    }
    let there = IcuDate::try_new_ethiopian(EthiopianEraStyle::AmeteMihret, year, month, day);
    let iso = there.map_err(|_| Code::DateImpossible)?.to_calendar(Iso);
    let year = i16::try_from(iso.year().extended_year()).map_err(|_| Code::DateImpossible)?;
    let month = i8::try_from(iso.month().ordinal).map_err(|_| Code::DateImpossible)?;
    let day = i8::try_from(iso.day_of_month().0).map_err(|_| Code::DateImpossible)?;
    Date::new(year, month, day).map_err(|_| Code::DateImpossible)
}
