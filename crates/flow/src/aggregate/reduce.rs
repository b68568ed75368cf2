//! How do many records become one value, or a list?

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal128Array, DynComparator, Int64Array, ListArray, StructArray,
    UInt32Array, make_comparator,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::{SortOptions, take};
use arrow::datatypes::{DataType, Decimal128Type, Field, Fields, Int64Type};
use arrow::record_batch::RecordBatch;
use causeway_model::exchange::Reduction;
use causeway_model::{Code, Violation};

use super::predicate;
use crate::error::FlowError;
use crate::plan::rel::{NestColumn, ReduceColumn};

const ASCENDING: SortOptions = SortOptions { descending: false, nulls_first: true };

/// Rows of the many that belong to each row of a batch.
pub(crate) type Groups<'g> = Vec<&'g [u32]>;

/// The value that `reduce` makes of each group.
pub(crate) fn reduce(many: &RecordBatch, groups: &Groups<'_>, reduce: &ReduceColumn) -> Result<ArrayRef, FlowError> {
    let mask = mask(many, reduce.filter.as_ref())?;
    let column = named(many, &reduce.argument)?;
    let in_group = |rows: &'_ [u32]| -> Vec<u32> { rows.iter().copied().filter(|row| passes(&mask, *row)).collect() };
    let present = |rows: &'_ [u32]| -> Vec<u32> {
        in_group(rows).into_iter().filter(|row| column.is_valid(*row as usize)).collect()
    };
    let counted = |rows: &'_ [u32]| if reduce.present_only { present(rows) } else { in_group(rows) };
    match reduce.reduction {
        Reduction::Count => {
            Ok(Arc::new(Int64Array::from_iter_values(groups.iter().map(|rows| counted(rows).len() as i64))))
        }
        Reduction::Any => {
            Ok(Arc::new(BooleanArray::from_iter(groups.iter().map(|rows| Some(!counted(rows).is_empty())))))
        }
        Reduction::Sum => sum(column, groups.iter().map(|rows| present(rows)), &reduce.argument),
        Reduction::Min | Reduction::Max => {
            let order = comparators(std::slice::from_ref(column))?;
            let largest = reduce.reduction == Reduction::Max;
            pick(column, groups.iter().map(|rows| extreme(&order, &present(rows), largest)))
        }
        Reduction::First | Reduction::Latest => {
            let mut keys: Vec<ArrayRef> =
                reduce.by.iter().map(|name| named(many, name).cloned()).collect::<Result<_, _>>()?;
            // Ties are broken by the value, so that the answer never depends on the order in which a source gives its rows.
            keys.push(column.clone());
            let order = comparators(&keys)?;
            let largest = reduce.reduction == Reduction::Latest;
            pick(column, groups.iter().map(|rows| extreme(&order, &in_group(rows), largest)))
        }
        Reduction::List => {
            let order = comparators(std::slice::from_ref(column))?;
            let lists = groups.iter().map(|rows| sorted(&order, present(rows)));
            let (offsets, rows) = flatten(lists);
            let values = take(column, &rows, None).map_err(FlowError::internal("aggregate/list"))?;
            let item = Arc::new(Field::new("item", values.data_type().clone(), true));
            Ok(Arc::new(ListArray::new(item, offsets, values, None)))
        }
    }
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

fn named<'r>(records: &'r RecordBatch, name: &str) -> Result<&'r ArrayRef, FlowError> {
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

fn extreme(order: &[DynComparator], rows: &[u32], largest: bool) -> Option<u32> {
    let rows = rows.iter().copied();
    if largest { rows.max_by(|a, b| compare(order, *a, *b)) } else { rows.min_by(|a, b| compare(order, *a, *b)) }
}

fn sorted(order: &[DynComparator], mut rows: Vec<u32>) -> Vec<u32> {
    rows.sort_by(|a, b| compare(order, *a, *b));
    rows
}

fn pick(column: &ArrayRef, rows: impl Iterator<Item = Option<u32>>) -> Result<ArrayRef, FlowError> {
    take(column, &UInt32Array::from_iter(rows), None).map_err(FlowError::internal("aggregate/pick"))
}

fn flatten(lists: impl Iterator<Item = Vec<u32>>) -> (OffsetBuffer<i32>, UInt32Array) {
    let lists: Vec<Vec<u32>> = lists.collect();
    let offsets = OffsetBuffer::from_lengths(lists.iter().map(Vec::len));
    (offsets, UInt32Array::from_iter_values(lists.into_iter().flatten()))
}

fn sum(column: &ArrayRef, groups: impl Iterator<Item = Vec<u32>>, name: &str) -> Result<ArrayRef, FlowError> {
    let too_large = || FlowError::refuse(Violation::new(Code::RuleFailed, name, "a sum is too large for its type"));
    match column.data_type() {
        DataType::Int64 => {
            let values = column.as_primitive::<Int64Type>();
            let add =
                |rows: Vec<u32>| rows.iter().try_fold(0i64, |sum, row| sum.checked_add(values.value(*row as usize)));
            let sums: Vec<i64> = groups.map(|rows| add(rows).ok_or_else(too_large)).collect::<Result<_, _>>()?;
            Ok(Arc::new(Int64Array::from(sums)))
        }
        DataType::Decimal128(_, scale) => {
            let values = column.as_primitive::<Decimal128Type>();
            let add =
                |rows: Vec<u32>| rows.iter().try_fold(0i128, |sum, row| sum.checked_add(values.value(*row as usize)));
            let sums: Vec<i128> = groups.map(|rows| add(rows).ok_or_else(too_large)).collect::<Result<_, _>>()?;
            let sums = Decimal128Array::from(sums)
                .with_precision_and_scale(38, *scale)
                .map_err(FlowError::internal("aggregate/sum"))?;
            Ok(Arc::new(sums))
        }
        other => Err(FlowError::Internal { place: "aggregate/sum", detail: format!("{other} has no sum") }),
    }
}
