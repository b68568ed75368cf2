//! Two origins of one element: which value counts, and where do they disagree?

use std::collections::HashMap;

use arrow::array::{Array, ArrayRef};

use super::run::with_columns;
use crate::Batch;
use crate::error::FlowError;

/// First value that is there, by precedence; disagreements are counted by element.
pub(super) fn merge(
    batch: Batch,
    merges: &[(String, Vec<String>)],
    conflict: impl Fn(&str),
) -> Result<Batch, FlowError> {
    let mut added = Vec::new();
    for (into, from) in merges {
        let columns: Vec<&ArrayRef> = from
            .iter()
            .map(|name| {
                batch.records.column_by_name(name).ok_or_else(|| FlowError::Internal {
                    place: "aggregate/merge",
                    detail: format!("no column `{name}`"),
                })
            })
            .collect::<Result<_, _>>()?;
        let order = columns.iter().map(|column| column.as_ref()).collect::<Vec<_>>();
        let mut picks = Vec::with_capacity(batch.records.num_rows());
        let comparators = pairwise(&order)?;
        for row in 0..batch.records.num_rows() {
            let first = order.iter().position(|column| column.is_valid(row));
            picks.push(match first {
                None => (0, row),
                Some(first) => {
                    let disagrees = |other: usize, column: &&dyn Array| {
                        column.is_valid(row)
                            && comparators.get(&(first, other)).is_some_and(|compare| compare(row, row).is_ne())
                    };
                    if order.iter().enumerate().skip(first + 1).any(|(other, column)| disagrees(other, column)) {
                        conflict(into);
                    }
                    (first, row)
                }
            });
        }
        added.push((
            into.clone(),
            arrow::compute::interleave(&order, &picks).map_err(FlowError::internal("aggregate/merge"))?,
        ));
    }
    Ok(Batch { records: with_columns(&batch.records, added)?, faults: batch.faults })
}

fn pairwise(columns: &[&dyn Array]) -> Result<HashMap<(usize, usize), arrow::array::DynComparator>, FlowError> {
    let mut found = HashMap::new();
    for (a, first) in columns.iter().enumerate() {
        for (b, other) in columns.iter().enumerate().skip(a + 1) {
            let compare = arrow::array::make_comparator(*first, *other, arrow::compute::SortOptions::default());
            found.insert((a, b), compare.map_err(FlowError::internal("aggregate/merge"))?);
        }
    }
    Ok(found)
}
