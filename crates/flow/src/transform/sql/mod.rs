//! How is one scalar SQL expression compiled against declared inputs, and proved to read nothing else?
//!
//! Parse → names resolved against the declared inputs only → [`check::logical`] → types coerced, simplified →
//! `check::logical` again → lowered → [`check::physical`]. INVARIANT (lineage): what is evaluated reads a subset of
//! [`Expression::inputs`], and consists of nothing but what `check` lists: no clock, no randomness, no subquery.
//!
//! Integer arithmetic that overflows, a division by zero, a cast that fails: the row becomes a fault, never null. As in
//! SQL, `CAST` of a decimal to an integer cuts, to fewer decimals rounds: it stands in the text of the exchange.

mod check;
mod functions;
mod lower;
mod provider;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatchOptions, new_empty_array, new_null_array};
use arrow::compute::{cast_with_options, concat};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::record_batch::RecordBatch;
use causeway_model::{Code, ValueType, Violation};
use datafusion_physical_expr::PhysicalExpr;

use super::TransformError;
use super::column::show;
use crate::types::arrow_type;
use crate::{Fault, Faults, Personal};

pub use functions::allowed_functions;

/// A scalar SQL expression, compiled and proved.
pub struct Expression {
    /// Type of its values.
    pub output: ValueType,
    /// The declared inputs that it names: its value lineage.
    pub inputs: BTreeSet<String>,
    schema: Arc<Schema>,
    physical: Arc<dyn PhysicalExpr>,
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expression({} of {:?})", self.output, self.inputs)
    }
}

impl Expression {
    /// Compiles `text`, the expression of the output `field`, against the declared `inputs`: names, which are compared
    /// exactly, and their types.
    pub fn compile(field: &str, text: &str, inputs: &BTreeMap<String, ValueType>) -> Result<Expression, Violation> {
        if let Some((name, _)) = inputs.iter().find(|(_, value_type)| **value_type == ValueType::Bytes) {
            let detail = format!("input `{name}` is `bytes`, which no expression looks into");
            return Err(Violation::new(Code::TransformType, field, detail));
        }
        let column = |(name, value_type): (&String, &ValueType)| Field::new(name, arrow_type(value_type), true);
        let schema = Arc::new(Schema::new(inputs.iter().map(column).collect::<Vec<_>>()));
        let written = provider::parse(field, text, &schema)?;
        let declared: BTreeSet<String> = inputs.keys().cloned().collect();
        check::logical(&written, &declared, check::Stage::Written).map_err(|why| why.violation(field))?;
        check::growth(&written).map_err(|why| why.violation(field))?;
        let read: BTreeSet<String> = written.column_refs().into_iter().map(|column| column.name.clone()).collect();
        let physical = lower::lower(field, written, &read, &schema)?;
        let output = output_type(field, physical.as_ref(), &schema)?;
        Ok(Expression { output, inputs: read, schema, physical })
    }

    /// Evaluates the expression over `rows` rows of `inputs`. Where the batch fails it is tried row by row: a row that
    /// fails is null and a fault of `field` with all inputs that the expression names.
    pub fn evaluate(
        &self,
        field: &str,
        inputs: &BTreeMap<String, ArrayRef>,
        rows: usize,
        faults: &mut Faults,
    ) -> Result<ArrayRef, TransformError> {
        let batch = self.batch(field, inputs, rows)?;
        let output = arrow_type(&self.output);
        if rows == 0 {
            return Ok(new_empty_array(&output));
        }
        if let Some(column) = self.values(&batch, &output) {
            return Ok(column);
        }
        let mut parts: Vec<ArrayRef> = Vec::with_capacity(rows);
        for row in 0..rows {
            parts.push(self.values(&batch.slice(row, 1), &output).unwrap_or_else(|| {
                let value = Personal::new(self.shown(&batch, row));
                faults.add(row, Fault { subject: field.to_owned(), code: Code::TransformRefused, value });
                new_null_array(&output, 1)
            }));
        }
        let parts: Vec<&dyn Array> = parts.iter().map(AsRef::as_ref).collect();
        concat(&parts).map_err(|_| TransformError::new(field, "rows of different types"))
    }

    fn batch(
        &self,
        field: &str,
        inputs: &BTreeMap<String, ArrayRef>,
        rows: usize,
    ) -> Result<RecordBatch, TransformError> {
        let mut columns = Vec::with_capacity(self.schema.fields().len());
        for column in self.schema.fields() {
            let name = column.name();
            let array = match inputs.get(name) {
                Some(array) => array.clone(),
                None if !self.inputs.contains(name) => new_null_array(column.data_type(), rows),
                None => return Err(TransformError::new(field, format!("input `{name}` is not given"))),
            };
            if array.data_type() != column.data_type() {
                return Err(TransformError::mismatch(field, column.data_type(), array.data_type()));
            }
            columns.push(array);
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options)
            .map_err(|_| TransformError::new(field, format!("inputs that do not have {rows} rows each")))
    }

    /// The values of a batch, or nothing where a row fails. What the library says of it may hold a value and is dropped.
    fn values(&self, batch: &RecordBatch, output: &DataType) -> Option<ArrayRef> {
        let values = self.physical.evaluate(batch).ok()?.into_array(batch.num_rows()).ok()?;
        let strict = arrow::compute::CastOptions { safe: false, ..Default::default() };
        cast_with_options(&values, output, &strict).ok()
    }

    fn shown(&self, batch: &RecordBatch, row: usize) -> Option<String> {
        let shown = self.inputs.iter().filter_map(|name| {
            let column = batch.column_by_name(name)?;
            Some(format!("{name}={}", show(column.as_ref(), row).unwrap_or_default()))
        });
        Some(shown.collect::<Vec<_>>().join(", "))
    }
}

fn output_type(field: &str, physical: &dyn PhysicalExpr, schema: &Schema) -> Result<ValueType, Violation> {
    let no_type = |found: &str| {
        let detail = format!("the expression gives {found}, which is no type of the catalogue: add a CAST");
        Violation::new(Code::TransformType, field, detail)
    };
    let found = physical.data_type(schema).map_err(|_| no_type("nothing"))?;
    match &found {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => Ok(ValueType::Text),
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::Int64 => Ok(ValueType::Integer),
        DataType::Decimal128(precision, scale) if *scale >= 0 => Ok(ValueType::Decimal(*precision, *scale)),
        DataType::Boolean => Ok(ValueType::Boolean),
        DataType::Date32 => Ok(ValueType::Date),
        DataType::Timestamp(TimeUnit::Microsecond, Some(zone)) if zone.as_ref() == "UTC" => Ok(ValueType::Timestamp),
        other => Err(no_type(&other.to_string())),
    }
}
