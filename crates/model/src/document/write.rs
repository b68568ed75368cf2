//! How are plain values written so that [`super::Document`] reads the same back, and people read them too?
//!
//! Blocks, two blanks a level; what fits on a line stands on one. A text that would read as something else is quoted.

use std::fmt::Write as _;

use serde_json::Value;

/// A list or mapping of plain scalars no longer than this stands on one line.
const LINE: usize = 110;

/// The YAML text of a document. Members stand in the order of the value.
pub fn to_yaml(value: &Value) -> String {
    let mut text = String::new();
    match value {
        Value::Object(members) if !members.is_empty() => mapping(members, 0, &mut text),
        Value::Array(items) if !items.is_empty() => sequence(items, 0, &mut text),
        other => {
            text.push_str(&flow(other));
            text.push('\n');
        }
    }
    text
}

fn mapping(members: &serde_json::Map<String, Value>, depth: usize, text: &mut String) {
    for (place, (name, value)) in members.iter().enumerate() {
        // The first member of an item stands behind its dash.
        if place > 0 || !text.ends_with("- ") {
            indent(depth, text);
        }
        text.push_str(&scalar(name));
        text.push(':');
        node(value, depth, text);
    }
}

fn sequence(items: &[Value], depth: usize, text: &mut String) {
    for item in items {
        indent(depth, text);
        match item {
            Value::Object(members) if !members.is_empty() && !fits(item, depth) => {
                text.push_str("- ");
                mapping(members, depth + 1, text);
            }
            Value::Array(inner) if !inner.is_empty() && !fits(item, depth) => {
                text.push_str("-\n");
                sequence(inner, depth + 1, text);
            }
            short => {
                let _ = writeln!(text, "- {}", flow(short));
            }
        }
    }
}

fn node(value: &Value, depth: usize, text: &mut String) {
    match value {
        Value::Object(members) if !members.is_empty() && !fits(value, depth) => {
            text.push('\n');
            mapping(members, depth + 1, text);
        }
        Value::Array(items) if !items.is_empty() && !fits(value, depth) => {
            text.push('\n');
            sequence(items, depth + 1, text);
        }
        short => {
            let _ = writeln!(text, " {}", flow(short));
        }
    }
}

fn indent(depth: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", depth));
}

/// Whether a value stands on one line: short, and at most one level of mappings or lists in it.
fn fits(value: &Value, depth: usize) -> bool {
    levels(value) <= 2 && flow(value).chars().count() + 2 * depth <= LINE
}

fn levels(value: &Value) -> usize {
    match value {
        Value::Array(items) => 1 + items.iter().map(levels).max().unwrap_or(0),
        Value::Object(members) => 1 + members.values().map(levels).max().unwrap_or(0),
        _ => 0,
    }
}

/// A value on one line.
pub fn flow(value: &Value) -> String {
    match value {
        Value::Array(items) => format!("[{}]", items.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Value::Object(members) if members.is_empty() => "{}".to_owned(),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{}: {}", scalar(name), flow(value));
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Value::String(text) => scalar(text),
        Value::Null => "~".to_owned(),
        other => other.to_string(),
    }
}

/// A text, quoted unless it is read back as the same text without.
fn scalar(text: &str) -> String {
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '/' | '+' | '(' | ')');
    let begins = text.chars().next().is_some_and(|c| c.is_ascii_alphanumeric() || c == '_');
    let inside = text.chars().all(|c| word(c) || matches!(c, ' ' | '-'));
    let same = matches!(super::parse::plain(text), Value::String(_)) && !looks_otherwise(text);
    if begins && inside && same && !text.ends_with(' ') { text.to_owned() } else { quoted(text) }
}

/// What other readers of YAML take for a boolean, a number, a date or a time. Ours do not; a person's editor may.
fn looks_otherwise(text: &str) -> bool {
    const WORDS: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];
    let number = text.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | '_' | 'e' | 'E' | 'x' | 'o' | '+'));
    let lower = text.to_ascii_lowercase();
    WORDS.contains(&lower.as_str()) || lower == "null" || number
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests fail by panicking")]
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::document::Document;

    fn again(value: &Value) -> Value {
        let text = to_yaml(value);
        Document::parse("written.yaml", &text).unwrap_or_else(|error| panic!("{error}\n{text}")).value().clone()
    }

    #[test]
    fn short_things_stand_on_a_line_and_long_ones_below_each_other() {
        let value = json!({
            "exchange": "food", "version": 2, "population": { "in": { "element": "camp", "values": ["KE1", "no", "1"] } },
            "fields": [{ "name": "sex", "from": "sex", "transform": [{ "code-map": { "to": "lantern" } }] }, { "name": "a" }],
            "nested": [[1, [2, { "a": [{ "b": null }] }]]], "empty": [], "none": {},
        });
        let text = to_yaml(&value);
        assert!(
            text.starts_with(
                "exchange: food\nversion: 2\npopulation:\n  in: { element: camp, values: [KE1, \"no\", \"1\"] }\n"
            ),
            "{text}"
        );
        assert!(
            text.contains(
                "fields:\n  - name: sex\n    from: sex\n    transform:\n      - { code-map: { to: lantern } }\n"
            ),
            "{text}"
        );
        assert_eq!(again(&value), value);
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,12}|[ -~\\n\\t]{0,12}|true|null|007|1.5|-|- a|a: b|#x|\u{2028}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                prop::collection::btree_map("[a-z_]{1,6}|[ -~]{1,5}", inner, 0..5)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_read_back(value in any_value()) {
            prop_assert_eq!(again(&value), value);
        }
    }
}
