//! What is shown of a value?

use arrow::array::{Array, AsArray};
use causeway_model::ValueType;
use serde_json::{Map, Value};

use crate::plan::OutputType;
use crate::transform::show;

/// What stands for a character that is not shown.
const HIDDEN: char = '•';

/// How much is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// Everything: the people are invented.
    Whole,
    /// The first character; codes and truth values whole.
    Masked,
}

/// What is shown of one output, lists as JSON; none where there is no value.
pub(super) fn text(column: &dyn Array, row: usize, output: &OutputType, manner: Manner) -> Option<String> {
    match json(column, row, output, manner) {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

fn json(column: &dyn Array, row: usize, output: &OutputType, manner: Manner) -> Value {
    if row >= column.len() || column.is_null(row) {
        return Value::Null;
    }
    match output {
        OutputType::One(value_type) => one(column, row, value_type, manner),
        OutputType::List(value_type) => items(column, row, |items, at| one(items, at, value_type, manner)),
        OutputType::Records(members) => items(column, row, |items, at| {
            let Some(item) = items.as_struct_opt() else { return Value::Null };
            let member = |(name, output): &(String, OutputType)| {
                let value = item.column_by_name(name).map(|column| json(column.as_ref(), at, output, manner));
                (name.clone(), value.unwrap_or(Value::Null))
            };
            Value::Object(members.iter().map(member).collect::<Map<_, _>>())
        }),
    }
}

fn items(column: &dyn Array, row: usize, item: impl Fn(&dyn Array, usize) -> Value) -> Value {
    let Some(lists) = column.as_list_opt::<i32>() else { return Value::Null };
    let items = lists.value(row);
    Value::Array((0..items.len()).map(|at| item(items.as_ref(), at)).collect())
}

fn one(column: &dyn Array, row: usize, value_type: &ValueType, manner: Manner) -> Value {
    let Some(text) = show(column, row) else { return Value::Null };
    let open = matches!(value_type, ValueType::Code(_) | ValueType::Boolean);
    if manner == Manner::Whole || open { Value::String(text) } else { Value::String(masked(&text)) }
}

/// The first character and a mark for each other; of a single character nothing.
pub(super) fn masked(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next();
    let rest: String = characters.map(|_| HIDDEN).collect();
    match first {
        Some(first) if !rest.is_empty() => format!("{first}{rest}"),
        Some(_) => HIDDEN.to_string(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{Int64Array, StringArray};

    #[test]
    fn nothing_but_a_first_character_is_seen() {
        for (text, shown) in [("Abebech", "A••••••"), ("ሰላም", "ሰ••"), ("A", "•"), ("", ""), ("41", "4•"), ("-7", "-•")]
        {
            assert_eq!(masked(text), shown);
        }
    }

    #[test]
    fn codes_show_and_texts_and_numbers_do_not() {
        let texts = StringArray::from(vec![Some("WIF"), None]);
        let of = |value_type, row, manner| text(&texts, row, &OutputType::One(value_type), manner);
        assert_eq!(of(ValueType::Code("relationship".into()), 0, Manner::Masked).as_deref(), Some("WIF"));
        assert_eq!(of(ValueType::Text, 0, Manner::Masked).as_deref(), Some("W••"));
        assert_eq!(of(ValueType::Text, 0, Manner::Whole).as_deref(), Some("WIF"));
        assert_eq!(of(ValueType::Text, 1, Manner::Whole), None);
        let numbers = Int64Array::from(vec![1250]);
        let shown = text(&numbers, 0, &OutputType::One(ValueType::Integer), Manner::Masked);
        assert_eq!(shown.as_deref(), Some("1•••"));
    }
}
