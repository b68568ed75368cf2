//! **matched** finds the rows that a record and its nested ones are, or says that a person has to.
//!
//! In: a sound record, an open target. Out: [`Matched`]. Guarantees: a row is what the first list of fields finds that finds any, byte
//! for byte, among those that have the constants which are never written; several rows wait for a person, none is a new row only where the
//! exchange says so and its id has none yet; every rule on what stands there
//! was asked. Refuses when: the target cannot be asked.

use std::collections::HashSet;

use causeway_model::Code;
use causeway_model::inbound::{OnWrite, Unmatched};

use super::batch::{Head, SoundBatch, seen};
use super::checks::Checks;
use super::mapping::{From, Mapped, Table};
use super::rule::Seen;
use super::target::{Datum, Onto, Row, Session, Stored, TargetError, Write};

/// A record whose rows are known. Made by [`Matched::find`] alone.
#[derive(Debug)]
pub struct Matched(pub(super) Write);

/// What came of looking for a record's rows.
#[derive(Debug)]
pub enum Found {
    /// They are known.
    Matched(Box<Matched>),
    /// A person has to say: why, and which rows it may be.
    Waits(Code, Vec<Row>),
    /// A rule does not hold now that the row is known: its name, and why.
    Broken(Vec<(String, Code)>),
}

/// What a person said of a record that waited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// It is the row of this key.
    Link(Vec<Stored>),
    /// It is a new row.
    Insert,
}

/// A record among those of its batch.
#[derive(Clone, Copy, Debug)]
pub struct Place<'b> {
    /// The batch.
    pub batch: &'b SoundBatch,
    /// The record.
    pub head: &'b Head,
}

impl Matched {
    /// Looks for the rows of a record.
    ///
    /// # Errors
    /// The target cannot be asked.
    pub fn find(
        session: &mut dyn Session,
        checks: &Checks,
        mapped: &Mapped,
        place: Place<'_>,
        said: Option<&Said>,
    ) -> Result<Found, TargetError> {
        let Some(root) = mapped.tables.first() else { return Ok(Found::Waits(Code::Unmatched, Vec::new())) };
        let at = Values { batch: &place.batch.records, row: place.head.row, present: &place.head.present };
        let onto = match said {
            // A person said so, whatever is found.
            Some(Said::Insert) => Onto::Insert(Vec::new()),
            Some(Said::Link(key)) => match session.row(0, key)? {
                Some(row) => Onto::Update(row),
                None => return Ok(Found::Waits(Code::Unmatched, Vec::new())),
            },
            None => match look(session, 0, root, &at, &[])? {
                // It is a row already, and nothing by which rows are found says so any more: which one is right, a person knows.
                Ok(Onto::Insert(asked)) => match known(session, mapped, place)? {
                    Some(rows) => return Ok(Found::Waits(Code::Unmatched, rows)),
                    None => Onto::Insert(asked),
                },
                Ok(onto) => onto,
                Err((code, rows)) => return Ok(Found::Waits(code, rows)),
            },
        };
        let broken = rules(checks, mapped, place, &onto);
        if !broken.is_empty() {
            return Ok(Found::Broken(broken));
        }
        let mut nested = Vec::new();
        for (mapping, table) in mapped.tables.iter().enumerate().skip(1) {
            let Some(list) = table.list else { continue };
            let Some((from, to)) = place.head.lists.get(list).copied().flatten() else { continue };
            let (Some(batch), Some(came)) = (place.batch.nested.get(list), place.batch.nested_present.get(list)) else {
                continue;
            };
            let mut met = HashSet::new();
            for row in from..to {
                let at = Values { batch, row, present: came.get(row).map(Vec::as_slice).unwrap_or_default() };
                if twin(table, &at, &mut met) {
                    let name = checks.nested.get(list).map(|list| list.name.clone()).unwrap_or_default();
                    return Ok(Found::Broken(vec![(name, Code::ExternalIdTwice)]));
                }
                let onto = match &onto {
                    // Below a new row stands nothing.
                    Onto::Insert(_) => Onto::Insert(Vec::new()),
                    Onto::Update(parent) => {
                        match look(session, mapping, table, &at, &below(mapped, mapping, parent))? {
                            Ok(onto) => onto,
                            Err((code, rows)) => return Ok(Found::Waits(code, rows)),
                        }
                    }
                };
                nested.push(write(mapping, table, &at, onto, Vec::new()));
            }
        }
        Ok(Found::Matched(Box::new(Self(write(0, root, &at, onto, nested)))))
    }
}

/// The row that an earlier message of the record's id was applied to, where there was one; nothing where that row is gone.
fn known(session: &mut dyn Session, mapped: &Mapped, place: Place<'_>) -> Result<Option<Vec<Row>>, TargetError> {
    let Some(marker) = session.latest(place.head.external_id.expose())? else { return Ok(None) };
    // An earlier version of the exchange may have had another key.
    let fits = mapped.layout.mappings.first().is_some_and(|root| root.key.len() == marker.key.len());
    let row = if fits { session.row(0, &marker.key)? } else { None };
    Ok(Some(row.into_iter().collect()))
}

/// The columns of a nested table that hold the key of the record's row, with that key.
fn below(mapped: &Mapped, mapping: usize, parent: &Row) -> Vec<(String, Datum)> {
    let (Some(own), Some(root)) = (mapped.layout.mappings.get(mapping), mapped.layout.mappings.first()) else {
        return Vec::new();
    };
    let key = root.key.iter().zip(&parent.key).map(|(column, stored)| Datum::read(&column.value_type, stored));
    // A key that is no value of its type finds nothing: null is equal to nothing.
    own.parent.iter().zip(key).map(|(column, value)| (column.name.clone(), value.unwrap_or(Datum::Null))).collect()
}

/// Values of one row of a batch.
struct Values<'b> {
    batch: &'b arrow::record_batch::RecordBatch,
    row: usize,
    present: &'b [bool],
}

impl Values<'_> {
    /// The value of a field; none where it did not come.
    fn of(&self, place: usize) -> Option<Datum> {
        self.present.get(place).copied().filter(|came| *came)?;
        Datum::of(self.batch.columns().get(place)?.as_ref(), self.row).ok()
    }
}

/// What a list of fields wants. One of which a field did not come, or is empty, finds nobody.
fn wanted(list: &[(String, usize)], at: &Values<'_>) -> Option<Vec<(String, Datum)>> {
    let value = |place| at.of(place).filter(|value| *value != Datum::Null);
    list.iter().map(|(column, place)| Some((column.clone(), value(*place)?))).collect()
}

/// Whether a list of fields wants of a nested record what it wanted of one before it: they would be one row.
fn twin(table: &Table, at: &Values<'_>, met: &mut HashSet<(usize, Vec<(String, Datum)>)>) -> bool {
    let lists = table.matching.iter().enumerate();
    // Each of its lists is remembered, also after one that was met.
    let twins =
        lists.filter_map(|(place, list)| Some((place, wanted(list, at)?))).filter(|one| !met.insert(one.clone()));
    twins.count() > 0
}

type Unclear = (Code, Vec<Row>);

/// The row that the first list of fields finds that finds any.
fn look(
    session: &mut dyn Session,
    mapping: usize,
    table: &Table,
    at: &Values<'_>,
    within: &[(String, Datum)],
) -> Result<Result<Onto, Unclear>, TargetError> {
    let mut asked = Vec::new();
    for list in &table.matching {
        let Some(mut wanted) = wanted(list, at) else { continue };
        wanted.extend(table.within.iter().chain(within).cloned());
        let found = session.find(mapping, &wanted)?;
        if found.more || found.rows.len() > 1 {
            return Ok(Err((Code::Ambiguous, found.rows)));
        }
        if let Some(row) = found.rows.into_iter().next() {
            return Ok(Ok(Onto::Update(row)));
        }
        asked.push(wanted);
    }
    Ok(match table.unmatched {
        Unmatched::Insert => Ok(Onto::Insert(asked)),
        Unmatched::Wait => Err((Code::Unmatched, Vec::new())),
    })
}

fn write(mapping: usize, table: &Table, at: &Values<'_>, onto: Onto, nested: Vec<Write>) -> Write {
    let is_insert = matches!(onto, Onto::Insert(_));
    let values = table.columns.iter().map(|gets| {
        match (gets.on, is_insert) {
            (OnWrite::Never, _) | (OnWrite::Update, true) | (OnWrite::Insert, false) => return None,
            _ => {}
        }
        match &gets.from {
            From::Constant(value) => Some(value.clone()),
            From::Field(place) => at.of(*place).map(|value| as_column(value, &gets.value_type)),
        }
    });
    Write { mapping, values: values.collect(), onto, nested }
}

/// A value in the type of its column, where that is another one than the field's.
fn as_column(value: Datum, value_type: &causeway_model::ValueType) -> Datum {
    let written = value.written();
    let read = written.and_then(|text| Datum::read(value_type, &Stored::Text(text)).ok());
    read.unwrap_or(value)
}

/// The rules that look at what stands there; of a new row nothing does.
fn rules(checks: &Checks, mapped: &Mapped, place: Place<'_>, onto: &Onto) -> Vec<(String, Code)> {
    let Place { batch, head } = place;
    let current = |name: &str| -> Option<Seen> {
        let Onto::Update(row) = onto else { return Some(Seen::Absent) };
        let field = *checks.record.places.get(name.as_bytes())?;
        let columns = &mapped.tables.first()?.columns;
        let at = columns.iter().position(|gets| matches!(gets.from, From::Field(place) if place == field))?;
        Seen::of_datum(row.values.get(at)?.as_ref().ok()?)
    };
    let mut broken = Vec::new();
    for rule in checks.rules.iter().filter(|rule| !rule.current.is_empty()) {
        let record = |name: &str| seen(checks, &batch.records, head.row, &head.present, name);
        match rule.holds(&record, Some(&current)) {
            Some(true) => {}
            Some(false) => broken.push((rule.name.clone(), Code::RuleBroken)),
            None => broken.push((rule.name.clone(), Code::RuleFailed)),
        }
    }
    broken
}
