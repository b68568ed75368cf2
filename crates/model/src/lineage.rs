//! What is an output made of, what were its records selected by, and does the arrangement agree to both?

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Code, Form, Violation};

/// One element of one entity: `individual.date_of_birth`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ElementRef {
    /// Entity.
    pub entity: String,
    /// Element of that entity.
    pub element: String,
}

impl ElementRef {
    /// The element of that entity.
    pub fn new(entity: impl Into<String>, element: impl Into<String>) -> Self {
        Self { entity: entity.into(), element: element.into() }
    }
}

impl fmt::Display for ElementRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.entity, self.element)
    }
}

impl FromStr for ElementRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('.') {
            Some((entity, element)) if !entity.is_empty() && !element.is_empty() && !element.contains('.') => {
                Ok(Self::new(entity, element))
            }
            _ => Err(format!("`{text}` names no element: write ENTITY.ELEMENT")),
        }
    }
}

impl Serialize for ElementRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for ElementRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for ElementRef {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ElementRef".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": r"^[^.]+\.[^.]+$", "description": "ENTITY.ELEMENT" })
    }
}

/// How an element took part in selecting records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Selected {
    /// It stands in a filter.
    Filter,
    /// Records were joined by it.
    Join,
    /// Records were grouped by it.
    Group,
    /// It decided which record is first, latest or within a limit.
    Order,
    /// A rule of the house looked at it: consent, a confidentiality mark. Always allowed, never a value for that.
    Rule,
}

impl fmt::Display for Selected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Selected::Filter => "filters by",
            Selected::Join => "joins by",
            Selected::Group => "groups by",
            Selected::Order => "orders by",
            Selected::Rule => "obeys",
        })
    }
}

/// What one output is made of: elements, each in the widest forms in which it takes part.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ValueLineage(pub BTreeSet<(ElementRef, Form)>);

impl ValueLineage {
    /// The value of one element itself.
    pub fn raw(element: ElementRef) -> Self {
        Self(BTreeSet::from([(element, Form::Raw)]))
    }

    /// Everything of both.
    pub fn union(mut self, other: &ValueLineage) -> Self {
        self.0.extend(other.0.iter().cloned());
        self
    }

    /// The same elements, each form changed by `change`.
    pub fn map(&self, change: impl Fn(Form) -> Form) -> Self {
        Self(self.0.iter().map(|(element, form)| (element.clone(), change(*form))).collect())
    }
}

/// What records were selected by: elements, always by their whole value, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SelectionLineage(pub BTreeSet<(ElementRef, Selected)>);

/// What the arrangement, with the catalogue's relations, agrees to.
#[derive(Clone, Debug, Default)]
pub struct Agreed {
    /// Elements and the forms in which they may leave.
    pub values: BTreeMap<ElementRef, BTreeSet<Form>>,
    /// Elements of the population and of `may_select_by`.
    pub selectors: BTreeSet<ElementRef>,
    /// Elements that relations of the catalogue join on. They may join and group; they are no value for that.
    pub relation_keys: BTreeSet<ElementRef>,
}

impl Agreed {
    /// Whether `element` may leave in `form`.
    pub fn allows(&self, element: &ElementRef, form: Form) -> bool {
        self.values.get(element).is_some_and(|forms| forms.iter().any(|agreed| form.within(*agreed)))
    }

    /// Why the output `name` may not be made of `lineage`; empty if it may.
    pub fn check_value(&self, name: &str, lineage: &ValueLineage) -> Vec<Violation> {
        let refuse = |(element, form): &(ElementRef, Form)| {
            if self.allows(element, *form) {
                return None;
            }
            Some(match self.values.get(element) {
                None => Violation::new(
                    Code::ElementNotAgreed,
                    element.to_string(),
                    format!("output `{name}` is made of it, and the arrangement does not name it"),
                ),
                Some(forms) => {
                    let agreed: Vec<String> = forms.iter().map(Form::to_string).collect();
                    Violation::new(
                        Code::FormWiderThanAgreed,
                        element.to_string(),
                        format!("output `{name}` holds it as `{form}`, agreed is `{}`", agreed.join("`, `")),
                    )
                }
            })
        };
        lineage.0.iter().filter_map(refuse).collect()
    }

    /// Why records may not be selected by `lineage`; empty if they may.
    ///
    /// An element selects by its whole value: one that is agreed only in a narrower form may not select on that ground.
    pub fn check_selection(&self, lineage: &SelectionLineage) -> Vec<Violation> {
        let refuse = |(element, how): &(ElementRef, Selected)| {
            let by_key = matches!(how, Selected::Join | Selected::Group) && self.relation_keys.contains(element);
            if by_key || *how == Selected::Rule || self.selectors.contains(element) || self.allows(element, Form::Raw) {
                return None;
            }
            Some(Violation::new(
                Code::SelectionNotAgreed,
                element.to_string(),
                format!(
                    "the exchange {how} it, and it is neither agreed as `raw` nor in the population nor in `may_select_by`"
                ),
            ))
        };
        lineage.0.iter().filter_map(refuse).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agreed() -> Agreed {
        let born = ElementRef::new("person", "born");
        Agreed {
            values: BTreeMap::from([(born, BTreeSet::from([Form::AgeBand]))]),
            selectors: BTreeSet::from([ElementRef::new("person", "camp")]),
            relation_keys: BTreeSet::from([ElementRef::new("person", "id")]),
        }
    }

    #[test]
    fn a_value_must_be_agreed_in_its_form() {
        let band = ValueLineage::raw(ElementRef::new("person", "born")).map(|_| Form::AgeBand);
        assert_eq!(agreed().check_value("age", &band), []);
        let raw = ValueLineage::raw(ElementRef::new("person", "born"));
        assert_eq!(
            agreed().check_value("age", &raw).iter().map(|v| v.code).collect::<Vec<_>>(),
            [Code::FormWiderThanAgreed]
        );
        let other = ValueLineage::raw(ElementRef::new("person", "id"));
        assert_eq!(
            agreed().check_value("id", &other).iter().map(|v| v.code).collect::<Vec<_>>(),
            [Code::ElementNotAgreed]
        );
    }

    #[test]
    fn a_key_may_join_but_not_filter_and_a_band_may_not_order() {
        let select = |name: &str, how| SelectionLineage(BTreeSet::from([(ElementRef::new("person", name), how)]));
        assert!(agreed().check_selection(&select("id", Selected::Join)).is_empty());
        assert!(agreed().check_selection(&select("camp", Selected::Filter)).is_empty());
        for (name, how) in
            [("id", Selected::Filter), ("id", Selected::Order), ("born", Selected::Order), ("other", Selected::Join)]
        {
            assert_eq!(agreed().check_selection(&select(name, how)).len(), 1, "{name}");
        }
    }
}
