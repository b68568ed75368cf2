//! How is a condition written for PostgreSQL, so that it leaves out only what is certainly not wanted?
//!
//! Texts are compared byte for byte (`COLLATE "C"`). Literals pass one encoder: texts as hexadecimal digits, everything else
//! as digits and signs that were read as a value first. What cannot be compared exactly in its real type is not written.

use causeway_model::Value;
use causeway_model::population::Predicate;

use super::binary::Kind;

/// Name of a column, quoted, and its kind.
type Column<'c> = dyn Fn(&str) -> Option<(String, Kind)> + 'c;

/// The condition; none if nothing of it can be written.
pub(super) fn condition(predicate: &Predicate, column: &Column<'_>) -> Option<String> {
    write(predicate, true, column)
}

/// A condition that is true wherever `predicate` (or its negation, without `positive`) is.
fn write(predicate: &Predicate, positive: bool, column: &Column<'_>) -> Option<String> {
    match predicate {
        Predicate::All(parts) if positive => all(parts, positive, column),
        Predicate::Any(parts) if !positive => all(parts, positive, column),
        Predicate::All(parts) | Predicate::Any(parts) => any(parts, positive, column),
        Predicate::Not(part) => write(part, !positive, column),
        Predicate::In(set) => {
            let (name, kind) = column(&set.element)?;
            let compared = compared(&name, kind)?;
            let mut values = Vec::with_capacity(set.values.len());
            for value in &set.values {
                // A text with a NUL is in no column.
                if !matches!(value, Value::Text(text) if text.contains('\0')) {
                    values.push(literal(value, kind)?);
                }
            }
            let within =
                if values.is_empty() { "false".to_owned() } else { format!("{compared} IN ({})", values.join(", ")) };
            Some(signed(within, positive))
        }
        Predicate::Range(range) => {
            let (name, kind) = column(&range.element)?;
            let compared = compared(&name, kind)?;
            let mut ends = Vec::new();
            for (end, sign) in [(&range.from, ">="), (&range.to, "<=")] {
                if let Some(value) = end {
                    ends.push(format!("{compared} {sign} {}", literal(value, kind)?));
                }
            }
            Some(signed(format!("({})", ends.join(" AND ")), positive))
        }
        Predicate::Null(path) => {
            let (name, kind) = column(&path.element)?;
            Some(match (positive, kind) {
                // An empty text is read as missing where the element is no text.
                (true, Kind::Text | Kind::Padded) => format!("({name} IS NULL OR {name}::text = '')"),
                (true, _) => format!("{name} IS NULL"),
                (false, _) => format!("{name} IS NOT NULL"),
            })
        }
    }
}

/// All must hold: what cannot be written is left out, and more rows come.
fn all(parts: &[Predicate], positive: bool, column: &Column<'_>) -> Option<String> {
    let written: Vec<String> = parts.iter().filter_map(|part| write(part, positive, column)).collect();
    if written.is_empty() { None } else { Some(format!("({})", written.join(" AND "))) }
}

/// One must hold: if one cannot be written, nothing can be left out.
fn any(parts: &[Predicate], positive: bool, column: &Column<'_>) -> Option<String> {
    let written: Vec<String> = parts.iter().map(|part| write(part, positive, column)).collect::<Option<_>>()?;
    Some(if written.is_empty() { "false".to_owned() } else { format!("({})", written.join(" OR ")) })
}

fn signed(condition: String, positive: bool) -> String {
    if positive { condition } else { format!("NOT {condition}") }
}

/// What is compared, so that equal means equal byte for byte.
fn compared(name: &str, kind: Kind) -> Option<String> {
    match kind {
        Kind::Text | Kind::Padded => Some(format!("{name}::text COLLATE \"C\"")),
        Kind::Bool
        | Kind::Int2
        | Kind::Int4
        | Kind::Int8
        | Kind::Numeric
        | Kind::Uuid
        | Kind::Date
        | Kind::Timestamptz => Some(name.to_owned()),
        _ => None,
    }
}

/// A value as SQL; none if it does not fit the kind.
fn literal(value: &Value, kind: Kind) -> Option<String> {
    match (kind, value) {
        (Kind::Text | Kind::Padded, value) => {
            let digits = hex::encode(value.to_string());
            Some(format!("pg_catalog.convert_from('\\x{digits}'::bytea, 'UTF8')"))
        }
        (Kind::Bool, Value::Boolean(value)) => Some(value.to_string()),
        (Kind::Int2 | Kind::Int4 | Kind::Int8 | Kind::Numeric, Value::Integer(value)) => Some(format!("({value})")),
        (Kind::Numeric, Value::Text(text)) => plain_number(text).then(|| format!("({text})::numeric")),
        (Kind::Uuid, Value::Text(text)) => {
            let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit() || byte == b'-');
            (digits && text.len() == 36).then(|| format!("'{text}'::uuid"))
        }
        (Kind::Date, Value::Text(text)) => {
            let date: jiff::civil::Date = text.parse().ok()?;
            (date.year() > 0).then(|| format!("'{date}'::date"))
        }
        (Kind::Timestamptz, Value::Text(text)) => {
            let moment: jiff::Timestamp = text.parse().ok()?;
            Some(format!("'{moment}'::timestamptz"))
        }
        _ => None,
    }
}

/// Digits with an optional minus before and an optional point within.
fn plain_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |part: &str| !part.is_empty() && part.len() < 40 && part.bytes().all(|byte| byte.is_ascii_digit());
    plain(whole) && plain(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Option<String> {
        let predicate: Predicate = causeway_model::document::Document::parse("p", text).unwrap().read().unwrap();
        condition(&predicate, &|name| {
            let kind = match name {
                "camp" => Kind::Text,
                "size" => Kind::Int4,
                "born" => Kind::Date,
                "where" => Kind::Array,
                _ => return None,
            };
            Some((super::super::quoted(name), kind))
        })
    }

    #[test]
    fn texts_are_hexadecimal_and_what_cannot_be_compared_lets_more_rows_come() {
        let camp = "\"camp\"::text COLLATE \"C\"";
        assert_eq!(
            written("in: { element: camp, values: [\"a' OR 1=1\"] }").unwrap(),
            format!("{camp} IN (pg_catalog.convert_from('\\x6127204f5220313d31'::bytea, 'UTF8'))")
        );
        assert_eq!(written("in: { element: where, values: [a] }"), None);
        assert_eq!(written("any: [{ null: { element: camp } }, { in: { element: where, values: [a] } }]"), None);
        assert_eq!(
            written("all: [{ null: { element: camp } }, { in: { element: where, values: [a] } }]").unwrap(),
            "((\"camp\" IS NULL OR \"camp\"::text = ''))"
        );
        assert_eq!(
            written("not: { all: [{ null: { element: camp } }, { in: { element: where, values: [a] } }] }"),
            None
        );
        assert_eq!(written("not: { range: { element: size, from: 2 } }").unwrap(), "NOT (\"size\" >= (2))");
        assert_eq!(
            written("range: { element: born, from: '2011-02-17' }").unwrap(),
            "(\"born\" >= '2011-02-17'::date)"
        );
        assert_eq!(written("in: { element: size, values: [one] }"), None, "a text is no number");
    }
}
