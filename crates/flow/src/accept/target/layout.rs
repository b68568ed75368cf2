//! Where do the records of an exchange stand in a target?

use causeway_model::ValueType;

use super::Datum;

/// Where the records of an exchange stand. Names come from documents that were signed, never from what came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Name of the exchange, as markers hold it.
    pub exchange: String,
    /// A mapping for each kind of record; a record and its nested ones name it by its place.
    pub mappings: Vec<Mapping>,
}

/// How records of one kind stand in a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Table as the catalogue writes those of sources: `TABLE`, or `SCHEMA.TABLE` on PostgreSQL.
    pub table: String,
    /// Columns that identify a row. Those that are no mapped column are filled in by the target.
    pub key: Vec<Column>,
    /// Columns that records write, and rules read as `current`.
    pub columns: Vec<Column>,
    /// For nested records: the columns that hold the key of the record around it, in the order of its key.
    pub parent: Vec<Column>,
    /// By what a row that somebody changed meanwhile is known. Without it, by every mapped column.
    pub version: Option<Version>,
    /// A mapped column of which a smaller value never overwrites a larger one.
    pub sequence: Option<String>,
    /// What undoing writes into a row that was inserted: a status, since nothing is deleted.
    pub retire: Option<(Column, Datum)>,
}

/// A column and the type of its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Name in the target.
    pub name: String,
    /// Type that values must have there.
    pub value_type: ValueType,
}

/// The column by which each change of a row is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// The column.
    pub column: Column,
    /// Who gives it its next value: we, by one more, or a trigger of the target.
    pub raised_by: Raiser,
}

/// Who gives a version column its next value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raiser {
    /// Whoever writes: one more than it was.
    Writer,
    /// The target itself.
    Target,
}

impl Column {
    /// A column.
    pub fn new(name: impl Into<String>, value_type: ValueType) -> Self {
        Self { name: name.into(), value_type }
    }
}

impl Mapping {
    /// The place of a mapped column.
    pub fn place(&self, column: &str) -> Option<usize> {
        self.columns.iter().position(|known| known.name == column)
    }

    /// Every column that is read, each once: key, parent, mapped, version, status.
    pub fn reads(&self) -> Vec<&Column> {
        let others =
            self.version.iter().map(|version| &version.column).chain(self.retire.iter().map(|(status, _)| status));
        let mut all: Vec<&Column> = Vec::new();
        for column in self.key.iter().chain(&self.parent).chain(&self.columns).chain(others) {
            if !all.iter().any(|known| known.name == column.name) {
                all.push(column);
            }
        }
        all
    }

    /// Columns that an insert writes: mapped ones and those of the parent.
    pub fn inserts(&self) -> Vec<&Column> {
        let mut all: Vec<&Column> = self.columns.iter().collect();
        all.extend(self.parent.iter().filter(|column| self.place(&column.name).is_none()));
        all
    }

    /// Columns that an update or an undoing writes: mapped ones that are no part of the key, the version, the status.
    pub fn updates(&self) -> Vec<&Column> {
        let is_key = |column: &Column| self.key.iter().any(|key| key.name == column.name);
        let mut all: Vec<&Column> = self.columns.iter().filter(|column| !is_key(column)).collect();
        let raised = self.version.iter().filter(|version| version.raised_by == Raiser::Writer).map(|v| &v.column);
        for column in raised.chain(self.retire.iter().map(|(status, _)| status)) {
            if !all.iter().any(|known| known.name == column.name) {
                all.push(column);
            }
        }
        all
    }
}
