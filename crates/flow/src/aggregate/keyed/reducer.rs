//! How is a value made of many records while they are read, without keeping them?
//!
//! One state a key and reduction, in plain columns: a count, a flag, a sum, or the least or greatest record so far in an
//! encoding whose bytes compare as the records do.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, Int64Array};
use arrow::datatypes::{DataType, Decimal128Type, Int64Type};
use arrow::record_batch::RecordBatch;
use causeway_model::exchange::Reduction;
use causeway_model::{Code, Violation};

use super::best::{Best, SavedBest};
use super::index::reserve_tight;
use super::order::{self, Order};
use super::saved::{Reader, Writer};
use super::{PARTITIONS, Slot};
use crate::aggregate::{predicate, reduce};
use crate::error::FlowError;
use crate::plan::rel::{ReduceColumn, Reduced};

/// One reduction with its state for every key, partition by partition.
pub(super) struct Reducer {
    column: ReduceColumn,
    state: State,
}

enum State {
    Count(Vec<Vec<u32>>),
    Any(Vec<Vec<bool>>),
    Integer(Vec<Vec<i64>>),
    Decimal(Vec<Vec<i128>>, i8),
    Best { parts: Vec<Best>, order: Order, largest: bool, skip_missing: bool },
}

/// Whether the reduction needs no more than a state a key.
pub(super) fn streams(column: &ReduceColumn) -> bool {
    column.reduction != Reduction::List
}

impl Reducer {
    /// A reducer for records of the columns of `example`.
    pub(super) fn new(column: &ReduceColumn, example: &RecordBatch) -> Result<Self, FlowError> {
        let argument = || Ok::<_, FlowError>(reduce::argument(example, column)?.data_type().clone());
        let state = match column.reduction {
            Reduction::Count => State::Count(parts()),
            Reduction::Any => State::Any(parts()),
            Reduction::Sum => match argument()? {
                DataType::Int64 => State::Integer(parts()),
                DataType::Decimal128(_, scale) => State::Decimal(parts(), scale),
                other => return Err(no_sum(&other)),
            },
            Reduction::Min | Reduction::Max | Reduction::First | Reduction::Latest => {
                let by = column.by.iter().map(|name| Ok(reduce::named(example, name)?.data_type().clone()));
                let (by, of) = (by.collect::<Result<Vec<_>, FlowError>>()?, argument()?);
                let fixed = by.iter().chain([&of]).all(order::fixed);
                State::Best {
                    parts: (0..PARTITIONS).map(|_| Best::new(fixed)).collect(),
                    order: Order::new(by, of)?,
                    largest: matches!(column.reduction, Reduction::Max | Reduction::Latest),
                    skip_missing: matches!(column.reduction, Reduction::Min | Reduction::Max),
                }
            }
            Reduction::List => return Err(FlowError::Internal { place: "aggregate/reduce", detail: "a list".into() }),
        };
        Ok(Self { column: column.clone(), state })
    }

    pub(super) fn name(&self) -> &str {
        &self.column.name
    }

    /// Takes in the records of a batch, each in its slot.
    pub(super) fn add(&mut self, batch: &RecordBatch, slots: &[Option<Slot>]) -> Result<(), FlowError> {
        let column = &self.column;
        let mask = column.filter.as_ref().map(|filter| predicate::evaluate(filter, batch)).transpose()?;
        let argument = column.of.column().map(|name| reduce::named(batch, name)).transpose()?;
        let passes = |row: usize| mask.as_ref().is_none_or(|mask| mask.get(row) == Some(&Some(true)));
        let counts = |row: usize| passes(row) && argument.is_none_or(|argument| argument.is_valid(row));
        let rows = || slots.iter().enumerate().filter_map(|(row, slot)| slot.map(|slot| (row, slot)));
        match &mut self.state {
            State::Count(parts) => {
                for (_, slot) in rows().filter(|(row, _)| counts(*row)) {
                    let count = cell(parts, slot);
                    *count = count.checked_add(1).ok_or_else(|| too_large(&column.of))?;
                }
            }
            State::Any(parts) => rows().filter(|(row, _)| counts(*row)).for_each(|(_, slot)| *cell(parts, slot) = true),
            State::Integer(parts) => {
                let values = reduce::argument(batch, column)?.as_primitive::<Int64Type>();
                for (row, slot) in rows().filter(|(row, _)| values.is_valid(*row) && passes(*row)) {
                    let sum = cell(parts, slot);
                    *sum = sum.checked_add(values.value(row)).ok_or_else(|| too_large(&column.of))?;
                }
            }
            State::Decimal(parts, _) => {
                let values = reduce::argument(batch, column)?.as_primitive::<Decimal128Type>();
                for (row, slot) in rows().filter(|(row, _)| values.is_valid(*row) && passes(*row)) {
                    let sum = cell(parts, slot);
                    *sum = sum.checked_add(values.value(row)).ok_or_else(|| too_large(&column.of))?;
                }
            }
            State::Best { parts, order, largest, skip_missing } => {
                let argument = reduce::argument(batch, column)?;
                let by = column.by.iter().map(|name| reduce::named(batch, name).cloned());
                let encoded = order.encode(by.collect::<Result<_, _>>()?, argument)?;
                let mut whole = Vec::new();
                for (row, slot) in rows().filter(|(row, _)| passes(*row)) {
                    if *skip_missing && argument.is_null(row) {
                        continue;
                    }
                    if let Some(part) = parts.get_mut(usize::from(slot.partition)) {
                        part.offer(slot.number as usize, encoded.record(row, &mut whole), *largest);
                    }
                }
            }
        }
        Ok(())
    }

    /// The values of the keys in `slots`.
    pub(super) fn finish(&self, slots: &[Option<Slot>]) -> Result<ArrayRef, FlowError> {
        Ok(match &self.state {
            State::Count(parts) => {
                let count = |slot: &Option<Slot>| i64::from(read(parts, slot).unwrap_or(0));
                Arc::new(Int64Array::from_iter_values(slots.iter().map(count)))
            }
            State::Any(parts) => {
                let any: Vec<bool> = slots.iter().map(|slot| read(parts, slot).unwrap_or(false)).collect();
                Arc::new(BooleanArray::from(any))
            }
            State::Integer(parts) => {
                Arc::new(Int64Array::from_iter_values(slots.iter().map(|slot| read(parts, slot).unwrap_or(0))))
            }
            State::Decimal(parts, scale) => {
                let sums = Decimal128Array::from_iter_values(slots.iter().map(|slot| read(parts, slot).unwrap_or(0)));
                Arc::new(sums.with_precision_and_scale(38, *scale).map_err(FlowError::internal("aggregate/sum"))?)
            }
            State::Best { parts, order, .. } => best_values(parts, order, slots)?,
        })
    }

    /// Makes room for the first `keys` numbers of a partition.
    pub(super) fn cover(&mut self, partition: usize, keys: usize) {
        match &mut self.state {
            State::Count(parts) => grow(parts, partition, keys),
            State::Any(parts) => grow(parts, partition, keys),
            State::Integer(parts) => grow(parts, partition, keys),
            State::Decimal(parts, _) => grow(parts, partition, keys),
            State::Best { parts, .. } => {
                if let Some(part) = parts.get_mut(partition) {
                    part.cover(keys);
                }
            }
        }
    }

    /// Makes room for the states of so many keys of a partition, without any of them yet.
    pub(super) fn reserve(&mut self, partition: usize, keys: usize) {
        match &mut self.state {
            State::Count(parts) => room(parts, partition, keys),
            State::Any(parts) => room(parts, partition, keys),
            State::Integer(parts) => room(parts, partition, keys),
            State::Decimal(parts, _) => room(parts, partition, keys),
            State::Best { parts, .. } => {
                if let Some(part) = parts.get_mut(partition) {
                    part.reserve(keys);
                }
            }
        }
    }

    pub(super) fn bytes(&self, partition: usize) -> usize {
        match &self.state {
            State::Count(parts) => parts.get(partition).map_or(0, |part| part.capacity() * 4),
            State::Any(parts) => parts.get(partition).map_or(0, Vec::capacity),
            State::Integer(parts) => parts.get(partition).map_or(0, |part| part.capacity() * 8),
            State::Decimal(parts, _) => parts.get(partition).map_or(0, |part| part.capacity() * 16),
            State::Best { parts, .. } => parts.get(partition).map_or(0, Best::bytes),
        }
    }

    /// Writes the state of a partition and forgets it.
    pub(super) fn save(&mut self, partition: usize, out: &mut Writer) {
        match &mut self.state {
            State::Count(parts) => taken(parts, partition).iter().for_each(|count| out.bytes(&count.to_le_bytes())),
            State::Any(parts) => taken(parts, partition).iter().for_each(|any| out.bytes(&[u8::from(*any)])),
            State::Integer(parts) => taken(parts, partition).iter().for_each(|sum| out.bytes(&sum.to_le_bytes())),
            State::Decimal(parts, _) => taken(parts, partition).iter().for_each(|sum| out.bytes(&sum.to_le_bytes())),
            State::Best { parts, .. } => {
                if let Some(part) = parts.get_mut(partition) {
                    part.save(out);
                }
            }
        }
    }

    /// Takes in a saved state, whose keys now have the numbers `numbers` in `partition`.
    pub(super) fn load(&mut self, partition: usize, numbers: &[u32], from: &mut Reader<'_>) -> Result<(), FlowError> {
        let argument = &self.column.of;
        let slot = |number: &u32| Slot { partition: partition as u8, number: *number };
        match &mut self.state {
            State::Count(parts) => {
                for number in numbers {
                    let (count, more) = (cell(parts, slot(number)), u32::from_le_bytes(from.array()?));
                    *count = count.checked_add(more).ok_or_else(|| too_large(argument))?;
                }
            }
            State::Any(parts) => {
                for number in numbers {
                    *cell(parts, slot(number)) |= from.array::<1>()? == [1];
                }
            }
            State::Integer(parts) => {
                for number in numbers {
                    let (sum, more) = (cell(parts, slot(number)), i64::from_le_bytes(from.array()?));
                    *sum = sum.checked_add(more).ok_or_else(|| too_large(argument))?;
                }
            }
            State::Decimal(parts, _) => {
                for number in numbers {
                    let (sum, more) = (cell(parts, slot(number)), i128::from_le_bytes(from.array()?));
                    *sum = sum.checked_add(more).ok_or_else(|| too_large(argument))?;
                }
            }
            State::Best { parts, largest, .. } => {
                let Some(part) = parts.get_mut(partition) else { return Ok(()) };
                for number in numbers {
                    if let SavedBest(Some(bytes)) = Best::load(from)? {
                        part.offer(*number as usize, bytes, *largest);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The values of the best records of the keys in `slots`.
fn best_values(parts: &[Best], order: &Order, slots: &[Option<Slot>]) -> Result<ArrayRef, FlowError> {
    let records: Vec<Option<&[u8]>> = slots
        .iter()
        .map(|slot| slot.and_then(|slot| parts.get(usize::from(slot.partition))?.of(slot.number as usize)))
        .collect();
    order.values(&records)
}

fn parts<T>() -> Vec<Vec<T>> {
    (0..PARTITIONS).map(|_| Vec::new()).collect()
}

fn grow<T: Copy + Default>(parts: &mut [Vec<T>], partition: usize, keys: usize) {
    if let Some(part) = parts.get_mut(partition).filter(|part| part.len() < keys) {
        reserve_tight(part, keys - part.len());
        part.resize(keys, T::default());
    }
}

fn room<T>(parts: &mut [Vec<T>], partition: usize, keys: usize) {
    if let Some(part) = parts.get_mut(partition) {
        part.reserve_exact(keys.saturating_sub(part.len()));
    }
}

/// The state of a key. [`Reducer::cover`] has made room for it.
#[inline]
#[expect(clippy::indexing_slicing, reason = "every slot was covered before records are added to it")]
fn cell<T>(parts: &mut [Vec<T>], slot: Slot) -> &mut T {
    &mut parts[usize::from(slot.partition)][slot.number as usize]
}

fn read<T: Copy>(parts: &[Vec<T>], slot: &Option<Slot>) -> Option<T> {
    let slot = slot.as_ref()?;
    parts.get(usize::from(slot.partition))?.get(slot.number as usize).copied()
}

fn taken<T>(parts: &mut [Vec<T>], partition: usize) -> Vec<T> {
    parts.get_mut(partition).map(std::mem::take).unwrap_or_default()
}

fn too_large(of: &Reduced) -> FlowError {
    FlowError::refuse(Violation::new(Code::RuleFailed, of.to_string(), "a sum is too large for its type"))
}

fn no_sum(of: &DataType) -> FlowError {
    FlowError::Internal { place: "aggregate/sum", detail: format!("{of} has no sum") }
}
