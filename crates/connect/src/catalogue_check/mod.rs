//! Does the catalogue say what its sources really have, and can the gateway read no more than it needs?

mod declared;
mod grants;
mod rights;
mod trial;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use causeway_flow::source::SourceError;
use causeway_model::catalogue::{Catalogue, Connection, Element, Entity, Source, Table};
use causeway_model::document::Findings;
use causeway_model::{Code, ElementRef, ValueType};

use crate::inspect::{self, CodeColumn, ColumnShape, SourceShape, TableShape, UnknownCodes};

use trial::Trials;

pub use declared::can_hold;
pub use grants::least_privilege;

/// Compares the catalogue with its sources. `needed` are the elements that exchanges read; pointers lead into the
/// catalogue's document.
///
/// | code | severity | when |
/// |---|---|---|
/// | `source-unreachable` and others of reading | error | a source cannot be opened or read |
/// | `source-writable` | error (files: warning) | this process or its user could change the source, or a declared table |
/// | `column-missing` | error | a declared table or column is not there |
/// | `column-unreadable` | error | a server lets our user not read a column that an exchange needs |
/// | `column-retyped` | error | its declared type cannot hold the element's type |
/// | `column-recollated` | error | a text or key is not compared byte by byte |
/// | `code-unknown` | error | a code is in the column and not in its list |
/// | `column-unneeded` | warning | columns can be read that no exchange needs |
/// | `rows-filtered` | warning | a server hides rows of a declared table from our user |
pub fn check_against_sources(
    catalogue: &Catalogue,
    base: &Path,
    needed: &BTreeSet<ElementRef>,
    now: jiff::Timestamp,
) -> Findings {
    let trials = Trials::new(base, now);
    let mut check = Check { catalogue, base, needed, now, trials, findings: Findings::default() };
    let mut shapes = BTreeMap::new();
    for (place, source) in catalogue.sources.iter().enumerate() {
        let at = format!("/sources/{place}/connect/{}", source.connect.kind());
        match inspect::inspect(source, base) {
            Err(error) => check.trouble(at, &error),
            Ok(shape) => {
                check.writable(source, at, &shape);
                shapes.insert(source.name.as_str(), (source, shape));
            }
        }
    }
    for (place, entity) in catalogue.entities.iter().enumerate() {
        for (number, table) in entity.tables.iter().enumerate() {
            let Some((source, shape)) = shapes.get(table.source.as_str()) else { continue };
            let at = Place { entity: place, table: number };
            match shape.table(table.table.as_deref()) {
                Some(found) => check.table(&at, entity, &Seen { source, shape, table, found }),
                None => check.missing_table(&at, table, source),
            }
        }
    }
    check.findings
}

struct Check<'c> {
    catalogue: &'c Catalogue,
    base: &'c Path,
    needed: &'c BTreeSet<ElementRef>,
    now: jiff::Timestamp,
    trials: Trials<'c>,
    findings: Findings,
}

/// A table of the catalogue, and what there really is.
struct Seen<'f> {
    source: &'f Source,
    shape: &'f SourceShape,
    table: &'f Table,
    found: &'f TableShape,
}

/// Where a table stands in the catalogue.
struct Place {
    entity: usize,
    table: usize,
}

impl Place {
    fn table(&self) -> String {
        format!("/entities/{}/tables/{}", self.entity, self.table)
    }

    fn origin(&self, element: usize, origin: usize) -> String {
        format!("/entities/{}/elements/{element}/from/{origin}/column", self.entity)
    }
}

impl Check<'_> {
    fn trouble(&mut self, at: String, error: &SourceError) {
        self.findings.error(error.code.as_str(), at, error.to_string(), error.code.help());
    }

    fn missing_table(&mut self, at: &Place, table: &Table, source: &Source) {
        let name = table.table.as_deref().unwrap_or_default();
        let message = format!("source `{}` has no table or view `{name}`", source.name);
        self.findings.error(
            Code::ColumnMissing.as_str(),
            format!("{}/table", at.table()),
            message,
            Code::ColumnMissing.help(),
        );
    }

    fn table(&mut self, at: &Place, entity: &Entity, seen: &Seen<'_>) {
        let (table, source) = (seen.table, seen.source);
        self.rights(at, seen);
        let mut codes = Vec::new();
        for (element_at, element) in entity.elements.iter().enumerate() {
            let needed = self.needed.contains(&ElementRef::new(&entity.name, &element.name));
            for (origin_at, origin) in element.from.iter().enumerate().filter(|(_, o)| o.table == table.name) {
                let pointer = at.origin(element_at, origin_at);
                let Some(column) = self.column(&pointer, &origin.column, seen) else { continue };
                self.retyped(&pointer, element, column, seen);
                if element.value_type.is_textual() || entity.key.contains(&element.name) {
                    self.recollated(&pointer, column, source);
                }
                if !column.readable {
                    if needed {
                        self.unreadable(&pointer, column, seen);
                    }
                    continue;
                }
                self.tried(&pointer, element, origin, seen);
                if let Some(known) = self.codes(element) {
                    let element = ElementRef::new(&entity.name, &element.name);
                    codes.push((pointer, CodeColumn { element, column: column.name.clone(), known }));
                }
            }
        }
        let reads = !needed_columns(entity, table, self.needed).is_empty();
        for (number, name) in table.key.iter().enumerate() {
            let pointer = format!("{}/key/{number}", at.table());
            if let Some(column) = self.column(&pointer, name, seen) {
                self.recollated(&pointer, column, source);
                if reads && !column.readable {
                    self.unreadable(&pointer, column, seen);
                }
            }
        }
        self.unneeded(at, entity, table, seen.found);
        self.unknown_codes(at, table, source, codes);
    }

    fn column<'f>(&mut self, pointer: &str, name: &str, seen: &Seen<'f>) -> Option<&'f ColumnShape> {
        let source = seen.source;
        let same = |column: &&ColumnShape| same_name(&source.connect, &column.name, name);
        let column = seen.found.columns.iter().find(same);
        if column.is_none() {
            let place = seen.table.table.as_ref().map_or_else(String::new, |table| format!(", table `{table}`,"));
            let message = format!("source `{}`{place} has no column `{name}`", source.name);
            self.findings.error(Code::ColumnMissing.as_str(), pointer, message, Code::ColumnMissing.help());
        }
        column
    }

    fn retyped(&mut self, pointer: &str, element: &Element, column: &ColumnShape, seen: &Seen<'_>) {
        let source = seen.source;
        let sqlite = matches!(source.connect, Connection::Sqlite { .. });
        if sqlite && !can_hold(&column.declared, &element.value_type) {
            let (name, real, declared) = (&column.name, &column.declared, &element.value_type);
            let message =
                format!("column `{name}` of source `{}` is `{real}`, and the element is {declared}", source.name);
            self.findings.error(Code::ColumnRetyped.as_str(), pointer, message, Code::ColumnRetyped.help());
        }
    }

    fn recollated(&mut self, pointer: &str, column: &ColumnShape, source: &Source) {
        let Some(collation) = column.collation.as_deref().filter(|_| !column.exact) else { return };
        let message = format!("column `{}` of source `{}` is compared by `{collation}`", column.name, source.name);
        let help = "values that differ would be taken for equal: make the column binary";
        self.findings.error(Code::ColumnRecollated.as_str(), pointer, message, help);
    }

    fn codes(&self, element: &Element) -> Option<Arc<BTreeSet<String>>> {
        let ValueType::Code(list) = &element.value_type else { return None };
        let list = self.catalogue.code_list(list)?;
        // A list in a file that nobody has read yet would make every code unknown.
        let known: BTreeSet<String> = list.codes.iter().map(|entry| entry.code.clone()).collect();
        (!known.is_empty()).then(|| Arc::new(known))
    }

    fn unknown_codes(&mut self, at: &Place, table: &Table, source: &Source, codes: Vec<(String, CodeColumn)>) {
        if codes.is_empty() {
            return;
        }
        let (pointers, columns): (Vec<String>, Vec<CodeColumn>) = codes.into_iter().unzip();
        match inspect::distinct_codes(source, self.base, table.table.as_deref(), &columns, self.now) {
            Err(error) => self.trouble(at.table(), &error),
            Ok(found) => {
                for ((pointer, column), unknown) in pointers.into_iter().zip(&columns).zip(&found) {
                    if unknown.records > 0 {
                        let message = unknown_message(column, unknown);
                        self.findings.error(Code::CodeUnknown.as_str(), pointer, message, Code::CodeUnknown.help());
                    }
                }
            }
        }
    }

    fn unneeded(&mut self, at: &Place, entity: &Entity, table: &Table, found: &TableShape) {
        let needed = needed_columns(entity, table, self.needed);
        let connect = self.catalogue.source(&table.source).map(|source| &source.connect);
        let same = |a: &str, b: &str| connect.is_some_and(|connect| same_name(connect, a, b));
        // Another entity may read the same table.
        let also: BTreeSet<String> = self
            .catalogue
            .entities
            .iter()
            .flat_map(|other| other.tables.iter().map(move |t| (other, t)))
            .filter(|(_, t)| t.source == table.source && t.table == table.table)
            .flat_map(|(other, t)| needed_columns(other, t, self.needed))
            .chain(needed)
            .collect();
        let extra: Vec<String> = found
            .columns
            .iter()
            .filter(|column| column.readable && !also.iter().any(|name| same(name, &column.name)))
            .map(|column| format!("`{}`", column.name.escape_debug()))
            .collect();
        if !extra.is_empty() {
            let message = format!("columns that no exchange needs can be read: {}", extra.join(", "));
            let help = "grant the needed columns only: `causeway catalogue check` prints the grants";
            self.findings.warn("column-unneeded", at.table(), message, help);
        }
    }
}

fn unknown_message(column: &CodeColumn, unknown: &UnknownCodes) -> String {
    // What was typed into a code column may be somebody's words or name: only what is shaped as codes are is told. So
    // nothing that a terminal obeys is told either.
    let shaped =
        |code: &str| code.len() <= 24 && code.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/".contains(&b));
    let told = unknown.codes.iter().filter(|(code, _)| shaped(code));
    let told: Vec<String> = told.map(|(code, count)| format!("`{code}` ({count})")).collect();
    let told = if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) };
    format!("{} records have a code of `{}` that is not in its list{told}", unknown.records, column.element)
}

/// SQLite folds the case of names, the other formats do not.
fn same_name(connect: &Connection, one: &str, other: &str) -> bool {
    match connect {
        Connection::Sqlite { .. } => one.eq_ignore_ascii_case(other),
        _ => one == other,
    }
}

/// Columns of `table` that hold needed elements, and its key if there are any.
fn needed_columns(entity: &Entity, table: &Table, needed: &BTreeSet<ElementRef>) -> BTreeSet<String> {
    let elements = entity.elements.iter().filter(|e| needed.contains(&ElementRef::new(&entity.name, &e.name)));
    let origins = elements.flat_map(|element| element.from.iter().filter(|origin| origin.table == table.name));
    let mut columns: BTreeSet<String> = origins.map(|origin| origin.column.clone()).collect();
    if !columns.is_empty() {
        columns.extend(entity.key_columns(table));
    }
    columns
}
