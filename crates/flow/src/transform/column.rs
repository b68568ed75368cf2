//! How does a step read a column row by row, build the next one, and remember the rows that it refused?

use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

use arrow::array::builder::NullBufferBuilder;
use arrow::array::{Array, ArrayRef, AsArray, StringArray, StringBuilder};
use arrow::buffer::{Buffer, OffsetBuffer, ScalarBuffer};
use arrow::datatypes::{DataType, Date32Type, Decimal128Type, Int64Type, TimeUnit, TimestampMicrosecondType};
use causeway_model::{Code, ValueType};
use jiff::civil::Date;

/// A column of another type than the chain was compiled for.
#[derive(Debug)]
pub(super) struct Mismatch {
    pub(super) expected: DataType,
    pub(super) found: DataType,
}

/// Result of a step.
pub(super) type Stepped = Result<ArrayRef, Mismatch>;

type Run = dyn Fn(&ArrayRef, &mut Rows) -> Stepped + Send + Sync;

/// One compiled transform.
pub(super) struct Step {
    /// Type of what it gives.
    pub(super) output: ValueType,
    /// Whether it may refuse a row.
    pub(super) may_refuse: bool,
    /// Whether it answers for every row that was refused before it.
    pub(super) forgives: bool,
    run: Box<Run>,
}

impl Step {
    /// A step that has a result for every value.
    pub(super) fn total(
        output: ValueType,
        run: impl Fn(&ArrayRef, &mut Rows) -> Stepped + Send + Sync + 'static,
    ) -> Self {
        Self { output, may_refuse: false, forgives: false, run: Box::new(run) }
    }

    /// A step that may refuse a row.
    pub(super) fn partial(
        output: ValueType,
        run: impl Fn(&ArrayRef, &mut Rows) -> Stepped + Send + Sync + 'static,
    ) -> Self {
        Self { may_refuse: true, ..Self::total(output, run) }
    }

    /// A step that may refuse a row unless `sure`.
    pub(super) fn unless(sure: bool, step: Self) -> Self {
        Self { may_refuse: !sure, ..step }
    }

    /// The same step, which answers for every row that was refused before it.
    pub(super) fn forgiving(self) -> Self {
        Self { forgives: true, ..self }
    }

    pub(super) fn run(&self, input: &ArrayRef, rows: &mut Rows) -> Stepped {
        (self.run)(input, rows)
    }
}

/// What a chain knows of the rows of the batch that it works on.
#[derive(Debug, Default)]
pub(super) struct Rows {
    refused: BTreeMap<usize, Code>,
    /// Substitutions by `default`.
    pub(super) defaulted: u64,
    /// Substitutions by `otherwise`.
    pub(super) otherwise: u64,
}

impl Rows {
    pub(super) fn is_refused(&self, row: usize) -> bool {
        !self.refused.is_empty() && self.refused.contains_key(&row)
    }

    /// The refused rows, which are then no longer refused.
    pub(super) fn forgive(&mut self) -> BTreeMap<usize, Code> {
        std::mem::take(&mut self.refused)
    }

    /// Builds a column of `length` rows by asking `each` for every row. A row that was refused before is not asked.
    ///
    /// INVARIANT (refused stays refused): a refused row is null in every column built after it, whatever the step would
    /// make of a missing value, until an `otherwise` answers for it.
    pub(super) fn build<T, A>(
        &mut self,
        length: usize,
        mut each: impl FnMut(usize) -> Result<Option<T>, Code>,
    ) -> ArrayRef
    where
        A: FromIterator<Option<T>> + Array + 'static,
    {
        let row = |row: usize| {
            if self.is_refused(row) {
                return None;
            }
            each(row).unwrap_or_else(|code| {
                self.refused.insert(row, code);
                None
            })
        };
        let column: A = (0..length).map(row).collect();
        Arc::new(column)
    }

    /// Builds a text column from a text column; `each` sees only the values that are there.
    pub(super) fn texts<'i, T: AsRef<str>>(
        &mut self,
        input: &'i ArrayRef,
        each: impl Fn(&'i str) -> Result<Option<T>, Code>,
    ) -> Stepped {
        let texts = texts(input)?;
        let mut column = StringBuilder::with_capacity(texts.len(), texts.value_data().len());
        for (row, text) in texts.iter().enumerate() {
            match text.filter(|_| !self.is_refused(row)).map(&each) {
                Some(Ok(Some(made))) => column.append_value(made),
                Some(Ok(None)) | None => column.append_null(),
                Some(Err(code)) => {
                    self.refused.insert(row, code);
                    column.append_null();
                }
            }
        }
        Ok(Arc::new(column.finish()))
    }

    /// Builds a text column of `length` rows; `each` appends a row's text and says whether there is one. A row that was
    /// refused before is not asked.
    pub(super) fn write(
        &mut self,
        length: usize,
        mut each: impl FnMut(usize, &mut String) -> Result<bool, Code>,
    ) -> ArrayRef {
        let (mut all, mut ends) = (String::new(), Vec::with_capacity(length + 1));
        let mut there = NullBufferBuilder::new(length);
        ends.push(0);
        for row in 0..length {
            let begin = all.len();
            let written = if self.is_refused(row) { Ok(false) } else { each(row, &mut all) };
            match written {
                Ok(true) => there.append_non_null(),
                Ok(false) => there.append_null(),
                Err(code) => {
                    self.refused.insert(row, code);
                    there.append_null();
                }
            }
            if !matches!(written, Ok(true)) {
                all.truncate(begin);
            } else if begin == 0 {
                // Texts of one column are of about one length.
                all.reserve((length - row) * (all.len() + 1));
            }
            ends.push(all.len() as i32);
        }
        let offsets = OffsetBuffer::new(ScalarBuffer::from(ends));
        let nulls = there.build();
        #[expect(clippy::expect_used, reason = "what a `String` holds is UTF-8, and rows end where characters do")]
        let column = StringArray::try_new(offsets, Buffer::from_vec(all.into_bytes()), nulls).expect("texts");
        Arc::new(column)
    }
}

/// The column as text.
pub(super) fn texts(input: &ArrayRef) -> Result<&StringArray, Mismatch> {
    input.as_string_opt::<i32>().ok_or_else(|| Mismatch { expected: DataType::Utf8, found: input.data_type().clone() })
}

/// The day that is `days` after 1970-01-01, if the calendar reaches so far.
pub(super) fn day(days: i32) -> Option<Date> {
    let near = usize::try_from(days.wrapping_add(BEFORE)).ok().and_then(|at| NEAR.get(at));
    near.map_or_else(|| reckoned(days), |date| Some(*date))
}

/// The days of living people, reckoned once: a transfer asks for each of them many times.
static NEAR: LazyLock<Vec<Date>> = LazyLock::new(|| (-BEFORE..BEFORE / 2).map_while(reckoned).collect());

/// Days of a little more than a century.
const BEFORE: i32 = 40_000;

fn reckoned(days: i32) -> Option<Date> {
    let (year, month, day) = crate::seal::civil(i64::from(days));
    Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()
}

/// Days from 1970-01-01 to `date`.
pub(super) fn days(date: Date) -> i32 {
    let hours = date.duration_since(EPOCH).as_hours();
    i32::try_from(hours / 24).unwrap_or(i32::MAX)
}

const EPOCH: Date = Date::constant(1970, 1, 1);

/// The value of a row as text: ISO 8601 for dates and moments, all digits of a decimal, hexadecimal for bytes. None for
/// a missing value and for types that no element has.
pub fn show(column: &dyn Array, row: usize) -> Option<String> {
    if row >= column.len() || column.is_null(row) {
        return None;
    }
    match column.data_type() {
        DataType::Utf8 => column.as_string_opt::<i32>().map(|c| c.value(row).to_owned()),
        DataType::Int64 => column.as_primitive_opt::<Int64Type>().map(|c| c.value(row).to_string()),
        DataType::Decimal128(..) => column.as_primitive_opt::<Decimal128Type>().map(|c| c.value_as_string(row)),
        DataType::Boolean => column.as_boolean_opt().map(|c| c.value(row).to_string()),
        DataType::Date32 => {
            let days = column.as_primitive_opt::<Date32Type>()?.value(row);
            Some(day(days).map_or_else(|| format!("day {days} after 1970-01-01"), |date| date.to_string()))
        }
        DataType::Timestamp(TimeUnit::Microsecond, _) => {
            let moment = column.as_primitive_opt::<TimestampMicrosecondType>()?.value(row);
            let shown = jiff::Timestamp::from_microsecond(moment).map(|moment| moment.to_string());
            Some(shown.unwrap_or_else(|_| format!("microsecond {moment} after 1970-01-01")))
        }
        DataType::Binary => column.as_binary_opt::<i32>().map(|c| hex::encode(c.value(row))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_near_and_far_are_what_the_calendar_says() {
        for days in (-BEFORE - 2..BEFORE / 2 + 2).chain([i32::MIN, -800_000, 2_000_000, i32::MAX]) {
            let expected = EPOCH.checked_add(jiff::Span::new().try_days(days).unwrap_or_default()).ok();
            let in_calendar = jiff::Span::new().try_days(days).is_ok();
            assert_eq!(day(days), expected.filter(|_| in_calendar), "{days}");
        }
    }
}
