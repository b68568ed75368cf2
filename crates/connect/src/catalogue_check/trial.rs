//! Would the reader itself read a column as what the catalogue says it is?
//!
//! A server has more types than a table of words could compare. So the reader, who knows them, is asked about each
//! declared column before anything is read.

use std::collections::BTreeMap;
use std::path::Path;

use causeway_flow::source::{Hint, Scan, ScanColumn, Snapshot, SourceError, Watch};
use causeway_model::catalogue::{Connection, Element, Origin, Source};
use causeway_model::{Code, ElementRef};

use super::{Check, Seen};
use crate::source;

/// A snapshot of each server that was asked; none of one that could not be asked any more.
pub(super) struct Trials<'c> {
    base: &'c Path,
    now: jiff::Timestamp,
    held: BTreeMap<String, Option<Box<dyn Snapshot>>>,
}

impl<'c> Trials<'c> {
    pub(super) fn new(base: &'c Path, now: jiff::Timestamp) -> Self {
        Self { base, now, held: BTreeMap::new() }
    }

    /// Asks the reader of `source` about a scan.
    fn ask(&mut self, source: &Source, scan: &Scan) -> Result<(), SourceError> {
        if !self.held.contains_key(&source.name) {
            let opened =
                source::open(source, self.base).and_then(|opened| opened.snapshot(self.now, &Watch::default()));
            let (held, trouble) = match opened {
                Ok(snapshot) => (Some(snapshot), Ok(())),
                Err(error) => (None, Err(error)),
            };
            self.held.insert(source.name.clone(), held);
            trouble?;
        }
        let Some(held) = self.held.get_mut(&source.name) else { return Ok(()) };
        let Some(snapshot) = held else { return Ok(()) };
        let asked = snapshot.outlook(scan);
        // Trouble that is not about this column would come again for each of them.
        if asked.as_ref().is_err_and(|error| !matches!(error.code, Code::ColumnMissing | Code::ColumnRetyped)) {
            *held = None;
        }
        asked.map(|_| ())
    }
}

impl Check<'_> {
    /// What the reader of a server says of a declared column.
    pub(super) fn tried(&mut self, pointer: &str, element: &Element, origin: &Origin, seen: &Seen<'_>) {
        if !matches!(seen.source.connect, Connection::Postgres(_)) {
            return;
        }
        let column = ScanColumn {
            name: "c".to_owned(),
            element: ElementRef::new("c", &element.name),
            column: origin.column.clone(),
            value_type: element.value_type.clone(),
            codes: None,
            max_length: u32::MAX,
            optional: true,
            format: origin.format.clone(),
        };
        let scan = Scan {
            source: seen.source.name.clone(),
            entity: "c".to_owned(),
            table: seen.table.table.clone(),
            columns: vec![column],
            hint: Hint::default(),
        };
        if let Err(error) = self.trials.ask(seen.source, &scan) {
            self.trouble(pointer.to_owned(), &error);
        }
    }
}
