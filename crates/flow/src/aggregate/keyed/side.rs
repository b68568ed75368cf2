//! What does one relation add to each record: the one record that it belongs to, values and lists of the many?

use std::collections::{BTreeSet, HashMap};

use arrow::array::ArrayRef;
use arrow::record_batch::RecordBatch;
use causeway_model::{Code, Violation};

use super::reducer::{self, Reducer};
use super::rows::{Grouped, Rows, gather};
use super::saved::{Reader, Writer};
use super::{PARTITIONS, Slot};
use crate::aggregate::key::ShortKey;
use crate::aggregate::reduce;
use crate::error::FlowError;
use crate::plan::rel::{NestColumn, ReduceColumn};
use crate::{Fault, Faults, Personal};

/// What a side adds to each record.
pub(crate) enum Adds {
    /// The columns of the one record with that key.
    One {
        /// What it is called in messages.
        name: String,
        /// Put before the names of its columns.
        prefix: String,
        /// Whether a key may lead nowhere.
        optional: bool,
        /// Columns that anything later uses.
        used: BTreeSet<String>,
    },
    /// Values and lists made of all records with that key.
    Many {
        /// Values.
        reductions: Vec<ReduceColumn>,
        /// Lists.
        nests: Vec<NestColumn>,
    },
}

/// One side with its state.
pub(super) struct Side {
    there: Vec<String>,
    adds: Adds,
    begun: bool,
    expected: usize,
    reducers: Vec<Reducer>,
    /// Columns that are kept of each record, and a batch of them without a record; none where nothing needs records.
    kept: Option<(Vec<usize>, RecordBatch)>,
    rows: Vec<Rows>,
    grouped: Vec<Option<Grouped>>,
    faults: Vec<HashMap<u32, Vec<Fault>>>,
}

impl Side {
    pub(super) fn new(there: Vec<String>, adds: Adds) -> Self {
        Self {
            there,
            adds,
            begun: false,
            expected: 0,
            reducers: Vec::new(),
            kept: None,
            rows: (0..PARTITIONS).map(|_| Rows::new()).collect(),
            grouped: (0..PARTITIONS).map(|_| None).collect(),
            faults: vec![HashMap::new(); PARTITIONS],
        }
    }

    pub(super) fn there(&self) -> &[String] {
        &self.there
    }

    /// Learns the columns from the first batch.
    pub(super) fn begin(&mut self, example: &RecordBatch) -> Result<(), FlowError> {
        if self.begun {
            return Ok(());
        }
        self.begun = true;
        let schema = example.schema();
        let wanted: BTreeSet<&str> = match &self.adds {
            Adds::One { used, .. } => used.iter().map(String::as_str).collect(),
            Adds::Many { reductions, nests } => {
                for column in reductions.iter().filter(|column| reducer::streams(column)) {
                    let mut reducer = Reducer::new(column, example)?;
                    (0..PARTITIONS).for_each(|partition| reducer.reserve(partition, self.expected));
                    self.reducers.push(reducer);
                }
                let lists = reductions.iter().filter(|column| !reducer::streams(column));
                let of_lists = lists.flat_map(|column| {
                    let filter = column.filter.iter().flat_map(|filter| filter.elements());
                    filter.chain(column.of.column().map(String::as_str)).chain(column.by.iter().map(String::as_str))
                });
                let of_nests = nests.iter().flat_map(|nest| {
                    let filter = nest.filter.iter().flat_map(|filter| filter.elements());
                    let members = nest.members.iter().map(|(_, column)| column.as_str());
                    filter.chain(members).chain(nest.order.iter().map(String::as_str))
                });
                of_lists.chain(of_nests).collect()
            }
        };
        let places = |wanted: &dyn Fn(&str) -> bool| -> Vec<usize> {
            schema.fields().iter().enumerate().filter(|(_, field)| wanted(field.name())).map(|(at, _)| at).collect()
        };
        let mut kept = places(&|name| wanted.contains(name));
        let one = matches!(self.adds, Adds::One { .. });
        if one && kept.is_empty() {
            // That there is one is told all the same, and records without a column are none.
            kept = places(&|name| self.there.first().is_some_and(|key| key == name));
        }
        if one || !kept.is_empty() {
            let projected = schema.project(&kept).map_err(FlowError::internal("aggregate/side"))?;
            self.kept = Some((kept, RecordBatch::new_empty(projected.into())));
        }
        Ok(())
    }

    /// Reducers that begin from now on make room for so many keys a partition.
    pub(super) fn expect(&mut self, keys: usize) {
        self.expected = keys;
    }

    pub(super) fn cover(&mut self, partition: usize, keys: usize) {
        self.reducers.iter_mut().for_each(|reducer| reducer.cover(partition, keys));
    }

    pub(super) fn add(&mut self, batch: &crate::Batch, slots: &[Option<Slot>]) -> Result<(), FlowError> {
        for reducer in &mut self.reducers {
            reducer.add(&batch.records, slots)?;
        }
        for (row, found) in batch.faults.iter() {
            let Some(Some(slot)) = slots.get(row) else { continue };
            if let Some(faults) = self.faults.get_mut(usize::from(slot.partition)) {
                faults.entry(slot.number).or_default().extend_from_slice(found);
            }
        }
        let Some((kept, _)) = &self.kept else { return Ok(()) };
        let records = batch.records.project(kept).map_err(FlowError::internal("aggregate/side"))?;
        let mut split: Vec<(Vec<u32>, Vec<u32>)> = vec![Default::default(); PARTITIONS];
        for (row, slot) in slots.iter().enumerate() {
            if let Some(slot) = slot
                && let Some((rows, owners)) = split.get_mut(usize::from(slot.partition))
            {
                rows.push(row as u32);
                owners.push(slot.number);
            }
        }
        for (target, (rows, owners)) in self.rows.iter_mut().zip(split) {
            target.add(&records, &rows, &owners)?;
        }
        Ok(())
    }

    /// Everything was read: puts the records of a partition in the order of their keys.
    pub(super) fn group(&mut self, partition: usize, keys: usize) -> Result<(), FlowError> {
        let Some((_, nothing)) = &self.kept else { return Ok(()) };
        let (Some(rows), Some(grouped)) = (self.rows.get_mut(partition), self.grouped.get_mut(partition)) else {
            return Ok(());
        };
        let (records, owners) = rows.whole(nothing.schema_ref())?;
        let found = Grouped::new(records, &owners, keys);
        if let Adds::One { name, .. } = &self.adds
            && let Some(most) = (0..keys as u32).map(|number| found.of(number).len()).find(|count| *count > 1)
        {
            let detail = format!("a key occurs {most} times where the catalogue says that it is unique");
            return Err(FlowError::refuse(Violation::new(Code::DuplicateKey, name, detail)));
        }
        *grouped = Some(found);
        Ok(())
    }

    pub(super) fn bytes(&self, partition: usize) -> usize {
        let reducers: usize = self.reducers.iter().map(|reducer| reducer.bytes(partition)).sum();
        let grouped = self.grouped.get(partition).and_then(Option::as_ref).map_or(0, Grouped::bytes);
        let faults = self.faults.get(partition).map_or(0, |faults| faults.capacity() * 256);
        reducers + grouped + faults + self.rows.get(partition).map_or(0, Rows::bytes)
    }

    /// Drops the state of a partition.
    pub(super) fn forget(&mut self, partition: usize) {
        let mut nowhere = Writer::default();
        self.reducers.iter_mut().for_each(|reducer| reducer.save(partition, &mut nowhere));
        if let Some(rows) = self.rows.get_mut(partition) {
            *rows = Rows::new();
        }
        if let Some(grouped) = self.grouped.get_mut(partition) {
            *grouped = None;
        }
        if let Some(faults) = self.faults.get_mut(partition) {
            faults.clear();
        }
    }

    /// Writes the state of a partition and forgets it.
    pub(super) fn save(&mut self, partition: usize, out: &mut Writer) -> Result<(), FlowError> {
        out.bytes(&[u8::from(self.begun)]);
        if !self.begun {
            return Ok(());
        }
        self.reducers.iter_mut().for_each(|reducer| reducer.save(partition, out));
        if let (Some((_, nothing)), Some(rows)) = (&self.kept, self.rows.get_mut(partition)) {
            let (records, owners) = rows.whole(nothing.schema_ref())?;
            out.number(owners.len() as u32);
            owners.iter().for_each(|owner| out.number(*owner));
            out.records(&records)?;
        }
        let faults = self.faults.get_mut(partition).map(std::mem::take).unwrap_or_default();
        out.faults(faults.iter().map(|(number, faults)| (*number, faults.as_slice())))
    }

    /// Takes in a saved state, whose keys now have the numbers `numbers`.
    pub(super) fn load(&mut self, partition: usize, numbers: &[u32], from: &mut Reader<'_>) -> Result<(), FlowError> {
        if from.array::<1>()? == [0] {
            return Ok(());
        }
        for reducer in &mut self.reducers {
            reducer.load(partition, numbers, from)?;
        }
        let renumbered = |old: u32| numbers.get(old as usize).copied().unwrap_or(u32::MAX);
        if let (Some(_), Some(rows)) = (&self.kept, self.rows.get_mut(partition)) {
            let count = from.number()? as usize;
            let mut owners = Vec::with_capacity(count);
            for _ in 0..count {
                owners.push(renumbered(from.number()?));
            }
            rows.keep(from.records()?, &owners)?;
        }
        for (number, found) in from.faults()? {
            if let Some(faults) = self.faults.get_mut(partition) {
                faults.entry(renumbered(number)).or_default().extend(found);
            }
        }
        Ok(())
    }

    /// What belongs to each record: columns into `added`, faults of what is related into `faults`.
    pub(super) fn answer(
        &self,
        here: &[String],
        keys: &[Option<ShortKey>],
        slots: &[Option<Slot>],
        faults: &mut Faults,
        added: &mut Vec<(String, ArrayRef)>,
    ) -> Result<(), FlowError> {
        // A related record that cannot be released makes its owner incomplete: the owner is quarantined, not cut short.
        if self.faults.iter().any(|faults| !faults.is_empty()) {
            for (row, slot) in slots.iter().enumerate() {
                let found = slot.and_then(|slot| self.faults.get(usize::from(slot.partition))?.get(&slot.number));
                faults.extend(row, found.map_or(&[], Vec::as_slice));
            }
        }
        match &self.adds {
            Adds::One { prefix, optional, .. } => {
                let found: Vec<Option<(usize, usize)>> = slots.iter().map(|slot| self.one(slot)).collect();
                if !optional {
                    let missing = keys
                        .iter()
                        .zip(&found)
                        .enumerate()
                        .filter(|(_, (key, found))| key.is_some() && found.is_none());
                    for (row, _) in missing {
                        let fault =
                            Fault { subject: here.join(","), code: Code::RelationDangling, value: Personal::new(None) };
                        faults.add(row, fault);
                    }
                }
                let Some((_, nothing)) = &self.kept else { return Ok(()) };
                let columns = gather(&self.parts(nothing), nothing.schema_ref(), &found)?;
                let names = nothing.schema_ref().fields().iter().map(|field| format!("{prefix}{}", field.name()));
                added.extend(names.zip(columns));
            }
            Adds::Many { reductions, nests } => {
                let listed = self.listed(slots)?;
                let groups: Vec<&[u32]> =
                    listed.ranges.iter().map(|range| listed.rows.get(range.clone()).unwrap_or_default()).collect();
                for column in reductions {
                    let streamed = self.reducers.iter().find(|reducer| reducer.name() == column.name);
                    let values = match streamed {
                        Some(reducer) => reducer.finish(slots)?,
                        None => reduce::list(&listed.records, &groups, column)?,
                    };
                    added.push((column.name.clone(), values));
                }
                for nest in nests {
                    added.push((nest.name.clone(), reduce::nest(&listed.records, &groups, nest)?));
                }
            }
        }
        Ok(())
    }

    /// Kept records, partition by partition.
    fn parts<'s>(&'s self, nothing: &'s RecordBatch) -> Vec<&'s RecordBatch> {
        self.grouped.iter().map(|grouped| grouped.as_ref().map_or(nothing, |grouped| &grouped.records)).collect()
    }

    /// Where the one record of a key stands: partition and row.
    fn one(&self, slot: &Option<Slot>) -> Option<(usize, usize)> {
        let slot = slot.as_ref()?;
        let partition = usize::from(slot.partition);
        let row = self.grouped.get(partition)?.as_ref()?.of(slot.number).first()?;
        Some((partition, *row as usize))
    }

    /// All records that belong to the given keys as one batch, and which of them belong to each.
    fn listed(&self, slots: &[Option<Slot>]) -> Result<Listed, FlowError> {
        let mut picks = Vec::new();
        let mut ranges = Vec::with_capacity(slots.len());
        for slot in slots {
            let from = picks.len();
            if let Some(slot) = slot
                && let Some(grouped) = self.grouped.get(usize::from(slot.partition)).and_then(Option::as_ref)
            {
                let partition = usize::from(slot.partition);
                picks.extend(grouped.of(slot.number).iter().map(|row| Some((partition, *row as usize))));
            }
            ranges.push(from..picks.len());
        }
        let records = match &self.kept {
            None => RecordBatch::new_empty(arrow::datatypes::Schema::empty().into()),
            Some((_, nothing)) if picks.is_empty() => nothing.clone(),
            Some((_, nothing)) => {
                let columns = gather(&self.parts(nothing), nothing.schema_ref(), &picks)?;
                RecordBatch::try_new(nothing.schema(), columns).map_err(FlowError::internal("aggregate/side"))?
            }
        };
        let rows = (0..picks.len() as u32).collect();
        Ok(Listed { records, rows, ranges })
    }
}

/// Related records of a batch, key after key.
struct Listed {
    records: RecordBatch,
    rows: Vec<u32>,
    ranges: Vec<std::ops::Range<usize>>,
}
