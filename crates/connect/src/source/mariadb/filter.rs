//! How is a condition written for MariaDB, so that it leaves out only what is certainly not wanted?
//!
//! Texts are compared byte for byte as UTF-8, never by a collation. Literals pass one encoder: texts as hexadecimal digits,
//! everything else as digits and signs that were read as a value first.

use causeway_model::Value;
use causeway_model::population::Predicate;

use super::cell::Kind;

/// Name of a column, quoted, and its kind.
type Column<'c> = dyn Fn(&str) -> Option<(String, Kind)> + 'c;

/// The condition; none if nothing of it can be written.
pub(super) fn condition(predicate: &Predicate, column: &Column<'_>) -> Option<String> {
    write(predicate, true, column)
}

/// A text as a literal of UTF-8.
pub(super) fn text(text: &str) -> String {
    if text.is_empty() { "''".to_owned() } else { format!("_utf8mb4 x'{}'", hex::encode(text)) }
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
            let compared = compared(&name, &kind)?;
            let values: Vec<String> = set.values.iter().map(|value| literal(value, &kind)).collect::<Option<_>>()?;
            let within =
                if values.is_empty() { "FALSE".to_owned() } else { format!("{compared} IN ({})", values.join(", ")) };
            Some(signed(within, positive))
        }
        // Days and moments may hold what is no day; numbers are as they are.
        Predicate::Range(range) => {
            let (name, kind) = column(&range.element)?;
            if !matches!(kind, Kind::Integer | Kind::Decimal) {
                return None;
            }
            let mut ends = Vec::new();
            for (end, sign) in [(&range.from, ">="), (&range.to, "<=")] {
                if let Some(value) = end {
                    ends.push(format!("{name} {sign} {}", literal(value, &kind)?));
                }
            }
            Some(signed(format!("({})", ends.join(" AND ")), positive))
        }
        Predicate::Null(path) => {
            let (name, kind) = column(&path.element)?;
            Some(match (positive, kind) {
                // An empty text is read as missing where the element is no text.
                (true, Kind::Text) => format!("({name} IS NULL OR {name} = '')"),
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
    Some(if written.is_empty() { "FALSE".to_owned() } else { format!("({})", written.join(" OR ")) })
}

fn signed(condition: String, positive: bool) -> String {
    if positive { condition } else { format!("NOT ({condition})") }
}

/// What is compared, so that equal means equal byte for byte.
fn compared(name: &str, kind: &Kind) -> Option<String> {
    match kind {
        Kind::Text => Some(format!("CAST(CONVERT({name} USING utf8mb4) AS BINARY)")),
        Kind::Integer | Kind::Decimal => Some(name.to_owned()),
        _ => None,
    }
}

/// A value as SQL; none if it does not fit the kind.
fn literal(value: &Value, kind: &Kind) -> Option<String> {
    match (kind, value) {
        (Kind::Text, value) => {
            let value = value.to_string();
            Some(if value.is_empty() { "''".to_owned() } else { format!("x'{}'", hex::encode(value)) })
        }
        (Kind::Integer | Kind::Decimal, Value::Integer(number)) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_hexadecimal_and_what_cannot_be_compared_lets_more_rows_come() {
        let written = |text: &str| {
            let predicate: Predicate = causeway_model::document::Document::parse("p", text).unwrap().read().unwrap();
            let kind = |name: &str| match name {
                "camp" => Some((super::super::quoted(name), Kind::Text)),
                "size" => Some((super::super::quoted(name), Kind::Integer)),
                "when" => Some((super::super::quoted(name), Kind::Timestamp)),
                _ => None,
            };
            condition(&predicate, &kind)
        };
        assert_eq!(
            written("in: { element: camp, values: [\"a' OR\"] }").unwrap(),
            "CAST(CONVERT(`camp` USING utf8mb4) AS BINARY) IN (x'6127204f52')"
        );
        assert_eq!(written("not: { range: { element: size, from: 2 } }").unwrap(), "NOT ((`size` >= 2))");
        assert_eq!(written("in: { element: when, values: ['2011-02-17T00:00:00Z'] }"), None);
        assert_eq!(
            written("any: [{ null: { element: camp } }, { in: { element: size, values: [1] } }]").unwrap(),
            "((`camp` IS NULL OR `camp` = '') OR `size` IN (1))"
        );
    }
}
