//! How are the rows of a list of keys asked for, a thousand keys a statement, each row by one statement only?
//!
//! Keys are personal: they stand as hex in what is sent, and never in an error or an outlook. Two keys that a collation
//! calls equal stay two keys, because every list is compared byte for byte as well.

use std::collections::BTreeSet;
use std::sync::Arc;

use causeway_flow::source::{KeyList, KeyValue};
use causeway_model::ValueType;

use super::definition::Kind;
use super::filter::text_literal;
use super::known::Known;
use super::statement::{bytes, text};

/// Keys in one statement.
const KEYS: usize = 1_000;

/// How keys are compared with their column.
enum By {
    /// Texts, byte for byte.
    Text,
    /// UUIDs as the server's own type.
    Uuid,
    /// UUIDs of 16 bytes.
    Bytes,
    /// UUIDs as text of either case, in each of the spellings that the column has room for.
    Spellings(usize),
    /// UUIDs as text, brought into one spelling by the server, without an index.
    Spelt,
    /// Whole numbers.
    Integer,
}

/// A list of keys, and how they are asked for.
pub(super) struct Keys {
    by: By,
    /// All distinct keys.
    values: Vec<KeyValue>,
    next: usize,
}

impl Keys {
    /// The keys of `list`; none where the column's type does not let them be compared exactly.
    pub(super) fn new(known: &Known<'_>, list: &KeyList) -> Option<Self> {
        use ValueType as T;
        let data_type = known.real.map(|real| real.data_type.as_str());
        let by = match (known.kind, &known.column.value_type) {
            (Kind::Text, T::Text | T::Code(_) | T::Place(_)) => By::Text,
            (Kind::Text, T::Uuid) if data_type == Some("uuid") => By::Uuid,
            (Kind::Text, T::Uuid) => {
                let real = known.real.filter(|real| matches!(real.data_type.as_str(), "char" | "varchar"));
                let any_case = |name: &str| name.ends_with("_ci");
                match real.and_then(|real| Some((real.collation.as_deref()?, real.characters?))) {
                    Some((collation, room)) if any_case(collation) => By::Spellings(usize::try_from(room).ok()?),
                    _ => By::Spelt,
                }
            }
            (Kind::Bytes, T::Uuid) => By::Bytes,
            (Kind::Integer { .. }, T::Integer | T::Code(_) | T::Text) => By::Integer,
            _ => return None,
        };
        let mut seen: BTreeSet<Vec<u8>> = BTreeSet::new();
        let mut values = Vec::new();
        for value in Arc::as_ref(&list.values) {
            let (bytes, fits) = match value {
                KeyValue::Text(text) => (text.expose().clone().into_bytes(), fits(&by, text.expose())),
                KeyValue::Integer(number) => (number.expose().to_string().into_bytes(), matches!(by, By::Integer)),
            };
            if !fits {
                return None;
            }
            if seen.insert(bytes) {
                values.push(value.clone());
            }
        }
        Some(Self { by, values, next: 0 })
    }

    /// The condition of the next statement; none after the last.
    pub(super) fn condition(&mut self, known: &Known<'_>) -> Option<String> {
        let keys = self.values.get(self.next..)?.chunks(KEYS).next()?;
        self.next += keys.len();
        let texts: Vec<String> = keys.iter().map(shown).collect();
        let list =
            |literal: &dyn Fn(&str) -> String| texts.iter().map(|key| literal(key)).collect::<Vec<_>>().join(", ");
        let name = known.name();
        Some(match self.by {
            By::Text => {
                let exact = format!("{} IN ({})", known.exact(), list(&text_literal));
                match known.by_index(texts.iter().map(String::as_str)) {
                    Some(by_index) => format!("({by_index} AND {exact})"),
                    None => exact,
                }
            }
            By::Uuid => format!("{name} IN ({})", list(&text)),
            By::Bytes => format!("{name} IN ({})", list(&|key| format!("x'{}'", key.replace('-', "")))),
            By::Spellings(room) => {
                let spelt = texts.iter().flat_map(|key| spellings(key)).filter(|key| key.len() <= room);
                format!("{name} IN ({})", spelt.map(|key| text(&key)).collect::<Vec<_>>().join(", "))
            }
            By::Spelt => {
                let one = ["-", "{", "}", "urn:uuid:"]
                    .iter()
                    .fold(format!("LOWER(CONVERT({name} USING utf8mb4))"), |sql, gone| {
                        format!("REPLACE({sql}, '{gone}', '')")
                    });
                format!("CAST({one} AS BINARY) IN ({})", list(&|key| bytes(key.replace('-', "").as_bytes())))
            }
            By::Integer => format!("{name} IN ({})", texts.join(", ")),
        })
    }

    /// How many keys there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

fn fits(by: &By, key: &str) -> bool {
    match by {
        By::Text => true,
        By::Integer => key.parse::<i64>().is_ok_and(|number| number.to_string() == key),
        By::Uuid | By::Bytes | By::Spellings(_) | By::Spelt => {
            key.len() == 36
                && key.bytes().enumerate().all(|(place, byte)| match place {
                    8 | 13 | 18 | 23 => byte == b'-',
                    _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
                })
        }
    }
}

fn shown(key: &KeyValue) -> String {
    match key {
        KeyValue::Text(text) => text.expose().clone(),
        KeyValue::Integer(number) => number.expose().to_string(),
    }
}

/// Every spelling of a UUID that the decoder reads, apart from its case.
fn spellings(key: &str) -> Vec<String> {
    let plain = key.replace('-', "");
    let mut out = Vec::new();
    for prefix in ["", "urn:uuid:"] {
        for word in [key, &plain] {
            out.push(format!("{prefix}{word}"));
            out.push(format!("{prefix}{{{word}}}"));
        }
    }
    out
}
