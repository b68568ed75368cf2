//! Who is asked for, if exactly one record has everything that was said?
//!
//! Looked at before anything is decided over anybody: whether a record is within the population or withheld changes neither what is
//! asked of the source nor whether two records are too many.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use arrow::array::{Array, ArrayRef, AsArray};
use arrow::datatypes::{DataType, Date32Type, Int64Type};
use causeway_model::catalogue::Entity;
use causeway_model::exchange::{Asked, LookUp};
use causeway_model::{Code, ValueType, Violation};
use jiff::civil::Date;
use serde_json::Value;

use crate::Personal;
use crate::aggregate::{self, Memory};
use crate::error::FlowError;
use crate::plan::Plan;
use crate::source::{Extract, KeyList, KeyValue};

/// A question for one person: the elements of one set, each with what it must be.
///
/// Holds a person's values: it cannot be printed.
pub struct Question {
    set: usize,
    by: Vec<Given>,
}

/// What an element must be.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Given {
    Text(String),
    Integer(i64),
    /// Days since 1970-01-01.
    Day(i32),
}

/// The key of the record that was found; none where there is no such record, or more than one.
pub type Found = Option<KeyValue>;

impl Question {
    /// Reads what was given: the elements of exactly one set.
    ///
    /// # Errors
    /// Other elements than those of a set, or a value of another type: named by its element, never by the value.
    pub fn read(root: &Entity, look_up: &LookUp, given: &BTreeMap<String, Value>) -> Result<Self, Violation> {
        let names: BTreeSet<&str> = given.keys().map(String::as_str).collect();
        let is = |asked: &Asked| asked.elements().collect::<BTreeSet<_>>() == names;
        let Some((set, asked)) = look_up.by.iter().enumerate().find(|(_, asked)| is(asked)) else {
            let sets: Vec<String> =
                look_up.by.iter().map(|asked| asked.elements().collect::<Vec<_>>().join(" + ")).collect();
            let detail = format!("a person is asked for by all elements of one of these sets: {}", sets.join("; "));
            return Err(Violation::new(Code::UnknownName, "look_up", detail));
        };
        let by = asked.elements().map(|name| {
            let element = root.element(name);
            let value = element.and_then(|element| read(&element.value_type, given.get(name)?));
            let wrong = || Violation::new(Code::WrongType, name, "it is not written as a value of its type");
            let value = value.ok_or_else(wrong)?;
            let most = element.map_or(0, |element| element.max_length as usize);
            match &value {
                Given::Text(text) if text.chars().count() > most => {
                    Err(Violation::new(Code::ValueOversize, name, format!("it has more than {most} characters")))
                }
                _ => Ok(value),
            }
        });
        Ok(Self { set, by: by.collect::<Result<_, _>>()? })
    }

    /// Which set of elements it gives.
    pub fn set(&self) -> usize {
        self.set
    }

    /// What was given of each element of the set, as bytes of which only keyed digests may be kept.
    pub fn given(&self) -> impl ExactSizeIterator<Item = Personal<Vec<u8>>> {
        self.by.iter().map(|given| Personal::new(given.bytes()))
    }
}

impl Given {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Given::Text(text) => text.as_bytes().to_vec(),
            Given::Integer(number) => number.to_string().into_bytes(),
            Given::Day(day) => day.to_be_bytes().to_vec(),
        }
    }

    fn key(&self) -> Option<KeyValue> {
        match self {
            Given::Text(text) => Some(KeyValue::Text(Personal::new(text.clone()))),
            Given::Integer(number) => Some(KeyValue::Integer(Personal::new(*number))),
            Given::Day(_) => None,
        }
    }

    /// The value of a row; none where there is none.
    fn of(column: &ArrayRef, row: usize) -> Option<Self> {
        if column.is_null(row) {
            return None;
        }
        match column.data_type() {
            DataType::Utf8 => Some(Given::Text(column.as_string::<i32>().value(row).to_owned())),
            DataType::Int64 => Some(Given::Integer(column.as_primitive::<Int64Type>().value(row))),
            DataType::Date32 => Some(Given::Day(column.as_primitive::<Date32Type>().value(row))),
            _ => None,
        }
    }
}

fn read(of: &ValueType, value: &Value) -> Option<Given> {
    match (of, value) {
        (ValueType::Integer, Value::Number(number)) => number.as_i64().map(Given::Integer),
        (ValueType::Date, Value::String(text)) => {
            let day: Date = text.parse().ok()?;
            let days = (day - Date::constant(1970, 1, 1)).get_days();
            (day.to_string() == *text).then_some(Given::Day(days))
        }
        (ValueType::Uuid, Value::String(text)) => Some(Given::Text(text.to_ascii_lowercase())),
        (ValueType::Text | ValueType::Code(_), Value::String(text)) => Some(Given::Text(text.clone())),
        _ => None,
    }
}

/// Answers each question, in the order given.
///
/// # Errors
/// A source that cannot be read; a plan of an exchange that lets nobody be asked for.
pub fn find(
    extract: &mut Extract,
    plan: &Plan,
    look_up: &LookUp,
    questions: &[&Question],
    memory: &Memory,
) -> Result<Vec<Found>, FlowError> {
    let lost = |detail: &str| FlowError::Internal { place: "disclose/find", detail: detail.to_owned() };
    let rel = plan.find.as_ref().ok_or_else(|| lost("nobody may be asked for"))?;
    let key = plan.rules.key().first().ok_or_else(|| lost("a root without a key"))?;
    let mut found: Vec<Seen> = questions.iter().map(|_| Seen::Nobody).collect();
    for (set, asked) in look_up.by.iter().enumerate() {
        let mut wanted: HashMap<&[Given], Vec<usize>> = HashMap::new();
        for (number, question) in questions.iter().enumerate().filter(|(_, question)| question.set == set) {
            wanted.entry(&question.by).or_default().push(number);
        }
        if wanted.is_empty() {
            continue;
        }
        let values: Vec<KeyValue> = wanted.keys().filter_map(|by| by.first()?.key()).collect();
        let list = KeyList { column: asked.find_by.clone(), values: values.into() };
        for batch in aggregate::find(extract, rel, list, memory)? {
            let records = batch?.records;
            let columns: Option<Vec<&ArrayRef>> = asked.elements().map(|name| records.column_by_name(name)).collect();
            let (columns, keys) =
                columns.zip(records.column_by_name(key)).ok_or_else(|| lost("a column is not there"))?;
            for row in 0..records.num_rows() {
                let by: Option<Vec<Given>> = columns.iter().map(|column| Given::of(column, row)).collect();
                let Some(numbers) = by.and_then(|by| wanted.get(by.as_slice())) else { continue };
                for number in numbers {
                    let Some(seen) = found.get_mut(*number) else { continue };
                    *seen = match (&seen, Given::of(keys, row)) {
                        (Seen::Nobody, Some(key)) => Seen::One(key),
                        // A record without a key can be told apart from nobody.
                        _ => Seen::Several,
                    };
                }
            }
        }
    }
    Ok(found.into_iter().map(Seen::alone).collect())
}

enum Seen {
    Nobody,
    One(Given),
    Several,
}

impl Seen {
    fn alone(self) -> Found {
        match self {
            Seen::One(key) => key.key(),
            Seen::Nobody | Seen::Several => None,
        }
    }
}
