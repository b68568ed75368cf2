//! Which part of a condition can the server apply, so that nobody is left out who might be inside?
//!
//! INVARIANT (hint): what is written is true of every row of which the condition is true once its values have been
//! decoded. So each leaf is written twice, for being true and for being false, and what cannot be written is true of
//! every row. A value that the decoder will find faulty counts as missing there, and must therefore pass a test for
//! missing values here.

use causeway_flow::source::ScanColumn;
use causeway_model::population::{InSet, Predicate, Range};
use causeway_model::{Value, ValueType};

use super::kind::Kind;
use super::literal;
use super::table::Found;

/// Values that one leaf may name.
const VALUES: usize = 2_000;

/// A column of the scan, and what it really is.
pub(super) type Pair<'c> = (&'c ScanColumn, &'c Found);

/// The condition as SQL; none where every row may be inside.
pub(super) fn condition(predicate: &Predicate, columns: &[Pair<'_>], is_utf8: bool) -> Option<String> {
    Writer { columns, is_utf8 }.write(predicate, true)
}

struct Writer<'c> {
    columns: &'c [Pair<'c>],
    is_utf8: bool,
}

impl Writer<'_> {
    /// True of every row of which `predicate` is true, or false without `holds`.
    fn write(&self, predicate: &Predicate, holds: bool) -> Option<String> {
        match predicate {
            Predicate::All(parts) if holds => self.all(parts, holds),
            Predicate::Any(parts) if !holds => self.all(parts, holds),
            Predicate::All(parts) | Predicate::Any(parts) => self.any(parts, holds),
            Predicate::Not(part) => self.write(part, !holds),
            Predicate::In(set) => self.is_in(set, holds),
            Predicate::Range(range) => self.between(range, holds),
            Predicate::Null(path) => {
                let (column, found) = self.column(&path.element)?;
                let name = found.expression();
                if !holds {
                    return Some(format!("{name} IS NOT NULL"));
                }
                let faulty = Comparison::of(column, found, self.is_utf8)?.faulty?;
                Some(format!("({name} IS NULL{faulty})"))
            }
        }
    }

    fn all(&self, parts: &[Predicate], holds: bool) -> Option<String> {
        let parts: Vec<String> = parts.iter().filter_map(|part| self.write(part, holds)).collect();
        (!parts.is_empty()).then(|| format!("({})", parts.join(" AND ")))
    }

    fn any(&self, parts: &[Predicate], holds: bool) -> Option<String> {
        let parts: Option<Vec<String>> = parts.iter().map(|part| self.write(part, holds)).collect();
        let parts = parts?;
        Some(if parts.is_empty() { "false".to_owned() } else { format!("({})", parts.join(" OR ")) })
    }

    fn is_in(&self, set: &InSet, holds: bool) -> Option<String> {
        let (column, found) = self.column(&set.element)?;
        let comparison = Comparison::of(column, found, self.is_utf8)?;
        if set.values.len() > VALUES {
            return None;
        }
        let values = comparison.values(&set.values, self.is_utf8)?;
        let name = &comparison.expression;
        Some(match (values.is_empty(), holds) {
            (true, true) => "false".to_owned(),
            (true, false) => format!("{name} IS NOT NULL"),
            (false, true) => format!("{name} = ANY ({})", array(&values)),
            (false, false) => format!("{name} <> ALL ({})", array(&values)),
        })
    }

    fn between(&self, range: &Range, holds: bool) -> Option<String> {
        let (column, found) = self.column(&range.element)?;
        let comparison = Comparison::of(column, found, self.is_utf8)?;
        if !comparison.values.has_order() {
            return None;
        }
        let mut ends = Vec::with_capacity(2);
        for (value, sign) in [(&range.from, ">="), (&range.to, "<=")] {
            if let Some(value) = value {
                ends.push(format!("{} {sign} {}", comparison.expression, comparison.values.write(value)?));
            }
        }
        let ends = if ends.is_empty() { return None } else { ends.join(" AND ") };
        Some(if holds { format!("({ends})") } else { format!("NOT ({ends})") })
    }

    fn column(&self, name: &str) -> Option<Pair<'_>> {
        self.columns.iter().find(|(column, _)| column.name == name).copied()
    }
}

fn array(values: &[String]) -> String {
    format!("ARRAY[{}]", values.join(", "))
}

/// As what the values of a condition are written.
#[derive(Clone, Copy)]
enum Values {
    Boolean,
    Integer,
    Decimal(i8),
    Date,
    /// Whether with a time zone.
    Moment(bool),
    Uuid,
    Text,
}

impl Values {
    fn write(self, value: &Value) -> Option<String> {
        match self {
            Values::Boolean => literal::boolean(value),
            Values::Integer => literal::integer(value),
            Values::Decimal(scale) => literal::decimal(value, scale),
            Values::Date => literal::date(value),
            Values::Moment(with_zone) => literal::moment(value, with_zone),
            Values::Uuid => {
                literal::uuid(&value.to_string()).map(|uuid| format!("'{}'::pg_catalog.uuid", hex::encode(uuid)))
            }
            Values::Text => literal::text(&value.to_string()),
        }
    }

    fn has_order(self) -> bool {
        matches!(self, Values::Integer | Values::Decimal(_) | Values::Date | Values::Moment(_))
    }

    /// Whether every value is one of the column's, or equal to none.
    fn is_textual(self) -> bool {
        matches!(self, Values::Uuid | Values::Text)
    }
}

/// How a column is compared.
struct Comparison {
    expression: String,
    values: Values,
    /// What is true of values that the decoder will not accept, to be added to a test for missing values; none where it
    /// cannot be told.
    faulty: Option<String>,
}

impl Comparison {
    /// None where the decoder may take two unequal values for equal, or where it is not worth it.
    fn of(column: &ScanColumn, found: &Found, is_utf8: bool) -> Option<Self> {
        let name = found.expression();
        let with = |values: Values, faulty: String| Self { expression: name.clone(), values, faulty: Some(faulty) };
        let outside = |from: &str, to: &str, kind: &str| {
            format!(" OR {name} < '{from}'::pg_catalog.{kind} OR {name} > '{to}'::pg_catalog.{kind}")
        };
        let day = outside("0001-01-01", "9999-12-31", "date");
        let moment = |kind| outside("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", kind);
        match (found.kind, &column.value_type) {
            (Kind::Bool, ValueType::Boolean) => Some(with(Values::Boolean, String::new())),
            (Kind::Int2 | Kind::Int4 | Kind::Int8, ValueType::Integer) => Some(with(Values::Integer, String::new())),
            (Kind::Date, ValueType::Date) => Some(with(Values::Date, day)),
            (Kind::Moment, ValueType::Timestamp) => Some(with(Values::Moment(true), moment("timestamptz"))),
            (Kind::Clock, ValueType::Timestamp) => Some(with(Values::Moment(false), moment("timestamp"))),
            (Kind::Numeric, ValueType::Decimal(precision, scale)) => {
                let (digits, after) = numeric_bounds(found.typmod)?;
                let whole = i32::from(*precision) - i32::from(*scale);
                let holds_all = after <= i32::from(*scale) && digits - after <= whole;
                let faulty = format!(" OR {name} = 'NaN'::pg_catalog.numeric");
                holds_all.then(|| with(Values::Decimal(*scale), faulty))
            }
            (Kind::Uuid, ValueType::Uuid | ValueType::Text) => Some(with(Values::Uuid, String::new())),
            (kind, ValueType::Text | ValueType::Code(_) | ValueType::Place(_)) if kind.is_text() => {
                let expression = found.as_text()?;
                let faulty = is_utf8.then(|| faulty_text(&expression, column, found)).flatten();
                Some(Self { expression, values: Values::Text, faulty })
            }
            _ => None,
        }
    }

    /// The values of a set. None where one is of another type than the column, or cannot be handed to the server.
    fn values(&self, values: &[Value], is_utf8: bool) -> Option<Vec<String>> {
        let mut written = Vec::with_capacity(values.len());
        for value in values {
            match self.values.write(value) {
                Some(_) if matches!(self.values, Values::Text) && !is_utf8 && !value.to_string().is_ascii() => {
                    return None;
                }
                Some(literal) => written.push(literal),
                None if self.values.is_textual() => {}
                None => return None,
            }
        }
        Some(written)
    }
}

const VARCHAR: u32 = 1043;
const BPCHAR: u32 = 1042;

/// Digits, and digits after the point, of `numeric(p, s)`; none where nothing is said.
fn numeric_bounds(typmod: i32) -> Option<(i32, i32)> {
    let packed = typmod.checked_sub(4).filter(|packed| *packed >= 0)?;
    let (digits, after) = ((packed >> 16) & 0xffff, ((packed & 0x7ff) ^ 1_024) - 1_024);
    (after >= 0).then_some((digits, after))
}

/// What is true of the texts that the decoder takes for faulty or missing.
fn faulty_text(expression: &str, column: &ScanColumn, found: &Found) -> Option<String> {
    let most = i64::from(column.max_length);
    let bounded = matches!(found.oid, VARCHAR | BPCHAR) && (4..=most + 4).contains(&i64::from(found.typmod));
    let long = if bounded { String::new() } else { format!(" OR pg_catalog.char_length({expression}) > {most}") };
    match &column.value_type {
        ValueType::Text => Some(long),
        ValueType::Place(_) => Some(format!(" OR {expression} = ''{long}")),
        ValueType::Code(_) => {
            let codes = column.codes.as_ref().filter(|codes| codes.len() <= VALUES)?;
            let codes: Vec<String> =
                codes.iter().filter(|code| !code.is_empty()).filter_map(|code| literal::text(code)).collect();
            if codes.is_empty() {
                return None;
            }
            Some(format!(" OR {expression} <> ALL ({})", array(&codes)))
        }
        _ => None,
    }
}
