//! What do the small stores really hold of a person, and in which form could a cell be? Looked up by hand, so that a
//! test of the street does not ask the street.

use causeway_model::catalogue::Catalogue;
use causeway_model::population::Predicate;
use causeway_model::{ElementRef, Form, Value, ValueType};

use super::memory::Table;
use super::small::Stores;

/// The stores, to look people up in.
pub struct LookedUp<'s> {
    catalogue: &'s Catalogue,
    stores: &'s Stores,
}

impl<'s> LookedUp<'s> {
    pub fn new(catalogue: &'s Catalogue, stores: &'s Stores) -> Self {
        Self { catalogue, stores }
    }

    fn table(&self, name: &str) -> &Table {
        self.stores.0.iter().find_map(|source| source.tables.get(name)).unwrap()
    }

    /// The cell of `element` of the record of `entity` with that key, by the catalogue's precedence.
    fn of(&self, entity: &str, key: &str, element: &str) -> Option<String> {
        let entity = self.catalogue.entity(entity).unwrap();
        entity.element(element).unwrap().from.iter().find_map(|origin| {
            let table = self.table(entity.table(&origin.table).unwrap().table.as_ref().unwrap());
            let row = table.rows.iter().find(|row| row[0].as_deref() == Some(key))?;
            row[table.column(&origin.column)].clone()
        })
    }

    /// The cell of a person's own element.
    pub fn cell(&self, person: &str, element: &str) -> Option<String> {
        self.of("person", person, element)
    }

    /// The entity and element that a path from a person ends with: `household.no`.
    pub fn element(&self, path: &str) -> String {
        let mut steps: Vec<&str> = path.split('.').collect();
        let element = steps.pop().unwrap();
        format!("{}.{element}", steps.last().unwrap_or(&"person"))
    }

    /// What a path from a person leads to; every step of it leads to one record.
    fn led_to(&self, person: &str, path: &str) -> Option<String> {
        let steps: Vec<&str> = path.split('.').collect();
        match steps.as_slice() {
            [element] => self.of("person", person, element),
            ["household", rest @ ..] => {
                let household = self.of("person", person, "hh")?;
                self.table("household").rows.iter().find(|row| row[0].as_deref() == Some(household.as_str()))?;
                match rest {
                    [element] => self.of("household", &household, element),
                    ["district", element] => {
                        let district = self.of("household", &household, "district_code")?;
                        self.of("district", &district, element)
                    }
                    _ => panic!("{path}"),
                }
            }
            _ => panic!("{path}"),
        }
    }

    /// Whether a person is inside a population, by Kleene's tables.
    pub fn inside(&self, population: &Predicate, person: &str) -> Option<bool> {
        population.evaluate(&mut |leaf| match leaf {
            Predicate::Null(path) => Some(self.led_to(person, &path.element).is_none()),
            Predicate::In(set) => {
                let found = self.led_to(person, &set.element)?;
                let numeric = self.is_number(&set.element);
                Some(set.values.iter().any(|value| compared(&found, value, numeric).is_eq()))
            }
            Predicate::Range(range) => {
                let found = self.led_to(person, &range.element)?;
                let numeric = self.is_number(&range.element);
                let from = range.from.as_ref().is_none_or(|from| compared(&found, from, numeric).is_ge());
                let to = range.to.as_ref().is_none_or(|to| compared(&found, to, numeric).is_le());
                Some(from && to)
            }
            _ => panic!("no leaf"),
        })
    }

    fn declared(&self, element: &ElementRef) -> &ValueType {
        &self.catalogue.entity(&element.entity).unwrap().element(&element.element).unwrap().value_type
    }

    fn is_number(&self, path: &str) -> bool {
        let element: ElementRef = self.element(path).parse().unwrap();
        matches!(self.declared(&element), ValueType::Integer | ValueType::Decimal(..))
    }

    /// Whether a relation joins on an element.
    pub fn is_key(&self, element: &ElementRef) -> bool {
        let keys = self.catalogue.relation_keys();
        keys.get(element.entity.as_str()).is_some_and(|keys| keys.contains(&element.element.as_str()))
            || self.catalogue.entity(&element.entity).is_some_and(|entity| entity.key.contains(&element.element))
    }

    /// Forms that a cell made of `element` could be in, by its look alone.
    pub fn looks(&self, element: &ElementRef, value: &serde_json::Value) -> Vec<Form> {
        use serde_json::Value as Json;
        match (self.declared(element), value) {
            (ValueType::Boolean, _) => vec![Form::Raw],
            (_, Json::Bool(_)) => vec![Form::Presence],
            (ValueType::Date, Json::Number(number)) => {
                vec![if number.as_i64().unwrap() > 200 { Form::Year } else { Form::Age }]
            }
            (ValueType::Date, Json::String(text)) if ["0-17", "18-59", "60+"].contains(&text.as_str()) => {
                vec![Form::AgeBand]
            }
            (ValueType::Place(levels), Json::String(text)) => {
                let level = levels.iter().position(|length| usize::from(*length) == text.len()).unwrap();
                let whole = level + 1 == levels.len();
                let level = Form::PlaceLevel(u8::try_from(level).unwrap());
                if whole { vec![level, Form::Raw] } else { vec![level] }
            }
            (_, Json::String(text)) if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                vec![Form::Pseudonym]
            }
            (_, Json::String(text)) if text.contains('*') => vec![Form::Masked],
            _ => vec![Form::Raw],
        }
    }
}

fn compared(found: &str, value: &Value, numeric: bool) -> std::cmp::Ordering {
    let text = value.to_string();
    if numeric {
        let [a, b] = [found, &text].map(|number| number.parse::<f64>().unwrap());
        return a.partial_cmp(&b).unwrap();
    }
    found.cmp(&text)
}
