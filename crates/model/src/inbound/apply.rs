//! Which rows of a target does a record become, and what may never happen to them?

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rights::{Kind, Reason};
use crate::{ElementRef, Value, ValueType};

/// How a record is applied: one transaction of the target for a record and its nested ones.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Apply {
    /// The target, by its name in the catalogue.
    pub target: String,
    /// The tables: the record's own first, then one for each nested list that is applied.
    pub tables: Vec<TableMap>,
}

/// Which row of one table a record becomes.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableMap {
    /// The table in the target: `TABLE` or `SCHEMA.TABLE`.
    pub table: String,
    /// The nested list whose records become its rows; the record itself unless said.
    #[serde(default)]
    pub each: Option<String>,
    /// Columns that tell a row from every other. Those that are mapped to nothing are given by the target itself.
    pub key: Vec<KeyColumn>,
    /// What each column gets.
    pub columns: Vec<ColumnMap>,
    /// With `each`: lists of fields of the nested record by which its row is found, below the row of the record.
    #[serde(default, rename = "match")]
    pub matching: Vec<Vec<String>>,
    /// With `each`: the columns that hold the key of the record's row, in the order of that key.
    #[serde(default)]
    pub belongs: Vec<String>,
    /// A column that every change alters: an update demands it to be as it was read. Without one, every mapped column must be as it
    /// was read.
    #[serde(default)]
    pub version: Option<VersionColumn>,
    /// What becomes of a record that has no row.
    #[serde(default)]
    pub unmatched: Unmatched,
    /// What an inserted row gets when it is undone: nothing is ever deleted.
    #[serde(default)]
    pub retire: Option<Retire>,
}

/// What one column gets.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ColumnMap {
    /// The column.
    pub column: String,
    /// The field that it gets.
    #[serde(default)]
    pub from: Option<String>,
    /// The same in every row, instead of a field.
    #[serde(default)]
    pub constant: Option<Value>,
    /// Type of the column, where it is another one than the field's; text for a constant unless it is a number or a truth value.
    #[serde(default, rename = "type")]
    pub value_type: Option<ValueType>,
    /// When it is written.
    #[serde(default)]
    pub on: OnWrite,
}

/// When a column is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnWrite {
    /// When a row is inserted and when it is updated.
    #[default]
    Both,
    /// When a row is inserted only.
    Insert,
    /// When a row is updated only.
    Update,
    /// Never: it is what a row is found by. With a constant, only rows that have it are found.
    Never,
}

/// A column of a table's key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyColumn {
    /// The column.
    pub column: String,
    /// Its type, where it is mapped to no field.
    #[serde(default, rename = "type")]
    pub value_type: Option<ValueType>,
}

/// A column that every change of a row alters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionColumn {
    /// The column.
    pub column: String,
    /// Its type; a whole number unless said.
    #[serde(default, rename = "type")]
    pub value_type: Option<ValueType>,
    /// Who gives it its next value.
    pub raised_by: RaisedBy,
}

/// Who gives a version column its next value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RaisedBy {
    /// Whoever writes: one more than it was.
    Writer,
    /// The target itself.
    Target,
}

/// What becomes of a record that has no row in the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Unmatched {
    /// It waits for a person.
    #[default]
    Wait,
    /// It becomes a new row.
    Insert,
}

/// What an inserted row gets when it is undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Retire {
    /// The column of its status.
    pub column: String,
    /// Its type; text unless said, or that of the field that it is mapped to.
    #[serde(default, rename = "type")]
    pub value_type: Option<ValueType>,
    /// The status of a row that is not used any more.
    pub value: Value,
}

/// A value that is a decision of the person: it is recorded in the register of decisions when the record is applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decides {
    /// The field.
    pub field: String,
    /// The value, after translation, that means it.
    pub value: Value,
    /// What was decided. Only what takes something away may come in.
    pub decision: Kind,
    /// The field that holds the person's key, as the disclosure record knows it.
    pub person: String,
    /// Why, as the register of decisions writes it.
    pub reason: Reason,
}

/// What the partner is told of the row that a record became.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tells {
    /// The column of the record's row.
    pub column: String,
    /// The element that it is; the arrangement must agree that it leaves as it is.
    pub element: ElementRef,
}

impl Apply {
    /// The table of the record itself.
    pub fn root(&self) -> Option<&TableMap> {
        self.tables.iter().find(|table| table.each.is_none())
    }
}

impl TableMap {
    /// The column that holds a field.
    pub fn column_of(&self, field: &str) -> Option<&ColumnMap> {
        self.columns.iter().find(|map| map.from.as_deref() == Some(field))
    }
}
