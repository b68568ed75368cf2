//! What is one output made of?

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Transform;
use crate::Value;
use crate::population::Predicate;

/// One output. Exactly one of `from`, `reduce`, `each`, `concat`, `sql`, `constant` says what it is made of.
///
/// Paths start at the record that is being written and walk steps to one: `given_name`, `household.camp`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Field {
    /// Name in the output.
    pub name: String,
    /// What it is, for the partner. The element's own description unless said.
    #[serde(default)]
    pub description: Option<String>,
    /// An element, by its path.
    #[serde(default)]
    pub from: Option<String>,
    /// A reduction over related records; `of` says over what.
    #[serde(default)]
    pub reduce: Option<Reduction>,
    /// With `reduce`: path of an element whose last step leads to many: `household.assistance.amount`. For `count` and `any`, the step alone.
    #[serde(default)]
    pub of: Option<String>,
    /// With `reduce: first | latest`: elements of the related record that decide, most significant first. A missing value is lowest.
    #[serde(default)]
    pub by: Vec<String>,
    /// A nested list of the records that a step to many leads to.
    #[serde(default)]
    pub each: Option<String>,
    /// With `each`: outputs of each item.
    #[serde(default)]
    pub fields: Vec<Field>,
    /// With `each`: elements by which items are ordered; by all outputs unless said, so that the order tells nothing.
    #[serde(default)]
    pub order_by: Vec<String>,
    /// With `reduce` or `each`: only related records that meet this. Paths start at the related record.
    #[serde(default, rename = "where")]
    pub filter: Option<Predicate>,
    /// Several elements joined by `separator`; a missing one is left out with its separator.
    #[serde(default)]
    pub concat: Vec<String>,
    /// With `concat`.
    #[serde(default)]
    pub separator: Option<String>,
    /// A scalar SQL expression over the names in `inputs`, where no transform serves.
    #[serde(default)]
    pub sql: Option<String>,
    /// With `sql`: name in the expression, path of the element.
    #[serde(default)]
    pub inputs: BTreeMap<String, String>,
    /// The same value in every record.
    #[serde(default)]
    pub constant: Option<Value>,
    /// Transforms, applied in order.
    #[serde(default)]
    pub transform: Vec<Transform>,
}

/// How related records become one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Reduction {
    /// Value of the record that is lowest by `by`.
    First,
    /// Value of the record that is highest by `by`.
    Latest,
    /// Number of records; 0 if none.
    Count,
    /// Sum of the values that are there; 0 if none.
    Sum,
    /// Lowest value; nothing if none.
    Min,
    /// Highest value; nothing if none.
    Max,
    /// Whether there is any record.
    Any,
    /// All values that are there, in ascending order.
    List,
}

/// What an output is made of, exactly one thing.
#[derive(Clone, Copy, Debug)]
pub enum FieldSource<'f> {
    /// An element.
    From(&'f str),
    /// A reduction over related records.
    Reduce(Reduction, &'f str),
    /// A nested list.
    Each(&'f str),
    /// Several elements joined.
    Concat(&'f [String], &'f str),
    /// An SQL expression.
    Sql(&'f str),
    /// A constant.
    Constant(&'f Value),
}

impl Field {
    /// What the output is made of, or what is wrong with the way it says so.
    pub fn source(&self) -> Result<FieldSource<'_>, String> {
        let mut found = Vec::new();
        if let Some(path) = &self.from {
            found.push(FieldSource::From(path));
        }
        match (self.reduce, &self.of) {
            (Some(reduction), Some(of)) => found.push(FieldSource::Reduce(reduction, of)),
            (Some(_), None) => return Err("`reduce` needs `of`".to_owned()),
            (None, Some(_)) => return Err("`of` needs `reduce`".to_owned()),
            (None, None) => {}
        }
        if let Some(step) = &self.each {
            found.push(FieldSource::Each(step));
        }
        if !self.concat.is_empty() {
            found.push(FieldSource::Concat(&self.concat, self.separator.as_deref().unwrap_or(" ")));
        }
        if let Some(text) = &self.sql {
            found.push(FieldSource::Sql(text));
        }
        if let Some(value) = &self.constant {
            found.push(FieldSource::Constant(value));
        }
        match found.as_slice() {
            [one] => {
                self.check_companions(*one)?;
                Ok(*one)
            }
            [] => Err(
                "says nothing of what it is made of: add one of `from`, `reduce`, `each`, `concat`, `sql`, `constant`"
                    .to_owned(),
            ),
            _ => Err("is made of several things: keep one of `from`, `reduce`, `each`, `concat`, `sql`, `constant`"
                .to_owned()),
        }
    }

    fn check_companions(&self, source: FieldSource<'_>) -> Result<(), String> {
        let ordered = matches!(source, FieldSource::Reduce(Reduction::First | Reduction::Latest, _));
        let wrong = [
            (ordered && self.by.is_empty(), "`first` and `latest` need `by`"),
            (!ordered && !self.by.is_empty(), "`by` goes with `reduce: first` or `latest`"),
            (matches!(source, FieldSource::Each(_)) == self.fields.is_empty(), "`each` and `fields` go together"),
            (!matches!(source, FieldSource::Each(_)) && !self.order_by.is_empty(), "`order_by` goes with `each`"),
            (
                matches!(source, FieldSource::Each(_)) && !self.transform.is_empty(),
                "a list takes no transform: transform its fields",
            ),
            (
                !matches!(source, FieldSource::Each(_) | FieldSource::Reduce(..)) && self.filter.is_some(),
                "`where` goes with `reduce` or `each`",
            ),
            (!matches!(source, FieldSource::Concat(..)) && self.separator.is_some(), "`separator` goes with `concat`"),
            (!matches!(source, FieldSource::Sql(_)) && !self.inputs.is_empty(), "`inputs` goes with `sql`"),
        ];
        wrong.iter().find(|(wrong, _)| *wrong).map_or(Ok(()), |(_, why)| Err((*why).to_owned()))
    }
}
