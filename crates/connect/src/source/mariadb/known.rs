//! How is a column compared exactly, given the type that it really has and the type that the catalogue declares?

use causeway_flow::source::ScanColumn;
use causeway_model::{Value, ValueType};

use super::definition::Kind;
use super::filter::text_literal;
use super::moment;
use super::statement::{quoted, text};
use super::tables::Column;

/// Codes that a statement names at most.
const CODES: usize = 2_000;

/// A column of a scan, and what is known of it.
pub(super) struct Known<'c> {
    pub(super) column: &'c ScanColumn,
    pub(super) kind: Kind,
    /// None where the server does not describe it to us.
    pub(super) real: Option<&'c Column>,
}

impl Known<'_> {
    /// Its name in a statement.
    pub(super) fn name(&self) -> String {
        format!("s.{}", quoted(&self.column.column))
    }

    /// What is compared: bytes for a text, the value for all else.
    pub(super) fn exact(&self) -> String {
        match self.kind {
            Kind::Text => format!("CAST(CONVERT({} USING utf8mb4) AS BINARY)", self.name()),
            _ => self.name(),
        }
    }

    /// A value of a condition in the type of the column. `Some(None)`: the column cannot hold it. `None`: what it would be
    /// equal to cannot be said.
    pub(super) fn literal(&self, value: &Value) -> Option<Option<String>> {
        use ValueType as T;
        match (self.kind, &self.column.value_type, value) {
            (Kind::Text, T::Text | T::Code(_) | T::Place(_), value) => Some(Some(text_literal(&value.to_string()))),
            (Kind::Integer { .. }, T::Integer, Value::Integer(number)) => Some(Some(number.to_string())),
            (Kind::Integer { .. }, T::Boolean, Value::Boolean(truth)) => Some(Some(u8::from(*truth).to_string())),
            (Kind::Integer { .. }, T::Code(_), value) => Some(whole(&value.to_string())),
            (Kind::Decimal(_), T::Decimal(_, scale), value) => number(&value.to_string(), *scale).map(Some),
            (Kind::Date, T::Date, Value::Text(day)) => {
                moment::day(day.as_bytes()).map(|_| Some(format!("DATE'{day}'")))
            }
            (Kind::Timestamp, T::Timestamp, Value::Text(moment)) => {
                let moment: jiff::Timestamp = moment.parse().ok()?;
                let at = jiff::tz::Offset::UTC.to_datetime(moment);
                // What is finer than the catalogue's microseconds is not compared with.
                (moment.as_nanosecond() % 1_000 == 0 && (1_000..=9_999).contains(&at.year()))
                    .then(|| Some(format!("TIMESTAMP'{} {:.6}'", at.date(), at.time())))
            }
            _ => None,
        }
    }

    /// That the column has one of the values in `list`: by an index where one is there, then byte for byte.
    pub(super) fn one_of(&self, list: &str, values: &[Value]) -> String {
        let exact = format!("{} IN ({list})", self.exact());
        let texts: Vec<String> = values.iter().map(Value::to_string).collect();
        match self.by_index(texts.iter().map(String::as_str)) {
            Some(by_index) => format!("({by_index} AND {exact})"),
            None => exact,
        }
    }

    /// That a text is equal to one of `texts` by the column's own rules, which an index knows. Texts that are equal byte for
    /// byte are equal by every rule; but the literal must have a place in the column's character set.
    pub(super) fn by_index<'t>(&self, mut texts: impl Iterator<Item = &'t str> + Clone) -> Option<String> {
        let real = self.real.filter(|_| self.kind == Kind::Text)?;
        let plain = matches!(real.data_type.as_str(), "char" | "varchar");
        if !plain || !(real.charset.as_deref() == Some("utf8mb4") || texts.clone().all(str::is_ascii)) {
            return None;
        }
        let first = texts.next()?;
        let list = texts.fold(text(first), |list, value| format!("{list}, {}", text(value)));
        Some(format!("{} IN ({list})", self.name()))
    }

    /// SQL that is true wherever the value is missing or will be called faulty; none where that cannot be said.
    pub(super) fn missing(&self) -> Option<String> {
        use ValueType as T;
        let name = self.name();
        let or = |more: String| Some(format!("({name} IS NULL OR {more})"));
        match (self.kind, &self.column.value_type) {
            (Kind::Text, T::Text) => match self.too_long() {
                None => Some(format!("{name} IS NULL")),
                Some(long) => or(long),
            },
            (Kind::Text, T::Place(_)) => {
                let long = self.too_long().map(|long| format!(" OR {long}")).unwrap_or_default();
                or(format!("LENGTH({name}) = 0{long}"))
            }
            (Kind::Text | Kind::Integer { .. }, T::Code(_)) => {
                let codes = self.column.codes.as_ref().filter(|codes| (1..=CODES).contains(&codes.len()))?;
                let literals = codes.iter().map(|code| self.literal(&Value::Text(code.clone())));
                let literals: Vec<String> = literals.collect::<Option<Vec<_>>>()?.into_iter().flatten().collect();
                (!literals.is_empty()).then(|| or(format!("{} NOT IN ({})", self.exact(), literals.join(", "))))?
            }
            (Kind::Integer { unsigned }, T::Integer) => {
                if unsigned {
                    or(format!("{name} > {}", i64::MAX))
                } else {
                    Some(format!("{name} IS NULL"))
                }
            }
            (Kind::Integer { .. }, T::Boolean) => or(format!("{name} NOT IN (0, 1)")),
            (Kind::Decimal(digits), T::Decimal(precision, scale)) => {
                let declared = &self.real?.declared;
                let total: u8 = declared.strip_prefix("decimal(")?.split(',').next()?.parse().ok()?;
                let (scale, whole) = (u8::try_from(*scale).ok()?, total.checked_sub(digits)?);
                (digits <= scale && whole <= precision.checked_sub(scale)?).then(|| format!("{name} IS NULL"))
            }
            // No last day of its month, or a later one, or a part that is zero: no day of the calendar.
            (Kind::Date, T::Date) => {
                let day = format!("DAYOFMONTH(LAST_DAY({name})) < DAYOFMONTH({name})");
                Some(format!("(COALESCE({day}, TRUE) OR DAYOFMONTH({name}) = 0 OR YEAR({name}) = 0)"))
            }
            (Kind::Timestamp, T::Timestamp) => or(format!("{name} = '0000-00-00 00:00:00'")),
            _ => None,
        }
    }

    /// That a text has more characters than the catalogue admits; none where none can.
    fn too_long(&self) -> Option<String> {
        let most = self.column.max_length;
        let fits = self.real.and_then(|real| real.characters).is_some_and(|characters| characters <= u64::from(most));
        (!fits).then(|| format!("CHAR_LENGTH(CONVERT({} USING utf8mb4)) > {most}", self.name()))
    }
}

/// A whole number as the decoder writes it: what is written otherwise is not equal to any.
fn whole(text: &str) -> Option<String> {
    let number: i64 = text.parse().ok()?;
    (number.to_string() == text).then(|| text.to_owned())
}

/// An exact number of at most `scale` digits after the point.
fn number(text: &str, scale: i8) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let sound = plain(whole) && plain(fraction) && digits.len() <= 38;
    let fits = !text.contains('.') || fraction.len() <= usize::try_from(scale).ok()?;
    (sound && fits).then(|| text.to_owned())
}
