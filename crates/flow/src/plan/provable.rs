//! What does a plan read, does every column of it serve something declared, and does what runs stay within it?

use std::collections::{BTreeMap, BTreeSet};

use causeway_model::{Code, ElementRef, Violation};

use super::rel::Rel;
use crate::source::Scan;

/// Columns by source and table: what a plan may ask of stores.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads(pub BTreeMap<(String, Option<String>), BTreeSet<String>>);

impl Reads {
    /// What the scans of `rel` read.
    pub fn of(rel: &Rel) -> Self {
        let mut reads = Self::default();
        for scan in scans(rel) {
            let columns = reads.0.entry((scan.source.clone(), scan.table.clone())).or_default();
            columns.extend(scan.columns.iter().map(|column| column.column.clone()));
        }
        reads
    }

    /// Refuses a scan that asks for more than was declared.
    pub fn check(&self, scan: &Scan) -> Result<(), Violation> {
        let declared = self.0.get(&(scan.source.clone(), scan.table.clone()));
        let stranger =
            scan.columns.iter().find(|column| !declared.is_some_and(|declared| declared.contains(&column.column)));
        match stranger {
            None => Ok(()),
            Some(column) => Err(Violation::new(
                Code::PlanNotProvable,
                column.element.to_string(),
                "what would run reads a column that the plan does not declare",
            )),
        }
    }
}

/// Violations for columns that are read and serve neither an output, nor a selection, nor a rule.
pub fn every_read_serves(rel: &Rel, served: &BTreeSet<ElementRef>) -> Vec<Violation> {
    let columns = scans(rel).into_iter().flat_map(|scan| &scan.columns);
    let idle = columns.filter(|column| !served.contains(&column.element));
    idle.map(|column| {
        Violation::new(Code::PlanNotProvable, column.element.to_string(), "the plan reads it and uses it for nothing")
    })
    .collect()
}

/// Every scan of a plan.
pub fn scans(rel: &Rel) -> Vec<&Scan> {
    match rel {
        Rel::Scan(scan) => vec![scan],
        Rel::Facet { input, other, .. } => {
            let mut found = scans(input);
            found.push(other);
            found
        }
        Rel::Merge { input, .. }
        | Rel::Filter { input, .. }
        | Rel::Release { input, .. }
        | Rel::Distinct { input, .. }
        | Rel::Compute { input, .. } => scans(input),
        Rel::Relate { input, one: other, .. } | Rel::Gather { input, many: other, .. } => {
            let mut found = scans(input);
            found.extend(scans(other));
            found
        }
    }
}
