//! How is what belongs to a record found by its key, within a fixed memory?
//!
//! One index of short keys is shared by everything that is related by the same key. While related records are read they
//! are reduced into a state a key where that is possible, and kept otherwise. State and index lie in partitions by key:
//! when they outgrow their share of the memory, the largest partitions go to an encrypted temporary file, and so do the
//! records that ask for them, until their turn comes (a hybrid hash join). No order is asked of any source.

mod best;
mod index;
mod order;
mod reducer;
mod rows;
mod saved;
mod side;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;

use super::key::{Keys, ShortKey, Shortener};
use super::memory::{Extent, Memory, SpillFile, broken};
use super::run::{Stream, select};
use crate::Batch;
use crate::error::FlowError;
use crate::source::BATCH_ROWS;
use index::Index;
use saved::{Reader, Writer, load_batch, save_batch, together};
use side::Side;

pub(crate) use side::Adds;

/// Partitions by key: what goes to disk or stays, one by one.
const PARTITIONS: usize = 32;

/// Where the state of a key lies.
#[derive(Clone, Copy)]
struct Slot {
    partition: u8,
    number: u32,
}

fn partition(key: ShortKey) -> usize {
    (key & (PARTITIONS as u128 - 1)) as usize
}

/// Everything that is related by one key.
pub(crate) struct Keyed {
    here: Vec<String>,
    shortener: Shortener,
    memory: Memory,
    limit: usize,
    held: usize,
    /// What others must leave to it: all that it may hold until everything was read, then what it holds.
    claimed: usize,
    is_settled: bool,
    /// Whether only the keys that are in the index are wanted.
    closed: bool,
    indexes: Vec<Index>,
    sides: Vec<Side>,
    file: Option<SpillFile>,
    /// By partition: states that were spilled, records that ask for them.
    runs: Vec<Vec<Extent>>,
    asking: Vec<Vec<Extent>>,
}

impl Keyed {
    /// For records with the key columns `here`; each side has its own key columns and what it adds.
    pub(crate) fn new(here: Vec<String>, sides: Vec<(Vec<String>, Adds)>, memory: &Memory) -> Self {
        let limit = memory.share();
        memory.hold(0, limit);
        Self {
            here,
            shortener: Shortener::default(),
            memory: memory.clone(),
            limit,
            held: 0,
            claimed: limit,
            is_settled: false,
            closed: false,
            indexes: (0..PARTITIONS).map(|_| Index::default()).collect(),
            sides: sides.into_iter().map(|(there, adds)| Side::new(there, adds)).collect(),
            file: None,
            runs: vec![Vec::new(); PARTITIONS],
            asking: vec![Vec::new(); PARTITIONS],
        }
    }

    /// Makes room for about so many keys, as far as they would fit.
    pub(crate) fn expect(&mut self, keys: u64) {
        let each = usize::try_from(keys).unwrap_or(usize::MAX) / PARTITIONS;
        // Partitions are not all of one size.
        let each = each + each / 50 + 16;
        if each.saturating_mul(PARTITIONS * 30) < self.limit / 2 {
            self.indexes.iter_mut().for_each(|index| index.expect(each));
            self.sides.iter_mut().for_each(|side| side.expect(each));
        }
    }

    /// From now on only what belongs to these records is wanted: a small population is read first.
    pub(crate) fn only(&mut self, records: &Batch) -> Result<(), FlowError> {
        self.closed = true;
        let keys = Keys::of(&records.records, self.here.iter().map(String::as_str))?;
        for key in self.shortener.all(&keys, records.records.num_rows())?.into_iter().flatten() {
            if let Some(index) = self.indexes.get_mut(partition(key)) {
                index.number(key);
            }
        }
        Ok(())
    }

    /// Takes in records of a side.
    pub(crate) fn add(&mut self, side: usize, batch: &Batch) -> Result<(), FlowError> {
        let Some(target) = self.sides.get_mut(side) else { return Ok(()) };
        target.begin(&batch.records)?;
        let keys = Keys::of(&batch.records, target.there().iter().map(String::as_str))?;
        let keys = self.shortener.all(&keys, batch.records.num_rows())?;
        let mut slots = Vec::with_capacity(keys.len());
        let mut last: (Option<ShortKey>, Option<Slot>) = (None, None);
        for key in keys {
            if key != last.0 {
                let slot = key.and_then(|key| {
                    let partition = partition(key);
                    let index = self.indexes.get_mut(partition)?;
                    let number = if self.closed { index.find(key)? } else { index.number(key) };
                    Some(Slot { partition: partition as u8, number })
                });
                last = (key, slot);
            }
            slots.push(last.1);
        }
        for (partition, index) in self.indexes.iter().enumerate() {
            target.cover(partition, index.len());
        }
        target.add(batch, &slots)?;
        self.fit()
    }

    /// Everything that is related was read.
    pub(crate) fn settle(&mut self) -> Result<(), FlowError> {
        for partition in 0..PARTITIONS {
            if self.runs.get(partition).is_some_and(|runs| !runs.is_empty()) {
                self.evict(partition)?;
            } else {
                self.group(partition)?;
            }
        }
        self.is_settled = true;
        self.account();
        Ok(())
    }

    /// Adds what belongs to each of `input`'s records.
    pub(crate) fn attach(self, input: Stream) -> Stream {
        Box::new(Attaching { keyed: self, input: Some(input), left: VecDeque::new(), current: None })
    }

    fn group(&mut self, partition: usize) -> Result<(), FlowError> {
        let keys = self.indexes.get(partition).map_or(0, Index::len);
        self.sides.iter_mut().try_for_each(|side| side.group(partition, keys))
    }

    fn bytes(&self, partition: usize) -> usize {
        let index = self.indexes.get(partition).map_or(0, Index::bytes);
        index + self.sides.iter().map(|side| side.bytes(partition)).sum::<usize>()
    }

    /// What spilling a partition would free: where only known keys are wanted, the index stays.
    fn spillable(&self, partition: usize) -> usize {
        let index = self.indexes.get(partition).map_or(0, Index::bytes);
        self.bytes(partition) - if self.closed { index } else { 0 }
    }

    fn account(&mut self) {
        self.held = (0..PARTITIONS).map(|partition| self.bytes(partition)).sum();
        let claims = if self.is_settled { self.held } else { self.held.max(self.limit) };
        self.memory.hold(self.claimed, claims);
        self.claimed = claims;
    }

    /// Spills partitions until the rest fits.
    fn fit(&mut self) -> Result<(), FlowError> {
        self.account();
        while self.held > self.limit {
            if !self.evict(self.next_to_spill())? {
                return Ok(());
            }
            self.account();
        }
        Ok(())
    }

    /// The largest of those that were spilled before and grew again, so that as many as possible never have to be; the
    /// largest of all where those hold too little to be worth a write.
    fn next_to_spill(&self) -> usize {
        let largest = |spilled: bool| {
            let all = (0..PARTITIONS).filter(|at| !spilled || self.runs.get(*at).is_some_and(|runs| !runs.is_empty()));
            all.map(|at| (self.spillable(at), at)).max().unwrap_or_default()
        };
        match largest(true) {
            (bytes, again) if bytes > self.limit / (PARTITIONS * 4) => again,
            _ => largest(false).1,
        }
    }

    /// Spills a partition; `false` where nothing may be spilled or it would free nothing.
    fn evict(&mut self, partition: usize) -> Result<bool, FlowError> {
        if self.file.is_none() {
            self.file = self.memory.file()?;
        }
        let before = self.bytes(partition);
        let (Some(file), Some(index)) = (&mut self.file, self.indexes.get_mut(partition)) else { return Ok(false) };
        let mut out = Writer::default();
        out.number(index.len() as u32);
        index.keys().iter().for_each(|key| out.bytes(&key.to_le_bytes()));
        let keys = index.len();
        for side in &mut self.sides {
            // Another side may have met keys since this one was added to.
            side.cover(partition, keys);
            side.save(partition, &mut out)?;
            if self.closed {
                side.cover(partition, keys);
            }
        }
        if !self.closed {
            *index = Index::default();
        }
        let mut bytes = out.done();
        let extent = file.append(&mut bytes)?;
        if let Some(runs) = self.runs.get_mut(partition) {
            runs.push(extent);
        }
        Ok(self.bytes(partition) < before)
    }

    /// Brings a spilled partition back, alone.
    fn restore(&mut self, partition: usize) -> Result<(), FlowError> {
        self.indexes = (0..PARTITIONS).map(|_| Index::default()).collect();
        for other in 0..PARTITIONS {
            self.sides.iter_mut().for_each(|side| side.forget(other));
        }
        let runs = self.runs.get_mut(partition).map(std::mem::take).unwrap_or_default();
        for extent in runs {
            let file = self.file.as_ref().ok_or_else(|| broken("nothing was spilled"))?;
            let bytes = file.read(extent)?;
            let mut from = Reader::new(&bytes);
            let index = self.indexes.get_mut(partition).ok_or_else(|| broken("no such partition"))?;
            let mut numbers = Vec::new();
            for _ in 0..from.number()? {
                numbers.push(index.number(ShortKey::from_le_bytes(from.array()?)));
            }
            let keys = index.len();
            for side in &mut self.sides {
                side.cover(partition, keys);
                side.load(partition, &numbers, &mut from)?;
            }
        }
        self.group(partition)?;
        self.account();
        Ok(())
    }

    /// Adds what belongs to each record of a batch whose partitions are all here.
    fn answer(&self, batch: Batch) -> Result<Batch, FlowError> {
        let keys = self.short_keys(&batch)?;
        let slots: Vec<Option<Slot>> = keys
            .iter()
            .map(|key| {
                let key = (*key)?;
                let number = self.indexes.get(partition(key))?.find(key)?;
                Some(Slot { partition: partition(key) as u8, number })
            })
            .collect();
        let Batch { records, mut faults } = batch;
        let mut added = Vec::new();
        for side in &self.sides {
            side.answer(&self.here, &keys, &slots, &mut faults, &mut added)?;
        }
        Ok(Batch { records: super::run::with_columns(&records, added)?, faults })
    }

    fn short_keys(&self, batch: &Batch) -> Result<Vec<Option<ShortKey>>, FlowError> {
        let keys = Keys::of(&batch.records, self.here.iter().map(String::as_str))?;
        self.shortener.all(&keys, batch.records.num_rows())
    }

    /// Puts the records aside that ask for a spilled partition; gives the others.
    fn set_aside(&mut self, batch: Batch) -> Result<Batch, FlowError> {
        if self.runs.iter().all(Vec::is_empty) {
            return Ok(batch);
        }
        let mut kept = Vec::new();
        let mut asking: Vec<Vec<usize>> = vec![Vec::new(); PARTITIONS];
        for (row, key) in self.short_keys(&batch)?.into_iter().enumerate() {
            let spilled = key.map(partition).filter(|at| self.runs.get(*at).is_some_and(|runs| !runs.is_empty()));
            match spilled.and_then(|at| asking.get_mut(at)) {
                Some(rows) => rows.push(row),
                None => kept.push(row),
            }
        }
        let file = self.file.as_mut().ok_or_else(|| broken("nothing was spilled"))?;
        for (rows, extents) in asking.into_iter().zip(&mut self.asking) {
            if !rows.is_empty() {
                let mut bytes = save_batch(&select(&batch, rows)?)?;
                extents.push(file.append(&mut bytes)?);
            }
        }
        select(&batch, kept)
    }

    /// Partitions that were spilled.
    fn spilled(&self) -> VecDeque<usize> {
        (0..PARTITIONS).filter(|at| self.runs.get(*at).is_some_and(|runs| !runs.is_empty())).collect()
    }
}

impl Drop for Keyed {
    fn drop(&mut self) {
        self.memory.hold(self.claimed, 0);
    }
}

/// Records with what belongs to them: first those whose partitions are in memory, then partition by partition.
struct Attaching {
    keyed: Keyed,
    input: Option<Stream>,
    left: VecDeque<usize>,
    current: Option<std::vec::IntoIter<Extent>>,
}

impl Attaching {
    /// Records that ask for the partition that was brought back: as many pieces as make a batch of the usual size,
    /// because every operator after this one costs something a batch.
    fn asked(&mut self) -> Result<Option<Batch>, FlowError> {
        let Some(extents) = &mut self.current else { return Ok(None) };
        let file = self.keyed.file.as_ref().ok_or_else(|| broken("nothing was spilled"))?;
        let (mut pieces, mut rows) = (Vec::new(), 0);
        while rows < BATCH_ROWS
            && let Some(extent) = extents.next()
        {
            let piece = load_batch(&file.read(extent)?)?;
            rows += piece.records.num_rows();
            pieces.push(piece);
        }
        if pieces.is_empty() { Ok(None) } else { together(pieces).map(Some) }
    }

    fn advance(&mut self) -> Result<Option<Batch>, FlowError> {
        if let Some(input) = &mut self.input {
            if let Some(batch) = input.next() {
                let batch = self.keyed.set_aside(batch?)?;
                return self.keyed.answer(batch).map(Some);
            }
            self.input = None;
            self.left = self.keyed.spilled();
        }
        loop {
            if let Some(batch) = self.asked()? {
                return self.keyed.answer(batch).map(Some);
            }
            let Some(partition) = self.left.pop_front() else { return Ok(None) };
            self.keyed.restore(partition)?;
            let asking = self.keyed.asking.get_mut(partition).map(std::mem::take).unwrap_or_default();
            self.current = Some(asking.into_iter());
        }
    }
}

impl Iterator for Attaching {
    type Item = Result<Batch, FlowError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.advance().transpose()
    }
}
