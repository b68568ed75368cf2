//! **matched** finds the rows that a record and its nested ones are, or says that a person has to.
//!
//! In: a sound record, an open target. Out: [`Matched`]. Guarantees: a row is what the first list of fields finds that finds any, byte
//! for byte, among those that have the constants which are never written; several rows wait for a person, none is a new row only where the
//! exchange says so and its id has none yet, or a person did; every rule on what stands there
//! was asked. Refuses when: the target cannot be asked.

use std::collections::HashSet;

use causeway_model::Code;
use causeway_model::inbound::{OnWrite, Unmatched};

use super::batch::{Head, SoundBatch, seen};
use super::checks::Checks;
use super::mapping::{From, Gets, Mapped, Table};
use super::reviewed::{Answers, Said, Unclear};
use super::rule::Seen;
use super::target::{Column, Datum, Onto, Row, Session, Stored, TargetError, Write};

/// A record whose rows are known. Made by [`Matched::find`] alone.
#[derive(Debug)]
pub struct Matched(pub(super) Write);

/// What came of looking for a record's rows.
#[derive(Debug)]
pub enum Found {
    /// They are known.
    Matched(Box<Matched>),
    /// A person has to say which row it is.
    Waits(Unclear),
    /// A person said so, of rows that are no longer as they were: these are.
    Changed(Unclear),
    /// A rule does not hold now that the row is known: its name, and why.
    Broken(Vec<(String, Code)>),
}

/// A record among those of its batch.
#[derive(Clone, Copy, Debug)]
pub struct Place<'b> {
    /// The batch.
    pub batch: &'b SoundBatch,
    /// The record.
    pub head: &'b Head,
}

impl Place<'_> {
    /// The value of a field as text, by the field's place; none where it did not come, or is empty.
    #[must_use]
    pub fn written(&self, field: usize) -> Option<String> {
        let Head { row, present, .. } = self.head;
        Values { batch: &self.batch.records, row: *row, present }.of(field)?.written()
    }
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
        said: &[Said],
    ) -> Result<Found, TargetError> {
        let Some(root) = mapped.tables.first() else {
            return Ok(Found::Waits(Unclear::new(Code::Unmatched, 0, &[])));
        };
        let at = Values { batch: &place.batch.records, row: place.head.row, present: &place.head.present };
        let mut said = Answers::new(said);
        let onto = match said.take_if(|said| matches!(said, Said::Link(one) if one.mapping == 0)) {
            // A person said so, whatever is found.
            Some(Said::Link(shown)) => match session.row(0, &shown.key)? {
                Some(row) if shown.is(0, &row) => Onto::Update(row),
                other => return Ok(Found::Changed(Unclear::new(Code::ChangedMeanwhile, 0, other.as_slice()))),
            },
            _ => {
                let looked = match look(session, 0, (root, mapped), &at, &[])? {
                    // It is a row already, and nothing by which rows are found says so any more: which one is right, a person knows.
                    Looked::Onto(Onto::Insert(asked)) => match known(session, mapped, place)? {
                        Some(rows) => Looked::Unclear(Code::Unmatched, rows, asked),
                        None => Looked::Onto(Onto::Insert(asked)),
                    },
                    looked => looked,
                };
                match decided(looked, 0, &mut said) {
                    Ok(onto) => onto,
                    Err(found) => return Ok(found),
                }
            }
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
                        let within = below(mapped, mapping, parent);
                        match decided(look(session, mapping, (table, mapped), &at, &within)?, mapping, &mut said) {
                            Ok(onto) => onto,
                            Err(found) => return Ok(found),
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

/// What came of looking for one row.
enum Looked {
    /// It is known.
    Onto(Onto),
    /// A person has to say: why, which rows it may be, and by what it was looked for.
    Unclear(Code, Vec<Row>, Vec<Vec<(String, Datum)>>),
}

/// The row that the first list of fields finds that finds any.
fn look(
    session: &mut dyn Session,
    mapping: usize,
    (table, mapped): (&Table, &Mapped),
    at: &Values<'_>,
    within: &[(String, Datum)],
) -> Result<Looked, TargetError> {
    let mut asked = Vec::new();
    for list in &table.matching {
        let Some(mut wanted) = wanted(list, at) else { continue };
        wanted.extend(table.within.iter().chain(within).cloned());
        let found = session.find(mapping, &wanted)?;
        if found.more || found.rows.len() > 1 {
            return Ok(Looked::Unclear(Code::Ambiguous, found.rows, asked));
        }
        if let Some(row) = found.rows.into_iter().next() {
            let known = mapped.layout.mappings.get(mapping);
            let revives = !row.retired || known.is_some_and(|known| revives(table, &known.columns, &known.retire, at));
            // It was retired, and nothing of what came says that it holds again.
            return Ok(match revives {
                true => Looked::Onto(Onto::Update(row)),
                false => Looked::Unclear(Code::Unmatched, vec![row], asked),
            });
        }
        asked.push(wanted);
    }
    Ok(match table.unmatched {
        Unmatched::Insert => Looked::Onto(Onto::Insert(asked)),
        Unmatched::Wait => Looked::Unclear(Code::Unmatched, Vec::new(), asked),
    })
}

/// What is done where looking found no one row. INVARIANT (decided on what was seen): what a person said counts as long as the rows are those
/// that were shown, byte for byte; [`Matched::find`] asks the same of a row that a person named.
fn decided(looked: Looked, mapping: usize, said: &mut Answers<'_>) -> Result<Onto, Found> {
    let is_here = |said: &Said| match said {
        Said::Link(shown) => shown.mapping == mapping,
        Said::Insert { mapping: of, .. } => *of == mapping,
        Said::LeaveOut => false,
    };
    let (code, rows, asked) = match looked {
        // One row is found by now: that a new one was wanted is not what was looked at.
        Looked::Onto(Onto::Update(row)) if mapping == 0 && said.take_if(is_here).is_some() => {
            return Err(Found::Changed(Unclear::new(Code::ChangedMeanwhile, mapping, &[row])));
        }
        Looked::Onto(onto) => return Ok(onto),
        Looked::Unclear(code, rows, asked) => (code, rows, asked),
    };
    let changed = || Found::Changed(Unclear::new(Code::ChangedMeanwhile, mapping, &rows));
    match said.take_if(is_here) {
        Some(Said::Link(shown)) => {
            rows.iter().find(|row| shown.is(mapping, row)).cloned().map(Onto::Update).ok_or_else(changed)
        }
        Some(Said::Insert { shown, .. }) => {
            let is_as_shown =
                shown.len() == rows.len() && shown.iter().zip(&rows).all(|(shown, row)| shown.is(mapping, row));
            match is_as_shown {
                // Where there was none, none may come in between either.
                true => Ok(Onto::Insert(asked)),
                false => Err(changed()),
            }
        }
        Some(Said::LeaveOut) | None => Err(Found::Waits(Unclear::new(code, mapping, &rows).after(said))),
    }
}

/// Whether a retired row that gets this record holds again.
fn revives(table: &Table, columns: &[Column], retire: &Option<(Column, Datum)>, at: &Values<'_>) -> bool {
    let Some((status, retired)) = retire else { return true };
    let gets = columns.iter().zip(&table.columns).find(|(column, _)| column.name == status.name);
    gets.and_then(|(_, gets)| value(gets, at, true)).is_some_and(|value| value != *retired)
}

fn write(mapping: usize, table: &Table, at: &Values<'_>, onto: Onto, nested: Vec<Write>) -> Write {
    // A row that was retired is written like a new one: its status holds again.
    let is_new = match &onto {
        Onto::Insert(_) => true,
        Onto::Update(row) => row.retired,
    };
    let is_update = matches!(onto, Onto::Update(_));
    let values = table.columns.iter().map(|gets| match gets.on {
        OnWrite::Never => None,
        OnWrite::Update if !is_update => None,
        OnWrite::Insert if !is_new => None,
        _ => value(gets, at, is_new),
    });
    Write { mapping, values: values.collect(), onto, nested }
}

/// What a column gets, if it gets anything.
fn value(gets: &Gets, at: &Values<'_>, is_new: bool) -> Option<Datum> {
    if gets.on == OnWrite::Never || (gets.on == OnWrite::Insert && !is_new) {
        return None;
    }
    match &gets.from {
        From::Constant(value) => Some(value.clone()),
        From::Field(place) => at.of(*place).map(|value| as_column(value, &gets.value_type)),
    }
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
