//! How do many records become a list?

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, DynComparator, ListArray, StructArray, UInt32Array, make_comparator};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{SortOptions, take};
use arrow::datatypes::{DataType, Field, Fields};
use arrow::record_batch::RecordBatch;

use super::predicate;
use crate::error::FlowError;
use crate::plan::rel::{NestColumn, ReduceColumn};

pub(super) const ASCENDING: SortOptions = SortOptions { descending: false, nulls_first: true };

/// Rows of the many that belong to each row of a batch.
pub(crate) type Groups<'g> = [&'g [u32]];

/// The list of values that `column` makes of each group.
pub(crate) fn list(many: &RecordBatch, groups: &Groups<'_>, column: &ReduceColumn) -> Result<ArrayRef, FlowError> {
    let mask = mask(many, column.filter.as_ref())?;
    let values = argument(many, column)?;
    let order = comparators(std::slice::from_ref(values))?;
    let present = |row: &u32| passes(&mask, *row) && values.is_valid(*row as usize);
    let lists = groups.iter().map(|rows| sorted(&order, rows.iter().copied().filter(present).collect()));
    let (offsets, rows) = flatten(lists);
    let items = take(values, &rows, None).map_err(FlowError::internal("aggregate/list"))?;
    let item = Arc::new(Field::new("item", items.data_type().clone(), true));
    Ok(Arc::new(ListArray::new(item, offsets, items, None)))
}

/// The list that `nest` makes of each group.
pub(crate) fn nest(many: &RecordBatch, groups: &Groups<'_>, nest: &NestColumn) -> Result<ArrayRef, FlowError> {
    let mask = mask(many, nest.filter.as_ref())?;
    let members: Vec<&ArrayRef> =
        nest.members.iter().map(|(_, column)| named(many, column)).collect::<Result<_, _>>()?;
    let mut keys: Vec<ArrayRef> = nest.order.iter().map(|name| named(many, name).cloned()).collect::<Result<_, _>>()?;
    keys.extend(members.iter().map(|column| ArrayRef::clone(column)));
    let order = comparators(&keys)?;
    let lists =
        groups.iter().map(|rows| sorted(&order, rows.iter().copied().filter(|row| passes(&mask, *row)).collect()));
    let (offsets, rows) = flatten(lists);
    let taken: Vec<ArrayRef> = members
        .iter()
        .map(|column| take(column, &rows, None))
        .collect::<Result<_, _>>()
        .map_err(FlowError::internal("aggregate/nest"))?;
    let fields: Fields = nest
        .members
        .iter()
        .zip(&taken)
        .map(|((name, _), values)| Field::new(name, values.data_type().clone(), true))
        .collect();
    let items = StructArray::try_new(fields.clone(), taken, None).map_err(FlowError::internal("aggregate/nest"))?;
    let item = Arc::new(Field::new("item", DataType::Struct(fields), true));
    Ok(Arc::new(ListArray::new(item, offsets, Arc::new(items), None)))
}

/// The column that a reduction of values looks at.
pub(super) fn argument<'r>(records: &'r RecordBatch, column: &ReduceColumn) -> Result<&'r ArrayRef, FlowError> {
    named(records, column.of.column().map_or("", String::as_str))
}

pub(super) fn named<'r>(records: &'r RecordBatch, name: &str) -> Result<&'r ArrayRef, FlowError> {
    records
        .column_by_name(name)
        .ok_or_else(|| FlowError::Internal { place: "aggregate/reduce", detail: format!("no column `{name}`") })
}

fn mask(
    many: &RecordBatch,
    filter: Option<&causeway_model::population::Predicate>,
) -> Result<Option<Vec<Option<bool>>>, FlowError> {
    filter.map(|filter| predicate::evaluate(filter, many)).transpose()
}

fn passes(mask: &Option<Vec<Option<bool>>>, row: u32) -> bool {
    mask.as_ref().is_none_or(|mask| mask.get(row as usize) == Some(&Some(true)))
}

fn comparators(keys: &[ArrayRef]) -> Result<Vec<DynComparator>, FlowError> {
    let one = |key: &ArrayRef| {
        make_comparator(key.as_ref(), key.as_ref(), ASCENDING).map_err(FlowError::internal("aggregate/order"))
    };
    keys.iter().map(one).collect()
}

fn compare(order: &[DynComparator], a: u32, b: u32) -> Ordering {
    order.iter().map(|key| key(a as usize, b as usize)).find(|ordering| ordering.is_ne()).unwrap_or(Ordering::Equal)
}

fn sorted(order: &[DynComparator], mut rows: Vec<u32>) -> Vec<u32> {
    rows.sort_by(|a, b| compare(order, *a, *b));
    rows
}

fn flatten(lists: impl Iterator<Item = Vec<u32>>) -> (OffsetBuffer<i32>, UInt32Array) {
    let lists: Vec<Vec<u32>> = lists.collect();
    let offsets = OffsetBuffer::from_lengths(lists.iter().map(Vec::len));
    (offsets, UInt32Array::from_iter_values(lists.into_iter().flatten()))
}
