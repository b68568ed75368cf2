//! Which identifiers stand in paths, conditions and outputs? What they mean depends on where the path starts.

use causeway_model::exchange::{Field, Reduction, Transform};
use causeway_model::population::Predicate;
use causeway_model::{Value, ValueType};

use super::Identifier;
use super::walk::Walk;

/// Where a path leads: the entity, and its element where the path ends with one.
struct Led {
    entity: String,
    element: Option<String>,
}

impl Walk<'_, '_> {
    /// Renames a path that starts at `entity`, step by step.
    fn path(&mut self, entity: &str, path: &mut String, at: &str) -> Led {
        let mut led = Led { entity: entity.to_owned(), element: None };
        let mut renamed = Vec::new();
        for segment in path.split('.') {
            if let Some(step) = self.before.step(&led.entity, segment) {
                renamed.push(self.ask_in(Identifier::Step, &led.entity, segment, at));
                led.entity = step.target().to_owned();
            } else {
                renamed.push(self.ask_in(Identifier::Element, &led.entity, segment, at));
                led.element = Some(segment.to_owned());
            }
        }
        *path = renamed.join(".");
        led
    }

    /// Renames a literal that an element is compared with.
    pub(super) fn literal(&mut self, entity: &str, element: &str, value: &mut Value, at: &str) {
        let declared = self.before.entity(entity).and_then(|entity| entity.element(element));
        let Value::Text(text) = value else { return };
        let renamed = match declared.map(|element| &element.value_type) {
            Some(ValueType::Code(list)) => self.ask_in(Identifier::Code, list, text, at),
            Some(ValueType::Place(_)) => self.ask(Identifier::Place, text, at),
            Some(ValueType::Text | ValueType::Uuid | ValueType::Bytes) | None => {
                self.ask_in(Identifier::Literal, &format!("{entity}.{element}"), text, at)
            }
            // Numbers, dates and truth are the same everywhere.
            Some(_) => return,
        };
        *value = Value::Text(renamed);
    }

    /// Renames a condition on records of `entity`.
    pub(super) fn predicate(&mut self, entity: &str, predicate: &mut Predicate, at: &str) {
        match predicate {
            Predicate::All(parts) => self.predicates(entity, parts, &format!("{at}/all")),
            Predicate::Any(parts) => self.predicates(entity, parts, &format!("{at}/any")),
            Predicate::Not(part) => self.predicate(entity, part, &format!("{at}/not")),
            Predicate::In(set) => {
                let led = self.path(entity, &mut set.element, &format!("{at}/in/element"));
                for (i, value) in set.values.iter_mut().enumerate() {
                    self.compared(&led, value, &format!("{at}/in/values/{i}"));
                }
            }
            Predicate::Range(range) => {
                let led = self.path(entity, &mut range.element, &format!("{at}/range/element"));
                for (member, value) in [("from", &mut range.from), ("to", &mut range.to)] {
                    if let Some(value) = value {
                        self.compared(&led, value, &format!("{at}/range/{member}"));
                    }
                }
            }
            Predicate::Null(path) => {
                self.path(entity, &mut path.element, &format!("{at}/null/element"));
            }
        }
    }

    fn predicates(&mut self, entity: &str, parts: &mut [Predicate], at: &str) {
        for (i, part) in parts.iter_mut().enumerate() {
            self.predicate(entity, part, &format!("{at}/{i}"));
        }
    }

    fn compared(&mut self, led: &Led, value: &mut Value, at: &str) {
        if let Some(element) = &led.element {
            self.literal(&led.entity, element, value, at);
        }
    }

    /// Renames what an output of a record of `entity` is made of. Its own name is the partner's, and stays.
    pub(super) fn field(&mut self, entity: &str, field: &mut Field, at: &str) {
        let name = field.name.clone();
        let mut made_of = None;
        if let Some(path) = &mut field.from {
            made_of = Some(self.path(entity, path, &format!("{at}/from")));
        }
        if let Some(path) = &mut field.of {
            let led = self.path(entity, path, &format!("{at}/of"));
            self.related(&led.entity, field, at);
            // What is counted has no codes any more.
            let values = !matches!(field.reduce, Some(Reduction::Count | Reduction::Any));
            made_of = values.then_some(led);
        }
        if let Some(path) = &mut field.each {
            let led = self.path(entity, path, &format!("{at}/each"));
            self.related(&led.entity, field, at);
            for (i, inner) in field.fields.iter_mut().enumerate() {
                self.field(&led.entity, inner, &format!("{at}/fields/{i}"));
            }
        }
        for (i, path) in field.concat.iter_mut().enumerate() {
            self.path(entity, path, &format!("{at}/concat/{i}"));
        }
        for (input, path) in &mut field.inputs {
            self.path(entity, path, &format!("{at}/inputs/{input}"));
        }
        if let Some(text) = &mut field.sql {
            *text = self.ask_in(Identifier::Expression, &name, text, &format!("{at}/sql"));
        }
        if let Some(value) = &mut field.constant {
            self.written(&name, value, &format!("{at}/constant"));
        }
        for (i, transform) in field.transform.iter_mut().enumerate() {
            self.transform(&name, made_of.as_ref(), transform, &format!("{at}/transform/{i}"));
        }
    }

    /// What stands beside a step to many: which records, and in what order.
    fn related(&mut self, entity: &str, field: &mut Field, at: &str) {
        if let Some(filter) = &mut field.filter {
            self.predicate(entity, filter, &format!("{at}/where"));
        }
        for (member, paths) in [("by", &mut field.by), ("order_by", &mut field.order_by)] {
            for (i, path) in paths.iter_mut().enumerate() {
                self.path(entity, path, &format!("{at}/{member}/{i}"));
            }
        }
    }

    fn transform(&mut self, output: &str, made_of: Option<&Led>, transform: &mut Transform, at: &str) {
        match transform {
            Transform::CodeMap(rule) => {
                for (code, theirs) in std::mem::take(&mut rule.map) {
                    let at = format!("{at}/code-map/map/{code}");
                    let mut key = Value::Text(code);
                    if let Some(led) = made_of {
                        self.compared(led, &mut key, &at);
                    }
                    let theirs = self.ask_in(Identifier::PartnerCode, output, &theirs, &at);
                    rule.map.insert(key.to_string(), theirs);
                }
                if let Some(vocabulary) = &mut rule.to {
                    self.put(Identifier::Vocabulary, vocabulary, &format!("{at}/code-map/to"));
                }
            }
            Transform::Phone(rule) => {
                if let Some(region) = &mut rule.region {
                    self.put(Identifier::Region, region, &format!("{at}/phone/region"));
                }
                if let Some(plan) = &mut rule.plan {
                    self.put(Identifier::Region, &mut plan.country_code, &format!("{at}/phone/plan/country_code"));
                }
            }
            Transform::Default(rule) | Transform::Otherwise(rule) => {
                if let Some(value) = &mut rule.value {
                    self.written(output, value, at);
                }
            }
            _ => {}
        }
    }

    /// A text that the exchange itself writes.
    fn written(&mut self, output: &str, value: &mut Value, at: &str) {
        if let Value::Text(text) = value {
            *text = self.ask_in(Identifier::Literal, output, text, at);
        }
    }
}
