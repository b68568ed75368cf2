//! Which codes are in a source and not in their list?

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use causeway_flow::source::{Hint, Scan, ScanColumn, SourceError, Watch};
use causeway_model::catalogue::Source;
use causeway_model::{Code, ElementRef, ValueType};

use crate::source::{self, Refuse};

/// Unknown codes that are told by name.
const TOLD: usize = 20;

/// A column that the catalogue types as a code, and the codes of its list.
#[derive(Clone, Debug)]
pub struct CodeColumn {
    /// Element that it holds.
    pub element: ElementRef,
    /// Name in the source.
    pub column: String,
    /// The codes of its list.
    pub known: Arc<BTreeSet<String>>,
}

/// Codes that are in a column and not in its list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct UnknownCodes {
    /// The first 20 of them, with the number of records that have them.
    pub codes: BTreeMap<String, u64>,
    /// Records with any unknown code.
    pub records: u64,
}

/// Reads the code columns of one table, streaming, and counts what is in no list; in the order of `columns`.
///
/// Values are told only because the catalogue says that they are codes.
///
/// # Errors
/// As for reading the source.
pub fn distinct_codes(
    source: &Source,
    base: &Path,
    table: Option<&str>,
    columns: &[CodeColumn],
    now: jiff::Timestamp,
) -> Result<Vec<UnknownCodes>, SourceError> {
    let scan_column = |(place, column): (usize, &CodeColumn)| ScanColumn {
        name: format!("c{place}"),
        // The place stands for the element, so that a fault leads back to its column.
        element: ElementRef::new("c", place.to_string()),
        column: column.column.clone(),
        value_type: ValueType::Code(column.element.to_string()),
        codes: Some(column.known.clone()),
        max_length: u32::MAX,
        optional: true,
        format: None,
    };
    let scan = Scan {
        source: source.name.clone(),
        entity: "c".to_owned(),
        table: table.map(str::to_owned),
        columns: columns.iter().enumerate().map(scan_column).collect(),
        hint: Hint::default(),
    };
    let mut found = vec![UnknownCodes::default(); columns.len()];
    let mut snapshot = source::open(source, base)?.snapshot(now, &Watch::default())?;
    for batch in snapshot.scan(&scan)? {
        for (_, faults) in batch?.faults.iter() {
            for fault in faults.iter().filter(|fault| fault.code == Code::CodeUnknown) {
                let place = fault.subject.strip_prefix("c.").and_then(|place| place.parse::<usize>().ok());
                let unknown = place.and_then(|place| found.get_mut(place));
                let unknown =
                    unknown.ok_or_else(|| Refuse(&source.name).malformed("a fault of no column: report it"))?;
                unknown.records += 1;
                let code = fault.value.expose().clone().unwrap_or_default();
                if unknown.codes.len() < TOLD || unknown.codes.contains_key(&code) {
                    *unknown.codes.entry(code).or_default() += 1;
                }
            }
        }
    }
    Ok(found)
}
