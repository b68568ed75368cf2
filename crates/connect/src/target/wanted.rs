//! Which rights are the least with which an exchange's records can be written?

use std::collections::BTreeMap;

use causeway_flow::accept::target::{Column, Layout};

use super::marker;

/// Rights to one table, each for some columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    /// Table as the catalogue writes it.
    pub(super) table: String,
    /// Columns that are read.
    pub(super) selects: Vec<String>,
    /// Columns that a new row is given.
    pub(super) inserts: Vec<String>,
    /// Columns that are changed.
    pub(super) updates: Vec<String>,
}

impl Wanted {
    fn of(table: &str) -> Self {
        Self { table: table.to_owned(), selects: Vec::new(), inserts: Vec::new(), updates: Vec::new() }
    }

    fn add(&mut self, selects: Vec<&Column>, inserts: Vec<&Column>, updates: Vec<&Column>) {
        for (all, more) in [(&mut self.selects, selects), (&mut self.inserts, inserts), (&mut self.updates, updates)] {
            for column in more {
                if !all.contains(&column.name) {
                    all.push(column.name.clone());
                }
            }
        }
    }
}

/// What our own table asks for.
pub(super) fn for_marker() -> Wanted {
    let columns = marker::columns();
    let named = |names: &[&str]| columns.iter().filter(|column| names.contains(&column.name.as_str())).collect();
    let mut wanted = Wanted::of(marker::TABLE);
    let inserts = columns.iter().filter(|column| column.name != marker::ID).collect();
    wanted.add(columns.iter().collect(), inserts, named(&[marker::OUTCOME, marker::UNDO]));
    wanted
}

/// What the records of exchanges ask for: a line for each table, our own first.
pub(super) fn wanted<'l>(layouts: impl IntoIterator<Item = &'l Layout>) -> Vec<Wanted> {
    let mut tables: BTreeMap<&str, Wanted> = BTreeMap::new();
    for mapping in layouts.into_iter().flat_map(|layout| &layout.mappings) {
        let wanted = tables.entry(&mapping.table).or_insert_with(|| Wanted::of(&mapping.table));
        wanted.add(mapping.reads(), mapping.inserts(), mapping.updates());
    }
    std::iter::once(for_marker()).chain(tables.into_values()).collect()
}
